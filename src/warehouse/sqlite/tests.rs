//! What a file answers, and what it refuses.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tempfile::TempDir;

use super::super::backend::{Limits, Statement, Warehouse, WarehouseError};
use super::super::value::{Kind, Rows, Truncation, Value};
use super::*;

const LIMITS: Limits = Limits {
    rows: 100,
    bytes: 100_000,
    time: Duration::from_secs(5),
};

const TABLES: &str = "
    CREATE TABLE things (id INTEGER, price REAL, name TEXT, active BOOLEAN, day DATE, at TIMESTAMP);
    INSERT INTO things VALUES (1, 2.5, 'one', 1, '2026-01-31', '2026-01-31 10:20:30.5');
    INSERT INTO things VALUES (2, 3, NULL, 0, NULL, NULL);
    CREATE VIEW named AS SELECT id, name FROM things WHERE name IS NOT NULL;
    CREATE TABLE loose (a, b INTEGER, c TEXT);
    INSERT INTO loose VALUES (x'00ff', 'not a number', '2026-01-01'), (9e999, 7, '2026-01-02');";

struct File {
    _folder: TempDir,
    path: PathBuf,
    warehouse: SqliteWarehouse,
}

fn warehouse() -> File {
    let file = empty();
    let connection = Connection::open(&file.path).unwrap();
    connection.execute_batch(TABLES).unwrap();
    file
}

fn empty() -> File {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("warehouse.db");
    std::fs::write(&path, "").unwrap();
    let warehouse = SqliteWarehouse::start(&path, 2).unwrap();
    File {
        _folder: folder,
        path,
        warehouse,
    }
}

impl File {
    async fn ask(&self, sql: &str, parameters: &[Value]) -> Result<Rows, WarehouseError> {
        self.within(sql, parameters, LIMITS).await
    }

    async fn within(
        &self,
        sql: &str,
        parameters: &[Value],
        limits: Limits,
    ) -> Result<Rows, WarehouseError> {
        let statement = Statement {
            sql: sql.to_owned(),
            parameters: parameters.to_vec(),
        };
        self.warehouse.query(statement, limits).await
    }

    async fn refusal(&self, sql: &str) -> String {
        match self.ask(sql, &[]).await {
            Err(WarehouseError::Statement(text)) => text,
            other => panic!("{sql}: {other:?}"),
        }
    }
}

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

fn kinds(rows: &Rows) -> Vec<Kind> {
    rows.columns.iter().map(|column| column.kind).collect()
}

#[tokio::test]
async fn values_come_out_as_they_are_declared() {
    let file = warehouse();
    let rows = file
        .ask("SELECT * FROM things ORDER BY id", &[])
        .await
        .unwrap();
    use Kind::{Boolean, Date, Integer, Number, Text, Timestamp};
    assert_eq!(
        kinds(&rows),
        [Integer, Number, Text, Boolean, Date, Timestamp]
    );
    assert_eq!(
        rows.rows,
        [
            vec![
                Value::Integer(1),
                Value::Number(2.5),
                text("one"),
                Value::Boolean(true),
                text("2026-01-31"),
                text("2026-01-31T10:20:30.5Z"),
            ],
            vec![
                Value::Integer(2),
                Value::Number(3.0),
                Value::Null,
                Value::Boolean(false),
                Value::Null,
                Value::Null,
            ],
        ]
    );
    assert_eq!(rows.truncated, None);
}

#[tokio::test]
async fn expressions_have_the_kind_of_their_values() {
    let file = warehouse();
    let sql = "SELECT max(at), date(max(at)), count(*), avg(price), NULL, strftime('%Y-%m', max(at)) \
               FROM (SELECT * FROM things)";
    let rows = file.ask(sql, &[]).await.unwrap();
    use Kind::{Date, Integer, Number, Text, Timestamp};
    assert_eq!(kinds(&rows), [Timestamp, Date, Integer, Number, Text, Text]);
    assert_eq!(rows.rows[0][0], text("2026-01-31T10:20:30.5Z"));
}

#[tokio::test]
async fn values_that_break_the_promise_of_their_column_are_told_as_they_are() {
    let file = warehouse();
    let rows = file.ask("SELECT b, c FROM loose", &[]).await.unwrap();
    assert_eq!(kinds(&rows), [Kind::Text, Kind::Text]);
    assert_eq!(rows.rows[1], [text("7"), text("2026-01-02")]);
    assert!(
        file.refusal("SELECT a FROM loose LIMIT 1")
            .await
            .contains("binary")
    );
    assert!(
        file.refusal("SELECT a FROM loose WHERE b = 7")
            .await
            .contains("finite")
    );
}

#[tokio::test]
async fn a_parameter_may_have_the_form_of_an_answer() {
    let file = warehouse();
    let sql = "SELECT id FROM things WHERE at >= ?1 AND at <= ?2 AND active = ?3";
    let parameters = [
        text("2026-01-31T10:20:30.5Z"),
        text("2026-01-31T10:20:31Z"),
        Value::Boolean(true),
    ];
    let rows = file.ask(sql, &parameters).await.unwrap();
    assert_eq!(rows.rows, [[Value::Integer(1)]]);
    assert!(matches!(
        file.ask(sql, &[]).await,
        Err(WarehouseError::Statement(_))
    ));
}

