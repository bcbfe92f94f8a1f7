//! Ambit as a process, with a folder and clients of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::process::Process;
use super::request::Credentials;

const ADMIN_USER: &str = "admin";
/// The port changes from start to start; tokens hold only if the issuer does not.
const ISSUER: &str = "http://127.0.0.1:8000";
/// What clients may do.
const SCOPE: &str = "protected releases:read warehouse:read";

/// What a process has spent on calls of actions since it started.
pub struct Spent {
    /// How many there were.
    pub calls: f64,
    /// Seconds in all, from finding out who calls until the record of the call was durable.
    pub whole: f64,
    /// Seconds of these that the actions themselves ran.
    pub run: f64,
}

/// A server that can be stopped and started again with all that it knows on disk.
pub struct Ambit {
    process: Option<Process>,
    database_url: String,
    warehouse_url: String,
    admin_password: String,
    http: reqwest::blocking::Client,
    folder: TempDir,
}

impl Ambit {
    /// Starts it for the first time, so that it makes its tables and keys. Without the addresses of a
    /// database and a warehouse it takes embedded ones.
    pub fn start(
        database_url: Option<String>,
        warehouse_url: Option<String>,
    ) -> anyhow::Result<Self> {
        // Below the target folder, since the folder for temporary files may lie in memory, where a
        // commit costs nothing.
        let folder = tempfile::Builder::new()
            .prefix("bench-")
            .tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        let embedded = |name: &str| format!("sqlite://{}", folder.path().join(name).display());
        let mut ambit = Self {
            process: None,
            database_url: database_url.unwrap_or_else(|| embedded("ambit.db")),
            warehouse_url: warehouse_url.unwrap_or_else(|| embedded("warehouse.db")),
            admin_password: uuid::Uuid::new_v4().to_string(),
            http: reqwest::blocking::Client::builder().no_proxy().build()?,
            folder,
        };
        ambit.restart()?;
        Ok(ambit)
    }

    /// Ends the process and starts another, which has nothing in memory.
    pub fn restart(&mut self) -> anyhow::Result<()> {
        self.process = None;
        let mut command = self.command();
        command
            .arg("serve")
            .env("AMBIT_LISTEN", "127.0.0.1:0")
            .env("AMBIT_ISSUER", ISSUER)
            .env("AMBIT_KEYS_DIR", self.keys())
            .env("AMBIT_ADMIN_USER", ADMIN_USER)
            .env("AMBIT_ADMIN_PASSWORD", &self.admin_password)
            // What is measured is what the server can do, not what one client may have of it.
            .env("AMBIT_ACTION_CALLS_PER_MINUTE", "0");
        self.process = Some(Process::start(&mut command)?);
        Ok(())
    }

    /// Loads a CSV file into a table of the warehouse, as an operator does.
    pub fn load_table(&self, file: &Path, table: &str) -> anyhow::Result<()> {
        let mut command = self.command();
        command
            .args(["warehouse", "load", "--table", table])
            .arg(file);
        let finished = command.output()?;
        if !finished.status.success() {
            let why = String::from_utf8_lossy(&finished.stderr);
            bail!("{} was not loaded: {why}", file.display());
        }
        Ok(())
    }

    /// The address of the warehouse.
    pub fn warehouse_url(&self) -> &str {
        &self.warehouse_url
    }

    /// Ambit's command line, with nothing set but where its databases are.
    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ambit"));
        command
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .env_clear()
            .env("AMBIT_DATABASE_URL", &self.database_url)
            .env("AMBIT_WAREHOUSE_URL", &self.warehouse_url);
        command
    }

    /// The process that runs.
    pub fn process(&self) -> anyhow::Result<&Process> {
        self.process.as_ref().context("the server does not run")
    }

    /// The file that holds its signing key, in PEM.
    pub fn key_file(&self) -> anyhow::Result<PathBuf> {
        let mut files =
            std::fs::read_dir(self.keys())?.map(|entry| entry.map(|entry| entry.path()));
        let is_key = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "pem");
        let found = files
            .find(|path| path.as_ref().is_ok_and(is_key))
            .transpose()?;
        found.context("the server has made no key")
    }

    /// Registers clients that may do all that is measured.
    pub fn register(&self, count: usize) -> anyhow::Result<Vec<Credentials>> {
        (0..count)
            .map(|number| self.register_one(&format!("bench {number}")))
            .collect()
    }

    fn register_one(&self, client_name: &str) -> anyhow::Result<Credentials> {
        let request = self
            .http
            .post(self.url("/admin/api/clients")?)
            .basic_auth(ADMIN_USER, Some(&self.admin_password))
            .json(&json!({ "client_name": client_name, "scope": SCOPE }));
        let answer: Value = checked(request, 201)?.json()?;
        Ok(Credentials {
            client_id: text(&answer, "client_id")?,
            client_secret: text(&answer, "client_secret")?,
        })
    }

    /// Gets a token for everything that is measured, good at each of its doors.
    pub fn token(&self, client: &Credentials) -> anyhow::Result<String> {
        let request = self
            .http
            .post(self.url("/token")?)
            .basic_auth(&client.client_id, Some(&client.client_secret))
            .form(&[
                ("grant_type", "client_credentials"),
                ("scope", SCOPE),
                ("resource", ISSUER),
                ("resource", &format!("{ISSUER}/mcp")),
            ]);
        text(&checked(request, 200)?.json()?, "access_token")
    }

    /// What the running process has spent on calls of actions so far.
    pub fn spent(&self) -> anyhow::Result<Spent> {
        let metrics = self.http.get(self.url("/metrics")?);
        let metrics = checked(metrics, 200)?.text()?;
        let value = |name: &str| -> anyhow::Result<f64> {
            let named = |line: &str| Some(line.strip_prefix(name)?.trim().to_owned());
            let value = metrics.lines().find_map(named);
            let value = value.with_context(|| format!("no {name} among the metrics"))?;
            Ok(value.parse()?)
        };
        Ok(Spent {
            calls: value("ambit_action_duration_seconds_count ")?,
            whole: value("ambit_action_duration_seconds_sum ")?,
            run: value("ambit_action_run_seconds_sum ")?,
        })
    }

    fn url(&self, path: &str) -> anyhow::Result<String> {
        Ok(format!("http://{}{path}", self.process()?.address()))
    }

    fn keys(&self) -> PathBuf {
        Path::join(self.folder.path(), "keys")
    }
}

fn checked(
    request: reqwest::blocking::RequestBuilder,
    expected: u16,
) -> anyhow::Result<reqwest::blocking::Response> {
    let answer = request.send()?;
    if answer.status() != expected {
        bail!(
            "{} answered {}: {}",
            answer.url().clone(),
            answer.status(),
            answer.text()?
        );
    }
    Ok(answer)
}

fn text(answer: &Value, name: &str) -> anyhow::Result<String> {
    let value = answer.get(name).and_then(Value::as_str);
    value
        .map(str::to_owned)
        .with_context(|| format!("no {name} in {answer}"))
}
