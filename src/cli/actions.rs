//! `ambit actions`: the catalogue of actions, and a call of one as an agent would make it.

use anyhow::{Context as _, anyhow, bail};
use reqwest::{RequestBuilder, header};
use secrecy::ExposeSecret;
use serde::Serialize;
use serde_json::{Value, json};
use url::Url;

use super::context::{Context, base_address};
use super::failure::usage;
use super::input;
use super::output::{self, Table, printable};
use super::token::{TokenRequest, http_client, unreachable};
use crate::actions::{ACTIONS, Registered, Registry};
use crate::policy::Effect;

const EXAMPLES: &str = "\
The client's secret comes from AMBIT_CLIENT_SECRET, from stdin, or from the terminal.

Examples:
  ambit actions call list_releases --client-id CLIENT_ID
  ambit actions call list_releases '{\"limit\": 5}' --client-id CLIENT_ID --scope releases:read
  ambit actions call record_release @release.json --client-id CLIENT_ID
  make-input | ambit actions call record_release - --client-id CLIENT_ID";

/// A name is no misspelling of another if more than one letter in so many is wrong.
const LETTERS_A_MISTAKE: usize = 3;
/// Longest name that is compared with others, in bytes.
const LONGEST_NAME: usize = 128;

/// How a call of a writing action that is repeated is done once, over HTTP and over MCP.
const IDEMPOTENCY: &str = "header Idempotency-Key, or over MCP _meta[\"ambit/idempotencyKey\"]";

/// What to do with actions.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// List the actions, by router.
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show one action: what it does, needs, takes and answers.
    Show {
        /// Its name, or router/name
        action: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Call an action of the running server, and print what it answers.
    #[command(after_help = EXAMPLES)]
    Call {
        /// Its name, or router/name
        action: String,
        /// What it is given, as a JSON object; - reads it from stdin, @FILE from a file
        #[arg(default_value = "{}")]
        input: String,
        /// A key under which a writing action is done once
        #[arg(long, value_name = "KEY")]
        idempotency_key: Option<String>,
        #[command(flatten)]
        request: TokenRequest,
    },
}

/// An action as JSON.
#[derive(Serialize)]
struct Shown<'a> {
    name: &'a str,
    router: &'a str,
    summary: &'a str,
    description: &'a str,
    scope: &'a str,
    effect: Effect,
    method: &'a str,
    path: String,
    input_schema: &'a Value,
    output_schema: &'a Value,
    examples: Vec<Value>,
}

impl Command {
    /// Does it.
    pub async fn run(self, context: &Context) -> anyhow::Result<()> {
        let registry = Registry::new(ACTIONS).map_err(anyhow::Error::msg)?;
        match self {
            Self::List { json: true } => {
                output::print_json(&registry.all().map(shown).collect::<Vec<_>>())
            }
            Self::List { json: false } => list(&registry),
            Self::Show { action, json } => {
                let action = find(&registry, &action)?;
                if json {
                    output::print_json(&shown(action))
                } else {
                    show(action)
                }
            }
            Self::Call {
                action,
                input,
                idempotency_key,
                request,
            } => {
                let action = find(&registry, &action)?;
                if input == input::STDIN && request.takes_stdin() {
                    return Err(usage("stdin cannot hold both the input and the secret"));
                }
                let input = input::text(&input)?;
                let input: Value = serde_json::from_str(&input).context("the input is no JSON")?;
                if !input.is_object() {
                    bail!("the input must be a JSON object");
                }
                let base = base_address(&context.settings()?);
                let token = request.token(&base).await?;
                let mut call = prepared(action, &base, &input)?.bearer_auth(token.expose_secret());
                if let Some(key) = idempotency_key {
                    call = call.header("Idempotency-Key", key);
                }
                answer(call, &base).await
            }
        }
    }
}

fn find(registry: &Registry, name: &str) -> anyhow::Result<&'static Registered> {
    let found = registry.by_id(name).or_else(|| registry.by_name(name));
    found.ok_or_else(|| {
        let near = near(registry, name).map(|near| format!("; did you mean {near}?"));
        let near = near.unwrap_or_else(|| "; `ambit actions list` shows all".to_owned());
        anyhow!("there is no action {}{near}", printable(name))
    })
}

