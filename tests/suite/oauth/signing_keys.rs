//! Where signing keys come from, and what they sign.

use std::{fs, process::Command};

use serde_json::{Value, json};

use super::{
    GRANT,
    jwks::{keys, kids, thumbprint},
    records,
};
use crate::support::{Backend, Caller, Server, ServerBuilder, eventually};

/// What the `openssl` command writes to stdout.
fn openssl(arguments: &str, input: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("input.pem");
    fs::write(&file, input).unwrap();
    let mut command = Command::new("openssl");
    command.args(arguments.split(' '));
    if !input.is_empty() {
        command.arg("-in").arg(&file);
    }
    let output = command.output().expect("openssl runs");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Keys in the four forms that are in use, as `openssl` makes them: first line, algorithm, key.
fn foreign_keys() -> [(&'static str, &'static str, String); 4] {
    let rsa = openssl("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048", "");
    let ec = openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256", "");
    let pkcs1 = openssl("rsa -traditional", &rsa);
    let sec1 = openssl("ec", &ec);
    [
        ("-----BEGIN RSA PRIVATE KEY-----", "RS256", pkcs1),
        ("-----BEGIN PRIVATE KEY-----", "RS256", rsa),
        ("-----BEGIN EC PRIVATE KEY-----", "ES256", sec1),
        ("-----BEGIN PRIVATE KEY-----", "ES256", ec),
    ]
}

/// Demands that the server signs with its one key, of this algorithm, and accepts what it signed.
#[track_caller]
fn assert_signs(server: ServerBuilder, algorithm: &str) -> String {
    let server = server.own_keys().start();
    let client = server.create_client("reporter", &["protected"]);
    let agent = server.agent(&client);
    agent.get("/protected").expect(200);
    let keys = keys(&server);
    assert_eq!(keys.len(), 1, "{keys:?}");
    let kid = thumbprint(&keys[0]);
    assert_eq!(
        agent.token.header(),
        json!({ "typ": "at+jwt", "alg": algorithm, "kid": kid })
    );
    kid
}

#[test]
fn a_key_comes_from_the_environment() {
    for (first_line, algorithm, pem) in foreign_keys() {
        assert!(
            pem.starts_with(first_line),
            "openssl writes another form: {pem:.40}"
        );
        let public = openssl("pkey -pubout", &pem);
        let one_line = pem.trim().replace('\n', "\\n");
        let settings = [
            ("AMBIT_PRIVATE_KEY", pem.as_str()),
            ("AMBIT_PUBLIC_KEY", &public),
        ];
        let kid = assert_signs(Server::with(settings), algorithm);
        let foreign = [
            ("JWT_PRIVATE_KEY", one_line.as_str()),
            ("JWT_PUBLIC_KEY", &public),
        ];
        assert_eq!(assert_signs(Server::with(foreign), algorithm), kid);
        let mounted = Server::with([("AMBIT_PRIVATE_KEY_FILE", "mounted")]).file("mounted", &pem);
        assert_eq!(assert_signs(mounted, algorithm), kid);
    }
}

#[test]
fn a_key_comes_from_a_file_in_the_keys_folder() {
    for (_, algorithm, pem) in foreign_keys() {
        let server = Server::with([
            ("AMBIT_KEYS_DIR", "."),
            ("AMBIT_SIGNING_ALGORITHM", algorithm),
        ]);
        assert_signs(server.file("ours.pem", &pem), algorithm);
    }
}

#[test]
fn what_is_no_usable_key_is_refused_at_start_and_not_repeated() {
    let [(.., rsa), _, (.., ec), _] = foreign_keys();
    let other = openssl("pkey -pubout", &openssl("genrsa 2048", ""));
    let unusable = [
        openssl("genrsa -traditional 1024", ""),
        openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384", ""),
        openssl("genpkey -algorithm ED25519", ""),
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----".to_owned(),
        "no key".to_owned(),
    ];
    for pem in &unusable {
        let refusal = Server::with([("AMBIT_PRIVATE_KEY", pem)])
            .try_start()
            .err()
            .expect("refused");
        assert!(!refusal.status.success());
        let said = format!("{}{}", refusal.stdout, refusal.stderr);
        assert!(said.to_lowercase().contains("key"), "{said}");
        let second_line = pem.lines().nth(1).unwrap_or(pem);
        assert!(!said.contains(second_line), "{said}");
    }
    for pem in [rsa, ec] {
        let settings = [
            ("AMBIT_PRIVATE_KEY", pem.as_str()),
            ("AMBIT_PUBLIC_KEY", &other),
        ];
        assert!(Server::with(settings).try_start().is_err());
    }
}

#[test]
fn some_resources_have_tokens_signed_with_es256() {
    let fast = "https://fast.example/";
    let slow = "https://slow.example/";
    let server = Server::with([
        (
            "AMBIT_RESOURCES",
            "https://fast.example/,https://slow.example/",
        ),
        ("AMBIT_ES256_RESOURCES", fast),
    ])
    .start();
    let client = server.admin().register(&json!({
        "client_name": "reporter",
        "allowed_resources": [fast, slow],
    }));
    let algorithm = |resources: &[&str]| {
        let resources: Vec<_> = resources
            .iter()
            .map(|resource| ("resource", *resource))
            .collect();
        let token = server.token_for(&client, &resources);
        assert_eq!(server.introspect(&client, &token)["active"], true);
        token.header()["alg"].as_str().unwrap().to_owned()
    };
    assert_eq!(algorithm(&[]), "RS256");
    assert_eq!(algorithm(&[slow]), "RS256");
    assert_eq!(algorithm(&[fast]), "ES256");
    assert_eq!(algorithm(&[fast, slow]), "RS256");
    assert_eq!(keys(&server).len(), 2);
}

#[test]
fn tokens_stay_valid_when_the_algorithm_changes() {
    let mut server = Server::with([]).file("ambit.toml", "").start();
    let client = server.create_client("reporter", &["protected"]);
    let before = server.agent(&client);
    let settings = "[keys]\nsigning_algorithm = \"ES256\"\n";
    fs::write(server.folder().join("ambit.toml"), settings).unwrap();
    server.restart();
    // The issuer was the address, which the restart kept.
    before.get("/protected").expect(200);
    let after = server.agent(&client);
    after.get("/protected").expect(200);
    assert_eq!(after.token.header()["alg"], "ES256");
    assert_eq!(keys(&server).len(), 2);
}

#[test]
fn an_rsa_key_from_the_settings_cannot_sign_what_is_to_be_es256() {
    let [(.., rsa), _, (.., ec), _] = foreign_keys();
    let asked = [
        ("AMBIT_SIGNING_ALGORITHM", "ES256"),
        ("AMBIT_ES256_RESOURCES", "https://fast.example/"),
    ];
    for setting in asked {
        let settings = [("AMBIT_PRIVATE_KEY", rsa.as_str()), setting];
        let refusal = Server::with(settings).try_start().err().expect("refused");
        assert!(refusal.stderr.contains("ES256"), "{refusal:?}");
        assert_signs(
            Server::with([("AMBIT_PRIVATE_KEY", ec.as_str()), setting]),
            "ES256",
        );
    }
}

/// Withdrawn by an operator whose shell does not have the variable that the server has.
#[test]
fn a_key_from_the_settings_that_was_withdrawn_signs_nothing_and_is_not_replaced() {
    let [(.., pem), ..] = foreign_keys();
    let brought = ("AMBIT_PRIVATE_KEY", pem.as_str());
    let mut server = Server::with([brought]).own_keys().start();
    let client = server.create_client("reporter", &["protected"]);
    let agent = server.agent(&client);
    agent.get("/protected").expect(200);
    let kid = kids(&server).remove(0);
    let output = server
        .command(&["keys", "withdraw", &kid])
        .env_remove(brought.0)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");

    eventually("the server is not ready", || {
        (server.anonymous().get("/readyz").status == 503).then_some(())
    });
    agent.get("/protected").expect(401);
    let ask = server.anonymous().with_basic(&client);
    ask.post_form("/token", &[GRANT]).expect(503);
    eventually("the log says why", || {
        server.stderr().contains("withdrawn").then_some(())
    });
    for decided in ["key.create", "key.rotate"] {
        let made = records(&server, decided, "allowed");
        let by_itself = |record: &&Value| record["actors"][0]["kind"] == "system";
        assert_eq!(made.iter().filter(by_itself).count(), 0, "{made:#?}");
    }

    server.stop();
    let refusal = Server::with([
        brought,
        ("AMBIT_DATABASE_URL", server.database().url().as_str()),
    ])
    // The database is the other server's: the harness need not make one.
    .backend(Backend::Sqlite)
    .own_keys()
    .try_start()
    .err()
    .expect("refused");
    assert!(!refusal.status.success());
    assert!(refusal.stderr.contains("withdrawn"), "{refusal:?}");
}

#[test]
fn keys_that_came_with_the_settings_are_changed_there() {
    let [(.., pem), ..] = foreign_keys();
    let server = Server::with([("AMBIT_PRIVATE_KEY", &*pem)])
        .own_keys()
        .start();
    server
        .admin()
        .post_empty("/admin/api/keys/rotate")
        .expect(409);
    let kid = kids(&server).remove(0);
    server
        .admin()
        .delete(&format!("/admin/api/keys/{kid}"))
        .expect(409);
    assert!(!server.cli(["keys", "rotate"]).status.success());
    assert_eq!(kids(&server), [kid]);
}
