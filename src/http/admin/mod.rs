//! What administrators use.

pub mod api;
pub mod gui;
