//! A server of its own for one test: binary, folder, keys, database, administrator.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Output},
    sync::Arc,
};

use tempfile::TempDir;

use super::{
    builder::ServerBuilder,
    client::{Admin, Agent, Anonymous, Caller, RegisteredClient, Token},
    database::TestDatabase,
    process::{ServerProcess, command},
    raw,
};

/// The name of the first administrator.
pub const ADMIN_USER: &str = "admin";

/// A running server. When dropped, the process is killed and folder and database are removed.
///
/// Fields are dropped in this order: first the process, then what it uses.
pub struct Server {
    pub(super) process: ServerProcess,
    pub(super) binary: PathBuf,
    pub(super) arguments: Vec<String>,
    pub(super) environment: BTreeMap<String, String>,
    pub(super) admin_password: String,
    pub(super) database: Arc<TestDatabase>,
    pub(super) folder: Arc<TempDir>,
}

impl Server {
    /// Starts a server with nothing set but what it needs.
    #[track_caller]
    pub fn start() -> Self {
        Self::with([]).start()
    }

    /// A server to be started with these variables in its environment.
    pub fn with<const N: usize>(variables: [(&str, &str); N]) -> ServerBuilder {
        ServerBuilder::new().with(variables)
    }

    /// Where it listens: `http://127.0.0.1:PORT`.
    pub fn address(&self) -> &str {
        self.process.address()
    }

    /// Its issuer: the one it was given, else its address.
    pub fn issuer(&self) -> &str {
        self.environment
            .get("AMBIT_ISSUER")
            .map_or(self.address(), String::as_str)
    }

