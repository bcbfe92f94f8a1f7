//! The database goes away, hangs or is locked: every request is answered in time, with 503 where it
//! needs the database, and everything heals by itself.

use std::{
    thread,
    time::{Duration, Instant},
};

use diesel::{Connection, SqliteConnection, connection::SimpleConnection};
use serde_json::{Value, json};

use super::{
    assert_audit_log_is_intact, assert_recorded, cluster::Cluster, load::Load, runs_on, within,
};
use crate::support::{Agent, Answer, Backend, Caller, RegisteredClient, Server};

/// How long the server may take to be well again.
const HEALING: Duration = Duration::from_secs(10);

/// What a request may take, set so that nothing hangs for the default half a minute.
const TIME_LIMIT: Duration = Duration::from_secs(5);

/// The same, with the time that a busy machine takes to be on time.
const BOUND: Duration = Duration::from_secs(8);

/// A server on a cluster of the test's own, a client, and an agent that has called already.
struct Outage {
    server: Server,
    client: RegisteredClient,
    agent: Agent,
    cluster: Cluster,
}

impl Outage {
    fn prepare() -> Self {
        let cluster = Cluster::start();
        let limit = TIME_LIMIT.as_secs().to_string();
        let server = Server::with([
            ("AMBIT_DATABASE_URL", cluster.url().as_str()),
            ("AMBIT_REQUEST_TIMEOUT_SECONDS", limit.as_str()),
        ])
        // The database is the cluster's: the harness need not make one.
        .backend(Backend::Sqlite)
        .start();
        let client = server.create_client("reporter", &["protected"]);
        let agent = server.agent(&client);
        agent.get("/protected").expect(200);
        Self {
            server,
            client,
            agent,
            cluster,
        }
    }

    fn token(&self) -> Answer {
        let form = [("grant_type", "client_credentials")];
        let caller = self.server.anonymous().with_basic(&self.client);
        in_time(|| caller.post_form("/token", &form))
    }

    /// What needs the database says so, as its RFC has it; what does not goes on.
    fn assert_answers_without_database(&self) {
        let client = self.server.anonymous().with_basic(&self.client);
        let token = [("token", self.agent.token.access_token.as_str())];
        assert_oauth_unavailable(&self.token());
        assert_oauth_unavailable(&in_time(|| client.post_form("/revoke", &token)));
        assert_problem_unavailable(&in_time(|| self.agent.get("/protected")));
        assert_problem_unavailable(&in_time(|| self.server.admin().get("/admin/api/clients")));
        assert_problem_unavailable(&in_time(|| self.server.anonymous().get("/readyz")));
        // Introspection writes nothing: it goes on until what is remembered is a second old.
        let introspect = || in_time(|| client.post_form("/introspect", &token));
        within(BOUND, "the outage is noticed", || {
            introspect().status == 503
        });
        assert_oauth_unavailable(&introspect());
        for path in ["/healthz", "/public", "/jwks", "/metrics"] {
            in_time(|| self.server.anonymous().get(path)).expect(200);
        }
    }

    /// Everything works, on the process that went through the outage.
    fn assert_heals(&self) {
        within(HEALING, "the server is ready", || {
            self.server.anonymous().get("/readyz").status == 200
        });
        within(HEALING, "tokens are issued", || self.token().status == 200);
        self.agent.get("/protected").expect(200);
        let created = self.server.create_client("made afterwards", &["protected"]);
        self.server.token(&created);
        assert_audit_log_is_intact(&self.server);
    }
}

/// Demands an answer within the limit.
#[track_caller]
fn in_time(request: impl FnOnce() -> Answer) -> Answer {
    let began = Instant::now();
    let answer = request();
    let took = began.elapsed();
    assert!(took < BOUND, "took {took:?}: {answer}");
    answer
}

/// RFC 6749, section 4.1.2.1's `temporarily_unavailable`, in the JSON of section 5.2.
#[track_caller]
fn assert_oauth_unavailable(answer: &Answer) {
    assert_eq!(answer.status, 503, "{answer}");
    assert_eq!(
        answer.header("content-type"),
        Some("application/json"),
        "{answer}"
    );
    assert_eq!(answer.header("cache-control"), Some("no-store"), "{answer}");
    assert!(answer.header("retry-after").is_some(), "{answer}");
    assert_eq!(answer.error(), "temporarily_unavailable", "{answer}");
}

#[track_caller]
fn assert_problem_unavailable(answer: &Answer) {
    assert_eq!(answer.status, 503, "{answer}");
    assert_eq!(
        answer.header("content-type"),
        Some("application/problem+json"),
        "{answer}"
    );
    assert!(answer.header("retry-after").is_some(), "{answer}");
    let body: Value = answer.json();
    assert_eq!(
        body["request_id"].as_str(),
        answer.header("x-request-id"),
        "{answer}"
    );
}

