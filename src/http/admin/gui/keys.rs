//! `/admin/keys`: which key signs, which comes next, which are done; and how to change them.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{self, Data, ServiceConfig};
use askama::Template;

use super::gate::{Submitted, Visitor};
use super::shell::{Moment, Shell, page};
use crate::app::App;
use crate::http::admin::api::{ReadKeys, WriteKeys};
use crate::http::error::{Problem, sentence};
use crate::model::Timestamp;
use crate::oauth::token::{KeyError, KeyState, KeyView};

const HERE: &str = "/admin/keys";

/// The routes.
pub fn configure(config: &mut ServiceConfig) {
    config
        .service(web::resource("/keys").route(web::get().to(get)))
        .service(web::resource("/keys/rotate").route(web::post().to(rotate)))
        .service(web::resource("/keys/withdraw").route(web::post().to(withdraw)));
}

#[derive(Template)]
#[template(path = "admin/keys.html")]
struct Page {
    shell: Shell,
    rows: Vec<Row>,
    has_next: bool,
    is_brought: bool,
    rotation: Option<u64>,
    cache: u64,
    may_write: bool,
}

struct Row {
    kid: String,
    algorithm: String,
    state: &'static str,
    tone: &'static str,
    meaning: &'static str,
    created: Moment,
    signs_from: Moment,
    /// Of a key that signs the end moves on.
    ends: Option<Moment>,
    is_held_here: bool,
    can_be_withdrawn: bool,
}

/// The page.
async fn get(visitor: Visitor<ReadKeys>, app: Data<Arc<App>>) -> Result<HttpResponse, Problem> {
    app.keys.reload().await?;
    let now = app.clock.now();
    let keys = app.keys.list();
    let settings = &app.settings.keys;
    let drawn = Page {
        has_next: keys.iter().any(|key| key.state == KeyState::Next),
        is_brought: settings.private_key.is_some(),
        rotation: settings.rotation_interval.map(|age| age.as_secs() / 86_400),
        cache: app.keys.cache().as_secs(),
        rows: keys.into_iter().map(|key| row(key, now)).collect(),
        may_write: visitor.admitted.may::<WriteKeys>(),
        shell: visitor.shell,
    };
    page(StatusCode::OK, &drawn)
}

fn row(key: KeyView, now: Timestamp) -> Row {
    let (state, tone, meaning) = match key.state {
        KeyState::Next => ("Next", "warn", "Published; it signs once caches know it."),
        KeyState::Current => ("Current", "good", "It signs new tokens."),
        KeyState::Previous => ("Previous", "", "It verifies what it signed before."),
        KeyState::Retired => ("Retired", "", "Every token that it signed has ended."),
        KeyState::Withdrawn => ("Withdrawn", "bad", "Whatever it signed is void."),
    };
    let moment = |seconds| Moment::new(Timestamp::from_seconds(seconds), now);
    let is_over = matches!(key.state, KeyState::Retired | KeyState::Withdrawn);
    Row {
        state,
        tone,
        meaning,
        created: moment(key.created_at),
        signs_from: moment(key.signs_from),
        ends: (key.state == KeyState::Previous || is_over).then(|| moment(key.verifies_until)),
        is_held_here: key.held_here,
        can_be_withdrawn: !is_over,
        kid: key.kid,
        algorithm: key.algorithm,
    }
}

/// Makes and publishes the next key.
async fn rotate(
    submitted: Submitted<WriteKeys>,
    app: Data<Arc<App>>,
) -> Result<HttpResponse, Problem> {
    let Submitted { visitor, form } = submitted;
    if form.text("confirm") != "yes" {
        return visitor
            .refused(HERE, "Nothing was done: tick that you want a new key.")
            .await;
    }
    match app.keys.rotate(visitor.cause()).await {
        Ok(_) => {
            let message = "The next key is published. It signs by itself once caches know it.";
            visitor.done(HERE, message).await
        }
        Err(error @ (KeyError::Brought | KeyError::Pending(..))) => {
            visitor.refused(HERE, &sentence(&error)).await
        }
        Err(error) => Err(error.into()),
    }
}

/// Takes a key back.
async fn withdraw(
    submitted: Submitted<WriteKeys>,
    app: Data<Arc<App>>,
) -> Result<HttpResponse, Problem> {
    let Submitted { visitor, form } = submitted;
    let kid = form.text("kid");
    if form.text("confirmation").trim() != kid {
        let message = "Nothing was withdrawn: what was typed is not the key’s fingerprint.";
        return visitor.refused(HERE, message).await;
    }
    match app.keys.withdraw(visitor.cause(), kid).await {
        Ok(()) => {
            let message = "The key is withdrawn. Every token that it signed is void.";
            visitor.done(HERE, message).await
        }
        Err(error @ (KeyError::Brought | KeyError::NotFound)) => {
            visitor.refused(HERE, &sentence(&error)).await
        }
        Err(error) => Err(error.into()),
    }
}
