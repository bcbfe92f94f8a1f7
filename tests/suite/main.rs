//! The integration tests: every one starts the real binary and talks to it over HTTP.
//!
//! The modules mirror the address tree: what answers `POST /token` is tested in
//! `oauth/token.rs`. `support` holds the harness. `AMBIT_TEST_DATABASE` chooses the database,
//! `sqlite` (the default) or `postgres`; `tests/run` runs the suite on both.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::disallowed_methods,
    reason = "a test panics when something is wrong, and lives in real time"
)]

mod actions;
mod admin;
mod audit;
mod auth_testing;
mod cli;
mod clients;
mod configuration;
mod faults;
mod logging;
mod mcp;
mod mistakes;
mod monitoring;
mod oauth;
mod openapi;
mod proxies;
mod readme;
mod routes;
mod semantic;
mod starting;
mod stopping;
mod support;
mod tls;
mod warehouse;