#[test]
fn postgres_stopped_and_started() {
    if !runs_on(Backend::Postgres) {
        return;
    }
    let mut outage = Outage::prepare();
    for _ in 0..2 {
        outage.cluster.stop();
        outage.assert_answers_without_database();
        outage.cluster.start_again();
        outage.assert_heals();
    }
}

#[test]
fn postgres_stopped_under_load() {
    if !runs_on(Backend::Postgres) {
        return;
    }
    let mut outage = Outage::prepare();
    let address = outage.server.address().to_owned();
    let load = Load {
        address: &address,
        admin: &outage.server.admin(),
        client: &outage.client,
    };
    let cluster = &mut outage.cluster;
    let answered = load.run(|watch| {
        for _ in 0..3 {
            watch.wait_for_answers(watch.answers() + 40);
            cluster.stop();
            watch.wait_for_answers(watch.answers() + 40);
            cluster.start_again();
        }
        watch.wait_for_answers(watch.answers() + 40);
    });
    assert!(answered.unavailable > 0, "nobody noticed the outage");
    assert!(answered.slowest < BOUND, "took {:?}", answered.slowest);
    outage.assert_heals();
    assert_recorded(&outage.server, &answered.requests);
    for client in &answered.clients {
        outage.server.token(client);
    }
    for token in &answered.revoked {
        let caller = outage.server.anonymous().with_token(&token.access_token);
        caller.get("/protected").expect(401);
    }
}

#[test]
fn postgres_that_hangs() {
    if !runs_on(Backend::Postgres) {
        return;
    }
    let outage = Outage::prepare();
    outage.cluster.hang();
    outage.assert_answers_without_database();
    outage.cluster.go_on();
    outage.assert_heals();
}

#[test]
fn postgres_that_hangs_in_the_middle_of_requests() {
    if !runs_on(Backend::Postgres) {
        return;
    }
    let outage = Outage::prepare();
    let load = Load {
        address: outage.server.address(),
        admin: &outage.server.admin(),
        client: &outage.client,
    };
    let answered = load.run(|watch| {
        watch.wait_for_answers(40);
        outage.cluster.hang();
        watch.wait_for_answers(watch.answers() + 20);
        // Requests that were under way when everything stopped are cut off by their time limit.
        assert_oauth_unavailable(&outage.token());
        outage.cluster.go_on();
        watch.wait_for_answers(watch.answers() + 40);
    });
    assert!(answered.unavailable > 0, "nobody noticed the outage");
    assert!(answered.slowest < BOUND, "took {:?}", answered.slowest);
    outage.assert_heals();
    assert_recorded(&outage.server, &answered.requests);
}

#[test]
fn sqlite_locked_by_another_process() {
    if !runs_on(Backend::Sqlite) {
        return;
    }
    let server = Server::start();
    let client = server.create_client("reporter", &["protected"]);
    let agent = server.agent(&client);
    let mut other =
        SqliteConnection::establish(&server.folder().join("data/ambit.db").to_string_lossy())
            .expect("the embedded database opens");
    other
        .batch_execute("BEGIN EXCLUSIVE")
        .expect("nobody else writes");

    thread::scope(|scope| {
        let token = scope.spawn(|| {
            let caller = server.anonymous().with_basic(&client);
            caller.post_form("/token", &[("grant_type", "client_credentials")])
        });
        let protected = scope.spawn(|| agent.get("/protected"));
        let create = scope.spawn(|| {
            let metadata = json!({ "client_name": "not now" });
            server.admin().post_json("/admin/api/clients", &metadata)
        });
        assert_oauth_unavailable(&token.join().unwrap());
        assert_problem_unavailable(&protected.join().unwrap());
        assert_problem_unavailable(&create.join().unwrap());
    });
    assert_problem_unavailable(&server.anonymous().get("/readyz"));
    server.anonymous().get("/healthz").expect(200);

    other
        .batch_execute("ROLLBACK")
        .expect("the lock is given back");
    within(HEALING, "tokens are issued", || {
        let caller = server.anonymous().with_basic(&client);
        caller
            .post_form("/token", &[("grant_type", "client_credentials")])
            .status
            == 200
    });
    agent.get("/protected").expect(200);
    server.anonymous().get("/readyz").expect(200);
    let listed: Value = server.admin().get("/admin/api/clients").expect(200).json();
    let names: Vec<_> = listed["clients"]
        .as_array()
        .unwrap()
        .iter()
        .map(|client| &client["client_name"])
        .collect();
    assert_eq!(names, ["reporter"], "what was refused did not happen");
    assert_audit_log_is_intact(&server);
}
