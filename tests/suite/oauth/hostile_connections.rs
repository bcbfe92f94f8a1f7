//! Below the level of requests: lengths that lie, heads that are no heads, connections that stall.

use std::{
    io::{ErrorKind, Read, Write},
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

use base64::{Engine, prelude::BASE64_STANDARD};

use super::records;
use crate::support::{RegisteredClient, Server};

pub const GOOD_BODY: &str = "grant_type=client_credentials";

/// The head of a good token request, without what says how long its body is.
pub fn head(server: &Server, client: &RegisteredClient) -> String {
    let RegisteredClient {
        client_id,
        client_secret,
        ..
    } = client;
    let credentials = BASE64_STANDARD.encode(format!("{client_id}:{client_secret}"));
    format!(
        "POST /token HTTP/1.1\r\nHost: {}\r\nAuthorization: Basic {credentials}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n",
        server.authority()
    )
}

/// The status of each answer in what came back.
pub fn statuses(answer: &str) -> Vec<u16> {
    let lines = answer.split("HTTP/1.").skip(1);
    lines
        .filter_map(|line| line.get(2..5)?.parse().ok())
        .collect()
}

pub fn scene() -> (Server, RegisteredClient) {
    let server = Server::start();
    let client = server.create_client("reporter", &["protected"]);
    (server, client)
}

#[test]
fn the_tests_own_requests_are_good_ones() {
    let (server, client) = scene();
    let head = head(&server, &client);
    let length = GOOD_BODY.len();
    let plain = format!("{head}Content-Length: {length}\r\nConnection: close\r\n\r\n{GOOD_BODY}");
    assert_eq!(statuses(&server.raw(plain)), [200]);
    let chunked = format!(
        "{head}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n{length:x}\r\n{GOOD_BODY}\r\n0\r\n\r\n"
    );
    assert_eq!(statuses(&server.raw(chunked)), [200]);
    let two = format!("{head}Content-Length: {length}\r\n\r\n{GOOD_BODY}");
    assert_eq!(statuses(&server.raw(format!("{two}{two}"))), [200, 200]);
}

/// RFC 9112, sections 6.1 to 6.3. What a proxy in front might take for the body of the first request
/// must not be answered as a second one.
#[test]
fn lengths_that_contradict_each_other_smuggle_nothing() {
    let (server, client) = scene();
    let head = head(&server, &client);
    let smuggled = format!(
        "GET /public HTTP/1.1\r\nHost: {}\r\n\r\n",
        server.authority()
    );
    let length = GOOD_BODY.len();
    let chunk = format!("{length:x}\r\n{GOOD_BODY}\r\n0\r\n\r\n");
    let lies = [
        format!(
            "Content-Length: {}\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}",
            chunk.len()
        ),
        format!("Transfer-Encoding: chunked\r\nContent-Length: {length}\r\n\r\n{chunk}"),
        format!("Content-Length: {length}\r\nTransfer-Encoding: chunked\r\n\r\n{GOOD_BODY}"),
        format!("Content-Length: {length}\r\nContent-Length: 0\r\n\r\n{GOOD_BODY}"),
        format!("Content-Length: 0\r\nContent-Length: {length}\r\n\r\n{GOOD_BODY}"),
        format!(
            "Content-Length: {length}, {}\r\n\r\n{GOOD_BODY}",
            length + 1
        ),
        format!("Content-Length: +{length}\r\n\r\n{GOOD_BODY}"),
        format!("Content-Length: -{length}\r\n\r\n{GOOD_BODY}"),
        format!("Content-Length: 0x{length:x}\r\n\r\n{GOOD_BODY}"),
        format!("Content-Length: {length} 0\r\n\r\n{GOOD_BODY}"),
        format!("Content-Length: \r\n\r\n{GOOD_BODY}"),
        format!("Content-Length: 99999999999999999999999999\r\n\r\n{GOOD_BODY}"),
        format!("Content-Length : {length}\r\n\r\n{GOOD_BODY}"),
        format!("Transfer-Encoding: xchunked\r\n\r\n{chunk}"),
        format!("Transfer-Encoding: chunked, identity\r\n\r\n{chunk}"),
        format!("Transfer-Encoding: identity, chunked, chunked\r\n\r\n{chunk}"),
        format!("Transfer-Encoding: \x0bchunked\r\n\r\n{chunk}"),
        format!("Transfer-Encoding : chunked\r\n\r\n{chunk}"),
        format!("Transfer-Encoding:\r\n chunked\r\n\r\n{chunk}"),
    ];
    for lie in lies {
        let answer = server.raw(format!("{head}{lie}{smuggled}"));
        let statuses = statuses(&answer);
        assert!(
            statuses.len() <= 1,
            "{lie:?} was answered as several requests: {answer}"
        );
        assert!(
            statuses
                .iter()
                .all(|status| (400..=501).contains(status) && *status != 500),
            "{lie:?}: {answer}"
        );
        assert!(!answer.contains("access_token"), "{lie:?}: {answer}");
    }
    assert_eq!(records(&server, "token.issue", "allowed").len(), 0);
    server.token(&client);
}

#[test]
fn broken_chunks_are_no_body() {
    let (server, client) = scene();
    let head = format!(
        "{}Transfer-Encoding: chunked\r\n\r\n",
        head(&server, &client)
    );
    let length = GOOD_BODY.len();
    let bodies = [
        format!("{length}\r\n{GOOD_BODY}\r\n0\r\n\r\n"),
        format!("-1\r\n{GOOD_BODY}\r\n0\r\n\r\n"),
        format!("0x{length:x}\r\n{GOOD_BODY}\r\n0\r\n\r\n"),
        format!("FFFFFFFFFFFFFFFFF\r\n{GOOD_BODY}\r\n0\r\n\r\n"),
        format!("FFFFFFFFFFFFFFFF\r\n{GOOD_BODY}\r\n0\r\n\r\n"),
        format!("\r\n{GOOD_BODY}\r\n0\r\n\r\n"),
        format!("g\r\n{GOOD_BODY}\r\n0\r\n\r\n"),
        format!("{length:x}\r\n{GOOD_BODY}XX0\r\n\r\n"),
        format!("{length:x}\r\n{GOOD_BODY}0\r\n\r\n"),
    ];
    for body in bodies {
        let mut connection = server.connect();
        connection
            .write_all(format!("{head}{body}").as_bytes())
            .unwrap();
        connection.shutdown(std::net::Shutdown::Write).unwrap();
        let answer = Server::read_answer(&mut connection);
        let statuses = statuses(&answer);
        assert!(
            statuses.len() <= 1 && !answer.contains("access_token"),
            "{body:?}: {answer}"
        );
        assert!(
            statuses.iter().all(|status| *status == 400),
            "{body:?}: {answer}"
        );
    }
    assert_eq!(records(&server, "token.issue", "allowed").len(), 0);
    server.token(&client);
}

#[test]
fn heads_that_are_no_heads_are_refused() {
    let (server, client) = scene();
    let host = format!("Host: {}\r\n", server.authority());
    let long = "a".repeat(300_000);
    let many: String = (0..2_000)
        .map(|number| format!("x-{number}: y\r\n"))
        .collect();
    let heads: [Vec<u8>; 16] = [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(),
        b"\0\0\0\0\r\n\r\n".to_vec(),
        b"hello\r\n\r\n".to_vec(),
        b"GET\r\n\r\n".to_vec(),
        format!("GET /jwks\r\n{host}\r\n").into(),
        format!("GET  /jwks HTTP/1.1\r\n{host}\r\n").into(),
        format!("GET /jwks HTTP/9.9\r\n{host}\r\n").into(),
        format!("GET /jw\0ks HTTP/1.1\r\n{host}\r\n").into(),
        format!("GET /jwks HTTP/1.1\r\n{host}X: a\0b\r\n\r\n").into(),
        format!("GET /jwks HTTP/1.1\r\n{host}X\0: a\r\n\r\n").into(),
        format!("GET /jwks HTTP/1.1\r\n{host}no colon\r\n\r\n").into(),
        format!("GET /jwks HTTP/1.1\r\n{host}X : a\r\n\r\n").into(),
        format!("GET /jwks HTTP/1.1\r\n{host}X: a\rb\r\n\r\n").into(),
        format!("GET /jwks HTTP/1.1\r\n{host}X: {long}\r\n\r\n").into(),
        format!("GET /jwks?{long} HTTP/1.1\r\n{host}\r\n").into(),
        format!("GET /jwks HTTP/1.1\r\n{host}{many}\r\n").into(),
    ];
    for head in heads {
        let answer = server.raw(&head);
        let shown = String::from_utf8_lossy(&head[..head.len().min(80)]).into_owned();
        let too_large = head.len() > 10_000;
        let status = if too_large { 431 } else { 400 };
        assert_eq!(statuses(&answer), [status], "{shown:?}: {answer:.300}");
    }
    server.token(&client);
}

/// Reads until the server closes the connection, and tells how long that took.
fn closed_after(mut connection: TcpStream, limit: Duration) -> Duration {
    let started = Instant::now();
    connection.set_read_timeout(Some(limit)).unwrap();
    let mut sink = [0; 4096];
    loop {
        match connection.read(&mut sink) {
            Ok(0) => return started.elapsed(),
            Ok(_) => {}
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                panic!("the connection is still open after {limit:?}")
            }
            Err(_) => return started.elapsed(),
        }
        assert!(
            started.elapsed() < limit,
            "the connection is still open after {limit:?}"
        );
    }
}

