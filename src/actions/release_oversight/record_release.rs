//! `record_release`: tells of a release as it is made, from continuous integration.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::SCOPE_WRITE;
use super::change_input::{self, NewChange};
use super::history::History;
use super::records::{ReleaseKind, moment};
use crate::actions::{Action, ActionContext, ActionError, Example};
use crate::model::Timestamp;
use crate::policy::Effect;
use crate::storage::release_gates;
use crate::storage::releases::{self, RecordedRelease};

/// See the module.
pub struct RecordRelease;

/// A release that was made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordReleaseInput {
    /// Its version, which no release has yet.
    #[schema(
        min_length = 1,
        max_length = 100,
        pattern = "^[0-9A-Za-z][0-9A-Za-z._+-]*$",
        example = "0.12.6"
    )]
    version: String,
    /// When it was released, as RFC 3339, from the year 2000 to a day from now.
    #[schema(format = DateTime, example = "2026-08-20T17:05:00Z")]
    released_at: String,
    /// The version before it.
    #[schema(
        min_length = 1,
        max_length = 100,
        pattern = "^[0-9A-Za-z][0-9A-Za-z._+-]*$",
        example = "0.12.5"
    )]
    previous_version: Option<String>,
    /// How large a step it is.
    kind: ReleaseKind,
    /// The commit that was released.
    #[schema(
        min_length = 1,
        max_length = 100,
        pattern = r"^[^\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]+$",
        example = "7923346facde"
    )]
    commit: Option<String>,
    /// What it ships: changes that were committed by then, and that no other release has.
    #[serde(default)]
    #[schema(max_items = 1000)]
    changes: Vec<NewChange>,
}

/// The release as it was recorded.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct RecordReleaseOutput {
    /// Its version.
    version: String,
    /// When it was released, in UTC.
    #[schema(format = DateTime)]
    released_at: String,
    /// How many changes were recorded with it.
    #[schema(minimum = 0)]
    changes: usize,
    /// Who recorded it: the subject of the caller's token.
    recorded_by: String,
    /// When it was recorded, in UTC.
    #[schema(format = DateTime)]
    recorded_at: String,
    /// How many gates before the version were open all the same.
    #[schema(minimum = 0)]
    open_gates: i64,
}

impl Action for RecordRelease {
    const NAME: &'static str = "record_release";
    const SUMMARY: &'static str = "Record a release that was made, with its changes";
    const DESCRIPTION: &'static str = "\
Records a release from continuous integration, with the changes that it ships: at most \
1000, and no more than fit into a request, which is 64 KiB unless the operator allows more. It is part \
of every list and figure from then on, beside the releases of the warehouse; Ambit keeps it itself, so that \
SQL over the tables, as query runs it, does not see it. A version is recorded once: \
one that is known already is a conflict. Gates do not hold a release up that was made, but the answer \
counts those that were open; ask release_readiness before.";
    const SCOPE: &'static str = SCOPE_WRITE;
    const EFFECT: Effect = Effect::Writes;
    const EXAMPLES: &'static [Example] = &[Example {
        summary: "A patch release with one change",
        input: r#"{"version": "0.12.6", "released_at": "2026-08-20T17:05:00Z", "previous_version": "0.12.5", "kind": "patch", "commit": "7923346facde", "changes": [{"change_id": "c0ffee5eed01", "committed_at": "2026-08-19T22:41:23Z", "author": "author-345", "title": "fix: keep the order of requirements", "pull_request": 21114, "files_changed": 2, "lines_added": 18, "lines_removed": 7}]}"#,
        output: r#"{"version": "0.12.6", "released_at": "2026-08-20T17:05:00Z", "changes": 1, "recorded_by": "client_Yk3aQ2b7s9d1f5g8h0j4kA", "recorded_at": "2026-08-20T17:05:02.125Z", "open_gates": 0}"#,
    }];
    type Input = RecordReleaseInput;
    type Output = RecordReleaseOutput;

    async fn run(
        context: &ActionContext,
        input: RecordReleaseInput,
    ) -> Result<RecordReleaseOutput, ActionError> {
        let now = context.now();
        let released_at = change_input::read_past("released_at", &input.released_at, now)?;
        change_input::check(&input.changes, now)?;
        refuse_later(&input.changes, released_at)?;
        if input.previous_version.as_ref() == Some(&input.version) {
            let problem = "must be another version than the one that is recorded";
            return Err(ActionError::invalid("previous_version", problem));
        }
        context.note("version", &input.version);
        refuse_known(context, &input).await?;
        let changes =
            serde_json::to_string(&input.changes).map_err(|error| ActionError::broken(&error))?;
        let release = RecordedRelease {
            version: input.version.clone(),
            released_at,
            previous_version: input.previous_version.clone(),
            kind: input.kind.name().to_owned(),
            commit_id: input.commit.clone(),
            changes,
            change_count: i64::try_from(input.changes.len()).unwrap_or(i64::MAX),
            recorded_by: context.principal().subject.clone(),
            recorded_at: now,
        };
        let tenant_id = context.principal().tenant_id.clone();
        let count = input.changes.len();
        let changed = input.changes.iter().map(|change| change.change_id.clone());
        let change_ids: Vec<String> = changed.collect();
        let change = context.change(move |connection| {
            releases::insert(connection, &tenant_id, &release, &change_ids)?;
            let (open_gates, _) = release_gates::count(connection, &tenant_id, &release.version)?;
            Ok(RecordReleaseOutput {
                version: release.version.clone(),
                released_at: moment(release.released_at),
                changes: count,
                recorded_by: release.recorded_by.clone(),
                recorded_at: moment(release.recorded_at),
                open_gates,
            })
        });
        match change.await {
            // Another call recorded it, or a change of it, since the history was looked at.
            Err(ActionError::Conflict(_)) => {
                refuse_known(context, &input).await?;
                Err(ActionError::Conflict(format!(
                    "There is a release {} already, or one that ships one of its changes.",
                    input.version
                )))
            }
            outcome => outcome,
        }
    }
}

fn known(input: &RecordReleaseInput) -> ActionError {
    ActionError::Conflict(format!("There is a release {} already.", input.version))
}

/// A release is recorded once, and so is a change.
async fn refuse_known(
    context: &ActionContext,
    input: &RecordReleaseInput,
) -> Result<(), ActionError> {
    let Some(history) = History::if_any(context).await? else {
        return Ok(());
    };
    if history.place(&input.version).is_some() {
        return Err(known(input));
    }
    refuse_shipped(&input.changes, &history)
}

/// A release cannot ship what was not there yet.
fn refuse_later(changes: &[NewChange], released_at: Timestamp) -> Result<(), ActionError> {
    for (position, change) in changes.iter().enumerate() {
        let field = format!("changes.{position}.committed_at");
        if let Some(text) = &change.committed_at
            && change_input::read_time(&field, text)? > released_at
        {
            let problem = "lies after released_at; a release ships what was committed by then";
            return Err(ActionError::invalid(&field, problem));
        }
    }
    Ok(())
}

/// A change is shipped once: counted again, it would be part of two releases' figures.
fn refuse_shipped(changes: &[NewChange], history: &History) -> Result<(), ActionError> {
    let wanted: HashSet<_> = changes
        .iter()
        .map(|change| change.change_id.as_str())
        .collect();
    let shipped = history.shipped(&wanted);
    for (position, change) in changes.iter().enumerate() {
        if let Some(version) = shipped.get(change.change_id.as_str()) {
            let field = format!("changes.{position}.change_id");
            let problem = format!("belongs to release {version} already");
            return Err(ActionError::invalid(&field, problem));
        }
    }
    Ok(())
}
