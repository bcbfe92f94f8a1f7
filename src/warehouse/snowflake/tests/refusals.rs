//! Statements and requests that fail, and what is tried again.

use std::collections::VecDeque;
use std::sync::Mutex;

use super::*;
use crate::model::Clock;

/// A clock that shows these times one after the other, and the last one from then on.
struct Jumping(Mutex<VecDeque<i64>>);

impl Clock for Jumping {
    fn now(&self) -> Timestamp {
        let mut times = self.0.lock().unwrap();
        let now = if times.len() > 1 {
            times.pop_front()
        } else {
            times.front().copied()
        };
        Timestamp::from_seconds(now.unwrap())
    }
}

fn opened_at(stand_in: &StandIn, times: &[i64]) -> Snowflake {
    let clock = Arc::new(Jumping(Mutex::new(times.iter().copied().collect())));
    let key = SecretString::from(keys::private_pem());
    Snowflake::open(address(&stand_in.address), Some(&key), 2, clock).unwrap()
}

fn refuse(stand_in: &StandIn, status: u16, times: usize) {
    let refusals = std::iter::repeat_n((status, String::new()), times);
    stand_in.state().refusals.extend(refusals);
}

#[tokio::test]
async fn an_expired_token_is_replaced() {
    let stand_in = StandIn::start().await;
    stand_in.script("q", 0, texts(&[&["a"]]));
    let snowflake = opened_at(&stand_in, &[NOW - 7200, NOW]);
    let answer = query(&snowflake, "q", vec![], LIMITS).await.unwrap();
    assert_eq!(answer.rows.len(), 1);
    assert_eq!(stand_in.state().seen.len(), 3);
    assert_eq!(stand_in.state().runs(), 1);
}

#[tokio::test]
async fn a_key_that_is_refused_is_no_matter_of_the_caller() {
    let stand_in = StandIn::start().await;
    let snowflake = opened_at(&stand_in, &[NOW - 7200]);
    let error = query(&snowflake, "q", vec![], LIMITS).await.unwrap_err();
    assert!(
        matches!(&error, WarehouseError::Unavailable(text) if text.contains("390144")),
        "{error}"
    );
    let state = stand_in.state();
    assert_eq!(state.seen.len(), 2);
    for seen in &state.seen {
        let (_, token) = seen.headers["authorization"].split_once(' ').unwrap();
        assert!(!error.to_string().contains(token));
    }
}

#[tokio::test]
async fn a_crowded_snowflake_is_asked_again_with_the_same_request() {
    for status in [429, 503] {
        let stand_in = StandIn::start().await;
        stand_in.script("q", 0, texts(&[&["a"]]));
        refuse(&stand_in, status, 2);
        query(&opened(&stand_in), "q", vec![], LIMITS)
            .await
            .unwrap();
        let state = stand_in.state();
        let attempts: Vec<_> = state
            .seen
            .iter()
            .filter(|seen| seen.method == "POST")
            .map(|seen| (seen.parameter("requestId"), seen.parameter("retry")))
            .collect();
        let id = attempts[0].0.clone();
        assert!(id.is_some());
        let again = || (id.clone(), Some("true".to_owned()));
        assert_eq!(attempts, [(id.clone(), None), again(), again()]);
        assert_eq!(state.runs(), 1);
    }
}

#[tokio::test]
async fn a_snowflake_that_stays_crowded_is_busy() {
    let stand_in = StandIn::start().await;
    refuse(&stand_in, 429, 5);
    let answer = query(&opened(&stand_in), "q", vec![], LIMITS).await;
    assert_eq!(answer, Err(WarehouseError::Busy));
    assert_eq!(stand_in.state().seen.len(), 5);
}

#[tokio::test]
async fn a_connection_that_breaks_does_not_run_a_statement_twice() {
    let stand_in = StandIn::start().await;
    stand_in.script("q", 0, texts(&[&["a"]]));
    stand_in.state().broken = 1;
    let answer = query(&opened(&stand_in), "q", vec![], LIMITS)
        .await
        .unwrap();
    assert_eq!(answer.rows.len(), 1);
    assert_eq!(stand_in.state().runs(), 1);
}

#[tokio::test]
async fn a_partition_that_is_refused_at_first_is_fetched_again() {
    let stand_in = StandIn::start().await;
    stand_in.script("q", 0, texts(&[&["a"], &["b"]]));
    stand_in.state().crowded_partitions = 1;
    let answer = query(&opened(&stand_in), "q", vec![], LIMITS)
        .await
        .unwrap();
    assert_eq!(answer.rows.len(), 2);
    assert_eq!(stand_in.state().seen.len(), 4);
}

