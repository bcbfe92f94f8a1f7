//! The list of actions, made ready: looked up by name, inputs checked against their schemas.

use std::collections::{BTreeMap, HashMap};

use jsonschema::error::ValidationErrorKind;
use jsonschema::{ValidationError, Validator};
use serde_json::{Map, Value};

use super::action::{Definition, Router};
use super::error::ActionError;
use super::schema;
use crate::clients::FieldError;

/// Most mistakes of one input that are named.
const MISTAKES: usize = 20;

/// An action made ready.
pub struct Registered {
    /// The group that it belongs to.
    pub router: &'static Router,
    /// What its file says of it.
    pub definition: &'static Definition,
    /// `router/name`: what policies, audit log and metrics call it.
    pub id: String,
    /// Every scope that it needs.
    pub scopes: Vec<&'static str>,
    /// Whether it is served by `GET`: it only reads, and each member of its input is a plain value or
    /// a list of such.
    pub is_get: bool,
    /// The schema of its input, standing alone.
    pub input_schema: Value,
    /// The schema of its output, standing alone.
    pub output_schema: Value,
    members: BTreeMap<String, Member>,
    validator: Validator,
}

/// How a member of an input is read from a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Member {
    One(Plain),
    Many(Plain),
    /// Not in a query at all.
    Nested,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plain {
    Text,
    Integer,
    Number,
    Boolean,
}

impl Registered {
    fn new(router: &'static Router, definition: &'static Definition) -> Result<Self, String> {
        let input_schema = schema::self_contained((definition.input)());
        let output_schema = schema::self_contained((definition.output)());
        let id = format!("{}/{}", router.name, definition.name);
        let validator = jsonschema::options()
            .should_validate_formats(true)
            .offline()
            .build(&input_schema)
            .map_err(|error| format!("the input schema of {id}: {error}"))?;
        let members = members(&input_schema);
        let flat = members.values().all(|member| *member != Member::Nested);
        Ok(Self {
            router,
            definition,
            id,
            scopes: definition.scope.split(' ').collect(),
            is_get: definition.reads() && flat,
            input_schema,
            output_schema,
            members,
            validator,
        })
    }

    /// Where it is served.
    pub fn path(&self) -> String {
        format!("/actions/{}", self.id)
    }

    /// Reads an input from the pairs of a query, each value as the schema has it.
    ///
    /// # Errors
    /// A member that is there twice and is no list.
    pub fn read_query(
        &self,
        pairs: impl Iterator<Item = (String, String)>,
    ) -> Result<Value, ActionError> {
        let mut input = Map::new();
        for (name, text) in pairs {
            match self.members.get(&name) {
                Some(Member::Many(plain)) => {
                    let list = input
                        .entry(name)
                        .or_insert_with(|| Value::Array(Vec::new()));
                    if let Value::Array(items) = list {
                        items.push(plain.read(text));
                    }
                }
                member => {
                    let plain = match member {
                        Some(Member::One(plain)) => *plain,
                        _ => Plain::Text,
                    };
                    if input.contains_key(&name) {
                        return Err(ActionError::invalid(&name, "is there more than once"));
                    }
                    input.insert(name, plain.read(text));
                }
            }
        }
        Ok(Value::Object(input))
    }

    /// Writes an input as the pairs of a query, which [`read_query`](Self::read_query) reads.
    pub fn write_query(&self, input: &Value) -> Vec<(String, String)> {
        let mut pairs = Vec::new();
        for (name, value) in input.as_object().into_iter().flatten() {
            let values = match value {
                Value::Null => continue,
                Value::Array(items) => items.iter().map(as_text).collect(),
                value => vec![as_text(value)],
            };
            pairs.extend(values.into_iter().map(|value| (name.clone(), value)));
        }
        pairs
    }

    /// Whether an input is as the schema has it.
    ///
    /// # Errors
    /// Each member that is not, and why. What was given is not repeated.
    pub fn check(&self, input: &Value) -> Result<(), ActionError> {
        if self.validator.is_valid(input) {
            return Ok(());
        }
        let mistakes = self.validator.iter_errors(input);
        let errors = mistakes
            .flat_map(|mistake| self.explained(&mistake))
            .take(MISTAKES);
        Err(ActionError::Invalid(errors.collect()))
    }
}

impl Registered {
    /// One mistake, said so that the caller can mend it, without what was given.
    fn explained(&self, mistake: &ValidationError<'_>) -> Vec<FieldError> {
        let path = mistake.instance_path().to_string();
        let place = path.trim_start_matches('/').replace('/', ".");
        let member = |name: &str| match place.as_str() {
            "" => name.to_owned(),
            place => format!("{place}.{name}"),
        };
        let at = |field: String, detail: String| FieldError { field, detail };
        match mistake.kind() {
            ValidationErrorKind::Required { property } => {
                let name = property.as_str().unwrap_or_default();
                vec![at(member(name), "is needed".to_owned())]
            }
            ValidationErrorKind::AdditionalProperties { unexpected } => {
                let known: Vec<_> = self.members.keys().map(String::as_str).collect();
                let detail = match (place.is_empty(), known.is_empty()) {
                    (true, false) => format!("is not known; there are: {}", known.join(", ")),
                    (true, true) => "is not known; nothing is taken".to_owned(),
                    (false, _) => "is not known".to_owned(),
                };
                let unknown = unexpected.iter().take(MISTAKES);
                unknown
                    .map(|name| at(member(&clipped(name)), detail.clone()))
                    .collect()
            }
            ValidationErrorKind::Enum { options } => {
                let options = options.as_array().map(Vec::as_slice).unwrap_or_default();
                let options: Vec<_> = options
                    .iter()
                    .filter(|option| !option.is_null())
                    .map(|option| {
                        option
                            .as_str()
                            .map_or_else(|| option.to_string(), str::to_owned)
                    })
                    .collect();
                vec![at(
                    named(place),
                    format!("must be one of: {}", options.join(", ")),
                )]
            }
            // A choice of which one part is a list of words, and the other nothing.
            ValidationErrorKind::OneOfNotValid { context }
            | ValidationErrorKind::AnyOf { context }
                if context.iter().flatten().any(is_list) =>
            {
                let mut lists = context.iter().flatten().filter(|part| is_list(part));
                lists
                    .next()
                    .map_or_else(Vec::new, |list| self.explained(list))
            }
            _ => vec![at(
                named(place),
                mistake.masked_with("the value").to_string(),
            )],
        }
    }
}

