//! Secrets that are presented where names belong: they are in no record and in no line of the log.

use serde_json::json;

use crate::support::{Basic, Caller, Server};

#[test]
fn a_secret_in_the_place_of_a_name_is_not_written_down() {
    let server = Server::start();
    let client = server.create_client("reporter", &["protected"]);
    let (id, secret) = (client.client_id.as_str(), client.client_secret.as_str());
    let password = server.admin_password();
    let anonymous = server.anonymous();
    let swapped = Basic::new(server.address(), secret, id);
    let twice = Basic::new(server.address(), secret, secret);
    for path in ["/token", "/introspect", "/revoke"] {
        let mut form = vec![("grant_type", "client_credentials"), ("token", "x")];
        swapped.post_form(path, &form).expect(401);
        twice.post_form(path, &form).expect(401);
        form.extend([("client_id", secret), ("client_secret", id)]);
        anonymous.post_form(path, &form).expect(401);
        let form = [("client_id", secret)];
        let answer = anonymous.post_form(path, &form);
        assert!([400, 401].contains(&answer.status), "{answer}");
    }
    for (user, word) in [(password, "admin"), (password, ""), (password, password)] {
        let mistaken = Basic::new(server.address(), user, word);
        mistaken.get("/admin/api/clients").expect(401);
        let body = json!({"client_name": "x"});
        mistaken.post_json("/admin/api/clients", &body).expect(401);
    }
    swapped.get("/admin/api/clients").expect(401);
    let of_agent = server.anonymous().with_token(secret);
    of_agent.get("/protected").expect(401);

    let export = server.cli_stdout(["audit", "export"]);
    assert!(export.contains("client_authentication_failed"), "{export}");
    assert!(export.contains("wrong_password"), "{export}");
    for secret in [secret, password] {
        // Neither whole, nor what is left of it behind the beginning.
        let tail = &secret[secret.len() - 20..];
        for (place, text) in [
            ("audit log", &export),
            ("log", &server.stderr()),
            ("metrics", &server.metrics()),
        ] {
            assert!(!text.contains(tail), "{tail} is in the {place}: {text}");
        }
    }
}
