//! The one way to run an action: authenticate, scope, policy, limits, validate, run, audit, answer.
//!
//! [`Invoker::admit`] takes the first four steps and [`Invoker::perform`] the others, since a door reads
//! a request's input only once its caller was let in; [`Invoker::invoke`] is both. An [`Admission`] can be had
//! from `admit` alone, an [`ActionContext`] is made by `perform` alone.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use serde_json::Value;

use super::action::Router;
use super::answers::Keyed;
use super::context::{ActionContext, Reporter};
use super::dataset::Datasets;
use super::error::ActionError;
use super::limits::{CallLimits, Limits, Place, Room, Turns};
use super::registry::{Registered, Registry};
use super::unfinished::Unfinished;
use crate::audit::{Cause, Decision, Entry, Journal};
use crate::metrics::Metrics;
use crate::model::{Clock, Principal};
use crate::oauth::{self, BearerTokens, Unauthenticated};
use crate::policy::{self, POLICIES, Verdict};
use crate::scopes::Catalogue;
use crate::semantic::SemanticLayer;
use crate::storage::{StorageError, Store};
use crate::warehouse;

/// What actions work with.
pub struct Dependencies {
    /// Finds out who calls.
    pub bearer: Arc<BearerTokens>,
    /// Writes Ambit's own database, with a record of each change.
    pub journal: Arc<Journal>,
    /// Reads it.
    pub store: Arc<Store>,
    /// Remembers rows of the warehouse.
    pub datasets: Arc<Datasets>,
    /// Knows every scope.
    pub catalogue: Arc<Catalogue>,
    /// What its tables mean, and who may read them.
    pub semantics: Arc<SemanticLayer>,
    /// What one query of an agent's own may cost.
    pub query_limits: warehouse::Limits,
    /// Shares its connections out.
    pub turns: Turns,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Counts.
    pub metrics: Metrics,
}

/// Where calls come in.
#[derive(Debug, Clone, Copy)]
pub struct Door<'a> {
    /// A word for the audit log: `rest`, `mcp`.
    pub name: &'static str,
    /// The resources, one of which a token's `aud` must name.
    pub audiences: &'a [&'a str],
}

/// Somebody wants something done.
#[derive(Debug, Clone)]
pub struct Call<'a> {
    /// Where it came in.
    pub door: Door<'a>,
    /// The values of the request's `Authorization` headers.
    pub authorization: &'a [Vec<u8>],
    /// The request.
    pub cause: Cause,
}

/// A call that may go on: its caller is known, and may do what it asks for.
pub struct Admission {
    action: &'static Registered,
    principal: Arc<Principal>,
    cause: Cause,
    door: &'static str,
    policy: &'static str,
    calls: Option<u32>,
    place: Place,
    began: Instant,
}

impl Admission {
    /// What may be done.
    pub fn action(&self) -> &'static Registered {
        self.action
    }

    /// The policy that permits it.
    pub fn policy(&self) -> &'static str {
        self.policy
    }

    /// What the limits leave to the caller.
    pub fn room(&self) -> Room {
        Room {
            calls: self.calls,
            under_way: self.place.count,
        }
    }
}

/// What a call brings along.
#[derive(Default)]
pub struct Input {
    /// What the action is given, as JSON; checked before it is used.
    pub value: Value,
    /// The key under which a writing action is done once.
    pub idempotency_key: Option<String>,
    /// Whom to tell how far the call has come.
    pub reporter: Option<Reporter>,
}

/// What an action answered, in its record by now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// JSON.
    pub json: String,
}

