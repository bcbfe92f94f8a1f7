//! What operations of the admin API may answer in place of what was asked for, as the document has it.

use std::collections::BTreeMap;

use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{IntoResponses, ToSchema};

use super::super::super::error::Problem;

/// What every operation may answer: who the caller is, what it may do, how much it asks for, or an outage
/// is in the way.
pub struct Refusals;

impl IntoResponses for Refusals {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(["401", "403", "429", "503"])
    }
}

/// What operations that take a body may answer besides: the body is not as it should be.
pub struct BodyRefusals;

impl IntoResponses for BodyRefusals {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(["400", "413", "415", "422"])
    }
}

fn problems(statuses: [&str; 4]) -> BTreeMap<String, RefOr<Response>> {
    let schema = Ref::from_schema_name(Problem::name());
    let content = ContentBuilder::new().schema(Some(schema)).build();
    let problem = ResponseBuilder::new().content("application/problem+json", content);
    let problem = RefOr::T(problem.build());
    let answered = statuses.map(|status| (status.to_owned(), problem.clone()));
    answered.into_iter().collect()
}
