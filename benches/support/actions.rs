//! What one round measures of Ambit's actions on one database.

use std::path::Path;

use super::ambit::{Ambit, Spent};
use super::settings::Settings;
use super::statistics::Sample;
use super::straight::Straight;
use super::{load, request};

/// The tables of the warehouse, each in a file of the tests.
const TABLES: [&str; 2] = ["releases", "release_changes"];
/// A question of the kind that agents ask. SQLite and PostgreSQL understand it alike.
const SQL: &str = "SELECT kind, COUNT(*) AS releases FROM releases GROUP BY kind ORDER BY kind";

/// Microseconds that a call took within the server, as it counts itself; means over a measurement.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    /// What the action itself ran.
    pub run: f64,
    /// What came on top: who calls, scope, policy, limits, input, and the wait for the audit record.
    pub invoke: f64,
}

impl Cost {
    /// A call between two moments.
    pub fn between(before: &Spent, after: &Spent) -> Self {
        let calls = after.calls - before.calls;
        let run = (after.run - before.run) / calls;
        let whole = (after.whole - before.whole) / calls;
        Self {
            run: run * 1e6,
            invoke: (whole - run) * 1e6,
        }
    }
}

/// What was measured of actions.
pub struct Actions {
    /// `list_releases` by REST.
    pub rest: Vec<Sample>,
    /// `list_releases` by MCP.
    pub mcp: Vec<Sample>,
    /// `list_releases` by REST, one request at a time.
    pub alone: Vec<Sample>,
    /// What a call of `list_releases` cost within the server, with all connections.
    pub cost_under_load: Vec<Cost>,
    /// The same, one request at a time.
    pub cost_alone: Vec<Cost>,
    /// `query`, one request at a time.
    pub query: Vec<Sample>,
    /// The SQL of `query` straight on the warehouse.
    pub straight: Vec<Sample>,
    warehouse: Straight,
}

impl Actions {
    /// Loads the warehouse of a server.
    pub fn new(ambit: &Ambit) -> anyhow::Result<Self> {
        for table in TABLES {
            let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
            ambit.load_table(&data.join(format!("{table}.csv")), table)?;
        }
        Ok(Self {
            rest: Vec::new(),
            mcp: Vec::new(),
            alone: Vec::new(),
            cost_under_load: Vec::new(),
            cost_alone: Vec::new(),
            query: Vec::new(),
            straight: Vec::new(),
            warehouse: Straight::open(ambit.warehouse_url())?,
        })
    }

    /// Measures what one call takes when there is no other.
    pub fn measure_alone(
        &mut self,
        ambit: &Ambit,
        token: &str,
        settings: &Settings,
    ) -> anyhow::Result<()> {
        let server = ambit.process()?.address();
        let alone = |request| load::for_a_while(server, &[request], 1, settings.window);
        let before = ambit.spent()?;
        self.alone
            .push(alone(request::list_releases(server, token))?);
        self.cost_alone
            .push(Cost::between(&before, &ambit.spent()?));
        self.straight
            .push(self.warehouse.measure(SQL, settings.window)?);
        self.query.push(alone(request::query(server, token, SQL))?);
        Ok(())
    }
}
