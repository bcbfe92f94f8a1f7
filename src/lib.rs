//! Ambit lets agents act on real systems under a written mandate.

pub mod actions;
pub mod administrators;
pub mod app;
pub mod audit;
pub mod cli;
pub mod clients;
pub mod config;
pub mod http;
pub mod metrics;
pub mod model;
pub mod oauth;
pub mod policy;
pub mod scopes;
pub mod secrets;
pub mod semantic;
pub mod storage;
pub mod warehouse;
pub mod work;
