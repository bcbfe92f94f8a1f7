//! `ambit keys`: the keys that sign tokens.

use clap::Subcommand;

use super::context::Context;
use super::output::{self, Table, time};
use crate::oauth::token::{KeyState, KeyView};

/// What can be done with keys.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List keys and what each does at present.
    List {
        /// Print the keys as JSON
        #[arg(long)]
        json: bool,
    },
    /// Make the next key. It is published at once, and signs when caches of /jwks have caught up.
    Rotate {
        /// Print the new keys as JSON
        #[arg(long)]
        json: bool,
    },
    /// Take a key back at once, with every token that it signed. For a key that leaked.
    Withdraw {
        /// The key's identifier, as `ambit keys list` shows it
        #[arg(value_name = "KID", allow_hyphen_values = true)]
        kid: String,
        /// Print the remaining keys as JSON
        #[arg(long)]
        json: bool,
    },
}

impl Command {
    /// Does it.
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            Self::List { json } => {
                let keys = context
                    .read(async |app, _| {
                        app.keys.reload().await?;
                        Ok(app.keys.list())
                    })
                    .await?;
                show(&keys, json)
            }
            Self::Rotate { json } => {
                let made = context
                    .change(async |app, cause| Ok(app.keys.rotate(cause).await?))
                    .await?;
                show(&made, json)
            }
            Self::Withdraw { kid, json } => {
                let keys = context
                    .change(async |app, cause| {
                        app.keys.withdraw(cause, &kid).await?;
                        Ok(app.keys.list())
                    })
                    .await?;
                show(&keys, json)
            }
        }
    }
}

fn show(keys: &[KeyView], json: bool) -> anyhow::Result<()> {
    if json {
        return output::print_json(&keys);
    }
    if keys.is_empty() {
        return Ok(output::print_line(
            "No keys yet; the first start makes one.",
        )?);
    }
    let mut table = Table::new([
        "KID",
        "ALGORITHM",
        "STATE",
        "CREATED",
        "SIGNS FROM",
        "VERIFIES UNTIL",
        "HELD HERE",
    ]);
    for key in keys {
        let withdrawn = key.state == KeyState::Withdrawn;
        let signs_from = (!withdrawn).then_some(key.signs_from);
        let verifies_until = (!withdrawn).then_some(key.verifies_until);
        table.row([
            &key.kid,
            &key.algorithm,
            state(key.state),
            &time(Some(key.created_at)),
            &time(signs_from),
            &time(verifies_until),
            if key.held_here { "yes" } else { "no" },
        ]);
    }
    Ok(output::print(&table.text())?)
}

fn state(state: KeyState) -> &'static str {
    match state {
        KeyState::Next => "next",
        KeyState::Current => "current",
        KeyState::Previous => "previous",
        KeyState::Retired => "retired",
        KeyState::Withdrawn => "withdrawn",
    }
}
