//! Tickets that are handed from group to group, and back.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::selection::{DayRange, note, opened_in};
use super::ticket::Tickets;
use crate::actions::{Action, ActionContext, ActionError, Example};
use crate::policy::Effect;

/// See [`Action`].
pub struct ReassignmentPingPong;

/// Which tickets are looked at, and how many are shown.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReassignmentPingPongInput {
    /// From how many reassignments on a ticket is shown.
    #[serde(default = "usual_minimum")]
    #[schema(minimum = 0, maximum = 1000, default = 3)]
    minimum_reassignments: i64,
    /// The first day (UTC) of opening.
    #[schema(format = Date, example = "2016-03-01")]
    from: Option<String>,
    /// The day (UTC) after the last day of opening.
    #[schema(format = Date, example = "2016-03-02")]
    to: Option<String>,
    /// Most tickets, most pairs and most groups that are shown, each.
    #[serde(default = "usual_limit")]
    #[schema(minimum = 1, maximum = 200, default = 20)]
    limit: usize,
}

fn usual_minimum() -> i64 {
    3
}

fn usual_limit() -> usize {
    20
}

/// How tickets are handed from group to group.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReassignmentPingPongOutput {
    /// How many tickets were looked at.
    tickets_seen: usize,
    /// How many tickets were reassigned how often, by rising count.
    distribution: Vec<ReassignmentShare>,
    /// How many tickets came back to a group right after it had handed them on.
    tickets_returned: usize,
    /// How often that happened, over all tickets.
    returns: usize,
    /// How many tickets have at least `minimum_reassignments`.
    tickets_found: usize,
    /// Those of them with the most reassignments, then the most returns.
    tickets: Vec<PingPongTicket>,
    /// Pairs of groups between which tickets came back, the most frequent first.
    pairs: Vec<PingPongPair>,
    /// Groups, those to which tickets came back most often first, then those that handed on the most.
    groups: Vec<PingPongGroup>,
    /// What was left out or assumed, with counts.
    notes: Vec<String>,
}

/// How many tickets were reassigned so often.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReassignmentShare {
    /// How often.
    reassignments: i64,
    /// How many tickets.
    tickets: usize,
}

/// A ticket that was handed from group to group.
#[derive(Debug, Serialize, ToSchema)]
pub struct PingPongTicket {
    /// Its number.
    number: String,
    /// How often it was reassigned, by reassignment_count of its last event.
    reassignments: i64,
    /// How often it came back to a group right after that had handed it on.
    returns: usize,
    /// The groups that it was assigned to, one after another.
    groups: Vec<String>,
}

/// Two groups between which tickets came back.
#[derive(Debug, Serialize, ToSchema)]
pub struct PingPongPair {
    /// The group that handed the tickets on and got them back.
    group: String,
    /// The group that they came back from.
    via: String,
    /// How many tickets.
    tickets: usize,
    /// How often.
    returns: usize,
}

/// What a group handed on and got.
#[derive(Debug, Serialize, ToSchema)]
pub struct PingPongGroup {
    /// The group.
    group: String,
    /// How many tickets were ever assigned to it.
    tickets: usize,
    /// How often it got a ticket from another group.
    received: usize,
    /// How often it handed a ticket on.
    handed_on: usize,
    /// How often a ticket came back to it right after it had handed that on.
    returned: usize,
}

impl Action for ReassignmentPingPong {
    const NAME: &'static str = "reassignment_ping_pong";
    const SUMMARY: &'static str =
        "Find tickets and groups with many reassignments and with returns";
    const DESCRIPTION: &'static str = "How often a ticket was reassigned is reassignment_count of its last \
        event. Where it went is read from its events in order: each change of assignment_group is a \
        handover; events without a group do not end an assignment. A return is a handover from A to B \
        that is followed by one from B to A. The table may lack events, so that a ticket can have \
        another reassignment_count than visible handovers; notes say how many have. Tickets without \
        reassignment_count are left out of the distribution and the list of tickets only.";
    const SCOPE: &'static str = super::READ;
    const EFFECT: Effect = Effect::Reads;
    const EXAMPLES: &'static [Example] = &[Example {
        summary: "The worst tickets, pairs and groups",
        input: include_str!("examples/reassignment_ping_pong.input.json"),
        output: include_str!("examples/reassignment_ping_pong.output.json"),
    }];
    type Input = ReassignmentPingPongInput;
    type Output = ReassignmentPingPongOutput;

    async fn run(
        context: &ActionContext,
        input: ReassignmentPingPongInput,
    ) -> Result<ReassignmentPingPongOutput, ActionError> {
        answer(&*context.dataset().await?, &input)
    }
}

