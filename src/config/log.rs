//! `[log]`: what is logged, and in which form.

use tracing_subscriber::EnvFilter;

use super::definition::{Definition, Fallback, Section, Setting};
use super::mistake::Recorded;
use super::reader::Reader;

/// The form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people on a terminal, JSON elsewhere.
    Auto,
    /// For people.
    Human,
    /// One JSON object a line.
    Json,
}

/// Settings of the log.
#[derive(Debug, Clone)]
pub struct Log {
    /// A filter that `tracing_subscriber::EnvFilter` can read.
    pub filter: String,
    /// The form of log lines.
    pub format: LogFormat,
}

/// See [`Section`].
pub(super) static SECTION: Section = Section {
    name: "log",
    about: "What is logged, and in which form.",
    settings: &[&FILTER.definition, &FORMAT.definition],
};

static FILTER: Setting<String> = Setting {
    definition: Definition {
        name: "log.filter",
        environment: &["AMBIT_LOG"],
        flag: Some("--log"),
        fallback: Fallback::Text("info,actix_server=warn"),
        meaning: "What is logged: a level (`error`, `warn`, `info`, `debug`, `trace`), or levels \
                  by module, separated by commas.",
        example: "info,ambit=debug",
        ..Definition::TEXT
    },
    parse: filter,
};

static FORMAT: Setting<LogFormat> = Setting {
    definition: Definition {
        name: "log.format",
        environment: &["AMBIT_LOG_FORMAT"],
        fallback: Fallback::Text("auto"),
        meaning: "The form of log lines: `human`, `json`, or `auto` for the first on a terminal \
                  and the second elsewhere.",
        example: "json",
        ..Definition::TEXT
    },
    parse: |text| match text {
        "auto" => Ok(LogFormat::Auto),
        "human" => Ok(LogFormat::Human),
        "json" => Ok(LogFormat::Json),
        _ => Err("must be auto, human or json".to_owned()),
    },
};

impl Log {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Recorded> {
        let filter = reader.one(&FILTER);
        let format = reader.one(&FORMAT);
        Ok(Self {
            filter: filter?,
            format: format?,
        })
    }
}

fn filter(text: &str) -> Result<String, String> {
    // EnvFilter panics on some text that is not ASCII.
    if text.is_ascii() && EnvFilter::try_new(text).is_ok() {
        return Ok(text.to_owned());
    }
    Err("must be a level, or levels by module separated by commas".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_filter_is_refused() {
        for text in ["info", "info,actix_server=warn", "ambit[request]=debug"] {
            assert_eq!(filter(text).as_deref(), Ok(text));
        }
        for text in [
            "ambit=loud",
            "\u{b}\u{468}*\u{1b}P.\u{c50d2}:p\u{a5}=\u{1f574}",
        ] {
            assert!(filter(text).is_err(), "{text:?}");
        }
    }
}
