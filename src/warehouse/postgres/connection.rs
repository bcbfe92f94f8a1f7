//! Connections to the server, and what each is set to before it is used.

use std::fmt;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use tokio_postgres::config::Host;
use tokio_postgres::error::SqlState;
use tokio_postgres::{CancelToken, Client, Config, NoTls};

use super::super::OWN_TABLES;
use super::super::backend::WarehouseError;
use super::stream::{Endpoint, LONGEST_MESSAGE, Watched};
use super::tls::Security;

/// How long connecting may take, where the address does not say.
const CONNECTING: Duration = Duration::from_secs(5);

const OWN: &str = "\
    SELECT count(*) = 2 FROM pg_catalog.pg_class c \
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
    WHERE n.nspname = $1 AND c.relname IN ('__diesel_schema_migrations', 'audit_records')";

/// Where a warehouse is, and which schema of it.
pub(in super::super) struct Server {
    config: Config,
    endpoints: Vec<Endpoint>,
    security: Security,
    schema: String,
}

/// What a session is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Purpose {
    /// Statements of agents.
    Reading,
    /// Loading.
    Writing,
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(in super::super) enum ConnectError {
    /// The schema holds Ambit's own tables.
    #[error("{OWN_TABLES}")]
    Own,
    /// The server does not answer, or refuses.
    #[error("{0}")]
    Unavailable(String),
}

/// An open session.
pub(in super::super) struct Session {
    pub client: Client,
    endpoint: Endpoint,
    security: Security,
    exceeded: Arc<AtomicBool>,
}

/// The address is in there.
impl fmt::Debug for Server {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Server")
            .field("schema", &self.schema)
            .finish_non_exhaustive()
    }
}

impl Server {
    /// Reads the address.
    ///
    /// # Errors
    /// It cannot be understood. The text repeats no value of it.
    pub(in super::super) fn parse(address: &SecretString, schema: &str) -> Result<Self, String> {
        let (security, address) = Security::take_from(address.expose_secret())?;
        let address = SecretString::from(address);
        let mut config: Config = address
            .expose_secret()
            .parse()
            .map_err(|error: tokio_postgres::Error| with_cause(&error))?;
        if config.get_application_name().is_none() {
            config.application_name("ambit");
        }
        let endpoints = endpoints(&config);
        if endpoints.is_empty() {
            return Err("it names no host".to_owned());
        }
        Ok(Self {
            config,
            endpoints,
            security,
            schema: schema.to_owned(),
        })
    }

    pub(in super::super) fn schema(&self) -> &str {
        &self.schema
    }

    /// Connects to the first host that answers.
    pub(in super::super) async fn connect(
        &self,
        purpose: Purpose,
    ) -> Result<Session, ConnectError> {
        let mut failure = ConnectError::Unavailable("there is no host".to_owned());
        for endpoint in &self.endpoints {
            let time = self
                .config
                .get_connect_timeout()
                .copied()
                .unwrap_or(CONNECTING);
            match tokio::time::timeout(time, self.session(endpoint, purpose)).await {
                Ok(Ok(session)) => return Ok(session),
                Ok(Err(ConnectError::Own)) => return Err(ConnectError::Own),
                Ok(Err(error)) => failure = error,
                Err(_) => {
                    failure = ConnectError::Unavailable("connecting took too long".to_owned())
                }
            }
        }
        Err(failure)
    }

    async fn session(
        &self,
        endpoint: &Endpoint,
        purpose: Purpose,
    ) -> Result<Session, ConnectError> {
        let unavailable = |error: io::Error| ConnectError::Unavailable(error.to_string());
        let stream = endpoint
            .connect(&self.security)
            .await
            .map_err(unavailable)?;
        let exceeded = Arc::new(AtomicBool::new(false));
        let stream = Watched::new(stream, Arc::clone(&exceeded));
        let (client, connection) = self.config.connect_raw(stream, NoTls).await?;
        tokio::spawn(async move {
            // Its end is seen by whoever uses the client.
            let _ = connection.await;
        });
        client.batch_execute(&self.settings(purpose)).await?;
        if client.query_one(OWN, &[&self.schema]).await?.try_get(0)? {
            return Err(ConnectError::Own);
        }
        Ok(Session {
            client,
            endpoint: endpoint.clone(),
            security: self.security.clone(),
            exceeded,
        })
    }

    /// Bounds for what waits, one meaning for every literal, and nothing but the schema's tables by name.
    fn settings(&self, purpose: Purpose) -> String {
        let lock_timeout = match purpose {
            Purpose::Reading => "SET default_transaction_read_only = on; SET lock_timeout = '2s';",
            Purpose::Writing => "SET lock_timeout = '30s';",
        };
        format!(
            "{lock_timeout} SET search_path = \"{}\"; SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'; \
             SET standard_conforming_strings = on; SET client_min_messages = error; \
             SET idle_in_transaction_session_timeout = '60s'",
            self.schema
        )
    }
}

impl Session {
    /// Whether the server sent more at once than may be kept in memory.
    pub(in super::super) fn has_exceeded(&self) -> bool {
        self.exceeded.load(Ordering::Relaxed)
    }

    /// What stops the statement that runs, from outside.
    pub(super) fn canceller(&self) -> impl Future<Output = ()> + Send + 'static {
        let token: CancelToken = self.client.cancel_token();
        let (endpoint, security) = (self.endpoint.clone(), self.security.clone());
        async move {
            let cancel = async {
                if let Ok(stream) = endpoint.connect(&security).await {
                    let _ = token.cancel_query_raw(stream, NoTls).await;
                }
            };
            let _ = tokio::time::timeout(CONNECTING, cancel).await;
        }
    }

    /// Which side is at fault: whoever wrote the statement, or the warehouse.
    pub(super) fn failure(&self, error: &tokio_postgres::Error, time: Duration) -> WarehouseError {
        if self.has_exceeded() {
            return WarehouseError::Statement(format!(
                "a row of the answer is larger than {LONGEST_MESSAGE} bytes"
            ));
        }
        let Some(cause) = error.as_db_error() else {
            return WarehouseError::Unavailable(with_cause(error));
        };
        let (code, text) = (cause.code(), cause.message().to_owned());
        // Syntax, names and privileges; data; what is not supported; limits of the language.
        let by_the_author = ["42", "22", "21", "0A", "54", "2F", "P0", "25"];
        if *code == SqlState::QUERY_CANCELED {
            WarehouseError::Time(time)
        } else if by_the_author
            .iter()
            .any(|class| code.code().starts_with(class))
        {
            WarehouseError::Statement(text)
        } else {
            WarehouseError::Unavailable(format!("{text} ({})", code.code()))
        }
    }
}

impl From<tokio_postgres::Error> for ConnectError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Unavailable(with_cause(&error))
    }
}

/// The error and what it was caused by; alone it says little.
pub(in super::super) fn with_cause(error: &tokio_postgres::Error) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

/// Hosts and their ports; one port stands for all hosts.
fn endpoints(config: &Config) -> Vec<Endpoint> {
    let ports = config.get_ports();
    let default = ports.first().copied().unwrap_or(5432);
    let port = |place: usize| ports.get(place).copied().unwrap_or(default);
    config
        .get_hosts()
        .iter()
        .enumerate()
        .map(|(place, host)| match host {
            Host::Tcp(name) => Endpoint::Tcp(name.clone(), port(place)),
            Host::Unix(folder) => Endpoint::Unix(folder.join(format!(".s.PGSQL.{}", port(place)))),
        })
        .collect()
}
