//! Addresses: the issuer, hosts and proxies.

use std::net::IpAddr;

use ipnet::IpNet;
use url::{Host, Url};

/// An issuer: an absolute `http` or `https` URL without path, query, fragment (RFC 8414, section 2),
/// user information or trailing slash, given back byte for byte.
pub(super) fn issuer(text: &str) -> Result<String, String> {
    // The URL parser drops line breaks and turns backslashes round; the issuer is never changed.
    let clean = text
        .chars()
        .all(|character| character.is_ascii_graphic() && character != '\\');
    let lower = text.to_ascii_lowercase();
    let web = lower.starts_with("http://") || lower.starts_with("https://");
    let url = Url::parse(text)
        .ok()
        .filter(|url| clean && web && url.has_host());
    let Some(url) = url else {
        return Err("must be an absolute http:// or https:// address".to_owned());
    };
    let has_user = !url.username().is_empty() || url.password().is_some() || text.contains('@');
    let wrong = [
        (has_user, "must have no user name or password"),
        (text.contains('?'), "must have no query (nothing after a ?)"),
        (
            text.contains('#'),
            "must have no fragment (nothing after a #)",
        ),
        (text.ends_with('/'), "must have no slash at its end"),
        // The metadata of an issuer with a path stand elsewhere (RFC 8414, section 3.1), and every
        // endpoint is at the root.
        (
            url.path() != "/",
            "must have no path: the server answers at the root of its host",
        ),
    ];
    match wrong.into_iter().find(|(applies, _)| *applies) {
        Some((_, problem)) => Err(problem.to_owned()),
        None => Ok(text.to_owned()),
    }
}

pub(super) fn is_https(issuer: &str) -> bool {
    Url::parse(issuer).is_ok_and(|url| url.scheme() == "https")
}

/// Whether only this machine can be meant.
pub(super) fn has_loopback_host(issuer: &str) -> bool {
    let Ok(url) = Url::parse(issuer) else {
        return false;
    };
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// A network such as `10.0.0.0/8`, or a single address.
pub(super) fn network(text: &str) -> Result<IpNet, String> {
    text.parse()
        .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
        .map_err(|_| "must be IP addresses or networks, such as 10.0.0.0/8".to_owned())
}

/// A host name or address, with a port or without.
pub(super) fn host(text: &str) -> Result<String, String> {
    let only_a_host = !text.is_empty()
        && text.chars().all(|character| {
            character.is_ascii_alphanumeric()
                || matches!(character, '.' | '-' | '_' | ':' | '[' | ']')
        });
    if only_a_host && Url::parse(&format!("http://{text}")).is_ok() {
        return Ok(text.to_owned());
    }
    Err(
        "must be host names, such as ambit.example.com or ambit.internal:8000, \
         without a scheme, a path or wildcards"
            .to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_stays_byte_for_byte() {
        for text in [
            "https://Auth.Example.com",
            "http://127.0.0.1:8000",
            "https://example.com:443",
            "HTTPS://example.com",
        ] {
            assert_eq!(issuer(text).as_deref(), Ok(text));
        }
    }

    #[test]
    fn what_is_no_issuer() {
        for text in [
            "",
            "example.com",
            "ftp://example.com",
            "http:example.com",
            "https://",
            "https://example.com/",
            "https://example.com/tenant",
            "https://example.com?x",
            "https://example.com?",
            "https://example.com#",
            "https://user@example.com",
            "https://:@example.com",
            " https://example.com",
            "https://example.com\n",
            "https:\\\\example.com",
            "https://exa mple.com",
        ] {
            assert!(issuer(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn loopback_hosts() {
        for text in [
            "http://localhost:1",
            "http://a.localhost",
            "http://127.9.9.9",
            "http://[::1]:1",
        ] {
            assert!(has_loopback_host(text), "{text}");
        }
        for text in [
            "http://localhost.example.com",
            "http://10.0.0.1",
            "http://notlocalhost",
        ] {
            assert!(!has_loopback_host(text), "{text}");
        }
    }

    #[test]
    fn hosts_and_networks() {
        for text in [
            "ambit.internal",
            "ambit.internal:8000",
            "10.0.0.1",
            "[::1]:80",
        ] {
            assert!(host(text).is_ok(), "{text}");
        }
        for text in [
            "",
            "*.example.com",
            "http://x",
            "x/y",
            "x:99999",
            "a b",
            "u@h",
        ] {
            assert!(host(text).is_err(), "{text}");
        }
        assert_eq!(
            network("192.168.1.7").map(|network| network.to_string()),
            Ok("192.168.1.7/32".into())
        );
        assert!(network("10.0.0.0/33").is_err());
    }
}
