//! Client authentication (RFC 6749, section 2.3.1) at the three endpoints that demand it.

use std::time::{Duration, Instant};

use base64::{Engine, prelude::BASE64_STANDARD};
use reqwest::Method;
use serde_json::json;

use super::{GRANT, assert_refused, records};
use crate::support::{Answer, Basic, Caller, RegisteredClient, Server};

const ENDPOINTS: [&str; 3] = ["/token", "/introspect", "/revoke"];

/// A form that each of the three endpoints accepts.
const FORM: [(&str, &str); 2] = [GRANT, ("token", "x")];

/// A server that lets everybody guess for as long as they like, one secret at a time.
fn patient_server() -> Server {
    Server::with([
        ("AMBIT_FAILURES_PER_CLIENT", "100000"),
        ("AMBIT_FAILURES_PER_ADDRESS", "100000"),
        ("AMBIT_ARGON2_THREADS", "1"),
    ])
    .start()
}

/// Asks for a token with these values of `Authorization`.
fn with_headers(server: &Server, path: &str, values: &[&[u8]], form: &[(&str, &str)]) -> Answer {
    let mut request = server.anonymous().request(Method::POST, path).form(form);
    for value in values {
        let value = reqwest::header::HeaderValue::from_bytes(value).unwrap();
        request = request.header("authorization", value);
    }
    Answer::to(request)
}

fn basic(halves: impl AsRef<[u8]>) -> Vec<u8> {
    format!("Basic {}", BASE64_STANDARD.encode(halves)).into_bytes()
}

/// Every byte as `%XX`, as a form may have it.
fn fully_encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

fn halves(client: &RegisteredClient) -> String {
    format!("{}:{}", client.client_id, client.client_secret)
}

/// The first letter of the secret's random part is another.
fn wrong(secret: &str) -> String {
    let (start, last) = secret.split_at(secret.len() - 1);
    format!("{start}{}", if last == "A" { "B" } else { "A" })
}

#[test]
fn every_way_works_at_every_endpoint_whatever_the_client_registered() {
    let server = Server::start();
    for method in ["client_secret_basic", "client_secret_post"] {
        let registration = json!({ "client_name": method, "token_endpoint_auth_method": method });
        let client = server.admin().register(&registration);
        let (id, secret) = (client.client_id.as_str(), client.client_secret.as_str());
        let posted = [("client_id", id), ("client_secret", secret)];
        let named = [("client_id", id)];
        let encoded = basic(format!("{}:{}", fully_encoded(id), fully_encoded(secret)));
        let plain = basic(halves(&client));
        let lower_case = [b"basic ", plain.strip_prefix(b"Basic ").unwrap()].concat();
        let upper_case = [b"BASIC   ", plain.strip_prefix(b"Basic ").unwrap()].concat();
        for path in ENDPOINTS {
            let send = |values: &[&[u8]], more: &[(&str, &str)]| {
                with_headers(&server, path, values, &[&FORM, more].concat()).expect(200);
            };
            send(&[&plain], &[]);
            send(&[&encoded], &[]);
            send(&[&lower_case], &[]);
            send(&[&upper_case], &[]);
            send(&[], &posted);
            send(&[&plain], &named);
        }
    }
}

#[test]
fn without_credentials_nobody_is_let_in() {
    let server = Server::start();
    let client = server.create_client("reporter", &["protected"]);
    for path in ENDPOINTS {
        let anonymous = server.anonymous();
        assert_refused(&anonymous.post_form(path, &FORM), 401, "invalid_client");
        let named = [&FORM[..], &[("client_id", &*client.client_id)]].concat();
        assert_refused(&anonymous.post_form(path, &named), 401, "invalid_client");
        let empty = [&named[..], &[("client_secret", "")]].concat();
        assert_refused(&anonymous.post_form(path, &empty), 401, "invalid_client");
        let nameless = [&FORM[..], &[("client_secret", &*client.client_secret)]].concat();
        assert_refused(
            &anonymous.post_form(path, &nameless),
            400,
            "invalid_request",
        );
        assert_refused(
            &server.agent(&client).post_form(path, &FORM),
            401,
            "invalid_client",
        );
    }
}

