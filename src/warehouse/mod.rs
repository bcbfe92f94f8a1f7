//! The warehouse: where business data lives. Ambit's server only reads it.
//!
//! - [`Warehouse`] is all that a backend has to do; each backend is one file or folder here.
//! - [`Value`], [`Rows`] and [`TableDescription`] are the words that every backend speaks.
//!
//! To add a backend: implement [`Warehouse`] in a file of its own, give it an address in
//! `config::WarehouseUrl`, and open it in `open.rs`.

mod backend;
mod collect;
pub mod load;
pub(crate) mod moment;
mod open;
mod postgres;
mod snowflake;
mod sqlite;
mod value;

use open::OWN_TABLES;

pub use backend::{Dialect, Limits, Statement, Warehouse, WarehouseError};
pub use open::{OpenError, open};
pub use value::{Column, Kind, Rows, TableDescription, Truncation, Value};
