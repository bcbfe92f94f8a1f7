//! A PostgreSQL cluster that one test has for itself, to stop it, start it and make it hang.

use std::{
    fs::{self, File},
    io::Write,
    net::TcpListener,
    os::unix::fs::{OpenOptionsExt, chown},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use diesel::{Connection, PgConnection};
use rustix::process::{Pid, Signal, getuid, kill_process};
use tempfile::TempDir;
use uuid::Uuid;

use super::within;

/// How long the cluster may take until it answers.
const START_LIMIT: Duration = Duration::from_secs(60);

/// The account that PostgreSQL runs as where the tests run as root, which it refuses to be.
const ACCOUNT: &str = "postgres";

/// A cluster on a port of its own on loopback; stopped and removed when dropped.
pub struct Cluster {
    folder: TempDir,
    programs: PathBuf,
    password: String,
    port: u16,
    postmaster: Option<Child>,
}

impl Cluster {
    /// Makes a cluster and starts it.
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let mut cluster = Self {
            programs: programs(),
            password: Uuid::new_v4().simple().to_string(),
            port: free_port(),
            postmaster: None,
            folder,
        };
        cluster.initialise();
        cluster.start_again();
        cluster
    }

    /// Its address, as `AMBIT_DATABASE_URL` takes it.
    pub fn url(&self) -> String {
        let Self { password, port, .. } = self;
        format!("postgres://ambit:{password}@127.0.0.1:{port}/postgres")
    }

    /// Stops it without waiting for anybody, as a crash does.
    pub fn stop(&mut self) {
        if let Some(mut postmaster) = self.postmaster.take() {
            signal(postmaster.id(), Signal::QUIT);
            postmaster.wait().expect("PostgreSQL ends");
        }
    }

    /// Starts it on the port it had, and waits until it answers.
    pub fn start_again(&mut self) {
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.folder.path().join("log"))
            .expect("a log can be written");
        // `--pdeathsig` ends the cluster even when the test is killed.
        let mut command = self.as_account(["--pdeathsig", "QUIT"], "postgres");
        command
            .args(["-c", "listen_addresses=127.0.0.1", "-c"])
            .arg(format!("port={}", self.port))
            .args(["-c", "unix_socket_directories=", "-D"])
            .arg(self.data())
            .stdout(log.try_clone().expect("a log has two ends"))
            .stderr(log);
        self.postmaster = Some(command.spawn().expect("PostgreSQL starts"));
        within(START_LIMIT, "PostgreSQL answers", || {
            PgConnection::establish(&self.url()).is_ok()
        });
    }

    /// Stops all of its processes where they are: connections stay open and nobody answers.
    pub fn hang(&self) {
        for process in self.processes() {
            signal(process, Signal::STOP);
        }
    }

    /// Lets its processes go on.
    pub fn go_on(&self) {
        for process in self.processes() {
            signal(process, Signal::CONT);
        }
    }

    /// The postmaster, and then the processes that it has made.
    fn processes(&self) -> Vec<u32> {
        let postmaster = self.postmaster.as_ref().expect("PostgreSQL runs").id();
        let children = fs::read_to_string(format!("/proc/{postmaster}/task/{postmaster}/children"))
            .expect("the system tells a process's children");
        let children = children
            .split_whitespace()
            .map(|id| id.parse().expect("an id"));
        [postmaster].into_iter().chain(children).collect()
    }

    fn initialise(&self) {
        let password_file = self.folder.path().join("password");
        let mut options = File::options();
        let mut file = options
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&password_file)
            .expect("a password file can be made");
        file.write_all(self.password.as_bytes())
            .expect("a password can be written");
        if getuid().is_root() {
            let (user, group) = account();
            for path in [self.folder.path(), &password_file] {
                chown(path, Some(user), Some(group)).expect("root may give files away");
            }
        }
        let mut command = self.as_account([], "initdb");
        let status = command
            .arg("--pwfile")
            .arg(&password_file)
            .args([
                "--username=ambit",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
            ])
            .args(["--locale=C", "--no-sync", "--pgdata"])
            .arg(self.data())
            .stdout(Stdio::null())
            .status()
            .expect("initdb runs");
        assert!(status.success(), "initdb: {status}");
    }

    /// One of PostgreSQL's programs, run as an account that it accepts.
    fn as_account<const N: usize>(&self, options: [&str; N], program: &str) -> Command {
        let mut command = Command::new("setpriv");
        if getuid().is_root() {
            command.args(["--reuid", ACCOUNT, "--regid", ACCOUNT, "--init-groups"]);
        }
        command
            .args(options)
            .arg("--")
            .arg(self.programs.join(program))
            .current_dir(self.folder.path())
            .stdin(Stdio::null());
        command
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(mut postmaster) = self.postmaster.take() {
            // A stopped process would not take the other signal.
            signal(postmaster.id(), Signal::QUIT);
            signal(postmaster.id(), Signal::CONT);
            let _ = postmaster.wait();
        }
    }
}

fn signal(process: u32, signal: Signal) {
    let process = i32::try_from(process).ok().and_then(Pid::from_raw);
    // A backend may have ended by itself since it was listed.
    let _ = kill_process(process.expect("a process id"), signal);
}

/// The folder of the newest PostgreSQL's programs.
fn programs() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let debian = versions
        .filter_map(|version| Some(version.ok()?.path().join("bin")))
        .filter(|programs| programs.join("initdb").exists())
        .max_by_key(|programs| version(programs));
    debian
        .or_else(|| {
            let path = std::env::var_os("PATH")?;
            std::env::split_paths(&path).find(|programs| programs.join("initdb").exists())
        })
        .expect("PostgreSQL is installed; `tests/run postgres` sees to it")
}

fn version(programs: &Path) -> Option<u32> {
    programs.parent()?.file_name()?.to_str()?.parse().ok()
}

fn account() -> (u32, u32) {
    let accounts = fs::read_to_string("/etc/passwd").expect("accounts can be read");
    let fields = accounts
        .lines()
        .map(|line| line.split(':').collect::<Vec<_>>())
        .find(|fields| fields[0] == ACCOUNT)
        .expect("there is an account for PostgreSQL");
    let number = |text: &str| text.parse().expect("an account's number");
    (number(fields[2]), number(fields[3]))
}

fn free_port() -> u16 {
    let probe = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    probe.local_addr().expect("the port is known").port()
}
