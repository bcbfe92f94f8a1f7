//! How close Ambit comes to the limits of the machine, and whether it keeps its promises.
//!
//!     cargo bench --bench limits
//!
//! One run measures, in rounds, one after the other: RSA-2048 signatures on all cores by the library
//! that signs tokens; bare actix handlers that return the bodies of `/protected` and of the action
//! `list_releases`; and of Ambit, on SQLite and on PostgreSQL, the time until a start is ready,
//! `/token` with secrets that the process has not seen ("cold", bound by Argon2) and with those it
//! remembers ("warm"), `/introspect`, `/protected`, and `list_releases` by REST and by MCP. Every
//! token and every answer is held until its audit record is committed. Ratios are taken round by
//! round, so that a machine whose speed drifts does not tilt them, and all numbers are medians over
//! the rounds.
//!
//! Then, one request at a time: `list_releases` beside its bare handler, which tells what scope,
//! policy, audit and the action itself add, and `query` by REST beside the same SQL run straight on
//! the warehouse. The warehouse holds the tables of the tests, in a SQLite file where Ambit's own
//! database is one, else in PostgreSQL.
//!
//! The load comes from this process and shares the cores with the servers. A single answer that is
//! not 200 fails the bench.
//!
//! - `AMBIT_TEST_POSTGRES`: the address of a PostgreSQL cluster; without it one is started, as
//!   `tests/run` does, and stopped at the end;
//! - `AMBIT_BENCH_SECONDS` (2), `AMBIT_BENCH_ROUNDS` (9): how long a measurement lasts, how many
//!   rounds there are; as they stand, a run takes about four minutes;
//! - `AMBIT_BENCH_CONNECTIONS` (64): how many requests are under way at a time;
//! - `AMBIT_BENCH_JSON`: a file for the results in JSON.

#[expect(dead_code, reason = "peers asks the server for its key, too")]
mod support {
    pub mod actions;
    pub mod actions_report;
    pub mod ambit;
    pub mod bare;
    pub mod limits_report;
    pub mod load;
    pub mod memory;
    pub mod postgres;
    pub mod process;
    pub mod request;
    pub mod settings;
    pub mod signatures;
    pub mod statistics;
    pub mod straight;
    pub mod subject;
}

use std::env;

use support::bare::Handlers;
use support::limits_report::Report;
use support::postgres::Postgres;
use support::settings::Settings;
use support::signatures::Signatures;
use support::subject::Subject;
use support::{bare, request};

const ROUNDS: u32 = 9;

/// The server's own, so that the bare handler has the same.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> anyhow::Result<()> {
    if env::args().nth(1).as_deref() == Some(bare::ARGUMENT) {
        return bare::serve();
    }
    let settings = Settings::from_environment(ROUNDS)?;
    let signatures = Signatures::new()?;
    let postgres = Postgres::create()?;
    let mut subjects = [
        Subject::new("SQLite", None)?,
        Subject::new("PostgreSQL", Some(postgres.urls()))?,
    ];
    let [first, _] = &subjects;
    let mut bare = Handlers {
        protected: first.bare(request::protected)?,
        rest: first.bare(request::list_releases)?,
        mcp: first.bare(request::list_releases_by_mcp)?,
    };

    let mut signing = Vec::new();
    for round in 1..=settings.rounds {
        eprintln!("round {round} of {}", settings.rounds);
        for subject in &mut subjects {
            subject.measure_cold()?;
        }
        signing.push(signatures.measure(settings.window)?);
        for subject in &mut subjects {
            subject.measure_token(&settings)?;
        }
        bare.protected.measure(&settings)?;
        for subject in &mut subjects {
            subject.measure_protected(&settings)?;
        }
        bare.rest.measure(&settings)?;
        for subject in &mut subjects {
            subject.measure_rest(&settings)?;
        }
        bare.mcp.measure(&settings)?;
        for subject in &mut subjects {
            subject.measure_mcp(&settings)?;
        }
        bare.rest.measure_alone(&settings)?;
        for subject in &mut subjects {
            subject.measure_alone(&settings)?;
        }
        for subject in &mut subjects {
            subject.measure_introspection(&settings)?;
            subject.measure_memory()?;
        }
    }

    let cores = signatures.threads();
    let report = Report::new(&settings, cores, &signing, &bare, &subjects);
    println!("\n{report}");
    settings.save(&report)
}
