//! What is told of each request: one line in the log, and its place in the metrics.

use std::sync::Arc;

use actix_web::dev::ServiceRequest;
use actix_web::http::Method;
use actix_web::web;
use utoipa::openapi::OpenApi;

use super::context::RequestContext;
use super::routes;
use crate::app::App;

/// The status of what is not answered, since its caller hung up: none is sent, and this is what others
/// have in their logs for it.
pub const HUNG_UP: u16 = 499;

/// A request that is told of when it is answered, or when it is dropped.
pub struct Told {
    app: web::Data<Arc<App>>,
    document: Option<web::Data<OpenApi>>,
    context: RequestContext,
    method: &'static str,
    path: String,
    is_told: bool,
}

impl Told {
    /// A request that has just come in.
    pub fn new(
        request: &ServiceRequest,
        app: &web::Data<Arc<App>>,
        context: &RequestContext,
    ) -> Self {
        Self {
            app: app.clone(),
            document: request.app_data::<web::Data<OpenApi>>().cloned(),
            context: context.clone(),
            method: known(request.method()),
            path: request.path().to_owned(),
            is_told: false,
        }
    }

    /// Its path.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// It was answered, by this route.
    pub fn answered(&mut self, route: Option<&str>, status: u16) {
        self.is_told = true;
        let elapsed = self.context.started.elapsed();
        let route = route.unwrap_or("unmatched");
        let metrics = &self.app.metrics;
        metrics
            .requests
            .with_label_values(&[route, self.method, &status.to_string()])
            .inc();
        metrics
            .request_seconds
            .with_label_values(&[route])
            .observe(elapsed.as_secs_f64());
        // The path alone: a query may hold what no log should.
        tracing::info!(
            target: "ambit::request",
            request_id = %self.context.request_id,
            method = self.method,
            path = %Printable(&self.path),
            status,
            duration_us = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX),
            remote = self.context.address.map(tracing::field::display),
            "request"
        );
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        if !self.is_told {
            let document = self.document.clone();
            let route = document.and_then(|document| routes::described(&document, &self.path));
            self.answered(route.as_deref(), HUNG_UP);
        }
    }
}

/// Methods by name; whatever a stranger makes up is one more.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// A path as one line of at most 200 characters, whatever a stranger put into it.
struct Printable<'a>(&'a str);

impl std::fmt::Display for Printable<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for letter in self.0.chars().take(200) {
            if letter.is_ascii_graphic() {
                std::fmt::Write::write_char(formatter, letter)?;
            } else {
                write!(formatter, "{}", letter.escape_default())?;
            }
        }
        Ok(())
    }
}
