//! A statement as Snowflake's SQL API takes it.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::config::SnowflakeAddress;

use super::super::backend::{Limits, Statement, WarehouseError};
use super::super::value::Value;

/// What stands in Snowflake's query history beside each statement.
const QUERY_TAG: &str = "ambit";

/// The body of `POST /api/v2/statements`.
#[derive(Debug, Serialize)]
pub struct Request<'a> {
    statement: String,
    /// Seconds, after which Snowflake itself stops the statement.
    timeout: u64,
    database: &'a str,
    schema: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    warehouse: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'a str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    bindings: BTreeMap<String, Binding>,
    parameters: BTreeMap<&'static str, String>,
}

/// A value that stands for a placeholder.
#[derive(Debug, Serialize)]
struct Binding {
    #[serde(rename = "type")]
    type_name: &'static str,
    value: Option<String>,
}

impl<'a> Request<'a> {
    /// One statement within limits. It asks for one row more than may be answered, so that a cut
    /// shows.
    ///
    /// # Errors
    /// A parameter that is no finite number.
    pub fn new(
        address: &'a SnowflakeAddress,
        statement: Statement,
        limits: Limits,
    ) -> Result<Self, WarehouseError> {
        let bindings = (1usize..)
            .zip(statement.parameters)
            .map(|(position, value)| Ok((position.to_string(), Binding::new(value)?)))
            .collect::<Result<_, WarehouseError>>()?;
        let rows = limits.rows.saturating_add(1);
        Ok(Self {
            statement: statement.sql,
            timeout: whole_seconds(limits),
            database: &address.database,
            schema: &address.schema,
            warehouse: address.warehouse.as_deref(),
            role: address.role.as_deref(),
            bindings,
            parameters: BTreeMap::from([
                ("MULTI_STATEMENT_COUNT", "1".to_owned()),
                ("query_tag", QUERY_TAG.to_owned()),
                ("rows_per_resultset", rows.to_string()),
                ("timezone", "UTC".to_owned()),
            ]),
        })
    }
}

/// Rounded up, and never zero, which would mean the longest time there is.
fn whole_seconds(limits: Limits) -> u64 {
    let rest = u64::from(limits.time.subsec_nanos() > 0);
    limits.time.as_secs().saturating_add(rest).max(1)
}

impl Binding {
    fn new(value: Value) -> Result<Self, WarehouseError> {
        let (type_name, value) = match value {
            Value::Null => ("TEXT", None),
            Value::Boolean(boolean) => ("BOOLEAN", Some(boolean.to_string())),
            Value::Integer(whole) => ("FIXED", Some(whole.to_string())),
            Value::Number(number) if number.is_finite() => ("REAL", Some(number.to_string())),
            Value::Number(_) => {
                let problem = "a parameter is no finite number";
                return Err(WarehouseError::Statement(problem.to_owned()));
            }
            Value::Text(text) => ("TEXT", Some(text)),
        };
        Ok(Self { type_name, value })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::super::tests::address;
    use super::*;

    const LIMITS: Limits = Limits {
        rows: 1000,
        bytes: 1 << 20,
        time: Duration::from_millis(2500),
    };

    fn statement(parameters: Vec<Value>) -> Statement {
        Statement {
            sql: "select * from t where a = ?".to_owned(),
            parameters,
        }
    }

    #[test]
    fn a_statement_has_its_place_its_limits_and_its_values() {
        let address = address("http://127.0.0.1:1");
        let values = vec![
            Value::Integer(123),
            Value::Null,
            Value::Boolean(true),
            Value::Number(0.25),
            Value::Text("2021-03-19".to_owned()),
        ];
        let request = Request::new(&address, statement(values), LIMITS).unwrap();
        assert_eq!(
            serde_json::to_value(&request).unwrap(),
            json!({
                "statement": "select * from t where a = ?",
                "timeout": 3,
                "database": "SALES",
                "schema": "PUBLIC",
                "warehouse": "READING",
                "role": "READER",
                "bindings": {
                    "1": {"type": "FIXED", "value": "123"},
                    "2": {"type": "TEXT", "value": null},
                    "3": {"type": "BOOLEAN", "value": "true"},
                    "4": {"type": "REAL", "value": "0.25"},
                    "5": {"type": "TEXT", "value": "2021-03-19"},
                },
                "parameters": {
                    "MULTI_STATEMENT_COUNT": "1",
                    "query_tag": "ambit",
                    "rows_per_resultset": "1001",
                    "timezone": "UTC",
                },
            })
        );
    }

    #[test]
    fn a_time_below_a_second_is_not_no_limit() {
        let time = Duration::from_millis(1);
        assert_eq!(whole_seconds(Limits { time, ..LIMITS }), 1);
        let time = Duration::ZERO;
        assert_eq!(whole_seconds(Limits { time, ..LIMITS }), 1);
    }

    #[test]
    fn parameters_are_finite() {
        let address = address("http://127.0.0.1:1");
        let request = Request::new(&address, statement(vec![Value::Number(f64::NAN)]), LIMITS);
        assert!(matches!(request, Err(WarehouseError::Statement(_))));
    }
}
