//! What is known of a request before anybody looks at it: its identifier, where it comes from, when it
//! began.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use actix_web::dev::ServiceRequest;
use actix_web::http::header::HeaderName;
use actix_web::{HttpMessage, HttpRequest};

use crate::app::App;
use crate::audit::{Actor, ActorKind, Cause};
use crate::model::TenantId;

/// The header that carries the request's identifier.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Longest identifier that is taken over from a proxy.
const LONGEST_ID: usize = 64;

/// One request.
#[derive(Debug, Clone)]
pub struct RequestContext {
    /// Identifies the request in the log, the audit log and the answer.
    pub request_id: Arc<str>,
    /// Where it comes from; the proxy's word for it, if the proxy is trusted.
    pub address: Option<IpAddr>,
    /// When it began.
    pub started: Instant,
}

impl RequestContext {
    /// Reads a request's head.
    pub fn new(request: &ServiceRequest, app: &App) -> Self {
        let peer = request.peer_addr().map(|address| address.ip());
        let trusted = |address: IpAddr| {
            let address = address.to_canonical();
            app.settings
                .server
                .trusted_proxies
                .iter()
                .any(|network| network.contains(&address))
        };
        let behind_proxy = peer.is_some_and(trusted);
        let handed_on = behind_proxy.then(|| handed_on_id(request)).flatten();
        let fresh = || uuid::Uuid::now_v7().to_string().into();
        Self {
            request_id: handed_on.unwrap_or_else(fresh),
            address: if behind_proxy {
                forwarded_for(request, trusted).or(peer)
            } else {
                peer
            },
            started: Instant::now(),
        }
    }

    /// The context that the middleware put into a request.
    pub fn of(request: &HttpRequest) -> Self {
        request
            .extensions()
            .get::<Self>()
            .cloned()
            .unwrap_or_else(|| Self {
                request_id: uuid::Uuid::now_v7().to_string().into(),
                address: None,
                started: Instant::now(),
            })
    }

    /// The cause of records about this request, while nobody has proved anything. `claimed` is whom
    /// the caller says it is.
    pub fn cause(&self, claimed: &str) -> Cause {
        let claimed: String = claimed.chars().take(128).collect();
        Cause {
            request_id: Arc::clone(&self.request_id),
            remote_address: self.address,
            started: self.started,
            tenant_id: TenantId::default(),
            actors: vec![Actor::new(ActorKind::Unknown, claimed)],
        }
    }
}

fn handed_on_id(request: &ServiceRequest) -> Option<Arc<str>> {
    let text = request.headers().get(REQUEST_ID)?.to_str().ok()?;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let well_formed = (1..=LONGEST_ID).contains(&text.len()) && text.bytes().all(allowed);
    well_formed.then(|| text.into())
}

/// The nearest address of `X-Forwarded-For` that is not a trusted proxy's: what stands further left
/// was written by a stranger.
fn forwarded_for(request: &ServiceRequest, trusted: impl Fn(IpAddr) -> bool) -> Option<IpAddr> {
    let lines: Vec<_> = request
        .headers()
        .get_all("x-forwarded-for")
        .filter_map(|value| value.to_str().ok())
        .collect();
    let hops = lines.iter().flat_map(|line| line.split(',')).map(str::trim);
    let mut nearest = None;
    for hop in hops.rev() {
        let address: IpAddr = hop.parse().ok()?;
        nearest = Some(address.to_canonical());
        if !trusted(address) {
            break;
        }
    }
    nearest
}
