//! `ambit health`: what the server on this machine answers when it is asked whether it can serve, for
//! whatever watches over a container, in which there is no other program to ask by.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use anyhow::{anyhow, bail};

use super::context::Context;
use super::output;
use super::token::unreachable;
use crate::config::Server;

/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Asks the server that listens where the settings say.
///
/// # Errors
/// Nobody answers, or the answer is that requests cannot be served now.
pub async fn run(context: &Context) -> anyhow::Result<()> {
    let server = context.settings()?.server;
    if server.listen.port() == 0 {
        bail!("the settings leave the port to the system, so that nobody knows it here");
    }
    let address = format!("{}/readyz", address(&server));
    // The certificate names the public address, and nothing that is sent or answered here is a secret.
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(TIMEOUT)
        .no_proxy()
        .tls_danger_accept_invalid_certs(true)
        .build()?;
    let answer = client.get(&address).send().await;
    let answer = answer.map_err(|error| unreachable(&error, &address))?;
    match answer.status() {
        status if status.is_success() => Ok(output::print_line("ready")?),
        status => Err(anyhow!("{address} answers {status}: not ready")),
    }
}

/// Where this machine reaches what listens there.
fn address(server: &Server) -> String {
    let ip = match server.listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    server.address(SocketAddr::new(ip, server.listen.port()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{self, Sources};

    #[test]
    fn every_interface_is_asked_by_this_machine() {
        for (listen, asked) in [
            ("0.0.0.0:8000", "http://127.0.0.1:8000"),
            ("[::]:8000", "http://[::1]:8000"),
            ("127.0.0.1:9000", "http://127.0.0.1:9000"),
        ] {
            // An issuer is needed where every interface is listened on.
            let variables = [("AMBIT_LISTEN", listen), ("AMBIT_ISSUER", "http://[::1]")];
            let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
            let sources = Sources {
                environment: variables.into(),
                ..Sources::default()
            };
            let settings = config::load(&sources).unwrap();
            assert_eq!(address(&settings.server), asked);
        }
    }
}
