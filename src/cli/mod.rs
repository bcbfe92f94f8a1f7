//! The command line: every operation that an operator needs, over the same services as the admin API.
//!
//! One file a sub-command. To add one: write its file with an `Args` or `Subcommand` type and a `run`,
//! and name it in [`Command`] and in [`Cli::dispatch`].
//!
//! Commands open the database themselves and work beside a running server, which hears of what they
//! changed. Results go to stdout; what went wrong goes to stderr, and the exit status says which:
//! 0 done, 1 failed, 2 called wrongly.

mod actions;
mod admin;
mod audit;
mod backup;
mod client;
mod completions;
mod config;
mod context;
mod demo;
mod doctor;
mod failure;
mod flags;
mod health;
mod input;
mod keys;
mod log_line;
mod logging;
mod migrate;
mod openapi;
mod output;
mod scope;
mod semantic;
mod serve;
mod token;
mod warehouse;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use rustix::fs::Mode;

use context::Context;
use flags::SettingsFlags;

const EXAMPLES: &str = "\
Examples:
  ambit                          Start the server; the same as `ambit serve`
  ambit demo                     Try everything in a folder that is thrown away
  ambit client create --name \"Release bot\" --scope protected
  ambit doctor                   Check that this machine is set up well

Settings come from ambit.toml, the environment and the flags above; `ambit config reference` \
explains all of them.";

/// OAuth 2.0 authorization server and gated action API for AI agents.
#[derive(Debug, Parser)]
#[command(name = "ambit", version, after_help = EXAMPLES)]
pub struct Cli {
    #[command(flatten)]
    settings: SettingsFlags,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the server: bring the database up to date, make keys if there are none, listen.
    Serve,
    /// Try Ambit in a folder that is thrown away at the end.
    ///
    /// Takes nothing from ambit.toml or the environment. Of the settings' flags only --listen, --issuer
    /// and --log apply.
    #[command(args = demo::refused_flags())]
    Demo,
    /// Register agents and other clients, change them, lock them out.
    #[command(subcommand)]
    Client(client::Command),
    /// Show and replace the keys that sign tokens.
    #[command(subcommand)]
    Keys(keys::Command),
    /// Manage the accounts of those who run this server.
    #[command(subcommand)]
    Admin(admin::Command),
    /// Show the catalogue of scopes and add to it.
    #[command(subcommand)]
    Scope(scope::Command),
    /// Show what agents can do, and do it as one of them.
    #[command(subcommand)]
    Actions(actions::Command),
    /// Read, check and export the audit log.
    #[command(subcommand)]
    Audit(audit::Command),
    /// Fill the warehouse, and see what is in it.
    #[command(subcommand)]
    Warehouse(warehouse::Command),
    /// Check, show and write out what the warehouse's tables mean.
    #[command(subcommand)]
    Semantic(semantic::Command),
    /// Get an access token from the running server, as a client would.
    Token(token::Args),
    /// Check settings, database, keys, clock, warehouse and disk. Changes nothing.
    Doctor(doctor::Args),
    /// Ask the running server whether it can serve: its /readyz, where the settings say that it listens.
    Health,
    /// Bring the database's tables up to date.
    Migrate(migrate::Args),
    /// Copy the embedded database while the server runs.
    Backup(backup::Args),
    /// Show the settings in force, secrets masked, and where each came from.
    Config(config::Args),
    /// Print the OpenAPI document.
    Openapi,
    /// Print a completion script for a shell.
    Completions(completions::Args),
}

impl Cli {
    /// Does what the command line asks for and says how it went.
    pub async fn run(self) -> ExitCode {
        // No file that a command makes, database and exports included, is for others on this machine.
        rustix::process::umask(Mode::RWXG | Mode::RWXO);
        match self.dispatch().await {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => failure::report(&error),
        }
    }

    async fn dispatch(self) -> anyhow::Result<()> {
        let context = Context::new(self.settings);
        match self.command.unwrap_or(Command::Serve) {
            Command::Serve => serve::run(context.settings_to_serve_with()?).await,
            Command::Demo => demo::run(&context).await,
            Command::Client(command) => command.run(&context).await,
            Command::Keys(command) => command.run(&context).await,
            Command::Admin(command) => command.run(&context).await,
            Command::Scope(command) => command.run(&context).await,
            Command::Actions(command) => command.run(&context).await,
            Command::Audit(command) => command.run(&context).await,
            Command::Warehouse(command) => command.run(&context).await,
            Command::Semantic(command) => command.run(&context).await,
            Command::Token(arguments) => arguments.run(&context).await,
            Command::Doctor(arguments) => arguments.run(&context).await,
            Command::Health => health::run(&context).await,
            Command::Migrate(arguments) => arguments.run(&context),
            Command::Backup(arguments) => arguments.run(&context),
            Command::Config(arguments) => arguments.run(&context),
            Command::Openapi => openapi::run(),
            Command::Completions(arguments) => arguments.run(),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn settings_are_understood_before_and_behind_the_command() {
        for line in [
            "ambit --listen 127.0.0.1:1 serve",
            "ambit serve --listen 127.0.0.1:1",
        ] {
            let cli = Cli::try_parse_from(line.split(' ')).unwrap();
            assert_eq!(
                cli.settings.listen.as_deref(),
                Some("127.0.0.1:1"),
                "{line}"
            );
        }
    }

    #[test]
    fn key_and_secret_identifiers_may_begin_with_a_hyphen() {
        for line in [
            "ambit keys withdraw -Zx_9 --json",
            "ambit client retire-secret client_a -Zx_9abcdefg --json",
        ] {
            assert!(Cli::try_parse_from(line.split(' ')).is_ok(), "{line}");
        }
    }
}
