//! `[warehouse]`: where business data is read, and what reading it may cost.

mod url;

use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::SecretString;

use super::database::{Database, DatabaseUrl};
use super::definition::{Definition, Fallback, Privacy, Section, Setting};
use super::mistake::Recorded;
use super::parse;
use super::reader::Reader;
pub use url::{SnowflakeAddress, WarehouseUrl};

/// Settings of the warehouse and of the semantic layer over it.
#[derive(Debug, Clone)]
pub struct Warehouse {
    /// The address of the warehouse.
    pub url: WarehouseUrl,
    /// The schema that holds its tables; of PostgreSQL alone.
    pub schema: String,
    /// The key that signs Snowflake's requests, as PEM text.
    pub snowflake_private_key: Option<SecretString>,
    /// Queries that run at the same time.
    pub pool_size: usize,
    /// Most rows that a query answers.
    pub query_rows: usize,
    /// Most bytes of values that a query answers.
    pub query_bytes: usize,
    /// How long a query may take.
    pub query_timeout: Duration,
    /// The folder of the operator's own semantic models; it need not be there.
    pub semantic_dir: PathBuf,
    /// How long rows that were read for an analysis are kept in memory.
    pub cache: Duration,
    /// Most rows that one analysis reads.
    pub analysis_rows: usize,
}

/// See [`Section`].
pub(super) static SECTION: Section = Section {
    name: "warehouse",
    about: "Where business data is, which agents read through Ambit, and what reading may cost. \
            The server only reads it; `ambit warehouse load` fills it.",
    settings: &[
        &URL.definition,
        &SCHEMA.definition,
        &SNOWFLAKE_PRIVATE_KEY.definition,
        &POOL_SIZE.definition,
        &QUERY_ROWS.definition,
        &QUERY_BYTES.definition,
        &QUERY_TIMEOUT.definition,
        &SEMANTIC_DIR.definition,
        &CACHE.definition,
        &ANALYSIS_ROWS.definition,
    ],
};

static URL: Setting<WarehouseUrl> = Setting {
    definition: Definition {
        name: "warehouse.url",
        environment: &["AMBIT_WAREHOUSE_URL"],
        flag: Some("--warehouse-url"),
        privacy: Privacy::Address,
        fallback: Fallback::Text("sqlite://data/warehouse.db"),
        meaning: "The warehouse: `sqlite://` and a path, `postgres://`, or \
                  `snowflake://ACCOUNT/DATABASE/SCHEMA?user=...&warehouse=...&role=...`, with names \
                  in the case in which Snowflake shows them and a role that may only read. \
                  PostgreSQL is spoken to over TLS as `sslmode` and `sslrootcert` say: \
                  `verify-full` is the safe one. Never Ambit's own database.",
        example: "postgres://reader:password@db.example.com:5432/business",
        ..Definition::TEXT
    },
    parse: url::read,
};

static SCHEMA: Setting<String> = Setting {
    definition: Definition {
        name: "warehouse.schema",
        environment: &["AMBIT_WAREHOUSE_SCHEMA"],
        fallback: Fallback::Text("public"),
        meaning: "The schema that holds the tables of a PostgreSQL warehouse.",
        example: "reporting",
        ..Definition::TEXT
    },
    parse: schema,
};

static SNOWFLAKE_PRIVATE_KEY: Setting<SecretString> = Setting {
    definition: Definition {
        name: "warehouse.snowflake_private_key",
        environment: &["AMBIT_WAREHOUSE_SNOWFLAKE_PRIVATE_KEY"],
        meaning: "The private key of the Snowflake user, as PEM text. Line breaks may be written \
                  `\\n`.",
        example: "-----BEGIN PRIVATE KEY-----\\nMIIE...\\n-----END PRIVATE KEY-----",
        ..Definition::SECRET
    },
    parse: super::keys::private_key,
};

static POOL_SIZE: Setting<usize> = Setting {
    definition: Definition {
        name: "warehouse.pool_size",
        environment: &["AMBIT_WAREHOUSE_POOL_SIZE"],
        fallback: Fallback::Text("4"),
        meaning: "Queries that run at the same time; more wait, and many more are refused for the \
                  moment.",
        example: "8",
        ..Definition::NUMBER
    },
    parse: |text| parse::number(text, 1..=256),
};

static QUERY_ROWS: Setting<usize> = Setting {
    definition: Definition {
        name: "warehouse.query_rows",
        environment: &["AMBIT_WAREHOUSE_QUERY_ROWS"],
        fallback: Fallback::Text("1000"),
        meaning: "Most rows that a query answers.",
        example: "200",
        ..Definition::NUMBER
    },
    parse: |text| parse::number(text, 1..=1_000_000),
};

static QUERY_BYTES: Setting<usize> = Setting {
    definition: Definition {
        name: "warehouse.query_bytes",
        environment: &["AMBIT_WAREHOUSE_QUERY_BYTES"],
        fallback: Fallback::Text("1048576"),
        meaning: "Most bytes of values that a query answers.",
        example: "262144",
        ..Definition::NUMBER
    },
    parse: |text| parse::number(text, 1024..=268_435_456),
};

