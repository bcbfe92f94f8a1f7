//! The listening server: sockets, TLS, limits, and an end that loses nothing.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::middleware::from_fn;
use actix_web::{App as ActixApp, HttpServer, web};
use rustls::ServerConfig;
use utoipa_actix_web::AppExt;

use super::error::Problem;
use super::hosts::Hosts;
use super::{actions, admin, docs, middleware, openapi, routes, stopping, tls};
use crate::app::App;
use crate::config::Server as ServerSettings;

/// How long a connection may take to send a request's head.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);
/// How long an idle connection is kept.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// How long a closing connection may take.
const DISCONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// Connections that wait to be accepted.
const BACKLOG: i32 = 1024;

/// A socket that listens, and the address to be known by.
pub struct Bound {
    /// The socket.
    pub listener: TcpListener,
    /// Scheme and address, such as `http://127.0.0.1:8000`.
    pub address: String,
    tls: Option<ServerConfig>,
}

/// Takes the address that the settings name, and reads the certificate if there is one.
pub fn bind(settings: &ServerSettings) -> io::Result<Bound> {
    let tls = settings.tls.as_ref().map(tls::read).transpose();
    let tls = tls.map_err(|findings| tls::as_io_error(&findings))?;
    let socket = listen(settings.listen)?;
    let address = settings.address(socket.local_addr()?);
    Ok(Bound {
        listener: socket,
        address,
        tls,
    })
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Serves until it is told to stop, then finishes what is under way within the limit that the
/// settings give, and returns.
pub async fn serve(
    app: Arc<App>,
    bound: Bound,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let settings = app.settings.server.clone();
    let hosts = web::Data::new(Hosts::new(
        &app.issuer,
        &bound.address,
        bound.listener.local_addr()?,
        &settings.allowed_hosts,
    ));
    let document = openapi::document(app.invoker.registry()).map_err(io::Error::other)?;
    let document = web::Data::new(document);
    let mcp = actions::mcp::Mcp::new(app.invoker.registry()).map_err(io::Error::other)?;
    let mcp = web::Data::new(mcp);
    let data = web::Data::new(Arc::clone(&app));
    let body_limit = settings.body_limit;
    let (says_stop, stopping) = stopping::pair();
    let stopping = web::Data::new(stopping);
    let stop = async move {
        stop.await;
        says_stop.say();
    };
    let server = HttpServer::new(move || {
        ActixApp::new()
            .configure(|config| actions::rest::configure(config, app.invoker.registry()))
            .configure(docs::configure_aliases)
            .into_utoipa_app()
            .openapi(openapi::frame())
            .configure(routes::configure)
            .map(|inner| {
                inner
                    .app_data(data.clone())
                    .app_data(hosts.clone())
                    .app_data(document.clone())
                    .app_data(mcp.clone())
                    .app_data(stopping.clone())
                    .app_data(json_config(body_limit))
                    .app_data(query_config())
                    .app_data(path_config())
                    .app_data(web::PayloadConfig::new(body_limit))
                    .service(admin::gui::scope())
                    .default_service(web::route().to(routes::unmatched))
                    .wrap(from_fn(middleware::around))
            })
            .into_app()
    })
    .workers(settings.workers)
    .backlog(BACKLOG.unsigned_abs())
    .max_connections(settings.max_connections)
    .keep_alive(KEEP_ALIVE)
    .client_request_timeout(HEAD_TIMEOUT)
    .client_disconnect_timeout(DISCONNECT_TIMEOUT)
    // A caller that closes its side waits for no answer: what it asked for is stopped, and keeps no
    // place among its client's calls.
    .h1_allow_half_closed(false)
    .shutdown_timeout(settings.shutdown_timeout.as_secs())
    .shutdown_signal(stop);
    let server = match bound.tls {
        Some(tls) => server.listen_rustls_0_23(bound.listener, tls)?,
        None => server.listen(bound.listener)?,
    };
    server.run().await
}

fn json_config(limit: usize) -> web::JsonConfig {
    web::JsonConfig::default()
        .limit(limit)
        .error_handler(|error, _| {
            use actix_web::error::JsonPayloadError as E;
            use actix_web::http::StatusCode;
            let (status, detail) = match &error {
                E::ContentType => (
                    StatusCode::UNSUPPORTED_MEDIA_TYPE,
                    "The body must be application/json.".to_owned(),
                ),
                E::OverflowKnownLength { .. } | E::Overflow { .. } => (
                    StatusCode::PAYLOAD_TOO_LARGE,
                    "The body is too large.".to_owned(),
                ),
                E::Deserialize(error) if error.is_data() => (
                    StatusCode::UNPROCESSABLE_ENTITY,
                    format!("The body is not as described: {}.", without_values(error)),
                ),
                E::Deserialize(_) => (
                    StatusCode::BAD_REQUEST,
                    "The body is not well-formed JSON.".to_owned(),
                ),
                _ => (
                    StatusCode::BAD_REQUEST,
                    "The body could not be read.".to_owned(),
                ),
            };
            Problem::new(status, detail).into()
        })
}

/// What is wrong with a body, without what it says: that may be a password in the wrong place.
fn without_values(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let names_fields = ["missing field", "unknown field", "duplicate field"];
    if names_fields.iter().any(|begin| text.starts_with(begin)) {
        return text;
    }
    let (line, column) = (error.line(), error.column());
    format!("a value of the wrong kind before line {line} column {column}")
}

fn query_config() -> web::QueryConfig {
    web::QueryConfig::default().error_handler(|error, _| {
        let detail = format!("The query is not as described: {error}.");
        Problem::new(actix_web::http::StatusCode::BAD_REQUEST, detail).into()
    })
}

fn path_config() -> web::PathConfig {
    web::PathConfig::default().error_handler(|_, _| {
        let detail = "There is nothing at this address.";
        Problem::new(actix_web::http::StatusCode::NOT_FOUND, detail).into()
    })
}
