//! Ambit as a process, with a folder and clients of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::process::Process;
use super::request::Credentials;

const ADMIN_USER: &str = "admin";

/// A server that can be stopped and started again with all that it knows on disk.
pub struct Ambit {
    process: Option<Process>,
    database_url: String,
    admin_password: String,
    http: reqwest::blocking::Client,
    folder: TempDir,
}

impl Ambit {
    /// Starts it for the first time, so that it makes its tables and keys. Without an address of a
    /// database it takes an embedded one.
    pub fn start(database_url: Option<String>) -> anyhow::Result<Self> {
        // Below the target folder, since the folder for temporary files may lie in memory, where a
        // commit costs nothing.
        let folder = tempfile::Builder::new()
            .prefix("bench-")
            .tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        let embedded = || format!("sqlite://{}", folder.path().join("ambit.db").display());
        let mut ambit = Self {
            process: None,
            database_url: database_url.unwrap_or_else(embedded),
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
        let mut command = Command::new(env!("CARGO_BIN_EXE_ambit"));
        command
            .arg("serve")
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .env_clear()
            .env("AMBIT_LISTEN", "127.0.0.1:0")
            // The port changes from start to start; tokens hold only if the issuer does not.
            .env("AMBIT_ISSUER", "http://127.0.0.1:8000")
            .env("AMBIT_KEYS_DIR", self.keys())
            .env("AMBIT_DATABASE_URL", &self.database_url)
            .env("AMBIT_ADMIN_USER", ADMIN_USER)
            .env("AMBIT_ADMIN_PASSWORD", &self.admin_password);
        self.process = Some(Process::start(&mut command)?);
        Ok(())
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

    /// Registers clients with the scope `protected`.
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
            .json(&json!({ "client_name": client_name, "scope": "protected" }));
        let answer: Value = checked(request, 201)?.json()?;
        Ok(Credentials {
            client_id: text(&answer, "client_id")?,
            client_secret: text(&answer, "client_secret")?,
        })
    }

    /// Gets a token.
    pub fn token(&self, client: &Credentials) -> anyhow::Result<String> {
        let request = self
            .http
            .post(self.url("/token")?)
            .basic_auth(&client.client_id, Some(&client.client_secret))
            .form(&[("grant_type", "client_credentials"), ("scope", "protected")]);
        text(&checked(request, 200)?.json()?, "access_token")
    }

    /// What `/protected` answers.
    pub fn protected_body(&self, token: &str) -> anyhow::Result<Vec<u8>> {
        let request = self.http.get(self.url("/protected")?).bearer_auth(token);
        Ok(checked(request, 200)?.bytes()?.to_vec())
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
