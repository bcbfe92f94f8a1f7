//! `[server]`: where Ambit listens, what it is called, and what one request may cost.

mod address;
mod definitions;

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;

use super::effective::Origin;
use super::lookup::{Given, Value};
use super::mistake::Recorded;
use super::reader::Reader;
use definitions as define;
pub(super) use definitions::{SECTION, TLS_CERTIFICATE_FILE, TLS_KEY_FILE};

/// Where the server runs, which decides how strict its settings must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Environment {
    /// A developer's machine.
    Local,
    /// Anything else, by its name.
    Production(String),
}

impl Environment {
    /// Whether this is a developer's machine.
    pub fn is_local(&self) -> bool {
        *self == Self::Local
    }

    /// A host that hands out the port in `PORT` and routes to every interface.
    fn is_heroku(&self) -> bool {
        matches!(self, Self::Production(name) if name.eq_ignore_ascii_case("heroku"))
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local => formatter.write_str("local"),
            Self::Production(name) => formatter.write_str(name),
        }
    }
}

/// The certificate that Ambit serves itself, both files in PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// The certificate chain, the server's own first.
    pub certificate_file: PathBuf,
    /// The certificate's private key.
    pub key_file: PathBuf,
}

/// Settings of the HTTP server.
#[derive(Debug, Clone)]
pub struct Server {
    /// Where the server runs.
    pub environment: Environment,
    /// The address to listen on.
    pub listen: SocketAddr,
    /// The public base address, byte for byte as it stands in `iss` and metadata (RFC 8414,
    /// section 2). `None` means the address actually bound.
    pub issuer: Option<String>,
    /// Serves HTTPS where set, HTTP elsewhere.
    pub tls: Option<Tls>,
    /// Networks of proxies whose forwarded headers are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// `Host` names accepted besides the issuer's and the bound address.
    pub allowed_hosts: Vec<String>,
    /// Threads that serve requests.
    pub workers: usize,
    /// The largest request body, in bytes.
    pub body_limit: usize,
    /// How long one request may take.
    pub request_timeout: Duration,
    /// How long requests in flight may take to finish at shutdown.
    pub shutdown_timeout: Duration,
    /// Connections open at a time, for each worker.
    pub max_connections: usize,
}

impl Server {
    /// The address of a server that has taken `bound`, such as `http://127.0.0.1:8000`.
    pub fn address(&self, bound: SocketAddr) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{bound}")
    }

    /// The public base address of a server that has taken `bound`: its issuer, byte for byte.
    pub fn base_address(&self, bound: SocketAddr) -> String {
        self.issuer.clone().unwrap_or_else(|| self.address(bound))
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Recorded> {
        let environment = reader.one(&define::ENVIRONMENT);
        let listen = read_listen(reader, environment.as_ref().ok());
        let issuer = reader.optional(&define::ISSUER);
        let tls = read_tls(reader);
        let trusted_proxies = reader.list(&define::TRUSTED_PROXIES);
        let allowed_hosts = reader.list(&define::ALLOWED_HOSTS);
        let workers = reader.one(&define::WORKERS);
        let body_limit = reader.one(&define::BODY_LIMIT);
        let request_timeout = reader.one(&define::REQUEST_TIMEOUT);
        let shutdown_timeout = reader.one(&define::SHUTDOWN_TIMEOUT);
        let max_connections = reader.one(&define::MAX_CONNECTIONS);
        // The issuer is judged even where settings that have nothing to do with it are wrong.
        let (environment, listen, issuer, tls) = (environment?, listen?, issuer?, tls?);
        check_issuer(
            reader,
            &environment,
            listen,
            issuer.as_deref(),
            tls.is_some(),
        )?;
        Ok(Self {
            environment,
            listen,
            issuer,
            tls,
            trusted_proxies: trusted_proxies?,
            allowed_hosts: allowed_hosts?,
            workers: workers?,
            body_limit: body_limit?,
            request_timeout: request_timeout?,
            shutdown_timeout: shutdown_timeout?,
            max_connections: max_connections?,
        })
    }
}

fn read_listen(
    reader: &mut Reader<'_>,
    environment: Option<&Environment>,
) -> Result<SocketAddr, Recorded> {
    let port = if reader.is_given(&define::LISTEN.definition) {
        None
    } else {
        reader.optional(&define::PORT)?
    };
    // A variable of so common a name opens this machine to nobody by itself.
    let interface = match environment {
        Some(environment) if environment.is_heroku() => Ipv4Addr::UNSPECIFIED,
        _ => Ipv4Addr::LOCALHOST,
    };
    let alternative = port.map(|port| Given {
        value: Value::One(SocketAddr::from((interface, port)).to_string()),
        origin: Origin::Environment(define::PORT.definition.name.to_owned()),
    });
    reader.one_or(&define::LISTEN, alternative)
}

fn read_tls(reader: &mut Reader<'_>) -> Result<Option<Tls>, Recorded> {
    let certificate_file = reader.optional(&define::TLS_CERTIFICATE_FILE);
    let key_file = reader.optional(&define::TLS_KEY_FILE);
    match (certificate_file?, key_file?) {
        (Some(certificate_file), Some(key_file)) => {
            let tls = Tls {
                certificate_file,
                key_file,
            };
            reader.examine(|checks| (checks.tls)(&tls))?;
            Ok(Some(tls))
        }
        (None, None) => Ok(None),
        (Some(_), None) => Err(reader.mistake(
            &define::TLS_KEY_FILE.definition,
            "must be set too, since a TLS certificate is",
        )),
        (None, Some(_)) => Err(reader.mistake(
            &define::TLS_CERTIFICATE_FILE.definition,
            "must be set too, since a TLS key is",
        )),
    }
}

/// Outside a developer's machine tokens must not travel in clear text. Everywhere the issuer must be an
/// address that others can reach, if the server is there for others.
fn check_issuer(
    reader: &mut Reader<'_>,
    environment: &Environment,
    listen: SocketAddr,
    issuer: Option<&str>,
    tls: bool,
) -> Result<(), Recorded> {
    let problem = match issuer {
        None if listen.ip().is_unspecified() => format!(
            "must be set where the server listens on every interface: nobody reaches it under \
             {listen}; names that it has besides go into AMBIT_ALLOWED_HOSTS"
        ),
        _ if environment.is_local() => return Ok(()),
        Some(issuer) if address::is_https(issuer) || address::has_loopback_host(issuer) => {
            return Ok(());
        }
        Some(_) => format!("must begin with https:// where ENVIRONMENT is {environment}"),
        None if listen.ip().is_loopback() || tls => return Ok(()),
        None => format!(
            "must be set where ENVIRONMENT is {environment}: \
             others cannot reach the server under {listen}"
        ),
    };
    Err(reader.mistake(&define::ISSUER.definition, &problem))
}
