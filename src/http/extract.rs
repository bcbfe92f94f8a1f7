//! The only ways to a caller's identity. What a handler demands stands in its signature:
//! `Scoped<CanRead>` is an agent whose token covers it, `Admitted<CanRead>` an administrator or such an
//! agent. Whoever comes that far has been recorded; whoever does not has been refused and recorded.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, web};
use secrecy::SecretString;

use super::context::RequestContext;
use super::error::Problem;
use crate::app::App;
use crate::audit::{Actor, ActorKind, Cause, Decision, Entry};
use crate::model::Principal;
use crate::oauth::client_auth::basic_halves;
use crate::oauth::token::TokenError;

/// What a handler demands of its caller.
pub trait Requirement: 'static {
    /// Any one of these scopes will do. The first is the one that a refusal names.
    const ANY_OF: &'static [&'static str];
}

/// An agent whose token covers the requirement.
pub struct Scoped<R> {
    /// Who calls.
    pub principal: Principal,
    requirement: PhantomData<R>,
}

/// An administrator, or an agent whose token covers the requirement.
pub struct Admitted<R> {
    /// On whose behalf records are written.
    pub cause: Cause,
    requirement: PhantomData<R>,
}

type Extraction<T> = Pin<Box<dyn Future<Output = Result<T, actix_web::Error>>>>;

impl<R: Requirement> FromRequest for Scoped<R> {
    type Error = actix_web::Error;
    type Future = Extraction<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let gate = Gate::new::<R>(request);
        Box::pin(async move {
            let gate = gate?;
            let principal = gate.agent().await?;
            Ok(Self {
                principal,
                requirement: PhantomData,
            })
        })
    }
}

impl<R: Requirement> FromRequest for Admitted<R> {
    type Error = actix_web::Error;
    type Future = Extraction<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let gate = Gate::new::<R>(request);
        Box::pin(async move {
            let gate = gate?;
            let cause = gate.administrator_or_agent().await?;
            Ok(Self {
                cause,
                requirement: PhantomData,
            })
        })
    }
}

/// One request before a requirement.
struct Gate {
    app: Arc<App>,
    context: RequestContext,
    authorization: Vec<Vec<u8>>,
    target: String,
    any_of: &'static [&'static str],
}

impl Gate {
    fn new<R: Requirement>(request: &HttpRequest) -> Result<Self, Problem> {
        let app = request
            .app_data::<web::Data<Arc<App>>>()
            .ok_or_else(|| Problem::unavailable(&"the application is not set up"))?;
        let pattern = request.match_pattern().unwrap_or_default();
        let values = request.headers().get_all(header::AUTHORIZATION);
        Ok(Self {
            app: Arc::clone(app),
            context: RequestContext::of(request),
            authorization: values.map(|value| value.as_bytes().to_vec()).collect(),
            target: format!("{} {pattern}", request.method()),
            any_of: R::ANY_OF,
        })
    }

    /// An agent whose token is valid, meant for this server, and covers the requirement.
    async fn agent(&self) -> Result<Principal, Problem> {
        let [authorization] = self.authorization.as_slice() else {
            let several = !self.authorization.is_empty();
            return Err(self
                .unknown(if several {
                    "several_credentials"
                } else {
                    "no_token"
                })
                .await);
        };
        let Some(unverified_token) = bearer(authorization) else {
            return Err(self.unknown("no_token").await);
        };
        let token = match self.app.tokens.check(unverified_token).await {
            Ok(token) if token.is_for(&self.app.issuer) => token,
            Ok(_) => return Err(self.unknown("wrong_audience").await),
            Err(TokenError::Invalid(reason)) => return Err(self.unknown(reason).await),
            Err(TokenError::Storage(error)) => return Err(error.into()),
        };
        let principal = token.principal;
        let covered = self
            .any_of
            .iter()
            .any(|scope| principal.scope.contains(scope));
        let decision = if covered {
            Decision::Allowed
        } else {
            Decision::Denied
        };
        let reason = if covered { "" } else { "insufficient_scope" };
        let cause = self.context.cause("");
        let entry = Entry::new("request", decision, &cause)
            .principal(&principal)
            .target(&self.target)
            .reason(reason);
        self.count(decision);
        self.app.journal.record(entry).await?;
        if covered {
            Ok(principal)
        } else {
            Err(self.insufficient_scope())
        }
    }

