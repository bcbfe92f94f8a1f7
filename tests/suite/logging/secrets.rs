//! Never a secret or a token in the log, even when it says all that it can.

use std::fs;

use base64::{Engine, prelude::BASE64_STANDARD};
use reqwest::blocking::{Client, RequestBuilder};
use serde_json::{Value, json};
use url::Url;

use crate::support::{Answer, Basic, Caller, Server, ServerBuilder, eventually, http};
use crate::tls::Files;

const GRANT: (&str, &str) = ("grant_type", "client_credentials");

fn talkative(server: ServerBuilder) -> ServerBuilder {
    // Wrong credentials are tried until every way has been tried.
    server.with([
        ("AMBIT_LOG", "trace"),
        ("AMBIT_FAILURES_PER_CLIENT", "1000"),
        ("AMBIT_FAILURES_PER_ADDRESS", "1000"),
    ])
}

#[test]
fn none_is_logged_of_what_comes_over_http_1() {
    let server = talkative(Server::with([])).start();
    let mut visit = Visit::new(&server, http());
    let keys = fs::read_dir(server.folder().join("keys")).unwrap();
    for key in keys {
        visit.keep_pem(&fs::read_to_string(key.unwrap().path()).unwrap());
    }
    visit.do_everything();
    visit.assert_none_is_logged();
}

#[test]
fn none_is_logged_of_what_comes_over_http_2_or_with_the_environment() {
    let files = Files::make();
    let other = Server::start();
    let key = fs::read_dir(other.folder().join("keys")).unwrap().next();
    let pem = fs::read_to_string(key.unwrap().unwrap().path()).unwrap();
    let with_key = files.builder().with([("AMBIT_PRIVATE_KEY", pem.as_str())]);
    let server = talkative(with_key).own_keys().start();
    let client = files.client();
    let mut visit = Visit::new(&server, &client);
    visit.keep_pem(&pem);
    visit.keep_pem(&fs::read_to_string(&files.key).unwrap());
    visit.do_everything();
    visit.assert_none_is_logged();
}

#[test]
fn a_password_that_was_made_is_printed_once_and_not_logged() {
    let server = talkative(Server::with([]))
        .without("AMBIT_ADMIN_PASSWORD")
        .start();
    let printed = server.stdout();
    let (_, rest) = printed.split_once("password ").unwrap();
    let password = rest.split_whitespace().next().unwrap();
    let admin = Basic::new(server.address(), "admin", password);
    admin.get("/admin/api/clients").expect(200);
    assert_eq!(server.stdout().matches(password).count(), 1);
    assert!(!server.stderr().contains(password));
}

#[test]
fn none_is_logged_by_the_command_line() {
    let server = talkative(Server::with([])).start();
    let client = server.create_client("reporter", &["protected"]);
    let secret = client.client_secret.as_str();
    let admin_password = server.admin_password().to_owned();
    let mut known = vec![secret.to_owned(), admin_password];
    let mut run = |arguments: &[&str], printed: &str| {
        let output = server
            .command(arguments)
            .env("AMBIT_CLIENT_SECRET", secret)
            .output()
            .unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{arguments:?}: {stderr}");
        let stdout = String::from_utf8(output.stdout).unwrap();
        for known in &known {
            assert!(!stdout.contains(known) && !stderr.contains(known));
        }
        if !printed.is_empty() {
            let answer: Value = serde_json::from_str(&stdout).unwrap();
            let new = answer[printed].as_str().unwrap().to_owned();
            assert!(!stderr.contains(&new));
            known.push(new);
        }
    };
    let id = client.client_id.as_str();
    run(&["client", "rotate-secret", id, "--json"], "client_secret");
    run(
        &["admin", "create", "alice", "--generate", "--json"],
        "password",
    );
    run(
        &["admin", "reset-password", "alice", "--generate", "--json"],
        "password",
    );
    run(
        &[
            "token",
            "--client-id",
            id,
            "--issuer",
            server.address(),
            "--json",
        ],
        "access_token",
    );
    for arguments in [
        &["config"][..],
        &["doctor"],
        &["keys", "list"],
        &["client", "show", id, "--json"],
        &["admin", "list"],
        &["audit", "export"],
    ] {
        run(arguments, "");
    }
}

