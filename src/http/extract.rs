//! The only ways to a caller's identity. What a handler demands stands in its signature:
//! `Scoped<CanRead>` is an agent whose token covers it, `Admitted<CanRead>` an administrator or such an
//! agent. Whoever comes that far has been recorded, but for an administrator who looks at a page of the
//! GUI; whoever does not has been refused and recorded.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, web};
use secrecy::SecretString;

use super::challenge::Challenge;
use super::context::RequestContext;
use super::error::Problem;
use super::hosts::Hosts;
use super::routes;
use crate::administrators::Powers;
use crate::app::App;
use crate::audit::{Actor, ActorKind, Cause, Decision, Entry};
use crate::model::{Principal, Role, ScopeSet};
use crate::oauth::client_auth::basic_halves;
use crate::oauth::{Door, Unauthenticated};

/// What a handler demands of its caller.
pub trait Requirement: 'static {
    /// Any one of these scopes will do. The first is the one that a refusal names.
    const ANY_OF: &'static [&'static str];
}

/// An agent whose token covers the requirement.
pub struct Scoped<R> {
    /// Who calls.
    pub principal: Arc<Principal>,
    requirement: PhantomData<R>,
}

/// An administrator, or an agent whose token covers the requirement.
pub struct Admitted<R> {
    /// On whose behalf records are written.
    pub cause: Cause,
    powers: Powers,
    gate: Gate,
    requirement: PhantomData<R>,
}

impl<R> Admitted<R> {
    /// Lets the caller give `scope` to a client, or act on one that has it: nobody hands out power over
    /// this server that they do not have themselves.
    ///
    /// # Errors
    /// 403, recorded, naming the scopes that the caller lacks.
    pub async fn must_cover(&self, scope: &ScopeSet) -> Result<(), Problem> {
        let lacking = self.powers.lacking(scope);
        if lacking.is_empty() {
            return Ok(());
        }
        let entry = Entry::new("request", Decision::Denied, &self.cause)
            .target(&self.gate.target)
            .reason("insufficient_scope")
            .fact("lacking", lacking.to_string());
        self.gate.count(Decision::Denied);
        self.gate.app.journal.record(entry).await?;
        Err(match &self.powers {
            Powers::Token(_) => self.gate.insufficient_scope(&lacking.to_string()),
            Powers::Role(role) => insufficient_role(*role),
        })
    }
}

impl<R: Requirement> Admitted<R> {
    /// Records that the caller was let in, where a session that only looks would leave no record.
    ///
    /// # Errors
    /// The record cannot be written.
    pub async fn record(&self) -> Result<(), Problem> {
        let entry = Entry::new("request", Decision::Allowed, &self.cause).target(&self.gate.target);
        self.gate.app.journal.record(entry).await?;
        Ok(())
    }

    /// An administrator whom a session in a browser vouches for. Whoever calls this has checked that.
    /// Whoever is let in to look leaves no record, else the page of the log would show whoever reads it;
    /// what is handed out for keeping is recorded by [`Admitted::record`].
    ///
    /// # Errors
    /// 403, recorded, if the role does not permit what is demanded.
    pub(super) async fn by_session(
        request: &HttpRequest,
        cause: Cause,
        role: Role,
    ) -> Result<Self, Problem> {
        let gate = Gate::new::<R>(request)?;
        let powers = Powers::Role(role);
        let only_looks = request.method().is_safe() && powers.cover(gate.any_of);
        if only_looks {
            gate.count(Decision::Allowed);
        } else {
            admit(&gate.app, &cause, &gate.target, role, gate.any_of).await?;
        }
        Ok(Self {
            cause,
            powers,
            gate,
            requirement: PhantomData,
        })
    }

    /// Whether the caller may also do what another requirement demands.
    pub fn may<Other: Requirement>(&self) -> bool {
        self.powers.cover(Other::ANY_OF)
    }

