//! `ambit audit export`.

use std::fs::OpenOptions;
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use anyhow::Context as _;

use super::super::context::Context;
use crate::audit;
use crate::model::Timestamp;
use crate::storage::audit_records::{self, AuditRow, Filter, Walk};

/// Records read at a time.
const PAGE: i64 = 1000;

const EXPLANATION: &str = "\
A JSON line is {\"hash\":..., \"record\":...} with the record exactly as it was written: the hash is \
the SHA-256 of its text. CSV is for spreadsheets; cells that one would run as a formula begin with an \
apostrophe.

Examples:
  ambit audit export --from 2026-11-01T00:00:00Z --output november.jsonl
  ambit audit export --format csv > audit.csv";

/// Which records, and how.
#[derive(Debug, clap::Args)]
#[command(after_help = EXPLANATION)]
pub struct Args {
    /// How to write them
    #[arg(long, value_enum, default_value = "jsonl")]
    format: Format,
    /// Only records from this time on (RFC 3339)
    #[arg(long, value_name = "TIME", value_parser = time)]
    from: Option<Timestamp>,
    /// Only records before this time (RFC 3339)
    #[arg(long, value_name = "TIME", value_parser = time)]
    until: Option<Timestamp>,
    /// Write to this file, which only you can read, in place of stdout
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Format {
    /// JSON, a line each
    Jsonl,
    /// Comma-separated values, with headings
    Csv,
}

impl Args {
    /// Writes the records that are in the log now, a page at a time.
    pub fn run(self, context: &Context) -> anyhow::Result<()> {
        let mut link = context.existing_database()?;
        let filter = Filter {
            from: self.from.map(Timestamp::micros),
            until: self.until.map(Timestamp::micros),
            ..Filter::default()
        };
        let mut lines = self.lines()?;
        let end = link.read(audit_records::head)?.seq;
        let mut reached = 0;
        while reached < end {
            let after = Walk::Forward(reached);
            let rows =
                link.read(|connection| audit_records::select(connection, &filter, after, PAGE))?;
            for row in rows.iter().take_while(|row| row.seq <= end) {
                lines.write(row)?;
            }
            reached = rows.last().map_or(end, |row| row.seq);
        }
        Ok(lines.finish()?)
    }

    fn lines(&self) -> anyhow::Result<Lines> {
        let sink: Box<dyn Write> = match &self.output {
            None => Box::new(io::stdout().lock()),
            Some(path) => {
                let mut options = OpenOptions::new();
                options.write(true).create(true).truncate(true).mode(0o600);
                Box::new(
                    options
                        .open(path)
                        .with_context(|| path.display().to_string())?,
                )
            }
        };
        let sink = BufWriter::new(sink);
        Ok(match self.format {
            Format::Jsonl => Lines::Jsonl(sink),
            Format::Csv => {
                let mut writer = csv::Writer::from_writer(sink);
                writer.write_record(audit::HEADINGS).map_err(io_error)?;
                Lines::Csv(Box::new(writer))
            }
        })
    }
}

type Sink = BufWriter<Box<dyn Write>>;

enum Lines {
    Jsonl(Sink),
    Csv(Box<csv::Writer<Sink>>),
}

impl Lines {
    fn write(&mut self, row: &AuditRow) -> io::Result<()> {
        match self {
            Self::Jsonl(sink) => writeln!(sink, "{}", audit::json_line(row)),
            Self::Csv(writer) => writer.write_record(audit::cells(row)).map_err(io_error),
        }
    }

    fn finish(self) -> io::Result<()> {
        match self {
            Self::Jsonl(mut sink) => sink.flush(),
            Self::Csv(mut writer) => writer.flush(),
        }
    }
}

/// The conversion that csv offers hides what kind of error it was, and with it that a pipe was closed.
fn io_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

fn time(text: &str) -> Result<Timestamp, String> {
    let expected = "must be a time such as 2026-11-22T10:00:00Z or 2026-11-22T11:00:00+01:00";
    Timestamp::parse_rfc3339(text).ok_or_else(|| expected.to_owned())
}
