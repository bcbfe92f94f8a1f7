//! The harness: a server of its own for each test, and typed clients to talk to it.
//!
//! ```ignore
//! let server = Server::start();
//! let client = server.create_client("reporter", &["protected"]);
//! server.agent(&client).get("/protected").expect(200);
//! server.anonymous().get("/protected").expect(401);
//! ```
#![allow(
    dead_code,
    reason = "a harness offers more than one selection of tests uses"
)]

mod answer;
mod authenticator;
mod builder;
mod client;
mod database;
mod keys;
mod process;
mod raw;
mod server;
mod wait;

#[allow(
    unused_imports,
    reason = "a harness offers more than one selection of tests uses"
)]
pub use self::{
    answer::{Answer, http},
    authenticator::{Device, TotpApp},
    builder::ServerBuilder,
    client::{Admin, Agent, Anonymous, Basic, Bearer, Caller, RegisteredClient, Token},
    database::{Backend, TestDatabase},
    process::Refusal,
    server::{ADMIN_USER, Server},
    wait::eventually,
};
