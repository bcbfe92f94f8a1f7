//! A form made from the schema of an action's input, and the input made from what was typed into it.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::members::{choices, description, limits, required, type_name};
use crate::actions::{ActionError, Registered, as_text, resolved};
use crate::clients::FieldError;
use crate::http::admin::gui::form::Form;

/// Texts that may be longer than this get several lines.
const ONE_LINE: u64 = 250;

/// How a member is typed in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Control {
    Text,
    Paragraph,
    Number,
    Boolean,
    Choice,
    /// Several of a few.
    Choices,
    /// One on a line.
    Lines,
    Json,
}

/// One field of the form.
pub struct Field {
    /// The member.
    pub name: String,
    pub control: Control,
    pub is_required: bool,
    pub description: String,
    pub limits: String,
    pub choices: Vec<String>,
    /// What stands in it.
    pub typed: String,
    /// Which of several are picked.
    pub picked: Vec<String>,
    /// What is wrong with it, as a sentence.
    pub error: String,
}

impl Field {
    /// Whether it is one of these.
    pub fn is_picked(&self, choice: &str) -> bool {
        self.picked.iter().any(|picked| picked == choice)
    }
}

/// What was typed, by member.
pub type Typed = BTreeMap<String, Vec<String>>;

/// The form of an action, with what was typed and what is wrong with it.
pub fn fields(action: &Registered, typed: &Typed, errors: &[FieldError]) -> Vec<Field> {
    let schema = &action.input_schema;
    let required = required(schema);
    let mut fields: Vec<_> = properties(schema)
        .map(|(name, property)| {
            let control = control(schema, property);
            let picked = typed.get(name).cloned().unwrap_or_default();
            Field {
                name: name.clone(),
                control,
                is_required: required.contains(&name.as_str()),
                description: description(schema, property),
                limits: limits(schema, property),
                choices: match resolved(schema, property).get("items") {
                    Some(items) => choices(schema, items),
                    None => choices(schema, property),
                },
                typed: picked.join("\n"),
                picked,
                error: error_of(name, errors),
            }
        })
        .collect();
    fields.sort_by_key(|field| !field.is_required);
    fields
}

/// What is wrong with the input as a whole, or with something that has no field.
pub fn elsewhere(action: &Registered, errors: &[FieldError]) -> String {
    let known: Vec<_> = properties(&action.input_schema)
        .map(|(name, _)| name.as_str())
        .collect();
    let others = errors
        .iter()
        .filter(|error| !known.contains(&first(&error.field)));
    let details: Vec<_> = others
        .map(|error| format!("{}: {}", error.field, error.detail))
        .collect();
    details.join("; ")
}

/// What a form says of each member.
pub fn typed(action: &Registered, form: &Form) -> Typed {
    let schema = &action.input_schema;
    let mut typed = Typed::new();
    for (name, property) in properties(schema) {
        let field = field_name(name);
        let values: Vec<String> = match control(schema, property) {
            Control::Lines => form.lines(&field),
            Control::Choices => form.all(&field).map(str::to_owned).collect(),
            Control::Paragraph | Control::Json => vec![form.text(&field).to_owned()],
            _ => vec![form.text(&field).trim().to_owned()],
        };
        typed.insert(name.clone(), values);
    }
    typed
}

/// An example, as it would be typed.
pub fn typed_as(action: &Registered, input: &str) -> Typed {
    let schema = &action.input_schema;
    let input: Value = serde_json::from_str(input).unwrap_or_default();
    let mut typed = Typed::new();
    for (name, property) in properties(schema) {
        let Some(value) = input.get(name).filter(|value| !value.is_null()) else {
            continue;
        };
        let texts = match (control(schema, property), value) {
            (Control::Json, value) => vec![serde_json::to_string_pretty(value).unwrap_or_default()],
            (_, Value::Array(items)) => items.iter().map(as_text).collect(),
            (_, value) => vec![as_text(value)],
        };
        typed.insert(name.clone(), texts);
    }
    typed
}

