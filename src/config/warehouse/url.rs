//! The address of a warehouse.

use std::fmt;
use std::path::PathBuf;

use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret, SecretString};

use super::super::database::{SQLITE, masked, postgres, sqlite_path};

const SNOWFLAKE: &str = "snowflake://";

/// Where business data is.
#[derive(Debug, Clone)]
pub enum WarehouseUrl {
    /// The path of a SQLite file, which need not be there yet.
    Sqlite(PathBuf),
    /// A connection address of PostgreSQL; it may hold a password.
    Postgres(SecretString),
    /// A schema in Snowflake.
    Snowflake(SnowflakeAddress),
}

/// `snowflake://ACCOUNT/DATABASE/SCHEMA?user=...&warehouse=...&role=...&host=...`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnowflakeAddress {
    /// The account identifier, such as `myorg-account123`.
    pub account: String,
    /// The database.
    pub database: String,
    /// The schema in it.
    pub schema: String,
    /// The user that signs in with its key.
    pub user: String,
    /// The virtual warehouse that computes; else the user's default.
    pub warehouse: Option<String>,
    /// The role that reads; else the user's default.
    pub role: Option<String>,
    /// The base address of the API, where it is not the account's own: `https://`, or `http://` on
    /// loopback.
    pub host: Option<String>,
}

/// Shows the address without its password.
impl fmt::Display for WarehouseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(formatter, "{SQLITE}{}", path.display()),
            Self::Postgres(address) => formatter.write_str(&masked(address.expose_secret())),
            Self::Snowflake(address) => write!(
                formatter,
                "{SNOWFLAKE}{}/{}/{}?user={}",
                address.account, address.database, address.schema, address.user
            ),
        }
    }
}

/// Reads an address.
pub(super) fn read(text: &str) -> Result<WarehouseUrl, String> {
    if let Some(path) = text.strip_prefix(SQLITE) {
        return sqlite_path(path).map(WarehouseUrl::Sqlite);
    }
    if let Some(rest) = text.strip_prefix(SNOWFLAKE) {
        return snowflake(rest).map(WarehouseUrl::Snowflake);
    }
    match postgres(text, None)? {
        Some(address) => Ok(WarehouseUrl::Postgres(address)),
        None => Err("must begin with sqlite://, postgres:// or snowflake://".to_owned()),
    }
}

fn snowflake(rest: &str) -> Result<SnowflakeAddress, String> {
    let form = || {
        "must be snowflake://ACCOUNT/DATABASE/SCHEMA?user=USER, and warehouse=, role= or host= \
         where they are needed"
            .to_owned()
    };
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let parts: Vec<String> = path
        .split('/')
        .map(decoded)
        .collect::<Option<_>>()
        .ok_or_else(form)?;
    let [account, database, schema] = parts.as_slice() else {
        return Err(form());
    };
    let sound = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
    if !account.chars().all(sound) || parts.iter().any(String::is_empty) {
        return Err(form());
    }
    let mut address = SnowflakeAddress {
        account: account.clone(),
        database: database.clone(),
        schema: schema.clone(),
        user: String::new(),
        warehouse: None,
        role: None,
        host: None,
    };
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
        let (name, value) = parameter.split_once('=').ok_or_else(form)?;
        let value = decoded(value)
            .filter(|value| !value.is_empty())
            .ok_or_else(form)?;
        match name {
            "user" => address.user = value,
            "warehouse" => address.warehouse = Some(value),
            "role" => address.role = Some(value),
            "host" if is_sound_host(&value) => address.host = Some(value),
            "host" => {
                return Err(
                    "must have as host= an https:// address, or http:// on loopback".into(),
                );
            }
            _ => return Err(form()),
        }
    }
    if address.user.is_empty() {
        return Err(form());
    }
    Ok(address)
}

/// What is signed for Snowflake crosses no network unencrypted.
fn is_sound_host(text: &str) -> bool {
    let Ok(url) = ::url::Url::parse(text) else {
        return false;
    };
    let is_loopback = match url.host() {
        Some(::url::Host::Ipv4(address)) => address.is_loopback(),
        Some(::url::Host::Ipv6(address)) => address.is_loopback(),
        Some(::url::Host::Domain(name)) => name == "localhost",
        None => false,
    };
    let bare = url.username().is_empty() && url.password().is_none() && url.query().is_none();
    bare && (url.scheme() == "https" || (url.scheme() == "http" && is_loopback))
}

fn decoded(text: &str) -> Option<String> {
    let text = percent_decode_str(text).decode_utf8().ok()?;
    (!text.chars().any(char::is_control)).then(|| text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_backend_has_its_address() {
        let file = read("sqlite://data/warehouse.db").unwrap();
        assert_eq!(file.to_string(), "sqlite://data/warehouse.db");
        let server = read("postgres://u:hunter2@h/d").unwrap();
        assert_eq!(server.to_string(), "postgres://u:********@h/d");
        let cloud = read("snowflake://org-acct/SALES/PUBLIC?user=AMBIT&warehouse=WH&role=R");
        assert!(matches!(
            cloud.unwrap(),
            WarehouseUrl::Snowflake(SnowflakeAddress { user, warehouse: Some(warehouse), .. })
                if user == "AMBIT" && warehouse == "WH"
        ));
    }

    #[test]
    fn what_cannot_be_reached_safely_is_refused() {
        for text in [
            "mysql://h/d",
            "snowflake://a/b?user=u",
            "snowflake://a/b/c",
            "snowflake://a@evil/b/c?user=u",
            "snowflake://a/b/c?user=u&password=x",
            "snowflake://a/b/c?user=u&host=http://example.com",
            "snowflake://a/b/c?user=u&host=https://u:p@example.com",
            "postgres://h/d?sslmode=always",
            "sqlite://:memory:",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
        assert!(read("snowflake://a/b/c?user=u&host=http://127.0.0.1:8080").is_ok());
    }
}
