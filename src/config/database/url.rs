//! The address of a database.

use std::fmt;
use std::path::PathBuf;

use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret, SecretString};

use super::super::definition::MASK;

pub(in super::super) const SQLITE: &str = "sqlite://";
const POSTGRES: [&str; 2] = ["postgres://", "postgresql://"];
/// What to do where an address of Ambit's own database asks for TLS that this build cannot speak.
const TLS_ADVICE: &str = "asks for TLS, which this build cannot speak to PostgreSQL: build with \
                          `cargo build --release --features postgres-tls`, or use \
                          sslmode=disable where the network is trusted";
/// What libpq understands as `sslmode`, and whether it insists on TLS.
const SSL_MODES: [(&str, bool); 6] = [
    ("disable", false),
    ("allow", false),
    ("prefer", false),
    ("require", true),
    ("verify-ca", true),
    ("verify-full", true),
];

/// Where everything is kept.
#[derive(Debug, Clone)]
pub enum DatabaseUrl {
    /// The path of the embedded database's file.
    Sqlite(PathBuf),
    /// A connection address as libpq reads it; it may hold a password.
    Postgres(SecretString),
}

/// Shows the address without its password.
impl fmt::Display for DatabaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(formatter, "{SQLITE}{}", path.display()),
            Self::Postgres(address) => formatter.write_str(&masked(address.expose_secret())),
        }
    }
}

/// Reads an address; `tls` tells whether this build can speak TLS to PostgreSQL.
pub(super) fn read(text: &str, tls: bool) -> Result<DatabaseUrl, String> {
    if let Some(path) = text.strip_prefix(SQLITE) {
        return sqlite_path(path).map(DatabaseUrl::Sqlite);
    }
    match split_scheme(text) {
        Some((_, rest)) => {
            check_postgres(&PostgresAddress::split(rest), (!tls).then_some(TLS_ADVICE))?;
            Ok(DatabaseUrl::Postgres(SecretString::from(text)))
        }
        None => Err("must begin with sqlite:// or postgres://".to_owned()),
    }
}

/// The path of an address that begins with `sqlite://`, which is left out of `path`.
pub(in super::super) fn sqlite_path(path: &str) -> Result<PathBuf, String> {
    if path.starts_with(":memory:") {
        return Err(
            "must name a file: a database in memory would be lost at every stop".to_owned(),
        );
    }
    if path.trim().is_empty() || path.ends_with('/') || path.contains(['?', '\0']) {
        return Err("must be sqlite:// and the path of a file, without parameters".to_owned());
    }
    Ok(PathBuf::from(path))
}

/// A `postgres://` address of another database than Ambit's own; `None` for any other address.
/// `no_tls` says what to do where the address asks for TLS that cannot be spoken.
pub(in super::super) fn postgres(
    text: &str,
    no_tls: Option<&str>,
) -> Result<Option<SecretString>, String> {
    let Some((_, rest)) = split_scheme(text) else {
        return Ok(None);
    };
    check_postgres(&PostgresAddress::split(rest), no_tls)?;
    Ok(Some(SecretString::from(text)))
}

fn split_scheme(text: &str) -> Option<(&'static str, &str)> {
    POSTGRES
        .into_iter()
        .find_map(|scheme| text.strip_prefix(scheme).map(|rest| (scheme, rest)))
}

/// The parts of an address, found as libpq finds them, which is not quite as URLs are read.
struct PostgresAddress<'a> {
    user: Option<&'a str>,
    password: Option<&'a str>,
    hosts: &'a str,
    path: Option<&'a str>,
    query: Option<&'a str>,
}

impl<'a> PostgresAddress<'a> {
    fn split(rest: &'a str) -> Self {
        let (credentials, rest) = match rest.split_once('@') {
            Some((credentials, rest)) if !credentials.contains('/') => (Some(credentials), rest),
            _ => (None, rest),
        };
        let (user, password) = match credentials.and_then(|text| text.split_once(':')) {
            Some((user, password)) => (Some(user), Some(password)),
            None => (credentials, None),
        };
        let (address, query) = split_optional(rest, '?');
        let (hosts, path) = split_optional(address, '/');
        Self {
            user,
            password,
            hosts,
            path,
            query,
        }
    }

    fn parameters(&self) -> impl Iterator<Item = &'a str> {
        self.query.into_iter().flat_map(|query| query.split('&'))
    }
}

fn split_optional(text: &str, separator: char) -> (&str, Option<&str>) {
    match text.split_once(separator) {
        Some((before, after)) => (before, Some(after)),
        None => (text, None),
    }
}

/// Refuses what libpq would read otherwise than it was meant, above all an unencoded password
/// that spills over into the host, where it would be shown.
fn check_postgres(address: &PostgresAddress<'_>, no_tls: Option<&str>) -> Result<(), String> {
    let spilled = [Some(address.hosts), address.path, address.query]
        .into_iter()
        .flatten()
        .any(|part| part.contains('@'));
    if spilled || !address.hosts.split(',').all(has_sound_port) {
        return Err(
            "must be postgres://user:password@host:port/name, with special characters of \
                    user and password percent-encoded (@ is %40, / is %2F, : is %3A)"
                .to_owned(),
        );
    }
    for parameter in address.parameters() {
        let Some((name, value)) = parameter.split_once('=') else {
            return Err("must have parameters of the form name=value after the ?".to_owned());
        };
        if insists_on_tls(&decoded(name), &decoded(value))?
            && let Some(advice) = no_tls
        {
            return Err(advice.to_owned());
        }
    }
    Ok(())
}

