//! Passkeys: made and asked for in ceremonies that are good once, in their own session, at this server.

use serde_json::Value;

use super::Browser;
use super::second_factors::{enrol, make, waiting};
use crate::support::{Answer, Caller, Device, Server};

const ORIGIN: &str = "http://localhost:8000";
const KEYS: &str = "/admin/account/passkeys";
const PASSWORD: &str = "correct horse battery";

fn start() -> Server {
    Server::with([("AMBIT_ISSUER", ORIGIN)]).start()
}

/// What the server asks a browser to make.
#[track_caller]
fn options(browser: &Browser) -> Value {
    let fields = [("current", PASSWORD), ("name", "Laptop")];
    browser
        .send(&format!("{KEYS}/options"), &fields)
        .expect(200)
        .json()
}

fn add(browser: &Browser, name: &str, credential: &str) -> Answer {
    browser.send(KEYS, &[("name", name), ("credential", credential)])
}

/// A passkey that was added as the first factor.
#[track_caller]
fn enrolled(browser: &Browser) -> Device {
    let device = Device::new(ORIGIN);
    let made = device.register(&options(browser));
    let answer = add(browser, "Laptop", &made).expect(303);
    assert_eq!(
        answer.header("location"),
        Some("/admin/account/recovery_codes")
    );
    device
}

/// What the server asks a browser to sign.
#[track_caller]
fn asked(browser: &mut Browser) -> Value {
    browser.prove("passkey/options", &[]).expect(200).json()
}

fn reasons(server: &Server) -> String {
    let path = "/admin/api/audit?event=administrator.second_factor.verify";
    server.admin().get(path).expect(200).body
}

#[test]
fn a_passkey_is_added_and_lets_in() {
    let server = start();
    let browser = make(&server, "alice", "auditor");
    let path = format!("{KEYS}/options");
    let answer = browser.send(&path, &[("current", "wrong")]).expect(422);
    assert!(answer.body.contains("not your password"), "{answer}");
    let mut device = enrolled(&browser);
    let page = browser.get("/admin/account").expect(200).body;
    assert!(page.contains("Laptop"), "{page}");

    let mut other = waiting(&server, "alice");
    let options = asked(&mut other);
    device.counter += 1;
    let before = other.cookie.clone();
    let signed = device.sign(&options);
    other
        .prove("passkey", &[("credential", &signed)])
        .expect(303);
    assert_ne!(other.cookie, before);
    other.get("/admin").expect(200);

    // A second one asks for the password again, and is no reason for new codes.
    let another = Device::new(ORIGIN);
    let made = another.register(&self::options(&other));
    let answer = add(&other, "Phone", &made).expect(303);
    assert_eq!(answer.header("location"), Some("/admin/account"));
    let remove = format!("{KEYS}/remove");
    let id = device.id();
    let wrong = [("passkey", id.as_str()), ("current", "wrong")];
    other.send(&remove, &wrong).expect(422);
    other.sent(&remove, &[("passkey", &id), ("current", PASSWORD)]);
    let page = other.get("/admin/account").expect(200).body;
    assert!(page.contains("Phone") && !page.contains("Laptop"), "{page}");
    // What was removed lets nobody in.
    let mut late = waiting(&server, "alice");
    let options = asked(&mut late);
    device.counter += 1;
    late.prove("passkey", &[("credential", &device.sign(&options))])
        .expect(403);
}

