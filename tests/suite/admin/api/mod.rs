//! What answers below `/admin/api`.

mod administrators;
mod audit;
mod clients;
mod keys;
mod lifecycle;
mod listing;
mod scopes;
mod secrets;
