//! A server that runs as a process of its own.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use rustix::process::{Pid, Signal, kill_process};

/// What a server prints before its address when it is ready.
pub const LISTENING: &str = " is listening on http://";

/// How long a server may take to end by itself.
const PATIENCE: Duration = Duration::from_secs(15);

/// A server that is ready. Dropping it ends the process and waits until it is gone.
pub struct Process {
    child: Child,
    /// Kept open, lest the process fail when it prints.
    _stdout: BufReader<ChildStdout>,
    address: SocketAddr,
    spawned: Instant,
}

impl Process {
    /// Starts a server and waits until it says where it listens. Its log goes nowhere: what a
    /// server logs is measured as its work, but not the speed of a disk or a terminal.
    pub fn start(command: &mut Command) -> anyhow::Result<Self> {
        let name = command.get_program().to_string_lossy().into_owned();
        let spawned = Instant::now();
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("starting {name}"))?;
        let mut stdout = BufReader::new(child.stdout.take().context("stdout is a pipe")?);
        let address = loop {
            let mut line = String::new();
            if stdout.read_line(&mut line)? == 0 {
                bail!("{name} did not start: {}", child.wait()?);
            }
            if let Some((_, address)) = line.split_once(LISTENING) {
                break address.trim().parse()?;
            }
        };
        Ok(Self {
            child,
            _stdout: stdout,
            address,
            spawned,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// When the process was spawned.
    pub fn spawned(&self) -> Instant {
        self.spawned
    }

    /// The number of the process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    fn end(&mut self) -> std::io::Result<()> {
        let id = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        if let Some(id) = id {
            kill_process(id, Signal::TERM)?;
        }
        let asked = Instant::now();
        while asked.elapsed() < PATIENCE {
            if self.child.try_wait()?.is_some() {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(5));
        }
        self.child.kill()?;
        self.child.wait().map(|_| ())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            eprintln!("process {} did not end: {error}", self.child.id());
        }
    }
}
