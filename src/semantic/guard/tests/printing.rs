//! What is written down is what was read.

use proptest::prelude::*;
use sqlparser::ast::{Expr, SelectItem, SetExpr, Statement, Value as Literal};
use sqlparser::parser::Parser;

use super::{DIALECTS, checked, run, warehouse};
use crate::semantic::guard::dialects::parser_dialect;
use crate::warehouse::Dialect;

/// The text of a literal that says `text` in a dialect.
fn literal(text: &str, dialect: Dialect) -> String {
    let text = match dialect {
        Dialect::Snowflake => text.replace('\\', "\\\\"),
        Dialect::Sqlite | Dialect::Postgres => text.to_owned(),
    };
    format!("'{}'", text.replace('\'', "''"))
}

/// The text of the first literal that a statement selects.
fn selected(sql: &str, dialect: Dialect) -> String {
    let statements = Parser::parse_sql(parser_dialect(dialect), sql).unwrap();
    let [Statement::Query(query)] = statements.as_slice() else {
        panic!("{sql}")
    };
    let SetExpr::Select(select) = query.body.as_ref() else {
        panic!("{sql}")
    };
    match &select.projection[0] {
        SelectItem::ExprWithAlias {
            expr: Expr::Value(value),
            ..
        } => match &value.value {
            Literal::SingleQuotedString(text) | Literal::EscapedStringLiteral(text) => text.clone(),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

proptest! {
    #[test]
    fn text_stays_the_same(text in r#"[\\'"$;ab \n/*?:é-]{0,9}"#) {
        for dialect in DIALECTS {
            let sql = format!("SELECT {}, 'end'", literal(&text, dialect));
            let checked = checked(&sql, dialect).unwrap();
            prop_assert_eq!(selected(&checked.statement.sql, dialect), text.clone());
            if dialect == Dialect::Sqlite {
                let rows = run(&warehouse(), &checked).unwrap();
                prop_assert_eq!(rows, [format!("{text}|end")]);
            }
        }
    }
}

#[test]
fn names_are_quoted_and_tables_replaced() {
    let sql = "select R.Version, count(*) from RELEASES as R where kind = 'a''b' group by 1";
    let written = |dialect| checked(sql, dialect).unwrap().statement.sql;
    insta::assert_snapshot!(written(Dialect::Sqlite));
    insta::assert_snapshot!(written(Dialect::Postgres));
    insta::assert_snapshot!(written(Dialect::Snowflake));
}
