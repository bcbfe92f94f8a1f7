//! Reads an OAuth request: a form in the body, credentials in the header or in the form, nothing in
//! the query.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest};
use futures_util::StreamExt;

use crate::oauth::client_auth::{self, Credentials};
use crate::oauth::{ErrorCode, OAuthError, Parameters};

/// Largest body, in bytes. The largest honest one is a token and a secret.
const LARGEST: usize = 32 * 1024;
/// How long a body may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// What a request says, or why it cannot be read. Never an error in itself, since the refusal has to be
/// recorded and answered in OAuth's own form.
pub struct Form(Result<Contents, OAuthError>);

struct Contents {
    parameters: Parameters,
    authorization: Vec<Vec<u8>>,
}

/// A request that could be read.
pub struct Read {
    /// Its parameters.
    pub parameters: Parameters,
    /// Its one set of credentials.
    pub credentials: Credentials,
}

impl Form {
    /// The parameters and the credentials.
    pub fn read(self) -> Result<Read, OAuthError> {
        let contents = self.0?;
        let authorization: Vec<&[u8]> = contents.authorization.iter().map(Vec::as_slice).collect();
        let source = client_auth::Source {
            authorization: &authorization,
            parameters: &contents.parameters,
        };
        let credentials = client_auth::credentials(source)?;
        Ok(Read {
            parameters: contents.parameters,
            credentials,
        })
    }
}

impl FromRequest for Form {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, actix_web::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let payload = payload.take();
        Box::pin(async move { Ok(Self(contents(&request, payload).await)) })
    }
}

async fn contents(request: &HttpRequest, payload: Payload) -> Result<Contents, OAuthError> {
    if !request.query_string().is_empty() {
        let description = "Parameters belong in the body, not in the query.";
        return Err(OAuthError::invalid_request(
            "parameters_in_query",
            description,
        ));
    }
    check_content_type(request)?;
    let body = tokio::time::timeout(TIMEOUT, body(payload))
        .await
        .map_err(|_| {
            OAuthError::invalid_request("body_too_slow", "The body did not arrive in time.")
        })??;
    let authorization = request.headers().get_all(header::AUTHORIZATION);
    Ok(Contents {
        parameters: Parameters::parse(&body)?,
        authorization: authorization
            .map(|value| value.as_bytes().to_vec())
            .collect(),
    })
}

fn check_content_type(request: &HttpRequest) -> Result<(), OAuthError> {
    let mut given = request.headers().get_all(header::CONTENT_TYPE);
    let one = given
        .next()
        .and_then(|value| value.to_str().ok())
        .filter(|_| given.next().is_none());
    let essence = one.and_then(|value| value.split(';').next()).map(str::trim);
    if essence.is_some_and(|kind| kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")) {
        return Ok(());
    }
    let description = "The body must be application/x-www-form-urlencoded.";
    Err(OAuthError::invalid_request(
        "wrong_content_type",
        description,
    ))
}

async fn body(mut payload: Payload) -> Result<Vec<u8>, OAuthError> {
    let mut body = Vec::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| {
            OAuthError::invalid_request("broken_body", "The body ended before it was complete.")
        })?;
        if body.len().saturating_add(chunk.len()) > LARGEST {
            let description = "The body is too large.";
            return Err(OAuthError::new(
                ErrorCode::InvalidRequest,
                "body_too_large",
                description,
            ));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