/// The field of a mistake, or the input as a whole.
fn named(place: String) -> String {
    if place.is_empty() {
        "input".to_owned()
    } else {
        place
    }
}

fn is_list(mistake: &ValidationError<'_>) -> bool {
    matches!(mistake.kind(), ValidationErrorKind::Enum { .. })
}

/// A name that a stranger made up, of a length that an answer can bear.
fn clipped(name: &str) -> String {
    name.chars().take(64).collect()
}

impl Plain {
    /// The value that a text stands for; the text itself if it stands for none, so that the schema
    /// says what is wrong.
    fn read(self, text: String) -> Value {
        let value = match self {
            Self::Text => None,
            Self::Integer => text.parse::<i64>().ok().map(Value::from),
            Self::Number => text
                .parse::<f64>()
                .ok()
                .filter(|number| number.is_finite())
                .map(Value::from),
            Self::Boolean => text.parse::<bool>().ok().map(Value::from),
        };
        value.unwrap_or(Value::String(text))
    }
}

/// A plain value as people write it.
pub fn as_text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn members(schema: &Value) -> BTreeMap<String, Member> {
    let properties = schema.get("properties").and_then(Value::as_object);
    let named = properties.into_iter().flatten();
    named
        .map(|(name, property)| (name.clone(), member(schema, property)))
        .collect()
}

fn member(whole: &Value, property: &Value) -> Member {
    let property = resolved(whole, property);
    if let Some(plain) = plain(property) {
        return Member::One(plain);
    }
    let items = property.get("items").map(|items| resolved(whole, items));
    match items.and_then(plain) {
        Some(plain) => Member::Many(plain),
        None => Member::Nested,
    }
}

/// Follows a reference, and takes what is not `null` of a choice of two.
pub fn resolved<'a>(whole: &'a Value, schema: &'a Value) -> &'a Value {
    let mut schema = schema;
    // A schema that refers to itself is followed no further.
    for _ in 0..8 {
        let target = schema.get("$ref").and_then(Value::as_str);
        let target = target.and_then(|target| whole.pointer(target.trim_start_matches('#')));
        let choice = ["oneOf", "anyOf", "allOf"]
            .iter()
            .find_map(|name| schema.get(name));
        let choice = choice.and_then(Value::as_array).and_then(|choices| {
            let is_null =
                |choice: &&Value| choice.get("type").and_then(Value::as_str) == Some("null");
            let mut others = choices.iter().filter(|choice| !is_null(choice));
            match (others.next(), others.next()) {
                (Some(only), None) => Some(only),
                _ => None,
            }
        });
        match target.or(choice) {
            Some(next) => schema = next,
            None => break,
        }
    }
    schema
}

fn plain(schema: &Value) -> Option<Plain> {
    let name = match schema.get("type")? {
        Value::String(name) => name.as_str(),
        Value::Array(names) => names
            .iter()
            .filter_map(Value::as_str)
            .find(|name| *name != "null")?,
        _ => return None,
    };
    match name {
        "string" => Some(Plain::Text),
        "integer" => Some(Plain::Integer),
        "number" => Some(Plain::Number),
        "boolean" => Some(Plain::Boolean),
        _ => None,
    }
}

/// Every action, made ready.
pub struct Registry {
    all: Vec<&'static Registered>,
    by_id: HashMap<&'static str, &'static Registered>,
    by_name: HashMap<&'static str, &'static Registered>,
}

impl Registry {
    /// Makes the actions of these routers ready. They stay for as long as the process runs.
    ///
    /// # Errors
    /// An action whose schema no input can be checked against, or two of one name.
    pub fn new(routers: &[&'static Router]) -> Result<Self, String> {
        let mut registry = Self {
            all: Vec::new(),
            by_id: HashMap::new(),
            by_name: HashMap::new(),
        };
        for router in routers {
            for definition in router.actions {
                let action: &'static Registered =
                    Box::leak(Box::new(Registered::new(router, definition)?));
                registry.all.push(action);
                registry.by_id.insert(&action.id, action);
                if registry.by_name.insert(definition.name, action).is_some() {
                    return Err(format!("there are two actions {}", definition.name));
                }
            }
        }
        Ok(registry)
    }

    /// All of them, in order.
    pub fn all(&self) -> impl Iterator<Item = &'static Registered> {
        self.all.iter().copied()
    }

    /// The action of a `router/name`.
    pub fn by_id(&self, id: &str) -> Option<&'static Registered> {
        self.by_id.get(id).copied()
    }

    /// The action of a name.
    pub fn by_name(&self, name: &str) -> Option<&'static Registered> {
        self.by_name.get(name).copied()
    }
}
