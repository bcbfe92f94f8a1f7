//! A connection that can only read the tables of one file.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::super::OWN_TABLES;
use super::super::backend::WarehouseError;
use super::super::value::TableDescription;
use super::watch::Watch;
use super::{describe, text};

/// How long a reader waits for a writer to finish its commit.
const BUSY: Duration = Duration::from_secs(2);

/// The longest value, and the longest row that is sorted, in bytes; the loader writes none that is longer.
pub(super) const LONGEST_VALUE: i32 = 262_144;

/// What one statement may be, so that none can take memory or a thread's stack without end.
const LIMITS: [(Limit, i32); 10] = [
    (Limit::SQLITE_LIMIT_LENGTH, LONGEST_VALUE),
    (Limit::SQLITE_LIMIT_SQL_LENGTH, 262_144),
    (Limit::SQLITE_LIMIT_EXPR_DEPTH, 500),
    (Limit::SQLITE_LIMIT_COMPOUND_SELECT, 50),
    (Limit::SQLITE_LIMIT_VDBE_OP, 250_000),
    (Limit::SQLITE_LIMIT_FUNCTION_ARG, 100),
    // A value is compared with all of the pattern at each of its places, in one step.
    (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 100),
    (Limit::SQLITE_LIMIT_VARIABLE_NUMBER, 1000),
    (Limit::SQLITE_LIMIT_ATTACHED, 0),
    (Limit::SQLITE_LIMIT_WORKER_THREADS, 0),
];

/// Functions that reach beyond the tables.
const FORBIDDEN_FUNCTIONS: [&str; 2] = ["load_extension", "fts3_tokenizer"];
/// What is not in the file's tables: its schema, its pages, SQLite's own state.
const FORBIDDEN_TABLES: [&str; 6] = [
    "dbstat",
    "bytecode",
    "tables_used",
    "sqlite_stmt",
    "sqlite_dbpage",
    "completion",
];

/// Steps of SQLite's machine between two looks at the clock: few, since one step may handle a text of
/// the greatest length.
const STEPS: i32 = 50;

/// A connection for the statements of agents, and what stops the one that it runs.
pub(super) struct Reader {
    pub(super) connection: Connection,
    pub(super) watch: Watch,
}

/// One thread's connection: made when it is needed, made anew after it failed or when another file
/// has taken the place of the one it reads.
pub(super) struct Slot {
    path: PathBuf,
    open: Option<(Reader, Identity)>,
}

/// Which file it is, whatever its name. `None` where there is none.
type Identity = Option<(u64, u64)>;

impl Slot {
    pub(super) fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            open: None,
        }
    }

    /// Runs `work` on the connection, and gives the connection up if it failed.
    pub(super) fn with<T>(
        &mut self,
        work: impl FnOnce(&Reader) -> Result<T, WarehouseError>,
    ) -> Result<T, WarehouseError> {
        let identity = identity(&self.path);
        let open = match self.open.take() {
            Some((reader, known)) if known == identity => reader,
            _ => open(&self.path)?,
        };
        let outcome = work(&open);
        if !matches!(outcome, Err(WarehouseError::Unavailable(_))) {
            self.open = Some((open, identity));
        }
        outcome
    }

    /// Every table with its columns. Queries may not ask for these, so a connection that may is opened.
    pub(super) fn describe(&self) -> Result<Vec<TableDescription>, WarehouseError> {
        let connection = open_unguarded(&self.path)?;
        describe::tables(&connection).map_err(failure)
    }
}

fn identity(path: &Path) -> Identity {
    let found = std::fs::metadata(path).ok()?;
    Some((found.dev(), found.ino()))
}

/// A connection for the statements of agents.
fn open(path: &Path) -> Result<Reader, WarehouseError> {
    let connection = open_unguarded(path)?;
    if describe::is_ambits_own(&connection) {
        return Err(WarehouseError::Unavailable(OWN_TABLES.to_owned()));
    }
    let watch = Watch::default();
    guard(&connection, &watch).map_err(failure)?;
    Ok(Reader { connection, watch })
}

/// Whether the file is there and holds Ambit's own tables.
pub(super) fn is_ambits_own(path: &Path) -> bool {
    open_unguarded(path).is_ok_and(|connection| describe::is_ambits_own(&connection))
}

/// A connection that can only read, for Ambit's own questions about the schema. A file that is not
/// there is an outage: it may have been moved away, or the address may be wrong.
fn open_unguarded(path: &Path) -> Result<Connection, WarehouseError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(failure)?;
    connection.busy_timeout(BUSY).map_err(failure)?;
    Ok(connection)
}

fn guard(connection: &Connection, watch: &Watch) -> rusqlite::Result<()> {
    connection.pragma_update(None, "query_only", true)?;
    for (setting, on) in [
        (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
        (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false),
        // "text" in double quotes is a name and nothing else.
        (DbConfig::SQLITE_DBCONFIG_DQS_DML, false),
    ] {
        connection.set_db_config(setting, on)?;
    }
    for (limit, most) in LIMITS {
        connection.set_limit(limit, most)?;
    }
    text::define(connection, watch)?;
    let watch = watch.clone();
    connection.progress_handler(STEPS, Some(move || watch.is_due()))?;
    connection.authorizer(Some(authorize))
}

/// What a statement may do besides being checked before: select, and call functions.
fn authorize(context: AuthContext<'_>) -> Authorization {
    match context.action {
        AuthAction::Select | AuthAction::Recursive => Authorization::Allow,
        AuthAction::Read { table_name, .. } if !is_forbidden_table(table_name) => {
            Authorization::Allow
        }
        AuthAction::Function { function_name }
            if !is_among(&FORBIDDEN_FUNCTIONS, function_name)
                && !begins_with(function_name, "sqlite_") =>
        {
            Authorization::Allow
        }
        _ => Authorization::Deny,
    }
}

fn is_forbidden_table(name: &str) -> bool {
    begins_with(name, "sqlite_")
        || begins_with(name, "pragma_")
        || is_among(&FORBIDDEN_TABLES, name)
}

fn is_among(names: &[&str], name: &str) -> bool {
    names.iter().any(|known| known.eq_ignore_ascii_case(name))
}

fn begins_with(name: &str, prefix: &str) -> bool {
    name.get(..prefix.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

/// Which side is at fault: whoever wrote the statement, or the warehouse.
pub(super) fn failure(error: rusqlite::Error) -> WarehouseError {
    match &error {
        rusqlite::Error::MultipleStatement => {
            WarehouseError::Statement("there is more than one statement".to_owned())
        }
        rusqlite::Error::InvalidParameterCount(given, expected) => WarehouseError::Statement(
            format!("the statement has {expected} parameters, and {given} values were given"),
        ),
        rusqlite::Error::SqliteFailure(cause, text) => match cause.code {
            ErrorCode::TooBig => WarehouseError::Statement(
                "a value or the statement is larger than one query may handle".to_owned(),
            ),
            ErrorCode::Unknown
            | ErrorCode::AuthorizationForStatementDenied
            | ErrorCode::ReadOnly
            | ErrorCode::TypeMismatch
            | ErrorCode::ParameterOutOfRange => {
                WarehouseError::Statement(text.clone().unwrap_or_else(|| cause.to_string()))
            }
            _ => WarehouseError::Unavailable(error.to_string()),
        },
        _ => WarehouseError::Unavailable(error.to_string()),
    }
}
