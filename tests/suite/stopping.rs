//! `SIGTERM`: what is in flight is finished, nothing new is begun, nothing is lost.

use std::{io::Write, net::TcpStream};

use crate::support::{Server, eventually};

#[test]
fn a_request_in_flight_is_finished_and_later_ones_are_not_begun() {
    let mut server = Server::start();
    let client = server.create_client("In flight", &["protected"]);
    let body = "grant_type=client_credentials&client_id=".to_owned()
        + &client.client_id
        + "&client_secret="
        + &client.client_secret;
    let head = format!(
        "POST /token HTTP/1.1\r\nHost: {}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\
         Expect: 100-continue\r\n\r\n",
        server.authority(),
        body.len()
    );
    let mut connection = server.connect();
    connection.write_all(head.as_bytes()).unwrap();
    // The answer to `Expect` shows that the request is under way.
    let go_on = Server::read_answer(&mut connection);
    assert!(go_on.starts_with("HTTP/1.1 100"), "{go_on}");

    server.terminate();
    eventually("connections are refused", || {
        TcpStream::connect(server.authority())
            .is_err()
            .then_some(())
    });
    connection.write_all(body.as_bytes()).unwrap();
    let answer = Server::read_answer(&mut connection);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("\"access_token\""), "{answer}");
    drop(connection);
    assert!(server.wait().success());

    // Its record was written before it was answered, and the chain has its end.
    let tail = server.cli_stdout(["audit", "tail", "-n", "1", "--json"]);
    assert!(
        tail.contains("token.issue") && tail.contains(&client.client_id),
        "{tail}"
    );
    server.cli_stdout(["audit", "verify"]);
}

#[test]
fn an_idle_connection_does_not_hold_it_up() {
    let mut server = Server::with([("AMBIT_SHUTDOWN_TIMEOUT_SECONDS", "20")]).start();
    let mut idle = server.connect();
    let request = format!(
        "GET /healthz HTTP/1.1\r\nHost: {}\r\n\r\n",
        server.authority()
    );
    idle.write_all(request.as_bytes()).unwrap();
    assert!(Server::read_answer(&mut idle).starts_with("HTTP/1.1 200"));
    let began = std::time::Instant::now();
    assert!(server.stop().success());
    assert!(began.elapsed().as_secs() < 10, "{:?}", began.elapsed());
}

#[test]
fn a_request_that_never_ends_is_given_up_in_time() {
    let mut server = Server::with([("AMBIT_SHUTDOWN_TIMEOUT_SECONDS", "1")]).start();
    let mut connection = server.connect();
    let head = format!(
        "POST /token HTTP/1.1\r\nHost: {}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: 100\r\nExpect: 100-continue\r\n\r\n",
        server.authority()
    );
    connection.write_all(head.as_bytes()).unwrap();
    let go_on = Server::read_answer(&mut connection);
    assert!(go_on.starts_with("HTTP/1.1 100"), "{go_on}");
    let began = std::time::Instant::now();
    assert!(server.stop().success());
    assert!(began.elapsed().as_secs() < 10, "{:?}", began.elapsed());
}
