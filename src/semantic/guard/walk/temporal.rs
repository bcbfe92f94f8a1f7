//! Days and moments on SQLite, which has no types for them: they are text, and a cast to such a type
//! is one to a number (`CAST('2026-08-14' AS DATE)` is 2026).

use sqlparser::ast::{
    CastKind, DataType, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList,
    FunctionArguments, Ident, TypedString, Value,
};

use super::Walk;
use crate::semantic::guard::refusal::Refusal;
use crate::warehouse::moment;

impl Walk<'_> {
    /// Checks a cast to a day or a moment, or a literal of one, and writes it as SQLite needs it; false
    /// where the expression is neither.
    pub(super) fn temporal(&mut self, expression: &mut Expr) -> Result<bool, Refusal> {
        let written = match expression {
            Expr::Cast {
                kind: CastKind::Cast | CastKind::DoubleColon,
                expr,
                data_type,
                format: None,
            } => {
                let Some(function) = conversion(data_type) else {
                    return Ok(false);
                };
                self.expression(expr)?;
                let inner = std::mem::replace(expr.as_mut(), Expr::Value(Value::Null.into()));
                call(function, inner)
            }
            Expr::TypedString(TypedString {
                data_type: data_type @ (DataType::Date | DataType::Timestamp(None, _)),
                value,
                uses_odbc_syntax: false,
            }) => {
                let place = value.span;
                self.literal(value)?;
                let Value::SingleQuotedString(text) = &value.value else {
                    return Ok(false);
                };
                let stored = match data_type {
                    DataType::Date => moment::is_date(text).then(|| text.clone()),
                    _ => moment::parse_any(text).map(moment::stored),
                };
                let Some(stored) = stored else {
                    return Err(Refusal::not_allowed(
                        "this day or moment",
                        place,
                        "write DATE '2026-08-14' or TIMESTAMP '2026-08-14 09:30:00'",
                    ));
                };
                Expr::Value(Value::SingleQuotedString(stored).into())
            }
            _ => return Ok(false),
        };
        *expression = written;
        Ok(true)
    }
}

/// SQLite's function that brings a value into the stored form of a type.
fn conversion(data_type: &DataType) -> Option<&'static str> {
    match data_type {
        DataType::Date => Some("date"),
        DataType::Timestamp(None, _) => Some("datetime"),
        DataType::Time(None, _) => Some("time"),
        _ => None,
    }
}

fn call(function: &str, argument: Expr) -> Expr {
    Expr::Function(Function {
        name: vec![Ident::new(function)].into(),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(FunctionArgumentList {
            duplicate_treatment: None,
            args: vec![FunctionArg::Unnamed(FunctionArgExpr::Expr(argument))],
            clauses: Vec::new(),
        }),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: Vec::new(),
    })
}
