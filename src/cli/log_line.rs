//! A line of the log as JSON, written by hand: every request has one, and a general serializer takes
//! several times as long.

use std::cell::RefCell;
use std::fmt::{self, Debug, Write};

use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use crate::model::{Clock, SystemClock, Timestamp};

/// Writes an event as one object: when, how grave, its fields, and where it comes from.
pub struct JsonLine;

impl<S, N> FormatEvent<S, N> for JsonLine
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut line: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let metadata = event.metadata();
        line.write_str("{\"timestamp\":\"")?;
        write_time(&mut line, SystemClock.now())?;
        line.write_str("\",\"level\":\"")?;
        line.write_str(metadata.level().as_str())?;
        line.write_char('"')?;
        let mut fields = Fields {
            line: &mut line,
            outcome: Ok(()),
        };
        event.record(&mut fields);
        fields.outcome?;
        line.write_str(",\"target\":\"")?;
        line.write_str(metadata.target())?;
        line.write_str("\"}\n")
    }
}

thread_local! {
    /// The last second that was written here, and its text.
    static SECOND: RefCell<(i64, String)> = const { RefCell::new((i64::MIN, String::new())) };
}

/// RFC 3339 with microseconds. Many lines are of one second, whose text is made once.
fn write_time(line: &mut Writer<'_>, at: Timestamp) -> fmt::Result {
    SECOND.with_borrow_mut(|(second, text)| {
        if *second != at.seconds() {
            *second = at.seconds();
            *text = Timestamp::from_seconds(*second).rfc3339();
            // The fraction and the Z.
            text.truncate(text.len().saturating_sub(8));
        }
        let fraction = at.micros().rem_euclid(1_000_000);
        write!(line, "{text}.{fraction:06}Z")
    })
}

/// Writes fields as members of an object.
struct Fields<'a, 'w> {
    line: &'a mut Writer<'w>,
    outcome: fmt::Result,
}

impl Fields<'_, '_> {
    fn write(&mut self, field: &Field, value: impl FnOnce(&mut dyn Write) -> fmt::Result) {
        if self.outcome.is_ok() {
            self.outcome = self.write_member(field.name(), value);
        }
    }

    fn write_member(
        &mut self,
        name: &str,
        value: impl FnOnce(&mut dyn Write) -> fmt::Result,
    ) -> fmt::Result {
        self.line.write_str(",\"")?;
        // What is called type in JSON is r#type in Rust.
        self.line
            .write_str(name.strip_prefix("r#").unwrap_or(name))?;
        self.line.write_str("\":")?;
        value(&mut self.line)
    }

    fn write_text(&mut self, field: &Field, text: impl FnOnce(&mut dyn Write) -> fmt::Result) {
        self.write(field, |line| {
            line.write_char('"')?;
            text(&mut Escaped(line))?;
            line.write_char('"')
        });
    }
}

impl Visit for Fields<'_, '_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        if value.is_finite() {
            self.write(field, |line| write!(line, "{value}"));
        } else {
            self.write(field, |line| line.write_str("null"));
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.write(field, |line| write!(line, "{value}"));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.write(field, |line| write!(line, "{value}"));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.write(field, |line| write!(line, "{value}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.write_text(field, |line| line.write_str(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.write_text(field, |line| write!(line, "{value:?}"));
    }
}

/// Text inside of a JSON string (RFC 8259 section 7).
struct Escaped<'a>(&'a mut dyn Write);

impl Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let special = |letter: char| letter < ' ' || matches!(letter, '"' | '\\');
        for part in text.split_inclusive(special) {
            let mut letters = part.chars();
            match letters.next_back().filter(|letter| special(*letter)) {
                None => self.0.write_str(part)?,
                Some(letter) => {
                    self.0.write_str(letters.as_str())?;
                    match letter {
                        '"' => self.0.write_str("\\\"")?,
                        '\\' => self.0.write_str("\\\\")?,
                        '\n' => self.0.write_str("\\n")?,
                        _ => write!(self.0, "\\u{:04x}", u32::from(letter))?,
                    }
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use serde_json::Value;

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn every_event_is_one_line_of_json() {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = tracing_subscriber::fmt()
            .event_format(JsonLine)
            .with_writer(move || writer.clone())
            .finish();
        tracing::subscriber::with_default(subscriber, || {
            let hostile = "a\"b\\c\nd\u{1}\u{7f}é\u{2028}";
            tracing::info!(
                target: "ambit::request",
                text = hostile,
                shown = %hostile,
                number = 7_u64,
                negative = -7_i64,
                fraction = 0.5,
                infinite = f64::INFINITY,
                flag = true,
                nothing = Option::<u64>::None,
                "said"
            );
            tracing::error!("went {}", "wrong");
        });
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        let read: Vec<Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let [first, second] = read.as_slice() else {
            panic!("{text}");
        };
        let hostile = "a\"b\\c\nd\u{1}\u{7f}é\u{2028}";
        for (name, value) in [
            ("level", Value::from("INFO")),
            ("target", "ambit::request".into()),
            ("text", hostile.into()),
            ("shown", hostile.into()),
            ("number", 7.into()),
            ("negative", (-7).into()),
            ("fraction", 0.5.into()),
            ("infinite", Value::Null),
            ("flag", true.into()),
            ("message", "said".into()),
        ] {
            assert_eq!(first[name], value, "{name}");
        }
        assert!(first.get("nothing").is_none());
        assert_eq!(
            (&second["level"], &second["message"]),
            (&"ERROR".into(), &"went wrong".into())
        );
        let at = first["timestamp"].as_str().unwrap();
        let apart = Timestamp::parse_rfc3339(at)
            .unwrap()
            .since(SystemClock.now());
        assert!(at.len() == 27 && apart.is_zero(), "{at}");
        assert!(
            SystemClock
                .now()
                .since(Timestamp::parse_rfc3339(at).unwrap())
                .as_secs()
                < 60
        );
    }
}