/// Somebody who uses a server in every way, and remembers what must not be logged.
struct Visit<'a> {
    server: &'a Server,
    client: &'a Client,
    secrets: Vec<String>,
}

impl<'a> Visit<'a> {
    fn new(server: &'a Server, client: &'a Client) -> Self {
        let mut secrets = vec![server.admin_password().to_owned()];
        if let Ok(url) = Url::parse(&server.database().url()) {
            secrets.extend(url.password().map(str::to_owned));
        }
        Self {
            server,
            client,
            secrets,
        }
    }

    /// Remembers a secret, and hands it on.
    fn keep(&mut self, secret: &str) -> String {
        assert!(secret.len() >= 12, "{secret} may stand anywhere by chance");
        self.secrets.push(secret.to_owned());
        secret.to_owned()
    }

    fn keep_pem(&mut self, pem: &str) {
        let lines = pem.lines().filter(|line| !line.starts_with("-----"));
        self.secrets.extend(lines.map(str::to_owned));
    }

    /// Remembers the signature alone, without which a token is none.
    fn keep_token(&mut self, answer: &Answer) -> String {
        let token: Value = answer.json();
        let token = token["access_token"].as_str().unwrap();
        let signature = token.rsplit('.').next().unwrap();
        self.keep(signature);
        token.to_owned()
    }

    fn post(&self, path: &str) -> RequestBuilder {
        self.client.post(self.server.url(path))
    }

    fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(self.server.url(path))
    }

    #[track_caller]
    fn send(&self, request: RequestBuilder, status: u16) -> Answer {
        let answer = Answer::by(self.client, request);
        answer.expect("the server answers").expect(status)
    }

    /// Sends the request with HTTP Basic. The header is remembered, and so is the password.
    #[track_caller]
    fn send_as(
        &mut self,
        user: &str,
        password: &str,
        request: RequestBuilder,
        status: u16,
    ) -> Answer {
        self.keep(password);
        let value = self.keep(&BASE64_STANDARD.encode(format!("{user}:{password}")));
        let request = request.header("authorization", format!("Basic {value}"));
        self.send(request, status)
    }

    #[track_caller]
    fn send_as_admin(&mut self, request: RequestBuilder, status: u16) -> Answer {
        self.send_as("admin", self.server.admin_password(), request, status)
    }

    fn do_everything(&mut self) {
        let (id, secret) = self.register();
        let token = self.authenticate(&id, &secret);
        self.present(&token);
        self.ask_about(&token, &id, &secret);
        self.misplace(&token, &id, &secret);
        self.administer(&id);
    }

    fn register(&mut self) -> (String, String) {
        let metadata =
            json!({ "client_name": "reporter", "scope": "protected ambit:clients:read" });
        let request = self.post("/admin/api/clients").json(&metadata);
        let client: Value = self.send_as_admin(request, 201).json();
        let id = client["client_id"].as_str().unwrap().to_owned();
        (id, self.keep(client["client_secret"].as_str().unwrap()))
    }

    fn authenticate(&mut self, id: &str, secret: &str) -> String {
        let form = self.post("/token").form(&[GRANT]);
        let answer = self.send_as(id, secret, form, 200);
        self.keep_token(&answer);
        for (secret, status) in [(secret, 200), ("a-wrong-secret-is-one-too", 401)] {
            self.keep(secret);
            let posted = [GRANT, ("client_id", id), ("client_secret", secret)];
            let form = self.post("/token").form(&[GRANT]);
            for answer in [
                self.send(self.post("/token").form(&posted), status),
                self.send_as(id, secret, form, status),
            ] {
                if status == 200 {
                    self.keep_token(&answer);
                }
            }
            // In both places.
            let form = self.post("/token").form(&posted);
            self.send_as(id, secret, form, 400);
        }
        // No Base64, and no colon within it.
        for value in [
            self.keep("!!almost-a-secret!!"),
            BASE64_STANDARD.encode(self.keep("only-a-secret-and-no-name")),
        ] {
            self.keep(&value);
            let form = self.post("/token").form(&[GRANT]);
            self.send(form.header("authorization", format!("Basic {value}")), 401);
        }
        self.keep_token(&answer)
    }

    fn present(&mut self, token: &str) {
        self.send(self.get("/protected").bearer_auth(token), 200);
        self.send(self.get("/highly_confidential").bearer_auth(token), 403);
        self.send(self.get("/admin/api/clients").bearer_auth(token), 200);
        self.send(self.post("/admin/api/clients").bearer_auth(token), 403);
        let forged = format!("{token}AAAA");
        self.send(self.get("/protected").bearer_auth(forged), 401);
        let opaque = self.keep("an-opaque-token-of-somebody-else");
        self.send(self.get("/protected").bearer_auth(opaque), 401);
    }

    fn ask_about(&mut self, token: &str, id: &str, secret: &str) {
        for path in ["/introspect", "/revoke", "/introspect"] {
            let form = [("token", token), ("token_type_hint", "access_token")];
            self.send(self.post(path).form(&form), 401);
            let request = self.post(path).form(&form);
            self.send_as(id, secret, request, 200);
        }
        // It is revoked now.
        self.send(self.get("/protected").bearer_auth(token), 401);
    }

    fn misplace(&mut self, token: &str, id: &str, secret: &str) {
        self.send(
            self.get("/protected").query(&[("access_token", token)]),
            401,
        );
        self.send(self.get("/introspect").query(&[("token", token)]), 405);
        let query = [GRANT, ("client_id", id), ("client_secret", secret)];
        self.send(self.post("/token").query(&query).form(&[GRANT]), 400);
        let twice = [query[0], query[1], query[2], query[2]];
        self.send(self.post("/token").form(&twice), 400);
        let body = json!({ "client_id": id, "client_secret": secret });
        self.send(self.post("/token").json(&body), 400);
    }

    fn administer(&mut self, id: &str) {
        let path = format!("/admin/api/clients/{id}/secrets");
        let request = self.post(&path);
        let made: Value = self.send_as_admin(request, 201).json();
        self.keep(made["client_secret"].as_str().unwrap());
        let password = self.keep("the-first-password-of-alice");
        let path = "/admin/api/administrators";
        let body = json!({ "username": "alice", "password": password });
        let request = self.post(path).json(&body);
        self.send_as_admin(request, 201);
        let path = "/admin/api/administrators/alice/password";
        let password = self.keep("the-second-password-of-alice");
        let put = |visit: &Self| visit.client.put(visit.server.url(path));
        let request = put(self).json(&json!({ "password": password }));
        self.send_as_admin(request, 204);
        // What cannot be read as it should is a password all the same.
        let misplaced = self.keep("the-third-password-of-alice");
        for body in [
            json!(misplaced),
            json!([[misplaced]]),
            json!({ "password": [misplaced] }),
            json!({ "password": password, misplaced.as_str(): misplaced }),
        ] {
            let request = put(self).json(&body);
            self.send_as_admin(request, 422);
        }
        let request = self.get("/admin/api/clients");
        self.send_as("alice", "not-the-password-of-alice", request, 401);
        let request = self.get("/admin/api/clients");
        self.send_as("alice", &password, request, 200);
    }

    /// Reads the log when the server has nothing more to say.
    fn assert_none_is_logged(self) {
        let log = eventually("the last request is logged", || {
            let marker = self.send(self.get("/public"), 200);
            let id = marker.header("x-request-id").unwrap().to_owned();
            let log = self.server.stderr();
            (log.contains(r#""level":"TRACE""#) && log.contains(&id)).then_some(log)
        });
        let said = [log, self.server.stdout()].concat();
        for secret in &self.secrets {
            let line = said.lines().find(|line| line.contains(secret));
            assert!(line.is_none(), "{secret} is in {line:?}");
        }
    }
}
