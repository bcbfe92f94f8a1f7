//! What goes wrong, and who is told: the caller what its statement did, the log everything else.

use std::error::Error;

use reqwest::StatusCode;
use serde::Deserialize;

use super::super::backend::{Limits, WarehouseError};
use super::answer::Body;
use crate::config::SnowflakeAddress;

/// Most characters of a message that are passed on.
const LONGEST_MESSAGE: usize = 500;
/// A statement that was cancelled or ran out of time (ISO/IEC 9075's `query canceled`).
const CANCELLED: &str = "57014";
/// Classes of SQLSTATE that tell of the warehouse rather than of the statement: connection, access
/// denied, resources, intervention, system, internal.
const WAREHOUSE_CLASSES: [&str; 6] = ["08", "28", "53", "57", "58", "XX"];

/// The `QueryFailureStatus` of the documentation, and the bodies of other refusals, which have the
/// same fields where they have any.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Failure {
    code: Option<String>,
    sql_state: Option<String>,
    message: Option<String>,
}

/// Why an answer with this status is none.
pub fn refused(
    status: StatusCode,
    body: &Body,
    address: &SnowflakeAddress,
    limits: Limits,
) -> WarehouseError {
    let failure: Failure = serde_json::from_slice(&body.bytes).unwrap_or_default();
    let state = failure.sql_state.as_deref().unwrap_or_default();
    match status {
        StatusCode::REQUEST_TIMEOUT => WarehouseError::Time(limits.time),
        StatusCode::TOO_MANY_REQUESTS => WarehouseError::Busy,
        StatusCode::UNPROCESSABLE_ENTITY if state == CANCELLED => WarehouseError::Time(limits.time),
        StatusCode::UNPROCESSABLE_ENTITY if is_about_the_statement(state) => {
            WarehouseError::Statement(for_caller(&failure, address))
        }
        _ => WarehouseError::Unavailable(for_log(status, &failure)),
    }
}

/// Why there is no answer at all.
pub fn unreachable(error: reqwest::Error) -> WarehouseError {
    let error = error.without_url();
    let mut text = format!("Snowflake cannot be reached: {error}");
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    WarehouseError::Unavailable(text)
}

fn is_about_the_statement(sql_state: &str) -> bool {
    !WAREHOUSE_CLASSES
        .iter()
        .any(|class| sql_state.starts_with(class))
}

/// One line, without the names of the database and the schema, which are the operator's matter.
fn for_caller(failure: &Failure, address: &SnowflakeAddress) -> String {
    let Some(message) = failure.message.as_deref() else {
        return "the statement failed".to_owned();
    };
    let prefixes = [
        format!("{}.{}.", address.database, address.schema),
        format!("\"{}\".\"{}\".", address.database, address.schema),
    ];
    let message = prefixes
        .iter()
        .fold(one_line(message), |text, prefix| text.replace(prefix, ""));
    shortened(&message)
}

fn for_log(status: StatusCode, failure: &Failure) -> String {
    let field = |field: &Option<String>| field.as_deref().map(one_line).unwrap_or_default();
    shortened(&format!(
        "Snowflake answered {}, code {}, SQL state {}: {}",
        status.as_u16(),
        field(&failure.code),
        field(&failure.sql_state),
        field(&failure.message)
    ))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn shortened(text: &str) -> String {
    text.chars().take(LONGEST_MESSAGE).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::tests::address;
    use super::*;

    fn error(status: u16, body: &str) -> WarehouseError {
        let limits = Limits {
            rows: 1,
            bytes: 1,
            time: Duration::from_secs(1),
        };
        let body = Body {
            bytes: body.as_bytes().to_vec(),
            is_cut: false,
        };
        refused(
            StatusCode::from_u16(status).unwrap(),
            &body,
            &address("http://127.0.0.1:1"),
            limits,
        )
    }

    fn failure(code: &str, state: &str, message: &str) -> String {
        serde_json::json!({"code": code, "sqlState": state, "message": message}).to_string()
    }

    #[test]
    fn what_the_statement_did_is_told_without_where_it_ran() {
        let body = failure(
            "002003",
            "42S02",
            "SQL compilation error:\nObject 'SALES.PUBLIC.NOPE' does not exist or not authorized.",
        );
        assert_eq!(
            error(422, &body),
            WarehouseError::Statement(
                "SQL compilation error: Object 'NOPE' does not exist or not authorized.".to_owned()
            )
        );
        let division = failure("100051", "22012", "Division by zero");
        assert!(matches!(
            error(422, &division),
            WarehouseError::Statement(_)
        ));
    }

    #[test]
    fn time_and_crowding_are_told_apart() {
        let time = WarehouseError::Time(Duration::from_secs(1));
        let stopped = failure("000630", "57014", "Statement reached its timeout");
        assert_eq!(error(422, &stopped), time);
        assert_eq!(error(408, "{}"), time);
        assert_eq!(error(429, ""), WarehouseError::Busy);
    }

    #[test]
    fn the_rest_is_for_the_log() {
        let suspended = failure("000606", "57P03", "No active warehouse selected");
        for (status, body) in [
            (
                401,
                failure("390144", "08001", "JWT token is invalid. [0f81]"),
            ),
            (422, suspended),
            (403, String::new()),
            (500, "<html>".to_owned()),
            (404, "{\"message\": 5}".to_owned()),
        ] {
            let error = error(status, &body);
            assert!(
                matches!(&error, WarehouseError::Unavailable(text)
                    if text.contains(&status.to_string())),
                "{error}"
            );
        }
    }

    #[test]
    fn messages_have_a_length() {
        let long = failure("1", "42000", &"é".repeat(10_000));
        assert!(matches!(error(422, &long), WarehouseError::Statement(text)
            if text.chars().count() == LONGEST_MESSAGE));
    }
}
