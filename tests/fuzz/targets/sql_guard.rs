//! SQL that a stranger sends to the guard of a warehouse.
//!
//! The first byte of an input says the dialect (`s`, `p`, `n`; SQLite where it is another), the rest is
//! SQL. What the guard lets through must be exactly one SELECT over the tables of the model and no
//! others. For SQLite that is SQLite's own word: it prepares the statement in a database that has more
//! tables, and tells each one that it would read. For the others, the printed text is parsed again.
#![no_main]

// The tables are those of the guard's own tests.
#[path = "../../../src/semantic/guard/tests/model.rs"]
mod model;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::LazyLock;

use ambit::semantic::Mask;
use ambit::semantic::guard::{Caller, Readable, ReadableColumn, ReadableTable, check};
use ambit::warehouse::{Dialect, Value};
use libfuzzer_sys::fuzz_target;
use rusqlite::Connection;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use sqlparser::ast::{ObjectName, Statement, Visit, Visitor};
use sqlparser::dialect::{PostgreSqlDialect, SnowflakeDialect};
use sqlparser::parser::Parser;

const CALLER: Caller<'static> = Caller {
    client_id: "client_fuzz",
    subject: "someone",
    tenant_id: "default",
};

/// The tables that the model is made over.
const SOURCES: [&str; 2] = ["release_rows", "release_changes"];

/// How the names of common table expressions begin once the guard has given them its own.
const GENERATED: &str = "ambit_cte_";

const SCHEMA: &str = "
    CREATE TABLE release_rows (version TEXT, released_at TIMESTAMP, kind TEXT, tenant TEXT, owner TEXT,
                               secret TEXT);
    CREATE TABLE release_changes (id INTEGER, version TEXT, title TEXT, author TEXT, size INTEGER,
                                  card TEXT, note TEXT);
    CREATE TABLE secrets (secret TEXT);";

/// What SQLite says of a statement that the guard should have refused. Types, numbers of arguments and
/// aggregates are SQLite's to judge.
const GUARDS_TO_JUDGE: [&str; 4] = [
    "syntax error",
    "no such table",
    "no such function",
    "unrecognized token",
];

static SQLITE: LazyLock<Readable> = LazyLock::new(|| model::readable(Dialect::Sqlite));
static POSTGRES: LazyLock<Readable> = LazyLock::new(|| model::readable(Dialect::Postgres));
static SNOWFLAKE: LazyLock<Readable> = LazyLock::new(|| model::readable(Dialect::Snowflake));

thread_local! {
    static DATABASE: Connection = {
        let database = Connection::open_in_memory().unwrap();
        database.execute_batch(SCHEMA).unwrap();
        database
    };
    /// What the statement that is being prepared would do and must not.
    static FORBIDDEN: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

fuzz_target!(|input: &[u8]| {
    let Some((first, sql)) = input.split_first() else {
        return;
    };
    let Ok(sql) = str::from_utf8(sql) else { return };
    let readable = match first {
        b'p' => &*POSTGRES,
        b'n' => &*SNOWFLAKE,
        _ => &*SQLITE,
    };
    // How many values the SQL wants is not known; one of a few numbers mostly fits.
    for values in 0..3 {
        let parameters = vec![Value::Integer(1); values];
        let Ok(checked) = check(sql, &parameters, readable, &CALLER) else {
            continue;
        };
        match readable.dialect {
            Dialect::Sqlite => prepared(&checked.statement.sql),
            Dialect::Postgres => parsed(&checked.statement.sql, &PostgreSqlDialect {}),
            Dialect::Snowflake => parsed(&checked.statement.sql, &SnowflakeDialect),
        }
    }
});

/// Has SQLite prepare a statement.
fn prepared(sql: &str) {
    DATABASE.with(|database| {
        FORBIDDEN.take();
        database.authorizer(Some(authorize)).unwrap();
        let outcome = database.prepare(sql);
        let forbidden = FORBIDDEN.take();
        assert!(forbidden.is_empty(), "{forbidden:?}: {sql}");
        match outcome {
            Ok(statement) => assert!(statement.readonly(), "{sql}"),
            Err(error) => {
                let problem = error.to_string();
                let problem = problem.replace(sql, "");
                for known in GUARDS_TO_JUDGE {
                    assert!(!problem.contains(known), "{error}");
                }
            }
        }
    });
}

fn authorize(context: AuthContext<'_>) -> Authorization {
    let is_fine = match context.action {
        AuthAction::Select | AuthAction::Function { .. } => true,
        AuthAction::Read { table_name, .. } => {
            table_name.is_empty()
                || SOURCES.contains(&table_name)
                || table_name.starts_with(GENERATED)
        }
        _ => false,
    };
    if !is_fine {
        FORBIDDEN.with_borrow_mut(|forbidden| forbidden.push(format!("{:?}", context.action)));
    }
    Authorization::Allow
}

/// Parses a statement again.
fn parsed(sql: &str, dialect: &dyn sqlparser::dialect::Dialect) {
    let statements = Parser::new(dialect)
        .with_recursion_limit(200)
        .try_with_sql(sql)
        .unwrap()
        .parse_statements()
        .unwrap();
    let [Statement::Query(query)] = statements.as_slice() else {
        panic!("no query, or more than one: {sql}")
    };
    let mut tables = Tables(BTreeSet::new());
    let _: ControlFlow<()> = query.visit(&mut tables);
    for table in tables.0 {
        let name = table.trim_matches('"');
        let is_known = SOURCES.contains(&name) || name.starts_with(GENERATED);
        assert!(is_known, "{table}: {sql}");
    }
}

struct Tables(BTreeSet<String>);

impl Visitor for Tables {
    type Break = ();

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<()> {
        self.0.insert(relation.to_string());
        ControlFlow::Continue(())
    }
}
