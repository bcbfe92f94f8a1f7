//! PostgreSQL databases that nobody else uses, one for Ambit and one for its warehouse: on the cluster that `AMBIT_TEST_POSTGRES` names, or
//! on one that is started for this run.

use std::env;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, bail};
use diesel::{Connection, PgConnection, RunQueryDsl, sql_query};
use url::Url;

/// The databases. Dropping this removes them, and stops the cluster if it was started for them.
pub struct Postgres {
    cluster: Url,
    name: String,
    own_cluster: Option<Child>,
}

impl Postgres {
    /// Makes the databases.
    pub fn create() -> anyhow::Result<Self> {
        let (cluster, own_cluster) = match env::var("AMBIT_TEST_POSTGRES") {
            Ok(address) => (address, None),
            Err(_) => start_cluster()?,
        };
        let cluster = Url::parse(&cluster).context("the address of the PostgreSQL cluster")?;
        let name = format!("ambit_bench_{}", uuid::Uuid::new_v4().simple());
        let postgres = Self {
            cluster,
            name,
            own_cluster,
        };
        for name in postgres.names() {
            postgres.execute(&format!("CREATE DATABASE {name} TEMPLATE template0"))?;
        }
        Ok(postgres)
    }

    /// The address of Ambit's database, and that of its warehouse.
    pub fn urls(&self) -> [String; 2] {
        self.names().map(|name| {
            let mut url = self.cluster.clone();
            url.set_path(&name);
            url.into()
        })
    }

    fn names(&self) -> [String; 2] {
        [self.name.clone(), format!("{}_warehouse", self.name)]
    }

    fn execute(&self, statement: &str) -> anyhow::Result<()> {
        let mut connection = PgConnection::establish(self.cluster.as_str())?;
        sql_query(statement).execute(&mut connection)?;
        Ok(())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let removed = match &mut self.own_cluster {
            // The script stops the cluster, and removes its data, when its stdin ends.
            Some(script) => {
                drop(script.stdin.take());
                script.wait().map(|_| ()).map_err(anyhow::Error::from)
            }
            None => self.names().iter().try_for_each(|name| {
                self.execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
            }),
        };
        if let Err(error) = removed {
            eprintln!("{} was not removed: {error}", self.name);
        }
    }
}

fn start_cluster() -> anyhow::Result<(String, Option<Child>)> {
    let mut script = Command::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/benches/support/postgres.sh"
    ))
    .stdin(Stdio::piped())
    .stdout(Stdio::piped())
    .spawn()
    .context("starting PostgreSQL")?;
    let mut address = String::new();
    let stdout = script.stdout.take().context("stdout is a pipe")?;
    if BufReader::new(stdout).read_line(&mut address)? == 0 {
        bail!("PostgreSQL did not start: {}", script.wait()?);
    }
    Ok((address.trim().to_owned(), Some(script)))
}