    /// What the caller may do.
    pub fn powers(&self) -> &Powers {
        &self.powers
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
            let (cause, powers) = gate.administrator_or_agent().await?;
            Ok(Self {
                cause,
                powers,
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
        let pattern = routes::pattern(request).unwrap_or_default();
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
    async fn agent(&self) -> Result<Arc<Principal>, Problem> {
        let door = Door {
            audiences: &[&self.app.issuer],
            event: "request",
            target: &self.target,
        };
        let cause = self.context.cause("");
        let authenticated = self
            .app
            .bearer
            .authenticate(&self.authorization, door, &cause);
        let principal = authenticated.await.map_err(|refusal| {
            if !matches!(refusal, Unauthenticated::Storage(_)) {
                self.count(Decision::Denied);
            }
            Challenge::of(&self.app.issuer, "").unauthenticated(refusal)
        })?;
        let covered_by = self
            .any_of
            .iter()
            .find(|scope| principal.scope.contains(scope));
        let decision = match covered_by {
            Some(_) => Decision::Allowed,
            None => Decision::Denied,
        };
        let entry = Entry::new("request", decision, &cause)
            .principal(&principal)
            .target(&self.target);
        let entry = match covered_by {
            Some(scope) => entry.detail("scope", scope),
            None => entry.reason("insufficient_scope"),
        };
        self.count(decision);
        self.app.journal.record(entry).await?;
        if covered_by.is_some() {
            Ok(principal)
        } else {
            let needed = self.any_of.first().copied().unwrap_or_default();
            Err(self.insufficient_scope(needed))
        }
    }

    async fn administrator_or_agent(&self) -> Result<(Cause, Powers), Problem> {
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
            cause.tenant_id = principal.tenant_id.clone();
            return Ok((cause, Powers::Token(principal.scope.clone())));
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
                let username = administrator.username;
                let mut cause = self
                    .context
                    .cause("")
                    .by(Actor::new(ActorKind::Administrator, &username));
                cause.tenant_id = administrator.tenant_id;
                self.refuse_lone_password(&cause, &username).await?;
                let role = administrator.role;
                admit(&self.app, &cause, &self.target, role, self.any_of).await?;
                Ok((cause, Powers::Role(role)))
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

    /// A password alone opens nothing where a second factor stands beside it, and HTTP Basic has no place
    /// for one.
    async fn refuse_lone_password(&self, cause: &Cause, username: &str) -> Result<(), Problem> {
        let has_factor = self.app.second_factors.has_any(username).await?;
        let who = if has_factor {
            "You have a second factor"
        } else if self.app.settings.admin.require_second_factor {
            "This server asks administrators for a second factor"
        } else {
            return Ok(());
        };
        let entry = Entry::new("request", Decision::Denied, cause)
            .target(&self.target)
            .reason("second_factor_required");
        self.count(Decision::Denied);
        self.app.journal.record(entry).await?;
        let detail = format!(
            "{who}, which HTTP Basic cannot carry. Sign in at /admin, or call this as an agent: register \
             a client with the ambit:* scope that it needs, and send its token."
        );
        Err(Problem::new(StatusCode::FORBIDDEN, detail)
            .kind("urn:ambit:problem:second_factor_required"))
    }

    /// A browser remembers the password that it was asked for, and sends it with whatever another
    /// site has it post.
    async fn another_site(&self) -> Problem {
        refuse_another_site(&self.app, &self.context.cause(""), &self.target).await
    }

    fn insufficient_scope(&self, needed: &str) -> Problem {
        Challenge::of(&self.app.issuer, "").insufficient_scope(needed)
    }

    fn offer_basic(&self, problem: Problem) -> Problem {
        if problem.status != 401 {
            return problem;
        }
        let metadata = Challenge::of(&self.app.issuer, "").resource_metadata();
        let both =
            format!("Basic realm=\"ambit\", charset=\"UTF-8\", Bearer realm=\"ambit\", {metadata}");
        problem.challenge(both)
    }

    fn count(&self, decision: Decision) {
        count(&self.app, &self.target, decision);
    }
}

/// Records whether an administrator's role covers any one of the scopes.
///
/// # Errors
/// 403 if it does not.
async fn admit(
    app: &App,
    cause: &Cause,
    target: &str,
    role: Role,
    any_of: &[&str],
) -> Result<(), Problem> {
    let admitted = Powers::Role(role).cover(any_of);
    let decision = if admitted {
        Decision::Allowed
    } else {
        Decision::Denied
    };
    count(app, target, decision);
    let entry = Entry::new("request", decision, cause).target(target);
    if admitted {
        app.journal.record(entry).await?;
        return Ok(());
    }
    app.journal
        .record(entry.reason("insufficient_role"))
        .await?;
    Err(insufficient_role(role))
}

/// Records that another site made a browser send something, and says so.
pub async fn refuse_another_site(app: &App, cause: &Cause, target: &str) -> Problem {
    count(app, target, Decision::Denied);
    let entry = Entry::new("request", Decision::Denied, cause)
        .target(target)
        .reason("cross_site_request");
    if let Err(error) = app.journal.record_unknown(entry).await {
        return error.into();
    }
    let detail = "A request from another site is not taken from an administrator.";
    Problem::new(StatusCode::FORBIDDEN, detail).kind("urn:ambit:problem:cross_site_request")
}

fn insufficient_role(role: Role) -> Problem {
    let detail = format!("The role {} does not permit this.", role.name());
    Problem::new(StatusCode::FORBIDDEN, detail).kind("urn:ambit:problem:insufficient_role")
}

/// Counts a decision about an address that is no action.
fn count(app: &App, target: &str, decision: Decision) {
    let labels = [target, decision.name()];
    app.metrics.actions.with_label_values(&labels).inc();
}

/// Whether a browser says that another site made it send a request that changes something.
pub fn is_from_another_site(request: &HttpRequest) -> bool {
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
