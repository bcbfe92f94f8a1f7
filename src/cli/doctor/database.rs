//! The database, the clock beside it, the head of the audit log in it, and the key of what it keeps sealed.

use std::time::Duration;

use super::super::output::one_line;
use super::check::Check;
use crate::administrators::second_factors::FactorKeys;
use crate::app::database_address;
use crate::config::Settings;
use crate::model::{Clock, SystemClock, Timestamp};
use crate::storage::audit_records::{self, AuditRow, Filter, Head, Walk};
use crate::storage::inspection::{self, State};
use crate::storage::{AnyConnection, StorageError, totp_factors};

/// Clocks that differ by more than this do not fit together.
const TOLERANCE: Duration = Duration::from_secs(5);
/// No machine that runs this version is earlier: 2026-01-01T00:00:00Z.
const EARLIEST: Timestamp = Timestamp::from_seconds(1_767_225_600);

/// What is read of the database.
struct Seen {
    head: Head,
    head_is_there: bool,
    newest: Option<AuditRow>,
    server_clock: Option<Timestamp>,
    sealed: Vec<String>,
}

/// Looks at all of them.
pub fn examine(settings: &Settings) -> Vec<Check> {
    let url = &settings.database.url;
    let state = match inspection::state(&database_address(settings)) {
        Ok(state) => state,
        Err(error) => return vec![unreachable(&error, url), clock(None)],
    };
    match state {
        State::Missing => {
            let detail = format!("there is none at {url} yet");
            let advice = "The first start of the server makes it.";
            vec![Check::warning("database", detail, advice), clock(None)]
        }
        State::Behind(pending) => {
            let detail = match pending.as_slice() {
                [] => format!("{url} has no tables yet"),
                names => format!("{url} awaits {}", names.join(", ")),
            };
            let advice = "Run `ambit migrate`, or start the server, which does it.";
            vec![Check::warning("database", detail, advice), clock(None)]
        }
        State::Ready => match database_address(settings).link().read(see) {
            Ok(seen) => vec![
                Check::ok(
                    "database",
                    format!("{url} answers, its tables are up to date"),
                ),
                clock(Some(&seen)),
                audit(&seen),
                factor_key(&seen, settings),
            ],
            Err(error) => vec![unreachable(&error, url), clock(None)],
        },
    }
}

fn see(connection: &mut AnyConnection) -> Result<Seen, StorageError> {
    let head = audit_records::head(connection)?;
    let newest = audit_records::select(connection, &Filter::default(), Walk::Backward(None), 1)?;
    Ok(Seen {
        head_is_there: head.seq == 0 || audit_records::contains(connection, head.seq, &head.hash)?,
        head,
        newest: newest.into_iter().next(),
        server_clock: inspection::server_clock(connection)?,
        sealed: totp_factors::sealed_secrets(connection)?,
    })
}

fn factor_key(seen: &Seen, settings: &Settings) -> Check {
    const CHECK: &str = "factor key";
    let advice = "Bring back the key that sealed them, as admin.second_factor_key or in the keys folder. If \
                  it is lost, run `ambit admin reset-second-factors` for whoever has an app.";
    let keys = FactorKeys::new(settings.admin.second_factor_key.clone(), &settings.keys.dir);
    let count = seen.sealed.len();
    match keys.strange(&seen.sealed) {
        Ok(0) if count == 0 => Check::ok(CHECK, "not needed yet"),
        Ok(0) => Check::ok(CHECK, format!("it sealed all authenticator apps, {count}")),
        Ok(strange) => {
            let detail =
                format!("{strange} of {count} authenticator apps were sealed with another key");
            Check::problem(CHECK, detail, advice)
        }
        Err(error) => Check::problem(CHECK, error.to_string(), advice),
    }
}

fn unreachable(error: &StorageError, url: &impl std::fmt::Display) -> Check {
    let detail = format!("{url}: {}", one_line(&error.to_string()));
    let advice = "Check that it runs, that the address is right, and that this user may open it.";
    Check::problem("database", detail, advice)
}

fn clock(seen: Option<&Seen>) -> Check {
    judge_clock(
        SystemClock.now(),
        seen.and_then(|seen| seen.server_clock),
        seen.and_then(|seen| seen.newest.as_ref())
            .map(|row| Timestamp::from_micros(row.at)),
    )
}

fn judge_clock(now: Timestamp, server: Option<Timestamp>, newest: Option<Timestamp>) -> Check {
    let advice = "Set the clock and keep it right with NTP: tokens end by it.";
    if now < EARLIEST {
        return Check::problem("clock", format!("it says {}", now.rfc3339()), advice);
    }
    if let Some(server) = server {
        let apart = now.since(server).max(server.since(now));
        if apart > TOLERANCE {
            let detail = format!(
                "it is {} seconds apart from the database server's",
                apart.as_secs()
            );
            return Check::problem("clock", detail, advice);
        }
    }
    if let Some(newest) = newest
        && newest.since(now) > TOLERANCE
    {
        let ahead = newest.since(now).as_secs();
        let detail = format!("the newest audit record is {ahead} seconds ahead of it");
        return Check::problem("clock", detail, advice);
    }
    Check::ok("clock", now.rfc3339())
}

fn audit(seen: &Seen) -> Check {
    let advice = "Run `ambit audit verify`, which names every place where the log does not hold.";
    let end = seen.newest.as_ref().map_or(0, |row| row.seq);
    let head = &seen.head;
    if end != head.seq {
        let detail = format!(
            "the log says that it ends at {}, but ends at {end}",
            head.seq
        );
        return Check::problem("audit log", detail, advice);
    }
    if !seen.head_is_there {
        let detail = format!("its last record, {end}, is not the one that was written");
        return Check::problem("audit log", detail, advice);
    }
    Check::ok("audit log", format!("ends at {}:{}", head.seq, head.hash))
}

#[cfg(test)]
mod tests {
    use super::super::check::Status;
    use super::*;

    #[test]
    fn a_clock_is_judged_by_its_neighbours() {
        let now = EARLIEST.plus(Duration::from_secs(1000));
        let later = |seconds| Some(now.plus(Duration::from_secs(seconds)));
        let status = |server, newest| judge_clock(now, server, newest).status;
        assert_eq!(status(None, None), Status::Ok);
        assert_eq!(status(later(4), later(4)), Status::Ok);
        assert_eq!(status(later(6), None), Status::Problem);
        assert_eq!(
            status(Some(now.minus(Duration::from_secs(6))), None),
            Status::Problem
        );
        assert_eq!(status(None, later(6)), Status::Problem);
        assert_eq!(
            status(None, Some(now.minus(Duration::from_secs(6)))),
            Status::Ok
        );
        assert_eq!(
            judge_clock(Timestamp::from_seconds(0), None, None).status,
            Status::Problem
        );
    }

    #[test]
    fn a_log_that_lost_its_end_is_seen() {
        let head = Head {
            seq: 2,
            hash: "ab".to_owned(),
        };
        let seen = Seen {
            head,
            head_is_there: false,
            newest: None,
            server_clock: None,
            sealed: Vec::new(),
        };
        assert_eq!(audit(&seen).status, Status::Problem);
        let head = Head {
            seq: 0,
            hash: String::new(),
        };
        let seen = Seen {
            head,
            head_is_there: true,
            newest: None,
            server_clock: None,
            sealed: Vec::new(),
        };
        assert_eq!(audit(&seen).status, Status::Ok);
    }
}
