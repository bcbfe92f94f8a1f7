//! `list_releases`: the releases, newest first.

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::SCOPE_READ;
use super::history::History;
use super::records::{Release, ReleaseKind, ReleaseSummary};
use super::span::Span;
use crate::actions::page::{self, paginate};
use crate::actions::{Action, ActionContext, ActionError, Example};
use crate::policy::Effect;

/// See the module.
pub struct ListReleases;

/// Which releases are listed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ListReleasesInput {
    /// Only releases of this kind.
    kind: Option<ReleaseKind>,
    /// Only releases of this day and later, in UTC.
    #[schema(format = Date, example = "2026-01-01")]
    from: Option<String>,
    /// Only releases before this day, in UTC.
    #[schema(format = Date, example = "2026-07-01")]
    to: Option<String>,
    /// Only releases whose version, or the title of one of whose changes, contains this in any case.
    #[schema(min_length = 1, max_length = 200, example = "lockfile")]
    text: Option<String>,
    /// Only releases that were recorded by `record_release`, or only those that were not.
    recorded: Option<bool>,
    /// Where the last page ended: its `next_cursor`.
    #[schema(max_length = 1024)]
    cursor: Option<String>,
    /// Most releases of a page.
    #[serde(default = "page::usual")]
    #[schema(default = 50, minimum = 1, maximum = 200)]
    limit: u32,
}

/// A page of releases.
#[derive(Debug, Serialize, ToSchema)]
pub struct ListReleasesOutput {
    /// The releases, newest first.
    releases: Vec<ReleaseSummary>,
    /// What the next page is asked for with; null on the last.
    next_cursor: Option<String>,
}

impl Action for ListReleases {
    const NAME: &'static str = "list_releases";
    const SUMMARY: &'static str = "The releases, newest first";
    const DESCRIPTION: &'static str = "\
Lists releases, newest first, each with how many changes and lines it shipped. Filters by kind, period \
(`from` is included, `to` is not), text in the version or in the titles of changes, and by whether the \
release was recorded by `record_release` rather than loaded into the warehouse. A version shows all \
that it shipped by show_release.";
    const SCOPE: &'static str = SCOPE_READ;
    const EFFECT: Effect = Effect::Reads;
    const EXAMPLES: &'static [Example] = &[Example {
        summary: "The newest patch release before 2026-08-14",
        input: r#"{"kind": "patch", "to": "2026-08-14", "limit": 1}"#,
        output: include_str!("examples/list_releases.json"),
    }];
    type Input = ListReleasesInput;
    type Output = ListReleasesOutput;

    async fn run(
        context: &ActionContext,
        input: ListReleasesInput,
    ) -> Result<ListReleasesOutput, ActionError> {
        let span = Span::read(input.from.as_deref(), input.to.as_deref())?;
        let history = context.dataset::<History>().await?;
        let text = input.text.as_deref().map(str::to_lowercase);
        let fits = |release: &&Release| {
            input.kind.is_none_or(|kind| release.summary.kind == kind)
                && input
                    .recorded
                    .is_none_or(|recorded| release.summary.recorded == recorded)
                && span.holds(release)
                && text.as_deref().is_none_or(|text| contains(release, text))
        };
        let releases: Vec<&Release> = history.releases().iter().rev().filter(fits).collect();
        let of = (
            Self::NAME,
            input.kind,
            &input.from,
            &input.to,
            &text,
            input.recorded,
        );
        let page = paginate(
            &releases,
            |release| {
                let version = release.version().to_owned();
                (Reverse(release.released_at.micros()), Reverse(version))
            },
            &of,
            input.cursor.as_deref(),
            input.limit,
        )?;
        Ok(ListReleasesOutput {
            releases: page
                .items
                .iter()
                .map(|release| release.summary.clone())
                .collect(),
            next_cursor: page.next_cursor,
        })
    }
}

fn contains(release: &Release, lowered: &str) -> bool {
    release.version().to_lowercase().contains(lowered)
        || release
            .changes
            .iter()
            .any(|change| change.title.to_lowercase().contains(lowered))
}
