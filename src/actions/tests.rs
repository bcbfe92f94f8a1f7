//! The framework on a router of its own, whose one action is added as the header of this module says.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::*;
use crate::policy::Effect;
use crate::scopes::Sensitivity;

/// Which greeting.
#[derive(Debug, Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum GreetingStyle {
    Plain,
    Warm,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GreetInput {
    /// Whom to greet.
    #[schema(max_length = 20, example = "world")]
    name: String,
    /// How often.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 3)]
    times: Option<u32>,
    /// How.
    style: Option<GreetingStyle>,
    /// In which languages.
    #[serde(default)]
    #[schema(max_items = 2)]
    languages: Vec<String>,
}

#[derive(Debug, Serialize, ToSchema)]
struct GreetOutput {
    /// The greetings.
    greetings: Vec<String>,
    /// How they were meant.
    style: GreetingStyle,
}

struct Greet;

impl Action for Greet {
    const NAME: &'static str = "greet";
    const SUMMARY: &'static str = "Greets somebody";
    const DESCRIPTION: &'static str = "Answers a greeting as often as it is asked for.";
    const SCOPE: &'static str = "greetings:read";
    const EFFECT: Effect = Effect::Reads;
    const EXAMPLES: &'static [Example] = &[Example {
        summary: "Greet the world",
        input: r#"{"name": "world"}"#,
        output: r#"{"greetings": ["Hello, world"], "style": "plain"}"#,
    }];
    type Input = GreetInput;
    type Output = GreetOutput;

    async fn run(_: &ActionContext, input: GreetInput) -> Result<GreetOutput, ActionError> {
        let times = usize::try_from(input.times.unwrap_or(1)).unwrap_or(1);
        let greeting = format!("Hello, {}{}", input.name, input.languages.join(""));
        Ok(GreetOutput {
            greetings: vec![greeting; times],
            style: input.style.unwrap_or(GreetingStyle::Plain),
        })
    }
}

static ROUTER: Router = Router {
    name: "greetings",
    title: "Greetings",
    description: "Greets.",
    scopes: &[ScopeDefinition {
        name: "greetings:read",
        description: "Be greeted.",
        sensitivity: Sensitivity::Normal,
    }],
    actions: &[define::<Greet>()],
    models: &[],
    samples: &[],
};

fn greet() -> &'static Registered {
    let registry = Registry::new(&[&ROUTER]).unwrap();
    registry.by_id("greetings/greet").unwrap()
}

fn query(text: &str) -> Result<Value, ActionError> {
    let pairs = url::form_urlencoded::parse(text.as_bytes()).into_owned();
    let input = greet().read_query(pairs)?;
    greet().check(&input)?;
    Ok(input)
}

fn fields(error: &ActionError) -> Vec<&str> {
    match error {
        ActionError::Invalid(errors) => errors.iter().map(|error| error.field.as_str()).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_action_that_reads_flat_input_is_served_by_get() {
    assert!(greet().is_get);
    assert_eq!(greet().path(), "/actions/greetings/greet");
}

#[test]
fn a_query_is_read_as_the_schema_has_it() {
    let input = query("name=1&times=2&style=warm&languages=en&languages=de").unwrap();
    assert_eq!(
        input,
        json!({"name": "1", "times": 2, "style": "warm", "languages": ["en", "de"]})
    );
}

#[test]
fn what_the_schema_forbids_is_refused_by_name_and_not_repeated() {
    for (text, field) in [
        ("name=a&times=9", "times"),
        ("name=a&times=secret", "times"),
        ("name=a&times=1&times=2", "times"),
        ("name=a&style=rude", "style"),
        ("name=a&languages=1&languages=2&languages=3", "languages"),
        ("name=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "name"),
        ("name=a&nmae=b", "nmae"),
        ("", "name"),
    ] {
        let error = query(text).unwrap_err();
        assert_eq!(fields(&error), [field], "{text}");
        assert!(!format!("{error:?}").contains("secret"), "{error:?}");
    }
}

#[test]
fn a_refusal_names_what_would_be_taken() {
    let error = query("name=a&style=rude&nmae=b").unwrap_err();
    let ActionError::Invalid(errors) = error else {
        panic!("{error:?}")
    };
    let details: Vec<_> = errors.iter().map(|error| error.detail.as_str()).collect();
    assert!(
        details.contains(&"must be one of: plain, warm"),
        "{details:?}"
    );
    let known = "is not known; there are: languages, name, style, times";
    assert!(details.contains(&known), "{details:?}");
}

#[test]
fn schemas_stand_alone() {
    let schema = &greet().input_schema;
    let text = schema.to_string();
    assert!(!text.contains("#/components"), "{text}");
    assert!(schema.pointer("/$defs/GreetingStyle").is_some(), "{text}");
    assert_eq!(schema["type"], "object");
    assert_eq!(schema["additionalProperties"], false);
}

#[test]
fn a_name_is_given_once() {
    assert!(Registry::new(&[&ROUTER, &ROUTER]).is_err());
}

/// What the documents say of every action of this build.
#[test]
fn every_action_is_described_well() {
    let registry = Registry::new(ACTIONS).unwrap();
    let mut schemas: std::collections::BTreeMap<String, Value> = std::collections::BTreeMap::new();
    for action in registry.all() {
        let (id, definition) = (&action.id, action.definition);
        let is_name = |name: &str| {
            !name.is_empty()
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        };
        assert!(
            is_name(definition.name) && is_name(action.router.name),
            "{id}"
        );
        assert!(
            !definition.summary.ends_with('.'),
            "{id}: {}",
            definition.summary
        );
        assert!(definition.description.len() > 20, "{id}");
        assert!(!definition.examples.is_empty(), "{id} has no example");
        for scope in &action.scopes {
            let known = crate::actions::scopes()
                .iter()
                .any(|known| known.name == *scope);
            assert!(known, "{id}: no router defines {scope}");
        }
        assert_eq!(action.input_schema["additionalProperties"], false, "{id}");
        assert_eq!(action.output_schema["type"], "object", "{id}");
        let answers = jsonschema::validator_for(&action.output_schema).unwrap();
        for example in definition.examples {
            let input: Value = serde_json::from_str(example.input).unwrap();
            action
                .check(&input)
                .unwrap_or_else(|error| panic!("{id}: {error:?}"));
            let output: Value = serde_json::from_str(example.output).unwrap();
            let mistake = answers
                .iter_errors(&output)
                .next()
                .map(|error| error.to_string());
            assert_eq!(mistake, None, "{id}: {}", example.output);
        }
        for (name, schema) in components(definition) {
            let schema = serde_json::to_value(schema).unwrap();
            let known = schemas
                .entry(name.clone())
                .or_insert_with(|| schema.clone());
            assert_eq!(*known, schema, "{id}: there are two schemas {name}");
        }
    }
}
