//! Settings as an operator meets them: `ambit config`, and a start with mistakes in them.

use serde_json::Value;

use crate::support::{Caller, Refusal, Server};

#[test]
fn every_mistake_is_reported_at_once() {
    let refusal = Server::with([
        ("AMBIT_LISTEN", "everywhere"),
        ("AMBIT_ISSUER", "https://example.com/"),
        ("AMBIT_WORKRES", "2"),
        ("AMBIT_ADMIN_PASSWORD", "short word"),
        ("TOKEN_EXPIRY_SECONDS", "0"),
    ])
    .file(
        "ambit.toml",
        "[limits]\nargon2_threads = \"many\"\ncolour = 'red'\n",
    )
    .try_start()
    .err()
    .unwrap();
    assert_eq!(refusal.status.code(), Some(1));
    assert_eq!(refusal.stdout, "");
    let error = &refusal.stderr;
    assert!(
        error.starts_with("ambit: 7 mistakes in the settings\n"),
        "{error}"
    );
    for name in [
        "AMBIT_LISTEN",
        "AMBIT_ISSUER",
        "AMBIT_WORKRES",
        "AMBIT_ADMIN_PASSWORD",
        "TOKEN_EXPIRY_SECONDS",
        "limits.argon2_threads (ambit.toml line 2)",
        "limits.colour (ambit.toml line 3)",
    ] {
        assert!(
            error.contains(&format!("\n\n{name}: ")),
            "{name} is not in {error}"
        );
    }
    assert!(error.contains("did you mean AMBIT_WORKERS?"), "{error}");
    assert!(
        error.contains("example: AMBIT_LISTEN=127.0.0.1:8000"),
        "{error}"
    );
    assert!(!error.contains("short word"), "{error}");
}

/// The endpoints stand at the root, so that an issuer with a path could not be discovered (RFC 8414,
/// section 3.1).
#[test]
fn an_issuer_with_a_path_is_refused() {
    for issuer in [
        "https://example.com/ambit",
        "https://example.com/a/b",
        "http://127.0.0.1:8000/ambit",
    ] {
        let refusal = Server::with([("AMBIT_ISSUER", issuer)]).try_start().err();
        let refusal = refusal.unwrap_or_else(|| panic!("{issuer} is accepted"));
        assert_eq!(refusal.status.code(), Some(1));
        let error = &refusal.stderr;
        assert!(
            error.contains("AMBIT_ISSUER: ") && error.contains("path"),
            "{error}"
        );
    }
}

#[test]
fn later_sources_stand_above_earlier_ones() {
    let server = Server::with([("AMBIT_LOG", "warn"), ("AMBIT_BODY_LIMIT_BYTES", "2000")])
        .file(
            "ambit.toml",
            "[log]\nfilter = 'error'\n[server]\nbody_limit_bytes = 1000\nworkers = 1\n",
        )
        .start();
    let effective = effective(&server, ["config", "--json", "--log", "debug"]);
    let expected = [
        ("log.filter", "debug", "flag --log"),
        (
            "server.body_limit_bytes",
            "2000",
            "environment AMBIT_BODY_LIMIT_BYTES",
        ),
        ("server.workers", "1", "ambit.toml line 5"),
        ("tokens.access_token_lifetime_seconds", "3600", "default"),
    ];
    for (name, value, origin) in expected {
        let setting = setting(&effective, name);
        assert_eq!(setting["value"], value, "{name}");
        assert_eq!(setting["origin"], origin, "{name}");
    }
    // And the server goes by them.
    let body = serde_json::json!({"client_name": "x", "description": "d".repeat(2000)});
    server
        .admin()
        .post_json("/admin/api/clients", &body)
        .expect(413);
}

#[test]
fn secrets_are_masked_wherever_they_come_from() {
    let refusal = run(
        &[
            ("AMBIT_ADMIN_PASSWORD", "a-word-never-shown"),
            (
                "AMBIT_DATABASE_URL",
                "postgres://user:a-word-never-shown@db.example.com/ambit",
            ),
        ],
        ["config"],
    );
    assert_eq!(refusal.status.code(), Some(0), "{refusal:?}");
    assert!(refusal.stdout.contains("postgres://user:"), "{refusal:?}");
    assert!(
        refusal.stdout.contains("@db.example.com/ambit"),
        "{refusal:?}"
    );
    assert!(
        !refusal.stdout.contains("a-word-never-shown"),
        "{refusal:?}"
    );
    let json = run(
        &[("JWT_PRIVATE_KEY", "a-word-never-shown")],
        ["config", "--json"],
    );
    assert!(!json.stdout.contains("a-word-never-shown"), "{json:?}");
    assert!(!json.stderr.contains("a-word-never-shown"), "{json:?}");
}

