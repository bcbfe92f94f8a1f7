//! The rows of a CSV file, one at a time, in bounded memory.

use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use csv::{ByteRecord, Position, ReaderBuilder};

use super::LoadError;

/// The longest row, in bytes: what a query can still handle. Besides, without a bound a quote that is
/// left open would take the whole file in.
const LONGEST_ROW: u64 = 262_144;

/// A file that is read row by row.
pub(super) struct Rows<'a> {
    reader: csv::Reader<Bounded<'a>>,
    since_row: Arc<AtomicU64>,
    record: ByteRecord,
    delimiter: u8,
    last_row: Position,
    columns: usize,
}

/// Counts what is read, and gives up on a row that is too long.
struct Bounded<'a> {
    input: &'a mut dyn ReadSeek,
    since_row: Arc<AtomicU64>,
    progress: &'a (dyn Fn(u64) + Send + Sync),
}

/// What can be read twice.
pub trait ReadSeek: Read + Seek + Send {}

impl<T: Read + Seek + Send> ReadSeek for T {}

impl Read for Bounded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        let bytes = u64::try_from(read).unwrap_or(u64::MAX);
        (self.progress)(bytes);
        if self.since_row.fetch_add(bytes, Ordering::Relaxed) > LONGEST_ROW {
            let problem = format!("a row has more than {LONGEST_ROW} bytes; is a quote left open?");
            return Err(io::Error::new(io::ErrorKind::InvalidData, problem));
        }
        Ok(read)
    }
}

/// One row, or why it is none.
pub(super) struct Row<'r> {
    /// Its first line in the file, from 1.
    pub line: u64,
    /// Its cells, or what is wrong.
    pub cells: Result<Vec<&'r str>, String>,
}

impl<'a> Rows<'a> {
    /// Reads from the start. `progress` is told how many bytes were read each time.
    pub(super) fn open(
        input: &'a mut dyn ReadSeek,
        delimiter: u8,
        progress: &'a (dyn Fn(u64) + Send + Sync),
    ) -> Result<Self, LoadError> {
        input.seek(SeekFrom::Start(0)).map_err(LoadError::Read)?;
        let since_row = Arc::new(AtomicU64::new(0));
        let bounded = Bounded {
            input,
            since_row: Arc::clone(&since_row),
            progress,
        };
        let reader = builder(delimiter).from_reader(bounded);
        Ok(Self {
            reader,
            since_row,
            record: ByteRecord::new(),
            delimiter,
            last_row: Position::new(),
            columns: 0,
        })
    }

    /// The headings, which are the first row.
    pub(super) fn headings(&mut self) -> Result<Vec<String>, LoadError> {
        if !self.advance()? {
            return Err(LoadError::Input("the file is empty".to_owned()));
        }
        self.columns = self.record.len();
        let row = self.row();
        let headings = row.cells.map_err(|problem| {
            LoadError::Input(format!("line {}, the headings: {problem}", row.line))
        })?;
        Ok(headings.into_iter().map(str::to_owned).collect())
    }

    /// The next row, as long as there is one.
    pub(super) fn next(&mut self) -> Result<Option<Row<'_>>, LoadError> {
        Ok(if self.advance()? {
            Some(self.row())
        } else {
            None
        })
    }

    fn advance(&mut self) -> Result<bool, LoadError> {
        self.since_row.store(0, Ordering::Relaxed);
        let found = self
            .reader
            .read_byte_record(&mut self.record)
            .map_err(input)?;
        if found && let Some(position) = self.record.position() {
            self.last_row = position.clone();
        }
        Ok(found)
    }

    fn row(&self) -> Row<'_> {
        let line = self.record.position().map_or(0, Position::line);
        Row {
            line,
            cells: self.cells(),
        }
    }

    fn cells(&self) -> Result<Vec<&str>, String> {
        let found = self.record.len();
        if found != self.columns {
            return Err(format!(
                "it has {found} cells, and there are {} columns",
                self.columns
            ));
        }
        self.record
            .iter()
            .map(|cell| match std::str::from_utf8(cell) {
                Err(_) => Err("it is not UTF-8".to_owned()),
                Ok(text) if text.contains('\0') => Err("it has a NUL character".to_owned()),
                Ok(text) => Ok(text),
            })
            .collect()
    }

    /// Demands that the last row ends: a quote that is left open takes in all rows behind it.
    pub(super) fn check_end(self) -> Result<(), LoadError> {
        let (at, line) = (self.last_row.byte(), self.last_row.line());
        let delimiter = self.delimiter;
        let input = self.reader.into_inner().input;
        input.seek(SeekFrom::Start(at)).map_err(LoadError::Read)?;
        // Whatever stands behind a row that ends is a row of its own.
        let more = input.take(LONGEST_ROW).chain(&b"\nmore"[..]);
        let mut rows = builder(delimiter).from_reader(more);
        let mut record = ByteRecord::new();
        let mut count: u32 = 0;
        while count < 2 && rows.read_byte_record(&mut record).map_err(self::input)? {
            count = count.saturating_add(1);
        }
        if count < 2 {
            return Err(LoadError::Input(format!(
                "line {line}: a quote is left open"
            )));
        }
        Ok(())
    }
}

fn builder(delimiter: u8) -> ReaderBuilder {
    let mut builder = ReaderBuilder::new();
    builder
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter);
    builder
}

fn input(error: csv::Error) -> LoadError {
    match error.into_kind() {
        csv::ErrorKind::Io(error) if error.kind() == io::ErrorKind::InvalidData => {
            LoadError::Input(error.to_string())
        }
        csv::ErrorKind::Io(error) => LoadError::Read(error),
        other => LoadError::Input(format!("{other:?}")),
    }
}
