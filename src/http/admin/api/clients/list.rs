//! `GET /admin/api/clients`.

use std::sync::Arc;

use actix_web::get;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Json, Query};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::super::refusals::Refusals;
use crate::app::App;
use crate::clients::{ClientPage, ClientView, decode_cursor, encode_cursor};
use crate::http::admin::api::ReadClients;
use crate::http::deferred::Deferred;
use crate::http::error::Problem;
use crate::http::extract::Admitted;
use crate::model::ScopeToken;
use crate::storage::clients::{Filter, Order};

/// Which clients, in which order, from where.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Only clients whose name, description or identifier contains this, in any case.
    #[param(max_length = 200, pattern = r"^[^\u0000]*$")]
    search: Option<String>,
    /// Only enabled ones, or only disabled ones.
    enabled: Option<bool>,
    /// Only clients that may ask for this scope.
    #[param(max_length = 128, pattern = r"^[!#-\[\]-~]+$")]
    scope: Option<String>,
    /// What to order by; newest first if left out.
    #[param(inline)]
    sort: Option<Sort>,
    /// Clients on the page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
    /// `next_cursor` of the page before. Hand in the same `sort` with it.
    cursor: Option<String>,
}

/// What to order by.
#[derive(Deserialize, ToSchema)]
enum Sort {
    /// By name, A to Z.
    #[serde(rename = "client_name")]
    Name,
    /// By name, Z to A.
    #[serde(rename = "-client_name")]
    NameDescending,
    /// Oldest registration first.
    #[serde(rename = "client_id_issued_at")]
    Age,
    /// Newest registration first.
    #[serde(rename = "-client_id_issued_at")]
    AgeDescending,
}

impl From<Sort> for Order {
    fn from(sort: Sort) -> Self {
        match sort {
            Sort::Name => Self::NameAscending,
            Sort::NameDescending => Self::NameDescending,
            Sort::Age => Self::OldestFirst,
            Sort::AgeDescending => Self::NewestFirst,
        }
    }
}

/// Clients, a page at a time
///
/// Newest first, unless `sort` says otherwise.
#[utoipa::path(
    operation_id = "list_clients",
    tag = "Clients",
    security(("administrator" = []), ("client_credentials" = ["ambit:clients:read"])),
    params(ListQuery),
    responses(
        (status = 200, body = ClientPage),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        Refusals,
    )
)]
#[get("/admin/api/clients")]
pub async fn get(
    caller: Admitted<ReadClients>,
    query: Deferred<Query<ListQuery>>,
    app: Data<Arc<App>>,
) -> Result<Json<ClientPage>, Problem> {
    let bad = |detail: &str| Problem::new(StatusCode::BAD_REQUEST, detail);
    let query = query.read()?.into_inner();
    let limit = query.limit.unwrap_or(50);
    if !(1..=200).contains(&limit) {
        return Err(bad("limit is 1 to 200."));
    }
    let too_long = |search: &String| search.chars().count() > 200 || search.contains('\0');
    if query.search.as_ref().is_some_and(too_long) {
        return Err(bad("search has at most 200 characters, and no NUL."));
    }
    if query
        .scope
        .as_ref()
        .is_some_and(|scope| ScopeToken::parse(scope).is_err())
    {
        return Err(bad("scope is one scope."));
    }
    let order = query.sort.map(Order::from).unwrap_or_default();
    let decode = |cursor| decode_cursor(cursor, order);
    let after = query.cursor.as_deref().map(decode).transpose();
    let after =
        after.map_err(|_| bad("The cursor is not one that a list of this order gave out."))?;
    let filter = Filter {
        search: query.search,
        enabled: query.enabled,
        scope: query.scope,
    };
    let (clients, next) = app
        .clients
        .list(&caller.cause.tenant_id, filter, order, after, limit)
        .await?;
    Ok(Json(ClientPage {
        clients: clients.iter().map(ClientView::from).collect(),
        next_cursor: next.as_ref().map(|next| encode_cursor(next, order)),
    }))
}
