//! The live tail: records as they are committed, on any replica, for as long as the session lasts.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use serde_json::json;

use super::Browser;
use crate::support::{Backend, Caller, Server};

const PASSWORD: &str = "correct horse battery";

/// A stream of events under way.
struct Tail {
    connection: TcpStream,
    text: String,
    ended: bool,
}

impl Tail {
    fn open(server: &Server, browser: &Browser, query: &str, last: Option<i64>) -> Self {
        let mut connection = server.connect();
        let last = last.map_or(String::new(), |last| format!("Last-Event-ID: {last}\r\n"));
        let request = format!(
            "GET /admin/audit/live?{query} HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\n{last}\r\n",
            server.authority(),
            browser.cookie.as_deref().unwrap()
        );
        connection.write_all(request.as_bytes()).unwrap();
        let mut tail = Self {
            connection,
            text: String::new(),
            ended: false,
        };
        tail.wait_for("retry: ");
        assert!(tail.text.starts_with("HTTP/1.1 200"), "{}", tail.text);
        assert!(tail.text.contains("text/event-stream"), "{}", tail.text);
        tail
    }

    /// Reads on until a text has come, or the stream has ended.
    #[track_caller]
    fn wait_for(&mut self, part: &str) {
        let begun = Instant::now();
        let limit = Duration::from_millis(200);
        self.connection.set_read_timeout(Some(limit)).unwrap();
        let mut piece = [0; 4096];
        while !self.text.contains(part) && !self.ended {
            let late = begun.elapsed() > Duration::from_secs(20);
            assert!(!late, "no {part} in {}", self.text);
            match self.connection.read(&mut piece) {
                Ok(0) => self.ended = true,
                Ok(length) => self.text += &String::from_utf8_lossy(&piece[..length]),
                Err(_) => {}
            }
        }
        assert!(
            self.text.contains(part) || part.is_empty(),
            "no {part} in {}",
            self.text
        );
    }

    /// Whether the stream has ended by itself: its last piece is an empty chunk.
    #[track_caller]
    fn wait_for_end(&mut self) {
        self.wait_for("\r\n0\r\n\r\n");
    }
}

#[test]
fn records_arrive_from_every_replica_as_far_as_they_fit() {
    let server = Server::start();
    let replica = match Backend::of_this_run() {
        Backend::Postgres => Some(server.replica()),
        // There is one server to an embedded database.
        Backend::Sqlite => None,
    };
    let replica = replica.as_ref().unwrap_or(&server);
    let browser = Browser::signed_in(&server);
    let mut tail = Tail::open(&server, &browser, "event=client.create", None);
    let here = server.create_client("Made here", &["protected"]);
    server.token(&here);
    tail.wait_for(&here.client_id);
    let there = replica.create_client("Made <there>", &[]);
    tail.wait_for(&there.client_id);
    assert!(tail.text.contains("\"client\":\"Made <there>\""));
    assert!(tail.text.contains("event: record\n"), "{}", tail.text);
    assert!(!tail.text.contains("token.issue"), "{}", tail.text);
    // Whoever was cut off goes on behind the last that arrived, on any replica.
    let (_, id) = tail.text.split_once("event: record\nid: ").unwrap();
    let last = id.split_once('\n').unwrap().0.parse().unwrap();
    let mut again = Tail::open(replica, &browser, "event=client.create", Some(last));
    again.wait_for(&there.client_id);
    assert!(!again.text.contains(&here.client_id), "{}", again.text);
    // What makes no sense begins at the end.
    Tail::open(&server, &browser, "after=99999999999", None);
    Tail::open(&server, &browser, "after=-1&event=x&target=%00", Some(-7));
}

#[test]
fn it_ends_with_the_session() {
    let server = Server::start();
    let browser = Browser::signed_in(&server);
    let mut tail = Tail::open(&server, &browser, "", None);
    browser.sent("/admin/sign_out", &[]);
    tail.wait_for("event: ended");
    tail.wait_for_end();
}

#[test]
fn it_ends_with_the_administrator() {
    let server = Server::start();
    let body = json!({"username": "other", "password": PASSWORD, "role": "auditor"});
    let path = "/admin/api/administrators";
    server.admin().post_json(path, &body).expect(201);
    let browser = Browser::as_administrator(&server, "other", PASSWORD);
    let mut tail = Tail::open(&server, &browser, "", None);
    server.admin().delete(&format!("{path}/other")).expect(204);
    tail.wait_for("event: ended");
    tail.wait_for_end();
}

#[test]
fn it_outlives_the_time_that_a_request_may_take() {
    let server = Server::with([("AMBIT_REQUEST_TIMEOUT_SECONDS", "1")]).start();
    let browser = Browser::signed_in(&server);
    let mut tail = Tail::open(&server, &browser, "", None);
    std::thread::sleep(Duration::from_secs(3));
    let client = server.create_client("Late", &[]);
    tail.wait_for(&client.client_id);
}

#[test]
fn it_does_not_hold_up_the_end_of_the_server() {
    let mut server = Server::with([("AMBIT_SHUTDOWN_TIMEOUT_SECONDS", "20")]).start();
    let browser = Browser::signed_in(&server);
    let mut tail = Tail::open(&server, &browser, "", None);
    let begun = Instant::now();
    assert!(server.stop().success());
    assert!(begun.elapsed().as_secs() < 10, "{:?}", begun.elapsed());
    tail.wait_for_end();
}

#[test]
fn no_more_than_so_many_watch_at_once() {
    let server = Server::start();
    let browser = Browser::signed_in(&server);
    let tails: Vec<_> = (0..32)
        .map(|_| Tail::open(&server, &browser, "", None))
        .collect();
    let answer = browser.get("/admin/audit/live").expect(503);
    assert!(answer.header("retry-after").is_some(), "{answer}");
    drop(tails);
    crate::support::eventually("there is room again", || {
        let request = format!(
            "GET /admin/audit/live HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\n\r\n",
            server.authority(),
            browser.cookie.as_deref().unwrap()
        );
        let answer = server.raw(request);
        answer.starts_with("HTTP/1.1 200").then_some(())
    });
}
