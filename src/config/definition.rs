//! What a setting is: the one place that loading, masking and the reference read.

/// What is shown in the place of a secret.
pub(super) const MASK: &str = "********";

/// A setting with the function that reads its value.
///
/// For a [`Kind::List`], `parse` reads one item.
pub(super) struct Setting<T> {
    pub definition: Definition,
    /// Answers what is wrong in words that follow the setting's name ("must be ...").
    /// It never repeats the value: the reader adds that where it is no secret.
    pub parse: fn(&str) -> Result<T, String>,
}

/// Everything that can be said of a setting without knowing its Rust type.
#[derive(Debug, Clone, Copy)]
pub(super) struct Definition {
    /// The dotted TOML key, such as `server.listen`; the variable's name where there is no key.
    pub name: &'static str,
    /// Environment variables that set it; the first that is set wins.
    pub environment: &'static [&'static str],
    /// The command-line flag, with its dashes.
    pub flag: Option<&'static str>,
    pub kind: Kind,
    pub privacy: Privacy,
    pub fallback: Fallback,
    /// One or two sentences for the reference.
    pub meaning: &'static str,
    /// A value that `parse` accepts; items of a list are separated by commas.
    pub example: &'static str,
}

/// How a value is written in TOML.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Number,
    /// `true` or `false`.
    Flag,
    List,
    /// Text that only the environment gives; there is no TOML key.
    Variable,
}

/// How much of a value may be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Privacy {
    Open,
    /// An address that may hold a password; everything else of it is shown.
    Address,
    Secret,
}

/// The value of a setting that nobody gave.
#[derive(Debug, Clone, Copy)]
pub(super) enum Fallback {
    /// No value; the text tells the reference what that means.
    Nothing(&'static str),
    /// A value as it could be written in the environment.
    Text(&'static str),
    /// A value that depends on the machine.
    Computed {
        described: &'static str,
        compute: fn() -> String,
    },
}

impl Definition {
    const BASE: Self = Self {
        name: "",
        environment: &[],
        flag: None,
        kind: Kind::Text,
        privacy: Privacy::Open,
        fallback: Fallback::Nothing("none"),
        meaning: "",
        example: "",
    };
    pub const TEXT: Self = Self::BASE;
    pub const NUMBER: Self = Self {
        kind: Kind::Number,
        ..Self::BASE
    };
    pub const FLAG: Self = Self {
        kind: Kind::Flag,
        ..Self::BASE
    };
    pub const LIST: Self = Self {
        kind: Kind::List,
        ..Self::BASE
    };
    pub const SECRET: Self = Self {
        privacy: Privacy::Secret,
        ..Self::BASE
    };
    pub const VARIABLE: Self = Self {
        kind: Kind::Variable,
        ..Self::BASE
    };

    /// Whether `NAME_FILE` variables are understood beside `NAME`.
    pub fn may_come_from_a_file(&self) -> bool {
        self.privacy != Privacy::Open
    }

    pub fn has_key(&self) -> bool {
        self.kind != Kind::Variable
    }

    /// The example as a line of the environment.
    pub fn environment_example(&self, variable: &str) -> String {
        format!("{variable}={}", self.example)
    }

    /// The example as a line of `ambit.toml`, with the table that it stands in.
    pub fn toml_example(&self) -> String {
        let (table, key) = self.name.rsplit_once('.').unwrap_or(("", self.name));
        let value = match self.kind {
            Kind::Text | Kind::Variable => quoted(self.example),
            Kind::Number | Kind::Flag => self.example.to_owned(),
            Kind::List => {
                let items: Vec<String> = split_list(self.example).map(quoted).collect();
                format!("[{}]", items.join(", "))
            }
        };
        format!("{key} = {value}, under [{table}]")
    }
}

/// A table of `ambit.toml` and a heading of the reference.
pub(super) struct Section {
    pub name: &'static str,
    /// One sentence under the heading.
    pub about: &'static str,
    pub settings: &'static [&'static Definition],
}

/// The items of a comma-separated list; empty ones are dropped.
pub(super) fn split_list(text: &str) -> impl Iterator<Item = &str> {
    text.split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty())
}

/// A backslash stays as it is: the only example with one means a line break in TOML too.
fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}