fn answer(
    tickets: &Tickets,
    input: &ReassignmentPingPongInput,
) -> Result<ReassignmentPingPongOutput, ActionError> {
    let range = DayRange::parse(input.from.as_deref(), input.to.as_deref())?;
    let (chosen, mut notes) = opened_in(tickets, range);
    let mut distribution: BTreeMap<i64, usize> = BTreeMap::new();
    let mut handovers = Handovers::default();
    let mut shown = Vec::new();
    let (mut uncounted, mut differing, mut ungrouped) = (0, 0, 0);
    for ticket in &chosen {
        let path = ticket.groups();
        ungrouped += usize::from(path.is_empty());
        let returns = handovers.follow(&path);
        let Some(reassignments) = ticket.present().reassignment_count else {
            uncounted += 1;
            continue;
        };
        *distribution.entry(reassignments).or_default() += 1;
        let visible = i64::try_from(path.len().saturating_sub(1)).unwrap_or(i64::MAX);
        differing += usize::from(visible != reassignments);
        if reassignments >= input.minimum_reassignments {
            let key = (Reverse(reassignments), Reverse(returns), ticket.number());
            shown.push((key, path));
        }
    }
    note(
        &mut notes,
        uncounted,
        "tickets of which reassignment_count is missing",
    );
    note(
        &mut notes,
        ungrouped,
        "tickets were never assigned to a group",
    );
    note(
        &mut notes,
        differing,
        "tickets have another reassignment_count than their events show handovers",
    );

    shown.sort_unstable();
    let tickets_found = shown.len();
    let shown = shown.into_iter().take(input.limit);
    let share = |(reassignments, tickets)| ReassignmentShare {
        reassignments,
        tickets,
    };
    Ok(ReassignmentPingPongOutput {
        tickets_seen: chosen.len(),
        distribution: distribution.into_iter().map(share).collect(),
        tickets_returned: handovers.tickets_returned,
        returns: handovers.pairs.values().map(|(_, returns)| returns).sum(),
        tickets_found,
        tickets: shown
            .map(|((reassignments, returns, number), path)| PingPongTicket {
                number: number.to_owned(),
                reassignments: reassignments.0,
                returns: returns.0,
                groups: path.into_iter().map(str::to_owned).collect(),
            })
            .collect(),
        pairs: handovers.pairs(input.limit),
        groups: handovers.groups(input.limit),
        notes,
    })
}

/// What a group handed on and got: tickets, received, handed on, returned.
#[derive(Default)]
struct Traffic {
    tickets: usize,
    received: usize,
    handed_on: usize,
    returned: usize,
}

/// All handovers seen so far.
#[derive(Default)]
struct Handovers<'a> {
    tickets_returned: usize,
    /// By the group that got tickets back and the one that they came from: how many tickets, how often.
    pairs: BTreeMap<(&'a str, &'a str), (usize, usize)>,
    groups: BTreeMap<&'a str, Traffic>,
}

impl<'a> Handovers<'a> {
    /// Adds the way of a ticket, and answers how many returns it has.
    fn follow(&mut self, path: &[&'a str]) -> usize {
        for group in path.iter().copied().collect::<BTreeSet<_>>() {
            self.groups.entry(group).or_default().tickets += 1;
        }
        for step in path.windows(2) {
            if let [from, to] = step {
                self.groups.entry(from).or_default().handed_on += 1;
                self.groups.entry(to).or_default().received += 1;
            }
        }
        let mut returns: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for steps in path.windows(3) {
            if let [group, via, back] = steps
                && group == back
            {
                *returns.entry((group, via)).or_default() += 1;
                self.groups.entry(group).or_default().returned += 1;
            }
        }
        for (pair, times) in &returns {
            let known = self.pairs.entry(*pair).or_default();
            *known = (known.0 + 1, known.1 + times);
        }
        self.tickets_returned += usize::from(!returns.is_empty());
        returns.values().sum()
    }

    fn pairs(&self, limit: usize) -> Vec<PingPongPair> {
        let mut pairs: Vec<_> = self.pairs.iter().collect();
        pairs.sort_by_key(|(names, (tickets, returns))| {
            (Reverse(*returns), Reverse(*tickets), **names)
        });
        let pairs = pairs.into_iter().take(limit);
        pairs
            .map(|((group, via), (tickets, returns))| PingPongPair {
                group: (*group).to_owned(),
                via: (*via).to_owned(),
                tickets: *tickets,
                returns: *returns,
            })
            .collect()
    }

    fn groups(&self, limit: usize) -> Vec<PingPongGroup> {
        let mut groups: Vec<_> = self.groups.iter().collect();
        groups.sort_by_key(|(name, traffic)| {
            (
                Reverse(traffic.returned),
                Reverse(traffic.handed_on),
                **name,
            )
        });
        let groups = groups.into_iter().take(limit);
        groups
            .map(|(group, traffic)| PingPongGroup {
                group: (*group).to_owned(),
                tickets: traffic.tickets,
                received: traffic.received,
                handed_on: traffic.handed_on,
                returned: traffic.returned,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlapping_returns_count_each() {
        let mut handovers = Handovers::default();
        assert_eq!(handovers.follow(&["A", "B", "A", "B"]), 2);
        assert_eq!(handovers.follow(&["A", "B", "C"]), 0);
        assert_eq!(handovers.follow(&[]), 0);
        assert_eq!(handovers.tickets_returned, 1);
        let pairs: Vec<_> = handovers
            .pairs(9)
            .into_iter()
            .map(|pair| (pair.group, pair.via, pair.tickets, pair.returns))
            .collect();
        let pair = |group: &str, via: &str| (group.to_owned(), via.to_owned(), 1, 1);
        assert_eq!(pairs, [pair("A", "B"), pair("B", "A")]);
        let a = &handovers.groups["A"];
        assert_eq!(
            (a.tickets, a.received, a.handed_on, a.returned),
            (2, 1, 3, 1)
        );
    }
}
