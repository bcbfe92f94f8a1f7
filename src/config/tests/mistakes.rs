//! What is wrong, and how it is said.

use super::*;

#[test]
fn every_mistake_is_reported_at_once() {
    let file = file("[server]\nworkers = 0\nisuer = 'x'\n[tokens]\nresources = ['/relative']\n");
    let sources = Sources {
        file: Some(file.path().to_owned()),
        environment: variables(&[
            ("AMBIT_LOGG", "info"),
            ("AMBIT_ISSUER", "example.com/"),
            ("DATABASE_URL", "mysql://h/d"),
            ("AMBIT_TLS_KEY_FILE", "key.pem"),
            (
                "JWT_PUBLIC_KEY",
                "-----BEGIN PUBLIC KEY-----\nx\n-----END PUBLIC KEY-----",
            ),
        ]),
        overrides: Overrides::default()
            .set("server.listen", "8000")
            .set("server.port", "1"),
    };
    let at = |name: &str, line| format!("{name} ({} line {line})", file.path().display());
    let found = names(load(&sources));
    let expected = [
        at("server.isuer", 3),
        "AMBIT_LOGG".to_owned(),
        "server.port".to_owned(),
        "--listen".to_owned(),
        "AMBIT_ISSUER".to_owned(),
        "server.tls.certificate_file or AMBIT_TLS_CERTIFICATE_FILE".to_owned(),
        at("server.workers", 2),
        "DATABASE_URL".to_owned(),
        "keys.private_key or AMBIT_PRIVATE_KEY".to_owned(),
        at("tokens.resources", 5),
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_mistake_says_what_is_wrong_and_shows_an_example() {
    let mistakes = environment(&[("AMBIT_LISTEN", "localhost"), ("AMBIT_LOGG", "x")])
        .expect_err("both are mistakes");
    assert_eq!(
        mistakes.to_string(),
        "2 mistakes in the settings\n\n\
         AMBIT_LOGG: is no setting; did you mean AMBIT_LOG?\n\n\
         AMBIT_LISTEN: must be an IP address and a port, not \"localhost\"\n    \
         example: AMBIT_LISTEN=127.0.0.1:8000"
    );
}

#[test]
fn a_file_that_is_named_must_exist() {
    assert_eq!(
        names(toml(Path::new("/nowhere/ambit.toml"))),
        ["/nowhere/ambit.toml"]
    );
}

#[test]
fn anywhere_but_locally_the_issuer_must_be_https() {
    let production = |issuer, listen| {
        environment(&[
            ("ENVIRONMENT", "staging"),
            ("AMBIT_ISSUER", issuer),
            ("AMBIT_LISTEN", listen),
        ])
    };
    assert_eq!(
        names(production("http://auth.example.com", "")),
        ["AMBIT_ISSUER"]
    );
    assert_eq!(
        names(production("", "0.0.0.0:80")),
        ["server.issuer or AMBIT_ISSUER"]
    );
    for (issuer, listen) in [
        ("https://auth.example.com", "0.0.0.0:80"),
        ("http://localhost:8000", "0.0.0.0:80"),
        ("", "127.0.0.1:8000"),
    ] {
        assert!(production(issuer, listen).is_ok(), "{issuer} {listen}");
    }
    assert!(environment(&[("AMBIT_ISSUER", "http://auth.example.com")]).is_ok());
}

#[test]
fn on_every_interface_the_issuer_must_be_set() {
    for listen in ["0.0.0.0:80", "[::]:80"] {
        let listen = ("AMBIT_LISTEN", listen);
        let mistakes = environment(&[listen]).expect_err("nobody reaches that");
        assert!(mistakes.to_string().contains("AMBIT_ALLOWED_HOSTS"));
        assert_eq!(
            names(environment(&[listen])),
            ["server.issuer or AMBIT_ISSUER"]
        );
        assert!(environment(&[listen, ("AMBIT_ISSUER", "http://ambit.lan")]).is_ok());
    }
    assert!(environment(&[("AMBIT_LISTEN", "10.0.0.1:80")]).is_ok());
}

#[test]
fn what_checks_find_stands_among_the_other_mistakes() {
    let checks = Checks {
        keys: |_| vec![Finding::new(Judged::PrivateKey, "is worn out")],
        tls: |_| {
            let finding = |setting| Finding::new(setting, "is missing");
            vec![
                finding(Judged::TlsCertificateFile),
                finding(Judged::TlsKeyFile),
            ]
        },
    };
    let sources = Sources {
        environment: variables(&[
            ("AMBIT_TLS_CERTIFICATE_FILE", "a"),
            ("AMBIT_TLS_KEY_FILE", "b"),
            ("JWT_PRIVATE_KEY", PRIVATE_KEY),
            ("AMBIT_DATABASE_POOL_SIZE", "none"),
        ]),
        ..Sources::default()
    };
    let expected = [
        "AMBIT_TLS_CERTIFICATE_FILE",
        "AMBIT_TLS_KEY_FILE",
        "AMBIT_DATABASE_POOL_SIZE",
        "JWT_PRIVATE_KEY",
    ];
    assert_eq!(names(load_checked(&sources, checks)), expected);
}

#[test]
fn a_lifetime_may_not_pass_the_longest() {
    let max = ("AMBIT_ACCESS_TOKEN_LIFETIME_MAX_SECONDS", "600");
    assert_eq!(
        names(environment(&[max])),
        ["tokens.access_token_lifetime_seconds or AMBIT_ACCESS_TOKEN_LIFETIME_SECONDS"]
    );
    assert_eq!(
        names(environment(&[max, ("TOKEN_EXPIRY_SECONDS", "601")])),
        ["TOKEN_EXPIRY_SECONDS"]
    );
    assert!(environment(&[max, ("TOKEN_EXPIRY_SECONDS", "600")]).is_ok());
    assert!(environment(&[("AMBIT_ACCESS_TOKEN_LIFETIME_MAX_SECONDS", "2592001")]).is_err());
}

#[test]
fn a_wrong_value_is_not_taken_for_a_missing_one() {
    let file = file("[server]\nissuer = 5\n");
    let sources = Sources {
        file: Some(file.path().to_owned()),
        environment: variables(&[("ENVIRONMENT", "staging"), ("AMBIT_LISTEN", "0.0.0.0:80")]),
        ..Sources::default()
    };
    let expected = format!("server.issuer ({} line 2)", file.path().display());
    assert_eq!(names(load(&sources)), [expected]);
}
