//! Reading answers: never more of a body than was asked for, and every row that came whole.

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::super::backend::{Limits, WarehouseError};
use super::super::collect::Collector;
use super::super::value::{Rows, Value};
use super::decode::{Reader, RowType};

/// A row as it is written: each value text, or null.
pub type Row = Vec<Option<String>>;

/// The first bytes of a body.
#[derive(Debug, Default)]
pub struct Body {
    /// At most as many as were asked for.
    pub bytes: Vec<u8>,
    /// Whether there were more.
    pub is_cut: bool,
}

/// What a statement's answer or one of its partitions says.
#[derive(Debug, Default)]
pub struct Page {
    /// The statement's handle.
    pub handle: Option<String>,
    /// What the columns are and how many partitions there are; in the first partition alone.
    pub metadata: Option<Metadata>,
    /// The rows that came whole.
    pub rows: Vec<Row>,
    /// Whether the body broke off before its end.
    pub is_cut: bool,
}

/// `resultSetMetaData`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Metadata {
    /// The columns.
    pub row_type: Vec<RowType>,
    /// One item for each partition. Its content is not needed.
    #[serde(default)]
    pub partition_info: Vec<IgnoredAny>,
}

impl Page {
    /// Reads a body. Where it was cut, what came before the cut counts.
    ///
    /// # Errors
    /// It is not what Snowflake answers.
    pub fn read(body: &Body) -> Result<Self, WarehouseError> {
        let mut page = Self::default();
        let mut json = serde_json::Deserializer::from_slice(&body.bytes);
        let outcome = json.deserialize_map(Fields(&mut page));
        page.is_cut = body.is_cut;
        match outcome {
            Err(error) if !(body.is_cut && error.is_eof()) => Err(WarehouseError::Unavailable(
                // The text of a JSON error may quote what it stumbled over.
                format!(
                    "Snowflake's answer was not understood at line {}, column {}",
                    error.line(),
                    error.column()
                ),
            )),
            _ => Ok(page),
        }
    }
}

struct Fields<'a>(&'a mut Page);

impl<'de> Visitor<'de> for Fields<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(field) = map.next_key::<String>()? {
            match field.as_str() {
                "statementHandle" => self.0.handle = map.next_value()?,
                "resultSetMetaData" => self.0.metadata = map.next_value()?,
                "data" => map.next_value_seed(Data(&mut self.0.rows))?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

/// Keeps the rows outside of the answer, so that those before a cut are not lost.
struct Data<'a>(&'a mut Vec<Row>);

impl<'de> DeserializeSeed<'de> for Data<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Data<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("rows")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<(), A::Error> {
        while let Some(row) = rows.next_element::<Row>()? {
            self.0.push(row);
        }
        Ok(())
    }
}

/// The answer as it grows, page by page, up to its limits.
pub struct Gathered {
    readers: Vec<Reader>,
    rows: Collector,
}

impl Gathered {
    /// Nothing yet, of these columns.
    pub fn new(row_types: &[RowType], limits: Limits) -> Self {
        Self {
            readers: row_types.iter().map(Reader::new).collect(),
            rows: Collector::new(limits),
        }
    }

    /// Bytes of values that are still wanted.
    pub fn wanted_bytes(&self) -> usize {
        self.rows.room()
    }

    /// Takes a page's rows as far as the limits go. `false` says that no more is wanted.
    ///
    /// # Errors
    /// A value that does not fit its column.
    pub fn take(&mut self, page: Page) -> Result<bool, WarehouseError> {
        for row in page.rows {
            if !self.rows.push(self.values(row)?) {
                return Ok(false);
            }
        }
        if page.is_cut {
            self.rows.cut();
        }
        Ok(!page.is_cut)
    }

