//! Every route, once.

use std::borrow::Cow;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use utoipa::openapi::OpenApi;
use utoipa::openapi::path::{HttpMethod, PathItem};
use utoipa_actix_web::service_config::ServiceConfig;

use super::context::RequestContext;
use super::error::Problem;
use super::{actions, admin, auth_testing, docs, index, monitoring, oauth, openapi};

/// Adds every route, and with it its description.
pub fn configure(config: &mut ServiceConfig<'_>) {
    index::configure(config);
    oauth::configure(config);
    auth_testing::configure(config);
    admin::api::configure(config);
    config.service(actions::mcp::post);
    monitoring::configure(config);
    openapi::configure(config);
    docs::configure(config);
}

/// Answers what no route answers: 405 with `Allow` where another method would do, else 404.
pub async fn unmatched(request: HttpRequest, document: web::Data<OpenApi>) -> HttpResponse {
    let context = RequestContext::of(&request);
    let paths = &document.paths.paths;
    // An address that is described itself is none of those that a pattern describes.
    let methods: Vec<_> = match paths.get(request.path()) {
        Some(item) => allowed(item),
        None => {
            let described = paths
                .iter()
                .filter(|(path, _)| matches(path, request.path()));
            described.flat_map(|(_, item)| allowed(item)).collect()
        }
    };
    if methods.is_empty() {
        let detail = "There is nothing at this address.";
        return Problem::new(actix_web::http::StatusCode::NOT_FOUND, detail)
            .of(&context)
            .to_response();
    }
    let detail = format!("This address takes {}.", methods.join(", "));
    let problem = Problem::new(actix_web::http::StatusCode::METHOD_NOT_ALLOWED, detail);
    let mut response = problem.of(&context).to_response();
    if let Ok(value) = header::HeaderValue::from_str(&methods.join(", ")) {
        response.headers_mut().insert(header::ALLOW, value);
    }
    response
}

/// The route of a request, with names in place of variables: for records and metrics. Most addresses
/// have no variable, and are found in the document faster than among the routes.
pub fn pattern(request: &HttpRequest) -> Option<Cow<'_, str>> {
    let path = request.path();
    match request.app_data::<web::Data<OpenApi>>() {
        Some(document) if document.paths.paths.contains_key(path) => Some(path.into()),
        _ => request.match_pattern().map(Cow::from),
    }
}

/// The route that the document has for a path.
pub fn described(document: &OpenApi, path: &str) -> Option<String> {
    let mut routes = document.paths.paths.keys();
    routes.find(|route| matches(route, path)).cloned()
}

fn matches(described: &str, path: &str) -> bool {
    let mut parts = path.split('/');
    let fits = described.split('/').all(|part| match parts.next() {
        Some(given) => part == given || (part.starts_with('{') && !given.is_empty()),
        None => false,
    });
    fits && parts.next().is_none()
}

fn allowed(item: &PathItem) -> Vec<&'static str> {
    let methods = [
        (HttpMethod::Get, item.get.is_some()),
        (HttpMethod::Post, item.post.is_some()),
        (HttpMethod::Put, item.put.is_some()),
        (HttpMethod::Patch, item.patch.is_some()),
        (HttpMethod::Delete, item.delete.is_some()),
    ];
    let mut names = Vec::new();
    for (method, present) in methods {
        if present {
            match method {
                HttpMethod::Get => names.extend(["GET", "HEAD"]),
                HttpMethod::Post => names.push("POST"),
                HttpMethod::Put => names.push("PUT"),
                HttpMethod::Patch => names.push("PATCH"),
                _ => names.push("DELETE"),
            }
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn described_paths_match_what_they_describe() {
        assert!(matches(
            "/admin/api/clients/{client_id}",
            "/admin/api/clients/a"
        ));
        assert!(!matches(
            "/admin/api/clients/{client_id}",
            "/admin/api/clients/"
        ));
        assert!(!matches(
            "/admin/api/clients/{client_id}",
            "/admin/api/clients/a/b"
        ));
        assert!(!matches("/admin/api/clients", "/admin/api"));
    }
}
