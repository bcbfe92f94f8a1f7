//! The certificate that is served, and its key.

use std::io;
use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::config::{Finding, Judged, Tls};

/// What is wrong with the files.
pub fn check(tls: &Tls) -> Vec<Finding> {
    read(tls).err().unwrap_or_default()
}

/// What the files hold, ready to serve.
///
/// # Errors
/// Everything that is wrong with them.
pub fn read(tls: &Tls) -> Result<ServerConfig, Vec<Finding>> {
    let found = |setting| move |problem| vec![Finding::new(setting, problem)];
    let certificates =
        certificates(&tls.certificate_file).map_err(found(Judged::TlsCertificateFile));
    let key = PrivateKeyDer::from_pem_file(&tls.key_file)
        .map_err(|error| explained(&tls.key_file, "private key", &error))
        .map_err(found(Judged::TlsKeyFile));
    let (certificates, key) = match (certificates, key) {
        (Ok(certificates), Ok(key)) => (certificates, key),
        (Err(problems), Ok(_)) | (Ok(_), Err(problems)) => return Err(problems),
        (Err(certificate), Err(key)) => return Err([certificate, key].concat()),
    };
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| {
            builder
                .with_no_client_auth()
                .with_single_cert(certificates, key)
        })
        .map_err(|error| vec![unfit(tls, &error)])
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let certificates = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| explained(path, "certificate", &error))?;
    if certificates.is_empty() {
        return Err(explained(path, "certificate", &pem::Error::NoItemsFound));
    }
    Ok(certificates)
}

fn explained(path: &Path, what: &str, error: &pem::Error) -> String {
    let path = path.display();
    match error {
        pem::Error::NoItemsFound => format!("names {path}, which holds no {what} in PEM form"),
        pem::Error::Io(error) => format!("names {path}, which cannot be read: {error}"),
        other => format!("names {path}, which is damaged: {other}"),
    }
}

/// Both files can be read, and do not serve together.
fn unfit(tls: &Tls, error: &rustls::Error) -> Finding {
    let (setting, path, what) = match error {
        rustls::Error::InvalidCertificate(_) => (
            Judged::TlsCertificateFile,
            &tls.certificate_file,
            "cannot be served",
        ),
        rustls::Error::InconsistentKeys(_) => (
            Judged::TlsKeyFile,
            &tls.key_file,
            "does not belong to the certificate",
        ),
        _ => (Judged::TlsKeyFile, &tls.key_file, "cannot be used"),
    };
    let problem = format!("names {}, which {what}: {error}", path.display());
    Finding::new(setting, problem)
}

/// As an error of taking the address: the files were good when the settings were checked.
pub fn as_io_error(findings: &[Finding]) -> io::Error {
    let texts: Vec<String> = findings.iter().map(ToString::to_string).collect();
    io::Error::new(io::ErrorKind::InvalidData, texts.join("; "))
}