static QUERY_TIMEOUT: Setting<Duration> = Setting {
    definition: Definition {
        name: "warehouse.query_timeout_seconds",
        environment: &["AMBIT_WAREHOUSE_QUERY_TIMEOUT_SECONDS"],
        fallback: Fallback::Text("10"),
        meaning: "How long a query may take, in seconds. It is stopped in the warehouse itself.",
        example: "30",
        ..Definition::NUMBER
    },
    parse: |text| parse::seconds(text, 1..=3600),
};

static SEMANTIC_DIR: Setting<PathBuf> = Setting {
    definition: Definition {
        name: "warehouse.semantic_dir",
        environment: &["AMBIT_SEMANTIC_DIR"],
        fallback: Fallback::Text("semantic"),
        meaning: "The folder of your own semantic models, which say what the tables mean and who \
                  may read them. It need not be there.",
        example: "/etc/ambit/semantic",
        ..Definition::TEXT
    },
    parse: parse::path,
};

static CACHE: Setting<Duration> = Setting {
    definition: Definition {
        name: "warehouse.cache_seconds",
        environment: &["AMBIT_WAREHOUSE_CACHE_SECONDS"],
        fallback: Fallback::Text("10"),
        meaning: "How long rows that were read for an analysis are kept in memory, in seconds.",
        example: "60",
        ..Definition::NUMBER
    },
    parse: |text| parse::seconds(text, 0..=86_400),
};

static ANALYSIS_ROWS: Setting<usize> = Setting {
    definition: Definition {
        name: "warehouse.analysis_rows",
        environment: &["AMBIT_WAREHOUSE_ANALYSIS_ROWS"],
        fallback: Fallback::Text("200000"),
        meaning: "Most rows that one analysis reads.",
        example: "1000000",
        ..Definition::NUMBER
    },
    parse: |text| parse::number(text, 1..=10_000_000),
};

impl Warehouse {
    pub(super) fn read(
        reader: &mut Reader<'_>,
        database: Option<&Database>,
    ) -> Result<Self, Recorded> {
        let url = read_url(reader, database);
        let schema = reader.one(&SCHEMA);
        let snowflake_private_key = reader.optional(&SNOWFLAKE_PRIVATE_KEY);
        let pool_size = reader.one(&POOL_SIZE);
        let query_rows = reader.one(&QUERY_ROWS);
        let query_bytes = reader.one(&QUERY_BYTES);
        let query_timeout = reader.one(&QUERY_TIMEOUT);
        let semantic_dir = reader.one(&SEMANTIC_DIR);
        let cache = reader.one(&CACHE);
        let analysis_rows = reader.one(&ANALYSIS_ROWS);
        Ok(Self {
            url: url?,
            schema: schema?,
            snowflake_private_key: snowflake_private_key?,
            pool_size: pool_size?,
            query_rows: query_rows?,
            query_bytes: query_bytes?,
            query_timeout: query_timeout?,
            semantic_dir: semantic_dir?,
            cache: cache?,
            analysis_rows: analysis_rows?,
        })
    }
}

/// A warehouse whose file is Ambit's own would let agents read secrets' hashes and the audit log. What
/// else may be Ambit's own is found when it is opened, by the tables in it.
fn read_url(
    reader: &mut Reader<'_>,
    database: Option<&Database>,
) -> Result<WarehouseUrl, Recorded> {
    let url = reader.one(&URL)?;
    match (&url, database.map(|database| &database.url)) {
        (WarehouseUrl::Sqlite(warehouse), Some(DatabaseUrl::Sqlite(own)))
            if resolved(warehouse) == resolved(own) =>
        {
            Err(reader.mistake(
                &URL.definition,
                "must not be Ambit's own database: agents could read everything in it",
            ))
        }
        _ => Ok(url),
    }
}

/// The path with every link followed as far as there are files.
fn resolved(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    if let Ok(found) = absolute.canonicalize() {
        return found;
    }
    match (absolute.parent(), absolute.file_name()) {
        (Some(parent), Some(name)) => resolved(parent).join(name),
        _ => absolute,
    }
}

/// A name that needs no quotes anywhere.
fn schema(text: &str) -> Result<String, String> {
    let mut characters = text.chars();
    let begins = characters
        .next()
        .is_some_and(|first| first.is_ascii_lowercase() || first == '_');
    let goes_on =
        characters.all(|next| next.is_ascii_lowercase() || next.is_ascii_digit() || next == '_');
    if begins && goes_on && text.len() <= 63 && !text.starts_with("pg_") {
        Ok(text.to_owned())
    } else {
        Err("must be the name of a schema in lower case, without quotes".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemas_need_no_quotes() {
        for name in ["public", "reporting_2026", "_x"] {
            assert_eq!(schema(name), Ok(name.to_owned()));
        }
        for name in ["", "Public", "a b", "a\"", "1a", "pg_catalog", "a.b"] {
            assert!(schema(name).is_err(), "{name}");
        }
    }

    #[test]
    fn links_and_dots_lead_to_the_same_file() {
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(folder.path(), folder.path().join("link")).unwrap();
        let plain = resolved(&folder.path().join("ambit.db"));
        assert_eq!(resolved(&folder.path().join("link/./ambit.db")), plain);
        assert_ne!(resolved(&folder.path().join("other.db")), plain);
    }
}
