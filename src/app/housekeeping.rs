//! What is done now and then: memory written down, gauges read, what is old forgotten.

use std::time::Duration;

use super::App;
use crate::storage::changes;
use crate::storage::{StorageError, idempotent_answers};

/// How often memory is written down and gauges are read.
const TICK: Duration = Duration::from_secs(5);
/// Ticks between two looks at the keys.
const KEYS_EVERY: u32 = 4;
/// Ticks between two clean-ups.
const CLEAN_EVERY: u32 = 120;
/// How long a change stays in the feed. A replica that was away for longer forgets all it knew.
const CHANGES_STAY: Duration = Duration::from_secs(3600);
/// How long an answer is given again under its idempotency key.
const ANSWERS_STAY: Duration = Duration::from_secs(86_400);

impl App {
    /// Does what is to be done now and then, until it is dropped.
    pub async fn keep_house(&self) {
        let mut ticks: u32 = 0;
        let mut interval = tokio::time::interval(TICK);
        interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = self.reload.notified() => self.reload_now().await,
                _ = interval.tick() => {
                    self.read_gauges();
                    warn("last uses", self.clients.flush_uses().await);
                    // It writes, and so finds out that a database which failed to has healed.
                    if ticks.is_multiple_of(KEYS_EVERY) || !self.journal.works() {
                        warn("keys", self.keys.maintain().await);
                        warn("scopes", self.catalogue.reload().await);
                    }
                    if ticks.is_multiple_of(CLEAN_EVERY) {
                        warn("revocations", self.revocations.clean().await);
                        warn("changes", self.forget_changes().await);
                        warn("answers", self.forget_answers().await);
                        warn("sessions", self.sessions.clean().await);
                        warn("second factors", self.second_factors.clean().await);
                    }
                    ticks = ticks.wrapping_add(1);
                }
            }
        }
    }

    /// Reads what is only known by looking.
    pub fn read_gauges(&self) {
        let count = |waiting: usize| i64::try_from(waiting).unwrap_or(i64::MAX);
        self.metrics
            .argon2_waiting
            .set(count(self.checker.waiting()));
        self.metrics
            .audit_waiting
            .set(count(self.journal.waiting()));
        self.metrics
            .database_waiting
            .set(count(self.store.waiting()));
        self.metrics
            .database_connections
            .set(count(self.store.connections()));
        self.metrics
            .database_up
            .set(i64::from(self.feed.is_fresh()));
    }

    async fn reload_now(&self) {
        warn("keys", self.keys.reload().await);
        warn("scopes", self.catalogue.reload().await);
    }

    async fn forget_changes(&self) -> Result<(), StorageError> {
        let before = self.clock.now().minus(CHANGES_STAY);
        let effect = move |connection: &mut _| changes::forget(connection, before).map(|_| ());
        self.journal.maintain(effect).await
    }

    async fn forget_answers(&self) -> Result<(), StorageError> {
        let before = self.clock.now().minus(ANSWERS_STAY);
        let effect = move |connection: &mut _| idempotent_answers::forget(connection, before);
        self.journal.maintain(effect).await
    }
}

/// Says that something is to be tried again.
pub(super) fn warn<E: std::fmt::Display>(what: &str, outcome: Result<(), E>) {
    if let Err(error) = outcome {
        tracing::warn!(%error, what, "housekeeping failed and will be tried again");
    }
}
