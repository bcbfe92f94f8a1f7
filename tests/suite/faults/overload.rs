//! A flood of wrong secrets from everywhere: those that have proved themselves are served, the
//! refusals are recorded at a bounded rate, and memory stays bounded.

use std::{
    collections::BTreeMap,
    fs,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use reqwest::Method;
use serde_json::Value;

use super::{POLL, assert_audit_log_is_intact, audit_log, within};
use crate::support::{Answer, Basic, Caller, RegisteredClient, Server};

/// Connections that send wrong secrets all the time.
const FLOODERS: usize = 32;

/// Wrong secrets that are answered while the good client works.
const FLOOD: usize = 1_500;

/// How long the good client may wait for one token, on a busy machine and in a debug build.
const WARM_LIMIT: Duration = Duration::from_secs(5);

/// Refusals of unknown callers that the server records a minute.
const RECORDED: usize = 20;

/// What the server may use at most, in KiB: its own, and 19 MiB for the one hashing thread.
const MOST_MEMORY: u64 = 160 * 1024;

/// How long the flood, and what comes after it, may take.
const LIMIT: Duration = Duration::from_secs(120);

/// From one address, the good client's own: the throttle answers nearly all of it.
#[test]
fn from_one_address() {
    let statuses = withstands(&|_| "127.0.0.1".to_owned());
    assert!(statuses.contains_key(&429), "{statuses:?}");
}

/// From as many addresses as there are requests: the throttle knows none of them, and the hashing
/// threads have more to do than they can.
#[test]
fn from_everywhere() {
    let statuses = withstands(&|number| {
        let [_, high, middle, low] = u32::try_from(number).expect("a small number").to_be_bytes();
        format!("10.{high}.{middle}.{low}")
    });
    assert!(statuses.contains_key(&503), "{statuses:?}");
}

/// Floods a server, with the good client at work, and hands out how often the flood was answered
/// with which status.
fn withstands(address: &(dyn Fn(usize) -> String + Sync)) -> BTreeMap<u16, usize> {
    let recorded = RECORDED.to_string();
    let server = Server::with([
        ("AMBIT_TRUSTED_PROXIES", "127.0.0.1"),
        ("AMBIT_UNKNOWN_CALLERS_PER_MINUTE", recorded.as_str()),
        ("AMBIT_FAILURES_PER_CLIENT", "2"),
        ("AMBIT_ARGON2_THREADS", "1"),
        ("AMBIT_ARGON2_QUEUE", "8"),
        ("AMBIT_LOG", "error"),
    ])
    .start();
    let warm = server.create_client("warm", &["protected"]);
    let cold = server.create_client("cold", &["protected"]);
    server.token(&warm);

    let flood = Flood {
        server: &server,
        target: &warm,
        address,
        sent: AtomicUsize::new(0),
        stopped: AtomicBool::new(false),
        statuses: Mutex::default(),
    };
    let statuses = flood.while_serving(&warm);

    assert!(
        statuses
            .keys()
            .all(|status| [401, 429, 503].contains(status)),
        "{statuses:?}"
    );
    assert_memory_is_bounded(&server);
    assert_refusals_are_bounded(&server, statuses.values().sum());
    // A client that has proved nothing yet waits little longer than the flood lasts.
    let caller = server.anonymous().with_basic(&cold);
    let form = [("grant_type", "client_credentials")];
    within(LIMIT, "another client gets a token", || {
        caller.post_form("/token", &form).status == 200
    });
    assert_audit_log_is_intact(&server);
    statuses
}

struct Flood<'a> {
    server: &'a Server,
    target: &'a RegisteredClient,
    address: &'a (dyn Fn(usize) -> String + Sync),
    sent: AtomicUsize,
    stopped: AtomicBool,
    statuses: Mutex<BTreeMap<u16, usize>>,
}

