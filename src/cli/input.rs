//! What is asked of the person or the script that calls.

use std::fs::File;
use std::io::{self, IsTerminal, Read, Write};

use anyhow::{Context as _, bail};
use secrecy::{ExposeSecret, SecretString};

use super::failure::usage;

/// A secret is far shorter than this, in bytes.
const LONGEST: u64 = 4096;

/// The argument that stands for stdin.
pub const STDIN: &str = "-";
/// Longest text that an argument may stand for, in bytes; no server takes as much.
const LONGEST_TEXT: u64 = 64 * 1024 * 1024;

/// What an argument stands for: stdin if it is `-`, a file's text if it is `@FILE`, else itself.
///
/// # Errors
/// It cannot be read, is longer than any server takes, or is no UTF-8.
pub fn text(argument: &str) -> anyhow::Result<String> {
    let (what, source): (_, Box<dyn Read>) = match argument.strip_prefix('@') {
        Some(path) => {
            let file = File::open(path).with_context(|| path.to_owned())?;
            (path, Box::new(file))
        }
        None if argument == STDIN => ("stdin", Box::new(io::stdin())),
        None => return Ok(argument.to_owned()),
    };
    let mut text = String::new();
    let mut bounded = source.take(LONGEST_TEXT.saturating_add(1));
    let read = bounded.read_to_string(&mut text);
    read.with_context(|| format!("{what} cannot be read"))?;
    if u64::try_from(text.len()).unwrap_or(u64::MAX) > LONGEST_TEXT {
        bail!("{what} holds more than {LONGEST_TEXT} bytes");
    }
    Ok(text)
}

/// A secret from stdin, without the line break that ends it.
pub fn secret_from_stdin() -> anyhow::Result<SecretString> {
    let mut text = String::new();
    let mut stdin = io::stdin().lock().take(LONGEST);
    stdin
        .read_to_string(&mut text)
        .context("stdin cannot be read")?;
    let secret = text.strip_suffix('\n').unwrap_or(&text);
    let secret = secret.strip_suffix('\r').unwrap_or(secret);
    if secret.is_empty() || secret.contains('\n') {
        bail!("stdin must hold the secret, on one line");
    }
    Ok(secret.into())
}

/// A secret typed at the terminal, which does not show it.
///
/// # Errors
/// There is no terminal; `instead` says what to use then.
pub fn secret_from_terminal(prompt: &str, instead: &str) -> anyhow::Result<SecretString> {
    if !io::stdin().is_terminal() {
        return Err(usage(format!("there is no terminal to ask at; {instead}")));
    }
    Ok(rpassword::prompt_password(prompt)
        .context("the terminal cannot be read")?
        .into())
}

/// A new secret, typed twice so that it is not mistyped.
pub fn new_secret_from_terminal(what: &str, instead: &str) -> anyhow::Result<SecretString> {
    let first = secret_from_terminal(&format!("{what}: "), instead)?;
    let again = secret_from_terminal(&format!("{what}, again: "), instead)?;
    if first.expose_secret() != again.expose_secret() {
        bail!("the two are not the same");
    }
    Ok(first)
}

/// Whether the person at the terminal says yes.
///
/// # Errors
/// There is no terminal.
pub fn confirm(question: &str) -> anyhow::Result<bool> {
    if !io::stdin().is_terminal() {
        return Err(usage(
            "there is no terminal to ask at; say --yes if you are sure",
        ));
    }
    let mut stderr = io::stderr().lock();
    write!(stderr, "{question} [y/N] ")?;
    stderr.flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes" | "Yes"))
}