#[test]
fn credentials_in_two_places_are_refused() {
    let server = Server::start();
    let client = server.create_client("reporter", &["protected"]);
    let other = server.create_client("other", &["protected"]);
    let (id, secret) = (client.client_id.as_str(), client.client_secret.as_str());
    let header = basic(halves(&client));
    let other_header = basic(halves(&other));
    for path in ENDPOINTS {
        let refused = |values: &[&[u8]], more: &[(&str, &str)]| {
            let answer = with_headers(&server, path, values, &[&FORM, more].concat());
            assert_refused(&answer, 400, "invalid_request");
        };
        refused(&[&header], &[("client_id", id), ("client_secret", secret)]);
        refused(&[&header], &[("client_secret", secret)]);
        refused(&[&header], &[("client_id", &other.client_id)]);
        refused(&[&header, &header], &[]);
        refused(&[&header, &other_header], &[]);
        refused(&[&header, b"Bearer abc"], &[]);
        refused(
            &[],
            &[
                ("client_id", id),
                ("client_id", id),
                ("client_secret", secret),
            ],
        );
    }
    assert_eq!(records(&server, "token.issue", "allowed").len(), 0);
}

#[test]
fn broken_credentials_are_wrong_credentials() {
    let server = patient_server();
    let client = server.create_client("reporter", &["protected"]);
    let good = basic(halves(&client));
    let (id, secret) = (&client.client_id, &client.client_secret);
    let headers: Vec<Vec<u8>> = vec![
        b"Basic".to_vec(),
        b"Basic ".to_vec(),
        b"Basic !!!!".to_vec(),
        b"Basic YQ".to_vec(),
        b"Basic YQ==".to_vec(),
        b"Basic =".to_vec(),
        [&good[..], b"="].concat(),
        [&good[..], b" x"].concat(),
        [&good[..], b", Basic YTpi"].concat(),
        [b"Basic\t", good.strip_prefix(b"Basic ").unwrap()].concat(),
        [b"Basic: ", good.strip_prefix(b"Basic ").unwrap()].concat(),
        b"Digest username=\"a\"".to_vec(),
        b"\xff\xfe".to_vec(),
        basic(":"),
        basic(format!(":{secret}")),
        basic(format!("{id}:")),
        basic(id),
        basic(format!("{id}:{secret}%")),
        basic(format!("{id}:{secret}%0")),
        basic(format!("{id}:{secret}%zz")),
        basic(format!("{id}:{secret}%00")),
        basic(format!("{id}:{secret}%ff")),
        basic(format!("{id}:{secret}\0")),
        basic(format!("{id}\0:{secret}")),
        basic(format!("{id}:{secret} ")),
        basic([halves(&client).as_bytes(), b"\xff"].concat()),
        basic([b"\xc0\xaf:", secret.as_bytes()].concat()),
        basic(format!("{}:{secret}", "a".repeat(4_000))),
    ];
    for header in &headers {
        let answer = with_headers(&server, "/token", &[header], &FORM);
        assert_refused(&answer, 401, "invalid_client");
    }
    assert_eq!(records(&server, "token.issue", "allowed").len(), 0);
    with_headers(&server, "/token", &[&good], &FORM).expect(200);
}

/// The members of an answer that may tell one refusal from another.
fn without_what_always_differs(answer: &Answer) -> (u16, Vec<String>, String) {
    let mut headers = answer.headers.clone();
    for name in ["x-request-id", "date"] {
        headers.remove(name).expect(name);
    }
    // Their order is another one in every answer.
    let mut lines: Vec<String> = headers
        .iter()
        .map(|(name, value)| format!("{name}: {value:?}"))
        .collect();
    lines.sort();
    (answer.status, lines, answer.body.clone())
}

