//! What Prometheus may ask for. Built once in `App` and handed down; label values are always from
//! small fixed sets, never from a request's own words.

use prometheus::{
    Encoder, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, Opts, Registry, TextEncoder,
    histogram_opts,
};

/// Every measurement that Ambit takes.
#[derive(Clone)]
pub struct Metrics {
    registry: Registry,
    /// Requests answered, by route, method and status.
    pub requests: IntCounterVec,
    /// Seconds from a request's head to its answer, by route.
    pub request_seconds: HistogramVec,
    /// Access tokens issued, by grant type.
    pub tokens_issued: IntCounterVec,
    /// Token requests refused, by error code and reason.
    pub tokens_refused: IntCounterVec,
    /// Scope-gated requests, by target and decision.
    pub actions: IntCounterVec,
    /// Seconds that a call of an action took, from finding out who calls until its record was durable.
    pub action_seconds: prometheus::Histogram,
    /// Seconds of these that the action itself ran.
    pub action_run_seconds: prometheus::Histogram,
    /// Argon2 hashes that wait for a thread.
    pub argon2_waiting: IntGauge,
    /// Seconds that an Argon2 verification took, waiting included, by outcome.
    pub argon2_seconds: HistogramVec,
    /// Records and changes committed together.
    pub audit_batch: prometheus::Histogram,
    /// Seconds from handing a record in to its being durable.
    pub audit_lag_seconds: prometheus::Histogram,
    /// Records that wait for the next commit.
    pub audit_waiting: IntGauge,
    /// Refusals of unknown callers, and of clients that ask for too much, that were counted but not
    /// recorded.
    pub audit_suppressed: prometheus::IntCounter,
    /// Database queries that wait for a connection.
    pub database_waiting: IntGauge,
    /// Connections for reads that are open.
    pub database_connections: IntGauge,
    /// Connections for reads that may be open.
    pub database_pool_size: IntGauge,
    /// 1 while the database answers and this replica's memory is fresh, else 0.
    pub database_up: IntGauge,
}

/// Latencies from 100 microseconds to 10 seconds.
const SECONDS: [f64; 14] = [
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0,
];

impl Metrics {
    /// Registers everything.
    pub fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let metrics = Self {
            requests: counters(
                "ambit_http_requests_total",
                "Requests answered.",
                &["route", "method", "status"],
            )?,
            request_seconds: histograms(
                "ambit_http_request_duration_seconds",
                "Seconds from a request's head to its answer.",
                &["route"],
            )?,
            tokens_issued: counters(
                "ambit_tokens_issued_total",
                "Access tokens issued.",
                &["grant_type"],
            )?,
            tokens_refused: counters(
                "ambit_tokens_refused_total",
                "Token requests refused.",
                &["error", "reason"],
            )?,
            actions: counters(
                "ambit_actions_total",
                "Scope-gated requests.",
                &["target", "decision"],
            )?,
            action_seconds: histogram(
                "ambit_action_duration_seconds",
                "Seconds that a call of an action took, until its record was durable.",
            )?,
            action_run_seconds: histogram(
                "ambit_action_run_seconds",
                "Seconds that actions themselves ran, without scope, policy, limits and audit.",
            )?,
            argon2_waiting: gauge(
                "ambit_argon2_queue",
                "Argon2 hashes that wait for a thread.",
            )?,
            argon2_seconds: histograms(
                "ambit_argon2_duration_seconds",
                "Seconds that an Argon2 verification took, waiting included.",
                &["outcome"],
            )?,
            audit_batch: prometheus::Histogram::with_opts(histogram_opts!(
                "ambit_audit_batch_records",
                "Records and changes committed together.",
                vec![1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0]
            ))?,
            audit_lag_seconds: histogram(
                "ambit_audit_lag_seconds",
                "Seconds from handing a record in to its being durable.",
            )?,
            audit_waiting: gauge(
                "ambit_audit_queue",
                "Records that wait for the next commit.",
            )?,
            audit_suppressed: prometheus::IntCounter::new(
                "ambit_audit_suppressed_total",
                "Refusals of unknown callers, and of clients that ask for too much, that were counted but not recorded.",
            )?,
            database_waiting: gauge(
                "ambit_database_queue",
                "Database queries that wait for a connection.",
            )?,
            database_connections: gauge(
                "ambit_database_connections",
                "Connections for reads that are open.",
            )?,
            database_pool_size: gauge(
                "ambit_database_pool_size",
                "Connections for reads that may be open.",
            )?,
            database_up: gauge(
                "ambit_database_up",
                "1 while the database answers and this replica's memory is fresh, else 0.",
            )?,
            registry,
        };
        let registry = &metrics.registry;
        registry.register(Box::new(metrics.requests.clone()))?;
        registry.register(Box::new(metrics.request_seconds.clone()))?;
        registry.register(Box::new(metrics.tokens_issued.clone()))?;
        registry.register(Box::new(metrics.tokens_refused.clone()))?;
        registry.register(Box::new(metrics.actions.clone()))?;
        registry.register(Box::new(metrics.action_seconds.clone()))?;
        registry.register(Box::new(metrics.action_run_seconds.clone()))?;
        registry.register(Box::new(metrics.argon2_waiting.clone()))?;
        registry.register(Box::new(metrics.argon2_seconds.clone()))?;
        registry.register(Box::new(metrics.audit_batch.clone()))?;
        registry.register(Box::new(metrics.audit_lag_seconds.clone()))?;
        registry.register(Box::new(metrics.audit_waiting.clone()))?;
        registry.register(Box::new(metrics.audit_suppressed.clone()))?;
        registry.register(Box::new(metrics.database_waiting.clone()))?;
        registry.register(Box::new(metrics.database_connections.clone()))?;
        registry.register(Box::new(metrics.database_pool_size.clone()))?;
        registry.register(Box::new(metrics.database_up.clone()))?;
        Ok(metrics)
    }

    /// The text that Prometheus reads.
    pub fn render(&self) -> Result<Vec<u8>, prometheus::Error> {
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(text)
    }

    /// The content type of [`render`](Self::render).
    pub const CONTENT_TYPE: &'static str = "text/plain; version=0.0.4; charset=utf-8";
}

fn counters(name: &str, help: &str, labels: &[&str]) -> Result<IntCounterVec, prometheus::Error> {
    IntCounterVec::new(Opts::new(name, help), labels)
}

fn histograms(name: &str, help: &str, labels: &[&str]) -> Result<HistogramVec, prometheus::Error> {
    HistogramVec::new(
        HistogramOpts::new(name, help).buckets(SECONDS.to_vec()),
        labels,
    )
}

fn histogram(name: &str, help: &str) -> Result<prometheus::Histogram, prometheus::Error> {
    prometheus::Histogram::with_opts(histogram_opts!(name, help, SECONDS.to_vec()))
}

fn gauge(name: &str, help: &str) -> Result<IntGauge, prometheus::Error> {
    IntGauge::new(name, help)
}
