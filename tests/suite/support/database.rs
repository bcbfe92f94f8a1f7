//! A fresh database for each test, on the backend that `AMBIT_TEST_DATABASE` names.

use std::{
    env,
    error::Error,
    fs::OpenOptions,
    path::{Path, PathBuf},
};

use diesel::{
    Connection, PgConnection, RunQueryDsl, SqliteConnection, connection::SimpleConnection,
    sql_query,
};
use url::Url;
use uuid::Uuid;

/// The databases the suite runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    Sqlite,
    Postgres,
}

impl Backend {
    /// The backend of this run, from `AMBIT_TEST_DATABASE`.
    pub fn of_this_run() -> Self {
        match env::var("AMBIT_TEST_DATABASE").as_deref() {
            Ok("postgres") => Self::Postgres,
            Ok("sqlite") | Err(env::VarError::NotPresent) => Self::Sqlite,
            other => panic!("AMBIT_TEST_DATABASE must be sqlite or postgres, not {other:?}"),
        }
    }
}

/// A database that nobody else uses.
pub enum TestDatabase {
    /// The file; it is removed with the folder it lies in.
    Sqlite { file: PathBuf },
    /// A database of the test cluster, dropped with this value.
    Postgres { name: String },
}

impl TestDatabase {
    /// An empty database; an embedded one lies in the folder, at `data/ambit.db`.
    pub fn create(backend: Backend, folder: &Path) -> Self {
        match backend {
            Backend::Sqlite => Self::Sqlite {
                file: folder.join("data/ambit.db"),
            },
            Backend::Postgres => {
                let name = format!("ambit_test_{}", Uuid::new_v4().simple());
                on_cluster(&format!("CREATE DATABASE {name} TEMPLATE template0"));
                Self::Postgres { name }
            }
        }
    }

    /// Its address, as `AMBIT_DATABASE_URL` takes it.
    pub fn url(&self) -> String {
        match self {
            Self::Sqlite { file } => format!("sqlite://{}", file.display()),
            Self::Postgres { name } => {
                let mut url = cluster();
                url.set_path(name);
                url.into()
            }
        }
    }

    /// Variables for a warehouse beside it: a file beside its folder, or a schema of its own.
    pub fn warehouse(&self) -> Vec<(String, String)> {
        let variables = match self {
            Self::Sqlite { file } => {
                // The database's own folder is the server's to make; this file is there before, and
                // empty.
                let folder = file.parent().and_then(Path::parent).expect("a folder");
                let file = folder.join("warehouse.db");
                let there = OpenOptions::new().create(true).append(true).open(&file);
                there.expect("a file can be made");
                vec![(
                    "AMBIT_WAREHOUSE_URL",
                    format!("sqlite://{}", file.display()),
                )]
            }
            Self::Postgres { .. } => vec![
                ("AMBIT_WAREHOUSE_URL", self.url()),
                ("AMBIT_WAREHOUSE_SCHEMA", "warehouse".to_owned()),
            ],
        };
        variables
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }

    /// Runs one statement behind the server's back, and tells how many rows it touched.
    pub fn execute(&self, statement: &str) -> usize {
        match self {
            Self::Sqlite { file } => {
                let mut connection = SqliteConnection::establish(&file.display().to_string())
                    .expect("the embedded database opens");
                connection
                    .batch_execute("PRAGMA busy_timeout = 10000")
                    .expect("a busy database is waited for");
                sql_query(statement)
                    .execute(&mut connection)
                    .expect("the statement runs")
            }
            Self::Postgres { .. } => {
                let mut connection =
                    PgConnection::establish(&self.url()).expect("the test database answers");
                sql_query(statement)
                    .execute(&mut connection)
                    .expect("the statement runs")
            }
        }
    }

    /// Makes a PostgreSQL database refuse everybody, and ends the connections that it has.
    pub fn go_away(&self) {
        let name = self.postgres_name();
        on_cluster(&format!(
            "ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false"
        ));
        on_cluster(&format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        ));
    }

    /// Lets a PostgreSQL database that went away answer again.
    pub fn come_back(&self) {
        on_cluster(&format!(
            "ALTER DATABASE {} WITH ALLOW_CONNECTIONS true",
            self.postgres_name()
        ));
    }

    fn postgres_name(&self) -> &str {
        match self {
            Self::Postgres { name } => name,
            Self::Sqlite { .. } => panic!("only a PostgreSQL database can go away"),
        }
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Self::Postgres { name } = self {
            let statement = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
            if let Err(error) = try_on_cluster(&statement) {
                // No panic here: it would hide the one that ends the test.
                eprintln!("{name} was not dropped: {error}");
            }
        }
    }
}

/// The test cluster's maintenance database.
fn cluster() -> Url {
    let address = env::var("AMBIT_TEST_POSTGRES")
        .expect("AMBIT_TEST_POSTGRES is set; `tests/run postgres` starts a cluster and sets it");
    Url::parse(&address).expect("AMBIT_TEST_POSTGRES is an address")
}

/// Runs one statement on the maintenance database.
fn on_cluster(statement: &str) {
    try_on_cluster(statement).expect("the test cluster runs the statement");
}

fn try_on_cluster(statement: &str) -> Result<usize, Box<dyn Error>> {
    let mut connection = PgConnection::establish(cluster().as_str())?;
    Ok(sql_query(statement).execute(&mut connection)?)
}