#[test]
fn who_is_unknown_and_who_is_wrong_are_answered_alike() {
    let server = patient_server();
    let client = server.create_client("reporter", &["protected"]);
    let disabled = server.create_client("disabled", &["protected"]);
    let disable = format!("/admin/api/clients/{}/disable", disabled.client_id);
    server.admin().post_empty(&disable).expect(200);
    let deleted = server.create_client("deleted", &["protected"]);
    server
        .admin()
        .delete(&format!("/admin/api/clients/{}", deleted.client_id))
        .expect(204);

    let credentials = [
        (client.client_id.as_str(), wrong(&client.client_secret)),
        (client.client_id.as_str(), "wrong".to_owned()),
        (client.client_id.as_str(), disabled.client_secret.clone()),
        ("unknown", client.client_secret.clone()),
        ("unknown", "wrong".to_owned()),
        ("../../etc/passwd", "wrong".to_owned()),
        (disabled.client_id.as_str(), disabled.client_secret.clone()),
        (deleted.client_id.as_str(), deleted.client_secret.clone()),
    ];
    for path in ENDPOINTS {
        let mut answers = Vec::new();
        for (id, secret) in &credentials {
            let basic = Basic::new(server.address(), id, secret).post_form(path, &FORM);
            assert_refused(&basic, 401, "invalid_client");
            let posted = [&FORM[..], &[("client_id", *id), ("client_secret", secret)]].concat();
            let posted = server.anonymous().post_form(path, &posted);
            answers.extend([basic, posted].map(|answer| without_what_always_differs(&answer)));
        }
        answers.dedup();
        assert_eq!(answers.len(), 1, "{answers:#?}");
    }
}

/// A difference of one Argon2 hash would show as a factor of ten or more; one of a database look-up
/// is a few parts in a hundred, and medians of interleaved attempts even out what else happens here.
#[test]
fn who_is_unknown_and_who_is_wrong_take_as_long() {
    let server = patient_server();
    let client = server.create_client("reporter", &["protected"]);
    // The client's good secret is warm, so that a short cut for the known would show.
    server.token(&client);
    let unknown = server.create_client("unknown", &[]);
    server
        .admin()
        .delete(&format!("/admin/api/clients/{}", unknown.client_id))
        .expect(204);
    let kinds = [
        Basic::new(
            server.address(),
            &client.client_id,
            &wrong(&client.client_secret),
        ),
        Basic::new(server.address(), &client.client_id, "wrong"),
        Basic::new(server.address(), &unknown.client_id, &unknown.client_secret),
        Basic::new(server.address(), "nobody", "wrong"),
    ];
    let mut times = kinds.each_ref().map(|_| Vec::new());
    for _ in 0..31 {
        for (kind, times) in kinds.iter().zip(&mut times) {
            let started = Instant::now();
            kind.post_form("/token", &[GRANT]).expect(401);
            times.push(started.elapsed());
        }
    }
    let medians = times.map(|mut times| {
        times.sort();
        times[times.len() / 2]
    });
    let (least, most) = (medians.iter().min().unwrap(), medians.iter().max().unwrap());
    assert!(
        *least > Duration::from_millis(2),
        "nothing was hashed: {medians:?}"
    );
    assert!(
        most.as_secs_f64() < 1.6 * least.as_secs_f64(),
        "{medians:?}"
    );
}

#[test]
fn a_secret_that_has_expired_is_wrong() {
    let server = Server::start();
    let registration = json!({ "client_name": "brief", "client_secret_lifetime": 1 });
    let client = server.admin().register(&registration);
    let basic = server.anonymous().with_basic(&client);
    let started = Instant::now();
    loop {
        let answer = basic.post_form("/token", &[GRANT]);
        if answer.status == 401 {
            assert_refused(&answer, 401, "invalid_client");
            break;
        }
        answer.expect(200);
        assert!(
            started.elapsed() < Duration::from_secs(20),
            "the secret does not expire"
        );
    }
}
