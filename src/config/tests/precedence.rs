//! Which source gives a setting, and what it becomes.

use std::time::Duration;

use secrecy::ExposeSecret;

use super::*;

#[test]
fn defaults_are_those_of_a_developers_machine() {
    let settings = environment(&[]).expect("defaults are valid");
    assert_eq!(settings.server.environment, Environment::Local);
    assert_eq!(settings.server.listen.to_string(), "127.0.0.1:8000");
    assert_eq!(settings.server.issuer, None);
    assert_eq!(settings.server.body_limit, 65_536);
    assert_eq!(settings.database.url.to_string(), "sqlite://data/ambit.db");
    assert_eq!(settings.keys.signing_algorithm, SigningAlgorithm::Rs256);
    assert_eq!(
        settings.keys.rotation_interval,
        Some(Duration::from_secs(90 * 86_400))
    );
    assert_eq!(
        settings.tokens.access_token_lifetime,
        Duration::from_secs(3600)
    );
    assert!(settings.server.workers >= 1 && settings.limits.argon2_threads >= 1);
    assert!(settings.admin.password.is_none());
    assert_eq!(settings.log.format, LogFormat::Auto);
}

#[test]
fn flags_stand_above_environment_above_file_above_defaults() {
    let file = file("[server]\nlisten = '127.0.0.1:1'\nissuer = 'http://file'\nworkers = 3\n");
    let sources = Sources {
        file: Some(file.path().to_owned()),
        environment: variables(&[
            ("AMBIT_LISTEN", "127.0.0.1:2"),
            ("AMBIT_ISSUER", "http://environment"),
        ]),
        overrides: Overrides::default().set("server.listen", "127.0.0.1:3"),
    };
    let settings = load(&sources).expect("all are valid");
    assert_eq!(settings.server.listen.port(), 3);
    assert_eq!(
        settings.server.issuer.as_deref(),
        Some("http://environment")
    );
    assert_eq!(settings.server.workers, 3);

    let origin = |name| effective(&settings, name).1;
    assert_eq!(origin("server.listen"), "flag --listen");
    assert_eq!(origin("server.issuer"), "environment AMBIT_ISSUER");
    assert_eq!(
        origin("server.workers"),
        format!("{} line 4", file.path().display())
    );
    assert_eq!(origin("database.pool_size"), "default");
}

#[test]
fn saaf_variables_are_understood_and_ambit_ones_stand_above_them() {
    let pairs = [
        ("ENVIRONMENT", "production"),
        ("ISSUER_URL", "https://auth.example.com"),
        ("DATABASE_URL", "postgres://u:p@h/d"),
        ("TOKEN_EXPIRY_SECONDS", "900"),
        ("JWT_PRIVATE_KEY", PRIVATE_KEY),
        (
            "JWT_PUBLIC_KEY",
            "-----BEGIN PUBLIC KEY-----\\nx\\n-----END PUBLIC KEY-----",
        ),
    ];
    let settings = environment(&pairs).expect("SAAF's variables");
    assert_eq!(
        settings.server.environment,
        Environment::Production("production".into())
    );
    assert_eq!(
        settings.server.issuer.as_deref(),
        Some("https://auth.example.com")
    );
    assert!(matches!(&settings.database.url, DatabaseUrl::Postgres(url)
        if url.expose_secret() == "postgres://u:p@h/d"));
    assert_eq!(
        settings.tokens.access_token_lifetime,
        Duration::from_secs(900)
    );
    assert_eq!(
        settings
            .keys
            .private_key
            .as_ref()
            .map(ExposeSecret::expose_secret),
        Some(PRIVATE_KEY)
    );
    assert!(
        settings
            .keys
            .public_key
            .is_some_and(|key| key.contains("\nx\n"))
    );

    let above = environment(&[("ISSUER_URL", "http://a"), ("AMBIT_ISSUER", "http://b")]);
    assert_eq!(
        above.expect("both are valid").server.issuer.as_deref(),
        Some("http://b")
    );
}

