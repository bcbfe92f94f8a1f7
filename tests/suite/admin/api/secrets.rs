//! `/admin/api/clients/{client_id}/secrets`: two secrets for a while, and each shown once.

use serde_json::{Value, json};

use crate::support::{Caller, RegisteredClient, Server, eventually};

#[test]
fn a_secret_is_replaced_without_a_pause() {
    let server = Server::start();
    let first = server.create_client("Rotated", &["protected"]);
    let agent = server.agent(&first);
    let second = add(&server, &first);
    assert!(works(&server, &first));
    assert!(works(&server, &second));

    let shown = retire(&server, &first, "", 200);
    assert_eq!(secret_ids(&shown), [id_of(&second)]);
    assert!(
        !works(&server, &first),
        "a secret that was used before is refused at once"
    );
    assert!(works(&server, &second));
    // Tokens belong to the client, not to the secret that got them.
    agent.get("/protected").expect(200);
}

#[test]
fn a_client_holds_at_most_two_secrets_and_at_least_one() {
    let server = Server::start();
    let first = server.create_client("Two", &[]);
    let second = add(&server, &first);
    let problem: Value = server.admin().post_empty(&path(&first)).expect(409).json();
    assert!(problem["detail"].as_str().unwrap().contains("at most 2"));
    retire(&server, &second, "", 200);
    let problem = retire(&server, &first, "", 409);
    assert!(problem["detail"].as_str().unwrap().contains("only secret"));
    retire(&server, &first, "?after=60", 409);
    assert!(works(&server, &first));
    add(&server, &first);
}

#[test]
fn a_secret_can_be_retired_after_a_time() {
    let server = Server::start();
    let first = server.create_client("Later", &[]);
    let second = add(&server, &first);
    assert!(works(&server, &first));
    let before = seconds();
    let shown = retire(&server, &first, "?after=2", 200);
    let ends = shown["secrets"][0]["expires_at"].as_i64().unwrap();
    assert!((before + 2..=seconds() + 2).contains(&ends), "{shown}");
    // Verified a moment ago and remembered, it ends all the same.
    eventually("the first secret ends", || {
        (!works(&server, &first)).then_some(())
    });
    assert!(seconds() >= ends);
    assert!(works(&server, &second));
    // What has ended takes no place.
    let third = add(&server, &first);
    let shown: Value = server.admin().get(&client_path(&first)).json();
    assert_eq!(secret_ids(&shown), [id_of(&second), id_of(&third)]);
}

#[test]
fn a_secret_that_has_ended_does_not_come_back_by_being_retired() {
    let server = Server::start();
    let short = json!({"client_name": "Ended", "client_secret_lifetime": 1});
    let first = server.admin().register(&short);
    let second = add(&server, &first);
    eventually("the first secret ends", || {
        (!works(&server, &first)).then_some(())
    });
    retire(&server, &first, "?after=86400", 200);
    assert!(!works(&server, &first));
    assert!(works(&server, &second));
    // It takes no place, either.
    add(&server, &first);
}

#[test]
fn retiring_never_puts_an_end_off() {
    let server = Server::start();
    let ends = |shown: &Value| shown["secrets"][0]["expires_at"].as_i64().unwrap();
    let limited = json!({"client_name": "Limited", "client_secret_lifetime": 500});
    let first = server.admin().register(&limited);
    let before = ends(&first.metadata);
    add(&server, &first);
    let shown = retire(&server, &first, "?after=86400", 200);
    assert_eq!(ends(&shown), before);
    let shown = retire(&server, &first, "?after=60", 200);
    assert!((1..=60).contains(&(ends(&shown) - seconds())), "{shown}");
    let sooner = ends(&shown);
    let shown = retire(&server, &first, "?after=400", 200);
    assert_eq!(ends(&shown), sooner);
}

#[test]
fn a_secret_ends_with_its_lifetime() {
    let server = Server::start();
    let admin = server.admin();
    let registration = json!({"client_name": "Short", "client_secret_lifetime": 4});
    let client = admin.register(&registration);
    assert!(works(&server, &client));
    eventually("the secret ends", || {
        (!works(&server, &client)).then_some(())
    });

    let answer = admin.post_json(&path(&client), &json!({"client_secret_lifetime": 100}));
    let secret: Value = answer.expect(201).json();
    let lifetime = secret["expires_at"].as_i64().unwrap() - secret["created_at"].as_i64().unwrap();
    assert_eq!(lifetime, 100);
    assert!(works(&server, &with_secret(&client, &secret)));
}

#[test]
fn the_last_secret_that_still_works_stays() {
    let server = Server::start();
    let short = json!({"client_name": "Last", "client_secret_lifetime": 1});
    let first = server.admin().register(&short);
    let second = add(&server, &first);
    eventually("the first secret ends", || {
        (!works(&server, &first)).then_some(())
    });
    retire(&server, &second, "", 409);
    assert!(works(&server, &second));
}

#[test]
fn a_lifetime_that_makes_no_sense_is_refused() {
    let server = Server::start();
    let client = server.create_client("Senseless", &[]);
    for lifetime in [json!(0), json!(-1), json!("1"), json!(1.5), json!(1e30)] {
        let body = json!({"client_secret_lifetime": lifetime});
        let answer = server.admin().post_json(&path(&client), &body);
        assert_eq!(answer.status, 422, "{lifetime}: {answer}");
    }
    let body = json!({"client_secret": "chosen-by-the-caller"});
    server.admin().post_json(&path(&client), &body).expect(422);
    let shown: Value = server.admin().get(&client_path(&client)).json();
    assert_eq!(secret_ids(&shown).len(), 1);
}

