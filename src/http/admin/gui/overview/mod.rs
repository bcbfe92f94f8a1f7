//! `/admin`: is it well, what happens now, what wants attention; each with the way to where it is dealt
//! with.

mod attention;
mod chart;
mod figures;
mod health;

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{self, Data, ServiceConfig};
use askama::Template;

use super::audit::{Names, link_to, names};
use super::gate::Visitor;
use super::shell::{Shell, page};
use crate::app::App;
use crate::http::admin::api::{ReadAudit, ReadClients, WriteClients};
use crate::http::error::Problem;
use attention::Notice;
use chart::Chart;
use figures::{Figures, Remembered};
use health::Sign;

/// How many clients and reasons are shown.
const SHOWN: usize = 5;

/// The route.
pub fn configure(config: &mut ServiceConfig) {
    config.service(
        web::resource("")
            .app_data(Data::new(Remembered::default()))
            .route(web::get().to(get)),
    );
}

#[derive(Template)]
#[template(path = "admin/overview.html")]
struct Page {
    shell: Shell,
    signs: Vec<Sign>,
    charts: [Chart; 2],
    refusals: Vec<Bar>,
    busiest: Vec<Bar>,
    notices: Vec<Notice>,
    has_clients: bool,
    may_write: bool,
}

/// A line with a bar as long as its count.
struct Bar {
    name: String,
    note: String,
    link: String,
    count: i64,
    /// The records that were counted.
    counted: String,
    /// Of a hundred.
    width: i64,
}

async fn get(
    visitor: Visitor<ReadAudit>,
    app: Data<Arc<App>>,
    remembered: Data<Remembered>,
) -> Result<HttpResponse, Problem> {
    let now = app.clock.now();
    let figures = remembered.read(&app, &visitor.cause().tenant_id).await?;
    let failing = figures.failing.iter().map(|(id, _)| id.as_str());
    let busy = figures.busiest.iter().map(|one| one.client_id.as_str());
    let names = names(&app, failing.chain(busy)).await?;
    let mut notices = match visitor.admitted.may::<ReadClients>() {
        true => attention::notices(&app, &figures, &names, now),
        false => Vec::new(),
    };
    let own = app.second_factors.of(&visitor.session.username).await?;
    notices.extend(attention::own_recovery_codes(&own));
    let drawn = Page {
        signs: health::signs(&app, &figures, now),
        charts: chart::both(&figures, now),
        refusals: refusals(&figures),
        busiest: busiest(&figures, &names),
        notices,
        has_clients: figures.has_clients,
        may_write: visitor.admitted.may::<WriteClients>(),
        shell: visitor.shell,
    };
    page(StatusCode::OK, &drawn)
}

fn refusals(figures: &Figures) -> Vec<Bar> {
    let shown = figures.refusals.iter().take(SHOWN);
    let most = figures.refusals.first().map_or(0, |(_, count)| *count);
    let bar = |(refusal, count): &(figures::Refusal, i64)| {
        let records = link_to(&[
            ("period", "24h"),
            ("event", &refusal.event),
            ("decision", &refusal.decision),
            ("reason", &refusal.reason),
        ]);
        Bar {
            name: match refusal.reason.is_empty() {
                true => refusal.decision.clone(),
                false => refusal.reason.replace('_', " "),
            },
            note: refusal.event.clone(),
            link: records.clone(),
            count: *count,
            counted: records,
            width: share(*count, most),
        }
    };
    shown.map(bar).collect()
}

fn busiest(figures: &Figures, names: &Names) -> Vec<Bar> {
    let most = figures.busiest.first().map_or(0, |one| one.count);
    let bar = |one: &crate::storage::overview::ClientCount| Bar {
        name: names.get(&one.client_id).unwrap_or(&one.client_id).clone(),
        note: String::new(),
        link: format!("/admin/clients/{}", one.client_id),
        count: one.count,
        counted: link_to(&[
            ("period", "24h"),
            ("client", &one.client_id),
            ("decision", "allowed"),
        ]),
        width: share(one.count, most),
    };
    figures.busiest.iter().map(bar).collect()
}

/// A part of the most, of a hundred, never nothing.
fn share(count: i64, most: i64) -> i64 {
    let share = count.saturating_mul(100).checked_div(most);
    share.unwrap_or_default().clamp(1, 100)
}
