//! `/admin/sessions`: where one is signed in, and how to end that.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{self, Data, ServiceConfig};
use askama::Template;

use super::gate::{Anybody, Submitted, Visitor};
use super::shell::{Moment, Shell, page};
use super::sign_in::signed_out;
use crate::app::App;
use crate::http::error::Problem;
use crate::storage::StorageError;

/// Where one's own sessions are.
pub const SESSIONS: &str = "/admin/sessions";

/// The routes.
pub fn configure(config: &mut ServiceConfig) {
    config
        .service(web::resource("/sessions").route(web::get().to(get)))
        .service(web::resource("/sessions/end").route(web::post().to(end)))
        .service(web::resource("/sessions/end_others").route(web::post().to(end_others)));
}

#[derive(Template)]
#[template(path = "admin/sessions.html")]
struct Page {
    shell: Shell,
    sessions: Vec<Row>,
}

/// A session as the table shows it.
pub struct Row {
    /// Names it in forms.
    pub hash: String,
    /// Whether it is the one that asks.
    pub is_current: bool,
    /// What the browser is, in two words.
    pub browser: String,
    /// What the browser called itself.
    pub user_agent: String,
    /// Where it was begun from.
    pub remote_address: String,
    /// When it began.
    pub created: Moment,
    /// When it was last used, or a little before.
    pub last_seen: Moment,
    /// When it ends at the latest.
    pub ends: Moment,
}

async fn get(visitor: Visitor<Anybody>, app: Data<Arc<App>>) -> Result<HttpResponse, Problem> {
    let drawn = Page {
        sessions: rows(&visitor, &app).await?,
        shell: visitor.shell,
    };
    page(StatusCode::OK, &drawn)
}

/// The sessions of somebody's own.
pub async fn rows(visitor: &Visitor<Anybody>, app: &App) -> Result<Vec<Row>, Problem> {
    let now = app.clock.now();
    let sessions = app.sessions.list(&visitor.session.username).await?;
    let rows = sessions.into_iter().map(|session| Row {
        is_current: session.hash == visitor.session.hash,
        browser: browser(&session.user_agent),
        remote_address: session.remote_address.unwrap_or_default(),
        created: Moment::new(session.created_at, now),
        last_seen: Moment::new(session.last_seen_at, now),
        ends: Moment::new(session.ends_at, now),
        hash: session.hash,
        user_agent: session.user_agent,
    });
    Ok(rows.collect())
}

async fn end(submitted: Submitted<Anybody>, app: Data<Arc<App>>) -> Result<HttpResponse, Problem> {
    let Submitted { visitor, form } = submitted;
    let hash = form.text("session");
    let username = &visitor.session.username;
    match app.sessions.end(visitor.cause(), username, hash).await {
        Ok(()) if hash == visitor.session.hash => Ok(signed_out(&app)),
        Ok(()) => visitor.done(SESSIONS, "The session has ended.").await,
        Err(StorageError::NotFound) => {
            let message = "That session had ended already.";
            visitor.done(SESSIONS, message).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn end_others(
    submitted: Submitted<Anybody>,
    app: Data<Arc<App>>,
) -> Result<HttpResponse, Problem> {
    let visitor = submitted.visitor;
    app.sessions
        .end_others(visitor.cause(), &visitor.session)
        .await?;
    visitor
        .done(SESSIONS, "All other sessions have ended.")
        .await
}

/// What a browser is, in two words, as far as it says so.
fn browser(user_agent: &str) -> String {
    let first = |names: &[(&str, &'static str)]| {
        let found = names.iter().find(|(mark, _)| user_agent.contains(mark));
        found.map(|(_, name)| *name)
    };
    // Each names itself after the ones that it wants to pass for, so the rarer ones are asked first.
    let program = first(&[
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("HeadlessChrome/", "Chromium"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ]);
    let system = first(&[
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ]);
    match (program, system) {
        (Some(program), Some(system)) => format!("{program} on {system}"),
        (Some(only), None) | (None, Some(only)) => only.to_owned(),
        (None, None) => "Unknown browser".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::browser;

    #[test]
    fn browsers_are_told_apart() {
        let edge =
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0";
        assert_eq!(browser(edge), "Edge on Windows");
        assert_eq!(browser("curl/8.5.0"), "curl");
        assert_eq!(browser("<script>"), "Unknown browser");
    }
}
