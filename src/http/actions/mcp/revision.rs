//! The revisions of MCP that are spoken here, and how a request says which it is written in.
//!
//! What the specification calls legacy begins with `initialize` (2025-06-18, 2025-11-25); what it calls
//! modern says everything in each request (2026-07-28): the revision and the client's capabilities in
//! `_meta`, and revision, method and name again in headers, which have to agree with the body.

use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rmcp::model::{ErrorCode, ProtocolVersion};
use serde_json::json;

use super::message::{Fault, Message};

/// Revisions that begin with `initialize`, the newest last. Older ones have batches.
pub const LEGACY: &[ProtocolVersion] =
    &[ProtocolVersion::V_2025_06_18, ProtocolVersion::V_2025_11_25];
/// The revision that says everything in each request.
pub const MODERN: ProtocolVersion = ProtocolVersion::V_2026_07_28;

const PROTOCOL_VERSION: &str = "mcp-protocol-version";
const METHOD: &str = "mcp-method";
const NAME: &str = "mcp-name";

/// How a request is to be understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Era {
    /// After `initialize`, of which nothing is remembered here.
    Legacy,
    /// By itself.
    Modern,
}

impl Era {
    /// The HTTP status of an answer that there is no such method.
    pub fn unknown_method(self) -> StatusCode {
        match self {
            Self::Legacy => StatusCode::OK,
            Self::Modern => StatusCode::NOT_FOUND,
        }
    }
}

/// Every revision that is spoken here.
pub fn supported() -> Vec<ProtocolVersion> {
    LEGACY.iter().cloned().chain([MODERN]).collect()
}

/// The revision that `initialize` settles on: the one that the client would like, or the newest.
pub fn settle(wanted: Option<&str>) -> ProtocolVersion {
    let wanted = wanted.and_then(|wanted| LEGACY.iter().find(|known| known.as_str() == wanted));
    wanted
        .or_else(|| LEGACY.last())
        .cloned()
        .unwrap_or_default()
}

/// The era of a request, once headers and body agree about it.
///
/// # Errors
/// They do not, something that the revision demands is missing, or the revision is not spoken here.
pub fn era(headers: &HeaderMap, message: &Message<'_>) -> Result<Era, Fault> {
    let is_legacy = |version: &str| LEGACY.iter().any(|known| known.as_str() == version);
    let named = one(headers, PROTOCOL_VERSION)?;
    let meta = message.parameters.meta.as_ref();
    let declared = meta.and_then(|meta| meta.protocol_version.as_deref());
    let modern = declared.is_some_and(|version| !is_legacy(version))
        || named == Some(MODERN.as_str())
        || message.method == "server/discover";
    if !modern {
        return match named {
            Some(version) if !is_legacy(version) => Err(unsupported(version)),
            _ => Ok(Era::Legacy),
        };
    }
    let capabilities = meta.and_then(|meta| meta.client_capabilities);
    let capable = capabilities.is_some_and(|json| json.get().starts_with('{'));
    let (Some(declared), true) = (declared, capable) else {
        let why = "The _meta of a request needs io.modelcontextprotocol/protocolVersion, a string, \
                   and io.modelcontextprotocol/clientCapabilities, an object.";
        return Err(Fault::bad(ErrorCode::INVALID_PARAMS, why));
    };
    agree(PROTOCOL_VERSION, named, declared)?;
    if declared != MODERN.as_str() {
        return Err(unsupported(declared));
    }
    agree(METHOD, one(headers, METHOD)?, &message.method)?;
    if let (true, Some(name)) = (message.method == "tools/call", &message.parameters.name) {
        let plain = one(headers, NAME)?.map(plain).transpose()?;
        agree(NAME, plain.as_deref(), name)?;
    }
    Ok(Era::Modern)
}

fn unsupported(requested: &str) -> Fault {
    let why = "This revision of the protocol is not spoken here.";
    Fault::bad(ErrorCode::UNSUPPORTED_PROTOCOL_VERSION, why)
        .data(json!({ "supported": supported(), "requested": requested }))
}

fn mismatch(why: String) -> Fault {
    Fault::bad(ErrorCode::HEADER_MISMATCH, why)
}

fn agree(header: &str, given: Option<&str>, body: &str) -> Result<(), Fault> {
    match given {
        Some(given) if given == body => Ok(()),
        Some(_) => Err(mismatch(format!(
            "The header {header} does not say what the body says."
        ))),
        None => Err(mismatch(format!("The header {header} is missing."))),
    }
}

/// The only value of a header, where intermediaries might go by one and this server by another.
fn one<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, Fault> {
    let mut values = headers.get_all(name);
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value
            .to_str()
            .map(Some)
            .map_err(|_| mismatch(format!("The header {name} holds more than ASCII."))),
        (Some(_), Some(_)) => Err(mismatch(format!("The header {name} is there twice."))),
    }
}

/// The value of a header that may be wrapped in Base64 where ASCII does not do.
fn plain(value: &str) -> Result<String, Fault> {
    let wrapped = value
        .strip_prefix("=?base64?")
        .and_then(|rest| rest.strip_suffix("?="));
    let Some(wrapped) = wrapped else {
        return Ok(value.to_owned());
    };
    let bytes = STANDARD.decode(wrapped).ok();
    bytes
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(|| mismatch("The header Mcp-Name is not Base64 of UTF-8.".to_owned()))
}
