//! What is true of every operation, and said once: what the layers around the routes may answer, and
//! the headers that answers bear.

use actix_web::http::StatusCode;
use utoipa::openapi::path::Operation;
use utoipa::openapi::{
    Components, Content, HeaderBuilder, ObjectBuilder, OpenApi, Ref, RefOr, Response,
    ResponseBuilder, Type,
};

use super::problems;

/// Paths that are answered whatever the `Host` header says, since a load balancer may not know it.
const UNDER_ANY_NAME: [&str; 3] = ["/healthz", "/readyz", "/metrics"];

const PROBLEM: &str = "application/problem+json";

/// Says what goes without saying in the code.
pub fn complete(document: &mut OpenApi) {
    let components = document.components.get_or_insert_default();
    add_headers(components);
    problems::add(components);
    for (path, item) in &mut document.paths.paths {
        let methods = [
            &mut item.get,
            &mut item.post,
            &mut item.put,
            &mut item.patch,
            &mut item.delete,
        ];
        let around = if UNDER_ANY_NAME.contains(&path.as_str()) {
            &OF_ANY_REQUEST[..1]
        } else {
            &OF_ANY_REQUEST[..]
        };
        for operation in methods.into_iter().flatten() {
            complete_operation(path, operation, around);
        }
    }
}

/// What may be answered before an operation is reached, or in its place: status and why.
const OF_ANY_REQUEST: [(&str, &str); 3] = [
    ("400", "The request is malformed."),
    (
        "421",
        "The server does not answer under the name in the Host header.",
    ),
    ("503", "The server cannot answer now."),
];

fn complete_operation(path: &str, operation: &mut Operation, around: &[(&str, &str)]) {
    // Without credentials means for everybody.
    operation.security.get_or_insert_default();
    let responses = &mut operation.responses.responses;
    for (status, description) in around {
        let known = responses.entry((*status).to_owned()).or_insert_with(|| {
            let response = ResponseBuilder::new().description(*description);
            RefOr::T(response.build())
        });
        if let RefOr::T(response) = known {
            let content = &mut response.content;
            content
                .entry(PROBLEM.to_owned())
                .or_insert_with(|| RefOr::T(Content::new(Some(Ref::from_schema_name("Problem")))));
        }
    }
    for (status, response) in responses {
        if let RefOr::T(response) = response {
            complete_response(path, status, response);
        }
    }
}

fn complete_response(path: &str, status: &str, response: &mut Response) {
    if response.description.is_empty()
        && let Ok(code) = status.parse::<StatusCode>()
        && let Some(reason) = code.canonical_reason()
    {
        response.description = format!("{reason}.");
    }
    if let Some(RefOr::T(content)) = response.content.get_mut(PROBLEM)
        && let Some((name, example)) = problems::of(path, status)
    {
        content.examples.insert(name.to_owned(), example);
    }
    let own: &[&str] = match status {
        "401" | "403" => &["WWW-Authenticate"],
        "429" | "503" => &["Retry-After"],
        _ => &[],
    };
    for name in own.iter().chain(&["X-Request-Id"]) {
        let reference = Ref::new(format!("#/components/headers/{name}"));
        response
            .headers
            .insert((*name).to_owned(), RefOr::Ref(reference));
    }
}

fn add_headers(components: &mut Components) {
    let headers = [
        (
            "X-Request-Id",
            Type::String,
            "The request's identifier, to be found in the logs.",
        ),
        (
            "Retry-After",
            Type::Integer,
            "Seconds to wait before the next attempt.",
        ),
        (
            "WWW-Authenticate",
            Type::String,
            "How to authenticate (RFC 6750), which scopes are needed, and where the resource \
             describes itself (RFC 9728).",
        ),
    ];
    for (name, kind, description) in headers {
        let schema = ObjectBuilder::new().schema_type(kind);
        let header = HeaderBuilder::new()
            .schema(Some(schema.build()))
            .description(Some(description));
        let header = RefOr::T(header.build());
        components.headers.insert(name.to_owned(), header);
    }
}
