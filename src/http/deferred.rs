//! What a handler reads of a request besides its caller. Extractors run side by side, and the first
//! that fails answers; so one that may fail waits, and a stranger is refused as one, and recorded,
//! however malformed the rest of the request is.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::Json;
use actix_web::{FromRequest, HttpRequest};
use serde::de::DeserializeOwned;

use super::error::Problem;

type Extraction<T, E> = Pin<Box<dyn Future<Output = Result<T, E>>>>;

/// A query or a body, as the extractor `E` reads it, to be asked for once the caller was let in.
pub struct Deferred<E>(Result<E, Problem>);

impl<E> Deferred<E> {
    /// What was read, or what is wrong with it.
    pub fn read(self) -> Result<E, Problem> {
        self.0
    }
}

impl<E: FromRequest<Future: 'static> + 'static> FromRequest for Deferred<E> {
    type Error = Infallible;
    type Future = Extraction<Self, Infallible>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let extraction = E::from_request(request, payload);
        Box::pin(async move {
            Ok(Self(
                extraction.await.map_err(|error| problem(&error.into())),
            ))
        })
    }
}

/// A JSON body that may be left out, or be null.
pub struct OptionalJson<T>(pub Option<T>);

impl<T: DeserializeOwned + 'static> FromRequest for OptionalJson<T> {
    type Error = actix_web::Error;
    type Future = Extraction<Self, actix_web::Error>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        // HTTP/2 does not say beforehand whether there is a body; its type does.
        let h1_without_body = matches!(payload, Payload::None);
        if h1_without_body || !request.headers().contains_key(CONTENT_TYPE) {
            return Box::pin(async { Ok(Self(None)) });
        }
        let body = Json::<Option<T>>::from_request(request, payload);
        Box::pin(async move { Ok(Self(body.await?.into_inner())) })
    }
}

/// What is wrong with what could not be read.
pub fn problem(error: &actix_web::Error) -> Problem {
    error
        .as_error::<Problem>()
        .cloned()
        .unwrap_or_else(|| Problem::new(StatusCode::BAD_REQUEST, "The request could not be read."))
}
