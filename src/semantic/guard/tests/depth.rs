//! SQL that is long, deep or wide: refused soon, on a small stack.

use std::time::{Duration, Instant};

use super::{DIALECTS, checked};
use crate::semantic::guard::LONGEST_SQL;

/// Half of what a thread has by default.
const STACK: usize = 1024 * 1024;
/// Generous: a debug build on a busy machine. What is exponential takes for ever.
const SOON: Duration = Duration::from_secs(20);

fn bombs() -> Vec<String> {
    let mut bombs = Vec::new();
    for times in [40, 60, 130, 600, 1_300, 1_990, 3_900] {
        let repeated = |part: &str| part.repeat(times);
        bombs.extend([
            format!("SELECT 1{}", repeated(" + 1")),
            format!("SELECT 1{}", repeated("||'a'")),
            format!("SELECT {}1", repeated("- ")),
            format!("SELECT {}TRUE", repeated("NOT ")),
            format!("SELECT {}1", repeated("(")),
            format!("SELECT {}1{}", repeated("("), repeated(")")),
            format!("SELECT {}1{}", repeated("(SELECT "), repeated(")")),
            format!("SELECT * FROM {}releases{}", repeated("("), repeated(")")),
            format!(
                "SELECT * FROM {}releases{}",
                repeated("(SELECT * FROM "),
                repeated(")")
            ),
            format!("SELECT 1{}", repeated(" IS NULL")),
            format!("SELECT 1{}", repeated("!")),
            format!("SELECT 1{}", repeated("::text")),
            format!("SELECT 1{}", repeated(" COLLATE x")),
            format!("SELECT 1{}", repeated(" BETWEEN 1 AND 1")),
            format!("SELECT {}1", repeated("1 IN (")),
            format!("SELECT {}", repeated("CASE WHEN ")),
            format!(
                "SELECT {}1{}",
                repeated("CASE 1 WHEN 1 THEN "),
                repeated(" END")
            ),
            format!("SELECT {}1{}", repeated("lower("), repeated(")")),
            format!("SELECT {}1{}", repeated("CAST("), repeated(" AS TEXT)")),
            format!("SELECT {}1", repeated("IF(")),
            format!("SELECT a{}", repeated(".a")),
            format!("SELECT a{}", repeated("[1]")),
            format!("SELECT 1{}", repeated(" UNION SELECT 1")),
            format!("SELECT 1{}", repeated(" INTERSECT SELECT 1")),
            format!("SELECT * FROM releases{}", repeated(" JOIN releases")),
            format!("SELECT * FROM releases{}", repeated(", releases")),
            format!("WITH {} SELECT 1", repeated("a AS (SELECT 1), ")),
            format!("{}SELECT 1", repeated("WITH a AS (")),
            format!(
                "SELECT 1 FROM releases WHERE kind IN (1{})",
                repeated(", 1")
            ),
            format!("SELECT count(*) OVER (ORDER BY {}1", repeated("(1, ")),
            format!("SELECT {}", repeated("EXISTS (SELECT ")),
            format!("SELECT {}", repeated("{")),
            format!("SELECT {}", repeated("[")),
            format!("SELECT {}", repeated("'")),
            format!("SELECT {}", repeated("/*")),
            format!("SELECT 1{}", repeated(";")),
            format!("WITH a AS ({}SELECT 1) SELECT 1", repeated("EXPLAIN ")),
            format!("WITH a AS ({}", repeated("INSERT INTO a ")),
            format!("SELECT 1{}", repeated("; SELECT 1")),
            repeated("SELECT "),
            repeated("EXPLAIN "),
            repeated("("),
        ]);
    }
    bombs
}

#[test]
fn bombs_do_not_go_off() {
    for dialect in DIALECTS {
        let bombs = std::thread::Builder::new()
            .stack_size(STACK)
            .spawn(move || {
                for bomb in bombs() {
                    let start = Instant::now();
                    let outcome = checked(&bomb, dialect);
                    let took = start.elapsed();
                    let beginning: String = bomb.chars().take(60).collect();
                    assert!(took < SOON, "{dialect:?}: {beginning}: {took:?}");
                    if let Ok(checked) = outcome {
                        assert!(checked.statement.sql.len() < 200_000, "{beginning}");
                    }
                }
            })
            .unwrap();
        bombs.join().unwrap();
    }
}

#[test]
fn long_sql_is_refused() {
    let sql = format!("SELECT '{}'", "a".repeat(LONGEST_SQL));
    for dialect in DIALECTS {
        let refusal = checked(&sql, dialect).unwrap_err();
        assert_eq!(
            refusal.to_string(),
            "the SQL has 20009 bytes; at most 20000 are read"
        );
    }
}

#[test]
fn long_lists_are_not() {
    let list = vec!["'1.0'"; 1_500].join(", ");
    let any = vec!["kind = 'major'"; 50].join(" OR ");
    for dialect in DIALECTS {
        for condition in [format!("version IN ({list})"), any.clone()] {
            checked(
                &format!("SELECT version FROM releases WHERE {condition}"),
                dialect,
            )
            .unwrap();
        }
    }
}
