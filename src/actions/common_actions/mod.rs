//! What every agent begins with: which tables there are, what they mean, and SQL over them.

mod explain_query;
mod list_accessible_tables;
mod list_table_metadata;
mod query;
mod search_metadata;

use super::action::{Router, define};
use crate::scopes::{ScopeDefinition, Sensitivity};

/// The scope of all of them. Which tables a caller reaches with it is decided by the scopes that the
/// tables ask for.
const SCOPE: &str = "warehouse:read";

/// The router.
pub static ROUTER: Router = Router {
    name: "common_actions",
    title: "Common actions",
    description: "The tables of the warehouse: which there are, what they mean, and questions to them \
                  in SQL. A table is there for whoever holds the scope that it asks for.",
    scopes: &[ScopeDefinition {
        name: SCOPE,
        description: "Read what the warehouse's tables mean and query those whose own scopes the \
                      client holds too.",
        sensitivity: Sensitivity::Normal,
    }],
    actions: &[
        define::<list_accessible_tables::ListAccessibleTables>(),
        define::<list_table_metadata::ListTableMetadata>(),
        define::<search_metadata::SearchMetadata>(),
        define::<query::Query>(),
        define::<explain_query::ExplainQuery>(),
    ],
    models: &[],
    samples: &[],
};
