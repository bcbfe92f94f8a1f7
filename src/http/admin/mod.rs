//! What administrators use.

pub mod api;
