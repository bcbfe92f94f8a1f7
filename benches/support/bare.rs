//! The least that actix can do: a handler that returns bytes that it has. It runs in a process of
//! its own, as the server does that it is compared with: the bench starts itself again.

use std::env;
use std::io::{Read, Write};
use std::process::{Command, Stdio};

use actix_web::http::header::ContentType;
use actix_web::web::{self, Bytes};
use actix_web::{App, HttpResponse, HttpServer};
use tempfile::NamedTempFile;

use super::process::{LISTENING, Process};

/// The argument that makes the bench's binary serve.
pub const ARGUMENT: &str = "serve-bare-handler";

/// Starts a process that answers every request with this body.
pub fn start(body: &[u8]) -> anyhow::Result<Process> {
    let mut file = NamedTempFile::new()?;
    file.write_all(body)?;
    let mut command = Command::new(env::current_exe()?);
    Process::start(command.arg(ARGUMENT).stdin(Stdio::from(file.reopen()?)))
}

/// Serves what stdin says until the process is ended.
pub fn serve() -> anyhow::Result<()> {
    let mut body = Vec::new();
    std::io::stdin().read_to_end(&mut body)?;
    let body = Bytes::from(body);
    actix_web::rt::System::new().block_on(async {
        let server = HttpServer::new(move || {
            let body = body.clone();
            App::new().default_service(web::to(move || {
                let body = body.clone();
                async {
                    HttpResponse::Ok()
                        .content_type(ContentType::json())
                        .body(body)
                }
            }))
        })
        .bind("127.0.0.1:0")?;
        for address in server.addrs() {
            println!("the bare handler{LISTENING}{address}");
        }
        Ok(server.run().await?)
    })
}
