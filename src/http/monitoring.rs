//! For whoever watches over the server: alive, ready, and Prometheus.

use std::sync::Arc;

use actix_web::http::header;
use actix_web::{HttpResponse, get, web};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::error::Problem;
use crate::app::App;
use crate::metrics::Metrics;

/// The routes.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(get_healthz)
        .service(get_readyz)
        .service(get_metrics);
}

/// How the server is.
#[derive(Serialize, ToSchema)]
struct Health {
    /// `alive` or `ready`.
    #[schema(example = "ready")]
    status: &'static str,
}

/// Whether the process is alive
///
/// Asks nothing but the process itself, so that nobody restarts it for want of a database.
#[utoipa::path(tag = "Monitoring", responses((status = 200, body = Health)))]
#[get("/healthz")]
async fn get_healthz() -> HttpResponse {
    HttpResponse::Ok().json(Health { status: "alive" })
}

/// Whether requests can be served
///
/// They can while the database answers, what is remembered of it is fresh, and there is a key to sign
/// with.
#[utoipa::path(
    tag = "Monitoring",
    responses(
        (status = 200, body = Health),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/readyz")]
async fn get_readyz(app: web::Data<Arc<App>>) -> Result<HttpResponse, Problem> {
    app.is_ready()
        .await
        .map_err(|error| Problem::unavailable(&error))?;
    Ok(HttpResponse::Ok().json(Health { status: "ready" }))
}

/// Measurements in Prometheus' text format
///
/// Requests, tokens and decisions, counted and timed.
#[utoipa::path(
    tag = "Monitoring",
    responses((status = 200, body = String, content_type = "text/plain"))
)]
#[get("/metrics")]
async fn get_metrics(app: web::Data<Arc<App>>) -> Result<HttpResponse, Problem> {
    app.read_gauges();
    let text = app
        .metrics
        .render()
        .map_err(|error| Problem::unavailable(&error))?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, Metrics::CONTENT_TYPE))
        .body(text))
}
