//! One run of the `ambit` binary as a server: spawned, listened to, and ended.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    io::{BufRead, BufReader, Read},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// How long a server may take until it listens. Long, because a debug build on a busy machine
/// may make an RSA key first.
const START_LIMIT: Duration = Duration::from_secs(60);

/// How long a server may take to end after `SIGTERM`.
const STOP_LIMIT: Duration = Duration::from_secs(30);

/// What the server writes to stdout before the address on which it listens.
const LISTENING: &str = "ambit is listening on ";

/// A server process that listens.
pub struct ServerProcess {
    child: Child,
    stdout: Transcript,
    stderr: Transcript,
    address: String,
}

/// A server that ended before it listened.
#[derive(Debug)]
pub struct Refusal {
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
}

/// An empty folder below Cargo's target folder, removed when dropped.
pub fn working_folder() -> TempDir {
    tempfile::Builder::new()
        .prefix("ambit-")
        .tempdir_in(env!("CARGO_TARGET_TMPDIR"))
        .expect("a temporary folder can be made")
}

/// The binary that Cargo built for this run.
pub fn usual_binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_ambit"))
}

/// A command for a binary of Ambit. Of this process's environment it has nothing but `PATH`.
pub fn command<A: AsRef<OsStr>>(
    binary: &Path,
    folder: &Path,
    environment: &BTreeMap<String, String>,
    arguments: &[A],
) -> Command {
    let mut command = Command::new(binary);
    command.current_dir(folder).env_clear().stdin(Stdio::null());
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    command.envs(environment).args(arguments);
    command
}

impl ServerProcess {
    /// Spawns the command and waits until it says where it listens, or has ended.
    pub fn spawn(mut command: Command) -> Result<Self, Refusal> {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the ambit binary starts");
        let stdout = Transcript::of(child.stdout.take().expect("stdout is piped"));
        let stderr = Transcript::of(child.stderr.take().expect("stderr is piped"));
        let started = Instant::now();
        loop {
            if let Some(address) = stdout.address() {
                return Ok(Self {
                    child,
                    stdout,
                    stderr,
                    address,
                });
            }
            if let Some(status) = child.try_wait().expect("the server's state can be read") {
                return Err(Refusal {
                    status,
                    stdout: stdout.whole(),
                    stderr: stderr.whole(),
                });
            }
            if started.elapsed() > START_LIMIT {
                child.kill().expect("the server can be killed");
                child.wait().expect("the server can be waited for");
                panic!(
                    "the server did not listen within {START_LIMIT:?}\n{}{}",
                    stdout.whole(),
                    stderr.whole()
                );
            }
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// The address it listens on, as it printed it: `http://127.0.0.1:PORT`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The operating system's number of the process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it has written to stdout so far.
    pub fn stdout(&self) -> String {
        self.stdout.so_far()
    }

    /// What it has written to stderr so far; the log is there.
    pub fn stderr(&self) -> String {
        self.stderr.so_far()
    }

    /// Sends `SIGTERM` and comes back at once. Ended already is no error.
    pub fn terminate(&mut self) {
        if self
            .child
            .try_wait()
            .expect("the server's state can be read")
            .is_some()
        {
            return;
        }
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        kill_process(pid.expect("a process id"), Signal::TERM).expect("the server takes SIGTERM");
    }

    /// Sends `SIGTERM` and waits until the process has ended. Ended already is no error.
    pub fn stop(&mut self) -> ExitStatus {
        self.terminate();
        self.wait()
    }

    /// Waits until the process has ended.
    pub fn wait(&mut self) -> ExitStatus {
        let started = Instant::now();
        while started.elapsed() < STOP_LIMIT {
            if let Some(status) = self
                .child
                .try_wait()
                .expect("the server's state can be read")
            {
                return status;
            }
            thread::sleep(Duration::from_millis(5));
        }
        panic!(
            "the server did not end within {STOP_LIMIT:?}\n{}",
            self.stderr()
        );
    }

    /// Sends `SIGKILL` and waits until the process has ended. Ended already is no error.
    pub fn kill(&mut self) {
        self.child.kill().expect("the server can be killed");
        self.child.wait().expect("the server can be waited for");
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            eprintln!(
                "--- stderr of {} ---\n{}",
                self.address,
                self.stderr.whole()
            );
        }
    }
}

/// Everything a stream has said, collected by a thread of its own so that the writer never waits.
struct Transcript {
    text: Arc<Mutex<String>>,
    reader: Mutex<Option<thread::JoinHandle<()>>>,
}

impl Transcript {
    fn of(stream: impl Read + Send + 'static) -> Self {
        let text = Arc::new(Mutex::new(String::new()));
        let collected = Arc::clone(&text);
        let reader = thread::spawn(move || {
            let mut stream = BufReader::new(stream);
            let mut line = Vec::new();
            while stream
                .read_until(b'\n', &mut line)
                .is_ok_and(|length| length > 0)
            {
                collected
                    .lock()
                    .unwrap()
                    .push_str(&String::from_utf8_lossy(&line));
                line.clear();
            }
        });
        Self {
            text,
            reader: Mutex::new(Some(reader)),
        }
    }

    fn so_far(&self) -> String {
        self.text.lock().unwrap().clone()
    }

    /// All that was said until the stream ended; the process must have ended before.
    fn whole(&self) -> String {
        if let Some(reader) = self.reader.lock().unwrap().take() {
            let _ = reader.join();
        }
        self.so_far()
    }

    fn address(&self) -> Option<String> {
        let text = self.text.lock().unwrap();
        let complete_lines = text
            .split_inclusive('\n')
            .filter(|line| line.ends_with('\n'));
        complete_lines.into_iter().find_map(|line| {
            let address = line.strip_prefix(LISTENING)?.split_whitespace().next()?;
            Some(address.to_owned())
        })
    }
}
