//! `POST /revoke` (RFC 7009): a client gives up a token of its own.

use super::{GRANT, assert_refused, records};
use crate::support::{Caller, Server};

#[test]
fn a_revoked_token_is_void_at_once_and_stays_so() {
    let mut server = Server::start();
    let client = server.create_client("reporter", &["protected"]);
    let agent = server.agent(&client);
    let kept = server.agent(&client);
    agent.get("/protected").expect(200);

    let form = [("token", agent.token.access_token.as_str())];
    let answer = server
        .anonymous()
        .with_basic(&client)
        .post_form("/revoke", &form)
        .expect(200);
    assert_eq!(answer.body, "");
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let refused = agent.get("/protected").expect(401);
    assert!(
        refused
            .header("www-authenticate")
            .unwrap()
            .contains("error=\"invalid_token\"")
    );
    kept.get("/protected").expect(200);

    server.revoke(&client, &agent.token);
    server.restart();
    agent.get("/protected").expect(401);
    kept.get("/protected").expect(200);
}

#[test]
fn what_is_no_valid_token_is_answered_as_if_it_had_been_revoked() {
    let server = Server::start();
    let client = server.create_client("reporter", &["protected"]);
    let basic = server.anonymous().with_basic(&client);
    for text in ["x", "..", "a.b.c", "é", "0", &client.client_id] {
        assert_eq!(
            basic
                .post_form("/revoke", &[("token", text)])
                .expect(200)
                .body,
            ""
        );
    }
    assert_eq!(records(&server, "token.revoke", "allowed").len(), 0);
}

/// RFC 7009, section 2.1: the request is refused, and the client is informed of the error.
#[test]
fn nobody_revokes_the_token_of_another() {
    let server = Server::start();
    let client = server.create_client("reporter", &["protected"]);
    let other = server.create_client("other", &["protected"]);
    let agent = server.agent(&client);
    let form = [("token", agent.token.access_token.as_str())];
    let answer = server
        .anonymous()
        .with_basic(&other)
        .post_form("/revoke", &form);
    assert_refused(&answer, 400, "invalid_request");
    agent.get("/protected").expect(200);
    assert_eq!(server.introspect(&client, &agent.token)["active"], true);
    let denied = records(&server, "token.revoke", "denied");
    assert_eq!(denied.len(), 1);
    assert_eq!(denied[0]["client_id"], *other.client_id);
}

#[test]
fn a_hint_is_only_a_hint() {
    let server = Server::start();
    let client = server.create_client("reporter", &["protected"]);
    let basic = server.anonymous().with_basic(&client);
    for hint in ["access_token", "refresh_token", "unheard_of"] {
        let agent = server.agent(&client);
        let form = [
            ("token", agent.token.access_token.as_str()),
            ("token_type_hint", hint),
        ];
        basic.post_form("/revoke", &form).expect(200);
        agent.get("/protected").expect(401);
    }
}

#[test]
fn a_request_names_one_token() {
    let server = Server::start();
    let client = server.create_client("reporter", &["protected"]);
    let agent = server.agent(&client);
    let basic = server.anonymous().with_basic(&client);
    let named = ("token", agent.token.access_token.as_str());
    let forms: [&[(&str, &str)]; 4] = [&[], &[GRANT], &[("token", "")], &[named, named]];
    for form in forms {
        assert_refused(&basic.post_form("/revoke", form), 400, "invalid_request");
    }
    agent.get("/protected").expect(200);
}

#[test]
fn a_revocation_is_on_record_once() {
    let server = Server::start();
    let client = server.create_client("reporter", &["protected"]);
    let token = server.token(&client);
    server.revoke(&client, &token);
    server.revoke(&client, &token);
    let revoked = records(&server, "token.revoke", "allowed");
    assert_eq!(revoked.len(), 1);
    assert_eq!(revoked[0]["target"], token.claims()["jti"]);
    assert_eq!(revoked[0]["client_id"], *client.client_id);
}

#[test]
fn a_client_that_is_shut_out_can_revoke_nothing_and_need_not() {
    let server = Server::start();
    let client = server.create_client("reporter", &["protected"]);
    let agent = server.agent(&client);
    let path = format!("/admin/api/clients/{}/disable", client.client_id);
    server.admin().post_empty(&path).expect(200);
    let form = [("token", agent.token.access_token.as_str())];
    let answer = server
        .anonymous()
        .with_basic(&client)
        .post_form("/revoke", &form);
    assert_refused(&answer, 401, "invalid_client");
    agent.get("/protected").expect(401);
}
