//! `ambit audit tail`.

use std::time::Duration;

use clap::builder::PossibleValuesParser;
use serde_json::Value;

use super::super::context::Context;
use super::super::output::{self, printable};
use crate::audit::{Decision, EVENTS};
use crate::storage::audit_records::{self, AuditRow, Filter, Walk};
use crate::storage::{Link, StorageError};

/// Records read at a time.
const PAGE: i64 = 1000;
/// How often a followed log is looked at.
const INTERVAL: Duration = Duration::from_millis(250);

const EXAMPLES: &str = "\
Examples:
  ambit audit tail -n 100 --decision denied
  ambit audit tail --follow --client CLIENT_ID
  ambit audit tail -n 1000 --json | grep token.issue";

/// Which records.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// How many of the latest records
    #[arg(short = 'n', long = "lines", value_name = "NUMBER", default_value_t = 20, value_parser = clap::value_parser!(u32).range(0..=100_000))]
    lines: u32,
    /// Go on and show records as they are written, until Ctrl-C
    #[arg(short, long)]
    follow: bool,
    /// Only this client's
    #[arg(long, value_name = "CLIENT_ID")]
    client: Option<String>,
    /// Only this event
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(EVENTS))]
    event: Option<String>,
    /// Only what was decided so
    #[arg(long, value_enum)]
    decision: Option<DecisionArgument>,
    /// Print each record as it was written, in JSON, a line each
    #[arg(long)]
    json: bool,
}

/// [`Decision`] as the command line has it.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum DecisionArgument {
    /// It was permitted, and done
    Allowed,
    /// It was refused
    Denied,
    /// It was refused for now
    Limited,
    /// It was permitted, and went wrong
    Failed,
}

impl From<DecisionArgument> for Decision {
    fn from(argument: DecisionArgument) -> Self {
        match argument {
            DecisionArgument::Allowed => Self::Allowed,
            DecisionArgument::Denied => Self::Denied,
            DecisionArgument::Limited => Self::Limited,
            DecisionArgument::Failed => Self::Failed,
        }
    }
}

impl Args {
    /// Prints the latest records, and those that follow if that is asked for.
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        let mut link = context.existing_database()?;
        let filter = Filter {
            client_id: self.client.clone(),
            event: self.event.clone(),
            decision: self
                .decision
                .map(|decision| Decision::from(decision).name().to_owned()),
            ..Filter::default()
        };
        // Read first, so that what is written between the two is not passed over.
        let head = link.read(audit_records::head)?;
        let rows = latest(&mut link, &filter, i64::from(self.lines))?;
        self.show(&rows)?;
        let mut reached = rows.last().map_or(0, |row| row.seq).max(head.seq);
        if !self.follow {
            return Ok(());
        }
        loop {
            let after = Walk::Forward(reached);
            let rows =
                link.read(|connection| audit_records::select(connection, &filter, after, PAGE))?;
            self.show(&rows)?;
            match rows.last() {
                Some(last) => reached = last.seq,
                None => tokio::time::sleep(INTERVAL).await,
            }
        }
    }

    fn show(&self, rows: &[AuditRow]) -> std::io::Result<()> {
        let line = |row: &AuditRow| {
            if self.json {
                row.record.clone()
            } else {
                describe(row)
            }
        };
        let lines = rows.iter().map(|row| line(row) + "\n");
        output::print(&lines.collect::<String>())
    }
}

/// The last `count` records that match, oldest first.
fn latest(link: &mut Link, filter: &Filter, count: i64) -> Result<Vec<AuditRow>, StorageError> {
    let walk = Walk::Backward(None);
    let mut rows =
        link.read(|connection| audit_records::select(connection, filter, walk, count))?;
    rows.reverse();
    Ok(rows)
}

/// A record in one line: when, which, decision, event, and whatever else it names.
fn describe(row: &AuditRow) -> String {
    let record: Value = serde_json::from_str(&row.record).unwrap_or_default();
    let text = |name: &str| record.get(name).and_then(Value::as_str).unwrap_or_default();
    let actors = record
        .get("actors")
        .and_then(Value::as_array)
        .map_or(&[][..], Vec::as_slice);
    let actor = actors.first().map(|actor| {
        let part = |name: &str| actor.get(name).and_then(Value::as_str).unwrap_or_default();
        format!("{}:{}", part("kind"), part("id"))
            .trim_end_matches(':')
            .to_owned()
    });
    let when = text("at")
        .split_once('.')
        .map_or(text("at"), |(date, _)| date);
    let mut line = format!(
        "{when}Z  {:>6}  {:<7}  {}",
        row.seq, row.decision, row.event
    );
    let parts = [
        ("by", actor.as_deref().unwrap_or_default()),
        ("target", text("target")),
        ("reason", text("reason")),
        ("from", text("remote_address")),
    ];
    for (name, value) in parts {
        if !value.is_empty() {
            line.push_str(&format!("  {name}={}", printable(value)));
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_one_line_and_leaves_the_terminal_alone() {
        let record = serde_json::json!({
            "at": "2026-11-22T10:11:12.131415Z",
            "actors": [{"id": "root\u{1b}[2J\n", "kind": "operator"}],
            "target": "client_a",
        });
        let row = AuditRow {
            seq: 7,
            tenant_id: "default".to_owned(),
            at: 0,
            client_id: None,
            event: "client.create".to_owned(),
            decision: "allowed".to_owned(),
            record: record.to_string(),
            hash: String::new(),
        };
        assert_eq!(
            describe(&row),
            "2026-11-22T10:11:12Z       7  allowed  client.create  \
             by=operator:root\\u{1b}[2J\\n  target=client_a"
        );
    }
}
