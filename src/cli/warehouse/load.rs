//! `ambit warehouse load`.

use std::fs::File;
use std::io::{self, IsTerminal, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::super::context::Context;
use super::super::failure::usage;
use super::super::output::{self, Table};
use crate::warehouse::Kind;
use crate::warehouse::load::{self, LoadError, Loaded, Request, TableName};

const STDIN: &str = "-";
const PROGRESS: &str = "{bar:40} {bytes}/{total_bytes}, {eta} left";

const EXPLANATION: &str = "\
The first row names the columns. Names are brought into lower case with underscores; those that would \
be the same are numbered (PROB, Prob: prob, prob_2).

A column becomes the narrowest of these that all of its cells are: boolean (TRUE, FALSE), integer, \
number, date (YYYY-MM-DD), timestamp (ISO 8601, or DD-MM-YYYY HH:MM; UTC where no zone is given); else \
text. Codes with noughts before (00123) are text. Empty cells are null, and only they, unless --null \
names others.

All rows are loaded or none. Whoever reads the table meanwhile sees the old one until the new one is \
whole.

Examples:
  ambit warehouse load events.csv --table incident_events --null '?'
  ambit warehouse load audit.csv --table audit_risk --type money_value=number
  zcat more.csv.gz | ambit warehouse load - --table incident_events --append";

/// Which file, and where to.
#[derive(Debug, clap::Args)]
#[command(after_help = EXPLANATION)]
pub struct Args {
    /// The CSV file; - reads stdin
    file: PathBuf,
    /// The table to fill: lower case letters, digits and underscores
    #[arg(long, value_name = "NAME")]
    table: String,
    /// Add to the table, if it is there, in place of replacing it; its columns must be the file's
    #[arg(long)]
    append: bool,
    /// A cell that means nothing is known; may be given again
    #[arg(long, value_name = "CELL")]
    null: Vec<String>,
    /// What a column holds, where that is not to be inferred; may be given again
    #[arg(long = "type", value_name = "COLUMN=TYPE", value_parser = column_type)]
    types: Vec<(String, Kind)>,
    /// What stands between cells: one character, or \t for a tab
    #[arg(long, value_name = "CHARACTER", default_value = ",", value_parser = delimiter)]
    delimiter: u8,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Args {
    /// Loads the file and says what came of it.
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        let settings = context.settings()?;
        let request = Request {
            table: TableName::parse(&self.table).map_err(usage)?,
            append: self.append,
            null: self.null,
            types: self.types.into_iter().collect(),
            delimiter: self.delimiter,
        };
        let mut file = open(&self.file)?;
        let bar = progress_bar(file.metadata()?.len());
        let read = AtomicU64::new(0);
        let progress = |bytes: u64| {
            let before = read.fetch_add(bytes, Ordering::Relaxed);
            bar.set_position(done(before.saturating_add(bytes)));
        };
        let outcome = load::load(&settings.warehouse, &request, &mut file, &progress).await;
        bar.finish_and_clear();
        let loaded = outcome.map_err(|error| match error {
            LoadError::Request(problem) => usage(problem),
            error => error.into(),
        })?;
        if self.json {
            output::print_json(&loaded)
        } else {
            Ok(output::print(&described(&loaded))?)
        }
    }
}

/// The file, or what stdin gives, put aside so that it can be read twice.
fn open(path: &Path) -> anyhow::Result<File> {
    if path.as_os_str() != STDIN {
        let file = File::open(path).with_context(|| path.display().to_string())?;
        if file.metadata()?.is_file() {
            return Ok(file);
        }
        return spooled(file, &path.display().to_string());
    }
    spooled(io::stdin().lock(), "stdin")
}

fn spooled(mut input: impl io::Read, name: &str) -> anyhow::Result<File> {
    let mut file = tempfile::tempfile().with_context(|| {
        let folder = std::env::temp_dir();
        let folder = folder.display();
        format!(
            "{name} is read twice and so put aside, for which {folder} (TMPDIR) is not writable"
        )
    })?;
    io::copy(&mut input, &mut file).with_context(|| format!("{name} cannot be put aside"))?;
    file.seek(SeekFrom::Start(0))?;
    Ok(file)
}

/// How much of a file is done when so many bytes were read of it: each is read twice.
fn done(read: u64) -> u64 {
    read / 2
}

fn progress_bar(bytes: u64) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let target = ProgressDrawTarget::stderr();
    let bar = ProgressBar::with_draw_target(Some(bytes), target);
    match ProgressStyle::with_template(PROGRESS) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

fn described(loaded: &Loaded) -> String {
    let how = if loaded.appended {
        "added to"
    } else {
        "loaded into"
    };
    let mut text = format!("{} rows {how} {}\n\n", loaded.rows, loaded.table);
    let mut lines = Table::new(["COLUMN", "TYPE", "NULLS", "HEADING, WHERE RENAMED"]);
    for column in &loaded.columns {
        let renamed = if column.name == column.heading {
            ""
        } else {
            &column.heading
        };
        lines.row([
            &column.name,
            column.kind.name(),
            &column.nulls.to_string(),
            renamed,
        ]);
    }
    text.push_str(&lines.text());
    let marked: Vec<&str> = loaded
        .columns
        .iter()
        .filter(|column| column.question_marks > 0)
        .map(|column| column.name.as_str())
        .collect();
    if !marked.is_empty() {
        text.push_str(&format!(
            "\nThese columns have cells `?`, which are kept as text: {}. If nothing is known there, load \
             with --null '?'.\n",
            marked.join(", ")
        ));
    }
    text
}

fn column_type(text: &str) -> Result<(String, Kind), String> {
    let (column, kind) = text
        .rsplit_once('=')
        .ok_or("must be a column, = and a type, such as price=number")?;
    Ok((column.to_owned(), kind.parse()?))
}

fn delimiter(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        b"\\t" => Ok(b'\t'),
        [byte] if byte.is_ascii() && !b"\"\r\n\0".contains(byte) => Ok(*byte),
        _ => Err("must be one ASCII character, or \\t for a tab".to_owned()),
    }
}
