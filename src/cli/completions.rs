//! `ambit completions`.

use clap::CommandFactory;
use clap_complete::Shell;

use super::{Cli, output};

const EXAMPLES: &str = "\
Examples:
  ambit completions bash > ~/.local/share/bash-completion/completions/ambit
  ambit completions zsh > \"${fpath[1]}/_ambit\"
  ambit completions fish > ~/.config/fish/completions/ambit.fish";

/// For which shell.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

impl Args {
    /// Prints the script.
    pub fn run(self) -> anyhow::Result<()> {
        // Gathered first: the generator panics where its writer fails, as a closed pipe does.
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "ambit", &mut script);
        Ok(output::print(&String::from_utf8(script)?)?)
    }
}
