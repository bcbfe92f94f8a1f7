//! The name that a request is for (RFC 9110, section 7.4): ours, or it is not answered.

use serde_json::Value;

use super::{
    hostile_connections::{GOOD_BODY, head, scene, statuses},
    records,
};
use crate::support::Caller;

#[test]
fn only_our_own_names_are_answered_to() {
    let (server, client) = scene();
    let authority = server.authority();
    let port = authority.rsplit_once(':').unwrap().1;
    let get = |target: &str, headers: &str| {
        let request = format!("GET {target} HTTP/1.1\r\n{headers}Connection: close\r\n\r\n");
        let answer = server.raw(request);
        assert!(!answer.contains("attacker"), "{answer}");
        statuses(&answer)
    };
    let named = |host: &str| {
        get(
            "/.well-known/oauth-authorization-server",
            &format!("Host: {host}\r\n"),
        )
    };
    for own in [
        authority,
        &format!("localhost:{port}"),
        &format!("LOCALHOST:{port}"),
    ] {
        assert_eq!(named(own), [200], "{own}");
    }
    let foreign = [
        "attacker.example".to_owned(),
        format!("attacker.example:{port}"),
        format!("{authority}.attacker.example"),
        format!("{authority}@attacker.example"),
        format!("attacker.example@{authority}"),
        format!("{authority}, attacker.example"),
        format!("{authority}/attacker"),
        "127.0.0.1".to_owned(),
        "127.0.0.1:1".to_owned(),
        "localhost".to_owned(),
        String::new(),
    ];
    for host in &foreign {
        assert_eq!(named(host), [421], "{host}");
        assert_eq!(
            get("/public", &format!("Host: {host}\r\n")),
            [421],
            "{host}"
        );
    }
    let own = format!("Host: {authority}\r\n");
    assert_eq!(
        get("/public", &format!("{own}Host: attacker.example\r\n")),
        [400]
    );
    assert_eq!(get("/public", &format!("{own}{own}")), [400]);
    assert_eq!(get("/public", ""), [400]);
    let forwarded = "X-Forwarded-Host: attacker.example\r\nForwarded: host=attacker.example\r\n";
    let metadata = "/.well-known/oauth-authorization-server";
    assert_eq!(get(metadata, &format!("{own}{forwarded}")), [200]);
    let head = head(&server, &client).replace(authority, "attacker.example");
    let posted = format!(
        "{head}Content-Length: {}\r\n\r\n{GOOD_BODY}",
        GOOD_BODY.len()
    );
    assert_eq!(statuses(&server.raw(posted)), [421]);
    assert_eq!(records(&server, "token.issue", "allowed").len(), 0);
    let document: Value = server.anonymous().get(metadata).expect(200).json();
    assert_eq!(document["issuer"], server.issuer());
}

/// RFC 9112, section 3.2.2: the authority of an absolute target comes before that of `Host`.
#[test]
fn an_absolute_target_that_names_another_server_is_not_for_us() {
    let (server, _) = scene();
    let authority = server.authority();
    let get = |target: &str| {
        let request = format!(
            "GET {target}/public HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\r\n"
        );
        statuses(&server.raw(request))
    };
    assert_eq!(get(&format!("http://{authority}")), [200]);
    assert_eq!(get("http://attacker.example"), [421]);
    let old = "GET http://attacker.example/public HTTP/1.0\r\n\r\n";
    assert_eq!(statuses(&server.raw(old)), [421]);
}
