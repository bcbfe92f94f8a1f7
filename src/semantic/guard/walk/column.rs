//! Columns: each must be one that is known at its place.

use sqlparser::ast::Ident;

use super::expression::not_here;
use super::{Outcome, Walk, ident};
use crate::semantic::guard::names::find;
use crate::semantic::guard::refusal::{Refusal, nearest_first, quoted};

impl Walk<'_> {
    /// The column of this name that is known at this place, the innermost first.
    pub(super) fn known_column(&self, name: &str) -> Option<String> {
        self.frames
            .iter()
            .rev()
            .find_map(|frame| frame.column(name))
            .map(str::to_owned)
    }

    pub(super) fn column(&self, name: &mut Ident) -> Outcome {
        match self.known_column(&name.value) {
            Some(known) => {
                *name = ident(&known);
                Ok(())
            }
            None => Err(Refusal::Column {
                name: quoted(&name.value),
                place: name.span.into(),
                near: nearest_first(
                    &name.value,
                    self.frames.iter().flat_map(|frame| frame.names()),
                ),
            }),
        }
    }

    pub(super) fn qualified_column(&self, parts: &mut Vec<Ident>) -> Outcome {
        let [qualifier, name] = parts.as_slice() else {
            return Err(not_here(
                "a name with more than two parts",
                "write a column, or an alias and a column",
            ));
        };
        let relation = self
            .frames
            .iter()
            .rev()
            .find_map(|frame| frame.relation(&qualifier.value));
        let Some(relation) = relation else {
            let aliases = self
                .frames
                .iter()
                .flat_map(|frame| &frame.relations)
                .map(|relation| relation.alias.as_str());
            return Err(Refusal::Qualifier {
                name: quoted(&qualifier.value),
                place: qualifier.span.into(),
                near: nearest_first(&qualifier.value, aliases),
            });
        };
        let columns = || relation.columns.iter();
        let Some(known) = find(columns(), &name.value) else {
            return Err(Refusal::Column {
                name: quoted(&format!("{}.{}", qualifier.value, name.value)),
                place: qualifier.span.into(),
                near: nearest_first(&name.value, columns().map(String::as_str)),
            });
        };
        *parts = vec![ident(&relation.alias), ident(known)];
        Ok(())
    }
}