/// Why a call was not answered. Each was recorded.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// The caller proved nothing.
    #[error(transparent)]
    Unauthenticated(#[from] Unauthenticated),
    /// The token's scope does not cover the action, which needs all of these.
    #[error("this needs the scope {0}")]
    InsufficientScope(String),
    /// A policy forbids it; a word for why.
    #[error("a policy forbids this: {0}")]
    Policy(&'static str),
    /// The client asks for too much; how long to wait.
    #[error("the client asks for too much at a time")]
    Limited(Duration),
    /// The action could not be done.
    #[error(transparent)]
    Action(#[from] ActionError),
    /// What happened cannot be recorded now, so it did not happen.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Runs actions.
pub struct Invoker {
    registry: Registry,
    dependencies: Arc<Dependencies>,
    limits: Limits,
    deadline: Duration,
}

impl Invoker {
    /// Over the actions of these routers. `deadline` is how long one call may take.
    ///
    /// # Errors
    /// What is wrong with an action's definition.
    pub fn new(
        routers: &[&'static Router],
        dependencies: Dependencies,
        limits: CallLimits,
        deadline: Duration,
    ) -> Result<Self, String> {
        Ok(Self {
            registry: Registry::new(routers)?,
            dependencies: Arc::new(dependencies),
            limits: Limits::new(limits),
            deadline,
        })
    }

    /// The actions.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// What actions work with.
    pub fn dependencies(&self) -> &Dependencies {
        &self.dependencies
    }

    /// Runs an action from beginning to end.
    ///
    /// # Errors
    /// Why the call was not answered.
    pub async fn invoke(
        &self,
        action: &'static Registered,
        call: Call<'_>,
        input: Input,
    ) -> Result<Answer, Refusal> {
        let admission = self.admit(action, call).await?;
        self.perform(admission, input).await
    }

    /// Who calls, for a door that lists what the caller may do. `target` is what a refusal is recorded
    /// as.
    ///
    /// # Errors
    /// The caller proved nothing.
    pub async fn authenticate(
        &self,
        call: &Call<'_>,
        target: &str,
    ) -> Result<Arc<Principal>, Unauthenticated> {
        let door = oauth::Door {
            audiences: call.door.audiences,
            event: "action",
            target,
        };
        self.dependencies
            .bearer
            .authenticate(call.authorization, door, &call.cause)
            .await
    }

    /// The actions that a caller may run.
    pub fn permitted(&self, principal: &Principal) -> impl Iterator<Item = &'static Registered> {
        self.registry
            .all()
            .filter(|action| matches!(verdict(action, principal), Verdict::Permit(_)))
    }

    /// Lets a call in, or refuses it: who calls, and may they?
    ///
    /// # Errors
    /// Why not.
    pub async fn admit(
        &self,
        action: &'static Registered,
        call: Call<'_>,
    ) -> Result<Admission, Refusal> {
        let began = Instant::now();
        let authenticated = self.authenticate(&call, &action.id).await;
        let principal = authenticated.inspect_err(|refusal| {
            if !matches!(refusal, Unauthenticated::Storage(_)) {
                self.count(action, Decision::Denied);
            }
        })?;
        let admission = self
            .admit_caller(action, principal, call.cause, call.door.name)
            .await?;
        Ok(Admission { began, ..admission })
    }

    /// Lets the call of a known caller in, or refuses it. `door` is where it came in.
    ///
    /// # Errors
    /// Why not.
    pub async fn admit_caller(
        &self,
        action: &'static Registered,
        principal: Arc<Principal>,
        cause: Cause,
        door: &'static str,
    ) -> Result<Admission, Refusal> {
        let began = Instant::now();
        let refuse = async |decision, reason: &str, refusal| {
            self.count(action, decision);
            let entry = Entry::new("action", decision, &cause)
                .principal(&principal)
                .target(&action.id)
                .reason(reason)
                .detail("door", door);
            match self.dependencies.journal.record(entry).await {
                Ok(()) => refusal,
                Err(error) => error.into(),
            }
        };
        let calls = match self.limits.count(&principal) {
            Ok(calls) => calls,
            Err(wait) => {
                return Err(self.limited(action, &principal, &cause, door, wait).await);
            }
        };
        let covers = |scope: &&&str| !principal.scope.contains(scope);
        if action.scopes.iter().any(|scope| covers(&scope)) {
            let needed = Refusal::InsufficientScope(action.definition.scope.to_owned());
            return Err(refuse(Decision::Denied, "insufficient_scope", needed).await);
        }
        let policy = match verdict(action, &principal) {
            Verdict::Permit(policy) => policy,
            Verdict::Deny(reason) => {
                return Err(refuse(Decision::Denied, reason, Refusal::Policy(reason)).await);
            }
        };
        let place = match self.limits.begin(&principal) {
            Ok(place) => place,
            Err(wait) => {
                return Err(self.limited(action, &principal, &cause, door, wait).await);
            }
        };
        Ok(Admission {
            action,
            principal,
            cause,
            door,
            policy,
            calls,
            place,
            began,
        })
    }

    /// Counts a request of a known caller that is no call, such as for the list of what it may do.
    ///
    /// # Errors
    /// It asks for too much.
    pub fn count_request(&self, principal: &Principal) -> Result<(), Refusal> {
        let counted = self.limits.count(principal);
        counted.map(|_| ()).map_err(Refusal::Limited)
    }

    async fn limited(
        &self,
        action: &'static Registered,
        principal: &Arc<Principal>,
        cause: &Cause,
        door: &'static str,
        wait: Duration,
    ) -> Refusal {
        self.count(action, Decision::Limited);
        let Some(unrecorded) = self.limits.record_refusal(principal) else {
            self.dependencies.metrics.audit_suppressed.inc();
            return Refusal::Limited(wait);
        };
        let mut entry = Entry::new("action", Decision::Limited, cause)
            .principal(principal)
            .target(&action.id)
            .reason("too_many_calls")
            .detail("door", door);
        if unrecorded > 0 {
            entry = entry.fact("suppressed_before", unrecorded.to_string());
        }
        match self.dependencies.journal.record(entry).await {
            Ok(()) => Refusal::Limited(wait),
            Err(error) => error.into(),
        }
    }

    /// Refuses a call that was let in and whose input cannot even be read.
    ///
    /// # Errors
    /// It cannot be recorded.
    pub async fn dismiss(&self, admission: Admission, reason: &str) -> Result<(), StorageError> {
        self.count(admission.action, Decision::Denied);
        let entry = Entry::new("action", Decision::Denied, &admission.cause)
            .principal(&admission.principal)
            .target(&admission.action.id)
            .reason(reason)
            .detail("door", admission.door);
        self.dependencies.journal.record(entry).await
    }

    /// Does what was admitted, unless the input is not as described.
    ///
    /// A future that is dropped stops the action, and leaves a record that says so.
    ///
    /// # Errors
    /// Why the call was not answered.
    pub async fn perform(&self, admission: Admission, input: Input) -> Result<Answer, Refusal> {
        let Admission {
            action,
            principal,
            cause,
            door,
            policy,
            calls: _,
            place: _place,
            began,
        } = admission;
        let keyed = input
            .idempotency_key
            .as_deref()
            .filter(|_| !action.definition.reads());
        let keyed = keyed.map(|key| Keyed::new(key, &principal, &action.id, &input.value));
        let (keyed, malformed_key) = match keyed.transpose() {
            Ok(keyed) => (keyed, None),
            Err(error) => (None, Some(error)),
        };
        let context = Arc::new(ActionContext {
            dependencies: Arc::clone(&self.dependencies),
            action,
            principal,
            cause,
            door,
            policy,
            deadline: Instant::now() + self.deadline,
            keyed,
            reporter: input.reporter,
            state: Mutex::default(),
        });
        let unfinished = Unfinished::new(Arc::clone(&context));
        let outcome = match malformed_key.map_or_else(|| action.check(&input.value), Err) {
            Ok(()) => self.run(&context, input.value).await,
            Err(error) => Err(error),
        };
        let recorded = self.record(&context, &outcome).await;
        unfinished.finish();
        let metrics = &self.dependencies.metrics;
        metrics
            .action_seconds
            .observe(began.elapsed().as_secs_f64());
        recorded?;
        Ok(Answer { json: outcome? })
    }

    async fn run(&self, context: &ActionContext, input: Value) -> Result<String, ActionError> {
        if let Some(answer) = context.answered().await? {
            return Ok(answer);
        }
        let running = (context.action.definition.run)(context, input);
        let running = AssertUnwindSafe(running).catch_unwind();
        let began = Instant::now();
        let outcome = match tokio::time::timeout(self.deadline, running).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(ActionError::Broken("it panicked".to_owned())),
            Err(_) => Err(ActionError::Deadline(self.deadline)),
        };
        let metrics = &self.dependencies.metrics;
        metrics
            .action_run_seconds
            .observe(began.elapsed().as_secs_f64());
        match (&context.keyed, outcome) {
            // What a call with the same key did meanwhile may be what is in this one's way.
            (Some(_), Err(refusal)) => context.answered().await?.ok_or(refusal),
            (Some(_), Ok(_)) if !context.state().recorded => Err(ActionError::Broken(
                "its answer was not kept: a writing action changes what it changes in context.change"
                    .to_owned(),
            )),
            (_, outcome) => outcome,
        }
    }

    /// Makes the call's record durable, unless it was written together with a change.
    async fn record(
        &self,
        context: &ActionContext,
        outcome: &Result<String, ActionError>,
    ) -> Result<(), StorageError> {
        let (decision, reason) = match outcome {
            Ok(_) => (Decision::Allowed, ""),
            Err(error) => (decision(error), error.reason()),
        };
        self.count(context.action, decision);
        match outcome {
            Ok(_) if context.state().recorded => return Ok(()),
            Ok(_) => {}
            Err(error @ (ActionError::Unavailable(_) | ActionError::Broken(_))) => {
                tracing::error!(%error, action = context.action.id, "an action failed");
            }
            Err(error) => context.note("why", error.to_string()),
        }
        context
            .journal()
            .record(context.entry(decision, reason))
            .await
    }

    fn count(&self, action: &Registered, decision: Decision) {
        let labels = [action.id.as_str(), decision.name()];
        self.dependencies
            .metrics
            .actions
            .with_label_values(&labels)
            .inc();
    }
}

fn verdict(action: &Registered, principal: &Principal) -> Verdict {
    let request = policy::Request {
        principal,
        action: &action.id,
        scopes: &action.scopes,
        effect: action.definition.effect,
    };
    policy::decide(POLICIES, &request)
}

fn decision(error: &ActionError) -> Decision {
    match error {
        ActionError::Invalid(_) | ActionError::Refused(_) | ActionError::KeyReused => {
            Decision::Denied
        }
        ActionError::NotFound(_)
        | ActionError::Conflict(_)
        | ActionError::Deadline(_)
        | ActionError::Unavailable(_)
        | ActionError::Broken(_) => Decision::Failed,
    }
}
