//! The other authorization servers: installed once, and started with Ambit's key and client.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};

use super::process::Process;
use super::request::Credentials;

const PEERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers");

/// Where the peers are installed.
pub struct Peers {
    folder: PathBuf,
}

impl Peers {
    /// Installs what is pinned, unless it is there.
    pub fn install() -> anyhow::Result<Self> {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .parent()
            .context("a target folder")?;
        let folder = target.join("bench-peers");
        let mut install = Command::new(format!("{PEERS}/install.sh"));
        let status = install
            .arg(&folder)
            .status()
            .context("installing the peers")?;
        ensure!(status.success(), "the peers were not installed: {status}");
        Ok(Self { folder })
    }

    /// Authlib on Flask, in gunicorn's processes.
    pub fn authlib(&self, key_file: &Path, client: &Credentials) -> anyhow::Result<Process> {
        let arguments = ["--config", "gunicorn.conf.py", "authlib_server:app"];
        self.start("venv/bin/gunicorn", &arguments, key_file, client)
    }

    /// oidc-provider, in one process.
    pub fn oidc_provider(&self, key_file: &Path, client: &Credentials) -> anyhow::Result<Process> {
        self.start("node", &["oidc_provider.mjs"], key_file, client)
    }

    fn start(
        &self,
        program: &str,
        arguments: &[&str],
        key_file: &Path,
        client: &Credentials,
    ) -> anyhow::Result<Process> {
        let mut command = Command::new(self.folder.join(program));
        command
            .args(arguments)
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .env("KEY_FILE", key_file)
            .env("CLIENT_ID", &client.client_id)
            .env("CLIENT_SECRET", &client.client_secret)
            .env("NODE_ENV", "production");
        Process::start(&mut command)
    }
}