/// The name of an action that may have been meant.
fn near(registry: &Registry, name: &str) -> Option<&'static str> {
    if name.len() > LONGEST_NAME {
        return None;
    }
    let name_alone = name.rsplit('/').next().unwrap_or_default();
    let names = registry.all().map(|action| action.definition.name);
    let mistakes = names.map(|known| (strsim::osa_distance(name_alone, known), known));
    let near = mistakes.filter(|(mistakes, known)| *mistakes <= known.len() / LETTERS_A_MISTAKE);
    near.min().map(|(_, known)| known)
}

fn method(action: &Registered) -> &'static str {
    if action.is_get { "GET" } else { "POST" }
}

fn shown(action: &'static Registered) -> Shown<'static> {
    let definition = action.definition;
    let read = |text| serde_json::from_str::<Value>(text).unwrap_or_default();
    let examples = definition.examples.iter().map(|example| {
        json!({
            "summary": example.summary,
            "input": read(example.input),
            "output": read(example.output),
        })
    });
    Shown {
        name: definition.name,
        router: action.router.name,
        summary: definition.summary,
        description: definition.description,
        scope: definition.scope,
        effect: definition.effect,
        method: method(action),
        path: action.path(),
        input_schema: &action.input_schema,
        output_schema: &action.output_schema,
        examples: examples.collect(),
    }
}

fn list(registry: &Registry) -> anyhow::Result<()> {
    let mut table = Table::new(["ACTION", "EFFECT", "SCOPE", "SUMMARY"]);
    for action in registry.all() {
        let definition = action.definition;
        let effect = effect(definition.effect);
        table.row([&action.id, effect, definition.scope, definition.summary]);
    }
    Ok(output::print(&table.text())?)
}

fn effect(effect: Effect) -> &'static str {
    match effect {
        Effect::Reads => "reads",
        Effect::Writes => "writes",
        Effect::SpendsCredential => "spends a credential",
    }
}

fn show(action: &'static Registered) -> anyhow::Result<()> {
    let definition = action.definition;
    let mut table = Table::plain();
    table.row(["action", &action.id]);
    table.row(["summary", definition.summary]);
    table.row(["effect", effect(definition.effect)]);
    table.row(["scope", definition.scope]);
    table.row([
        "served at",
        &format!("{} {}", method(action), action.path()),
    ]);
    if !definition.reads() {
        table.row(["done once by", IDEMPOTENCY]);
    }
    output::print(&table.text())?;
    output::print_line(&format!("\n{}", definition.description))?;
    for (title, schema) in [
        ("Input", &action.input_schema),
        ("Output", &action.output_schema),
    ] {
        output::print_line(&format!("\n{title}"))?;
        output::print_json(schema)?;
    }
    for example in definition.examples {
        output::print_line(&format!("\nExample: {}", example.summary))?;
        output::print_line(example.input)?;
    }
    Ok(())
}

/// The request that calls an action, without a token.
fn prepared(action: &Registered, base: &str, input: &Value) -> anyhow::Result<RequestBuilder> {
    let mut address = Url::parse(&format!("{base}{}", action.path()))?;
    let client = http_client()?;
    if !action.is_get {
        let body = serde_json::to_vec(input)?;
        let request = client
            .post(address)
            .header(header::CONTENT_TYPE, "application/json");
        return Ok(request.body(body));
    }
    for (name, value) in action.write_query(input) {
        address.query_pairs_mut().append_pair(&name, &value);
    }
    Ok(client.get(address))
}

async fn answer(call: RequestBuilder, base: &str) -> anyhow::Result<()> {
    let answer = call
        .send()
        .await
        .map_err(|error| unreachable(&error, base))?;
    let status = answer.status();
    let text = answer.text().await.context("the answer broke off")?;
    let body: Value = serde_json::from_str(&text)
        .map_err(|_| anyhow!("the server answered {status} and no JSON"))?;
    if status.is_success() {
        return output::print_json(&body);
    }
    let member = |name| printable(body.get(name).and_then(Value::as_str).unwrap_or_default());
    let errors = body.get("errors").and_then(Value::as_array);
    let errors = errors.into_iter().flatten().map(|error| {
        let part = |name| printable(error.get(name).and_then(Value::as_str).unwrap_or_default());
        format!("\n  {}: {}", part("field"), part("detail"))
    });
    bail!(
        "{status}: {}{}",
        member("detail"),
        errors.collect::<String>()
    )
}
