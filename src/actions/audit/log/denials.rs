//! `denials`: what was refused, by agent and reason.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::record::{AuditLogActor, AuditLogRecord};
use super::walk::{AuditLogSpan, LogWalk, Period};
use crate::actions::{Action, ActionContext, ActionError, Example, page};
use crate::audit::Decision;
use crate::policy::Effect;
use crate::storage::audit_records::Filter;

/// Most refused records that one call looks at.
const MOST: i64 = 20_000;
/// Records read at a time.
const PAGE: i64 = 1000;

/// Counts refusals.
pub struct Denials;

/// Of whom, and when.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DenialsInput {
    /// Not before this time.
    #[schema(format = DateTime, max_length = 64, example = "2026-11-22T00:00:00Z")]
    from: Option<String>,
    /// Before this time.
    #[schema(format = DateTime, max_length = 64, example = "2026-11-23T00:00:00Z")]
    to: Option<String>,
    /// Only records about this client.
    #[schema(max_length = 64, pattern = "^[!-~]+$")]
    client_id: Option<String>,
    /// `next_cursor` of the call before.
    #[schema(max_length = 1024)]
    cursor: Option<String>,
    /// Groups to answer.
    #[serde(default = "page::usual")]
    #[schema(minimum = 1, maximum = 200, default = 50)]
    limit: u32,
}

/// Refusals by agent and reason.
#[derive(Debug, Serialize, ToSchema)]
pub struct DenialsOutput {
    /// The most frequent first.
    groups: Vec<DenialGroup>,
    /// Groups that are not shown, as there are more than `limit`.
    groups_left_out: usize,
    /// Refusals in all groups, shown or not.
    denials: usize,
    /// Hand this in as `cursor` to count older refusals; null if there are none.
    next_cursor: Option<String>,
    /// What was looked at.
    searched: AuditLogSpan,
}

/// Refusals of one agent for one reason.
#[derive(Debug, Serialize, ToSchema)]
pub struct DenialGroup {
    /// Who was refused.
    agent: AuditLogActor,
    /// What was asked for.
    event: String,
    /// `denied`, or `limited` for too many attempts.
    decision: String,
    /// Why.
    reason: String,
    /// How often.
    count: usize,
    /// When first, in what was looked at.
    #[schema(format = DateTime)]
    first_at: String,
    /// When last.
    #[schema(format = DateTime)]
    last_at: String,
    /// What the last one was to be done to.
    last_target: String,
    /// The request of the last one.
    last_request_id: String,
}

impl Action for Denials {
    const NAME: &'static str = "denials";
    const SUMMARY: &'static str = "Count refusals by agent and reason";
    const DESCRIPTION: &'static str = "Counts what Ambit denied or limited in a period (from \
        inclusive, to exclusive), by who asked, what was asked for and why it was refused. Callers \
        that nobody knows are recorded at a bounded rate and counted under kind unknown. What was \
        permitted and went wrong is not counted. One call looks at no more than 20000 refused \
        records, newest first; next_cursor counts older ones, in groups of their own.";
    const SCOPE: &'static str = "ambit:audit:read";
    const EFFECT: Effect = Effect::Reads;
    const EXAMPLES: &'static [Example] = &[Example {
        summary: "Refusals of a day",
        input: r#"{"from": "2026-11-22T00:00:00Z", "to": "2026-11-23T00:00:00Z"}"#,
        output: r#"{"groups": [{"agent": {"kind": "client", "id": "client_1"}, "event": "action",
            "decision": "denied", "reason": "insufficient_scope", "count": 3, "first_at":
            "2026-11-22T08:00:00.000000Z", "last_at": "2026-11-22T09:30:00.000000Z", "last_target":
            "audit/who_did_what", "last_request_id": "0199"}], "groups_left_out": 0, "denials": 3,
            "next_cursor": null, "searched": {"from_seq": 1, "to_seq": 90, "complete": true}}"#,
    }];

    type Input = DenialsInput;
    type Output = DenialsOutput;

    async fn run(
        context: &ActionContext,
        input: DenialsInput,
    ) -> Result<DenialsOutput, ActionError> {
        let period = Period::read(input.from.as_deref(), input.to.as_deref())?;
        let of = (Self::NAME, &input.client_id);
        let filter = Filter {
            client_id: input.client_id.clone(),
            refused: true,
            ..period.filter()
        };
        let cursor = input.cursor.as_deref();
        let mut walk = LogWalk::start(context, period, filter, &of, cursor, MOST).await?;
        let mut groups: BTreeMap<Key, DenialGroup> = BTreeMap::new();
        while let Some(rows) = walk.next(context, PAGE).await? {
            for row in rows {
                let refused = [Decision::Denied, Decision::Limited];
                if refused
                    .iter()
                    .any(|decision| decision.name() == row.decision)
                {
                    count(&mut groups, AuditLogRecord::from(row));
                }
            }
            walk.progress(context);
        }
        let denials = groups.values().map(|group| group.count).sum();
        let mut groups: Vec<DenialGroup> = groups.into_values().collect();
        groups.sort_by_key(|group| std::cmp::Reverse(group.count));
        let limit = usize::try_from(input.limit).unwrap_or(usize::MAX);
        let groups_left_out = groups.len().saturating_sub(limit);
        groups.truncate(limit);
        Ok(DenialsOutput {
            groups,
            groups_left_out,
            denials,
            next_cursor: walk.cursor(),
            searched: walk.span(),
        })
    }
}

/// Agent, event, decision, reason: what a group has in common, and how groups of equal count are
/// ordered.
type Key = (AuditLogActor, String, String, String);

/// Counts a record. They come newest first.
fn count(groups: &mut BTreeMap<Key, DenialGroup>, record: AuditLogRecord) {
    let agent = record.actor();
    let key = (
        agent.clone(),
        record.event.clone(),
        record.decision.clone(),
        record.reason.clone(),
    );
    let group = groups.entry(key).or_insert_with(|| DenialGroup {
        agent,
        event: record.event,
        decision: record.decision,
        reason: record.reason,
        count: 0,
        first_at: String::new(),
        last_at: record.at.clone(),
        last_target: record.target,
        last_request_id: record.request_id,
    });
    group.count = group.count.saturating_add(1);
    group.first_at = record.at;
}
