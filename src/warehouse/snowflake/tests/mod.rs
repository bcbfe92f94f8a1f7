//! The backend against a stand-in that answers as the documentation says.

pub mod keys;
mod limits;
mod refusals;
mod stand_in;
mod statements;

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use serde_json::{Value as Json, json};

use super::super::backend::{Limits, Statement, WarehouseError};
use super::super::value::{Rows, Value};
use super::{Snowflake, Warehouse};
use crate::config::SnowflakeAddress;
use crate::model::{ManualClock, Timestamp};
use stand_in::{End, NOW, StandIn};

pub const LIMITS: Limits = Limits {
    rows: 1000,
    bytes: 1 << 20,
    time: Duration::from_secs(20),
};

/// Where the stand-in is asked.
pub fn address(host: &str) -> SnowflakeAddress {
    SnowflakeAddress {
        account: "myorg-account1".to_owned(),
        database: "SALES".to_owned(),
        schema: "PUBLIC".to_owned(),
        user: "ambit".to_owned(),
        warehouse: Some("READING".to_owned()),
        role: Some("READER".to_owned()),
        host: Some(host.to_owned()),
    }
}

fn opened(stand_in: &StandIn) -> Arc<Snowflake> {
    let clock = Arc::new(ManualClock::at(Timestamp::from_seconds(NOW)));
    let key = SecretString::from(keys::private_pem());
    Arc::new(Snowflake::open(address(&stand_in.address), Some(&key), 2, clock).unwrap())
}

async fn query(
    snowflake: &Snowflake,
    sql: &str,
    parameters: Vec<Value>,
    limits: Limits,
) -> Result<Rows, WarehouseError> {
    let sql = sql.to_owned();
    snowflake.query(Statement { sql, parameters }, limits).await
}

/// Waits until the stand-in knows what it is asked for, at most some seconds.
async fn until(stand_in: &StandIn, is_so: impl Fn(&stand_in::State) -> bool) {
    for _ in 0..500 {
        if is_so(&stand_in.state()) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!(
        "the stand-in was not asked for it: {:?}",
        stand_in.state().seen
    );
}

/// One column of text, and its values by partition.
fn texts(partitions: &[&[&str]]) -> End {
    let partitions = partitions
        .iter()
        .map(|rows| rows.iter().map(|text| json!([text])).collect::<Json>())
        .collect();
    End::Rows(json!([{"name": "T", "type": "text"}]), partitions)
}
