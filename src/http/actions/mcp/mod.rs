//! Actions by MCP, over streamable HTTP, in the revisions 2025-06-18, 2025-11-25 and 2026-07-28.
//!
//! Every request stands for itself: there are no sessions, so that any replica answers any request. Who
//! calls is found out before the body is read, and whether a tool may be called before the answer begins, so that
//! a refusal is an HTTP status with a challenge, as the authorization specification asks. The types of the
//! protocol are rmcp's; its HTTP service is not used, since it starts a task for each request, parses answers
//! again, and cannot cancel a call that has no session.
//!
//! - `message` reads and writes JSON-RPC; `revision` finds out how a request is to be understood;
//! - `content` is what an answer is besides its structured content;
//! - `introduction` says what the server is, `tools` what it offers, `call` does it;
//! - `under_way` knows the calls that may be cancelled.

mod call;
mod content;
mod introduction;
mod message;
mod revision;
mod tools;
mod under_way;

use std::sync::Arc;

use actix_web::error::PayloadError;
use actix_web::http::{StatusCode, header};
use actix_web::web::{self, Bytes};
use actix_web::{FromRequest, HttpRequest, HttpResponse, post};
use rmcp::model::ErrorCode;
use serde_json::value::RawValue;

use super::super::challenge::Challenge;
use super::super::context::RequestContext;
use super::super::error::Problem;
use super::super::hosts::Hosts;
use crate::actions::{Call, Door, Registry};
use crate::app::App;
use crate::audit::Cause;
use crate::http::accept::Accept;
use crate::model::Principal;
use call::Wanted;
use message::{Fault, Members, Message};
use revision::Era;
use tools::Tools;
use under_way::UnderWay;

/// How long a list of tools stays true, in milliseconds.
const LIST_FRESH: u64 = 60_000;

/// What all requests share.
pub struct Mcp {
    tools: Tools,
    under_way: UnderWay,
}

impl Mcp {
    /// Over these actions.
    ///
    /// # Errors
    /// An action that cannot be described as a tool.
    pub fn new(registry: &Registry) -> Result<Self, String> {
        Ok(Self {
            tools: Tools::new(registry)?,
            under_way: UnderWay::default(),
        })
    }
}

/// One message of the Model Context Protocol
#[utoipa::path(
    tag = "MCP",
    operation_id = "mcp",
    description = "Streamable HTTP without sessions, in the revisions 2025-06-18, 2025-11-25 and \
                   2026-07-28 of the Model Context Protocol. The tools are the actions; the access \
                   token's `aud` must name this address, as it does where the token was asked for \
                   with this address as `resource`. The form of `/docs` cannot ask so, and its \
                   tokens are refused here with 401.",
    security(("client_credentials" = [])),
    request_body(
        content = Members,
        content_type = "application/json",
        example = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"})
    ),
    responses(
        (status = 200, description = "The answer to a request, or a JSON-RPC error; a stream of \
            events where the client asked for progress.",
            content(
                (Object = "application/json"),
                (String = "text/event-stream"),
            )),
        (status = 202, description = "A notification was accepted."),
        (status = 400, description = "A JSON-RPC error: the message cannot be accepted.", body = Object),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "A JSON-RPC error: there is no such method.", body = Object),
        (status = 406, body = Problem, content_type = "application/problem+json"),
        (status = 413, body = Problem, content_type = "application/problem+json"),
        (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 429, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/mcp")]
pub async fn post(
    request: HttpRequest,
    payload: web::Payload,
    app: web::Data<Arc<App>>,
    mcp: web::Data<Mcp>,
    hosts: web::Data<Hosts>,
) -> Result<HttpResponse, Problem> {
    refuse_origin(&request, &hosts)?;
    let context = RequestContext::of(&request);
    let challenge = Challenge::of(&app.issuer, "/mcp");
    let resource = format!("{}/mcp", app.issuer);
    let call = Call {
        door: Door {
            name: "mcp",
            audiences: &[&resource],
        },
        authorization: &super::authorization(&request),
        cause: context.cause(""),
    };
    let authenticated = app.invoker.authenticate(&call, "mcp").await;
    let principal = authenticated.map_err(|refusal| challenge.unauthenticated(refusal))?;
    let received = received(&request, payload).await;
    let mut exchange = Exchange {
        app: &app,
        mcp: &mcp,
        challenge,
        context,
        cause: call.cause,
        principal,
        takes_events: false,
        era: Era::Legacy,
    };
    let answered = match received {
        Ok((takes_events, body)) => {
            exchange.takes_events = takes_events;
            exchange.answer(&request, &body).await
        }
        Err(problem) => Err(exchange.count().err().unwrap_or(problem).into()),
    };
    match answered {
        Ok(response) => Ok(response),
        Err(Declined::Fault(fault)) => Ok(fault.to_response()),
        Err(Declined::Problem(problem)) => Err(problem),
    }
}

/// What a client wants of the server, with the identifier under which it is answered.
enum Asked<'a> {
    /// A tool is to be called.
    Call(Wanted<'a>, &'a str),
    /// Something else is to be answered.
    Request(Message<'a>, &'a str),
    /// Nothing: a notification.
    Nothing(Message<'a>),
}

/// Why a message is not answered as it wishes.
enum Declined {
    /// The message is at fault.
    Fault(Fault),
    /// The caller may not, or the server cannot.
    Problem(Problem),
}

/// One request, whose caller is known.
struct Exchange<'a> {
    app: &'a App,
    mcp: &'a Mcp,
    challenge: Challenge<'a>,
    context: RequestContext,
    cause: Cause,
    principal: Arc<Principal>,
    takes_events: bool,
    era: Era,
}

