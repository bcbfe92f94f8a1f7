//! Settings that can be read and do not serve: keys, certificates, addresses. All that is wrong is said
//! at once, and nothing is left behind.

use std::{
    fs,
    io::Write,
    path::Path,
    process::{Command, Output, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

#[test]
fn keys_certificates_and_names_are_reported_together() {
    let [rsa, other] = ["genrsa 2048", "genrsa 2048"].map(|arguments| openssl(arguments, ""));
    let public = openssl("pkey -pubout", &other);
    let settings = [
        ("AMBIT_SIGNING_ALGORITHM", "ES256"),
        ("JWT_PRIVATE_KEY", &rsa),
        ("JWT_PUBLIC_KEY", &public),
        ("AMBIT_TLS_CERTIFICATE_FILE", "missing.pem"),
        ("AMBIT_TLS_KEY_FILE", "Cargo.toml"),
        ("AMBIT_LISTN", "x"),
    ];
    let names = [
        "AMBIT_LISTN: is no setting",
        "AMBIT_TLS_CERTIFICATE_FILE: names missing.pem, which cannot be read",
        "AMBIT_TLS_KEY_FILE: names Cargo.toml, which holds no private key",
        "JWT_PRIVATE_KEY: must be a P-256 key",
        "JWT_PUBLIC_KEY: must be the public half",
    ];
    for command in ["serve", "config"] {
        let folder = Folder::new();
        fs::write(folder.path().join("Cargo.toml"), "[package]\n").unwrap();
        let error = folder.mistakes(&settings, command);
        assert!(
            error.starts_with("ambit: 5 mistakes in the settings\n"),
            "{error}"
        );
        for name in names {
            assert!(
                error.contains(&format!("\n\n{name}")),
                "{name} is not in {error}"
            );
        }
        for example in ["AMBIT_TLS_KEY_FILE=/", "JWT_PRIVATE_KEY=-----BEGIN"] {
            let example = format!("\n    example: {example}");
            assert!(error.contains(&example), "{error}");
        }
        assert_eq!(folder.content(), ["Cargo.toml"], "{command}");
    }
}

#[test]
fn the_doctor_sees_what_a_start_would_refuse() {
    let folder = Folder::new();
    let settings = [
        ("AMBIT_TLS_CERTIFICATE_FILE", "missing.pem"),
        ("AMBIT_TLS_KEY_FILE", "missing.pem"),
    ];
    let output = folder.run(&settings, &["doctor", "--json"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let checks: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(checks[0]["check"], "settings");
    assert_eq!(checks[0]["status"], "problem");
    let detail = checks[0]["detail"].as_str().unwrap();
    for name in ["AMBIT_TLS_CERTIFICATE_FILE: ", "AMBIT_TLS_KEY_FILE: "] {
        assert!(detail.contains(name), "{detail}");
    }
    assert!(folder.content().is_empty());
}

#[test]
fn keys_that_cannot_sign_are_named_and_nothing_is_made() {
    for key in [
        "genrsa 1024",
        "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384",
    ] {
        let folder = Folder::new();
        let pem = openssl(key, "");
        let error = folder.mistakes(&[("AMBIT_PRIVATE_KEY", &pem)], "serve");
        assert!(
            error.contains("AMBIT_PRIVATE_KEY: cannot sign: "),
            "{error}"
        );
        assert!(!error.contains(pem.lines().nth(1).unwrap()), "{error}");
        // A command that opens the database finds it before it makes one.
        let settings = [
            ("AMBIT_PRIVATE_KEY", pem.as_str()),
            ("AMBIT_DATABASE_URL", "sqlite://data/ambit.db"),
        ];
        let output = folder.run(&settings, &["client", "create", "--name", "x"]);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(folder.content().is_empty(), "{:?}", folder.content());
    }
}

#[test]
fn certificates_that_do_not_serve_are_named() {
    let folder = Folder::new();
    let put = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    let certificate = |key: &str| {
        put(key, &openssl("ecparam -name prime256v1 -genkey -noout", ""));
        let key = folder.path().join(key).display().to_string();
        openssl(
            &format!("req -x509 -new -key {key} -days 2 -subj /CN=127.0.0.1"),
            "",
        )
    };
    put("one.pem", &certificate("one.key"));
    certificate("other.key");
    put(
        "garbage.pem",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    );
    for (certificate, key, problem) in [
        (
            "one.pem",
            "other.key",
            "AMBIT_TLS_KEY_FILE: names other.key, which does not belong to",
        ),
        (
            "one.key",
            "one.key",
            "AMBIT_TLS_CERTIFICATE_FILE: names one.key, which holds no certificate",
        ),
        (
            "garbage.pem",
            "one.key",
            "AMBIT_TLS_CERTIFICATE_FILE: names garbage.pem, which cannot be served",
        ),
    ] {
        let settings = [
            ("AMBIT_TLS_CERTIFICATE_FILE", certificate),
            ("AMBIT_TLS_KEY_FILE", key),
        ];
        let error = folder.mistakes(&settings, "serve");
        assert!(
            error.starts_with(&format!("ambit: 1 mistake in the settings\n\n{problem}")),
            "{error}"
        );
    }
}

#[test]
fn on_every_interface_the_server_must_be_told_its_name() {
    for listen in ["0.0.0.0:8000", "[::]:8000"] {
        let folder = Folder::new();
        let error = folder.mistakes(&[("AMBIT_LISTEN", listen)], "serve");
        assert!(
            error.contains("server.issuer or AMBIT_ISSUER: must be set"),
            "{error}"
        );
        assert!(error.contains("AMBIT_ALLOWED_HOSTS"), "{error}");
        assert!(folder.content().is_empty());
        let settings = [
            ("AMBIT_LISTEN", listen),
            ("AMBIT_ISSUER", "http://ambit.internal"),
        ];
        let output = folder.run(&settings, &["config"]);
        assert!(output.status.success(), "{output:?}");
    }
}

/// An empty working folder.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Runs the binary here, with these variables alone.
    fn run(&self, settings: &[(&str, &str)], arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_ambit"))
            .args(arguments)
            .env_clear()
            .envs(settings.iter().copied())
            .current_dir(self.path())
            .output()
            .unwrap()
    }

    /// What a command says that is refused for the settings.
    #[track_caller]
    fn mistakes(&self, settings: &[(&str, &str)], command: &str) -> String {
        let output = self.run(settings, &[command]);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "");
        String::from_utf8(output.stderr).unwrap()
    }

    fn content(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path()).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }
}

/// Runs openssl, and hands out what it printed.
fn openssl(arguments: &str, input: &str) -> String {
    let mut child = Command::new("openssl")
        .args(arguments.split(' '))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("openssl runs");
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "openssl {arguments}");
    String::from_utf8(output.stdout).unwrap()
}