    async fn administrator_or_agent(&self) -> Result<Cause, Problem> {
        let basic = match self.authorization.as_slice() {
            [only] => basic_halves(only),
            _ => None,
        };
        let Some((username, password)) = basic else {
            let principal = self
                .agent()
                .await
                .map_err(|problem| self.offer_basic(problem))?;
            let mut cause = self
                .context
                .cause("")
                .by(Actor::new(ActorKind::Client, principal.client_id.as_str()));
            cause.tenant_id = principal.tenant_id;
            return Ok(cause);
        };
        let username = String::from_utf8_lossy(&username).into_owned();
        let password = SecretString::from(String::from_utf8_lossy(&password).into_owned());
        let address = self.context.address;
        let checked = self
            .app
            .administrators
            .authenticate(&username, &password, address)
            .await;
        match checked {
            Ok(administrator) => {
                let mut cause = self
                    .context
                    .cause("")
                    .by(Actor::new(ActorKind::Administrator, administrator.username));
                cause.tenant_id = administrator.tenant_id;
                self.count(Decision::Allowed);
                let entry = Entry::new("request", Decision::Allowed, &cause).target(&self.target);
                self.app.journal.record(entry).await?;
                Ok(cause)
            }
            Err(error) => {
                let problem = Problem::from(error);
                let (decision, reason) = match problem.status {
                    429 => (Decision::Limited, "too_many_failures"),
                    401 => (Decision::Denied, "wrong_password"),
                    _ => return Err(problem),
                };
                self.count(decision);
                let cause = self.context.cause(&username);
                let entry = Entry::new("request", decision, &cause)
                    .target(&self.target)
                    .reason(reason);
                self.app.journal.record_unknown(entry).await?;
                Err(if problem.status == 401 {
                    self.offer_basic(problem)
                } else {
                    problem
                })
            }
        }
    }

    /// Nobody that we know: records that, within bounds, and says how to become somebody.
    async fn unknown(&self, reason: &'static str) -> Problem {
        self.count(Decision::Denied);
        let cause = self.context.cause("");
        let entry = Entry::new("request", Decision::Denied, &cause)
            .target(&self.target)
            .reason(reason);
        if let Err(error) = self.app.journal.record_unknown(entry).await {
            return error.into();
        }
        let metadata = self.resource_metadata();
        if reason == "no_token" {
            // RFC 6750 section 3.1: a request without a token is told no error code.
            let challenge = format!("Bearer realm=\"ambit\", {metadata}");
            return Problem::new(StatusCode::UNAUTHORIZED, "An access token is needed.")
                .challenge(challenge);
        }
        let challenge = format!(
            "Bearer realm=\"ambit\", error=\"invalid_token\", \
             error_description=\"The access token is not valid here\", {metadata}"
        );
        let detail =
            "The access token is malformed, expired, revoked or not meant for this resource.";
        Problem::new(StatusCode::UNAUTHORIZED, detail)
            .kind("urn:ambit:problem:invalid_token")
            .challenge(challenge)
    }

    fn insufficient_scope(&self) -> Problem {
        let needed = self.any_of.first().copied().unwrap_or_default();
        let challenge = format!(
            "Bearer realm=\"ambit\", error=\"insufficient_scope\", scope=\"{needed}\", \
             error_description=\"The access token does not cover this\", {}",
            self.resource_metadata()
        );
        Problem::new(
            StatusCode::FORBIDDEN,
            format!("This needs the scope {needed}."),
        )
        .kind("urn:ambit:problem:insufficient_scope")
        .challenge(challenge)
    }

    fn offer_basic(&self, problem: Problem) -> Problem {
        if problem.status != 401 {
            return problem;
        }
        let metadata = self.resource_metadata();
        let both =
            format!("Basic realm=\"ambit\", charset=\"UTF-8\", Bearer realm=\"ambit\", {metadata}");
        problem.challenge(both)
    }

    fn resource_metadata(&self) -> String {
        let issuer = &self.app.issuer;
        format!("resource_metadata=\"{issuer}/.well-known/oauth-protected-resource\"")
    }

    fn count(&self, decision: Decision) {
        let labels = [self.target.as_str(), decision.name()];
        self.app.metrics.actions.with_label_values(&labels).inc();
    }
}

/// The token of an `Authorization` header (RFC 6750 section 2.1), the one place where Ambit takes it
/// from.
fn bearer(header: &[u8]) -> Option<&str> {
    let (scheme, token) = header.split_at_checked(7)?;
    if !scheme.eq_ignore_ascii_case(b"Bearer ") {
        return None;
    }
    let token = std::str::from_utf8(token.trim_ascii()).ok()?;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
    (!token.is_empty() && token.bytes().all(allowed)).then_some(token)
}
