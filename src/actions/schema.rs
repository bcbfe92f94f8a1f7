//! The schemas of inputs and outputs, in the two forms that they are served in: as components of an
//! OpenAPI document, and as JSON Schemas that stand alone.

use serde_json::{Map, Value, json};
use utoipa::openapi::{RefOr, Schema};

use super::action::{Definition, TypeSchema};

/// Where an OpenAPI document keeps its schemas.
const COMPONENTS: &str = "#/components/schemas/";
/// Where a schema that stands alone keeps those that it refers to.
const DEFINITIONS: &str = "#/$defs/";

/// Every schema that an action's documentation refers to, by name.
pub fn components(definition: &Definition) -> Vec<(String, RefOr<Schema>)> {
    let own = [(definition.input)(), (definition.output)()];
    own.into_iter()
        .flat_map(|own| own.referred.into_iter().chain([(own.name, own.schema)]))
        .collect()
}

/// A type's schema with all that it refers to under `$defs`, so that it can be sent alone.
pub fn self_contained(own: TypeSchema) -> Value {
    let mut definitions = Map::new();
    for (name, schema) in own.referred {
        if name != own.name {
            definitions.insert(name, value(&schema));
        }
    }
    let mut schema = match value(&own.schema) {
        Value::Object(schema) => schema,
        other => Map::from_iter([("allOf".to_owned(), json!([other]))]),
    };
    if !definitions.is_empty() {
        schema.insert("$defs".to_owned(), Value::Object(definitions));
    }
    let mut schema = Value::Object(schema);
    redirect(&mut schema, &format!("{COMPONENTS}{}", own.name));
    list_examples(&mut schema);
    schema
}

fn value(schema: &RefOr<Schema>) -> Value {
    serde_json::to_value(schema).unwrap_or_default()
}

/// Points every reference at `$defs`, and one to the type itself at the whole.
fn redirect(value: &mut Value, itself: &str) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(target) if name == "$ref" => {
                        if target == itself {
                            "#".clone_into(target);
                        } else if let Some(name) = target.strip_prefix(COMPONENTS) {
                            *target = format!("{DEFINITIONS}{name}");
                        }
                    }
                    other => redirect(other, itself),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| redirect(item, itself)),
        _ => {}
    }
}

/// Turns every `example`, which OpenAPI knows and JSON Schema does not, into a list of `examples`.
///
/// Only schemas are walked: a property may be called `example`, and values are left as they are.
fn list_examples(schema: &mut Value) {
    let Value::Object(members) = schema else {
        return;
    };
    if let Some(example) = members.remove("example") {
        members.entry("examples").or_insert(json!([example]));
    }
    for (keyword, member) in members {
        match (keyword.as_str(), member) {
            ("properties" | "patternProperties" | "$defs", Value::Object(named)) => {
                named.values_mut().for_each(list_examples);
            }
            ("allOf" | "anyOf" | "oneOf" | "prefixItems", Value::Array(schemas)) => {
                schemas.iter_mut().for_each(list_examples);
            }
            ("items" | "additionalProperties" | "propertyNames" | "not", schema) => {
                list_examples(schema);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_are_lists_and_properties_keep_their_names() {
        let mut schema = json!({
            "type": "object",
            "example": {"example": 1},
            "properties": {
                "example": {"type": "string", "example": "a"},
                "many": {"type": "array", "items": {"type": "integer", "example": 2}},
                "either": {"oneOf": [{"type": "null"}, {"$ref": "#/$defs/One"}]},
            },
            "default": {"example": 3},
            "$defs": {"One": {"type": "string", "example": "b"}},
        });
        list_examples(&mut schema);
        assert_eq!(
            schema,
            json!({
                "type": "object",
                "examples": [{"example": 1}],
                "properties": {
                    "example": {"type": "string", "examples": ["a"]},
                    "many": {"type": "array", "items": {"type": "integer", "examples": [2]}},
                    "either": {"oneOf": [{"type": "null"}, {"$ref": "#/$defs/One"}]},
                },
                "default": {"example": 3},
                "$defs": {"One": {"type": "string", "examples": ["b"]}},
            })
        );
    }
}
