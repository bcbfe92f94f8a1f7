//! The framework on the router of the fixtures, and what holds for every action of this build.

use serde_json::{Value, json};

use super::*;

fn greet() -> &'static Registered {
    let registry = Registry::new(&[&fixtures::ROUTER]).unwrap();
    registry.by_id("fixtures/greet").unwrap()
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
    assert_eq!(greet().path(), "/actions/fixtures/greet");
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
    assert!(Registry::new(&[&fixtures::ROUTER, &fixtures::ROUTER]).is_err());
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
