//! Literals and placeholders.

use std::collections::BTreeSet;

use sqlparser::ast::{DollarQuotedString, Value, ValueWithSpan};

use super::{Outcome, Walk};
use crate::semantic::guard::refusal::Refusal;
use crate::warehouse::{Dialect, moment};

const LITERALS: &str = "a literal is a number, 'text', TRUE, FALSE or NULL";
const STYLES: &str = "write each parameter as ?, or each as $1, $2 and so on";

/// The caller's placeholders: all of them `?`, or all of them numbered.
#[derive(Debug, Default)]
pub(super) struct Placeholders {
    in_order: usize,
    numbers: BTreeSet<usize>,
}

impl Placeholders {
    /// The position of a placeholder, from 1.
    fn position(&mut self, name: &str) -> Option<usize> {
        if name == "?" {
            self.in_order += 1;
            return self.numbers.is_empty().then_some(self.in_order);
        }
        let digits = name.strip_prefix(['?', '$'])?;
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let position = digits.parse().ok().filter(|position| *position > 0)?;
        self.numbers.insert(position);
        (self.in_order == 0).then_some(position)
    }

    /// Whether there is a value for each placeholder and the other way round.
    pub(super) fn fit(&self, given: usize) -> Outcome {
        let wanted = self.numbers.last().copied().unwrap_or(self.in_order);
        if wanted != given {
            return Err(Refusal::Parameters(format!(
                "the SQL has placeholders for {wanted} parameters, and {given} were sent"
            )));
        }
        match (1..=self.numbers.len()).find(|number| !self.numbers.contains(number)) {
            Some(number) => Err(Refusal::Parameters(format!(
                "parameter {number} stands nowhere in the SQL"
            ))),
            None => Ok(()),
        }
    }
}

impl Walk<'_> {
    pub(super) fn literal(&mut self, literal: &mut ValueWithSpan) -> Outcome {
        let ValueWithSpan { value, span } = literal;
        let refused = |what: &str| Err(Refusal::not_allowed(what, *span, LITERALS));
        match value {
            Value::Null | Value::Boolean(_) => {}
            Value::Number(digits, false) => {
                digits.retain(|character| character != '_');
                let plain = |byte: u8| byte.is_ascii_digit() || b".eE+-".contains(&byte);
                if !digits.bytes().all(plain) {
                    return refused("this number");
                }
            }
            // However it was quoted, it is the same text.
            Value::SingleQuotedString(text)
            | Value::EscapedStringLiteral(text)
            | Value::UnicodeStringLiteral(text)
            | Value::NationalStringLiteral(text)
            | Value::DollarQuotedString(DollarQuotedString {
                value: text,
                tag: _,
            }) => {
                if text.contains('\0') {
                    return refused("a NUL character in text");
                }
                // As with parameters: what an answer had must be found by the next question.
                let stored = match self.dialect {
                    Dialect::Sqlite => moment::stored_from_answered(text),
                    Dialect::Postgres | Dialect::Snowflake => None,
                };
                let text = stored.unwrap_or_else(|| std::mem::take(text));
                *value = Value::SingleQuotedString(text);
            }
            Value::Placeholder(name) => match self.placeholders.position(name) {
                Some(position) => *name = format!("?{position}"),
                None => {
                    return Err(Refusal::not_allowed(
                        format!("the placeholder {name}"),
                        *span,
                        STYLES,
                    ));
                }
            },
            _ => return refused("this literal"),
        }
        Ok(())
    }
}
