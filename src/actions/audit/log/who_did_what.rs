//! `who_did_what`: records of the log.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::record::AuditLogRecord;
use super::walk::{AuditLogSpan, LogWalk, Period};
use crate::actions::{Action, ActionContext, ActionError, Example, page};
use crate::audit::{Decision, EVENTS};
use crate::policy::Effect;
use crate::storage::audit_records::Filter;

/// Most records that one call looks at.
const MOST: i64 = 200_000;

/// Lists records.
pub struct WhoDidWhat;

/// Which records.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WhoDidWhatInput {
    /// Not before this time.
    #[schema(format = DateTime, max_length = 64, example = "2026-11-22T00:00:00Z")]
    from: Option<String>,
    /// Before this time.
    #[schema(format = DateTime, max_length = 64, example = "2026-11-23T00:00:00Z")]
    to: Option<String>,
    /// Only records about this client.
    #[schema(max_length = 64, pattern = "^[!-~]+$")]
    client_id: Option<String>,
    /// Only this event, such as `token.issue`, `client.update`, `request` or `action`.
    #[schema(max_length = 64, example = "token.issue")]
    event: Option<String>,
    /// Only calls of this action, as `router/action`.
    #[schema(
        max_length = 128,
        pattern = "^[a-z0-9_]+/[a-z0-9_]+$",
        example = "audit/firms_by_risk"
    )]
    action: Option<String>,
    /// Only this decision.
    decision: Option<Decision>,
    /// Only records of this request.
    #[schema(max_length = 64, pattern = "^[!-~]+$")]
    request_id: Option<String>,
    /// `next_cursor` of the page before.
    #[schema(max_length = 1024)]
    cursor: Option<String>,
    /// Records on the page.
    #[serde(default = "page::usual")]
    #[schema(minimum = 1, maximum = 200, default = 50)]
    limit: u32,
}

/// A page of the log.
#[derive(Debug, Serialize, ToSchema)]
pub struct WhoDidWhatOutput {
    /// Newest first.
    records: Vec<AuditLogRecord>,
    /// Hand this in as `cursor` for older records; null if there are none.
    next_cursor: Option<String>,
    /// What was looked at. A page may hold few records, or none, and yet have a next one.
    searched: AuditLogSpan,
}

impl Action for WhoDidWhat {
    const NAME: &'static str = "who_did_what";
    const SUMMARY: &'static str = "List records of Ambit's own audit log";
    const DESCRIPTION: &'static str = "Lists the records of every decision that Ambit took, newest \
        first: by time (from inclusive, to exclusive), client, event, action, decision or request. \
        One call looks at no more than 200000 records (with decision denied, limited or failed, at \
        as many refused ones, however many allowed ones lie between); when it has found too few by \
        then, next_cursor goes on with older ones, and searched.complete is false. The call itself is \
        recorded once it is answered.";
    const SCOPE: &'static str = "ambit:audit:read";
    const EFFECT: Effect = Effect::Reads;
    const EXAMPLES: &'static [Example] = &[Example {
        summary: "The last token that was issued",
        input: r#"{"event": "token.issue", "decision": "allowed", "limit": 1}"#,
        output: r#"{"records": [{"seq": 12, "at": "2026-11-22T18:51:30.000000Z", "event":
            "token.issue", "decision": "allowed", "reason": "", "target": "", "client_id":
            "client_1", "subject": "client_1", "actors": [{"kind": "client", "id": "client_1"}],
            "details": {"scope": "audit:read"}, "request_id": "0199", "remote_address": "127.0.0.1",
            "duration_us": 1200, "hash": "9f86"}], "next_cursor": "WyJ", "searched": {"from_seq":
            12, "to_seq": 12, "complete": false}}"#,
    }];

    type Input = WhoDidWhatInput;
    type Output = WhoDidWhatOutput;

    async fn run(
        context: &ActionContext,
        input: WhoDidWhatInput,
    ) -> Result<WhoDidWhatOutput, ActionError> {
        let period = Period::read(input.from.as_deref(), input.to.as_deref())?;
        let of = (
            Self::NAME,
            (&input.client_id, &input.event, &input.action),
            (input.decision, &input.request_id),
        );
        let filter = input.filter(period)?;
        let cursor = input.cursor.as_deref();
        let mut walk = LogWalk::start(context, period, filter, &of, cursor, MOST).await?;
        let limit = usize::try_from(input.limit).unwrap_or(usize::MAX);
        let mut rows = Vec::new();
        // One more than fits tells whether there is a next page.
        while rows.len() <= limit {
            let wanted = limit.saturating_add(1).saturating_sub(rows.len());
            let wanted = i64::try_from(wanted).unwrap_or(i64::MAX);
            let Some(found) = walk.next(context, wanted).await? else {
                break;
            };
            rows.extend(found);
            walk.progress(context);
        }
        if rows.len() > limit {
            rows.truncate(limit);
            if let Some(last) = rows.last() {
                walk.return_to(last.seq);
            }
        }
        Ok(WhoDidWhatOutput {
            records: rows.into_iter().map(AuditLogRecord::from).collect(),
            next_cursor: walk.cursor(),
            searched: walk.span(),
        })
    }
}

impl WhoDidWhatInput {
    fn filter(&self, period: Period) -> Result<Filter, ActionError> {
        if let Some(event) = &self.event
            && !EVENTS.contains(&event.as_str())
        {
            let problem = format!("is one of {}", EVENTS.join(", "));
            return Err(ActionError::invalid("event", problem));
        }
        let of_action = self.action.is_some();
        if of_action && self.event.as_deref().is_some_and(|event| event != "action") {
            return Err(ActionError::invalid(
                "event",
                "is action where an action is named",
            ));
        }
        let event = if of_action {
            Some("action".to_owned())
        } else {
            self.event.clone()
        };
        Ok(Filter {
            client_id: self.client_id.clone(),
            event,
            decision: self.decision.map(|decision| decision.name().to_owned()),
            refused: self
                .decision
                .is_some_and(|decision| decision != Decision::Allowed),
            target: self.action.clone(),
            request_id: self.request_id.clone(),
            ..period.filter()
        })
    }
}
