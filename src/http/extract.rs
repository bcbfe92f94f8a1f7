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
use super::hosts::Hosts;
use crate::app::App;
use crate::audit::{Actor, ActorKind, Cause, Decision, Entry};
use crate::model::{Principal, ScopeSet};
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
    /// What an agent's token covers; an administrator may do everything.
    covered: Option<ScopeSet>,
    gate: Gate,
    requirement: PhantomData<R>,
}

impl<R> Admitted<R> {
    /// Lets the caller give `scope` to a client, or act on one that has it: nobody hands out power over
    /// this server that they do not have themselves.
    ///
    /// # Errors
    /// 403, recorded, naming the scopes that the caller's token lacks.
    pub async fn must_cover(&self, scope: &ScopeSet) -> Result<(), Problem> {
        let Some(covered) = &self.covered else {
            return Ok(());
        };
        let lacking: ScopeSet = scope
            .iter()
            .filter(|token| token.as_str().starts_with("ambit:"))
            .filter(|token| !covered.contains(token.as_str()))
            .cloned()
            .collect();
        if lacking.is_empty() {
            return Ok(());
        }
        let entry = Entry::new("request", Decision::Denied, &self.cause)
            .target(&self.gate.target)
            .reason("insufficient_scope")
            .fact("lacking", lacking.to_string());
        self.gate.count(Decision::Denied);
        self.gate.app.journal.record(entry).await?;
        Err(self.gate.insufficient_scope(&lacking.to_string()))
    }
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
            let (cause, covered) = gate.administrator_or_agent().await?;
            Ok(Self {
                cause,
                covered,
                gate,
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
    from_another_site: bool,
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
            from_another_site: is_from_another_site(request),
        })
    }

    /// An agent whose token is valid, meant for this server, and covers the requirement.
    async fn agent(&self) -> Result<Principal, Problem> {
        let authorization = match self.authorization.as_slice() {
            [] => return Err(self.unknown("no_token", None).await),
            [only] => only,
            _ => return Err(self.unknown("several_credentials", None).await),
        };
        let unverified_token = match bearer(authorization) {
            Bearer::Token(token) => token,
            Bearer::Malformed => return Err(self.unknown("malformed", None).await),
            Bearer::Absent => return Err(self.unknown("no_token", None).await),
        };
        let token = match self.app.tokens.check(unverified_token).await {
            Ok(token) if token.is_for(&self.app.issuer) => token,
            Ok(token) => {
                return Err(self.unknown("wrong_audience", Some(&token.principal)).await);
            }
            Err(TokenError::Void(reason, principal)) => {
                return Err(self.unknown(reason, Some(&principal)).await);
            }
            Err(TokenError::Invalid(reason)) => return Err(self.unknown(reason, None).await),
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
            let needed = self.any_of.first().copied().unwrap_or_default();
            Err(self.insufficient_scope(needed))
        }
    }

    async fn administrator_or_agent(&self) -> Result<(Cause, Option<ScopeSet>), Problem> {
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
            return Ok((cause, Some(principal.scope)));
        };
        if self.from_another_site {
            return Err(self.another_site().await);
        }
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
                Ok((cause, None))
            }
            Err(error) => {
                let problem = Problem::from(error);
                let (decision, reason) = match problem.status {
                    429 => (Decision::Limited, "too_many_failures"),
                    401 => (Decision::Denied, "wrong_password"),
                    _ => return Err(problem),
                };
                self.count(decision);
                // A name that nobody has may be a password in the wrong place.
                let known = self.app.administrators.exists(&username).await?;
                let cause = self.context.cause(if known { &username } else { "" });
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

    /// Nobody who may come in: records that, and says how to become somebody. A caller that a token
    /// proved, if only in the past, is recorded by name; others within bounds.
    async fn unknown(&self, reason: &'static str, principal: Option<&Principal>) -> Problem {
        self.count(Decision::Denied);
        let cause = self.context.cause("");
        let entry = Entry::new("request", Decision::Denied, &cause)
            .target(&self.target)
            .reason(reason);
        let recorded = match principal {
            Some(principal) => self.app.journal.record(entry.principal(principal)).await,
            None => self.app.journal.record_unknown(entry).await,
        };
        if let Err(error) = recorded {
            return error.into();
        }
        let metadata = self.resource_metadata();
        if reason == "no_token" {
            // RFC 6750 section 3.1: a request without a token is told no error code.
            let challenge = format!("Bearer realm=\"ambit\", {metadata}");
            return Problem::new(StatusCode::UNAUTHORIZED, "An access token is needed.")
                .challenge(challenge);
        }
        if reason == "several_credentials" {
            let challenge =
                format!("Bearer realm=\"ambit\", error=\"invalid_request\", {metadata}");
            let detail = "The request has several Authorization headers.";
            return Problem::new(StatusCode::BAD_REQUEST, detail)
                .kind("urn:ambit:problem:invalid_request")
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

    /// A browser remembers the password that it was asked for, and sends it with whatever another
    /// site has it post.
    async fn another_site(&self) -> Problem {
        self.count(Decision::Denied);
        let entry = Entry::new("request", Decision::Denied, &self.context.cause(""))
            .target(&self.target)
            .reason("cross_site_request");
        if let Err(error) = self.app.journal.record_unknown(entry).await {
            return error.into();
        }
        let detail = "A request from another site is not taken with a password.";
        Problem::new(StatusCode::FORBIDDEN, detail).kind("urn:ambit:problem:cross_site_request")
    }

    fn insufficient_scope(&self, needed: &str) -> Problem {
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

/// What an `Authorization` header holds of a token.
enum Bearer<'a> {
    /// A token.
    Token(&'a str),
    /// Something else in its place.
    Malformed,
    /// Credentials of another kind.
    Absent,
}

/// The token of an `Authorization` header (RFC 6750 section 2.1), the one place where Ambit takes it
/// from.
fn bearer(header: &[u8]) -> Bearer<'_> {
    let Some((scheme, token)) = header.split_at_checked(7) else {
        return Bearer::Absent;
    };
    if !scheme.eq_ignore_ascii_case(b"Bearer ") {
        return Bearer::Absent;
    }
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
    match std::str::from_utf8(token.trim_ascii()) {
        Ok(token) if !token.is_empty() && token.bytes().all(allowed) => Bearer::Token(token),
        _ => Bearer::Malformed,
    }
}

/// Whether a browser says that another site made it send a request that changes something.
fn is_from_another_site(request: &HttpRequest) -> bool {
    if request.method().is_safe() {
        return false;
    }
    let text = |name: &str| {
        let value = request.headers().get(name)?;
        Some(value.to_str().unwrap_or("unreadable"))
    };
    let site = text("sec-fetch-site").is_some_and(|site| !matches!(site, "same-origin" | "none"));
    let own = |origin: &str| {
        let authority = origin.split_once("://").map(|(_, authority)| authority);
        let hosts = request.app_data::<web::Data<Hosts>>();
        authority.is_some_and(|authority| hosts.is_some_and(|hosts| hosts.accept(authority)))
    };
    site || text("origin").is_some_and(|origin| !own(origin))
}
