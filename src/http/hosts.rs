//! The names that the server answers under. A browser can be led to send requests here under another
//! name (DNS rebinding), and a request may be meant for another server altogether.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

use url::Url;

/// The names that this server answers under.
pub struct Hosts(BTreeSet<String>);

impl Hosts {
    /// Those of the issuer, of the address that it is bound to, and those that the settings add.
    pub fn new(issuer: &str, bound: &str, socket: SocketAddr, allowed: &[String]) -> Self {
        let mut names: BTreeSet<String> = allowed
            .iter()
            .map(|name| name.to_ascii_lowercase())
            .collect();
        for address in [issuer, bound] {
            if let Ok(url) = Url::parse(address) {
                names.extend(authorities(&url));
            }
        }
        if socket.ip().is_loopback() || socket.ip().is_unspecified() {
            let port = socket.port();
            let names_of_this_machine = ["localhost", "127.0.0.1", "[::1]"];
            names.extend(names_of_this_machine.map(|name| format!("{name}:{port}")));
        }
        Self(names)
    }

    /// Whether a `Host` header names this server.
    pub fn accept(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        self.0.contains(&host)
            || host.rsplit_once(':').is_some_and(|(name, port)| {
                let default_port = matches!(port, "80" | "443");
                default_port && self.0.contains(name) && name.parse::<IpAddr>().is_err()
            })
    }

    /// Whether an `Origin` header names a page that came from this server.
    pub fn is_origin(&self, origin: &str) -> bool {
        let url = Url::parse(origin).ok();
        let url = url.filter(|url| matches!(url.scheme(), "http" | "https"));
        url.is_some_and(|url| authorities(&url).iter().any(|name| self.accept(name)))
    }
}

/// A URL's authority as it stands in `Host`: with its port unless that is the scheme's own.
fn authorities(url: &Url) -> Vec<String> {
    let Some(host) = url.host_str() else {
        return Vec::new();
    };
    match url.port() {
        Some(port) => vec![format!("{host}:{port}")],
        None => vec![host.to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_names_are_accepted() {
        let socket = "127.0.0.1:8000".parse().unwrap();
        let extra = ["Other.example".to_owned()];
        let hosts = Hosts::new(
            "https://ambit.example",
            "http://127.0.0.1:8000",
            socket,
            &extra,
        );
        for name in [
            "ambit.example",
            "AMBIT.example:443",
            "other.example",
            "127.0.0.1:8000",
            "localhost:8000",
            "[::1]:8000",
        ] {
            assert!(hosts.accept(name), "{name}");
        }
        for name in [
            "",
            "evil.example",
            "ambit.example.evil",
            "127.0.0.1",
            "localhost:80",
            "10.0.0.1:8000",
        ] {
            assert!(!hosts.accept(name), "{name}");
        }
    }
}