#[test]
fn the_variables_of_saaf_are_understood() {
    let effective = run(
        &[
            ("ENVIRONMENT", "heroku"),
            ("PORT", "8123"),
            ("ISSUER_URL", "https://auth.example.com"),
            ("TOKEN_EXPIRY_SECONDS", "120"),
            ("POSTGRES_HOST", "db.example.com"),
            ("POSTGRES_USER", "someone"),
            ("POSTGRES_PASSWORD", "p@ss/word"),
            ("POSTGRES_DB", "ambit"),
        ],
        ["config", "--json"],
    );
    let effective: Value =
        serde_json::from_str(&effective.stdout).unwrap_or_else(|_| panic!("{effective:?}"));
    let value = |name: &str| {
        setting(&effective, name)["value"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(value("server.environment"), "heroku");
    assert_eq!(value("server.listen"), "0.0.0.0:8123");
    assert_eq!(value("server.issuer"), "https://auth.example.com");
    assert_eq!(value("tokens.access_token_lifetime_seconds"), "120");
    let url = value("database.url");
    assert!(
        url.starts_with("postgres://someone:") && url.contains("@db.example.com"),
        "{url}"
    );
    assert!(!url.contains("p@ss") && !url.contains("p%40ss"), "{url}");
}

#[test]
fn tokens_bear_what_saafs_variables_say() {
    let issuer = "https://auth.example.com";
    let server = Server::with([("ISSUER_URL", issuer), ("TOKEN_EXPIRY_SECONDS", "77")])
        .with([
            ("ENVIRONMENT", "production"),
            ("AMBIT_ALLOWED_HOSTS", "127.0.0.1"),
        ])
        .start();
    let token = server.token(&server.create_client("SAAF", &["protected"]));
    assert_eq!(token.expires_in, 77);
    assert_eq!(token.claims()["iss"], issuer);
    assert_eq!(token.claims()["aud"], issuer);
}

#[test]
fn a_secret_can_lie_in_a_file() {
    let server = Server::with([("AMBIT_ADMIN_PASSWORD_FILE", "password.txt")])
        .without("AMBIT_ADMIN_PASSWORD")
        .file("password.txt", "the words in the file\n")
        .start();
    let admin = crate::support::Admin::new(server.address(), "admin", "the words in the file");
    admin.get("/admin/api/clients").expect(200);
}

#[test]
fn another_file_can_be_named() {
    let server = Server::with([]).file(
        "other.toml",
        "[tokens]\naccess_token_lifetime_seconds = 5\n",
    );
    let server = server
        .arguments(["serve", "--config", "other.toml"])
        .start();
    assert_eq!(
        server.token(&server.create_client("Other", &[])).expires_in,
        5
    );
    let refusal = run(&[], ["config", "--config", "missing.toml"]);
    assert_eq!(refusal.status.code(), Some(1));
    assert!(refusal.stderr.contains("missing.toml"), "{refusal:?}");
}

#[test]
fn the_reference_is_the_one_that_is_checked_in() {
    let printed = run(&[], ["config", "reference"]).stdout;
    assert_eq!(printed, include_str!("../../CONFIGURATION.md"));
}

/// Runs a command in place of a server.
fn run<const N: usize>(environment: &[(&str, &str)], arguments: [&str; N]) -> Refusal {
    let mut builder = Server::with([]);
    for variable in ["AMBIT_LISTEN", "AMBIT_DATABASE_URL"] {
        builder = builder.without(variable);
    }
    for variable in environment {
        builder = builder.with([*variable]);
    }
    builder.arguments(arguments).try_start().err().unwrap()
}

fn effective<const N: usize>(server: &Server, arguments: [&str; N]) -> Value {
    serde_json::from_str(&server.cli_stdout(arguments)).unwrap()
}

#[track_caller]
fn setting<'a>(effective: &'a Value, name: &str) -> &'a Value {
    let mut settings = effective.as_array().unwrap().iter();
    settings
        .find(|setting| setting["name"] == name)
        .unwrap_or_else(|| panic!("{name}"))
}
