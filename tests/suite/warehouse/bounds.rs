//! What a query may not do, and what it may not cost.

use std::time::{Duration, Instant};

use ambit::warehouse::{Limits, Statement, Truncation, Value, WarehouseError};

use super::{LIMITS, Place, on_postgres};

const NUMBERS: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) \
                       SELECT i, 'ten letters' AS t FROM n";
const ENDLESS: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT (i + 1) % 1000 FROM n) \
                       SELECT count(*) FROM n";

#[test]
fn nothing_is_ever_written() {
    let place = Place::new();
    place.load("things", "id\n1\n2\n");
    for sql in [
        "INSERT INTO things (id) VALUES (3) RETURNING id",
        "DELETE FROM things RETURNING id",
        "UPDATE things SET id = 4",
        "DROP TABLE things",
        "CREATE TABLE x (a int)",
        "CREATE TEMP TABLE x AS SELECT 1",
        "SELECT 1; DELETE FROM things",
        "COMMIT",
        "SELECT * FROM nothing",
        "SELECT nothing FROM things",
        "SELEC 1",
        "",
    ] {
        place.refusal(sql);
    }
    if on_postgres() {
        for sql in [
            "SET default_transaction_read_only = off",
            "SELECT set_config('transaction_read_only', 'off', true)",
            "COPY things TO STDOUT",
            "SELECT nextval('nothing')",
            "WITH gone AS (DELETE FROM things RETURNING id) SELECT * FROM gone",
            "DO $$ BEGIN DELETE FROM things; END $$",
        ] {
            place.refusal(sql);
        }
    }
    assert_eq!(
        place.ask("SELECT count(*) FROM things", &[]).rows,
        [[Value::Integer(2)]]
    );
}

#[test]
fn what_a_statement_sets_does_not_outlive_it() {
    if !on_postgres() {
        return;
    }
    let place = Place::new();
    let set = "SELECT set_config('search_path', 'pg_temp', false), \
               set_config('statement_timeout', '0', false), set_config('TimeZone', 'Asia/Tokyo', false)";
    place.ask(set, &[]);
    let rows = place.ask(
        "SELECT current_setting('search_path'), current_setting('TimeZone')",
        &[],
    );
    assert_eq!(rows.rows, [[super::text("warehouse"), super::text("UTC")]]);
}

#[test]
fn answers_end_at_their_limits() {
    let place = Place::new();
    let rows = place.ask(NUMBERS, &[]);
    assert_eq!((rows.rows.len(), rows.truncated), (5000, None));
    for exact in [500, 501, 5000] {
        let limits = Limits {
            rows: exact,
            ..LIMITS
        };
        let rows = place.within(NUMBERS, &[], limits).unwrap();
        let truncated = (exact < 5000).then_some(Truncation::Rows);
        assert_eq!((rows.rows.len(), rows.truncated), (exact, truncated));
    }
    let rows = place
        .within(
            NUMBERS,
            &[],
            Limits {
                bytes: 2000,
                ..LIMITS
            },
        )
        .unwrap();
    assert!((50..150).contains(&rows.rows.len()), "{}", rows.rows.len());
    assert_eq!(rows.truncated, Some(Truncation::Bytes));
}

#[test]
fn a_huge_row_is_refused_and_the_next_query_answered() {
    let place = Place::new();
    let sql = if on_postgres() {
        "SELECT repeat('x', 50000000)"
    } else {
        "SELECT replace(hex(zeroblob(100000)), '00', 'xxxxxxxxxxxx')"
    };
    for _ in 0..3 {
        let refusal = place.refusal(sql);
        assert!(refusal.contains("larger than"), "{refusal}");
    }
    assert_eq!(place.ask("SELECT 1", &[]).rows, [[Value::Integer(1)]]);
}

#[test]
fn a_query_without_end_stops_at_its_deadline() {
    let place = Place::new();
    let time = Duration::from_millis(200);
    for _ in 0..6 {
        let started = Instant::now();
        let outcome = place.within(ENDLESS, &[], Limits { time, ..LIMITS });
        assert_eq!(outcome, Err(WarehouseError::Time(time)));
        assert!(
            started.elapsed() < Duration::from_secs(5),
            "{:?}",
            started.elapsed()
        );
    }
    assert_eq!(place.ask("SELECT 1", &[]).rows, [[Value::Integer(1)]]);
}

#[test]
fn a_query_that_nobody_waits_for_stops() {
    let place = Place::new();
    let limits = Limits {
        time: Duration::from_secs(600),
        ..LIMITS
    };
    // More than there are threads or sessions: none may stay occupied.
    for _ in 0..8 {
        let statement = Statement {
            sql: ENDLESS.to_owned(),
            parameters: Vec::new(),
        };
        let forgotten = place.warehouse.query(statement, limits);
        let waited = place
            .runtime
            .block_on(async { tokio::time::timeout(Duration::from_millis(200), forgotten).await });
        assert!(waited.is_err());
    }
    assert_eq!(place.ask("SELECT 1", &[]).rows, [[Value::Integer(1)]]);
}

#[test]
fn too_many_queries_are_told_so() {
    let place = Place::new();
    let limits = Limits {
        time: Duration::from_millis(500),
        ..LIMITS
    };
    let asked = (0..200).map(|_| {
        let statement = Statement {
            sql: ENDLESS.to_owned(),
            parameters: Vec::new(),
        };
        place.warehouse.query(statement, limits)
    });
    let outcomes = place
        .runtime
        .block_on(futures_util::future::join_all(asked));
    assert!(outcomes.contains(&Err(WarehouseError::Busy)));
    assert_eq!(place.ask("SELECT 1", &[]).rows, [[Value::Integer(1)]]);
}

#[test]
fn an_outage_is_over_when_the_database_is_back() {
    if !on_postgres() {
        return;
    }
    let place = Place::new();
    place.ask("SELECT 1", &[]);
    place.database.go_away();
    let outcome = place.within("SELECT 1", &[], LIMITS);
    assert!(
        matches!(outcome, Err(WarehouseError::Unavailable(_))),
        "{outcome:?}"
    );
    place.database.come_back();
    assert_eq!(place.ask("SELECT 1", &[]).rows, [[Value::Integer(1)]]);
}
