//! What the browser keeps: the session's identifier, and how it wants to be shown things.

use actix_web::HttpRequest;
use actix_web::http::header::COOKIE;
use secrecy::ExposeSecret;

use crate::administrators::SessionKey;
use crate::app::App;

/// Most of a `Cookie` header that is looked at, in bytes.
const LONGEST: usize = 8 * 1024;
const THEME: &str = "ambit_theme";

/// Where there is TLS, the prefix has browsers refuse a cookie of this name that another host or an
/// unencrypted page set (RFC 6265bis section 4.1.3.2).
fn name(app: &App) -> &'static str {
    if is_encrypted(app) {
        "__Host-ambit_session"
    } else {
        "ambit_session"
    }
}

fn is_encrypted(app: &App) -> bool {
    app.issuer.starts_with("https://")
}

/// The session that a request names. Two of them name none.
pub fn session(request: &HttpRequest, app: &App) -> Option<SessionKey> {
    SessionKey::parse(&cookie(request, name(app))?)
}

/// The header that gives the browser a session.
///
/// `SameSite=Lax`, so that a link in a message or a ticket opens the page that it names: such a visit
/// only looks, and whatever changes something has to come from a form of this session besides. It has
/// no end of its own; the session has.
pub fn give_session(app: &App, key: &SessionKey) -> String {
    let value = key.secret().expose_secret();
    format!("{}={value}; {}", name(app), attributes(app))
}

/// The header that takes the session from the browser.
pub fn take_session(app: &App) -> String {
    format!("{}=; Max-Age=0; {}", name(app), attributes(app))
}

fn attributes(app: &App) -> &'static str {
    if is_encrypted(app) {
        "Path=/; HttpOnly; SameSite=Lax; Secure"
    } else {
        "Path=/; HttpOnly; SameSite=Lax"
    }
}

/// How pages are to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    /// As the browser asks.
    System,
    /// By day.
    Light,
    /// By night.
    Dark,
}

impl Theme {
    /// As the cookie and the pages write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// What a text names; what names nothing is the browser's choice.
    pub fn from_name(name: &str) -> Self {
        match name {
            "light" => Self::Light,
            "dark" => Self::Dark,
            _ => Self::System,
        }
    }

    /// What the request's browser was told.
    pub fn of(request: &HttpRequest) -> Self {
        cookie(request, THEME).map_or(Self::System, |name| Self::from_name(&name))
    }

    /// The header that has the browser keep it for a year.
    pub fn keep(self) -> String {
        let name = self.name();
        format!("{THEME}={name}; Max-Age=31536000; Path=/admin; HttpOnly; SameSite=Lax")
    }
}

/// The value of the one cookie of a name.
fn cookie(request: &HttpRequest, name: &str) -> Option<String> {
    let headers = request.headers().get_all(COOKIE);
    let texts = headers.filter_map(|value| value.to_str().ok());
    let texts = texts.filter(|text| text.len() <= LONGEST);
    let pairs = texts.flat_map(|text| text.split(';'));
    let mut named = pairs
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(given, _)| *given == name)
        .map(|(_, value)| value.to_owned());
    let only = named.next();
    only.filter(|_| named.next().is_none())
}
