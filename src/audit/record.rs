//! What an audit record says.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Instant;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::model::{ClientId, Principal, TenantId, Timestamp};
use crate::storage::audit_records::AuditRow;

/// The hash before the first record.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Every event that a record may be about.
pub const EVENTS: &[&str] = &[
    "action",
    "administrator.create",
    "administrator.reset_password",
    "client.create",
    "client.delete",
    "client.disable",
    "client.enable",
    "client.revoke_tokens",
    "client.secret.create",
    "client.secret.retire",
    "client.update",
    "key.create",
    "key.publish",
    "key.rotate",
    "key.withdraw",
    "request",
    "scope.create",
    "scope.delete",
    "token.introspect",
    "token.issue",
    "token.revoke",
];

/// How something was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// It was permitted, and done.
    Allowed,
    /// It was refused.
    Denied,
    /// It was refused for now: too many attempts.
    Limited,
    /// It was permitted, and went wrong.
    Failed,
}

impl Decision {
    /// As the record and the metrics write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Denied => "denied",
            Self::Limited => "limited",
            Self::Failed => "failed",
        }
    }
}

/// What kind of actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ActorKind {
    /// A registered client.
    Client,
    /// An administrator over HTTP.
    Administrator,
    /// Someone at the command line of this machine.
    Operator,
    /// Ambit itself.
    System,
    /// Someone who proved nothing. The identifier is what they claimed, if they did.
    Unknown,
}

/// One link of the chain of who acts for whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// Client identifier, user name, or claimed name.
    pub id: String,
    /// What kind of actor.
    pub kind: ActorKind,
}

impl Actor {
    /// An actor of a kind.
    pub fn new(kind: ActorKind, id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            kind,
        }
    }
}

/// Who asked, from where, in which request: what every record of one request shares.
#[derive(Debug, Clone)]
pub struct Cause {
    /// The request's identifier, as it goes out in `x-request-id`.
    pub request_id: String,
    /// Where it came from.
    pub remote_address: Option<IpAddr>,
    /// When it began.
    pub started: Instant,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// Who acts, nearest first.
    pub actors: Vec<Actor>,
}

impl Cause {
    /// Something that Ambit does by itself.
    pub fn system() -> Self {
        Self::local(Actor::new(ActorKind::System, "ambit"))
    }

    /// Something done at this machine's command line.
    pub fn operator(user: &str) -> Self {
        Self::local(Actor::new(ActorKind::Operator, user))
    }

    fn local(actor: Actor) -> Self {
        Self {
            request_id: uuid::Uuid::now_v7().to_string(),
            remote_address: None,
            started: Instant::now(),
            tenant_id: TenantId::default(),
            actors: vec![actor],
        }
    }

    /// The same request, by a known actor.
    #[must_use]
    pub fn by(mut self, actor: Actor) -> Self {
        self.actors = vec![actor];
        self
    }
}

/// What happened: everything of a record but its place in the chain.
#[derive(Debug, Clone)]
pub struct Entry {
    event: &'static str,
    decision: Decision,
    cause: Cause,
    client_id: Option<String>,
    subject: Option<String>,
    target: String,
    reason: String,
    details: BTreeMap<&'static str, String>,
}

impl Entry {
    /// Longest text that a record takes from a stranger, in characters.
    const LONGEST: usize = 256;

    /// Something happened, one of [`EVENTS`].
    pub fn new(event: &'static str, decision: Decision, cause: &Cause) -> Self {
        debug_assert!(EVENTS.contains(&event), "{event} is not in EVENTS");
        Self {
            event,
            decision,
            cause: cause.clone(),
            client_id: None,
            subject: None,
            target: String::new(),
            reason: String::new(),
            details: BTreeMap::new(),
        }
    }

    /// What it was done to.
    #[must_use]
    pub fn target(mut self, target: &str) -> Self {
        self.target = clip(target);
        self
    }

    /// Why it was decided so.
    #[must_use]
    pub fn reason(mut self, reason: &str) -> Self {
        self.reason = clip(reason);
        self
    }

    /// The client concerned.
    #[must_use]
    pub fn client(mut self, client_id: &ClientId) -> Self {
        self.client_id = Some(client_id.as_str().to_owned());
        self
    }

