//! The doors to the actions: REST, its description in OpenAPI, and MCP. They differ in how they read a
//! request and write an answer, and in nothing else.

pub mod mcp;
pub mod openapi;
pub mod rest;

use actix_web::HttpRequest;
use actix_web::http::{StatusCode, header};

use super::challenge::Challenge;
use super::error::{Problem, sentence};
use crate::actions::{ActionError, Refusal};

/// The values of a request's `Authorization` headers.
fn authorization(request: &HttpRequest) -> Vec<Vec<u8>> {
    let values = request.headers().get_all(header::AUTHORIZATION);
    values.map(|value| value.as_bytes().to_vec()).collect()
}

/// How a refusal goes over the wire.
fn problem(refusal: Refusal, challenge: Challenge<'_>) -> Problem {
    match refusal {
        Refusal::Unauthenticated(refusal) => challenge.unauthenticated(refusal),
        Refusal::InsufficientScope(needed) => challenge.insufficient_scope(&needed),
        Refusal::Policy(reason) => {
            let detail = format!("A policy forbids this: {reason}.");
            Problem::new(StatusCode::FORBIDDEN, detail).kind("urn:ambit:problem:policy")
        }
        Refusal::Limited(wait) => {
            let detail = "The client asks for too much at a time.";
            Problem::new(StatusCode::TOO_MANY_REQUESTS, detail).retry_after(wait)
        }
        Refusal::Action(error) => failed(error),
        Refusal::Storage(error) => error.into(),
    }
}

/// How it goes over the wire that an action could not be done.
pub fn failed(error: ActionError) -> Problem {
    let unprocessable = StatusCode::UNPROCESSABLE_ENTITY;
    let detail = sentence(&error);
    match error {
        ActionError::Invalid(errors) => Problem::new(unprocessable, detail)
            .kind("urn:ambit:problem:invalid_input")
            .errors(errors),
        ActionError::NotFound(_) => Problem::new(StatusCode::NOT_FOUND, detail),
        ActionError::Conflict(_) => Problem::new(StatusCode::CONFLICT, detail),
        ActionError::Refused(_) => {
            Problem::new(unprocessable, detail).kind("urn:ambit:problem:refused")
        }
        ActionError::KeyReused => {
            Problem::new(unprocessable, detail).kind("urn:ambit:problem:idempotency_key_reused")
        }
        ActionError::Deadline(_) => {
            Problem::new(StatusCode::GATEWAY_TIMEOUT, detail).kind("urn:ambit:problem:deadline")
        }
        ActionError::Unavailable(_) => Problem::unavailable(&error),
        ActionError::Broken(_) => {
            let detail = "The action failed; the operator finds why by the request's identifier.";
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail)
                .kind("urn:ambit:problem:action_failed")
        }
    }
}
