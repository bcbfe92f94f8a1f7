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
