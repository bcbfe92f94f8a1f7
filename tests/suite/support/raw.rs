//! Requests as plain bytes, for those that no HTTP client would send.

use std::{
    io::{ErrorKind, Read, Write},
    net::TcpStream,
    time::Duration,
};

/// How long the first byte of an answer may take.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);

/// How long a connection must be quiet for its answer to be taken as whole.
const QUIET: Duration = Duration::from_millis(500);

/// Sends the bytes and reads until the server closes the connection or falls quiet.
///
/// A server may refuse a request before it has read all of it, so a failed write is no error:
/// what it answered is read all the same.
pub fn exchange(authority: &str, request: &[u8]) -> String {
    let mut connection = connect(authority);
    let _ = connection.write_all(request);
    read_answer(&mut connection)
}

/// A connection with time limits set, to send a request in pieces or leave one half-open.
pub fn connect(authority: &str) -> TcpStream {
    let connection = TcpStream::connect(authority).expect("the server accepts a connection");
    connection
        .set_write_timeout(Some(ANSWER_LIMIT))
        .expect("a write limit");
    connection
}

/// Reads until the server closes the connection or falls quiet. Empty when it said nothing.
pub fn read_answer(connection: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let mut piece = [0; 16 * 1024];
    loop {
        let limit = if answer.is_empty() {
            ANSWER_LIMIT
        } else {
            QUIET
        };
        connection
            .set_read_timeout(Some(limit))
            .expect("a read limit");
        match connection.read(&mut piece) {
            Ok(0) => break,
            Ok(length) => answer.extend_from_slice(&piece[..length]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => break,
        }
    }
    String::from_utf8_lossy(&answer).into_owned()
}
