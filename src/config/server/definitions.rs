//! The settings of `[server]`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;

use super::super::definition::{Definition, Fallback, Section, Setting};
use super::super::parse;
use super::{Environment, address};

/// See [`Section`].
pub(in super::super) static SECTION: Section = Section {
    name: "server",
    about: "Where Ambit listens, what it is called, and what one request may cost.",
    settings: &[
        &ENVIRONMENT.definition,
        &PORT.definition,
        &LISTEN.definition,
        &ISSUER.definition,
        &TLS_CERTIFICATE_FILE.definition,
        &TLS_KEY_FILE.definition,
        &TRUSTED_PROXIES.definition,
        &ALLOWED_HOSTS.definition,
        &WORKERS.definition,
        &BODY_LIMIT.definition,
        &REQUEST_TIMEOUT.definition,
        &SHUTDOWN_TIMEOUT.definition,
        &MAX_CONNECTIONS.definition,
    ],
};

pub(super) static ENVIRONMENT: Setting<Environment> = Setting {
    definition: Definition {
        name: "server.environment",
        environment: &["AMBIT_ENVIRONMENT", "ENVIRONMENT"],
        fallback: Fallback::Text("local"),
        meaning: "Where the server runs: `local`, or any other name such as `heroku`, `staging` \
                  or `production`. Anywhere but `local` the issuer must be `https`, unless its \
                  host is a loopback one.",
        example: "production",
        ..Definition::TEXT
    },
    parse: environment,
};

pub(super) static PORT: Setting<u16> = Setting {
    definition: Definition {
        name: "PORT",
        environment: &["PORT"],
        meaning: "Where no address to listen on is given: the port to listen on, on the loopback \
                  interface alone, or on every one where the environment is `heroku`.",
        example: "8000",
        ..Definition::VARIABLE
    },
    parse: |text| parse::number(text, 1..=u16::MAX),
};

pub(super) static LISTEN: Setting<SocketAddr> = Setting {
    definition: Definition {
        name: "server.listen",
        environment: &["AMBIT_LISTEN"],
        flag: Some("--listen"),
        fallback: Fallback::Text("127.0.0.1:8000"),
        meaning: "The IP address and port to listen on. Port 0 takes a free one.",
        example: "127.0.0.1:8000",
        ..Definition::TEXT
    },
    parse: |text| {
        text.trim()
            .parse()
            .map_err(|_| "must be an IP address and a port".to_owned())
    },
};

pub(super) static ISSUER: Setting<String> = Setting {
    definition: Definition {
        name: "server.issuer",
        environment: &["AMBIT_ISSUER", "ISSUER_URL"],
        flag: Some("--issuer"),
        fallback: Fallback::Nothing("the address actually bound"),
        meaning: "The public base address of the server, byte for byte as it stands in the `iss` \
                  of tokens and in metadata. No path, query, fragment or slash at its end. Must be set \
                  where the server listens on every interface.",
        example: "https://ambit.example.com",
        ..Definition::TEXT
    },
    parse: address::issuer,
};

pub(in super::super) static TLS_CERTIFICATE_FILE: Setting<PathBuf> = Setting {
    definition: Definition {
        name: "server.tls.certificate_file",
        environment: &["AMBIT_TLS_CERTIFICATE_FILE"],
        meaning: "The certificate chain in PEM, to serve HTTPS. Only together with the key.",
        example: "/etc/ambit/certificate.pem",
        ..Definition::TEXT
    },
    parse: parse::path,
};

pub(in super::super) static TLS_KEY_FILE: Setting<PathBuf> = Setting {
    definition: Definition {
        name: "server.tls.key_file",
        environment: &["AMBIT_TLS_KEY_FILE"],
        meaning: "The private key of the certificate, in PEM. Only together with the certificate.",
        example: "/etc/ambit/key.pem",
        ..Definition::TEXT
    },
    parse: parse::path,
};

pub(super) static TRUSTED_PROXIES: Setting<IpNet> = Setting {
    definition: Definition {
        name: "server.trusted_proxies",
        environment: &["AMBIT_TRUSTED_PROXIES"],
        meaning: "Addresses or networks of proxies whose forwarded headers are believed.",
        example: "10.0.0.0/8,192.168.1.7",
        ..Definition::LIST
    },
    parse: address::network,
};

pub(super) static ALLOWED_HOSTS: Setting<String> = Setting {
    definition: Definition {
        name: "server.allowed_hosts",
        environment: &["AMBIT_ALLOWED_HOSTS"],
        meaning: "`Host` names accepted besides the issuer's and the bound address.",
        example: "ambit.internal,ambit.internal:8000",
        ..Definition::LIST
    },
    parse: address::host,
};

pub(super) static WORKERS: Setting<usize> = Setting {
    definition: Definition {
        name: "server.workers",
        environment: &["AMBIT_WORKERS"],
        fallback: Fallback::Computed {
            described: "number of cores",
            compute: || parse::cores().to_string(),
        },
        meaning: "Threads that serve requests.",
        example: "4",
        ..Definition::NUMBER
    },
    parse: |text| parse::number(text, 1..=1024),
};

pub(super) static BODY_LIMIT: Setting<usize> = Setting {
    definition: Definition {
        name: "server.body_limit_bytes",
        environment: &["AMBIT_BODY_LIMIT_BYTES"],
        fallback: Fallback::Text("65536"),
        meaning: "The largest request body, in bytes.",
        example: "131072",
        ..Definition::NUMBER
    },
    parse: |text| parse::number(text, 1024..=67_108_864),
};

pub(super) static REQUEST_TIMEOUT: Setting<Duration> = Setting {
    definition: Definition {
        name: "server.request_timeout_seconds",
        environment: &["AMBIT_REQUEST_TIMEOUT_SECONDS"],
        fallback: Fallback::Text("30"),
        meaning: "How long one request may take, in seconds.",
        example: "10",
        ..Definition::NUMBER
    },
    parse: |text| parse::seconds(text, 1..=3600),
};

pub(super) static SHUTDOWN_TIMEOUT: Setting<Duration> = Setting {
    definition: Definition {
        name: "server.shutdown_timeout_seconds",
        environment: &["AMBIT_SHUTDOWN_TIMEOUT_SECONDS"],
        fallback: Fallback::Text("10"),
        meaning: "How long requests in flight may take to finish at shutdown, in seconds.",
        example: "25",
        ..Definition::NUMBER
    },
    parse: |text| parse::seconds(text, 0..=3600),
};

pub(super) static MAX_CONNECTIONS: Setting<usize> = Setting {
    definition: Definition {
        name: "server.max_connections",
        environment: &["AMBIT_MAX_CONNECTIONS"],
        fallback: Fallback::Text("10000"),
        meaning: "Connections open at a time, for each worker.",
        example: "2000",
        ..Definition::NUMBER
    },
    parse: |text| parse::number(text, 1..=1_000_000),
};

fn environment(text: &str) -> Result<Environment, String> {
    let name = text.trim();
    let is_name =
        |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_');
    if name.is_empty() || !name.chars().all(is_name) {
        return Err("must be a name of letters, digits, - and _".to_owned());
    }
    if name.eq_ignore_ascii_case("local") {
        return Ok(Environment::Local);
    }
    Ok(Environment::Production(name.to_owned()))
}
