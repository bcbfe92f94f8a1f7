//! What an audit record says.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::model::{ClientId, Principal, TenantId, Timestamp};
use crate::storage::audit_records::NewAuditRow;

/// The hash before the first record.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Every event that a record may be about.
pub const EVENTS: &[&str] = &[
    "action",
    "administrator.change_password",
    "administrator.create",
    "administrator.recovery_codes.create",
    "administrator.remove",
    "administrator.reset_password",
    "administrator.second_factor.add",
    "administrator.second_factor.remove",
    "administrator.second_factor.verify",
    "administrator.second_factors.reset",
    "administrator.session.end",
    "administrator.sessions.end_others",
    "administrator.set_role",
    "administrator.sign_in",
    "administrator.sign_out",
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
    pub request_id: Arc<str>,
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
            request_id: uuid::Uuid::now_v7().to_string().into(),
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
    principal: Option<Arc<Principal>>,
    client_id: Option<String>,
    subject: Option<String>,
    target: String,
    reason: String,
    details: BTreeMap<&'static str, Cow<'static, str>>,
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
            principal: None,
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
    pub fn principal(mut self, principal: &Arc<Principal>) -> Self {
        self.principal = Some(Arc::clone(principal));
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
    pub fn fact(mut self, name: &'static str, value: impl Into<Cow<'static, str>>) -> Self {
        self.details.insert(name, value.into());
        self
    }

    /// One more fact. Never a secret.
    #[must_use]
    pub fn detail(mut self, name: &'static str, value: &str) -> Self {
        self.details.insert(name, clip(value).into());
        self
    }

    /// Writes down all that does not depend on the entry's place in the chain. `handed_in` is when it
    /// was decided.
    pub(super) fn prepare(self, handed_in: Instant) -> Prepared {
        let duration = handed_in.saturating_duration_since(self.cause.started);
        let caller = self.principal.as_deref();
        let client_id = caller.map(|caller| caller.client_id.as_str());
        let client_id = client_id.or(self.client_id.as_deref());
        let subject = caller.map(|caller| caller.subject.as_str());
        let tenant_id = caller.map_or(&self.cause.tenant_id, |caller| &caller.tenant_id);
        // An administrator who acts for a client is named with it by the cause.
        let vouched = matches!(self.cause.actors.first(), Some(nearest) if nearest.kind == ActorKind::Administrator);
        let proved = caller
            .filter(|_| !vouched)
            .map(|caller| [Actor::new(ActorKind::Client, caller.client_id.as_str())]);
        let actors = proved.as_ref().map_or(&*self.cause.actors, |one| one);
        let members = [
            members(&BeforeAt { actors }),
            members(&BeforePrevious {
                client_id,
                decision: self.decision,
                details: &self.details,
                duration_us: u64::try_from(duration.as_micros()).unwrap_or(u64::MAX),
                event: self.event,
            }),
            members(&BeforeSeq {
                reason: &self.reason,
                remote_address: self.cause.remote_address,
                request_id: &self.cause.request_id,
            }),
            members(&AfterSeq {
                subject: subject.or(self.subject.as_deref()),
                target: &self.target,
                tenant_id,
            }),
        ];
        Prepared {
            tenant_id: tenant_id.clone(),
            client_id: client_id.map(str::to_owned),
            event: self.event,
            decision: self.decision,
            members,
        }
    }
}

/// An entry whose JSON lacks only its place in the chain, so that the one writer has little to do.
pub(super) struct Prepared {
    tenant_id: TenantId,
    client_id: Option<String>,
    event: &'static str,
    decision: Decision,
    members: [String; 4],
}

/// Where a record stands in the chain.
pub(super) struct Place<'a> {
    /// Its number, from 1.
    pub(super) seq: i64,
    /// The hash of the record before it.
    pub(super) previous: &'a str,
    /// When it is written.
    pub(super) at: Timestamp,
    /// The same as text (RFC 3339), which all records of a batch share.
    pub(super) at_text: &'a str,
}

impl Prepared {
    /// Puts the entry in its place.
    pub(super) fn to_row(&self, place: &Place<'_>) -> NewAuditRow<'_> {
        let [before_at, before_previous, before_seq, after_seq] = &self.members;
        let Place {
            seq,
            previous,
            at,
            at_text,
        } = place;
        let record = format!(
            "{{{before_at},\"at\":\"{at_text}\",{before_previous},\"previous\":\"{previous}\",\
             {before_seq},\"seq\":{seq},{after_seq}}}"
        );
        let hash = sha256_hex(record.as_bytes());
        NewAuditRow {
            seq: *seq,
            tenant_id: self.tenant_id.as_str(),
            at: at.micros(),
            client_id: self.client_id.as_deref(),
            event: self.event,
            decision: self.decision.name(),
            record,
            hash,
        }
    }
}

// A record's JSON in four runs of members, between which `at`, `previous` and `seq` stand. All members
// stand in the order of their names and none is a fraction, so that serde_json writes RFC 8785's
// canonical form as it is. Each run has a member that is never left out.

#[derive(Serialize)]
struct BeforeAt<'a> {
    actors: &'a [Actor],
}

#[derive(Serialize)]
struct BeforePrevious<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<&'a str>,
    decision: Decision,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    details: &'a BTreeMap<&'static str, Cow<'static, str>>,
    duration_us: u64,
    event: &'a str,
}

#[derive(Serialize)]
struct BeforeSeq<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    reason: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    remote_address: Option<IpAddr>,
    request_id: &'a str,
}

#[derive(Serialize)]
struct AfterSeq<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    target: &'a str,
    tenant_id: &'a TenantId,
}

/// The members of a JSON object, without its braces.
fn members(of: &impl Serialize) -> String {
    let mut text = serde_json::to_string(of).unwrap_or_default();
    text.pop();
    if !text.is_empty() {
        text.remove(0);
    }
    text
}

/// SHA-256 in lower-case hexadecimal.
pub fn sha256_hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(DIGITS.get(usize::from(value)).copied().unwrap_or(b'0'));
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    let mut text = String::with_capacity(2 * digest.as_ref().len());
    for byte in digest.as_ref() {
        text.push(digit(byte >> 4));
        text.push(digit(byte & 15));
    }
    text
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

    const FIRST: Place<'static> = Place {
        seq: 1,
        previous: GENESIS,
        at: Timestamp::from_seconds(1),
        at_text: "1970-01-01T00:00:01.000000Z",
    };

    proptest! {
        #[test]
        fn a_record_is_canonical_json(target in "\\PC{0,300}", reason in any::<String>(), id in any::<String>()) {
            let cause = Cause::operator(&id);
            let entry = Entry::new("request", Decision::Denied, &cause)
                .target(&target)
                .reason(&reason)
                .detail("b", &id)
                .detail("a", "x")
                .prepare(Instant::now());
            let row = entry.to_row(&FIRST);
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
        let entry = Entry::new("request", Decision::Denied, &Cause::system())
            .target(&"é".repeat(10_000))
            .prepare(Instant::now());
        let row = entry.to_row(&FIRST);
        assert!(row.record.len() < 2_000);
    }
}