#[test]
fn empty_and_test_variables_do_not_count() {
    let settings = environment(&[
        ("AMBIT_LISTEN", ""),
        ("AMBIT_TEST_DATABASE", "x"),
        ("PORT", ""),
    ]);
    assert_eq!(settings.expect("valid").server.listen.port(), 8000);
}

#[test]
fn postgres_variables_make_up_an_address_only_where_none_is_given() {
    let password = ("POSTGRES_PASSWORD", "p@ss/w:rd?#%");
    let settings = environment(&[
        ("POSTGRES_HOST", "db"),
        ("POSTGRES_USER", "ambit"),
        password,
    ])
    .expect("valid parts");
    assert!(matches!(&settings.database.url, DatabaseUrl::Postgres(url)
        if url.expose_secret() == "postgres://ambit:p%40ss%2Fw%3Ard%3F%23%25@db:5432/ambit"));
    assert_eq!(
        effective(&settings, "database.url"),
        (
            Some("postgres://ambit:********@db:5432/ambit".into()),
            "environment POSTGRES_HOST, POSTGRES_USER, POSTGRES_PASSWORD".into()
        )
    );

    let whole = [
        ("POSTGRES_HOST", "::1"),
        ("POSTGRES_PORT", "6432"),
        ("POSTGRES_USER", "u"),
        ("POSTGRES_DB", "d"),
    ];
    let settings = environment(&whole).expect("valid parts");
    assert_eq!(
        settings.database.url.to_string(),
        "postgres://u@[::1]:6432/d"
    );

    let file = file("[database]\nurl = 'sqlite://file.db'\n");
    let sources = Sources {
        file: Some(file.path().to_owned()),
        environment: variables(&[("POSTGRES_HOST", "db"), ("POSTGRES_PORT", "not read")]),
        ..Sources::default()
    };
    let settings = load(&sources).expect("the file gives an address");
    assert_eq!(settings.database.url.to_string(), "sqlite://file.db");
    assert_eq!(
        names(environment(&[("POSTGRES_PORT", "x")])),
        ["POSTGRES_PORT"]
    );
}

#[test]
fn the_host_gives_the_port_where_no_address_is_given() {
    let heroku = [
        ("ENVIRONMENT", "heroku"),
        ("ISSUER_URL", "https://a.example"),
        ("PORT", "5000"),
    ];
    let settings = environment(&heroku).expect("valid");
    assert_eq!(settings.server.listen.to_string(), "0.0.0.0:5000");
    assert_eq!(effective(&settings, "server.listen").1, "environment PORT");

    let given = [heroku.as_slice(), &[("AMBIT_LISTEN", "127.0.0.1:9")]].concat();
    assert_eq!(environment(&given).expect("valid").server.listen.port(), 9);

    // Elsewhere it opens the machine to nobody.
    for name in ["local", "staging"] {
        let elsewhere = [("ENVIRONMENT", name), ("PORT", "5000")];
        let settings = environment(&elsewhere).expect("valid");
        assert_eq!(settings.server.listen.to_string(), "127.0.0.1:5000");
    }

    let broken = [heroku.as_slice(), &[("PORT", "many")]].concat();
    assert_eq!(names(environment(&broken)), ["PORT"]);
    assert_eq!(names(environment(&[("PORT", "many")])), ["PORT"]);
}

#[test]
fn lists_are_separated_by_commas_in_the_environment() {
    let settings = environment(&[
        ("AMBIT_TRUSTED_PROXIES", "10.0.0.0/8, ::1,"),
        ("AMBIT_RESOURCES", "https://a.example/x,urn:y"),
    ])
    .expect("valid");
    assert_eq!(settings.server.trusted_proxies.len(), 2);
    assert_eq!(settings.tokens.resources, ["https://a.example/x", "urn:y"]);
    assert_eq!(
        effective(&settings, "server.trusted_proxies").0.as_deref(),
        Some("10.0.0.0/8, ::1")
    );
    assert!(environment(&[("AMBIT_RESOURCES", "urn:x,https://a#b")]).is_err());
}
