//! TLS to the server, where the address asks for it: libpq's `sslmode` and `sslrootcert`.
//!
//! - `disable`, `allow`: none;
//! - `prefer`, which is meant where nothing is said: if the server speaks it, whoever that is;
//! - `require`: always, whoever that is, unless `sslrootcert` names a file: then as `verify-ca`;
//! - `verify-ca`: with a server whose certificate a known authority signed;
//! - `verify-full`: with one whose certificate also bears the host's name.
//!
//! The authorities are those of the system, or those of the file that `sslrootcert` names. TLS is begun
//! here and not in `tokio_postgres`, so that messages are watched in what it decrypted.

use std::io;
use std::path::Path;
use std::sync::Arc;

use percent_encoding::percent_decode_str;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};
use rustls_platform_verifier::Verifier;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsConnector;

use super::stream::Stream;

/// `SSLRequest`: its length, and a number that no version of the protocol has.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];
/// The word for the authorities of the system.
const SYSTEM: &str = "system";

/// Whether a connection is encrypted, and with whom.
#[derive(Clone)]
pub(super) struct Security {
    connector: Option<TlsConnector>,
    /// Whether it is better to have no connection than one without TLS.
    insists: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Proof {
    None,
    Authority,
    AuthorityAndName,
}

impl Security {
    /// Takes what an address says of TLS out of it.
    ///
    /// # Errors
    /// It cannot be understood, or the file that it names cannot be used.
    pub(super) fn take_from(address: &str) -> Result<(Self, String), String> {
        let (rest, query) = address.split_once('?').unwrap_or((address, ""));
        let (mut mode, mut root) = ("prefer".to_owned(), None);
        let mut others = Vec::new();
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            let decoded = |text| percent_decode_str(text).decode_utf8_lossy().into_owned();
            match (decoded(name).as_str(), decoded(value)) {
                ("sslmode", value) => mode = value,
                ("ssl", value) if value == "true" => "require".clone_into(&mut mode),
                ("sslrootcert", value) => root = Some(value),
                _ => others.push(parameter),
            }
        }
        let rest = match others.as_slice() {
            [] => rest.to_owned(),
            others => format!("{rest}?{}", others.join("&")),
        };
        Ok((Self::of(&mode, root.as_deref())?, rest))
    }

    fn of(mode: &str, root: Option<&str>) -> Result<Self, String> {
        let (insists, proof) = match (mode, root) {
            ("disable" | "allow", _) => {
                return Ok(Self {
                    connector: None,
                    insists: false,
                });
            }
            ("prefer", _) => (false, Proof::None),
            ("require", None | Some(SYSTEM)) => (true, Proof::None),
            ("require" | "verify-ca", _) => (true, Proof::Authority),
            ("verify-full", _) => (true, Proof::AuthorityAndName),
            _ => return Err("its sslmode is none that libpq knows".to_owned()),
        };
        let config = client_config(proof, root)?;
        Ok(Self {
            connector: Some(TlsConnector::from(Arc::new(config))),
            insists,
        })
    }

    /// Begins TLS on a stream to this host.
    ///
    /// # Errors
    /// The server does not speak TLS though it must, or is not the one that was meant.
    pub(super) async fn begin(
        &self,
        mut stream: Box<dyn Stream>,
        host: &str,
    ) -> io::Result<Box<dyn Stream>> {
        let Some(connector) = &self.connector else {
            return Ok(stream);
        };
        stream.write_all(&SSL_REQUEST).await?;
        stream.flush().await?;
        match stream.read_u8().await? {
            b'S' => {}
            b'N' if !self.insists => return Ok(stream),
            _ => {
                let problem = "the server does not speak TLS, which sslmode asks for";
                return Err(io::Error::other(problem));
            }
        }
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        Ok(Box::new(connector.connect(name, stream).await?))
    }
}

fn client_config(proof: Proof, root: Option<&str>) -> Result<ClientConfig, String> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let lenient = |authority| {
        Arc::new(Lenient {
            authority,
            provider: Arc::clone(&provider),
        })
    };
    let verifier: Arc<dyn ServerCertVerifier> = match proof {
        Proof::None => lenient(None),
        Proof::Authority => lenient(Some(authorities(root, &provider)?)),
        Proof::AuthorityAndName => authorities(root, &provider)?,
    };
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    Ok(builder
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth())
}

fn authorities(
    root: Option<&str>,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, String> {
    let provider = Arc::clone(provider);
    let Some(path) = root.filter(|root| *root != SYSTEM) else {
        let verifier = Verifier::new(provider);
        return Ok(Arc::new(verifier.map_err(|error| error.to_string())?));
    };
    let unusable = |error: &dyn std::fmt::Display| format!("its sslrootcert {path}: {error}");
    let certificates = CertificateDer::pem_file_iter(Path::new(path))
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| unusable(&error))?;
    let mut roots = RootCertStore::empty();
    for certificate in certificates {
        roots.add(certificate).map_err(|error| unusable(&error))?;
    }
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider);
    Ok(verifier.build().map_err(|error| unusable(&error))?)
}

/// Takes more certificates than rustls would: any at all, as `require` does, so that what is sent is hidden
/// from those who only listen; or that of a known authority whatever name it bears, as `verify-ca` does.
#[derive(Debug)]
struct Lenient {
    authority: Option<Arc<dyn ServerCertVerifier>>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Lenient {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        use CertificateError::{NotValidForName, NotValidForNameContext};
        let Some(authority) = &self.authority else {
            return Ok(ServerCertVerified::assertion());
        };
        // The name is looked at last, when all else was found to be right.
        match authority.verify_server_cert(certificate, intermediates, name, ocsp, now) {
            Err(Error::InvalidCertificate(NotValidForName | NotValidForNameContext { .. })) => {
                Ok(ServerCertVerified::assertion())
            }
            outcome => outcome,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let algorithms = &self.provider.signature_verification_algorithms;
        algorithms.supported_schemes()
    }
}
