//! `GET /admin/clients/{client_id}`: one client, what it holds, what it did, and how to stop it.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use askama::Template;

use super::activity;
use super::named;
use crate::app::App;
use crate::clients::MOST_SECRETS;
use crate::http::admin::api::{ReadAudit, ReadClients, WriteClients};
use crate::http::admin::gui::audit::Row;
use crate::http::admin::gui::gate::Visitor;
use crate::http::admin::gui::shell::{Moment, Shell, page};
use crate::http::error::Problem;
use crate::model::{Client, ClientSecret, Resource, Timestamp};
use crate::scopes::{Catalogue, Sensitivity};

#[derive(Template)]
#[template(path = "admin/clients/show.html")]
struct Page {
    shell: Shell,
    client: ClientShown,
    secrets: Vec<SecretRow>,
    /// Whether one more fits beside those that still work.
    fits_another: bool,
    /// Whether one can be retired with another left.
    can_retire: bool,
    /// What it did lately, for those who may read the log.
    records: Option<Vec<Row>>,
    may_write: bool,
}

struct ClientShown {
    id: String,
    name: String,
    description: String,
    enabled: bool,
    scopes: Vec<ScopeShown>,
    grant_types: String,
    lifetime: String,
    contacts: Vec<String>,
    software_id: String,
    allowed_resources: Vec<String>,
    serves_resources: Vec<String>,
    redirect_uris: Vec<String>,
    created: Moment,
    updated: Moment,
    last_used: Option<Moment>,
}

struct ScopeShown {
    name: String,
    description: String,
    is_sensitive: bool,
    is_gone: bool,
}

struct SecretRow {
    id: String,
    is_current: bool,
    created: Moment,
    expires: Option<Moment>,
    last_used: Option<Moment>,
}

/// The page.
pub async fn get(
    visitor: Visitor<ReadClients>,
    path: Path<String>,
    app: Data<Arc<App>>,
) -> Result<HttpResponse, Problem> {
    let client_id = named(&path)?;
    let tenant_id = &visitor.cause().tenant_id;
    let found = app.clients.show(tenant_id, &client_id).await?;
    let records = match visitor.admitted.may::<ReadAudit>() {
        true => Some(activity::latest(&app, tenant_id, &client_id).await?),
        false => None,
    };
    let now = app.clock.now();
    let working = found
        .secrets
        .iter()
        .filter(|secret| secret.is_current(now))
        .count();
    let default = app.settings.tokens.access_token_lifetime.as_secs();
    let drawn = Page {
        client: client_shown(&found.client, &app.catalogue, default, now),
        secrets: found
            .secrets
            .iter()
            .map(|secret| secret_row(secret, now))
            .collect(),
        fits_another: working < MOST_SECRETS,
        can_retire: working > 1,
        records,
        may_write: visitor.admitted.may::<WriteClients>(),
        shell: visitor.shell,
    };
    page(StatusCode::OK, &drawn)
}

fn client_shown(
    client: &Client,
    catalogue: &Catalogue,
    default_lifetime: u64,
    now: Timestamp,
) -> ClientShown {
    let texts = |resources: &[Resource]| {
        let texts = resources
            .iter()
            .map(|resource| resource.as_str().to_owned());
        texts.collect()
    };
    let known = catalogue.all();
    let scopes = client.scope.iter().map(|token| {
        let entry = known.iter().find(|entry| entry.name == token.as_str());
        ScopeShown {
            name: token.as_str().to_owned(),
            description: entry.map_or(String::new(), |entry| entry.description.clone()),
            is_sensitive: entry.is_some_and(|entry| entry.sensitivity == Sensitivity::Sensitive),
            is_gone: entry.is_none(),
        }
    });
    ClientShown {
        id: client.client_id.as_str().to_owned(),
        name: client.client_name.clone(),
        description: client.description.clone(),
        enabled: client.enabled,
        scopes: scopes.collect(),
        grant_types: client.grant_types.join(", "),
        lifetime: match client.access_token_lifetime {
            Some(seconds) => format!("{seconds} seconds"),
            None => format!("{default_lifetime} seconds (the server's default)"),
        },
        contacts: client.contacts.clone(),
        software_id: client.software_id.clone().unwrap_or_default(),
        allowed_resources: texts(&client.allowed_resources),
        serves_resources: texts(&client.serves_resources),
        redirect_uris: client.redirect_uris.clone(),
        created: Moment::new(client.client_id_issued_at, now),
        updated: Moment::new(client.updated_at, now),
        last_used: client.last_used_at.map(|time| Moment::new(time, now)),
    }
}

fn secret_row(secret: &ClientSecret, now: Timestamp) -> SecretRow {
    let moment = |time| Moment::new(time, now);
    SecretRow {
        id: secret.secret_id.clone(),
        is_current: secret.is_current(now),
        created: moment(secret.created_at),
        expires: secret.expires_at.map(moment),
        last_used: secret.last_used_at.map(moment),
    }
}
