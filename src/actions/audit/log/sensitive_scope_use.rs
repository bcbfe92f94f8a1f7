//! `sensitive_scope_use`: who was given, and who used, scopes that can do harm.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::record::{AuditLogActor, AuditLogRecord};
use super::walk::{AuditLogSpan, LogWalk, Period};
use crate::actions::{Action, ActionContext, ActionError, Example};
use crate::audit::Decision;
use crate::policy::Effect;
use crate::scopes::Sensitivity;
use crate::storage::audit_records::{AuditRow, Filter};

/// Most records that one call looks at.
const MOST: i64 = 50_000;
/// Records read at a time.
const PAGE: i64 = 1000;

/// Follows sensitive scopes.
pub struct SensitiveScopeUse;

/// Which scope, whose, and when.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SensitiveScopeUseInput {
    /// Not before this time.
    #[schema(format = DateTime, max_length = 64, example = "2026-11-22T00:00:00Z")]
    from: Option<String>,
    /// Before this time.
    #[schema(format = DateTime, max_length = 64, example = "2026-11-23T00:00:00Z")]
    to: Option<String>,
    /// Only records about this client.
    #[schema(max_length = 64, pattern = "^[!-~]+$")]
    client_id: Option<String>,
    /// Only this scope, which must be a sensitive one.
    #[schema(max_length = 128, example = "ambit:audit:read")]
    scope: Option<String>,
    /// `next_cursor` of the call before.
    #[schema(max_length = 1024)]
    cursor: Option<String>,
}

/// Who was given and who used sensitive scopes.
#[derive(Debug, Serialize, ToSchema)]
pub struct SensitiveScopeUseOutput {
    /// The scopes that were looked for: those that the catalogue calls sensitive now.
    scopes: Vec<String>,
    /// By scope, client and kind.
    uses: Vec<ScopeUse>,
    /// Hand this in as `cursor` for older records; null if there are none.
    next_cursor: Option<String>,
    /// What was looked at.
    searched: AuditLogSpan,
}

/// What became of a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ScopeUseKind {
    /// The client was registered or changed so that it may ask for it.
    Registered,
    /// A token with it was issued to the client.
    Issued,
    /// The client did something that needs it.
    Used,
}

/// One client and one sensitive scope.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScopeUse {
    /// The scope.
    scope: String,
    /// The client.
    client_id: String,
    /// What became of it.
    kind: ScopeUseKind,
    /// How often.
    count: usize,
    /// When first, in what was looked at.
    #[schema(format = DateTime)]
    first_at: String,
    /// When last.
    #[schema(format = DateTime)]
    last_at: String,
    /// Who acted last: of `registered`, who gave it.
    last_actor: AuditLogActor,
    /// What it was done to last.
    last_target: String,
    /// The request of the last one.
    last_request_id: String,
}

impl Action for SensitiveScopeUse {
    const NAME: &'static str = "sensitive_scope_use";
    const SUMMARY: &'static str = "Show who was given and who used sensitive scopes";
    const DESCRIPTION: &'static str = "For each scope that the catalogue calls sensitive, and each \
        client: how often a registration or change gave it (registered, with who did that), a token \
        with it was issued (issued), and a request or action that needs it was allowed (used), in a \
        period (from inclusive, to exclusive). Refusals are not counted; denials does that. Requests \
        of administrators with a password use no scope. One call looks at no more than 50000 \
        records, newest first; next_cursor goes on with older ones, counted anew.";
    const SCOPE: &'static str = "ambit:audit:read";
    const EFFECT: Effect = Effect::Reads;
    const EXAMPLES: &'static [Example] = &[Example {
        summary: "Who read the audit log",
        input: r#"{"scope": "ambit:audit:read"}"#,
        output: r#"{"scopes": ["ambit:audit:read"], "uses": [{"scope": "ambit:audit:read",
            "client_id": "client_1", "kind": "used", "count": 2, "first_at":
            "2026-11-22T08:00:00.000000Z", "last_at": "2026-11-22T09:30:00.000000Z", "last_actor":
            {"kind": "client", "id": "client_1"}, "last_target": "audit/who_did_what",
            "last_request_id": "0199"}], "next_cursor": null, "searched": {"from_seq": 1, "to_seq":
            90, "complete": true}}"#,
    }];

    type Input = SensitiveScopeUseInput;
    type Output = SensitiveScopeUseOutput;

    async fn run(
        context: &ActionContext,
        input: SensitiveScopeUseInput,
    ) -> Result<SensitiveScopeUseOutput, ActionError> {
        let period = Period::read(input.from.as_deref(), input.to.as_deref())?;
        let scopes = sensitive(context, input.scope.as_deref())?;
        let of = (Self::NAME, &input.client_id, &input.scope);
        let filter = Filter {
            client_id: input.client_id.clone(),
            decision: Some(Decision::Allowed.name().to_owned()),
            ..period.filter()
        };
        let cursor = input.cursor.as_deref();
        let mut walk = LogWalk::start(context, period, filter, &of, cursor, MOST).await?;
        let mut uses = BTreeMap::new();
        while let Some(rows) = walk.next(context, PAGE).await? {
            for row in rows {
                count(&mut uses, &scopes, row);
            }
            walk.progress(context);
        }
        Ok(SensitiveScopeUseOutput {
            scopes,
            uses: uses.into_values().collect(),
            next_cursor: walk.cursor(),
            searched: walk.span(),
        })
    }
}

fn sensitive(context: &ActionContext, only: Option<&str>) -> Result<Vec<String>, ActionError> {
    let catalogue = context.catalogue().all().into_iter();
    let sensitive = catalogue.filter(|scope| scope.sensitivity == Sensitivity::Sensitive);
    let mut scopes: Vec<String> = sensitive.map(|scope| scope.name).collect();
    if let Some(only) = only {
        if !scopes.iter().any(|scope| scope == only) {
            let problem = format!("is no sensitive scope; those are {}", scopes.join(", "));
            return Err(ActionError::invalid("scope", problem));
        }
        scopes.retain(|scope| scope == only);
    }
    scopes.sort();
    Ok(scopes)
}

/// Scope, client, kind: what uses are counted by, and ordered.
type Key = (String, String, ScopeUseKind);

/// Counts a record, if it is about one of the scopes. They come newest first.
fn count(uses: &mut BTreeMap<Key, ScopeUse>, scopes: &[String], row: AuditRow) {
    let kind = match row.event.as_str() {
        "client.create" | "client.update" => ScopeUseKind::Registered,
        "token.issue" => ScopeUseKind::Issued,
        "request" | "action" => ScopeUseKind::Used,
        _ => return,
    };
    // Most records name no such scope, and are not worth reading as JSON.
    if !scopes
        .iter()
        .any(|scope| row.record.contains(scope.as_str()))
    {
        return;
    }
    let record = AuditLogRecord::from(row);
    let (Some(client_id), Some(held)) = (&record.client_id, record.details.get("scope")) else {
        return;
    };
    for scope in held
        .split(' ')
        .filter(|held| scopes.iter().any(|scope| scope == held))
    {
        let key = (scope.to_owned(), client_id.clone(), kind);
        let found = uses.entry(key).or_insert_with(|| ScopeUse {
            scope: scope.to_owned(),
            client_id: client_id.clone(),
            kind,
            count: 0,
            first_at: String::new(),
            last_at: record.at.clone(),
            last_actor: record.actor(),
            last_target: record.target.clone(),
            last_request_id: record.request_id.clone(),
        });
        found.count = found.count.saturating_add(1);
        found.first_at.clone_from(&record.at);
    }
}
