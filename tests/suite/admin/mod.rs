//! What answers below `/admin`.

mod api;
mod authentication;
mod authorization;
