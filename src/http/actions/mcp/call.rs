//! `tools/call`: an action, run for an agent.
//!
//! An answer is one JSON object, unless the call takes longer than a moment or there is progress to report
//! before it: then it is a stream of events that ends with the answer. Whoever closes the connection cancels
//! the call, since the future that runs it is dropped; in a stream, where something is sent now and then, that
//! is noticed soon.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix_web::http::{StatusCode, header};
use actix_web::web::Bytes;
use actix_web::{HttpResponse, HttpResponseBuilder};
use futures_util::{Stream, stream};
use rmcp::model::ErrorCode;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use tokio::sync::mpsc;

use super::super::problem;
use super::message::{self, Fault, Parameters};
use super::{Declined, Exchange, Opening, content};
use crate::actions::{Answer, Input, Progress, Refusal, Registered, Registry, Reporter};
use crate::http::challenge::Challenge;
use crate::http::context::RequestContext;
use crate::http::error::Problem;

/// How long nothing is sent to a client that takes events. What cannot be sent tells that it is gone.
const SILENCE: Duration = Duration::from_secs(1);
/// Reports of progress that wait to be sent. What comes while so many wait is left out.
const WAITING_REPORTS: usize = 16;
/// Characters of an unknown tool's name that are said again.
const LONGEST_NAME: usize = 128;

/// Answers a call.
///
/// # Errors
/// The caller may not use the tool.
pub async fn call(
    exchange: Exchange<'_>,
    wanted: Wanted<'_>,
    id: &str,
) -> Result<HttpResponse, Declined> {
    let invoker = Arc::clone(&exchange.app.invoker);
    let token = wanted.progress_token.map(Box::from);
    let (sender, progress) = mpsc::channel(WAITING_REPORTS);
    let reporter = token.is_some() && exchange.takes_events;
    let input = Input {
        value: wanted.arguments,
        idempotency_key: wanted.idempotency_key,
        reporter: reporter.then(|| increasing(sender)),
    };
    let writer = Writer {
        id: id.into(),
        token,
        opening: exchange.opening(),
        context: exchange.context.clone(),
        issuer: exchange.app.issuer.clone(),
    };
    let cancellable = exchange.mcp.under_way.begin(&exchange.principal, id);
    let admission = invoker
        .admit_caller(wanted.action, exchange.principal, exchange.cause, "mcp")
        .await;
    let admission = admission.map_err(|refusal| problem(refusal, exchange.challenge))?;
    let mut running = Running {
        progress,
        silence: exchange.takes_events.then_some(SILENCE),
        call: Box::pin(async move {
            tokio::select! {
                () = cancellable.cancelled() => Outcome::Cancelled,
                outcome = invoker.perform(admission, input) => {
                    outcome.map_or_else(Outcome::Refused, Outcome::Answered)
                }
            }
        }),
    };
    match running.step().await {
        first @ (Step::Progress(_) | Step::Silence) => {
            Ok(events().streaming(stream_of(running, writer, first)))
        }
        Step::End(Outcome::Answered(answer)) => Ok(json(writer.answered(&answer))),
        Step::End(Outcome::Refused(Refusal::Action(error))) => {
            Ok(json(writer.failed(error.into())))
        }
        Step::End(Outcome::Refused(refusal)) => Err(problem(refusal, exchange.challenge).into()),
        // There is nobody to answer any more.
        Step::End(Outcome::Cancelled) => Ok(HttpResponse::Accepted().finish()),
    }
}

/// Hands reports on, but none of less or as much progress as one before: MCP wants it to increase.
fn increasing(reports: mpsc::Sender<Progress>) -> Reporter {
    let reached = Mutex::new(f64::NEG_INFINITY);
    Arc::new(move |progress: Progress| {
        let mut reached = reached.lock().unwrap_or_else(PoisonError::into_inner);
        if progress.done > *reached {
            *reached = progress.done;
            drop(reports.try_send(progress));
        }
    })
}

/// Which tool a client wants to be called, and how.
pub struct Wanted<'a> {
    action: &'static Registered,
    arguments: Value,
    idempotency_key: Option<String>,
    progress_token: Option<&'a str>,
}

impl<'a> Wanted<'a> {
    /// Reads it from the parameters of a request.
    ///
    /// # Errors
    /// They name no tool that there is, or are not as they should be.
    pub fn new(parameters: Parameters<'a>, registry: &Registry) -> Result<Self, Fault> {
        let invalid = |why: String| Fault::bad(ErrorCode::INVALID_PARAMS, why);
        let name = parameters
            .name
            .ok_or_else(|| invalid("The name of a tool is missing.".to_owned()))?;
        let action = registry.by_name(&name).ok_or_else(|| {
            let name: String = name.chars().take(LONGEST_NAME).collect();
            // The message is as it should be, and its answer an answer.
            invalid(format!("Unknown tool: {name}")).status(StatusCode::OK)
        })?;
        let arguments = match parameters.arguments {
            None => Value::Object(Map::new()),
            Some(arguments @ Value::Object(_)) => arguments,
            Some(_) => return Err(invalid("The arguments must be an object.".to_owned())),
        };
        let meta = parameters.meta.unwrap_or_default();
        let progress_token = meta.progress_token.map(RawValue::get);
        if progress_token.is_some_and(|token| !message::is_string_or_integer(token)) {
            let why = "The progressToken must be a string or an integer.";
            return Err(invalid(why.to_owned()));
        }
        Ok(Self {
            action,
            arguments,
            idempotency_key: meta.idempotency_key,
            progress_token,
        })
    }
}

