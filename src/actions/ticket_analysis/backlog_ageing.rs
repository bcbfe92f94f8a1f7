//! What was open at a moment, and for how long it had been.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::dimension::{TicketDimension, missing_last, owned};
use super::selection::note;
use super::ticket::{Ticket, TicketEnd, TicketMoment, Tickets};
use crate::actions::calendar::rfc3339;
use crate::actions::statistics::median;
use crate::actions::{Action, ActionContext, ActionError, Example};
use crate::policy::Effect;

const SECONDS_OF_DAY: i64 = 86_400;

/// See [`Action`].
pub struct BacklogAgeing;

/// When the backlog is looked at, and how.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BacklogAgeingInput {
    /// The moment, as a time (RFC 3339) or as a day, which stands for its beginning in UTC.
    #[schema(min_length = 10, max_length = 40, example = "2016-03-08")]
    as_of: String,
    /// What the tickets are told apart by.
    #[serde(default)]
    #[schema(default = "none")]
    by: TicketDimension,
    /// Whether a ticket is open until it is resolved or until it is closed.
    #[serde(default)]
    #[schema(default = "resolved")]
    until: TicketEnd,
    /// The ages in days, in rising order, at which one bucket ends and the next begins.
    #[serde(default = "usual_buckets")]
    #[schema(min_items = 1, max_items = 20, default = json!([1, 3, 7, 14, 30, 90]))]
    bucket_days: Vec<u32>,
}

fn usual_buckets() -> Vec<u32> {
    vec![1, 3, 7, 14, 30, 90]
}

/// What was open at a moment.
#[derive(Debug, Serialize, ToSchema)]
pub struct BacklogAgeingOutput {
    /// The moment.
    as_of: String,
    /// What the tickets are told apart by.
    by: TicketDimension,
    /// Until when a ticket is open.
    until: TicketEnd,
    /// All that was open.
    overall: BacklogFigures,
    /// What was open of each value, the most first; empty where nothing is told apart.
    values: Vec<BacklogFigures>,
    /// What was left out or assumed, with counts.
    notes: Vec<String>,
}

/// What was open of one value, and for how long it had been.
#[derive(Debug, Serialize, ToSchema)]
pub struct BacklogFigures {
    /// The value; `null` for tickets that lack it, and for all tickets together.
    value: Option<String>,
    /// How many tickets were open.
    tickets: usize,
    /// The median age in seconds, interpolated linearly; `null` if none was open.
    median_age_seconds: Option<f64>,
    /// The greatest age in seconds; `null` if none was open.
    oldest_age_seconds: Option<i64>,
    /// How many tickets were of which age.
    ages: Vec<BacklogAge>,
}

/// How many open tickets were of an age.
#[derive(Debug, Serialize, ToSchema)]
pub struct BacklogAge {
    /// The least age, in days.
    from_days: u32,
    /// What the age is below, in days; `null` if nothing.
    to_days: Option<u32>,
    /// How many tickets.
    tickets: usize,
}

impl Action for BacklogAgeing {
    const NAME: &'static str = "backlog_ageing";
    const SUMMARY: &'static str = "What was open at a moment, by age and by any dimension";
    const DESCRIPTION: &'static str = "A ticket was open at a moment when it had been opened by then and \
        had not ended: its end is resolved_at (of a reopened ticket the last one) or else closed_at; \
        with `until` closed it is closed_at alone. A ticket that is not active any more and has no such \
        time ended with its last event. Its age is the time since opened_at. Values are those that the \
        ticket had at that moment, after its last event up to then. A bucket holds ages from its first \
        day up to, but without, its last.";
    const SCOPE: &'static str = super::READ;
    const EFFECT: Effect = Effect::Reads;
    const EXAMPLES: &'static [Example] = &[Example {
        summary: "The backlog on a day, by priority",
        input: include_str!("examples/backlog_ageing.input.json"),
        output: include_str!("examples/backlog_ageing.output.json"),
    }];
    type Input = BacklogAgeingInput;
    type Output = BacklogAgeingOutput;

    async fn run(
        context: &ActionContext,
        input: BacklogAgeingInput,
    ) -> Result<BacklogAgeingOutput, ActionError> {
        answer(&*context.dataset().await?, &input)
    }
}

fn answer(
    tickets: &Tickets,
    input: &BacklogAgeingInput,
) -> Result<BacklogAgeingOutput, ActionError> {
    let as_of = moment(&input.as_of)?;
    if !input.bucket_days.is_sorted_by(|one, next| one < next) || input.bucket_days.contains(&0) {
        let detail = "must be days above zero in rising order";
        return Err(ActionError::invalid("bucket_days", detail));
    }
    let mut values: BTreeMap<Option<&str>, Vec<i64>> = BTreeMap::new();
    let mut all = Vec::new();
    let (mut unopened, mut ended_by_event, mut without_event) = (0, 0, 0);
    for ticket in tickets.all() {
        let Some(opened) = ticket.time(TicketMoment::Opened) else {
            unopened += 1;
            continue;
        };
        let end = end(ticket, input.until);
        ended_by_event += usize::from(matches!(end, Some((_, true))));
        if opened > as_of || end.is_some_and(|(end, _)| end <= as_of) {
            continue;
        }
        let then = ticket.at(as_of);
        without_event += usize::from(then.updated_at > as_of);
        let age = (as_of - opened).num_seconds();
        values.entry(input.by.value(then)).or_default().push(age);
        all.push(age);
    }
    let mut notes = tickets.notes();
    note(&mut notes, unopened, TicketMoment::Opened.unknown());
    note(
        &mut notes,
        ended_by_event,
        "tickets are not active and have no end; their last event was taken for it",
    );
    note(
        &mut notes,
        without_event,
        "tickets were open but had no event yet; the values of their first event were taken",
    );

    let mut values: Vec<_> = match input.by {
        TicketDimension::None => Vec::new(),
        _ => values.into_iter().collect(),
    };
    values.sort_by_key(|(value, ages)| (Reverse(ages.len()), missing_last(*value)));
    let figures = |(value, ages)| figures(value, ages, &input.bucket_days);
    Ok(BacklogAgeingOutput {
        as_of: rfc3339(as_of),
        by: input.by,
        until: input.until,
        overall: figures((None, all)),
        values: values.into_iter().map(figures).collect(),
        notes,
    })
}

