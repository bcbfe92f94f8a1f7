//! An action run by an administrator as a client, with a token that is issued for it, shown to nobody
//! and soon at its end; and the decision about it, step by step.

use std::sync::Arc;
use std::time::Instant;

use actix_web::HttpRequest;
use serde_json::Value;

use super::SECTIONS;
use super::gate::Visitor;
use crate::actions::{ActionError, Answer, Call, Door, Input, Refusal, Registered, Room};
use crate::app::App;
use crate::audit::{Actor, ActorKind, Cause, Decision, Entry};
use crate::clients::FieldError;
use crate::http::actions::failed;
use crate::http::admin::api::WriteClients;
use crate::http::admin::api::clients::must_cover_client;
use crate::http::context::RequestContext;
use crate::http::error::{Problem, sentence};
use crate::model::{Client, ClientId, Principal, Resource, TenantId};
use crate::oauth::Unauthenticated;
use crate::oauth::grants::{self, Approval};
use crate::storage::audit_records::{self, Filter, Walk};

/// How long the token lives, in seconds. One run may not take longer to begin.
const LIFETIME: u32 = 60;
/// The grant by which the client itself would get one.
const GRANT: &str = "client_credentials";
/// Where the audit log is looked at.
const AUDIT: &str = "/admin/audit";

/// What came of it.
pub struct Attempt {
    /// The decision, in the order in which it was made.
    pub steps: Vec<Step>,
    /// What the action answered, as JSON.
    pub answer: Option<String>,
    /// What is wrong with the input.
    pub errors: Vec<FieldError>,
}

/// One step of the decision.
pub struct Step {
    /// What was looked at.
    pub name: &'static str,
    /// What came of it.
    pub state: State,
    /// What was found.
    pub text: String,
    /// The audit record.
    pub record: Option<Record>,
}

/// What came of a step.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// The call went on.
    Passed,
    /// The call ended here.
    Refused,
    /// The call did not come so far.
    NotReached,
}

/// The record of the call.
pub struct Record {
    /// Its number.
    pub seq: i64,
    /// Where it is shown.
    pub link: Option<String>,
}

/// The steps, as the page names them.
const STEPS: [&str; 7] = [
    "Token", "Limits", "Scope", "Policy", "Input", "Run", "Audit",
];

/// The decision as far as it is made.
#[derive(Default)]
struct Decisions(Vec<Step>);

impl Decisions {
    fn add(&mut self, state: State, text: String) {
        let name = STEPS.get(self.0.len()).copied().unwrap_or_default();
        let record = None;
        self.0.push(Step {
            name,
            state,
            text,
            record,
        });
    }

    fn passed(&mut self, text: impl Into<String>) {
        self.add(State::Passed, text.into());
    }

    fn refused(&mut self, text: impl Into<String>) {
        self.add(State::Refused, text.into());
    }

    /// Fills up to the last step, which is the record.
    fn close(mut self, record: Option<Record>) -> Vec<Step> {
        while self.0.len() + 1 < STEPS.len() {
            self.add(State::NotReached, "Not reached.".to_owned());
        }
        let text = "What you did for the client is in the audit log, under both your names.";
        self.passed(text);
        if let Some(step) = self.0.last_mut() {
            step.record = record;
        }
        self.0
    }
}

/// Runs `action` as the client would, and explains what was decided.
///
/// # Errors
/// The administrator may not act as this client, or nothing can be decided now.
pub async fn attempt(
    request: &HttpRequest,
    visitor: &Visitor<WriteClients>,
    app: &Arc<App>,
    action: &'static Registered,
    client_id: &ClientId,
    input: Input,
) -> Result<Attempt, Problem> {
    let tenant_id = &visitor.cause().tenant_id;
    must_cover_client(&visitor.admitted, app, client_id).await?;
    let client = app.clients.show(tenant_id, client_id).await?.client;
    let own = |kind, id: &str| Actor::new(kind, id);
    let cause = Cause {
        tenant_id: client.tenant_id.clone(),
        actors: vec![
            own(ActorKind::Administrator, &visitor.session.username),
            own(ActorKind::Client, client_id.as_str()),
        ],
        ..visitor.cause().clone()
    };
    let start = app.store.read(audit_records::head).await?.seq;
    let mut decisions = Decisions::default();
    let mut attempt = Attempt {
        steps: Vec::new(),
        answer: None,
        errors: Vec::new(),
    };
    let answer = decide(app, &cause, action, &client, input, &mut decisions).await?;
    match answer {
        Some(Ok(answer)) => attempt.answer = Some(answer.json),
        Some(Err(errors)) => attempt.errors = errors,
        None => {}
    }
    let request_id = RequestContext::of(request).request_id;
    let record = record(app, tenant_id, &request_id, start).await?;
    attempt.steps = decisions.close(record);
    Ok(attempt)
}

