//! `GET /admin/api/clients`: pages, orders, search and filters.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{Admin, Caller, Server};

const PATH: &str = "/admin/api/clients";

/// Of 25 clients, some share a name, so that the identifier must break the tie.
fn name(number: usize) -> String {
    format!("client {:02}", (number * 7 % 25) / 2)
}

#[test]
fn every_order_is_paged_without_gaps_or_repetition() {
    let server = Server::start();
    let admin = server.admin();
    for number in 0..25 {
        server.create_client(&name(number), &[]);
    }
    let expected: BTreeSet<String> = texts(&walk(&admin, &[("limit", "200")]), "client_id");
    assert_eq!(expected.len(), 25);
    for sort in [
        "client_name",
        "-client_name",
        "client_id_issued_at",
        "-client_id_issued_at",
    ] {
        for limit in ["1", "7", "24", "25"] {
            let clients = walk(&admin, &[("sort", sort), ("limit", limit)]);
            assert_eq!(clients.len(), 25, "{sort} by {limit}");
            assert_eq!(texts(&clients, "client_id"), expected, "{sort} by {limit}");
            let field = sort.trim_start_matches('-');
            let mut keys: Vec<_> = clients
                .iter()
                .map(|client| client[field].to_string())
                .collect();
            if sort.starts_with('-') {
                keys.reverse();
            }
            assert!(keys.is_sorted(), "{sort} by {limit}: {keys:?}");
        }
    }
    let newest: Value = admin.get(PATH).expect(200).json();
    assert_eq!(newest["clients"][0]["client_name"], name(24));
    assert_eq!(newest["next_cursor"], Value::Null);
}

#[test]
fn a_list_shows_clients_as_they_are_but_for_their_secrets() {
    let server = Server::start();
    let client = server.create_client("Listed", &["protected"]);
    let page: Value = server.admin().get(PATH).expect(200).json();
    let mut expected = client.metadata.clone();
    for field in ["client_secret", "client_secret_expires_at", "secrets"] {
        expected.as_object_mut().unwrap().remove(field).unwrap();
    }
    assert_eq!(page, json!({"clients": [expected], "next_cursor": null}));
}

#[test]
fn clients_that_come_and_go_between_pages_disturb_nothing() {
    let server = Server::start();
    let admin = server.admin();
    let clients = ["b", "d", "f", "h"].map(|name| server.create_client(name, &[]));
    let query = [("sort", "client_name"), ("limit", "2")];
    let first: Value = admin.get_query(PATH, &query).json();
    assert_eq!(names(&first), ["b", "d"]);
    server.create_client("a", &[]);
    server.create_client("e", &[]);
    // The client that the cursor stands at.
    admin
        .delete(&format!("{PATH}/{}", clients[1].client_id))
        .expect(204);
    let cursor = first["next_cursor"].as_str().unwrap();
    let query = [("sort", "client_name"), ("limit", "9"), ("cursor", cursor)];
    let second: Value = admin.get_query(PATH, &query).expect(200).json();
    assert_eq!(names(&second), ["e", "f", "h"]);
}

#[test]
fn search_takes_every_character_for_itself() {
    let server = Server::start();
    let every = [
        "100%",
        "100x",
        "left_hand",
        "leftxhand",
        "O'Brien \"the\" \\bot",
        "Ärgernis",
    ];
    for name in every {
        server.create_client(name, &[]);
    }
    let found = |text: &str| {
        let query = [("search", text), ("sort", "client_name")];
        names(&server.admin().get_query(PATH, &query).expect(200).json())
    };
    assert_eq!(found("0%"), ["100%"]);
    assert_eq!(found("%"), ["100%"]);
    assert_eq!(found("T_HAND"), ["left_hand"]);
    assert_eq!(found("o'brien \"THE\""), ["O'Brien \"the\" \\bot"]);
    assert_eq!(found("\\"), ["O'Brien \"the\" \\bot"]);
    assert_eq!(found("' OR '1'='1"), [""; 0]);
    assert_eq!(found("Ärger"), ["Ärgernis"]);
    assert_eq!(found("RGERNIS"), ["Ärgernis"]);
    assert_eq!(found("").len(), every.len());
}

