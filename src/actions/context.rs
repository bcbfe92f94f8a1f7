//! What an action works with while it runs.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;

use super::answers::Keyed;
use super::dataset::Dataset;
use super::error::ActionError;
use super::invoke::Dependencies;
use super::limits::Turn;
use super::registry::Registered;
use crate::audit::{Cause, Decision, Entry, Journal};
use crate::model::{Principal, Timestamp};
use crate::scopes::Catalogue;
use crate::semantic::SemanticLayer;
use crate::storage::changes::{Change, Kind};
use crate::storage::{AnyConnection, StorageError, Store};
use crate::warehouse::{Limits, Warehouse};

/// How far a long call has come.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// How much is done.
    pub done: f64,
    /// How much there is to do, if that is known.
    pub total: Option<f64>,
    /// What is being done.
    pub message: String,
}

/// Tells a caller how far its call has come.
pub type Reporter = Arc<dyn Fn(Progress) + Send + Sync>;

/// One call of an action that was admitted. `invoke` alone makes one.
pub struct ActionContext {
    pub(super) dependencies: Arc<Dependencies>,
    pub(super) action: &'static Registered,
    pub(super) principal: Arc<Principal>,
    pub(super) cause: Cause,
    pub(super) door: &'static str,
    pub(super) policy: &'static str,
    pub(super) deadline: Instant,
    pub(super) keyed: Option<Keyed>,
    pub(super) reporter: Option<Reporter>,
    pub(super) state: Mutex<State>,
}

/// What a call leaves behind for its record.
#[derive(Debug, Default)]
pub(super) struct State {
    facts: BTreeMap<&'static str, String>,
    /// Whether the record was written, together with a change.
    pub(super) recorded: bool,
}

impl ActionContext {
    /// Who calls.
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// What time it is.
    pub fn now(&self) -> Timestamp {
        self.dependencies.clock.now()
    }

    /// How long the call may still take.
    pub fn remaining(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// The caller's dataset of a type.
    ///
    /// # Errors
    /// It cannot be read.
    pub async fn dataset<D: Dataset>(&self) -> Result<Arc<D>, ActionError> {
        self.dependencies
            .datasets
            .get(&self.principal.tenant_id)
            .await
    }

    /// The warehouse itself, for statements that were checked before.
    pub fn warehouse(&self) -> &Arc<dyn Warehouse> {
        self.dependencies.datasets.warehouse()
    }

    /// The caller's turn at the warehouse, held until it is dropped: no client has all of its
    /// connections to itself.
    pub async fn turn(&self) -> Turn {
        self.dependencies.turns.of(&self.principal.client_id).await
    }

    /// What the tables of the warehouse mean, and who may read them.
    pub fn semantics(&self) -> &SemanticLayer {
        &self.dependencies.semantics
    }

    /// What one query of an agent's own may cost.
    pub fn query_limits(&self) -> Limits {
        self.dependencies.query_limits
    }

    /// What Ambit itself keeps, to be read.
    pub fn store(&self) -> &Arc<Store> {
        &self.dependencies.store
    }

    /// Every scope there is.
    pub fn catalogue(&self) -> &Catalogue {
        &self.dependencies.catalogue
    }

    /// Writes a fact into the call's audit record: of bounded length, and never a secret.
    pub fn note(&self, name: &'static str, value: impl Into<String>) {
        self.state().facts.insert(name, value.into());
    }

    /// Tells the caller how far the call has come, if it wants to know.
    pub fn progress(&self, done: f64, total: Option<f64>, message: impl Into<String>) {
        if let Some(report) = &self.reporter {
            report(Progress {
                done,
                total,
                message: message.into(),
            });
        }
    }

    /// Changes what Ambit keeps. The change, the audit record of the call and the answer under its
    /// idempotency key are one transaction; every replica forgets the datasets that it touches
    /// afterwards. What `effect` makes is the action's answer.
    ///
    /// # Errors
    /// What `effect` answers, and then nothing was changed; or an outage.
    pub async fn change<T>(
        &self,
        effect: impl Fn(&mut AnyConnection) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, ActionError>
    where
        T: Serialize + Send + 'static,
    {
        let keyed = self.keyed.clone();
        let at = self.now();
        let change = Change {
            kind: Kind::Datasets,
            subject: self.action.id.clone(),
        };
        let outcome = self
            .journal()
            .change(
                self.entry(Decision::Allowed, ""),
                Some(change),
                move |connection| {
                    let answer = effect(connection)?;
                    if let Some(keyed) = &keyed {
                        let unwritable = |error: serde_json::Error| {
                            StorageError::Unavailable(format!("an answer that is no JSON: {error}"))
                        };
                        let text = serde_json::to_string(&answer).map_err(unwritable)?;
                        keyed.keep(connection, &text, at)?;
                    }
                    Ok(answer)
                },
            )
            .await;
        self.state().recorded = outcome.is_ok();
        // A conflict tells of a change that somebody else made meanwhile.
        if matches!(outcome, Ok(_) | Err(StorageError::Conflict)) {
            let datasets = &self.dependencies.datasets;
            datasets.forget_written_by(&self.action.id);
        }
        Ok(outcome?)
    }

    /// The answer that was given under the call's idempotency key, if there is one.
    ///
    /// # Errors
    /// The key came with another input.
    pub(super) async fn answered(&self) -> Result<Option<String>, ActionError> {
        let Some(keyed) = &self.keyed else {
            return Ok(None);
        };
        let answer = keyed.answer(&self.dependencies.store).await?;
        if answer.is_some() {
            self.note("replayed", "true");
        }
        Ok(answer)
    }

    /// The record of the call, decided so.
    pub(super) fn entry(&self, decision: Decision, reason: &str) -> Entry {
        let mut entry = Entry::new("action", decision, &self.cause)
            .principal(&self.principal)
            .target(&self.action.id)
            .reason(reason)
            .detail("door", self.door)
            .detail("policy", self.policy)
            .fact("scope", self.action.definition.scope);
        if !self.action.definition.reads() {
            entry = entry.fact("effect", self.action.definition.effect.name());
        }
        for (name, value) in &self.state().facts {
            entry = entry.fact(name, value.clone());
        }
        entry
    }

    pub(super) fn journal(&self) -> &Journal {
        &self.dependencies.journal
    }

    pub(super) fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