impl Flood<'_> {
    /// Runs until it was answered often enough, while the client gets one token after the other.
    fn while_serving(self, client: &RegisteredClient) -> BTreeMap<u16, usize> {
        thread::scope(|scope| {
            for _ in 0..FLOODERS {
                scope.spawn(|| {
                    while !self.stopped.load(Ordering::Relaxed) {
                        self.send();
                    }
                });
            }
            let served = scope.spawn(|| self.serve(client)).join();
            self.stopped.store(true, Ordering::Relaxed);
            served.expect("the good client is served");
        });
        self.statuses.into_inner().unwrap()
    }

    /// Gets tokens, each of them in time.
    fn serve(&self, client: &RegisteredClient) {
        let began = Instant::now();
        while self.answered() < FLOOD {
            let asked = Instant::now();
            self.server.token(client);
            let took = asked.elapsed();
            assert!(took < WARM_LIMIT, "a token took {took:?}");
            assert!(began.elapsed() < LIMIT, "only {} answers", self.answered());
            thread::sleep(POLL);
        }
    }

    fn answered(&self) -> usize {
        self.statuses.lock().unwrap().values().sum()
    }

    /// One wrong secret: of a client that does not exist, and now and then of the good one.
    fn send(&self) {
        let number = self.sent.fetch_add(1, Ordering::Relaxed);
        let client_id = match number % 4 {
            0 => self.target.client_id.clone(),
            _ => format!("client_{number:022}"),
        };
        // It names the secret that it tries to be, so that there is a hash to check it against.
        let wrong = format!("{}{number}", self.target.client_secret);
        let caller = Basic::new(self.server.address(), &client_id, &wrong);
        let request = caller
            .request(Method::POST, "/token")
            .header("x-forwarded-for", (self.address)(number))
            .form(&[("grant_type", "client_credentials")]);
        let answer = Answer::to(request);
        if answer.status != 401 {
            assert!(answer.header("retry-after").is_some(), "{answer}");
        }
        *self
            .statuses
            .lock()
            .unwrap()
            .entry(answer.status)
            .or_default() += 1;
    }
}

/// Refusals of strangers are recorded up to a number a minute, and counted beyond it.
fn assert_refusals_are_bounded(server: &Server, sent: usize) {
    let refused = audit_log(server)
        .iter()
        .filter(|line| line["record"]["actors"][0]["kind"] == "unknown")
        .count();
    // The flood may have lasted into a second minute, and into a third.
    assert!(
        (RECORDED..=3 * RECORDED).contains(&refused),
        "{refused} are recorded"
    );
    let metrics = server.metrics();
    let suppressed = metrics
        .lines()
        .find_map(|line| line.strip_prefix("ambit_audit_suppressed_total "))
        .expect("a metric counts what is not recorded");
    let suppressed: usize = suppressed.parse().expect("a count");
    assert_eq!(
        refused + suppressed,
        sent,
        "each refusal is recorded or counted"
    );
}

fn assert_memory_is_bounded(server: &Server) {
    let status = fs::read_to_string(format!("/proc/{}/status", server.process_id()))
        .expect("the system tells a process's memory");
    let most = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"))
        .expect("the most that was resident");
    let most: u64 = most.trim().parse().expect("KiB");
    println!("at most {} MiB resident", most / 1024);
    assert!(most < MOST_MEMORY, "{most} KiB were resident");
}

/// Beyond the bound refusals are counted only, wherever they happen.
#[test]
fn refusals_beyond_the_bound_are_counted() {
    let server = Server::with([("AMBIT_UNKNOWN_CALLERS_PER_MINUTE", "2")]).start();
    for _ in 0..5 {
        server.anonymous().get("/protected").expect(401);
    }
    let denied = || -> Vec<Value> {
        let mut log = audit_log(&server);
        log.retain(|line| line["record"]["decision"] == "denied");
        log
    };
    assert_eq!(denied().len(), 2);
    assert!(
        server
            .metrics()
            .contains("ambit_audit_suppressed_total 3\n")
    );
}
