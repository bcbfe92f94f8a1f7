//! What answers below `/admin`.

mod api;
mod authentication;
mod authorization;
mod cross_site;
mod escalation;
mod gui;
mod roles;
