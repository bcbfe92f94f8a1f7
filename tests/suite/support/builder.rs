//! How a server is set up before it starts: variables, files, database, keys.

use std::{collections::BTreeMap, env, fs, path::PathBuf, sync::Arc};

use uuid::Uuid;

use super::{
    database::{Backend, TestDatabase},
    keys,
    process::{Refusal, ServerProcess, command, usual_binary, working_folder},
    server::{ADMIN_USER, Server},
};

/// What a server shall be like; [`ServerBuilder::start`] starts it.
#[must_use]
pub struct ServerBuilder {
    arguments: Vec<String>,
    environment: BTreeMap<String, Option<String>>,
    files: Vec<(String, String)>,
    backend: Backend,
    own_keys: bool,
    binary: PathBuf,
}

impl ServerBuilder {
    /// A server with nothing set but what it needs, on the database of this run.
    pub fn new() -> Self {
        Self {
            arguments: vec!["serve".to_owned()],
            environment: BTreeMap::new(),
            files: Vec::new(),
            backend: Backend::of_this_run(),
            own_keys: false,
            binary: usual_binary().to_owned(),
        }
    }

    /// Sets variables of the server's environment.
    pub fn with<const N: usize>(mut self, variables: [(&str, &str); N]) -> Self {
        for (name, value) in variables {
            self.environment
                .insert(name.to_owned(), Some(value.to_owned()));
        }
        self
    }

    /// Leaves out a variable that the harness would set.
    pub fn without(mut self, variable: &str) -> Self {
        self.environment.insert(variable.to_owned(), None);
        self
    }

    /// Puts a file, such as `ambit.toml`, into the working folder.
    pub fn file(mut self, name: &str, content: &str) -> Self {
        self.files.push((name.to_owned(), content.to_owned()));
        self
    }

    /// Replaces the arguments, which are `serve`.
    pub fn arguments<const N: usize>(mut self, arguments: [&str; N]) -> Self {
        self.arguments = arguments.map(str::to_owned).to_vec();
        self
    }

    /// Uses this database, whatever `AMBIT_TEST_DATABASE` says.
    pub fn backend(mut self, backend: Backend) -> Self {
        self.backend = backend;
        self
    }

    /// Lets the server make its own keys, where it would get a copy of the run's.
    pub fn own_keys(mut self) -> Self {
        self.own_keys = true;
        self
    }

    /// Runs the binary that was built with the feature `test-fixtures`, whose further actions panic,
    /// hang and do what the MCP conformance suite expects. `tests/run` builds it.
    pub fn with_fixtures(mut self) -> Self {
        let binary = env::var_os("AMBIT_TEST_FIXTURES_BINARY");
        let binary = binary.expect("AMBIT_TEST_FIXTURES_BINARY is set: run the tests by tests/run");
        self.binary = binary.into();
        self
    }

    /// Starts the server and waits until it listens.
    #[track_caller]
    pub fn start(self) -> Server {
        self.try_start()
            .unwrap_or_else(|refusal| panic!("the server did not start: {refusal:#?}"))
    }

    /// Starts the server, which may refuse to.
    pub fn try_start(self) -> Result<Server, Refusal> {
        let folder = working_folder();
        let database = TestDatabase::create(self.backend, folder.path());
        let keys = folder.path().join("keys");
        if !self.own_keys {
            keys::copy_into(&keys);
        }
        for (name, content) in &self.files {
            fs::write(folder.path().join(name), content).expect("a file can be written");
        }
        let admin_password = format!("admin-{}", Uuid::new_v4().simple());
        let mut environment = BTreeMap::from([
            ("AMBIT_LISTEN".to_owned(), "127.0.0.1:0".to_owned()),
            ("AMBIT_DATABASE_URL".to_owned(), database.url()),
            ("AMBIT_KEYS_DIR".to_owned(), keys.display().to_string()),
            ("AMBIT_ADMIN_USER".to_owned(), ADMIN_USER.to_owned()),
            ("AMBIT_ADMIN_PASSWORD".to_owned(), admin_password.clone()),
        ]);
        environment.extend(database.warehouse());
        for (name, value) in self.environment {
            match value {
                Some(value) => environment.insert(name, value),
                None => environment.remove(&name),
            };
        }
        let command = command(&self.binary, folder.path(), &environment, &self.arguments);
        Ok(Server {
            process: ServerProcess::spawn(command)?,
            binary: self.binary,
            arguments: self.arguments,
            environment,
            admin_password,
            database: Arc::new(database),
            folder: Arc::new(folder),
        })
    }
}
