//! `[database]`: where everything is kept.

mod url;

use std::net::Ipv6Addr;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::definition::{Definition, Fallback, Privacy, Section, Setting};
use super::effective::Origin;
use super::lookup::{Given, Value};
use super::mistake::Recorded;
use super::parse;
use super::reader::Reader;
pub use url::DatabaseUrl;
pub(super) use url::{SQLITE, masked, postgres, sqlite_path};

/// Settings of the database.
#[derive(Debug, Clone)]
pub struct Database {
    /// The address of the database.
    pub url: DatabaseUrl,
    /// Connections that are kept open.
    pub pool_size: u32,
}

/// See [`Section`].
pub(super) static SECTION: Section = Section {
    name: "database",
    about: "Where everything is kept. The `POSTGRES_*` variables, as hosts and container images \
            set them, make up an address where none is given; one of them is enough.",
    settings: &[
        &URL.definition,
        &POSTGRES_HOST.definition,
        &POSTGRES_PORT.definition,
        &POSTGRES_USER.definition,
        &POSTGRES_PASSWORD.definition,
        &POSTGRES_DB.definition,
        &POOL_SIZE.definition,
    ],
};

static URL: Setting<DatabaseUrl> = Setting {
    definition: Definition {
        name: "database.url",
        environment: &["AMBIT_DATABASE_URL", "DATABASE_URL"],
        flag: Some("--database-url"),
        privacy: Privacy::Address,
        fallback: Fallback::Text("sqlite://data/ambit.db"),
        meaning: "The database: `sqlite://` and a path (`sqlite://data/ambit.db` is relative, \
                  `sqlite:///var/lib/ambit.db` absolute), or `postgres://`. TLS to PostgreSQL \
                  needs a build with the cargo feature `postgres-tls`.",
        example: "postgres://ambit:password@db.example.com:5432/ambit",
        ..Definition::TEXT
    },
    parse: |text| url::read(text, cfg!(feature = "postgres-tls")),
};

static POSTGRES_HOST: Setting<String> = Setting {
    definition: Definition {
        name: "POSTGRES_HOST",
        environment: &["POSTGRES_HOST"],
        fallback: Fallback::Text("localhost"),
        meaning: "The host of the PostgreSQL server, or the folder of its socket.",
        example: "db.example.com",
        ..Definition::VARIABLE
    },
    parse: present,
};

static POSTGRES_PORT: Setting<u16> = Setting {
    definition: Definition {
        name: "POSTGRES_PORT",
        environment: &["POSTGRES_PORT"],
        fallback: Fallback::Text("5432"),
        meaning: "The port of the PostgreSQL server.",
        example: "5432",
        ..Definition::VARIABLE
    },
    parse: |text| parse::number(text, 1..=u16::MAX),
};

static POSTGRES_USER: Setting<String> = Setting {
    definition: Definition {
        name: "POSTGRES_USER",
        environment: &["POSTGRES_USER"],
        fallback: Fallback::Text("postgres"),
        meaning: "The PostgreSQL role.",
        example: "ambit",
        ..Definition::VARIABLE
    },
    parse: present,
};

static POSTGRES_PASSWORD: Setting<String> = Setting {
    definition: Definition {
        name: "POSTGRES_PASSWORD",
        environment: &["POSTGRES_PASSWORD"],
        privacy: Privacy::Secret,
        meaning: "The password of the PostgreSQL role, as it is: it needs no percent-encoding.",
        example: "a-password",
        ..Definition::VARIABLE
    },
    parse: present,
};

static POSTGRES_DB: Setting<String> = Setting {
    definition: Definition {
        name: "POSTGRES_DB",
        environment: &["POSTGRES_DB"],
        fallback: Fallback::Nothing("the role's name"),
        meaning: "The name of the PostgreSQL database.",
        example: "ambit",
        ..Definition::VARIABLE
    },
    parse: present,
};

static POOL_SIZE: Setting<u32> = Setting {
    definition: Definition {
        name: "database.pool_size",
        environment: &["AMBIT_DATABASE_POOL_SIZE"],
        fallback: Fallback::Text("8"),
        meaning: "Connections that are kept open to the database.",
        example: "16",
        ..Definition::NUMBER
    },
    parse: |text| parse::number(text, 1..=1000),
};

impl Database {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Recorded> {
        let url = read_url(reader);
        let pool_size = reader.one(&POOL_SIZE);
        Ok(Self {
            url: url?,
            pool_size: pool_size?,
        })
    }
}

fn read_url(reader: &mut Reader<'_>) -> Result<DatabaseUrl, Recorded> {
    let composed = if reader.is_given(&URL.definition) {
        None
    } else {
        compose(reader)?
    };
    reader.one_or(&URL, composed)
}

/// The address that the `POSTGRES_*` variables make up, where any of them is set.
fn compose(reader: &mut Reader<'_>) -> Result<Option<Given>, Recorded> {
    let parts = [
        &POSTGRES_HOST.definition,
        &POSTGRES_PORT.definition,
        &POSTGRES_USER.definition,
        &POSTGRES_PASSWORD.definition,
        &POSTGRES_DB.definition,
    ];
    let set: Vec<&str> = parts
        .iter()
        .filter(|part| reader.is_given(part))
        .map(|part| part.name)
        .collect();
    if set.is_empty() {
        return Ok(None);
    }
    let host = reader.one(&POSTGRES_HOST);
    let port = reader.one(&POSTGRES_PORT);
    let user = reader.one(&POSTGRES_USER);
    let password = reader.optional(&POSTGRES_PASSWORD);
    let name = reader.optional(&POSTGRES_DB);
    let (host, port, user, password, name) = (host?, port?, user?, password?, name?);

    let credentials = match password {
        Some(password) => format!("{}:{}", encoded(&user), encoded(&password)),
        None => encoded(&user),
    };
    let name = encoded(name.as_deref().unwrap_or(&user));
    let address = format!(
        "postgres://{credentials}@{}:{port}/{name}",
        encoded_host(&host)
    );
    Ok(Some(Given {
        value: Value::One(address),
        origin: Origin::Environment(set.join(", ")),
    }))
}

/// Whatever has a meaning in an address, so that no password can change where it points.
const ADDRESS: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, ADDRESS).to_string()
}

fn encoded_host(host: &str) -> String {
    match host.parse::<Ipv6Addr>() {
        Ok(address) => format!("[{address}]"),
        Err(_) => encoded(host),
    }
}

fn present(text: &str) -> Result<String, String> {
    if text.is_empty() || text.contains('\0') {
        return Err("must not be empty".to_owned());
    }
    Ok(text.to_owned())
}