type Decided = Option<Result<Answer, Vec<FieldError>>>;

async fn decide(
    app: &Arc<App>,
    cause: &Cause,
    action: &'static Registered,
    client: &Client,
    input: Input,
    decisions: &mut Decisions,
) -> Result<Decided, Problem> {
    let audience = format!("{}/actions", app.issuer);
    let token = match token(app, cause, client, &audience).await? {
        Ok(token) => token,
        Err(why) => {
            decisions.refused(why);
            return Ok(None);
        }
    };
    let authorization = [format!("Bearer {token}").into_bytes()];
    let call = Call {
        door: Door {
            name: "gui",
            audiences: &[&audience],
        },
        authorization: &authorization,
        cause: cause.clone(),
    };
    let principal = match app.invoker.authenticate(&call, &action.id).await {
        Ok(principal) => principal,
        Err(Unauthenticated::Storage(error)) => return Err(error.into()),
        Err(refusal) => {
            decisions.refused(sentence(&refusal));
            return Ok(None);
        }
    };
    decisions.passed(format!(
        "Signed by this server, not revoked, valid for {LIFETIME} seconds. Its audience is {audience}."
    ));
    let scopes = scopes(action, &principal);
    let admitted = app
        .invoker
        .admit_caller(action, principal, call.cause, call.door.name)
        .await;
    let admission = match admitted {
        Ok(admission) => admission,
        Err(Refusal::Storage(error)) => return Err(error.into()),
        Err(refusal) => {
            not_admitted(&refusal, scopes, decisions);
            return Ok(None);
        }
    };
    decisions.passed(room(app, admission.room()));
    decisions.passed(scopes);
    let policy = admission.policy();
    decisions.passed(format!(
        "The policy “{policy}” permits it, and none denies it."
    ));
    let members = input.value.as_object().map_or(0, serde_json::Map::len);
    let started = Instant::now();
    let outcome = app.invoker.perform(admission, input).await;
    let took = format!("{} ms", started.elapsed().as_millis());
    let checked = match members {
        1 => "Checked against the schema: one member.".to_owned(),
        count => format!("Checked against the schema: {count} members."),
    };
    match outcome {
        Ok(answer) => {
            decisions.passed(checked);
            decisions.passed(format!("Answered within {took}."));
            Ok(Some(Ok(answer)))
        }
        Err(Refusal::Storage(error)) => Err(error.into()),
        Err(Refusal::Action(error @ (ActionError::Invalid(_) | ActionError::KeyReused))) => {
            let problem = failed(error);
            decisions.refused(problem.detail);
            Ok(Some(Err(problem.errors)))
        }
        Err(Refusal::Action(error)) => {
            decisions.passed(checked);
            let detail = failed(error).detail;
            decisions.refused(format!("{detail} It took {took}."));
            Ok(None)
        }
        Err(refusal) => {
            decisions.refused(sentence(&refusal));
            Ok(None)
        }
    }
}

