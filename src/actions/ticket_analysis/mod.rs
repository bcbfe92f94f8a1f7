//! What the incidents of a service desk say: where they come from, how long they take, who passes them
//! on, and what stays undone.
//!
//! The table `incident_events` has one row a change of an incident's state, so a ticket has many. The
//! modules build on each other: `field` names the columns of text, `event` reads a row, `ticket` puts
//! the tickets together (a ticket stands as its last event has it), `selection` and `dimension` choose
//! and tell them apart; the other files are the actions.

mod dimension;
mod event;
mod field;
#[cfg(test)]
mod fixture;
mod selection;
mod ticket;

mod backlog_ageing;
mod reassignment_ping_pong;
mod reopen_rate;
mod search_tickets;
mod similar_tickets;
mod sla_breaches;
mod ticket_timeline;
mod ticket_volume;
mod time_to_resolve;
mod volume_changes;

use super::{Router, Sample, define};
use crate::scopes::{ScopeDefinition, Sensitivity};

/// The scope that every action of this router needs.
const READ: &str = "tickets:read";

/// The router.
pub static ROUTER: Router = Router {
    name: "ticket_analysis",
    title: "Ticket analysis",
    description: "Answers questions about the incidents of a service desk, from the log of their \
        changes of state: search, timelines, volume, times to resolve, service level agreements, \
        reassignments, reopened tickets, backlog, sudden changes and similar tickets.",
    scopes: &[ScopeDefinition {
        name: READ,
        description: "Read the tickets of the service desk, and what was computed from them.",
        sensitivity: Sensitivity::Normal,
    }],
    actions: &[
        define::<search_tickets::SearchTickets>(),
        define::<ticket_timeline::TicketTimeline>(),
        define::<ticket_volume::TicketVolume>(),
        define::<time_to_resolve::TimeToResolve>(),
        define::<sla_breaches::SlaBreaches>(),
        define::<reassignment_ping_pong::ReassignmentPingPong>(),
        define::<reopen_rate::ReopenRate>(),
        define::<backlog_ageing::BacklogAgeing>(),
        define::<volume_changes::VolumeChanges>(),
        define::<similar_tickets::SimilarTickets>(),
    ],
    models: &[("ticket_analysis", include_str!("model.yaml"))],
    samples: &[Sample {
        table: ticket::TABLE,
        csv: include_str!("sample/incident_events.csv"),
        null: Some("?"),
        source: "A part of a sample of \"Incident management process enriched event log\", UCI Machine \
            Learning Repository (Amaral, Fantinato, Peres, 2018), CC BY 4.0",
    }],
};
