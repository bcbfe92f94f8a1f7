//! Ambit's `/token` beside that of other authorization servers: Authlib (Python, on Flask and
//! gunicorn with two workers) and oidc-provider (Node).
//!
//!     cargo bench --bench peers
//!
//! All three issue RS256 JWT access tokens for client credentials, with the same RSA-2048 key, the
//! same client and the same load, in turns: a round measures each of them and what the machine can
//! sign in the same time. Ratios are taken round by round; all numbers are medians over the rounds.
//!
//! The peers do less. They compare secrets as they stand, unhashed, and keep everything in memory;
//! Ambit's secrets are hashed, and it holds every token until its audit record is committed to its
//! database.
//!
//! The first run installs the peers, pinned in `peers/`, into `target/bench-peers`. The variables
//! are those of `limits`. A run takes about a minute and a half.

#[expect(dead_code, reason = "limits measures more than /token")]
#[path = "support"]
mod support {
    pub mod ambit;
    pub mod load;
    pub mod peer;
    pub mod peers_report;
    pub mod process;
    pub mod process_tree;
    pub mod request;
    pub mod settings;
    pub mod signatures;
    pub mod statistics;
}

use anyhow::Context;
use support::ambit::Ambit;
use support::peer::Peers;
use support::peers_report::{Contestant, Report};
use support::settings::Settings;
use support::signatures::Signatures;
use support::{load, process_tree, request};

const ROUNDS: u32 = 9;

fn main() -> anyhow::Result<()> {
    let settings = Settings::from_environment(ROUNDS)?;
    let peers = Peers::install()?;
    let signatures = Signatures::new()?;
    let ambit = Ambit::start(None, None)?;
    let client = ambit
        .register(1)?
        .pop()
        .context("the client was registered")?;
    // Its secret is warm from here on: many first attempts at once would be taken for guessing.
    ambit.token(&client)?;
    let key_file = ambit.key_file()?;
    let authlib = peers.authlib(&key_file, &client)?;
    let oidc_provider = peers.oidc_provider(&key_file, &client)?;
    let mut contestants = [
        Contestant::new("Ambit on SQLite", ambit.process()?),
        Contestant::new("Authlib on gunicorn", &authlib),
        Contestant::new("oidc-provider", &oidc_provider),
    ];

    let mut signing = Vec::new();
    for round in 1..=settings.rounds {
        eprintln!("round {round} of {}", settings.rounds);
        signing.push(signatures.measure(settings.window)?);
        for contestant in &mut contestants {
            let address = contestant.process.address();
            let requests = [request::token(address, &client)];
            let connections = settings.connections;
            let sample = load::for_a_while(address, &requests, connections, settings.window)
                .with_context(|| contestant.name)?;
            contestant.samples.push(sample);
            contestant
                .resident
                .push(process_tree::resident(contestant.process.id())?);
        }
    }

    let report = Report::new(&settings, signatures.threads(), &signing, &contestants);
    println!("\n{report}");
    settings.save(&report)
}
