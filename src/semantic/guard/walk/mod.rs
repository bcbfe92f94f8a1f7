//! Goes through a query, allows each part of it by name, and rewrites what it names.
//!
//! Each struct of the tree is taken apart whole, so that a part which a newer parser adds does not
//! compile until somebody has decided about it.

mod call;
mod column;
mod expression;
mod from;
mod literal;
mod operator;
mod query;
mod select;
mod temporal;
mod text;
mod window;
mod written;

use std::collections::BTreeMap;

use sqlparser::ast::{Ident, ObjectName, ObjectNamePart, Query};

use self::literal::Placeholders;
use super::Applied;
use super::names::{Frame, can_be_quoted};
use super::readable::Readable;
use super::refusal::{Refusal, quoted};
use crate::warehouse::Dialect;

/// What the names begin with that common table expressions get, so that none hides a real table.
pub(super) const GENERATED: &str = "ambit_cte_";

/// Most tables and subqueries that a statement's FROMs may name together. Each table's name becomes a
/// whole subquery, so that without a bound a short text would become a long one.
const MOST_RELATIONS: usize = 50;

/// Checks the query and makes it read only what it may.
pub(super) fn rewrite(
    query: &mut Query,
    readable: &Readable,
    parameters: usize,
) -> Result<Vec<Applied>, Refusal> {
    let mut walk = Walk {
        readable,
        dialect: readable.dialect,
        frames: Vec::new(),
        expressions: Vec::new(),
        made: 0,
        relations: 0,
        applied: BTreeMap::new(),
        placeholders: Placeholders::default(),
    };
    walk.query(query)?;
    walk.placeholders.fit(parameters)?;
    Ok(walk.applied.into_values().collect())
}

/// A common table expression that can be named.
#[derive(Debug, Clone)]
struct Common {
    /// As the caller has written it.
    name: String,
    /// As the warehouse gets it.
    generated: String,
    columns: Vec<String>,
}

struct Walk<'a> {
    readable: &'a Readable,
    dialect: Dialect,
    /// What can be named, the innermost SELECT last.
    frames: Vec<Frame>,
    /// The common table expressions that can be named, the innermost last.
    expressions: Vec<Common>,
    /// How many names have been made.
    made: usize,
    /// How many tables and subqueries have been named.
    relations: usize,
    applied: BTreeMap<String, Applied>,
    placeholders: Placeholders,
}

type Outcome = Result<(), Refusal>;

impl Walk<'_> {
    /// A name that the caller gives to something. It is quoted from here on.
    fn given(&self, name: &mut Ident) -> Result<String, Refusal> {
        if !can_be_quoted(&name.value) {
            return Err(Refusal::not_allowed(
                format!("the name {}", quoted(&name.value)),
                name.span,
                "a name has at most 63 bytes, and no quotes, brackets or control characters",
            ));
        }
        name.quote_style = Some('"');
        Ok(name.value.clone())
    }

    /// A name that no table has.
    fn generated(&mut self) -> String {
        self.made += 1;
        format!("{GENERATED}{}", self.made)
    }

    fn frame(&mut self) -> Option<&mut Frame> {
        self.frames.last_mut()
    }
}

fn ident(name: &str) -> Ident {
    Ident::with_quote('"', name)
}

/// The only part of a name that has one part.
fn single(name: &ObjectName) -> Option<&Ident> {
    match name.0.as_slice() {
        [ObjectNamePart::Identifier(ident)] => Some(ident),
        _ => None,
    }
}