#[tokio::test]
async fn nothing_but_reading_tables_is_allowed() {
    let file = warehouse();
    for sql in [
        "INSERT INTO things (id) VALUES (3)",
        "DELETE FROM things RETURNING id",
        "UPDATE things SET id = 4",
        "DROP TABLE things",
        "CREATE TABLE x (a)",
        "CREATE TEMP TABLE x AS SELECT 1",
        "ATTACH 'other.db' AS other",
        "PRAGMA table_info(things)",
        "PRAGMA query_only = 0",
        "SELECT * FROM pragma_table_info('things')",
        "SELECT * FROM sqlite_master",
        "SELECT * FROM SQLITE_SCHEMA",
        "SELECT * FROM dbstat",
        "SELECT load_extension('x')",
        "SELECT sqlite_version()",
        "VACUUM INTO 'copy.db'",
        "BEGIN",
        "SELECT 1; SELECT 2",
        "SELECT 1\0",
        "",
        "SELECT",
        "SELECT * FROM nothing",
        "SELECT \"no such column\"",
        "SELECT abs(-9223372036854775808)",
    ] {
        let refusal = file.refusal(sql).await;
        assert!(!refusal.contains("warehouse.db"), "{refusal}");
    }
    let rows = file.ask("SELECT count(*) FROM things", &[]).await.unwrap();
    assert_eq!(rows.rows, [[Value::Integer(2)]]);
}

#[tokio::test]
async fn answers_end_at_their_limits() {
    let file = warehouse();
    let numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) \
                   SELECT i, 'ten letters' FROM n";
    let rows = file.ask(numbers, &[]).await.unwrap();
    assert_eq!(
        (rows.rows.len(), rows.truncated),
        (100, Some(Truncation::Rows))
    );
    let limits = Limits {
        bytes: 2000,
        rows: 1000,
        ..LIMITS
    };
    let rows = file.within(numbers, &[], limits).await.unwrap();
    assert!((50..150).contains(&rows.rows.len()), "{}", rows.rows.len());
    assert_eq!(rows.truncated, Some(Truncation::Bytes));
}

#[tokio::test]
async fn what_would_swell_is_refused() {
    let file = warehouse();
    for sql in [
        "SELECT length(zeroblob(500000000))",
        "SELECT length(replace(hex(zeroblob(100000)), '0', 'aaaaaaaaaa'))",
        "SELECT length(printf('%.*c', 500000000, 'x'))",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) \
         SELECT group_concat('0123456789012345678901234567890123456789') FROM n",
    ] {
        assert!(file.refusal(sql).await.contains("larger"), "{sql}");
    }
    let columns = vec!["1"; 300].join(", ");
    assert!(
        file.refusal(&format!("SELECT {columns}"))
            .await
            .contains("300 columns")
    );
    let deep = format!("SELECT {}1{}", "(".repeat(3000), ")".repeat(3000));
    file.refusal(&deep).await;
    let long = format!("SELECT '{}'", "x".repeat(300_000));
    file.refusal(&long).await;
}

const ENDLESS: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) \
                       SELECT count(*) FROM n";

#[tokio::test]
async fn a_statement_without_end_stops_at_its_deadline() {
    let file = warehouse();
    let time = Duration::from_millis(100);
    let started = Instant::now();
    let outcome = file.within(ENDLESS, &[], Limits { time, ..LIMITS }).await;
    assert_eq!(outcome, Err(WarehouseError::Time(time)));
    assert!(
        started.elapsed() < Duration::from_secs(2),
        "{:?}",
        started.elapsed()
    );
}

#[tokio::test]
async fn functions_of_long_texts_stop_at_the_deadline() {
    let file = warehouse();
    let long = "CREATE TABLE long AS SELECT replace(hex(zeroblob(125000)), '0', 'a') AS h, \
                replace(hex(zeroblob(60000)), '0', 'a') || 'b' AS n;";
    Connection::open(&file.path)
        .unwrap()
        .execute_batch(long)
        .unwrap();
    let pattern = "a".repeat(97);
    for call in [
        "instr(h, n || i)",
        "length(replace(h, n || i, 'x'))",
        "length(trim(h, replace(n, 'a', 'c') || 'a' || i))",
        &format!("h || i LIKE '%{pattern}b'"),
    ] {
        let sql = format!(
            "WITH RECURSIVE numbers(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers) \
             SELECT sum({call}) FROM numbers, long"
        );
        let time = Duration::from_millis(200);
        // As many as there are threads.
        let hostile = || file.within(&sql, &[], Limits { time, ..LIMITS });
        let outcomes = futures_util::join!(hostile(), hostile());
        assert_eq!(outcomes.0, Err(WarehouseError::Time(time)), "{call}");
        let started = Instant::now();
        file.ask("SELECT 1", &[]).await.unwrap();
        let waited = started.elapsed();
        assert!(waited < Duration::from_secs(2), "{call}: {waited:?}");
    }
}

