//! `/admin/api/administrators`: accounts and their passwords.

use serde_json::{Value, json};

use crate::support::{Admin, Caller, Server};

const PATH: &str = "/admin/api/administrators";

#[test]
fn a_new_administrator_signs_in_with_the_password_given() {
    let server = Server::start();
    let body = json!({"username": "alice@example.com", "password": "correct horse battery"});
    let answer = server.admin().post_json(PATH, &body).expect(201);
    assert!(!answer.body.contains("correct horse"));
    let made: Value = answer.json();
    assert_eq!(made["username"], "alice@example.com");
    assert_eq!(made["tenant_id"], "default");
    let alice = signed_in(&server, "alice@example.com", "correct horse battery");
    let list: Value = alice.get(PATH).expect(200).json();
    let names: Vec<_> = list["administrators"].as_array().unwrap().iter().collect();
    assert_eq!(names.len(), 2);
    assert_eq!(names[0]["username"], "admin");
    assert_eq!(names[1], &made);
}

#[test]
fn a_new_password_holds_at_once() {
    let server = Server::start();
    let body = json!({"username": "bob", "password": "the first password"});
    server.admin().post_json(PATH, &body).expect(201);
    let before = signed_in(&server, "bob", "the first password");
    before.get(PATH).expect(200);
    let change = json!({"password": "the second password"});
    server
        .admin()
        .put_json(&format!("{PATH}/bob/password"), &change)
        .expect(204);
    before.get(PATH).expect(401);
    signed_in(&server, "bob", "the second password")
        .get(PATH)
        .expect(200);
}

#[test]
fn an_account_that_cannot_be_is_refused() {
    let server = Server::start();
    let admin = server.admin();
    let password = "long enough to do";
    for username in ["", "a b", "a:b", "é", "a/b", "\0", &"a".repeat(65)] {
        let body = json!({"username": username, "password": password});
        admin.post_json(PATH, &body).expect(422);
    }
    for password in ["elevenchars", "", &"x".repeat(257)] {
        let body = json!({"username": "carol", "password": password});
        let answer = admin.post_json(PATH, &body).expect(422);
        assert!(password.is_empty() || !answer.body.contains(password));
        admin
            .put_json(
                &format!("{PATH}/admin/password"),
                &json!({"password": password}),
            )
            .expect(422);
    }
    let body = json!({"username": "carol", "password": password, "role": "root"});
    admin.post_json(PATH, &body).expect(422);
    let body = json!({"username": "admin", "password": password});
    admin.post_json(PATH, &body).expect(409);
    for nobody in ["nobody", "a%20b", "%00"] {
        let path = format!("{PATH}/{nobody}/password");
        let body = json!({"password": password});
        admin.put_json(&path, &body).expect(404);
    }
    let list: Value = admin.get(PATH).expect(200).json();
    assert_eq!(list["administrators"].as_array().unwrap().len(), 1);
}

fn signed_in(server: &Server, username: &str, password: &str) -> Admin {
    Admin::new(server.address(), username, password)
}