fn moment(text: &str) -> Result<DateTime<Utc>, ActionError> {
    if let Ok(day) = text.parse::<NaiveDate>() {
        return Ok(day.and_time(NaiveTime::MIN).and_utc());
    }
    let time = DateTime::parse_from_rfc3339(text).map_err(|_| {
        let detail = "must be a day such as 2016-03-08 or a time such as 2016-03-08T12:00:00Z";
        ActionError::invalid("as_of", detail)
    })?;
    Ok(time.to_utc())
}

/// When a ticket ended, and whether its last event was taken for that for want of anything better.
fn end(ticket: &Ticket, until: TicketEnd) -> Option<(DateTime<Utc>, bool)> {
    let present = ticket.present();
    let known = match until {
        TicketEnd::Resolved => present.resolved_at.or(present.closed_at),
        TicketEnd::Closed => present.closed_at,
    };
    let inactive = present.active == Some(false);
    known
        .map(|end| (end, false))
        .or_else(|| inactive.then_some((present.updated_at, true)))
}

fn figures(value: Option<&str>, mut ages: Vec<i64>, bucket_days: &[u32]) -> BacklogFigures {
    ages.sort_unstable();
    let starts = std::iter::once(0).chain(bucket_days.iter().copied());
    let ends = bucket_days.iter().copied().map(Some).chain([None]);
    let below = |days: u32| ages.partition_point(|age| *age < i64::from(days) * SECONDS_OF_DAY);
    let buckets = starts.zip(ends).map(|(from_days, to_days)| BacklogAge {
        from_days,
        to_days,
        tickets: to_days.map_or(ages.len(), below) - below(from_days),
    });
    BacklogFigures {
        value: owned(value),
        tickets: ages.len(),
        median_age_seconds: median(&ages),
        oldest_age_seconds: ages.last().copied(),
        ages: buckets.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Row, tickets};
    use super::*;
    use crate::warehouse::Value;

    fn backlog(rows: Vec<Row>, input: &str) -> BacklogAgeingOutput {
        answer(&tickets(rows), &serde_json::from_str(input).unwrap()).unwrap()
    }

    #[test]
    fn open_means_opened_by_then_and_not_ended_by_then() {
        let row = |number: &str, opened: &str, resolved: &str, closed: &str| {
            Row::new(number, "2016-03-01T00:00:00Z", 0).times(opened, resolved, closed)
        };
        let (first, second, third) = (
            "2016-03-01T00:00:00Z",
            "2016-03-02T00:00:00Z",
            "2016-03-03T00:00:00Z",
        );
        let rows = vec![
            row("opened at that moment", second, "", ""),
            row("opened later", third, "", ""),
            row("resolved at that moment", first, second, third),
            row("closed at that moment", first, "", second),
            row("resolved later", first, third, third),
        ];
        let open = backlog(rows.clone(), r#"{"as_of": "2016-03-02"}"#);
        assert_eq!(open.overall.tickets, 2);
        assert_eq!(open.overall.oldest_age_seconds, Some(SECONDS_OF_DAY));
        let of_age: Vec<_> = open.overall.ages.iter().map(|age| age.tickets).collect();
        assert_eq!(of_age, [1, 1, 0, 0, 0, 0, 0]);
        let open = backlog(
            rows,
            r#"{"as_of": "2016-03-02T00:00:00Z", "until": "closed"}"#,
        );
        assert_eq!(open.overall.tickets, 3);
    }

    #[test]
    fn values_are_those_of_that_moment() {
        let row = |day: u32, group: &str| {
            Row::new("A", &format!("2016-03-{day:02}T00:00:00Z"), day.into())
                .group(group)
                .times("2016-03-01T00:00:00Z", "", "")
        };
        let open = backlog(
            vec![row(1, "X"), row(3, "Y")],
            r#"{"as_of": "2016-03-02", "by": "group"}"#,
        );
        assert_eq!(open.values[0].value.as_deref(), Some("X"));
    }

    #[test]
    fn what_is_not_active_and_has_no_end_ended_with_its_last_event() {
        let row = Row::new("A", "2016-03-02T00:00:00Z", 1)
            .times("2016-03-01T00:00:00Z", "", "")
            .set("active", Value::Boolean(false));
        let open = backlog(vec![row.clone()], r#"{"as_of": "2016-03-01T12:00:00Z"}"#);
        assert_eq!(open.overall.tickets, 1);
        assert_eq!(open.notes.len(), 2, "{:?}", open.notes);
        let open = backlog(vec![row], r#"{"as_of": "2016-03-02"}"#);
        assert_eq!(open.overall.tickets, 0);
        assert_eq!(open.overall.median_age_seconds, None);
    }

    #[test]
    fn buckets_that_do_not_rise_are_refused() {
        for days in ["[3, 1]", "[1, 1]", "[0, 1]"] {
            let input = format!(r#"{{"as_of": "2016-03-02", "bucket_days": {days}}}"#);
            assert!(answer(&tickets(Vec::new()), &serde_json::from_str(&input).unwrap()).is_err());
        }
    }
}
