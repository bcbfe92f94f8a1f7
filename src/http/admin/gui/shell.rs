//! What stands around every page, and how a page becomes an answer.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::assets::{ICON, SCRIPT, STYLE};
use super::cookies::Theme;
use super::sessions::SESSIONS;
use super::{ACCOUNT, HOME, SECTIONS, Section};
use crate::administrators::{Powers, Session, SessionKey};
use crate::app::App;
use crate::http::error::Problem;
use crate::model::{Role, Timestamp};

/// A message that is shown once, on the next page.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Flash {
    /// Whether it is good news.
    pub good: bool,
    /// What it says.
    pub text: String,
}

impl Flash {
    /// Good news.
    pub fn good(text: &str) -> Self {
        let text = text.to_owned();
        Self { good: true, text }
    }

    /// Bad news.
    pub fn bad(text: &str) -> Self {
        let text = text.to_owned();
        Self { good: false, text }
    }

    /// As the session keeps it.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// What a session kept.
    pub fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}

/// One line of the navigation.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Where it leads.
    pub path: &'static str,
    /// What it is called.
    pub title: &'static str,
    /// Its symbol.
    pub icon: &'static str,
    /// Whether the page is part of it.
    pub is_current: bool,
}

/// What stands around a page.
#[derive(Debug, Clone)]
pub struct Shell {
    /// How pages are to look.
    pub theme: &'static str,
    /// Where the style sheet is.
    pub style: String,
    /// Where the script is.
    pub script: String,
    /// Where the icon is.
    pub icon: String,
    /// What the visitor may go to; empty for a stranger.
    pub navigation: Vec<Entry>,
    /// Who is signed in; empty for a stranger.
    pub username: String,
    /// What the visitor is there for.
    pub role: &'static str,
    /// What every form carries.
    pub form_token: String,
    /// The page's own address, to come back to.
    pub here: String,
    /// A message.
    pub flash: Option<Flash>,
    /// Which Ambit this is.
    pub version: &'static str,
    /// The public base address.
    pub issuer: String,
}

impl Shell {
    /// Around a page for somebody who is signed in.
    pub fn new(
        request: &HttpRequest,
        app: &App,
        key: &SessionKey,
        session: &Session,
        role: Role,
    ) -> Self {
        let powers = Powers::Role(role);
        let shown = |section: &&Section| powers.cover(section.needs);
        let entry = |section: &Section| Entry {
            path: section.path,
            title: section.title,
            icon: section.icon,
            is_current: is_within(request.path(), section.path),
        };
        Self {
            navigation: SECTIONS.iter().filter(shown).map(entry).collect(),
            username: session.username.clone(),
            role: role_title(role),
            form_token: key.form_token(),
            here: request.uri().to_string(),
            ..Self::of_stranger(request, app)
        }
    }

    /// Around a page for somebody who is not.
    pub fn of_stranger(request: &HttpRequest, app: &App) -> Self {
        Self {
            theme: Theme::of(request).name(),
            style: STYLE.path(),
            script: SCRIPT.path(),
            icon: ICON.path(),
            navigation: Vec::new(),
            username: String::new(),
            role: "",
            form_token: String::new(),
            here: String::new(),
            flash: None,
            version: env!("CARGO_PKG_VERSION"),
            issuer: app.issuer.clone(),
        }
    }

    /// Whether the page is part of one's own account.
    pub fn is_account(&self) -> bool {
        let path = self.here.split('?').next().unwrap_or_default();
        is_within(path, ACCOUNT) || path == SESSIONS
    }

    /// The name's first letter, for the round badge beside it.
    pub fn initial(&self) -> String {
        let first = self.username.chars().next();
        first.map_or(String::new(), |letter| letter.to_uppercase().to_string())
    }
}

fn is_within(path: &str, section: &str) -> bool {
    let rest = path.strip_prefix(section);
    // Everything is below the beginning, which is a page of its own.
    rest.is_some_and(|rest| rest.is_empty() || (section != HOME && rest.starts_with('/')))
}

/// A role as people say it.
pub fn role_title(role: Role) -> &'static str {
    match role {
        Role::Owner => "Owner",
        Role::ClientManager => "Client manager",
        Role::Auditor => "Auditor",
    }
}

/// Draws a page.
pub fn page(status: StatusCode, template: &impl Template) -> Result<HttpResponse, Problem> {
    let html = template
        .render()
        .map_err(|error| Problem::unavailable(&error))?;
    Ok(HttpResponse::build(status)
        .content_type("text/html; charset=utf-8")
        .body(html))
}

/// A time as a page shows it: how long ago, and exactly.
#[derive(Debug, Clone)]
pub struct Moment {
    /// For programs.
    pub iso: String,
    /// For people who want to know.
    pub exact: String,
    /// For people at a glance.
    pub relative: String,
}

impl Moment {
    /// A time, seen from now.
    pub fn new(time: Timestamp, now: Timestamp) -> Self {
        let utc = DateTime::<Utc>::from_timestamp_micros(time.micros()).unwrap_or_default();
        let relative = if time > now {
            // Up to the next minute, so that what was just set to an hour is in an hour.
            let ahead = time.since(now).as_secs().saturating_add(59);
            if ahead < 120 {
                "in a moment".to_owned()
            } else {
                format!("in {}", roughly(ahead))
            }
        } else {
            let ago = now.since(time).as_secs();
            if ago < 10 {
                "just now".to_owned()
            } else {
                format!("{} ago", roughly(ago))
            }
        };
        Self {
            iso: utc.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
            exact: utc.format("%Y-%m-%d %H:%M:%S UTC").to_string(),
            relative,
        }
    }
}

/// A stretch of time in its largest unit; in days for as long as these are easily grasped.
fn roughly(seconds: u64) -> String {
    if (86_400..=120 * 86_400).contains(&seconds) {
        return count(seconds, 86_400, "day");
    }
    let units = [
        (365 * 86_400, "year"),
        (30 * 86_400, "month"),
        (3_600, "hour"),
        (60, "minute"),
        (1, "second"),
    ];
    let fitting = units.into_iter().find(|(length, _)| seconds >= *length);
    let (length, unit) = fitting.unwrap_or((1, "second"));
    count(seconds, length, unit)
}

fn count(seconds: u64, length: u64, unit: &str) -> String {
    let count = seconds.checked_div(length).unwrap_or_default();
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_from_now() {
        let now = Timestamp::from_seconds(1_795_000_000);
        let told = |offset: i64| {
            let time = Timestamp::from_seconds(now.seconds() + offset);
            Moment::new(time, now).relative
        };
        assert_eq!(told(0), "just now");
        assert_eq!(told(-59), "59 seconds ago");
        assert_eq!(told(-60), "1 minute ago");
        assert_eq!(told(-7_200), "2 hours ago");
        assert_eq!(told(-86_400 * 400), "1 year ago");
        assert_eq!(told(30), "in a moment");
        assert_eq!(told(86_400 * 3), "in 3 days");
        assert_eq!(Moment::new(now, now).exact, "2026-11-18 11:06:40 UTC");
    }

    #[test]
    fn a_section_holds_what_is_below_it() {
        assert!(is_within("/admin/clients", "/admin/clients"));
        assert!(is_within("/admin/clients/new", "/admin/clients"));
        assert!(!is_within("/admin/clientsx", "/admin/clients"));
        assert!(is_within("/admin", "/admin"));
        assert!(!is_within("/admin/clients", "/admin"));
    }
}
