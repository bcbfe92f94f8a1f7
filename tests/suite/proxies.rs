//! Forwarded headers: believed from configured proxies, from nobody else.

use reqwest::Method;
use serde_json::Value;

use crate::support::{Answer, Caller, Server};

#[test]
fn a_stranger_cannot_choose_an_address() {
    let server = Server::start();
    assert_eq!(
        recorded(&server, &[("x-forwarded-for", "203.0.113.7")]),
        "127.0.0.1"
    );
    assert_eq!(
        recorded(&server, &[("forwarded", "for=203.0.113.7")]),
        "127.0.0.1"
    );
}

#[test]
fn a_trusted_proxy_says_where_a_request_comes_from() {
    let server = Server::with([("AMBIT_TRUSTED_PROXIES", "127.0.0.0/8,10.0.0.0/8")]).start();
    let from = |values: &[&str]| {
        let headers: Vec<_> = values
            .iter()
            .map(|value| ("x-forwarded-for", *value))
            .collect();
        recorded(&server, &headers)
    };
    assert_eq!(from(&["203.0.113.7"]), "203.0.113.7");
    // What stands left of the nearest stranger, the stranger wrote.
    assert_eq!(from(&["198.51.100.1, 203.0.113.7"]), "203.0.113.7");
    assert_eq!(
        from(&["198.51.100.1, 203.0.113.7, 10.1.2.3"]),
        "203.0.113.7"
    );
    assert_eq!(from(&["198.51.100.1", "203.0.113.7"]), "203.0.113.7");
    assert_eq!(from(&["2001:db8::1"]), "2001:db8::1");
    assert_eq!(from(&["::ffff:203.0.113.7"]), "203.0.113.7");
    for nonsense in ["unknown", "", "203.0.113.7, nonsense", "203.0.113.7:80:90"] {
        assert_eq!(from(&[nonsense]), "127.0.0.1", "{nonsense}");
    }
    assert_eq!(recorded(&server, &[]), "127.0.0.1");
}

#[test]
fn guesses_are_counted_by_the_address_that_the_proxy_names() {
    let server = Server::with([("AMBIT_TRUSTED_PROXIES", "127.0.0.1")])
        .with([
            ("AMBIT_FAILURES_PER_ADDRESS", "2"),
            ("AMBIT_FAILURES_PER_CLIENT", "2"),
        ])
        .start();
    let guess = |address: &str| {
        let request = server
            .anonymous()
            .request(Method::GET, "/admin/api/clients");
        let request = request.header("x-forwarded-for", address);
        Answer::to(request.basic_auth("nobody", Some("a wrong password"))).status
    };
    assert_eq!([(); 3].map(|()| guess("203.0.113.7")), [401, 401, 429]);
    assert_eq!(guess("203.0.113.8"), 401);
}

/// Whoever has one address of IPv6 has the 2^64 around it, too.
#[test]
fn a_network_of_addresses_guesses_as_one() {
    let server = Server::with([("AMBIT_TRUSTED_PROXIES", "127.0.0.1")])
        .with([("AMBIT_FAILURES_PER_ADDRESS", "20")])
        .start();
    let guess = |network: &str, number: usize| {
        let request = server.anonymous().request(Method::POST, "/token");
        let request = request
            .header(
                "x-forwarded-for",
                format!("{network}:{number:x}::{number:x}"),
            )
            .basic_auth(format!("name-{number}"), Some("a wrong secret"))
            .form(&[("grant_type", "client_credentials")]);
        Answer::to(request).status
    };
    let statuses: Vec<_> = (0..120)
        .map(|number| guess("2001:db8:1:2", number))
        .take_while(|status| *status != 429)
        .collect();
    assert!((20..120).contains(&statuses.len()), "{statuses:?}");
    assert!(statuses.iter().all(|status| *status == 401), "{statuses:?}");
    assert_eq!(guess("2001:db8:1:3", 1), 401);
}

#[test]
fn a_flood_of_guesses_at_a_client_does_not_shut_it_out() {
    let server = Server::with([("AMBIT_TRUSTED_PROXIES", "127.0.0.1")])
        .with([("AMBIT_FAILURES_PER_CLIENT", "2")])
        .start();
    let client = server.create_client("sought after", &["protected"]);
    let from = |address: String, secret: &str| {
        let request = server.anonymous().request(Method::POST, "/token");
        let request = request
            .header("x-forwarded-for", address)
            .basic_auth(&client.client_id, Some(secret))
            .form(&[("grant_type", "client_credentials")]);
        Answer::to(request).status
    };
    // Each from an address that has not failed before: what is full is the client's own measure.
    let failed = (1..=100)
        .take_while(|number| from(format!("203.0.113.{number}"), "a wrong secret") == 401)
        .count();
    assert!((20..100).contains(&failed), "{failed}");
    // It was never presented before, so that it has to be hashed.
    assert_eq!(from("198.51.100.1".to_owned(), &client.client_secret), 200);
}

#[test]
fn a_request_identifier_is_taken_over_from_a_trusted_proxy_only() {
    let ask = |server: &Server, id: &str| {
        let request = server
            .anonymous()
            .request(Method::GET, "/public")
            .header("x-request-id", id);
        let answer = Answer::to(request).expect(200);
        answer.header("x-request-id").unwrap().to_owned()
    };
    let server = Server::start();
    assert_ne!(ask(&server, "chosen"), "chosen");
    let server = Server::with([("AMBIT_TRUSTED_PROXIES", "127.0.0.1")]).start();
    assert_eq!(ask(&server, "chosen-1.2_3"), "chosen-1.2_3");
    for nonsense in ["with space", "a\"b", &"x".repeat(65)] {
        assert_ne!(ask(&server, nonsense), nonsense);
    }
}

/// The address that the audit log has for a request with these headers.
fn recorded(server: &Server, headers: &[(&str, &str)]) -> String {
    let mut request = server.admin().request(Method::GET, "/admin/api/clients");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = Answer::to(request).expect(200);
    let query = [("request_id", answer.header("x-request-id").unwrap())];
    let page: Value = server
        .admin()
        .get_query("/admin/api/audit", &query)
        .expect(200)
        .json();
    page["records"][0]["record"]["remote_address"]
        .as_str()
        .unwrap()
        .to_owned()
}
