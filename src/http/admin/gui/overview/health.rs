//! Is it well?

use super::figures::Figures;
use crate::app::App;
use crate::http::admin::gui::SECTIONS;
use crate::http::admin::gui::shell::Moment;
use crate::model::Timestamp;
use crate::oauth::token::KeyState;

/// How one part is.
pub struct Sign {
    /// The part.
    pub title: &'static str,
    /// `good` or `bad`.
    pub tone: &'static str,
    /// How it is, in a word.
    pub word: &'static str,
    /// More about it.
    pub text: String,
    /// Where it is dealt with, if there is such a page.
    pub link: Option<&'static str>,
}

/// Every part.
pub fn signs(app: &App, figures: &Figures, now: Timestamp) -> Vec<Sign> {
    vec![database(app), keys(app, now), audit(app, figures)]
}

fn database(app: &App) -> Sign {
    let is_well = app.feed.is_fresh() && app.journal.works();
    let name = match app.store.address().backend() {
        "postgres" => "PostgreSQL",
        _ => "SQLite",
    };
    let waiting = app.store.waiting();
    Sign {
        title: "Database",
        tone: tone(is_well),
        word: if is_well { "Works" } else { "Failing" },
        text: match (is_well, waiting) {
            (false, _) => format!("{name} did not take or answer the last request."),
            (true, 0) => format!("{name} answers, and nothing waits for it."),
            (true, count) => format!("{name} answers; {count} queries wait."),
        },
        link: None,
    }
}

fn keys(app: &App, now: Timestamp) -> Sign {
    let is_well = app.keys.is_ready();
    let keys = app.keys.list();
    let current = keys.iter().find(|key| key.state == KeyState::Current);
    let next = keys.iter().find(|key| key.state == KeyState::Next);
    let since = |seconds: i64| Moment::new(Timestamp::from_seconds(seconds), now).relative;
    let mut text = match current {
        Some(key) => format!("{} signs, since {}.", key.algorithm, since(key.signs_from)),
        None => "No key signs: no token can be issued.".to_owned(),
    };
    if let Some(key) = next {
        text.push_str(&format!(" The next one signs {}.", since(key.signs_from)));
    }
    Sign {
        title: "Signing keys",
        tone: tone(is_well),
        word: if is_well { "Ready" } else { "Missing" },
        text,
        link: page("/admin/keys"),
    }
}

fn audit(app: &App, figures: &Figures) -> Sign {
    let is_well = figures.faults == 0;
    let (verified, head) = (figures.verified, figures.head);
    Sign {
        title: "Audit log",
        tone: tone(is_well && app.journal.works()),
        word: if is_well { "Holds" } else { "Does not hold" },
        text: match is_well {
            true => format!("The last {verified} of {head} records were verified just now."),
            false => format!("Among the last records of {head} the chain does not hold."),
        },
        link: page("/admin/audit").map(|_| "/admin/audit/verification"),
    }
}

/// The address, if there is such a page.
pub fn page(path: &'static str) -> Option<&'static str> {
    let there = SECTIONS.iter().any(|section| section.path == path);
    there.then_some(path)
}

fn tone(is_well: bool) -> &'static str {
    if is_well { "good" } else { "bad" }
}