fn json(body: String) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/json")
        .body(body)
}

fn events() -> HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    response
        .content_type("text/event-stream")
        .insert_header((header::HeaderName::from_static("x-accel-buffering"), "no"));
    response
}

enum Outcome {
    Answered(Answer),
    Refused(Refusal),
    Cancelled,
}

/// A call under way. It ends when this is dropped.
struct Running {
    progress: mpsc::Receiver<Progress>,
    silence: Option<Duration>,
    call: Pin<Box<dyn Future<Output = Outcome>>>,
}

enum Step {
    Progress(Progress),
    Silence,
    End(Outcome),
}

impl Running {
    /// Goes on until there is something to tell, or nothing was told for a while.
    async fn step(&mut self) -> Step {
        let silence = self.silence.unwrap_or_default();
        tokio::select! {
            biased;
            Some(progress) = self.progress.recv() => Step::Progress(progress),
            outcome = &mut self.call => Step::End(outcome),
            () = tokio::time::sleep(silence), if self.silence.is_some() => Step::Silence,
        }
    }
}

/// What is told of a call from the first step on.
fn stream_of(
    running: Running,
    writer: Writer,
    first: Step,
) -> impl Stream<Item = Result<Bytes, Infallible>> {
    let state = Some((running, writer, Some(first)));
    stream::unfold(state, async |state| {
        let (mut running, writer, first) = state?;
        let step = match first {
            Some(step) => step,
            None => running.step().await,
        };
        let (text, goes_on) = match step {
            Step::Progress(progress) => (writer.progress(&progress), true),
            Step::Silence => (COMMENT.to_owned(), true),
            Step::End(outcome) => {
                let mut text = String::new();
                while let Ok(progress) = running.progress.try_recv() {
                    text.push_str(&writer.progress(&progress));
                }
                match outcome {
                    Outcome::Answered(answer) => text.push_str(&event(&writer.answered(&answer))),
                    Outcome::Refused(refusal) => text.push_str(&event(&writer.failed(refusal))),
                    Outcome::Cancelled => {}
                }
                (text, false)
            }
        };
        let state = goes_on.then_some((running, writer, None));
        Some((Ok(Bytes::from(text)), state))
    })
}

/// An event that says nothing.
const COMMENT: &str = ":\n\n";

/// A message as an event. JSON without line breaks is one line.
fn event(message: &str) -> String {
    format!("event: message\ndata: {message}\n\n")
}

/// Writes what one request is told.
struct Writer {
    id: Box<str>,
    token: Option<Box<str>>,
    opening: Opening,
    context: RequestContext,
    issuer: String,
}

impl Writer {
    /// What an action answered: as it is, and as text for clients that know nothing else.
    fn answered(&self, answer: &Answer) -> String {
        let json = &answer.json;
        let content = content::of(json);
        let result = format!(
            r#"{}"content":{content},"structuredContent":{json},"isError":false}}"#,
            self.opening.of(None),
        );
        message::answer(&self.id, &result)
    }

    /// Why there is no answer. It stands in the text and in `_meta`, for the structured content of a tool
    /// has to fit the schema of its output.
    fn failed(&self, refusal: Refusal) -> String {
        let challenge = Challenge::of(&self.issuer, "/mcp");
        let problem = problem(refusal, challenge).of(&self.context);
        let problem = written(&problem);
        let content = content::text(&problem);
        let result = format!(
            r#"{}"content":{content},"isError":true}}"#,
            self.opening.of(Some(&problem)),
        );
        message::answer(&self.id, &result)
    }

    /// How far the call has come, as an event.
    fn progress(&self, progress: &Progress) -> String {
        #[derive(Serialize)]
        struct Notification<'a> {
            jsonrpc: &'static str,
            method: &'static str,
            params: Parameters<'a>,
        }
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Parameters<'a> {
            progress_token: Option<&'a RawValue>,
            progress: f64,
            #[serde(skip_serializing_if = "Option::is_none")]
            total: Option<f64>,
            message: &'a str,
        }
        let token = self.token.as_deref();
        event(&written(&Notification {
            jsonrpc: "2.0",
            method: "notifications/progress",
            params: Parameters {
                progress_token: token.and_then(|token| serde_json::from_str(token).ok()),
                progress: progress.done,
                total: progress.total,
                message: &progress.message,
            },
        }))
    }
}

/// A value as JSON.
pub fn written(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

impl From<Problem> for Declined {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<Fault> for Declined {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}