#[tokio::test]
async fn functions_of_text_answer_as_those_of_sqlite_do() {
    let file = warehouse();
    let calls = "SELECT instr('h\u{e9}llo', 'l'), instr('abc', 'x'), instr('abc', ''), instr(NULL, 'a'), \
                 instr(1234, 34), replace('aXbX', 'X', ''), replace('abc', '', 'x'), \
                 replace('aaa', 'aa', 'b'), replace('a', 'a', NULL), trim('xxaxyx', 'yx'), \
                 ltrim('xxaxx', 'x'), rtrim('xxaxx', 'x'), trim('xx', 'x'), trim('x', ''), trim('  x ')";
    let here = file.ask(calls, &[]).await.unwrap().rows.remove(0);
    let there = Connection::open_in_memory().unwrap();
    let there = there.query_row(calls, [], |row| {
        (0..here.len())
            .map(|column| {
                Ok(match row.get::<_, rusqlite::types::Value>(column)? {
                    rusqlite::types::Value::Integer(number) => Value::Integer(number),
                    rusqlite::types::Value::Text(text) => Value::Text(text),
                    _ => Value::Null,
                })
            })
            .collect::<rusqlite::Result<Vec<_>>>()
    });
    assert_eq!(here, there.unwrap());
    assert!(file.refusal("SELECT trim(2.5, '5')").await.contains("CAST"));
}

#[tokio::test]
async fn a_query_that_nobody_waits_for_stops() {
    let file = warehouse();
    let time = Duration::from_secs(600);
    for _ in 0..2 {
        let forgotten = file.within(ENDLESS, &[], Limits { time, ..LIMITS });
        let waited = tokio::time::timeout(Duration::from_millis(50), forgotten).await;
        assert!(waited.is_err());
    }
    // Both threads are free again.
    let rows = file.ask("SELECT 1", &[]).await.unwrap();
    assert_eq!(rows.rows, [[Value::Integer(1)]]);
}

#[tokio::test]
async fn too_many_queries_are_told_so() {
    let file = warehouse();
    let time = Duration::from_millis(300);
    let asked: Vec<_> = (0..100)
        .map(|_| file.within(ENDLESS, &[], Limits { time, ..LIMITS }))
        .collect();
    let outcomes = futures_util::future::join_all(asked).await;
    assert!(outcomes.contains(&Err(WarehouseError::Busy)));
}

#[tokio::test]
async fn a_file_that_is_not_there_is_an_outage() {
    let file = empty();
    assert_eq!(file.warehouse.tables().await.unwrap(), []);
    assert!(
        file.refusal("SELECT * FROM things")
            .await
            .contains("no such table")
    );
    std::fs::remove_file(&file.path).unwrap();
    let outage = |error: WarehouseError| match error {
        WarehouseError::Unavailable(text) => assert!(text.contains("warehouse.db"), "{text}"),
        other => panic!("{other:?}"),
    };
    outage(file.warehouse.tables().await.unwrap_err());
    outage(file.ask("SELECT * FROM things", &[]).await.unwrap_err());
    assert!(!file.path.exists(), "it was made");
    Connection::open(&file.path)
        .unwrap()
        .execute_batch(TABLES)
        .unwrap();
    let rows = file.ask("SELECT id FROM named", &[]).await.unwrap();
    assert_eq!(rows.rows, [[Value::Integer(1)]]);
}

#[tokio::test]
async fn tables_and_views_are_described() {
    let file = warehouse();
    let tables = file.warehouse.tables().await.unwrap();
    let names: Vec<&str> = tables.iter().map(|table| table.name.as_str()).collect();
    assert_eq!(names, ["loose", "named", "things"]);
    use Kind::{Boolean, Date, Integer, Number, Text, Timestamp};
    let kinds: Vec<Kind> = tables[2].columns.iter().map(|column| column.kind).collect();
    assert_eq!(kinds, [Integer, Number, Text, Boolean, Date, Timestamp]);
}

#[tokio::test]
async fn a_file_that_is_no_database_is_an_outage() {
    let file = empty();
    std::fs::write(
        &file.path,
        "this is no database, however long it is ".repeat(100),
    )
    .unwrap();
    let outcome = file.ask("SELECT * FROM things", &[]).await;
    assert!(
        matches!(outcome, Err(WarehouseError::Unavailable(_))),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn ambits_own_tables_are_never_read() {
    let file = empty();
    let own = "CREATE TABLE __diesel_schema_migrations (a); CREATE TABLE audit_records (a);";
    Connection::open(&file.path)
        .unwrap()
        .execute_batch(own)
        .unwrap();
    assert!(is_ambits_own(&file.path));
    let outcome = file.ask("SELECT * FROM audit_records", &[]).await;
    assert!(
        matches!(outcome, Err(WarehouseError::Unavailable(_))),
        "{outcome:?}"
    );
}