#[test]
fn nothing_that_was_signed_is_good_twice_or_elsewhere() {
    let server = start();
    let mut device = enrolled(&make(&server, "alice", "owner"));
    let (mut here, mut there) = (waiting(&server, "alice"), waiting(&server, "alice"));
    let (mine, theirs) = (asked(&mut here), asked(&mut there));
    device.counter += 1;
    // What another session was asked for is not what this one was.
    let answer = here.prove("passkey", &[("credential", &device.sign(&theirs))]);
    assert!(answer.expect(403).body.contains("not accepted"));
    // That ended what was begun here: the right answer comes too late.
    let answer = here.prove("passkey", &[("credential", &device.sign(&mine))]);
    assert!(answer.expect(403).body.contains("begin again"));
    let signed = device.sign(&theirs);
    there
        .prove("passkey", &[("credential", &signed)])
        .expect(303);
    let mut again = waiting(&server, "alice");
    again
        .prove("passkey", &[("credential", &signed)])
        .expect(403);
    asked(&mut again);
    again
        .prove("passkey", &[("credential", &signed)])
        .expect(403);
    for nonsense in ["", "{}", "[1]", "\0"] {
        asked(&mut again);
        again
            .prove("passkey", &[("credential", nonsense)])
            .expect(403);
    }
    let log = reasons(&server);
    for reason in ["wrong_passkey", "ended"] {
        assert!(log.contains(&format!("\"reason\":\"{reason}\"")), "{log}");
    }
}

#[test]
fn a_passkey_that_counts_backwards_or_signs_elsewhere_is_refused() {
    let server = start();
    let mut device = enrolled(&make(&server, "alice", "owner"));
    let mut browser = waiting(&server, "alice");
    device.counter = 7;
    let options = asked(&mut browser);
    browser
        .prove("passkey", &[("credential", &device.sign(&options))])
        .expect(303);
    let mut browser = waiting(&server, "alice");
    for counter in [7, 6, 0] {
        device.counter = counter;
        let options = asked(&mut browser);
        let answer = browser.prove("passkey", &[("credential", &device.sign(&options))]);
        assert!(
            answer.expect(403).body.contains("counts backwards"),
            "{counter}"
        );
    }
    assert!(reasons(&server).contains("\"reason\":\"passkey_counter\""));
    device.counter = 8;
    for origin in [
        "https://localhost:8000",
        "http://localhost:8001",
        "http://evil.example",
    ] {
        device.origin = origin.to_owned();
        let options = asked(&mut browser);
        let answer = browser.prove("passkey", &[("credential", &device.sign(&options))]);
        answer.expect(403);
    }
    device.origin = ORIGIN.to_owned();
    let options = asked(&mut browser);
    browser
        .prove("passkey", &[("credential", &device.sign(&options))])
        .expect(303);
}

#[test]
fn what_is_begun_to_add_one_is_finished_once_in_its_session() {
    let server = start();
    let (alice, bob) = (
        make(&server, "alice", "owner"),
        make(&server, "bob", "owner"),
    );
    let device = Device::new(ORIGIN);
    let made = device.register(&options(&alice));
    // Nothing was begun in this session.
    let page = add(&bob, "Laptop", &made).expect(422).body;
    assert!(page.contains("begin again"), "{page}");
    for name in ["", " ", &"x".repeat(41)] {
        let page = add(&alice, name, &made).expect(422).body;
        assert!(page.contains("A name has 1 to 40"), "{page}");
    }
    add(&alice, "<script>", &made).expect(303);
    add(&alice, "Laptop", &made).expect(422);
    // Nobody else gets the same one.
    let stolen = device.register(&options(&bob));
    add(&bob, "Laptop", &stolen).expect(422);
    let page = alice.get("/admin/account").expect(200).body;
    assert!(
        page.contains("&#60;script&#62;") && !page.contains("<script>"),
        "{page}"
    );
    // An app besides it is no first factor.
    assert_eq!(
        alice.sent("/admin/account/authenticator", &[("current", PASSWORD)]),
        "/admin/account/authenticator"
    );
}

#[test]
fn where_there_can_be_no_passkeys_the_page_says_why() {
    let server = Server::start();
    let browser = make(&server, "alice", "owner");
    for path in ["/admin/account", "/admin/account/passkeys/new"] {
        let page = browser.get(path).expect(200).body;
        assert!(page.contains("need a host name"), "{page}");
    }
    let fields = [("current", PASSWORD), ("name", "Laptop")];
    browser
        .send(&format!("{KEYS}/options"), &fields)
        .expect(422);
    enrol(&browser);
    let page = waiting(&server, "alice")
        .get("/admin/second_factor")
        .expect(200)
        .body;
    assert!(!page.contains("Use a passkey"), "{page}");
}
