//! `/admin/scopes`: every scope, who holds it, and the scopes that administrators add.

use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{self, Data, ServiceConfig};
use askama::Template;
use url::form_urlencoded;

use super::form::{Form, Mistakes};
use super::gate::{Submitted, Visitor};
use super::shell::{Shell, page};
use crate::app::App;
use crate::clients::FieldError;
use crate::http::admin::api::{ReadScopes, WriteScopes};
use crate::http::error::{Problem, sentence};
use crate::model::TenantId;
use crate::scopes::{CatalogueEntry, ScopeError, Sensitivity};
use crate::storage::StorageError;
use crate::storage::clients::{Filter, Order};

const HERE: &str = "/admin/scopes";
/// Where clients are filtered.
const LIST: &str = "/admin/clients?";
/// Clients that are asked what they hold, the newest ones.
const ASKED: u16 = 2_000;

/// The routes.
pub fn configure(config: &mut ServiceConfig) {
    config
        .service(
            web::resource("/scopes")
                .route(web::get().to(get))
                .route(web::post().to(add)),
        )
        .service(web::resource("/scopes/remove").route(web::post().to(remove)));
}

#[derive(Template)]
#[template(path = "admin/scopes.html")]
struct Page {
    shell: Shell,
    own: Vec<Row>,
    built_in: Vec<Row>,
    has_more_clients: bool,
    may_write: bool,
    typed: Typed,
    mistakes: Mistakes,
}

struct Row {
    name: String,
    description: String,
    is_sensitive: bool,
    holders: usize,
    link: String,
}

#[derive(Default)]
struct Typed {
    name: String,
    description: String,
    is_sensitive: bool,
}

/// The page.
async fn get(visitor: Visitor<ReadScopes>, app: Data<Arc<App>>) -> Result<HttpResponse, Problem> {
    let (may_write, tenant_id) = (
        visitor.admitted.may::<WriteScopes>(),
        visitor.cause().tenant_id.clone(),
    );
    let (typed, mistakes) = (Typed::default(), Mistakes::default());
    draw(
        StatusCode::OK,
        visitor.shell,
        &app,
        &tenant_id,
        may_write,
        typed,
        mistakes,
    )
    .await
}

/// Adds a scope.
async fn add(
    submitted: Submitted<WriteScopes>,
    app: Data<Arc<App>>,
) -> Result<HttpResponse, Problem> {
    let Submitted { visitor, form } = submitted;
    let typed = typed(&form);
    let sensitivity = match typed.is_sensitive {
        true => Sensitivity::Sensitive,
        false => Sensitivity::Normal,
    };
    let added = app
        .catalogue
        .add(
            visitor.cause(),
            &typed.name,
            &typed.description,
            sensitivity,
        )
        .await;
    let error = match added {
        Ok(added) => {
            let message = format!("{} is in the catalogue.", added.name);
            return visitor.done(HERE, &message).await;
        }
        Err(error) => error,
    };
    let field = match &error {
        ScopeError::Description => "description",
        ScopeError::Storage(StorageError::Busy | StorageError::Unavailable(_)) => {
            return Err(error.into());
        }
        _ => "name",
    };
    let mistake = FieldError {
        field: field.to_owned(),
        detail: Problem::from(error).detail,
    };
    let tenant_id = visitor.cause().tenant_id.clone();
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    let mistakes = Mistakes::new(vec![mistake]);
    draw(
        status,
        visitor.shell,
        &app,
        &tenant_id,
        true,
        typed,
        mistakes,
    )
    .await
}

fn typed(form: &Form) -> Typed {
    Typed {
        name: form.text("name").trim().to_owned(),
        description: form.text("description").trim().to_owned(),
        is_sensitive: form.text("sensitive") == "yes",
    }
}

/// Removes a scope that was added.
async fn remove(
    submitted: Submitted<WriteScopes>,
    app: Data<Arc<App>>,
) -> Result<HttpResponse, Problem> {
    let Submitted { visitor, form } = submitted;
    let name = form.text("name");
    if form.text("confirm") != "yes" {
        return visitor
            .refused(HERE, "Nothing was removed: tick that you mean it.")
            .await;
    }
    match app.catalogue.remove(visitor.cause(), name).await {
        Ok(()) => {
            let message = format!("{name} is gone. No token is issued for it any more.");
            visitor.done(HERE, &message).await
        }
        Err(error @ ScopeError::BuiltIn) => visitor.refused(HERE, &sentence(&error)).await,
        Err(ScopeError::Storage(StorageError::NotFound)) => {
            visitor.refused(HERE, "There is no such scope.").await
        }
        Err(error) => Err(error.into()),
    }
}

async fn draw(
    status: StatusCode,
    shell: Shell,
    app: &App,
    tenant_id: &TenantId,
    may_write: bool,
    typed: Typed,
    mistakes: Mistakes,
) -> Result<HttpResponse, Problem> {
    let (clients, next) = app
        .clients
        .list(
            tenant_id,
            Filter::default(),
            Order::NewestFirst,
            None,
            ASKED,
        )
        .await?;
    let mut holders: BTreeMap<&str, usize> = BTreeMap::new();
    for token in clients.iter().flat_map(|client| client.scope.iter()) {
        *holders.entry(token.as_str()).or_default() += 1;
    }
    let row = |entry: CatalogueEntry| Row {
        holders: holders
            .get(entry.name.as_str())
            .copied()
            .unwrap_or_default(),
        link: form_urlencoded::Serializer::for_suffix(LIST.to_owned(), LIST.len())
            .append_pair("scope", &entry.name)
            .finish(),
        is_sensitive: entry.sensitivity == Sensitivity::Sensitive,
        name: entry.name,
        description: entry.description,
    };
    let (built_in, own): (Vec<_>, Vec<_>) = app
        .catalogue
        .all()
        .into_iter()
        .partition(|entry| entry.built_in);
    let drawn = Page {
        shell,
        own: own.into_iter().map(row).collect(),
        built_in: built_in.into_iter().map(row).collect(),
        has_more_clients: next.is_some(),
        may_write,
        typed,
        mistakes,
    };
    page(status, &drawn)
}
