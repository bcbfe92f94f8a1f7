//! Guessing secrets is slowed (429 with `Retry-After`), and those who know theirs do not notice.

use std::{
    thread,
    time::{Duration, Instant},
};

use super::{GRANT, assert_refused, records};
use crate::support::{Answer, Basic, Caller, Server};

fn guess(server: &Server, client_id: &str) -> Answer {
    Basic::new(server.address(), client_id, "wrong").post_form("/token", &[GRANT])
}

/// Seconds that a limited answer asks to wait.
#[track_caller]
fn assert_limited(answer: &Answer) -> u64 {
    assert_refused(answer, 429, "temporarily_unavailable");
    let seconds: u64 = answer
        .header("retry-after")
        .expect("Retry-After")
        .parse()
        .unwrap();
    assert!((1..=60).contains(&seconds), "{answer}");
    seconds
}

/// Guesses until the guessing is limited, and tells how often that went well.
#[track_caller]
fn guess_until_limited(server: &Server, client_id: &str, limit: usize) -> usize {
    for failures in 0..=limit {
        let answer = guess(server, client_id);
        if answer.status == 429 {
            assert_limited(&answer);
            return failures;
        }
        assert_refused(&answer, 401, "invalid_client");
    }
    panic!("{limit} guesses were not limited");
}

#[test]
fn guessing_is_slowed_for_one_client_and_hurts_nobody_who_knows_the_secret() {
    let server = Server::with([("AMBIT_FAILURES_PER_CLIENT", "5")]).start();
    let client = server.create_client("reporter", &["protected"]);
    let other = server.create_client("other", &["protected"]);
    server.token(&client);
    // A bucket of five a minute lets a sixth through only after twelve seconds.
    assert!((5..=6).contains(&guess_until_limited(&server, &client.client_id, 10)));

    server.token(&client);
    server.token(&other);
    assert_refused(&guess(&server, &other.client_id), 401, "invalid_client");
    assert_limited(&guess(&server, &client.client_id));
    for path in ["/introspect", "/revoke"] {
        let answer = Basic::new(server.address(), &client.client_id, "wrong")
            .post_form(path, &[("token", "x")]);
        assert_limited(&answer);
    }
    let limited = records(&server, "token.issue", "limited");
    assert!(
        limited.len() >= 2 && limited[0]["reason"] == "too_many_failures",
        "{limited:?}"
    );
}

#[test]
fn who_is_unknown_is_slowed_as_who_is_known() {
    // The next is let through after half a minute, so that both counts are exact.
    let server = Server::with([("AMBIT_FAILURES_PER_CLIENT", "2")]).start();
    let client = server.create_client("reporter", &["protected"]);
    assert_eq!(guess_until_limited(&server, &client.client_id, 5), 2);
    assert_eq!(guess_until_limited(&server, "unknown", 5), 2);
    let limited = [&*client.client_id, "unknown"].map(|name| guess(&server, name).body);
    assert_eq!(limited[0], limited[1]);
}

/// A secret begins with its identifier, which no answer tells a stranger: guesses that do not have it
/// are counted apart from those at the secret itself.
#[test]
fn a_secret_that_is_not_warm_waits_only_with_guesses_at_itself() {
    let server = Server::with([("AMBIT_FAILURES_PER_CLIENT", "3")]).start();
    let client = server.create_client("reporter", &["protected"]);
    guess_until_limited(&server, &client.client_id, 10);
    let basic = server.anonymous().with_basic(&client);
    basic.post_form("/token", &[GRANT]).expect(200);

    let sought = server.create_client("sought after", &["protected"]);
    let near = format!("{}x", sought.client_secret);
    let near = Basic::new(server.address(), &sought.client_id, &near);
    for _ in 0..3 {
        assert_refused(&near.post_form("/token", &[GRANT]), 401, "invalid_client");
    }
    assert_limited(&near.post_form("/token", &[GRANT]));
    let basic = server.anonymous().with_basic(&sought);
    assert_limited(&basic.post_form("/token", &[GRANT]));
}

#[test]
fn an_address_that_fails_too_often_is_slowed_whatever_name_it_tries() {
    let server = Server::with([("AMBIT_FAILURES_PER_ADDRESS", "6")]).start();
    let client = server.create_client("reporter", &["protected"]);
    server.token(&client);
    let answers: Vec<_> = (0..10)
        .map(|name| guess(&server, &format!("name-{name}")))
        .collect();
    let failed = answers
        .iter()
        .take_while(|answer| answer.status == 401)
        .count();
    assert!((6..=8).contains(&failed), "{failed}");
    assert_limited(&answers[9]);
    server.token(&client);
}

#[test]
fn whoever_waits_as_told_may_try_again() {
    // One a second and a half, so that the wait is short.
    let server = Server::with([("AMBIT_FAILURES_PER_CLIENT", "40")])
        .with([("AMBIT_FAILURES_PER_ADDRESS", "1000")])
        .start();
    let client = server.create_client("reporter", &["protected"]);
    guess_until_limited(&server, &client.client_id, 200);
    let wait = assert_limited(&guess(&server, &client.client_id));
    assert!(wait <= 2, "{wait}");
    thread::sleep(Duration::from_secs(wait));
    let basic = server.anonymous().with_basic(&client);
    basic.post_form("/token", &[GRANT]).expect(200);
}

#[test]
fn good_secrets_never_count_as_failures() {
    let server = Server::with([
        ("AMBIT_FAILURES_PER_CLIENT", "1"),
        ("AMBIT_FAILURES_PER_ADDRESS", "2"),
        ("AMBIT_VERIFIED_SECRET_LIFETIME_SECONDS", "1"),
    ])
    .start();
    let client = server.create_client("reporter", &["protected"]);
    let started = Instant::now();
    // Long enough that the secret is hashed several times.
    while started.elapsed() < Duration::from_secs(4) {
        server.token(&client);
    }
}
