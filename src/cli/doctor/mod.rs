//! `ambit doctor`: is this machine set up so that a server will do well on it?
//!
//! A check looks, changes nothing, and says what to do where something is not as it should be. To add
//! one: a function that answers a [`Check`], called in [`examine`].

mod check;
mod database;
mod keys;
mod machine;
mod warehouse;

use anyhow::bail;

use super::context::Context;
use super::output;
use check::{Check, Status};

/// How to print what was found.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Print the checks as JSON
    #[arg(long)]
    json: bool,
}

impl Args {
    /// Prints each check.
    ///
    /// # Errors
    /// One of them found a problem.
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        let checks = examine(context).await;
        if self.json {
            output::print_json(&checks)?;
        } else {
            output::print(&checks.iter().map(Check::text).collect::<String>())?;
        }
        match checks
            .iter()
            .filter(|check| check.status == Status::Problem)
            .count()
        {
            0 => Ok(()),
            1 => bail!("1 check found a problem"),
            count => bail!("{count} checks found a problem"),
        }
    }
}

async fn examine(context: &Context) -> Vec<Check> {
    let settings = match context.settings_to_serve_with() {
        Ok(settings) => settings,
        Err(mistakes) => {
            let advice = "Correct them; `ambit config reference` explains every setting.";
            return vec![Check::problem("settings", mistakes.to_string(), advice)];
        }
    };
    let mut checks = vec![
        Check::ok("settings", "all of them can be read"),
        machine::issuer(&settings),
    ];
    checks.extend(database::examine(&settings));
    checks.extend(keys::examine(&settings));
    checks.extend(warehouse::examine(&settings).await);
    checks.push(machine::disk(&settings));
    checks
}
