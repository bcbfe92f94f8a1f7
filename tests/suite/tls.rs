//! HTTPS from certificate and key files.

use std::{fs, path::PathBuf, process::Command};

use reqwest::{Certificate, Version, blocking::Client};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Refusal, Server, ServerBuilder};

#[test]
fn https_is_served_over_http_2_and_1() {
    let files = Files::make();
    let server = files.server();
    assert!(
        server.address().starts_with("https://127.0.0.1:"),
        "{}",
        server.address()
    );
    let answer = files.client().get(server.url("/public")).send().unwrap();
    assert_eq!(
        (answer.status().as_u16(), answer.version()),
        (200, Version::HTTP_2)
    );
    let hsts = answer.headers()["strict-transport-security"]
        .to_str()
        .unwrap();
    assert!(hsts.starts_with("max-age="), "{hsts}");

    let certificate = Certificate::from_pem(&fs::read(&files.certificate).unwrap()).unwrap();
    let builder = Client::builder()
        .no_proxy()
        .http1_only()
        .tls_certs_only([certificate]);
    let answer = builder
        .build()
        .unwrap()
        .get(server.url("/public"))
        .send()
        .unwrap();
    assert_eq!(
        (answer.status().as_u16(), answer.version()),
        (200, Version::HTTP_11)
    );
}

#[test]
fn tokens_and_metadata_bear_the_https_address() {
    let files = Files::make();
    let server = files.server();
    let client = files.client();
    let registered: Value = client
        .post(server.url("/admin/api/clients"))
        .basic_auth("admin", Some(server.admin_password()))
        .json(&json!({"client_name": "Encrypted", "scope": "protected"}))
        .send()
        .unwrap()
        .json()
        .unwrap();
    let text = |name: &str| registered[name].as_str().unwrap();
    let token: Value = client
        .post(server.url("/token"))
        .basic_auth(text("client_id"), Some(text("client_secret")))
        .form(&[("grant_type", "client_credentials")])
        .send()
        .unwrap()
        .json()
        .unwrap();
    let answer = client
        .get(server.url("/protected"))
        .bearer_auth(token["access_token"].as_str().unwrap())
        .send()
        .unwrap();
    assert_eq!(answer.status(), 200);
    let metadata = server.url("/.well-known/oauth-authorization-server");
    let metadata: Value = client.get(metadata).send().unwrap().json().unwrap();
    assert_eq!(metadata["issuer"], server.address());
}

#[test]
fn plain_http_on_the_same_port_is_not_answered() {
    let server = Files::make().server();
    let answer = server.raw(format!(
        "GET /public HTTP/1.1\r\nHost: {}\r\n\r\n",
        server.authority()
    ));
    assert!(!answer.contains("200 OK"), "{answer}");
}

#[test]
fn files_that_do_not_fit_together_are_named() {
    let (one, other) = (Files::make(), Files::make());
    let start = |certificate: &PathBuf, key: &PathBuf| -> Refusal {
        let [certificate, key] = [certificate, key].map(|path| path.display().to_string());
        Server::with([
            ("AMBIT_TLS_CERTIFICATE_FILE", certificate.as_str()),
            ("AMBIT_TLS_KEY_FILE", key.as_str()),
        ])
        .try_start()
        .err()
        .unwrap()
    };
    let missing = one.folder.path().join("missing.pem");
    for refusal in [
        start(&one.certificate, &other.key),
        start(&missing, &one.key),
        start(&one.certificate, &missing),
        start(&one.key, &one.certificate),
    ] {
        assert_eq!(refusal.status.code(), Some(1));
        assert!(refusal.stderr.contains(".pem"), "{refusal:?}");
    }
    let alone = Server::with([("AMBIT_TLS_KEY_FILE", "key.pem")])
        .try_start()
        .err()
        .unwrap();
    assert!(
        alone.stderr.contains("AMBIT_TLS_CERTIFICATE_FILE"),
        "{alone:?}"
    );
}

/// A certificate for 127.0.0.1 that signed itself, and its key.
pub struct Files {
    folder: TempDir,
    certificate: PathBuf,
    pub key: PathBuf,
}

impl Files {
    pub fn make() -> Self {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let [certificate, key] =
            ["certificate.pem", "key.pem"].map(|name| folder.path().join(name));
        let output = Command::new("openssl")
            .args([
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
            ])
            .args(["-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"])
            .args(["-addext", "subjectAltName=IP:127.0.0.1"])
            .args(["-addext", "basicConstraints=critical,CA:FALSE"])
            .arg("-keyout")
            .arg(&key)
            .arg("-out")
            .arg(&certificate)
            .output()
            .expect("openssl runs");
        assert!(output.status.success(), "{output:?}");
        Self {
            folder,
            certificate,
            key,
        }
    }

    fn server(&self) -> Server {
        self.builder().start()
    }

    /// A server that has this certificate, to be started.
    pub fn builder(&self) -> ServerBuilder {
        let [certificate, key] =
            [&self.certificate, &self.key].map(|path| path.display().to_string());
        Server::with([
            ("AMBIT_TLS_CERTIFICATE_FILE", certificate.as_str()),
            ("AMBIT_TLS_KEY_FILE", key.as_str()),
        ])
    }

    /// A client that trusts this certificate and no other.
    pub fn client(&self) -> Client {
        let certificate = Certificate::from_pem(&fs::read(&self.certificate).unwrap()).unwrap();
        Client::builder()
            .no_proxy()
            .tls_certs_only([certificate])
            .build()
            .unwrap()
    }
}
