//! `ambit audit verify`.

use anyhow::bail;

use super::super::context::Context;
use super::super::output::{self, printable};
use crate::audit::{self, Fault, Verification};
use crate::storage::audit_records::Head;

const EXPLANATION: &str = "\
Each record holds the hash of the one before, so a record that was changed, removed or put elsewhere \
is found. A log that was rewritten from end to end is found only by a head that was noted earlier: \
keep the head that this command prints where this machine cannot change it, and hand it in next time.

Example:
  ambit audit verify --expect 1204:9b1c...e7";

/// What to verify against.
#[derive(Debug, clap::Args)]
#[command(after_help = EXPLANATION)]
pub struct Args {
    /// A head that was noted earlier, and must still be in the log
    #[arg(long, value_name = "SEQ:HASH", value_parser = head)]
    expect: Option<Head>,
    /// Print what was found as JSON
    #[arg(long)]
    json: bool,
}

impl Args {
    /// Walks the chain and says what was found.
    ///
    /// # Errors
    /// The chain does not hold.
    pub fn run(self, context: &Context) -> anyhow::Result<()> {
        let mut link = context.existing_database()?;
        let expected = self.expect.as_ref();
        let found = link.read(|connection| audit::verify(connection, expected))?;
        if self.json {
            output::print_json(&found)?;
        } else {
            output::print(&describe(&found))?;
        }
        match found.faults.len() {
            0 => Ok(()),
            1 => bail!("the audit log does not hold in 1 place"),
            count => bail!("the audit log does not hold in {count} places"),
        }
    }
}

fn head(text: &str) -> Result<Head, String> {
    let expected =
        "must be a number, a colon, and 64 hexadecimal digits, as this command prints them";
    let (seq, hash) = text.split_once(':').ok_or(expected)?;
    let seq = seq.parse().ok().filter(|seq| *seq >= 0).ok_or(expected)?;
    if hash.len() != 64 || !hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(expected.to_owned());
    }
    Ok(Head {
        seq,
        hash: hash.to_ascii_lowercase(),
    })
}

fn describe(found: &Verification) -> String {
    let faults = found.faults.iter().map(|fault| sentence(fault) + "\n");
    let verdict = if found.intact {
        "The chain holds"
    } else {
        "The chain does not hold"
    };
    let records = if found.records == 1 {
        "record"
    } else {
        "records"
    };
    format!(
        "{}{verdict}: {} {records} read.\nhead  {}:{}\n",
        faults.collect::<String>(),
        found.records,
        found.head_seq,
        found.head_hash,
    )
}

fn sentence(fault: &Fault) -> String {
    printable(&fault.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_can_be_handed_in() {
        let hash = "a1".repeat(32);
        let read = head(&format!("12:{}", hash.to_ascii_uppercase())).unwrap();
        assert_eq!(read, Head { seq: 12, hash });
        for text in [
            "",
            "12",
            "12:",
            "x:a1",
            "-1:a1",
            &format!("1:{}", "g".repeat(64)),
        ] {
            assert!(head(text).is_err(), "{text}");
        }
    }

    #[test]
    fn every_fault_is_a_sentence() {
        let removed = Fault::Removed { first: 3, last: 3 };
        assert_eq!(sentence(&removed), "Record 3 was removed.");
        let removed = Fault::Removed { first: 3, last: 5 };
        assert_eq!(sentence(&removed), "Records 3 to 5 were removed.");
        let reordered = Fault::Reordered { seq: 1, holds: 2 };
        assert_eq!(
            sentence(&reordered),
            "In the place of record 1 stands what was written as record 2."
        );
    }
}
