//! What problems look like: one example for each status, and for some operations one of their own.

use actix_web::http::StatusCode;
use utoipa::openapi::example::{Example, ExampleBuilder};
use utoipa::openapi::{Components, Ref, RefOr};

use crate::clients::FieldError;
use crate::http::error::Problem;

/// The identifier of a request that never was.
const REQUEST: &str = "019abbc4-5d1e-7c2a-9f10-3b6de0c41a77";

struct Sample {
    name: &'static str,
    status: StatusCode,
    kind: Option<&'static str>,
    detail: &'static str,
    /// A field that cannot be accepted, and why.
    field: Option<(&'static str, &'static str)>,
}

/// The first one of a status is what operations answer that have none of their own.
const SAMPLES: [Sample; 15] = [
    sample(
        "Malformed",
        StatusCode::BAD_REQUEST,
        "The body is not well-formed JSON.",
    ),
    sample(
        "InvalidToken",
        StatusCode::UNAUTHORIZED,
        "The access token is malformed, expired, revoked or not meant for this resource.",
    )
    .kind("urn:ambit:problem:invalid_token"),
    sample(
        "InsufficientScope",
        StatusCode::FORBIDDEN,
        "This needs the scope releases:write.",
    )
    .kind("urn:ambit:problem:insufficient_scope"),
    sample("NotFound", StatusCode::NOT_FOUND, "There is no such thing."),
    sample(
        "NotAcceptable",
        StatusCode::NOT_ACCEPTABLE,
        "Answers are application/json, or text/event-stream.",
    ),
    sample(
        "Conflict",
        StatusCode::CONFLICT,
        "There is such a thing already.",
    ),
    sample(
        "TooLarge",
        StatusCode::PAYLOAD_TOO_LARGE,
        "The body is too large.",
    ),
    sample(
        "UnsupportedType",
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "The body must be application/json.",
    ),
    sample(
        "Misdirected",
        StatusCode::MISDIRECTED_REQUEST,
        "This server does not answer under the name in the Host header.",
    ),
    sample(
        "NotAsDescribed",
        StatusCode::UNPROCESSABLE_ENTITY,
        "The body is not as described: missing field `name` at line 1 column 2.",
    ),
    sample(
        INVALID_INPUT,
        StatusCode::UNPROCESSABLE_ENTITY,
        "The input cannot be accepted; see errors.",
    )
    .kind("urn:ambit:problem:invalid_input")
    .field("limit", "must be at most 100"),
    sample(
        INVALID_CLIENT,
        StatusCode::UNPROCESSABLE_ENTITY,
        "The client's metadata cannot be accepted; see errors.",
    )
    .kind("urn:ambit:problem:invalid_client_metadata")
    .field("client_name", "must not be empty"),
    sample(
        "TooMany",
        StatusCode::TOO_MANY_REQUESTS,
        "The client asks for too much at a time.",
    ),
    sample(
        "Unavailable",
        StatusCode::SERVICE_UNAVAILABLE,
        "The server cannot answer now; try again.",
    ),
    sample(
        "Deadline",
        StatusCode::GATEWAY_TIMEOUT,
        "The action took longer than 30000 ms.",
    )
    .kind("urn:ambit:problem:deadline"),
];

const INVALID_INPUT: &str = "InvalidInput";
const INVALID_CLIENT: &str = "InvalidClientMetadata";

const fn sample(name: &'static str, status: StatusCode, detail: &'static str) -> Sample {
    Sample {
        name,
        status,
        kind: None,
        detail,
        field: None,
    }
}

impl Sample {
    const fn kind(self, kind: &'static str) -> Self {
        Self {
            kind: Some(kind),
            ..self
        }
    }

    const fn field(self, name: &'static str, detail: &'static str) -> Self {
        Self {
            field: Some((name, detail)),
            ..self
        }
    }

    fn example(&self) -> Example {
        let mut problem = Problem::new(self.status, self.detail);
        problem.request_id = REQUEST.to_owned();
        if let Some(kind) = self.kind {
            problem = problem.kind(kind);
        }
        let errors = self.field.iter().map(|(field, detail)| FieldError {
            field: (*field).to_owned(),
            detail: (*detail).to_owned(),
        });
        let problem = problem.errors(errors.collect());
        let value = serde_json::to_value(&problem).ok();
        ExampleBuilder::new()
            .summary(problem.title)
            .value(value)
            .build()
    }
}

/// Adds every example to the components.
pub fn add(components: &mut Components) {
    for sample in &SAMPLES {
        let example = RefOr::T(sample.example());
        components.examples.insert(sample.name.to_owned(), example);
    }
}

/// The name and the place of the example for a status at a path.
pub fn of(path: &str, status: &str) -> Option<(&'static str, RefOr<Example>)> {
    let own = match (status, path) {
        ("422", path) if path.starts_with("/actions/") => Some(INVALID_INPUT),
        ("422", "/admin/api/clients" | "/admin/api/clients/{client_id}") => Some(INVALID_CLIENT),
        _ => None,
    };
    let fits = |sample: &&Sample| match own {
        Some(name) => sample.name == name,
        None => sample.status.as_str() == status,
    };
    let name = SAMPLES.iter().find(fits)?.name;
    let reference = Ref::new(format!("#/components/examples/{name}"));
    Some((name, RefOr::Ref(reference)))
}