fn has_sound_port(host: &str) -> bool {
    let after_brackets = host.rsplit(']').next().unwrap_or(host);
    match after_brackets.split_once(':') {
        Some((_, port)) => port.is_empty() || port.parse::<u16>().is_ok(),
        None => true,
    }
}

fn insists_on_tls(name: &str, value: &str) -> Result<bool, String> {
    match name {
        // libpq takes this one, known from JDBC, for sslmode=require.
        "ssl" => Ok(value == "true"),
        "sslmode" => SSL_MODES
            .into_iter()
            .find_map(|(mode, insists)| (mode == value).then_some(insists))
            .ok_or_else(|| {
                let modes: Vec<&str> = SSL_MODES.into_iter().map(|(mode, _)| mode).collect();
                format!("must have one of these as sslmode: {}", modes.join(", "))
            }),
        _ => Ok(false),
    }
}

/// An address that [`read`] accepts, without the passwords that may stand in it.
pub(in super::super) fn masked(text: &str) -> String {
    let Some((scheme, rest)) = split_scheme(text) else {
        return text.to_owned();
    };
    let address = PostgresAddress::split(rest);
    let mut shown = scheme.to_owned();
    if let Some(user) = address.user {
        shown.push_str(user);
        if address.password.is_some() {
            shown.push(':');
            shown.push_str(MASK);
        }
        shown.push('@');
    }
    shown.push_str(address.hosts);
    if let Some(path) = address.path {
        shown.push('/');
        shown.push_str(path);
    }
    if address.query.is_some() {
        let parameters: Vec<String> = address.parameters().map(masked_parameter).collect();
        shown.push('?');
        shown.push_str(&parameters.join("&"));
    }
    shown
}

fn masked_parameter(parameter: &str) -> String {
    match parameter.split_once('=') {
        Some((name, _)) if is_secret_parameter(&decoded(name)) => format!("{name}={MASK}"),
        _ => parameter.to_owned(),
    }
}

/// `password`, `sslpassword` and `oauth_client_secret`.
fn is_secret_parameter(name: &str) -> bool {
    name.ends_with("password") || name.ends_with("secret")
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sqlite_paths() {
        for (text, path) in [
            ("sqlite://data/ambit.db", "data/ambit.db"),
            ("sqlite:///var/lib/ambit.db", "/var/lib/ambit.db"),
        ] {
            let url = read(text, false).expect("an address");
            assert!(matches!(&url, DatabaseUrl::Sqlite(found) if found == &PathBuf::from(path)));
            assert_eq!(url.to_string(), text);
        }
        for text in [
            "sqlite://",
            "sqlite://:memory:",
            "sqlite://a?mode=ro",
            "sqlite:a",
            "sqlite://a/",
        ] {
            assert!(read(text, false).is_err(), "{text}");
        }
    }

    #[test]
    fn passwords_are_masked_and_nothing_else() {
        for (text, shown) in [
            (
                "postgres://ambit:hunter2@db:5432/a",
                "postgres://ambit:********@db:5432/a",
            ),
            ("postgresql://ambit@[::1]/a", "postgresql://ambit@[::1]/a"),
            (
                "postgres://u:hunter2?x#y@a:1,b:2/d",
                "postgres://u:********@a:1,b:2/d",
            ),
            (
                "postgres:///d?host=%2Frun&password=hunter2",
                "postgres:///d?host=%2Frun&password=********",
            ),
            (
                "postgres://h/d?p%61ssword=hunter2&a=b",
                "postgres://h/d?p%61ssword=********&a=b",
            ),
            ("postgres://:hunter2@h", "postgres://:********@h"),
        ] {
            let url = read(text, false).expect(text);
            assert_eq!(url.to_string(), shown);
            assert!(!format!("{url:?}").contains("hunter2"));
        }
    }

    #[test]
    fn passwords_that_spill_over_are_refused() {
        for text in [
            "postgres://u:hun@ter2@h/d",
            "postgres://u:hun/ter2@h/d",
            "postgres://u:1/2@h/d",
            "postgres://u:1/2?a=b@h/d",
            "postgres://h:port/d",
            "postgres://h/d?password",
            "mysql://h/d",
        ] {
            let problem = read(text, false).expect_err(text);
            assert!(!problem.contains("ter2"), "{problem}");
        }
    }

    #[test]
    fn tls_needs_a_build_that_speaks_it() {
        for parameter in [
            "sslmode=require",
            "sslmode=verify-ca",
            "sslmode=verify-full",
            "ssl=true",
        ] {
            let text = format!("postgres://h/d?{parameter}");
            let problem = read(&text, false).expect_err(parameter);
            assert!(problem.contains("--features postgres-tls"), "{problem}");
            assert!(read(&text, true).is_ok());
        }
        assert!(read("postgres://h/d?sslmode=prefer", false).is_ok());
        assert!(read("postgres://h/d?sslmode=always", true).is_err());
    }
}
