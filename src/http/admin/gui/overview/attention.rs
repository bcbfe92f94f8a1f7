//! What wants attention?

use std::time::Duration;

use super::figures::{Figures, MOST_NOTICED};
use super::health::page;
use crate::administrators::second_factors::{Enrolled, FEW_RECOVERY_CODES};
use crate::app::App;
use crate::http::admin::gui::audit::{Names, link_to};
use crate::http::admin::gui::shell::Moment;
use crate::model::Timestamp;
use crate::oauth::token::KeyState;
use crate::storage::overview::Noticed;

/// A client that was refused this often in a day fails much.
const MUCH: i64 = 10;
/// A key that takes over within this is told of.
const SOON: Duration = Duration::from_secs(7 * 86_400);
/// Where keys are not rotated by themselves, one is old after this.
const OLD: Duration = Duration::from_secs(180 * 86_400);

/// One thing to look after.
pub struct Notice {
    /// `warn`, or `bad` where something does not work already.
    pub tone: &'static str,
    /// What kind, in a word or two.
    pub word: &'static str,
    /// What it is about.
    pub subject: String,
    /// What is the matter.
    pub text: String,
    /// Since when, or until when.
    pub at: Option<Moment>,
    /// Where it is dealt with, if there is such a page.
    pub link: Option<String>,
}

/// Everything, what is most urgent first.
pub fn notices(app: &App, figures: &Figures, names: &Names, now: Timestamp) -> Vec<Notice> {
    let mut notices = Vec::new();
    notices.extend(key(app, now));
    notices.extend(failing(figures, names));
    let of = |list: &[Noticed], tone, word, text: &str, below: &str| -> Vec<Notice> {
        let notice = |one: &Noticed| Notice {
            tone,
            word,
            subject: one.client_name.clone(),
            text: text.to_owned(),
            at: Some(Moment::new(Timestamp::from_micros(one.at), now)),
            link: Some(format!("/admin/clients/{}{below}", one.client_id)),
        };
        list.iter().map(notice).collect()
    };
    let secrets = "#secrets";
    let ends = "The last secret ends";
    let unused = "A secret was never used; it was made";
    let idle = "Last used";
    notices.extend(of(&figures.ending, "warn", "Ending", ends, secrets));
    notices.extend(of(&figures.unused, "", "Unused", unused, secrets));
    notices.extend(of(&figures.idle, "", "Idle", idle, ""));
    notices
}

/// Few recovery codes of one's own.
pub fn own_recovery_codes(own: &Enrolled) -> Option<Notice> {
    let left = own.recovery_codes;
    let are_few = own.any() && left <= FEW_RECOVERY_CODES;
    are_few.then(|| Notice {
        tone: "warn",
        word: "Account",
        subject: "Your recovery codes".to_owned(),
        text: match left {
            0 => "None is left".to_owned(),
            1 => "One is left".to_owned(),
            left => format!("{left} are left"),
        },
        at: None,
        link: Some("/admin/account#recovery".to_owned()),
    })
}

fn key(app: &App, now: Timestamp) -> Option<Notice> {
    let keys = app.keys.list();
    let is_next = keys.iter().any(|key| key.state == KeyState::Next);
    let current = keys.iter().find(|key| key.state == KeyState::Current)?;
    let since = Timestamp::from_seconds(current.signs_from);
    let (text, at) = match app.settings.keys.rotation_interval {
        _ if is_next => return None,
        Some(interval) => {
            let due = since.plus(interval);
            let is_soon = due.minus(SOON) <= now;
            is_soon.then_some(("Due to be replaced", due))?
        }
        None => {
            let is_old = since.plus(OLD) <= now;
            is_old.then_some(("Not replaced by itself; it signs since", since))?
        }
    };
    Some(Notice {
        tone: "warn",
        word: "Key",
        subject: "The signing key".to_owned(),
        text: text.to_owned(),
        at: Some(Moment::new(at, now)),
        link: page("/admin/keys").map(str::to_owned),
    })
}

fn failing(figures: &Figures, names: &Names) -> Vec<Notice> {
    let most = usize::try_from(MOST_NOTICED).unwrap_or(usize::MAX);
    let much = figures.failing.iter().filter(|(_, count)| *count >= MUCH);
    let notice = |(id, count): &(String, i64)| Notice {
        tone: "bad",
        word: "Failing",
        subject: names.get(id).unwrap_or(id).clone(),
        text: format!("Refused or failed {count} times in the last 24 hours"),
        at: None,
        link: Some(link_to(&[
            ("period", "24h"),
            ("client", id),
            ("decision", "refused"),
        ])),
    };
    much.take(most).map(notice).collect()
}
