//! What a query may cost, and that it is stopped in Snowflake itself.

use super::super::super::value::Truncation;
use super::*;

const NEVER: usize = usize::MAX;

fn seen_partitions(stand_in: &StandIn) -> usize {
    let state = stand_in.state();
    let is_partition = |seen: &&stand_in::Seen| seen.parameter("partition").is_some();
    state.seen.iter().filter(is_partition).count()
}

#[tokio::test]
async fn rows_beyond_the_limit_are_not_fetched() {
    let stand_in = StandIn::start().await;
    stand_in.script("q", 0, texts(&[&["a", "b"], &["c", "d"], &["e"]]));
    let limits = Limits { rows: 3, ..LIMITS };
    let answer = query(&opened(&stand_in), "q", vec![], limits)
        .await
        .unwrap();
    assert_eq!(answer.rows.len(), 3);
    assert_eq!(answer.truncated, Some(Truncation::Rows));
    assert_eq!(seen_partitions(&stand_in), 1);
    let asked = stand_in.state().seen[0].body["parameters"]["rows_per_resultset"].clone();
    assert_eq!(asked, "4");
}

#[tokio::test]
async fn as_many_rows_as_the_limit_are_whole() {
    let stand_in = StandIn::start().await;
    stand_in.script("q", 0, texts(&[&["a", "b"], &["c"]]));
    let limits = Limits { rows: 3, ..LIMITS };
    let answer = query(&opened(&stand_in), "q", vec![], limits)
        .await
        .unwrap();
    assert_eq!((answer.rows.len(), answer.truncated), (3, None));
}

#[tokio::test]
async fn bytes_beyond_the_limit_are_not_fetched() {
    let stand_in = StandIn::start().await;
    let long = "x".repeat(600);
    stand_in.script("q", 0, texts(&[&[&long], &[&long], &[&long]]));
    let limits = Limits {
        bytes: 1024,
        ..LIMITS
    };
    let answer = query(&opened(&stand_in), "q", vec![], limits)
        .await
        .unwrap();
    assert_eq!(answer.rows.len(), 1);
    assert_eq!(answer.truncated, Some(Truncation::Bytes));
    assert_eq!(seen_partitions(&stand_in), 1);
}

#[tokio::test]
async fn a_partition_that_unpacks_to_much_more_is_not_read_to_its_end() {
    let stand_in = StandIn::start().await;
    // A body that was read whole would be found to break off.
    let bomb = format!("{{\"data\":[[\"b\"],[\"{}", "0".repeat(16 << 20));
    let End::Rows(columns, mut partitions) = texts(&[&["a"]]) else {
        unreachable!()
    };
    partitions.push(Json::String(bomb));
    stand_in.script("q", 0, End::Rows(columns, partitions));
    let limits = Limits {
        bytes: 1024,
        ..LIMITS
    };
    let answer = query(&opened(&stand_in), "q", vec![], limits)
        .await
        .unwrap();
    assert_eq!(answer.rows.len(), 2);
    assert_eq!(answer.truncated, Some(Truncation::Bytes));
}

#[tokio::test]
async fn a_slow_statement_is_stopped_at_its_deadline() {
    let stand_in = StandIn::start().await;
    stand_in.script("q", NEVER, texts(&[]));
    let time = Duration::from_millis(300);
    let answer = query(&opened(&stand_in), "q", vec![], Limits { time, ..LIMITS }).await;
    assert_eq!(answer, Err(WarehouseError::Time(time)));
    until(&stand_in, |state| state.cancelled() == 1).await;
}

#[tokio::test]
async fn a_statement_that_nobody_waits_for_is_stopped() {
    let stand_in = StandIn::start().await;
    stand_in.script("q", NEVER, texts(&[]));
    let snowflake = opened(&stand_in);
    let waiting = tokio::spawn(async move { query(&snowflake, "q", vec![], LIMITS).await });
    until(&stand_in, |state| state.runs() == 1).await;
    waiting.abort();
    until(&stand_in, |state| state.cancelled() == 1).await;
}

#[tokio::test]
async fn one_that_is_only_being_handed_in_is_stopped_too() {
    let stand_in = StandIn::start().await;
    stand_in.script("q", NEVER, texts(&[]));
    stand_in.state().thinking = Duration::from_secs(1);
    let time = Duration::from_millis(100);
    let answer = query(&opened(&stand_in), "q", vec![], Limits { time, ..LIMITS }).await;
    assert_eq!(answer, Err(WarehouseError::Time(time)));
    assert_eq!(stand_in.state().runs(), 0);
    until(&stand_in, |state| state.cancelled() == 1).await;
}

#[tokio::test]
async fn too_many_waiting_queries_are_refused() {
    let stand_in = StandIn::start().await;
    stand_in.script("q", NEVER, texts(&[]));
    let snowflake = opened(&stand_in);
    let waiting: Vec<_> = (0..34)
        .map(|_| {
            let snowflake = Arc::clone(&snowflake);
            tokio::spawn(async move { query(&snowflake, "q", vec![], LIMITS).await })
        })
        .collect();
    until(&stand_in, |state| state.runs() == 2).await;
    let refused = query(&snowflake, "q", vec![], LIMITS).await;
    assert_eq!(refused, Err(WarehouseError::Busy));
    for waiting in waiting {
        waiting.abort();
    }
    until(&stand_in, |state| state.cancelled() == state.runs()).await;
    assert_eq!(stand_in.state().runs(), 2);
}