/// A token of the client's, for its actions alone; or why it would get none.
async fn token(
    app: &App,
    cause: &Cause,
    client: &Client,
    audience: &str,
) -> Result<Result<String, String>, Problem> {
    let refuse = async |reason: &str, why: String| {
        let entry = Entry::new("token.issue", Decision::Denied, cause)
            .client(&client.client_id)
            .reason(reason);
        app.journal.record(entry).await?;
        Ok(Err(why))
    };
    if !client.enabled {
        let why = "The client is disabled, so it gets no token.".to_owned();
        return refuse("client_disabled", why).await;
    }
    let known = app.catalogue.with_known_scopes(client);
    if let Err(error) = grants::find(GRANT, &known) {
        return refuse(error.reason, error.description.to_owned()).await;
    }
    let approval = Approval {
        subject: client.client_id.as_str().to_owned(),
        scope: known.scope.clone(),
    };
    let short = known.access_token_lifetime.unwrap_or(LIFETIME);
    let brief = Client {
        access_token_lifetime: Some(short.min(LIFETIME)),
        ..known
    };
    let resource = Resource::parse(audience).map_err(|error| Problem::unavailable(&error))?;
    let issued = app.tokens.issue(&brief, &approval, &[resource]).await?;
    let entry = Entry::new("token.issue", Decision::Allowed, cause)
        .client(&client.client_id)
        .subject(&approval.subject)
        .detail("grant_type", GRANT)
        .fact("scope", issued.claims.scope.clone())
        .fact("audience", issued.claims.aud.to_string())
        .detail("token_id", &issued.claims.jti);
    app.journal.record(entry).await?;
    Ok(Ok(issued.access_token))
}

/// What the action needs, and whether the token holds it.
fn scopes(action: &Registered, principal: &Principal) -> String {
    let (held, lacking): (Vec<&str>, Vec<&str>) = action
        .scopes
        .iter()
        .partition(|scope| principal.scope.contains(scope));
    let needed = action.scopes.join(", ");
    match (lacking.as_slice(), held.is_empty()) {
        ([], _) => format!("It needs {needed}, and the token holds that."),
        (_, true) => format!("It needs {needed}. The token does not hold that."),
        (lacking, false) => {
            let lacking = lacking.join(", ");
            format!("It needs {needed}. The token does not hold {lacking}.")
        }
    }
}

fn not_admitted(refusal: &Refusal, scopes: String, decisions: &mut Decisions) {
    if let Refusal::Limited(wait) = refusal {
        let wait = wait.as_secs().saturating_add(1);
        decisions.refused(format!(
            "The client asks for too much at a time. Try again in {wait} seconds."
        ));
        return;
    }
    decisions.passed("The client asks for no more than it may.");
    if matches!(refusal, Refusal::InsufficientScope(_)) {
        decisions.refused(scopes);
    } else {
        decisions.passed(scopes);
        decisions.refused(sentence(refusal));
    }
}

fn room(app: &App, room: Room) -> String {
    let limits = &app.settings.actions;
    let most = limits.calls_at_a_time;
    let at_a_time = format!("{} of {most} calls under way", room.under_way);
    match (room.calls, limits.calls_per_minute) {
        (Some(left), Some(most)) => {
            format!("{left} of {most} calls a minute are left; {at_a_time}.")
        }
        _ => format!("No limit of calls a minute; {at_a_time}."),
    }
}

/// The record of the call, or of the token that was not issued for it.
async fn record(
    app: &App,
    tenant_id: &TenantId,
    request_id: &str,
    after: i64,
) -> Result<Option<Record>, Problem> {
    let filter = |event: &str| Filter {
        event: Some(event.to_owned()),
        tenant_id: Some(tenant_id.as_str().to_owned()),
        request_id: Some(request_id.to_owned()),
        from_seq: Some(after),
        ..Filter::default()
    };
    let filters = ["action", "token.issue"].map(filter);
    let seq = app
        .store
        .read(move |connection| {
            for filter in &filters {
                let found = audit_records::select(connection, filter, Walk::Backward(None), 1)?;
                if let Some(row) = found.first() {
                    return Ok(Some(row.seq));
                }
            }
            Ok(None)
        })
        .await?;
    Ok(seq.map(|seq| Record {
        seq,
        link: SECTIONS
            .iter()
            .any(|section| section.path == AUDIT)
            .then(|| format!("{AUDIT}/{seq}")),
    }))
}

/// The answer as people read it, cut where a page would be too long.
pub fn pretty(json: &str) -> (String, bool) {
    const LONGEST: usize = 100_000;
    let value: Value = serde_json::from_str(json).unwrap_or_default();
    let text = serde_json::to_string_pretty(&value).unwrap_or_default();
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => (text.get(..end).unwrap_or_default().to_owned(), true),
        None => (text, false),
    }
}