/// The input that was typed. A field without anything in it is left out.
///
/// # Errors
/// What should be JSON is none.
pub fn input(action: &Registered, typed: &Typed) -> Result<Value, Vec<FieldError>> {
    let schema = &action.input_schema;
    let mut pairs = Vec::new();
    let mut nested = Map::new();
    let mut errors = Vec::new();
    for (name, property) in properties(schema) {
        let texts = typed.get(name).into_iter().flatten();
        let mut given = texts.filter(|text| !text.trim().is_empty());
        if control(schema, property) != Control::Json {
            pairs.extend(given.map(|text| (name.clone(), text.clone())));
            continue;
        }
        let Some(text) = given.next() else { continue };
        match serde_json::from_str(text) {
            Ok(value) => {
                nested.insert(name.clone(), value);
            }
            Err(error) => errors.push(FieldError {
                field: name.clone(),
                detail: format!("is no JSON: {error}"),
            }),
        }
    }
    let read = match action.read_query(pairs.into_iter()) {
        Ok(Value::Object(plain)) => plain.into_iter().chain(nested).collect(),
        Ok(_) => nested,
        Err(ActionError::Invalid(more)) => {
            errors.extend(more);
            nested
        }
        Err(error) => {
            errors.push(FieldError {
                field: "input".to_owned(),
                detail: error.to_string(),
            });
            nested
        }
    };
    if errors.is_empty() {
        Ok(Value::Object(read))
    } else {
        Err(errors)
    }
}

/// What the form calls the field of a member.
fn field_name(member: &str) -> String {
    format!("input.{member}")
}

fn properties(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    let properties = schema.get("properties").and_then(Value::as_object);
    properties.into_iter().flatten()
}

fn control(whole: &Value, property: &Value) -> Control {
    let schema = resolved(whole, property);
    match type_name(whole, property) {
        "string" if schema.get("enum").is_some() => Control::Choice,
        "string" => match schema.get("maxLength").and_then(Value::as_u64) {
            Some(longest) if longest > ONE_LINE => Control::Paragraph,
            _ => Control::Text,
        },
        "integer" | "number" => Control::Number,
        "boolean" => Control::Boolean,
        "array" => match schema.get("items") {
            Some(items) if !choices(whole, items).is_empty() => Control::Choices,
            Some(items) => match type_name(whole, items) {
                "string" | "integer" | "number" | "boolean" => Control::Lines,
                _ => Control::Json,
            },
            None => Control::Json,
        },
        _ => Control::Json,
    }
}

fn error_of(name: &str, errors: &[FieldError]) -> String {
    let own = errors.iter().filter(|error| first(&error.field) == name);
    let details: Vec<_> = own
        .map(|error| match error.field.split_once('.') {
            Some((_, rest)) => format!("{rest}: {}", error.detail),
            None => error.detail.clone(),
        })
        .collect();
    if details.is_empty() {
        return String::new();
    }
    crate::http::error::sentence(&details.join("; "))
}

/// The member that a mistake is in.
fn first(field: &str) -> &str {
    field.split('.').next().unwrap_or(field)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actions::{ACTIONS, Registry};

    #[test]
    fn every_example_survives_being_typed() {
        let registry = Registry::new(ACTIONS).unwrap();
        for action in registry.all() {
            for example in action.definition.examples {
                let expected: Value = serde_json::from_str(example.input).unwrap();
                let typed = typed_as(action, example.input);
                let made = input(action, &typed).unwrap();
                assert_eq!(made, expected, "{}", action.id);
                assert!(action.check(&made).is_ok(), "{}", action.id);
            }
        }
    }

    #[test]
    fn what_is_no_json_is_blamed_on_its_field() {
        let registry = Registry::new(ACTIONS).unwrap();
        let action = registry.by_name("query").unwrap();
        let typed = Typed::from([("parameters".to_owned(), vec!["[1,".to_owned()])]);
        let errors = input(action, &typed).unwrap_err();
        let fields = fields(action, &typed, &errors);
        let field = fields.iter().find(|field| field.name == "parameters");
        assert!(field.unwrap().error.starts_with("Is no JSON"));
        assert_eq!(elsewhere(action, &errors), "");
    }
}