#[test]
fn connections_that_stall_are_closed_and_keep_nobody_from_being_served() {
    let (server, client) = scene();
    let good = head(&server, &client);
    let stalled = [
        String::new(),
        "POST /tok".to_owned(),
        good.clone(),
        format!("{good}Content-Length: 100\r\n\r\n"),
        format!("{good}Content-Length: 100\r\n\r\ngrant_type="),
        format!("{good}Transfer-Encoding: chunked\r\n\r\n10\r\ngrant"),
    ];
    let connections: Vec<TcpStream> = (0..20)
        .flat_map(|_| &stalled)
        .map(|part| {
            let mut connection = server.connect();
            connection.write_all(part.as_bytes()).unwrap();
            connection
        })
        .collect();
    let dripping = thread::spawn({
        let mut connection = server.connect();
        move || {
            // A head that never ends, one letter at a time, is as slow as one that never comes.
            let started = Instant::now();
            let limit = Duration::from_secs(45);
            connection
                .set_read_timeout(Some(Duration::from_millis(500)))
                .unwrap();
            let _ = connection.write_all(b"GET /jwks HTTP/1.1\r\nX: ");
            loop {
                let sent = connection.write_all(b"a");
                let ended = matches!(connection.read(&mut [0; 512]), Ok(0))
                    || sent.is_err_and(|error| error.kind() != ErrorKind::WouldBlock);
                if ended {
                    return;
                }
                assert!(
                    started.elapsed() < limit,
                    "a dripping head is taken for {limit:?}"
                );
            }
        }
    });
    for _ in 0..20 {
        let started = Instant::now();
        server.token(&client);
        assert!(
            started.elapsed() < Duration::from_secs(5),
            "somebody else had to wait"
        );
    }
    for connection in connections {
        // The longest is a body, which may take ten seconds and is followed by an answer.
        closed_after(connection, Duration::from_secs(45));
    }
    dripping.join().unwrap();
    assert_eq!(records(&server, "token.issue", "allowed").len(), 20);
    server.token(&client);
}

#[test]
fn who_goes_away_in_the_middle_leaves_nothing_behind() {
    let (server, client) = scene();
    let good = head(&server, &client);
    for part in [
        "POST /tok",
        &good,
        &format!("{good}Content-Length: 100\r\n\r\ngrant_type=client_credentials"),
    ] {
        let mut connection = server.connect();
        connection.write_all(part.as_bytes()).unwrap();
        drop(connection);
    }
    assert_eq!(records(&server, "token.issue", "allowed").len(), 0);
    server.token(&client);
}
