//! The least that actix can do: a handler that returns bytes that it has. It runs in a process of
//! its own, as the server does that it is compared with: the bench starts itself again.

use std::env;
use std::io::{Read, Write};
use std::process::{Command, Stdio};

use actix_web::http::header::ContentType;
use actix_web::web::{self, Bytes};
use actix_web::{App, HttpResponse, HttpServer};
use tempfile::NamedTempFile;

use super::load;
use super::process::{LISTENING, Process};
use super::settings::Settings;
use super::statistics::Sample;

/// The argument that makes the bench's binary serve.
pub const ARGUMENT: &str = "serve-bare-handler";

/// The handlers that Ambit is measured against, each named for what it returns.
pub struct Handlers {
    /// The answer of `/protected`.
    pub protected: Bare,
    /// That of `list_releases` by REST.
    pub rest: Bare,
    /// That of `list_releases` by MCP.
    pub mcp: Bare,
}

/// A handler that returns what Ambit answers to a request, and what was measured of it.
pub struct Bare {
    /// With all connections.
    pub samples: Vec<Sample>,
    /// With one.
    pub alone: Vec<Sample>,
    process: Process,
    request: Vec<u8>,
}

impl Bare {
    /// Starts a process that answers every request with the body that Ambit answers to this one.
    pub fn start(ambit: &Process, request: &[u8]) -> anyhow::Result<Self> {
        let mut file = NamedTempFile::new()?;
        file.write_all(&load::body(ambit.address(), request)?)?;
        let mut command = Command::new(env::current_exe()?);
        let process = Process::start(command.arg(ARGUMENT).stdin(Stdio::from(file.reopen()?)))?;
        Ok(Self {
            samples: Vec::new(),
            alone: Vec::new(),
            process,
            request: request.to_vec(),
        })
    }

    /// Measures it with as many connections as Ambit is measured with.
    pub fn measure(&mut self, settings: &Settings) -> anyhow::Result<()> {
        self.samples
            .push(self.load(settings.connections, settings)?);
        Ok(())
    }

    /// Measures it with one request at a time.
    pub fn measure_alone(&mut self, settings: &Settings) -> anyhow::Result<()> {
        self.alone.push(self.load(1, settings)?);
        Ok(())
    }

    fn load(&self, connections: usize, settings: &Settings) -> anyhow::Result<Sample> {
        let requests = [self.request.clone()];
        load::for_a_while(
            self.process.address(),
            &requests,
            connections,
            settings.window,
        )
    }
}

/// Serves what stdin says until the process is ended.
pub fn serve() -> anyhow::Result<()> {
    let mut body = Vec::new();
    std::io::stdin().read_to_end(&mut body)?;
    let body = Bytes::from(body);
    actix_web::rt::System::new().block_on(async {
        let server = HttpServer::new(move || {
            let body = body.clone();
            // Without the request's body, the connection would end with the answer.
            App::new().default_service(web::to(move |_asked: Bytes| {
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