#[tokio::test]
async fn what_is_wrong_with_a_statement_is_said() {
    let stand_in = StandIn::start().await;
    let missing = json!({"code": "002003", "sqlState": "42S02", "message":
        "SQL compilation error:\nObject 'SALES.PUBLIC.NOPE' does not exist or not authorized."});
    stand_in.script("SELECT * FROM nope", 1, End::Failure(422, missing));
    let snowflake = opened(&stand_in);
    let error = query(&snowflake, "SELECT * FROM nope", vec![], LIMITS).await;
    assert_eq!(
        error,
        Err(WarehouseError::Statement(
            "SQL compilation error: Object 'NOPE' does not exist or not authorized.".to_owned()
        ))
    );
    let error = query(&snowflake, "nonsense", vec![], LIMITS)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("syntax error"), "{error}");
    assert_eq!(stand_in.state().cancelled(), 0);
}

#[tokio::test]
async fn a_statement_that_snowflake_stops_took_too_long() {
    let stand_in = StandIn::start().await;
    let stopped = json!({"code": "000630", "sqlState": "57014", "message": "Statement reached its \
        statement or warehouse timeout of 20 second(s) and was canceled."});
    stand_in.script("a", 0, End::Failure(422, stopped.clone()));
    stand_in.script("b", 0, End::Failure(408, stopped));
    for sql in ["a", "b"] {
        let answer = query(&opened(&stand_in), sql, vec![], LIMITS).await;
        assert_eq!(answer, Err(WarehouseError::Time(LIMITS.time)));
    }
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let stand_in = StandIn::start().await;
    let other = StandIn::start().await;
    stand_in
        .state()
        .refusals
        .push_back((307, format!("{}/api/v2/statements", other.address)));
    let answer = query(&opened(&stand_in), "q", vec![], LIMITS).await;
    assert!(matches!(answer, Err(WarehouseError::Unavailable(_))));
    assert!(other.state().seen.is_empty());
}

#[tokio::test]
async fn a_failed_query_is_stopped_and_the_next_one_runs() {
    let stand_in = StandIn::start().await;
    let broken = json!([{"name": "N", "type": "fixed", "scale": 0}]);
    stand_in.script("broken", 0, End::Rows(broken, vec![json!([["x"]])]));
    stand_in.script("q", 0, texts(&[&["a"]]));
    let snowflake = opened(&stand_in);
    let error = query(&snowflake, "broken", vec![], LIMITS)
        .await
        .unwrap_err();
    assert!(matches!(error, WarehouseError::Unavailable(_)), "{error}");
    until(&stand_in, |state| state.cancelled() == 1).await;
    assert!(query(&snowflake, "q", vec![], LIMITS).await.is_ok());
}

#[tokio::test]
async fn nobody_there_is_said_without_the_address() {
    let clock = Arc::new(ManualClock::at(Timestamp::from_seconds(NOW)));
    let key = SecretString::from(keys::pkcs1_pem());
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let host = format!("http://{}", nobody.local_addr().unwrap());
    drop(nobody);
    let snowflake = Snowflake::open(address(&host), Some(&key), 1, clock).unwrap();
    let error = query(&snowflake, "q", vec![], LIMITS).await.unwrap_err();
    assert!(
        matches!(&error, WarehouseError::Unavailable(text) if !text.contains(&host)),
        "{error}"
    );
}

#[test]
fn without_a_key_it_is_said_which_setting_is_missing() {
    let clock = Arc::new(ManualClock::at(Timestamp::from_seconds(NOW)));
    let opened = Snowflake::open(address("http://127.0.0.1:1"), None, 1, clock);
    let error = opened.err().unwrap().to_string();
    assert!(error.contains("snowflake_private_key"), "{error}");
}

#[test]
fn accounts_have_their_address() {
    for (account, expected) in [
        (
            "MyOrg-my_account",
            "https://myorg-my-account.snowflakecomputing.com/",
        ),
        (
            "xy12345.us-east-1",
            "https://xy12345.us-east-1.snowflakecomputing.com/",
        ),
    ] {
        let address = SnowflakeAddress {
            account: account.to_owned(),
            host: None,
            ..address("")
        };
        let url = super::super::api_address(&address).unwrap();
        assert_eq!(url.as_str(), expected);
    }
}
