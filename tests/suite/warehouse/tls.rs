//! A warehouse in PostgreSQL, over TLS: whom the address trusts, and what is refused.

use std::{
    env,
    io::{Read, Write},
    net::TcpListener,
    thread,
};

use crate::support::{Backend, Caller, Server};

/// Whether the tables of a warehouse at this address can be listed, and what was said.
fn tables(server: &Server, address: &str) -> Result<(), String> {
    let mut command = server.command(&["warehouse", "tables"]);
    let output = command
        .env("AMBIT_WAREHOUSE_URL", address)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    output.status.success().then_some(()).ok_or(said)
}

#[test]
fn a_server_is_believed_as_far_as_its_certificate_goes() {
    if Backend::of_this_run() == Backend::Sqlite {
        return;
    }
    let server = Server::start();
    let root = env::var("AMBIT_TEST_POSTGRES_CERTIFICATE").expect("tests/run sets it");
    let address = server.database().url();
    let named = address.replace("127.0.0.1", "localhost");
    let sound = [
        format!("{address}?sslmode=disable"),
        format!("{address}?sslmode=require"),
        format!("{address}?sslmode=require&sslrootcert={root}"),
        format!("{address}?sslmode=verify-ca&sslrootcert={root}&connect_timeout=5"),
        format!("{named}?connect_timeout=5&sslmode=verify-full&sslrootcert={root}"),
    ];
    for address in sound {
        assert_eq!(tables(&server, &address), Ok(()), "{address}");
    }
    let unsound = [
        // The certificate bears another name.
        format!("{address}?sslmode=verify-full&sslrootcert={root}"),
        // No authority of the system signed it.
        format!("{named}?sslmode=verify-full"),
        format!("{named}?sslmode=verify-ca&sslrootcert=system"),
        format!("{named}?sslmode=require&sslrootcert={root}.none"),
    ];
    for address in unsound {
        assert!(tables(&server, &address).is_err(), "{address}");
    }
}

#[test]
fn a_server_that_speaks_tls_is_spoken_to_so_where_nothing_is_said() {
    if Backend::of_this_run() == Backend::Sqlite {
        return;
    }
    let server = Server::start();
    let agent = server.agent(&server.create_client("Reader", &["releases:read"]));
    // There is no such table, which the warehouse itself said.
    agent
        .get("/actions/release_oversight/list_releases")
        .expect(404);
    let sessions = "SELECT 1 FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
                    WHERE ssl AND datname = current_database()";
    assert!(server.database().execute(sessions) > 0);
}

#[test]
fn a_server_without_tls_is_refused_where_the_address_insists() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            let mut request = [0; 8];
            if connection.read_exact(&mut request).is_ok() && request[4..] == [4, 210, 22, 47] {
                let _ = connection.write_all(b"N");
            }
        }
    });
    let server = Server::start();
    for mode in ["require", "verify-ca", "verify-full"] {
        let address = format!("postgres://user:hidden-word@127.0.0.1:{port}/x?sslmode={mode}");
        let said = tables(&server, &address).unwrap_err();
        assert!(said.contains("does not speak TLS"), "{said}");
        assert!(!said.contains("hidden-word"), "{said}");
    }
    let said = tables(
        &server,
        &format!("postgres://u@127.0.0.1:{port}/x?sslmode=sometimes"),
    );
    assert!(said.unwrap_err().contains("sslmode"));
}