    fn values(&self, row: Row) -> Result<Vec<Value>, WarehouseError> {
        if row.len() != self.readers.len() {
            let problem = "Snowflake's answer has a row that is not as long as its columns";
            return Err(WarehouseError::Unavailable(problem.to_owned()));
        }
        self.readers
            .iter()
            .zip(row)
            .map(|(reader, cell)| reader.value(cell))
            .collect()
    }

    /// The answer.
    pub fn finish(self) -> Rows {
        let (rows, truncated) = self.rows.finish();
        Rows {
            columns: self
                .readers
                .into_iter()
                .map(|reader| reader.column)
                .collect(),
            rows,
            truncated,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::super::Truncation;
    use super::*;

    const ANSWER: &str = r#"{"resultSetMetaData":{"numRows":3,"format":"jsonv2","rowType":[
        {"name":"ID","type":"FIXED","scale":0},{"name":"NAME","type":"TEXT","scale":0}],
        "partitionInfo":[{"rowCount":2},{"rowCount":1}]},
        "code":"090001","statementHandle":"h-1","data":[["1","one"],["2",null],["3","drei \u00e9 é"]]}"#;

    fn body(text: impl AsRef<[u8]>, is_cut: bool) -> Body {
        Body {
            bytes: text.as_ref().to_vec(),
            is_cut,
        }
    }

    fn gathered(rows: usize, bytes: usize) -> Rows {
        let page = Page::read(&body(ANSWER, false)).unwrap();
        let limits = Limits {
            rows,
            bytes,
            time: Duration::from_secs(1),
        };
        let row_types = page.metadata.as_ref().unwrap().row_type.clone();
        let mut gathered = Gathered::new(&row_types, limits);
        gathered.take(page).unwrap();
        gathered.finish()
    }

    #[test]
    fn an_answer_is_read_as_it_is_documented() {
        let page = Page::read(&body(ANSWER, false)).unwrap();
        assert_eq!(page.handle.as_deref(), Some("h-1"));
        assert_eq!(page.metadata.unwrap().partition_info.len(), 2);
        assert_eq!(page.rows.len(), 3);
    }

    #[test]
    fn rows_before_a_cut_count_wherever_it_is() {
        let mut most = 0;
        for length in 0..ANSWER.len() {
            let page = Page::read(&body(&ANSWER.as_bytes()[..length], true)).unwrap();
            assert!(page.is_cut);
            assert!(page.rows.len() >= most);
            most = page.rows.len();
        }
        assert_eq!(most, 3);
        assert!(Page::read(&body(&ANSWER.as_bytes()[..80], false)).is_err());
    }

    #[test]
    fn limits_cut_and_say_so() {
        let whole = gathered(3, 1000);
        assert_eq!((whole.rows.len(), whole.truncated), (3, None));
        let rows = gathered(2, 1000);
        assert_eq!(
            (rows.rows.len(), rows.truncated),
            (2, Some(Truncation::Rows))
        );
        let bytes = gathered(3, 24);
        assert_eq!(
            (bytes.rows.len(), bytes.truncated),
            (2, Some(Truncation::Bytes))
        );
    }

    #[test]
    fn other_answers_are_refused_without_repeating_them() {
        for text in [
            "",
            "[]",
            "<html>secret</html>",
            r#"{"data":[["secret"],["secret"]}"#,
            r#"{"data":[[1]]}"#,
            r#"{"data":"secret"}"#,
        ] {
            let error = Page::read(&body(text, false)).unwrap_err();
            assert!(!error.to_string().contains("secret"), "{error}");
        }
        assert!(Page::read(&body(r#"{"data":null}"#, false)).is_ok());
    }

    #[test]
    fn rows_of_another_length_are_refused() {
        let limits = Limits {
            rows: 1,
            bytes: 100,
            time: Duration::from_secs(1),
        };
        let mut gathered = Gathered::new(&[], limits);
        let page = Page {
            rows: vec![vec![None]],
            ..Page::default()
        };
        assert!(gathered.take(page).is_err());
    }
}
