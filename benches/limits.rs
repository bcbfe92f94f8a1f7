//! How close Ambit comes to the limits of the machine, and whether it keeps its promises.
//!
//!     cargo bench --bench limits
//!
//! One run measures, in rounds, one after the other: RSA-2048 signatures on all cores by the library
//! that signs tokens; a bare actix handler that returns the body of `/protected`; and of Ambit, on
//! SQLite and on PostgreSQL, the time until a start is ready, `/token` with secrets that the process
//! has not seen ("cold", bound by Argon2) and with those it remembers ("warm"), `/introspect` and
//! `/protected`. Every token is held until its audit record is committed. Ratios are taken round by
//! round, so that a machine whose speed drifts does not tilt them, and all numbers are medians over
//! the rounds.
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
    pub mod subject;
}

use std::env;

use support::limits_report::Report;
use support::postgres::Postgres;
use support::settings::Settings;
use support::signatures::Signatures;
use support::subject::Subject;
use support::{bare, load};

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
        Subject::new("PostgreSQL", Some(postgres.url()))?,
    ];
    let [first, _] = &subjects;
    let bare = bare::start(&first.protected_body()?)?;

    let mut signing = Vec::new();
    let mut bare_samples = Vec::new();
    for round in 1..=settings.rounds {
        eprintln!("round {round} of {}", settings.rounds);
        for subject in &mut subjects {
            subject.measure_cold()?;
        }
        signing.push(signatures.measure(settings.window)?);
        for subject in &mut subjects {
            subject.measure_token(&settings)?;
        }
        let request = support::request::protected(bare.address(), "none");
        let connections = settings.connections;
        let window = settings.window;
        bare_samples.push(load::for_a_while(
            bare.address(),
            &[request],
            connections,
            window,
        )?);
        for subject in &mut subjects {
            subject.measure_protected(&settings)?;
        }
        for subject in &mut subjects {
            subject.measure_introspection(&settings)?;
            subject.measure_memory()?;
        }
    }

    let cores = signatures.threads();
    let report = Report::new(&settings, cores, &signing, &bare_samples, &subjects);
    println!("\n{report}");
    settings.save(&report)
}
