//! What is said when a command fails, and the exit status that goes with it.

use std::fmt::Display;
use std::io;
use std::process::ExitCode;

use super::output;
use crate::clients::ClientError;
use crate::config::Mistakes;
use crate::warehouse::load::LoadError;

/// The exit status of a command that was called wrongly, as clap has it.
const CALLED_WRONGLY: u8 = 2;

/// The command line itself is wrong in a way that only shows when it is carried out.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Usage(String);

/// See [`Usage`].
pub fn usage(message: impl Display) -> anyhow::Error {
    Usage(message.to_string()).into()
}

/// Says on stderr what went wrong.
pub fn report(error: &anyhow::Error) -> ExitCode {
    // Whoever read our output has had enough, as `head` does.
    if error
        .downcast_ref::<io::Error>()
        .is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe)
    {
        return ExitCode::SUCCESS;
    }
    let _ = io::Write::write_all(
        &mut io::stderr(),
        format!("ambit: {}\n", describe(error)).as_bytes(),
    );
    if error.is::<Usage>() {
        ExitCode::from(CALLED_WRONGLY)
    } else {
        ExitCode::FAILURE
    }
}

/// One line; more only where there are several mistakes to name.
fn describe(error: &anyhow::Error) -> String {
    if let Some(mistakes) = error.downcast_ref::<Mistakes>() {
        return mistakes.to_string();
    }
    if let Some(ClientError::Invalid(fields)) = error.downcast_ref::<ClientError>() {
        let lines = fields
            .iter()
            .map(|field| format!("\n  {}: {}", field.field, field.detail));
        return format!("{error}{}", lines.collect::<String>());
    }
    if let Some(error @ LoadError::Rows { .. }) = error.downcast_ref::<LoadError>() {
        return error.to_string();
    }
    output::one_line(&format!("{error:#}"))
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[test]
    fn an_error_is_one_line() {
        assert_eq!(describe(&anyhow!("first\n\n  second\n")), "first; second");
        assert_eq!(describe(&anyhow!("inner").context("outer")), "outer: inner");
    }

    #[test]
    fn every_field_is_named() {
        let field = |field: &str| crate::clients::FieldError {
            field: field.to_owned(),
            detail: "is wrong".to_owned(),
        };
        let error = ClientError::Invalid(vec![field("scope"), field("contacts")]);
        let text = describe(&error.into());
        assert!(
            text.ends_with("\n  scope: is wrong\n  contacts: is wrong"),
            "{text}"
        );
    }
}