impl Exchange<'_> {
    async fn answer(
        mut self,
        request: &HttpRequest,
        body: &[u8],
    ) -> Result<HttpResponse, Declined> {
        let asked = self.understand(request, body);
        // A call is counted where it is admitted.
        if !matches!(asked, Ok(Asked::Call(..))) {
            self.count()?;
        }
        let (message, id) = match asked? {
            Asked::Call(wanted, id) => return call::call(self, wanted, id).await,
            Asked::Nothing(message) => {
                self.notified(&message);
                return Ok(HttpResponse::Accepted().finish());
            }
            Asked::Request(message, id) => (message, id),
        };
        let result = match (message.method.as_str(), self.era) {
            ("tools/list", _) => self.list(&message)?,
            ("initialize", Era::Legacy) => {
                introduction::initialize(message.parameters.protocol_version.as_deref())
            }
            ("ping", Era::Legacy) => "{}".to_owned(),
            ("server/discover", Era::Modern) => introduction::discover(),
            _ => {
                let why = "There is no such method here.";
                let fault = Fault::bad(ErrorCode::METHOD_NOT_FOUND, why).of(Some(id));
                return Err(fault.status(self.era.unknown_method()).into());
            }
        };
        Ok(HttpResponse::Ok()
            .content_type("application/json")
            .body(message::answer(id, &result)))
    }

    fn understand<'a>(
        &mut self,
        request: &HttpRequest,
        body: &'a [u8],
    ) -> Result<Asked<'a>, Fault> {
        let message = message::read(body)?;
        let Some(id) = message.id else {
            return Ok(Asked::Nothing(message));
        };
        let era = revision::era(request.headers(), &message);
        self.era = era.map_err(|fault| fault.of(Some(id)))?;
        if message.method != "tools/call" {
            return Ok(Asked::Request(message, id));
        }
        let wanted = Wanted::new(message.parameters, self.app.invoker.registry());
        let wanted = wanted.map_err(|fault| fault.of(Some(id)))?;
        Ok(Asked::Call(wanted, id))
    }

    /// Counts what was sent for what its client may send.
    fn count(&self) -> Result<(), Problem> {
        let counted = self.app.invoker.count_request(&self.principal);
        counted.map_err(|refusal| super::problem(refusal, self.challenge))
    }

    fn notified(&self, message: &Message<'_>) {
        let meant = message.parameters.request_id.map(RawValue::get);
        if let ("notifications/cancelled", Some(id)) = (message.method.as_str(), meant) {
            self.mcp.under_way.cancel(&self.principal, id);
        }
    }

    fn list(&self, message: &Message<'_>) -> Result<String, Fault> {
        let permitted = self.app.invoker.permitted(&self.principal);
        let cursor = message.parameters.cursor.as_deref();
        let page = self.mcp.tools.page(permitted, cursor, tools::PAGE);
        let page = page.ok_or_else(|| {
            let why = "This is no cursor of the list.";
            Fault::bad(ErrorCode::INVALID_PARAMS, why)
                .status(StatusCode::OK)
                .of(message.id)
        })?;
        let mut result = self.opening().of(None);
        if self.era == Era::Modern {
            result.push_str(&format!(r#""ttlMs":{LIST_FRESH},"cacheScope":"private","#));
        }
        if let Some(next) = page.next {
            result.push_str(&format!(r#""nextCursor":"{next}","#));
        }
        Ok(format!(r#"{result}"tools":{}}}"#, page.tools))
    }

    fn opening(&self) -> Opening {
        Opening(self.era)
    }
}

/// How results begin.
#[derive(Clone, Copy)]
struct Opening(Era);

impl Opening {
    /// With a problem, if there is one, as JSON.
    fn of(self, problem: Option<&str>) -> String {
        let server = (self.0 == Era::Modern).then(|| {
            let identity = introduction::IDENTITY.as_str();
            format!(r#""{}":{identity}"#, introduction::SERVER_INFO)
        });
        let problem = problem.map(|problem| format!(r#""ambit/problem":{problem}"#));
        let meta: Vec<String> = server.into_iter().chain(problem).collect();
        let kind = match self.0 {
            Era::Legacy => "",
            Era::Modern => r#""resultType":"complete","#,
        };
        if meta.is_empty() {
            format!("{{{kind}")
        } else {
            format!(r#"{{{kind}"_meta":{{{}}},"#, meta.join(","))
        }
    }
}

/// A page in a browser may only call the server that it came from.
fn refuse_origin(request: &HttpRequest, hosts: &Hosts) -> Result<(), Problem> {
    let mut origins = request.headers().get_all(header::ORIGIN);
    let accepted = origins.all(|origin| origin.to_str().is_ok_and(|text| hosts.is_origin(text)));
    if accepted {
        return Ok(());
    }
    let detail = "Pages of other origins may not call this.";
    Err(Problem::new(StatusCode::FORBIDDEN, detail).kind("urn:ambit:problem:origin"))
}

/// Whether the client takes events, besides JSON, which it must. One that says nothing takes JSON alone.
fn accepted(request: &HttpRequest) -> Result<bool, Problem> {
    let accept = Accept::of(request.headers());
    if accept.weight("application/json") == 0 {
        let detail = "Answers are application/json, or text/event-stream.";
        return Err(Problem::new(StatusCode::NOT_ACCEPTABLE, detail));
    }
    Ok(!accept.is_silent() && accept.weight("text/event-stream") > 0)
}

/// Whether the client takes events, and what it sent.
async fn received(request: &HttpRequest, payload: web::Payload) -> Result<(bool, Bytes), Problem> {
    Ok((accepted(request)?, read(request, payload).await?))
}

async fn read(request: &HttpRequest, payload: web::Payload) -> Result<Bytes, Problem> {
    use actix_web::HttpMessage;
    if request.content_type() != "application/json" {
        let detail = "The body must be application/json.";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
    }
    let body = Bytes::from_request(request, &mut payload.into_inner()).await;
    body.map_err(|error| match error.as_error::<PayloadError>() {
        Some(PayloadError::Overflow) => {
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "The body is too large.")
        }
        _ => Problem::new(StatusCode::BAD_REQUEST, "The body could not be read."),
    })
}
