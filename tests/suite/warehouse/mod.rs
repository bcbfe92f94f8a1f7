//! The warehouse: what is loaded, what comes out, and what is refused, on both databases.

mod bounds;
mod load;
mod own;
mod tls;
mod values;

use std::sync::Arc;
use std::time::Duration;

use ambit::config::{self, Sources};
use ambit::warehouse::{Limits, Rows, Statement, Value, Warehouse, WarehouseError};
use tempfile::TempDir;

use crate::support::{Backend, TestDatabase};

/// A file of `tests/data`.
fn data(name: &str) -> String {
    format!("{}/tests/data/{name}", env!("CARGO_MANIFEST_DIR"))
}

const LIMITS: Limits = Limits {
    rows: 10_000,
    bytes: 10_000_000,
    time: Duration::from_secs(20),
};

/// A warehouse that nobody else uses, without a server.
struct Place {
    settings: config::Warehouse,
    warehouse: Arc<dyn Warehouse>,
    runtime: tokio::runtime::Runtime,
    database: TestDatabase,
    _folder: TempDir,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = TestDatabase::create(Backend::of_this_run(), folder.path());
        let settings = settings(&database);
        let runtime = runtime();
        let warehouse = runtime.block_on(ambit::warehouse::open(&settings)).unwrap();
        Self {
            settings,
            warehouse,
            runtime,
            database,
            _folder: folder,
        }
    }

    /// Loads a table from the text of a CSV file.
    #[track_caller]
    fn load(&self, table: &str, text: &str) {
        use ambit::warehouse::load;
        let request = load::Request::new(load::TableName::parse(table).unwrap());
        let mut input = std::io::Cursor::new(text.as_bytes());
        let loading = load::load(&self.settings, &request, &mut input, &|_| {});
        self.runtime.block_on(loading).unwrap();
    }

    fn within(
        &self,
        sql: &str,
        parameters: &[Value],
        limits: Limits,
    ) -> Result<Rows, WarehouseError> {
        let statement = Statement {
            sql: sql.to_owned(),
            parameters: parameters.to_vec(),
        };
        self.runtime
            .block_on(self.warehouse.query(statement, limits))
    }

    #[track_caller]
    fn ask(&self, sql: &str, parameters: &[Value]) -> Rows {
        self.within(sql, parameters, LIMITS)
            .unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    #[track_caller]
    fn refusal(&self, sql: &str) -> String {
        match self.within(sql, &[], LIMITS) {
            Err(WarehouseError::Statement(text)) => text,
            other => panic!("{sql}: {other:?}"),
        }
    }

    fn placeholder(&self, position: usize) -> String {
        self.warehouse.dialect().placeholder(position)
    }
}

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

fn on_postgres() -> bool {
    Backend::of_this_run() == Backend::Postgres
}

fn settings(database: &TestDatabase) -> config::Warehouse {
    let sources = Sources {
        environment: database.warehouse().into_iter().collect(),
        ..Sources::default()
    };
    config::load(&sources).unwrap().warehouse
}

fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().unwrap()
}

/// How many rows a table has in the warehouse beside a server's database.
fn count(database: &TestDatabase, table: &str) -> i64 {
    let settings = settings(database);
    let statement = Statement {
        sql: format!("SELECT count(*) FROM {table}"),
        parameters: Vec::new(),
    };
    let rows = runtime().block_on(async {
        let warehouse = ambit::warehouse::open(&settings).await.unwrap();
        warehouse.query(statement, LIMITS).await.unwrap()
    });
    match rows.rows[0][0] {
        Value::Integer(count) => count,
        ref other => panic!("{other:?}"),
    }
}
