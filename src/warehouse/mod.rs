//! The warehouse: where business data lives. Ambit's server only reads it.
//!
//! - [`Warehouse`] is all that a backend has to do; each backend is one file or folder here.
//! - [`Value`], [`Rows`] and [`TableDescription`] are the words that every backend speaks.
//!
//! To add a backend: implement [`Warehouse`] in a file of its own and open it where the address of
//! the warehouse is read.

mod backend;
mod value;

pub use backend::{Dialect, Limits, Statement, Warehouse, WarehouseError};
pub use value::{Column, Kind, Rows, TableDescription, Truncation, Value};
