//! `GET /admin/clients`: every client, to search, filter, sort and page.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Query};
use askama::Template;
use serde::Deserialize;
use url::form_urlencoded;

use crate::app::App;
use crate::clients::{decode_cursor, encode_cursor};
use crate::http::admin::api::{ReadClients, WriteClients};
use crate::http::admin::gui::gate::Visitor;
use crate::http::admin::gui::shell::{Moment, Shell, page};
use crate::http::error::Problem;
use crate::model::{Client, ScopeToken, Timestamp};
use crate::storage::clients::{Filter, Order};

const HERE: &str = "/admin/clients";
/// Clients on a page.
const ROWS: u16 = 50;
/// Scopes of a client that its row shows.
const SHOWN_SCOPES: usize = 3;
/// Longest text that is searched for, in characters.
const LONGEST_SEARCH: usize = 200;

/// What the address asks for. What makes no sense asks for nothing.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    search: String,
    state: String,
    scope: String,
    sort: String,
    cursor: String,
}

#[derive(Template)]
#[template(path = "admin/clients/list.html")]
struct Page {
    shell: Shell,
    asked: Asked,
    scopes: Vec<String>,
    rows: Vec<Row>,
    may_write: bool,
    is_filtered: bool,
    by_name: Heading,
    by_age: Heading,
    next: Option<String>,
    is_first: bool,
    first: String,
}

/// A column that can be sorted by.
struct Heading {
    /// As `aria-sort` has it; empty if the list is not sorted by it.
    direction: &'static str,
    link: String,
}

struct Row {
    client_id: String,
    client_name: String,
    enabled: bool,
    scopes: Vec<String>,
    more_scopes: usize,
    created: Moment,
    last_used: Option<Moment>,
}

/// The page.
pub async fn get(
    visitor: Visitor<ReadClients>,
    asked: Option<Query<Asked>>,
    app: Data<Arc<App>>,
) -> Result<HttpResponse, Problem> {
    let mut asked = asked.map(Query::into_inner).unwrap_or_default();
    asked.search = searchable(&asked.search);
    let order = order(&asked.sort);
    let after = decode_cursor(&asked.cursor, order).ok();
    let filter = filter(&asked);
    let is_filtered = filter.search.is_some() || filter.enabled.is_some() || filter.scope.is_some();
    let is_first = after.is_none();
    let tenant_id = &visitor.cause().tenant_id;
    let (clients, next) = app
        .clients
        .list(tenant_id, filter, order, after, ROWS)
        .await?;
    let now = app.clock.now();
    let scopes = app.catalogue.all().into_iter().map(|scope| scope.name);
    let drawn = Page {
        scopes: scopes.collect(),
        rows: clients.iter().map(|client| row(client, now)).collect(),
        may_write: visitor.admitted.may::<WriteClients>(),
        is_filtered,
        by_name: heading(
            &asked,
            order,
            (Order::NameAscending, "client_name"),
            (Order::NameDescending, "-client_name"),
        ),
        by_age: heading(
            &asked,
            order,
            (Order::OldestFirst, "client_id_issued_at"),
            (Order::NewestFirst, "-client_id_issued_at"),
        ),
        next: next.map(|next| link(&asked, &asked.sort, &encode_cursor(&next, order))),
        is_first,
        first: link(&asked, &asked.sort, ""),
        shell: visitor.shell,
        asked,
    };
    page(StatusCode::OK, &drawn)
}

fn row(client: &Client, now: Timestamp) -> Row {
    let scopes = client.scope.iter();
    let shown = scopes
        .take(SHOWN_SCOPES)
        .map(|token| token.as_str().to_owned());
    Row {
        client_id: client.client_id.as_str().to_owned(),
        client_name: client.client_name.clone(),
        enabled: client.enabled,
        scopes: shown.collect(),
        more_scopes: client.scope.iter().count().saturating_sub(SHOWN_SCOPES),
        created: Moment::new(client.client_id_issued_at, now),
        last_used: client.last_used_at.map(|time| Moment::new(time, now)),
    }
}

fn searchable(text: &str) -> String {
    let letters = text.trim().chars().filter(|letter| *letter != '\0');
    letters.take(LONGEST_SEARCH).collect()
}

fn filter(asked: &Asked) -> Filter {
    Filter {
        search: Some(asked.search.clone()).filter(|text| !text.is_empty()),
        enabled: match asked.state.as_str() {
            "enabled" => Some(true),
            "disabled" => Some(false),
            _ => None,
        },
        scope: ScopeToken::parse(&asked.scope)
            .ok()
            .map(|token| token.as_str().to_owned()),
    }
}

fn order(sort: &str) -> Order {
    match sort {
        "client_name" => Order::NameAscending,
        "-client_name" => Order::NameDescending,
        "client_id_issued_at" => Order::OldestFirst,
        _ => Order::NewestFirst,
    }
}

/// A heading that sorts by its column, and the other way round where the list is sorted so already.
fn heading(
    asked: &Asked,
    order: Order,
    (up, up_name): (Order, &str),
    (down, down_name): (Order, &str),
) -> Heading {
    let direction = if order == up {
        "ascending"
    } else if order == down {
        "descending"
    } else {
        ""
    };
    let turned = if order == up { down_name } else { up_name };
    let link = link(asked, turned, "");
    Heading { direction, link }
}

/// The address of the list with the same filter.
fn link(asked: &Asked, sort: &str, cursor: &str) -> String {
    let members = [
        ("search", asked.search.as_str()),
        ("state", &asked.state),
        ("scope", &asked.scope),
        ("sort", sort),
        ("cursor", cursor),
    ];
    let given = members.into_iter().filter(|(_, value)| !value.is_empty());
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(given)
        .finish();
    if query.is_empty() {
        HERE.to_owned()
    } else {
        format!("{HERE}?{query}")
    }
}
