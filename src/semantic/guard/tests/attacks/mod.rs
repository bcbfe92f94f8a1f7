//! Ways around the guard that others have found elsewhere. Each is refused, for the reason given.

mod dialects;
mod everywhere;

use dialects::{POSTGRES, SNOWFLAKE, SQLITE};
use everywhere::EVERYWHERE;

use super::{CALLER, DIALECTS, checked, readable};
use crate::semantic::guard::{Refusal, check};
use crate::warehouse::{Dialect, Value};

#[test]
fn every_attack_is_refused() {
    let own = [SQLITE, POSTGRES, SNOWFLAKE];
    let mut wrong = Vec::new();
    for (dialect, own) in DIALECTS.into_iter().zip(own) {
        for (sql, expected) in EVERYWHERE.iter().chain(own) {
            match checked(sql, dialect) {
                Err(refusal) if refusal.to_string().contains(expected) => {}
                Err(refusal) => wrong.push(format!("{dialect:?} {sql}\n  refused by: {refusal}")),
                Ok(checked) => wrong.push(format!(
                    "{dialect:?} {sql}\n  ACCEPTED: {}",
                    checked.statement.sql
                )),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn refusals_say_what_would_be_allowed() {
    let refused = |sql| checked(sql, Dialect::Sqlite).unwrap_err().to_string();
    insta::assert_snapshot!(
        [
            refused("SELECT * FROM sqlite_master"),
            refused("SELECT relased_at FROM releases"),
            refused("SELECT coutn(*) FROM releases"),
            refused("SELECT r.version FROM releases\n  JOIN release_changes USING (version)"),
            refused("SELECT pg_sleep(1)"),
            refused("SELECT CAST(version AS blob) FROM releases"),
            refused("WITH RECURSIVE a AS (SELECT 1) SELECT * FROM a"),
            refused("SELECT version FROM"),
            refused("PRAGMA table_info(releases)"),
        ]
        .join("\n")
    );
}

#[test]
fn parameters_must_fit() {
    let refused = |sql, values: &[Value]| {
        check(sql, values, &readable(Dialect::Sqlite), &CALLER)
            .unwrap_err()
            .to_string()
    };
    let one = [Value::Integer(1)];
    assert_eq!(
        refused("SELECT ?", &[]),
        "the SQL has placeholders for 1 parameters, and 0 were sent"
    );
    assert_eq!(
        refused("SELECT 1", &one),
        "the SQL has placeholders for 0 parameters, and 1 were sent"
    );
    assert_eq!(
        refused("SELECT $2", &[Value::Null, Value::Null]),
        "parameter 1 stands nowhere in the SQL"
    );
    for sql in [
        "SELECT ?, $1",
        "SELECT $1, ?",
        "SELECT $0",
        "SELECT $a",
        "SELECT @a",
    ] {
        let refusal = refused(sql, &one);
        assert!(refusal.contains("write each parameter as ?"), "{refusal}");
    }
    // A huge number is no reason to remember that many parameters.
    assert!(matches!(
        check(
            "SELECT $99999999999",
            &one,
            &readable(Dialect::Sqlite),
            &CALLER
        ),
        Err(Refusal::Parameters(_) | Refusal::NotAllowed { .. })
    ));
}