    /// The caller that a token proved.
    #[must_use]
    pub fn principal(mut self, principal: &Principal) -> Self {
        self.client_id = Some(principal.client_id.as_str().to_owned());
        self.subject = Some(principal.subject.clone());
        self.cause.tenant_id = principal.tenant_id.clone();
        self.cause.actors = vec![Actor::new(ActorKind::Client, principal.client_id.as_str())];
        self.detail("token_id", &principal.token_id)
    }

    /// On whose behalf.
    #[must_use]
    pub fn subject(mut self, subject: &str) -> Self {
        self.subject = Some(clip(subject));
        self
    }

    /// One more fact, of any length: for what has a limit of its own, such as a scope.
    #[must_use]
    pub fn fact(mut self, name: &'static str, value: String) -> Self {
        self.details.insert(name, value);
        self
    }

    /// One more fact. Never a secret.
    #[must_use]
    pub fn detail(mut self, name: &'static str, value: &str) -> Self {
        self.details.insert(name, clip(value));
        self
    }

    /// Puts the entry in its place in the chain.
    pub(super) fn to_row(
        &self,
        seq: i64,
        previous: &str,
        at: Timestamp,
        handed_in: Instant,
    ) -> AuditRow {
        let duration = handed_in.saturating_duration_since(self.cause.started);
        let record = Record {
            actors: &self.cause.actors,
            at: at.rfc3339(),
            client_id: self.client_id.as_deref(),
            decision: self.decision,
            details: &self.details,
            duration_us: u64::try_from(duration.as_micros()).unwrap_or(u64::MAX),
            event: self.event,
            previous,
            reason: &self.reason,
            remote_address: self.cause.remote_address,
            request_id: &self.cause.request_id,
            seq,
            subject: self.subject.as_deref(),
            target: &self.target,
            tenant_id: &self.cause.tenant_id,
        };
        let text = serde_json::to_string(&record).unwrap_or_default();
        let hash = sha256_hex(text.as_bytes());
        AuditRow {
            seq,
            tenant_id: self.cause.tenant_id.as_str().to_owned(),
            at: at.micros(),
            client_id: self.client_id.clone(),
            event: self.event.to_owned(),
            decision: self.decision.name().to_owned(),
            record: text,
            hash,
        }
    }
}

/// A record's JSON. The fields stand in the order of their names and nothing in it is a fraction, so
/// that serde_json writes RFC 8785's canonical form as it is.
#[derive(Serialize)]
struct Record<'a> {
    actors: &'a [Actor],
    at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<&'a str>,
    decision: Decision,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    details: &'a BTreeMap<&'static str, String>,
    duration_us: u64,
    event: &'a str,
    previous: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    reason: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    remote_address: Option<IpAddr>,
    request_id: &'a str,
    seq: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    target: &'a str,
    tenant_id: &'a TenantId,
}

/// SHA-256 in lower-case hexadecimal.
pub fn sha256_hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    let digit = |value: u8| char::from(DIGITS.get(usize::from(value)).copied().unwrap_or(b'0'));
    digest
        .as_ref()
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

fn clip(text: &str) -> String {
    match text.char_indices().nth(Entry::LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_record_is_canonical_json(target in "\\PC{0,300}", reason in any::<String>(), id in any::<String>()) {
            let cause = Cause::operator(&id);
            let row = Entry::new("request", Decision::Denied, &cause)
                .target(&target)
                .reason(&reason)
                .detail("b", &id)
                .detail("a", "x")
                .to_row(7, GENESIS, Timestamp::from_seconds(1), Instant::now());
            let value: serde_json::Value = serde_json::from_str(&row.record).unwrap();
            prop_assert_eq!(serde_jcs::to_string(&value).unwrap(), row.record);
        }
    }

    #[test]
    fn sha256_is_the_standard_one() {
        assert_eq!(
            sha256_hex(b"abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn long_words_of_strangers_are_clipped() {
        let row = Entry::new("request", Decision::Denied, &Cause::system())
            .target(&"é".repeat(10_000))
            .to_row(1, GENESIS, Timestamp::from_seconds(1), Instant::now());
        assert!(row.record.len() < 2_000);
    }
}