    /// The full address of a path.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.address())
    }

    /// Host and port: `127.0.0.1:PORT`.
    pub fn authority(&self) -> &str {
        let address = self.address();
        address
            .split_once("://")
            .map_or(address, |(_, authority)| authority)
    }

    /// A caller without credentials.
    pub fn anonymous(&self) -> Anonymous {
        Anonymous::new(self.address())
    }

    /// The administrator.
    pub fn admin(&self) -> Admin {
        Admin::new(self.address(), ADMIN_USER, &self.admin_password)
    }

    /// An agent: the client with a token of all its scopes.
    #[track_caller]
    pub fn agent(&self, client: &RegisteredClient) -> Agent {
        Agent::new(self.address(), self.token(client))
    }

    /// Registers a client that may have these scopes.
    #[track_caller]
    pub fn create_client(&self, client_name: &str, scopes: &[&str]) -> RegisteredClient {
        self.admin().create_client(client_name, scopes)
    }

    /// Gets a token of all the client's scopes.
    #[track_caller]
    pub fn token(&self, client: &RegisteredClient) -> Token {
        self.token_for(client, &[])
    }

    /// Gets a token with further parameters, such as `scope` and `resource`.
    #[track_caller]
    pub fn token_for(&self, client: &RegisteredClient, parameters: &[(&str, &str)]) -> Token {
        let mut form = vec![("grant_type", "client_credentials")];
        form.extend_from_slice(parameters);
        self.anonymous()
            .with_basic(client)
            .post_form("/token", &form)
            .expect(200)
            .json()
    }

    /// What `/introspect` tells the client about a token.
    #[track_caller]
    pub fn introspect(&self, client: &RegisteredClient, token: &Token) -> serde_json::Value {
        let form = [("token", token.access_token.as_str())];
        self.anonymous()
            .with_basic(client)
            .post_form("/introspect", &form)
            .expect(200)
            .json()
    }

    /// Revokes a token as the client it belongs to.
    #[track_caller]
    pub fn revoke(&self, client: &RegisteredClient, token: &Token) {
        let form = [("token", token.access_token.as_str())];
        self.anonymous()
            .with_basic(client)
            .post_form("/revoke", &form)
            .expect(200);
    }

    /// The metrics, as Prometheus reads them.
    #[track_caller]
    pub fn metrics(&self) -> String {
        self.anonymous().get("/metrics").expect(200).body
    }

    /// Sends bytes as they are, and reads what comes back until the connection falls quiet.
    pub fn raw(&self, request: impl AsRef<[u8]>) -> String {
        raw::exchange(self.authority(), request.as_ref())
    }

    /// A connection to send a request in pieces; [`Server::read_answer`] reads what comes back.
    pub fn connect(&self) -> TcpStream {
        raw::connect(self.authority())
    }

    /// Reads from a connection until the server closes it or falls quiet.
    pub fn read_answer(connection: &mut TcpStream) -> String {
        raw::read_answer(connection)
    }

    /// Runs the command line with the server's folder, database and environment.
    pub fn cli<A: AsRef<OsStr>, const N: usize>(&self, arguments: [A; N]) -> Output {
        self.command(&arguments).output().expect("the command runs")
    }

    /// The command line with the server's folder, database and environment, to be run.
    pub fn command<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Command {
        command(&self.binary, self.folder(), &self.environment, arguments)
    }

    /// Runs the command line, demands success, and hands out what it wrote to stdout.
    #[track_caller]
    pub fn cli_stdout<A: AsRef<OsStr>, const N: usize>(&self, arguments: [A; N]) -> String {
        let output = self.cli(arguments);
        assert!(output.status.success(), "{output:#?}");
        String::from_utf8(output.stdout).expect("stdout is UTF-8")
    }

    /// Another server on the same database and keys, under the same issuer.
    #[track_caller]
    pub fn replica(&self) -> Self {
        let mut environment = self.environment.clone();
        environment.insert("AMBIT_LISTEN".to_owned(), "127.0.0.1:0".to_owned());
        environment.insert("AMBIT_ISSUER".to_owned(), self.issuer().to_owned());
        Self {
            process: spawn(&self.binary, self.folder(), &environment, &self.arguments),
            binary: self.binary.clone(),
            arguments: self.arguments.clone(),
            environment,
            admin_password: self.admin_password.clone(),
            database: Arc::clone(&self.database),
            folder: Arc::clone(&self.folder),
        }
    }

    /// Stops the server as [`Server::stop`] does, if it runs, and starts it on the same address.
    #[track_caller]
    pub fn restart(&mut self) {
        self.stop();
        self.start_again();
    }

    /// Starts a server that has ended, on the address it had.
    #[track_caller]
    pub fn start_again(&mut self) {
        self.environment
            .insert("AMBIT_LISTEN".to_owned(), self.authority().to_owned());
        self.process = spawn(
            &self.binary,
            self.folder(),
            &self.environment,
            &self.arguments,
        );
    }

    /// Sends `SIGTERM` and waits for the end.
    pub fn stop(&mut self) -> ExitStatus {
        self.process.stop()
    }

    /// Sends `SIGTERM` and comes back at once.
    pub fn terminate(&mut self) {
        self.process.terminate();
    }

    /// Waits until the server has ended.
    pub fn wait(&mut self) -> ExitStatus {
        self.process.wait()
    }

    /// Sends `SIGKILL` and waits for the end.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// The operating system's number of the process.
    pub fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// What the running process has written to stdout so far.
    pub fn stdout(&self) -> String {
        self.process.stdout()
    }

    /// What the running process has written to stderr, its log, so far.
    pub fn stderr(&self) -> String {
        self.process.stderr()
    }

    /// The working folder, which holds `keys` and, on SQLite, `data`.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The database it runs on.
    pub fn database(&self) -> &TestDatabase {
        &self.database
    }

    /// The first administrator's password.
    pub fn admin_password(&self) -> &str {
        &self.admin_password
    }
}

#[track_caller]
fn spawn(
    binary: &Path,
    folder: &Path,
    environment: &BTreeMap<String, String>,
    arguments: &[String],
) -> ServerProcess {
    ServerProcess::spawn(command(binary, folder, environment, arguments))
        .unwrap_or_else(|refusal| panic!("the server did not start: {refusal:#?}"))
}
