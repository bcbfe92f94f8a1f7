//! Opens the warehouse that the settings name.

use std::sync::Arc;

use super::backend::Warehouse;
use super::postgres::{ConnectError, PostgresWarehouse, Server};
use super::snowflake::{self, Snowflake};
use super::sqlite::{self, SqliteWarehouse};
use crate::config::{self, WarehouseUrl};
use crate::model::SystemClock;

/// What is said of a warehouse that is Ambit's own database.
pub(super) const OWN_TABLES: &str = "it holds Ambit's own tables, which agents could read then; give \
                                     the warehouse a database, or a schema, of its own";

/// Why a warehouse cannot be used at all. One that only does not answer now is no such reason.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It is Ambit's own database.
    #[error("the warehouse {0} cannot be used: {OWN_TABLES}")]
    Own(String),
    /// No thread could be started.
    #[error("the warehouse's threads: {0}")]
    Threads(#[from] std::io::Error),
    /// Snowflake cannot be used as it is configured.
    #[error("the warehouse {0}: {1}")]
    Snowflake(String, snowflake::OpenError),
    /// The address cannot be understood.
    #[error("the address of the warehouse {0}: {1}")]
    Address(String, String),
}

/// Opens the warehouse for reading. It needs not answer yet, nor be there.
///
/// # Errors
/// The address is one that will never do.
pub async fn open(settings: &config::Warehouse) -> Result<Arc<dyn Warehouse>, OpenError> {
    match &settings.url {
        WarehouseUrl::Sqlite(path) => {
            if sqlite::is_ambits_own(path) {
                return Err(OpenError::Own(settings.url.to_string()));
            }
            if !path.exists() {
                tracing::warn!(
                    path = %path.display(),
                    "the warehouse's file is not there; `ambit warehouse load` makes it"
                );
            }
            Ok(Arc::new(SqliteWarehouse::start(path, settings.pool_size)?))
        }
        WarehouseUrl::Snowflake(address) => {
            let snowflake = Snowflake::open(
                address.clone(),
                settings.snowflake_private_key.as_ref(),
                settings.pool_size,
                Arc::new(SystemClock),
            )
            .map_err(|error| OpenError::Snowflake(settings.url.to_string(), error))?;
            Ok(Arc::new(snowflake))
        }
        WarehouseUrl::Postgres(address) => {
            let server = Server::parse(address, &settings.schema)
                .map_err(|problem| OpenError::Address(settings.url.to_string(), problem))?;
            let warehouse = PostgresWarehouse::start(server, settings.pool_size)?;
            match warehouse.probe().await {
                Err(ConnectError::Own) => return Err(OpenError::Own(settings.url.to_string())),
                Err(ConnectError::Unavailable(problem)) => {
                    tracing::warn!(%problem, "the warehouse does not answer yet");
                }
                Ok(()) => {}
            }
            Ok(Arc::new(warehouse))
        }
    }
}
