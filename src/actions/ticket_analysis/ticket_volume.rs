//! How many tickets there are, period by period.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::dimension::{TicketCount, TicketDimension};
use super::selection::{DayRange, happened_in, note, starts};
use super::ticket::{TicketMoment, Tickets};
use crate::actions::calendar::{Period, day};
use crate::actions::page::{self, paginate};
use crate::actions::{Action, ActionContext, ActionError, Example};
use crate::policy::Effect;

/// See [`Action`].
pub struct TicketVolume;

/// Which tickets are counted, and by what.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TicketVolumeInput {
    /// What the tickets are told apart by.
    #[serde(default)]
    #[schema(default = "none")]
    by: TicketDimension,
    /// What the tickets are counted by. Weeks begin on Monday.
    #[serde(default = "usual_period")]
    #[schema(default = "day")]
    period: Period,
    /// Whether a ticket counts when it is opened, resolved or closed.
    #[serde(default)]
    #[schema(default = "opened")]
    moment: TicketMoment,
    /// The first day (UTC) that counts.
    #[schema(format = Date, example = "2016-03-01")]
    from: Option<String>,
    /// The day (UTC) after the last that counts.
    #[schema(format = Date, example = "2016-04-01")]
    to: Option<String>,
    /// The `next_cursor` of the page before.
    #[schema(max_length = 1024)]
    cursor: Option<String>,
    /// Most periods of a page.
    #[serde(default = "page::usual_figures")]
    #[schema(minimum = 1, maximum = 200, default = 100)]
    limit: u32,
}

fn usual_period() -> Period {
    Period::Day
}

/// How many tickets there are, period by period.
#[derive(Debug, Serialize, ToSchema)]
pub struct TicketVolumeOutput {
    /// What the tickets are told apart by.
    by: TicketDimension,
    /// What the tickets are counted by.
    period: Period,
    /// When a ticket counts.
    moment: TicketMoment,
    /// How many tickets were counted, on all pages.
    total: usize,
    /// How many tickets each value has on all pages, most frequent first; empty where nothing is told apart.
    values: Vec<TicketCount>,
    /// Every period from the first to the last, those without tickets too.
    periods: Vec<TicketVolumePeriod>,
    /// What the next page of periods is asked for with; `null` on the last.
    next_cursor: Option<String>,
    /// What was left out or assumed, with counts.
    notes: Vec<String>,
}

/// How many tickets there are in one period.
#[derive(Debug, Serialize, ToSchema)]
pub struct TicketVolumePeriod {
    /// Its first day.
    #[schema(format = Date, example = "2016-02-29")]
    starts_on: String,
    /// How many tickets count in it.
    tickets: usize,
    /// How many of them have each value, most frequent first; empty where nothing is told apart.
    values: Vec<TicketCount>,
}

impl Action for TicketVolume {
    const NAME: &'static str = "ticket_volume";
    const SUMMARY: &'static str =
        "Count tickets by day, week, month or quarter and by any dimension";
    const DESCRIPTION: &'static str = "Counts tickets in the period in which they were opened, resolved \
        or closed, told apart by the value that their last event has. Periods lie in UTC; they run \
        without gaps from `from`, or the first ticket, to the last day before `to`, or the last ticket. \
        Where `from` or `to` cuts through a period, only the days inside count. At most 2000 periods, a page of them \
        at a time; `total` and `values` are of all of them.";
    const SCOPE: &'static str = super::READ;
    const EFFECT: Effect = Effect::Reads;
    const EXAMPLES: &'static [Example] = &[Example {
        summary: "Tickets opened by week and priority",
        input: include_str!("examples/ticket_volume.input.json"),
        output: include_str!("examples/ticket_volume.output.json"),
    }];
    type Input = TicketVolumeInput;
    type Output = TicketVolumeOutput;

    async fn run(
        context: &ActionContext,
        input: TicketVolumeInput,
    ) -> Result<TicketVolumeOutput, ActionError> {
        answer(&*context.dataset().await?, &input)
    }
}

fn answer(tickets: &Tickets, input: &TicketVolumeInput) -> Result<TicketVolumeOutput, ActionError> {
    let TicketVolumeInput {
        by, period, moment, ..
    } = *input;
    let range = DayRange::parse(input.from.as_deref(), input.to.as_deref())?;
    let (dated, chosen) = happened_in(tickets, moment, range);
    let mut notes = tickets.notes();
    note(&mut notes, tickets.all().len() - dated, moment.unknown());

    let mut counted: BTreeMap<NaiveDate, Vec<Option<&str>>> = BTreeMap::new();
    for (ticket, time) in &chosen {
        let start = period.start(day(*time));
        counted
            .entry(start)
            .or_default()
            .push(by.value(ticket.present()));
    }
    let days = || chosen.iter().map(|(_, time)| day(*time));
    let first = range.from.or_else(|| days().min());
    let last = range
        .to
        .and_then(|to| to.pred_opt())
        .or_else(|| days().max());
    let starts = match (first, last) {
        (Some(first), Some(last)) => starts(period, first, last)?,
        _ => Vec::new(),
    };
    let counts = |values: &[Option<&str>]| match by {
        TicketDimension::None => Vec::new(),
        _ => TicketCount::of(values.iter().copied()),
    };
    let chosen_by = (
        TicketVolume::NAME,
        (by, period, moment),
        [&input.from, &input.to],
    );
    let page = paginate(
        &starts,
        |start| *start,
        &chosen_by,
        input.cursor.as_deref(),
        input.limit,
    )?;
    let periods = page.items.iter().map(|start| {
        let values = counted.get(start).map(Vec::as_slice).unwrap_or_default();
        TicketVolumePeriod {
            starts_on: start.to_string(),
            tickets: values.len(),
            values: counts(values),
        }
    });
    let all: Vec<_> = counted.values().flatten().copied().collect();
    Ok(TicketVolumeOutput {
        by,
        period,
        moment,
        total: chosen.len(),
        values: counts(&all),
        periods: periods.collect(),
        next_cursor: page.next_cursor,
        notes,
    })
}