#[test]
fn search_looks_at_name_description_and_identifier() {
    let server = Server::start();
    let admin = server.admin();
    let client = admin.register(&json!({"client_name": "Falcon", "description": "Flies by Night"}));
    server.create_client("Other", &[]);
    for text in ["fALC", "by night", &client.client_id.to_uppercase()] {
        let page: Value = admin
            .get_query(PATH, &[("search", text)])
            .expect(200)
            .json();
        assert_eq!(names(&page), ["Falcon"], "{text}");
    }
}

#[test]
fn filters_combine_with_search_and_pages() {
    let server = Server::start();
    let admin = server.admin();
    let clients = ["one of all", "two of all", "three of all", "four"]
        .map(|name| server.create_client(name, &[]));
    for client in &clients[..2] {
        admin
            .post_empty(&format!("{PATH}/{}/disable", client.client_id))
            .expect(200);
    }
    let found = |query: &[(&str, &str)]| {
        let mut query = query.to_vec();
        query.extend([("sort", "client_id_issued_at"), ("limit", "1")]);
        let clients = walk(&admin, &query);
        clients
            .iter()
            .map(|client| client["client_name"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(found(&[("enabled", "false")]), ["one of all", "two of all"]);
    assert_eq!(found(&[("enabled", "true")]), ["three of all", "four"]);
    assert_eq!(
        found(&[("enabled", "true"), ("search", "OF ALL")]),
        ["three of all"]
    );
}

#[test]
fn a_query_that_makes_no_sense_is_refused() {
    let server = Server::start();
    let long = "x".repeat(201);
    let queries = [
        ("limit", "0"),
        ("limit", "201"),
        ("limit", "-1"),
        ("limit", "many"),
        ("sort", "scope"),
        ("sort", ""),
        ("enabled", "maybe"),
        ("search", &long),
        ("search", "\0"),
        ("page", "2"),
        ("cursor", ""),
        ("cursor", "%%%"),
        ("cursor", "bm8ganNvbg"),
        ("cursor", "W10"),
        ("cursor", "WyJhIiwiYiIsImMiXQ"),
        ("cursor", "WyJhXHUwMDAwIiwiYiJd"),
        ("cursor", "WyItYWdlIiwibGF0ZSIsImIiXQ"),
    ];
    for query in queries {
        let answer = server.admin().get_query(PATH, &[query]).expect(400);
        let problem: Value = answer.json();
        assert_eq!(problem["status"], 400, "{query:?}");
    }
    server
        .admin()
        .get(&format!("{PATH}?limit=1&limit=2"))
        .expect(400);
}

#[test]
fn a_cursor_of_another_order_is_refused() {
    let server = Server::start();
    let admin = server.admin();
    for name in ["a", "b", "c"] {
        server.create_client(name, &[]);
    }
    let page: Value = admin
        .get_query(PATH, &[("sort", "client_name"), ("limit", "1")])
        .json();
    let cursor = page["next_cursor"].as_str().unwrap();
    for sort in [
        "-client_name",
        "client_id_issued_at",
        "-client_id_issued_at",
    ] {
        admin
            .get_query(PATH, &[("sort", sort), ("cursor", cursor)])
            .expect(400);
    }
}

/// Follows the cursors from the first page to the last.
fn walk(admin: &Admin, query: &[(&str, &str)]) -> Vec<Value> {
    let mut clients = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let mut query = query.to_vec();
        query.extend(cursor.iter().map(|cursor| ("cursor", cursor.as_str())));
        let page: Value = admin.get_query(PATH, &query).expect(200).json();
        clients.extend(page["clients"].as_array().unwrap().iter().cloned());
        assert!(clients.len() <= 100, "the pages have no end");
        match page["next_cursor"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => return clients,
        }
    }
}

fn texts(clients: &[Value], field: &str) -> BTreeSet<String> {
    clients
        .iter()
        .map(|client| client[field].to_string())
        .collect()
}

fn names(page: &Value) -> Vec<String> {
    let clients = page["clients"].as_array().unwrap().iter();
    clients
        .map(|client| client["client_name"].as_str().unwrap().to_owned())
        .collect()
}