#[test]
fn a_time_to_retire_after_that_makes_no_sense_is_refused() {
    let server = Server::start();
    let client = server.create_client("Senseless", &[]);
    add(&server, &client);
    for query in [
        "?after=-1",
        "?after=soon",
        "?when=1",
        "?after=18446744073709551616",
    ] {
        retire(&server, &client, query, 400);
    }
    assert!(works(&server, &client));
}

#[test]
fn a_secret_belongs_to_its_client() {
    let server = Server::start();
    let [one, other] = ["One", "Other"].map(|name| server.create_client(name, &[]));
    add(&server, &one);
    let admin = server.admin();
    for secret_id in [id_of(&other).as_str(), "AAAAAAAAAAAA", "x", "%00"] {
        admin
            .delete(&format!("{}/{secret_id}", path(&one)))
            .expect(404);
    }
    let mixed = RegisteredClient {
        client_secret: other.client_secret.clone(),
        ..one.clone()
    };
    assert!(!works(&server, &mixed));
    assert!(works(&server, &other));
}

#[test]
fn each_secret_says_when_it_was_made_and_used() {
    let server = Server::start();
    let first = server.create_client("Dated", &[]);
    let second = add(&server, &first);
    let made = seconds();
    assert!(works(&server, &second));
    let shown = eventually("the use is written down", || {
        let shown: Value = server.admin().get(&client_path(&first)).json();
        shown["secrets"][1]["last_used_at"]
            .is_i64()
            .then_some(shown)
    });
    assert_eq!(shown["secrets"][0]["last_used_at"], Value::Null);
    assert!((shown["secrets"][1]["created_at"].as_i64().unwrap() - made).abs() <= 10);
    assert_eq!(shown["last_used_at"], shown["secrets"][1]["last_used_at"]);
}

#[test]
fn a_secret_is_shown_once_and_never_again() {
    let server = Server::start();
    let admin = server.admin();
    let first = server.create_client("Silent", &["protected"]);
    let second = add(&server, &first);
    let agent = server.agent(&second);
    let wrong = format!("{}x", first.client_secret);
    let guess = RegisteredClient {
        client_secret: wrong.clone(),
        ..first.clone()
    };
    assert!(!works(&server, &guess));
    server.introspect(&first, &agent.token);
    agent.get("/protected").expect(200);
    admin
        .patch_json(&client_path(&first), &json!({"description": "changed"}))
        .expect(200);
    server.revoke(&second, &agent.token);
    retire(&server, &first, "?after=60", 200);

    let mut said = vec![("log", server.stderr()), ("stdout", server.stdout())];
    for path in [
        &client_path(&first),
        "/admin/api/clients",
        "/admin/api/audit?limit=500",
        "/admin/api/administrators",
        "/admin/api/keys",
        "/metrics",
    ] {
        said.push(("answer", admin.get(path).expect(200).body));
    }
    said.push(("log at the end", server.stderr()));
    let token = &agent.token.access_token;
    let secrets = [&first.client_secret, &second.client_secret, &wrong, token];
    for secret in secrets
        .into_iter()
        .map(String::as_str)
        .chain([server.admin_password()])
    {
        // Neither whole, nor what is left of it behind the identifier.
        let tail = &secret[secret.len() - 20..];
        for (what, text) in &said {
            assert!(!text.contains(tail), "{secret} is in the {what}: {text}");
        }
    }
}

/// Gives the client one more secret, and hands out the client with it.
#[track_caller]
fn add(server: &Server, client: &RegisteredClient) -> RegisteredClient {
    let secret: Value = server.admin().post_empty(&path(client)).expect(201).json();
    with_secret(client, &secret)
}

fn with_secret(client: &RegisteredClient, secret: &Value) -> RegisteredClient {
    let client_secret = secret["client_secret"].as_str().unwrap().to_owned();
    assert_eq!(
        secret["secret_id"],
        client_secret["ambit_cs_".len()..][..12]
    );
    RegisteredClient {
        client_secret,
        ..client.clone()
    }
}

/// Retires the secret that the client holds here.
#[track_caller]
fn retire(server: &Server, client: &RegisteredClient, query: &str, status: u16) -> Value {
    let path = format!("{}/{}{query}", path(client), id_of(client));
    server.admin().delete(&path).expect(status).json()
}

fn works(server: &Server, client: &RegisteredClient) -> bool {
    let form = [("grant_type", "client_credentials")];
    let answer = server
        .anonymous()
        .with_basic(client)
        .post_form("/token", &form);
    assert!([200, 401].contains(&answer.status), "{answer}");
    answer.status == 200
}

fn id_of(client: &RegisteredClient) -> String {
    client.client_secret["ambit_cs_".len()..][..12].to_owned()
}

fn secret_ids(client: &Value) -> Vec<String> {
    let secrets = client["secrets"].as_array().unwrap().iter();
    secrets
        .map(|secret| secret["secret_id"].as_str().unwrap().to_owned())
        .collect()
}

fn client_path(client: &RegisteredClient) -> String {
    format!("/admin/api/clients/{}", client.client_id)
}

fn path(client: &RegisteredClient) -> String {
    format!("{}/secrets", client_path(client))
}

fn seconds() -> i64 {
    chrono::Utc::now().timestamp()
}
