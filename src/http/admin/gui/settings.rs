//! `/admin/settings`: the settings in force and where each came from, as `ambit config` shows them.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{self, Data, ServiceConfig};
use askama::Template;

use super::gate::Visitor;
use super::shell::{Shell, page};
use crate::administrators::READ_SETTINGS;
use crate::app::App;
use crate::config::Origin;
use crate::http::error::Problem;
use crate::http::extract::Requirement;

/// Demands to see how the server is set up.
pub struct ReadSettings;

impl Requirement for ReadSettings {
    const ANY_OF: &'static [&'static str] = &[READ_SETTINGS];
}

/// The routes.
pub fn configure(config: &mut ServiceConfig) {
    config.service(web::resource("/settings").route(web::get().to(get)));
}

#[derive(Template)]
#[template(path = "admin/settings.html")]
struct Page {
    shell: Shell,
    sections: Vec<Section>,
}

struct Section {
    name: String,
    rows: Vec<Row>,
}

struct Row {
    name: &'static str,
    value: Option<String>,
    origin: String,
    is_default: bool,
}

/// The page.
async fn get(visitor: Visitor<ReadSettings>, app: Data<Arc<App>>) -> Result<HttpResponse, Problem> {
    let mut sections: Vec<Section> = Vec::new();
    for setting in app.settings.effective() {
        // A setting that only the environment gives has no table.
        let (table, _) = setting.name.split_once('.').unwrap_or(("environment", ""));
        if sections.iter().all(|section| section.name != table) {
            sections.push(Section {
                name: table.to_owned(),
                rows: Vec::new(),
            });
        }
        let row = Row {
            name: setting.name,
            value: setting.value,
            is_default: setting.origin == Origin::Default,
            origin: setting.origin.to_string(),
        };
        let mut own = sections.iter_mut().filter(|section| section.name == table);
        if let Some(section) = own.next() {
            section.rows.push(row);
        }
    }
    let drawn = Page {
        shell: visitor.shell,
        sections,
    };
    page(StatusCode::OK, &drawn)
}
