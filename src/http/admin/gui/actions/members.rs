//! A schema as people read it: the members of an object, what each may hold, and which must be there.

use serde_json::Value;

use crate::actions::{as_text, resolved};

/// Most choices that are listed.
const LISTED: usize = 20;

/// One member of an object.
pub struct Member {
    pub name: String,
    pub kind: String,
    pub is_required: bool,
    pub description: String,
    /// What else a value has to meet, in words.
    pub limits: String,
}

/// The members of an object's schema, those that must be there first.
pub fn members(schema: &Value) -> Vec<Member> {
    let required = required(schema);
    let properties = schema.get("properties").and_then(Value::as_object);
    let mut members: Vec<_> = properties
        .into_iter()
        .flatten()
        .map(|(name, property)| Member {
            name: name.clone(),
            kind: kind(schema, property),
            is_required: required.contains(&name.as_str()),
            description: description(schema, property),
            limits: limits(schema, property),
        })
        .collect();
    members.sort_by_key(|member| !member.is_required);
    members
}

/// The names of the members that must be there.
pub fn required(schema: &Value) -> Vec<&str> {
    let names = schema.get("required").and_then(Value::as_array);
    let names = names.into_iter().flatten().filter_map(Value::as_str);
    names.collect()
}

/// What a property means.
pub fn description(whole: &Value, property: &Value) -> String {
    let said = |schema: &Value| {
        let text = schema.get("description").and_then(Value::as_str);
        text.map(str::to_owned)
    };
    said(property)
        .or_else(|| said(resolved(whole, property)))
        .unwrap_or_default()
}

/// The values of a property that has only so many.
pub fn choices(whole: &Value, property: &Value) -> Vec<String> {
    let listed = resolved(whole, property)
        .get("enum")
        .and_then(Value::as_array);
    let values = listed
        .into_iter()
        .flatten()
        .filter(|value| !value.is_null());
    values.map(as_text).collect()
}

/// The type of a schema, without `null`.
pub fn type_name<'a>(whole: &'a Value, property: &'a Value) -> &'a str {
    match resolved(whole, property).get("type") {
        Some(Value::String(name)) => name,
        Some(Value::Array(names)) => {
            let mut names = names.iter().filter_map(Value::as_str);
            names.find(|name| *name != "null").unwrap_or_default()
        }
        _ => "",
    }
}

fn kind(whole: &Value, property: &Value) -> String {
    let schema = resolved(whole, property);
    let format = schema.get("format").and_then(Value::as_str);
    match (type_name(whole, property), format) {
        ("string", _) if schema.get("enum").is_some() => "choice".to_owned(),
        ("string", Some("date")) => "day".to_owned(),
        ("string", Some("date-time")) => "moment".to_owned(),
        ("string", _) => "text".to_owned(),
        ("integer", _) => "whole number".to_owned(),
        ("number", _) => "number".to_owned(),
        ("boolean", _) => "true or false".to_owned(),
        ("array", _) => match schema.get("items") {
            Some(items) => format!("list of {}", kind(whole, items)),
            None => "list".to_owned(),
        },
        ("object", _) => "object".to_owned(),
        _ => "any value".to_owned(),
    }
}

/// What a value has to meet beside its type.
pub fn limits(whole: &Value, property: &Value) -> String {
    let schema = resolved(whole, property);
    let of = |name: &str| schema.get(name).or_else(|| property.get(name)).map(as_text);
    let mut parts = Vec::new();
    let listed = match schema.get("items") {
        Some(items) => choices(whole, items),
        None => choices(whole, property),
    };
    if !listed.is_empty() {
        let shown: Vec<_> = listed.iter().take(LISTED).map(String::as_str).collect();
        let more = if listed.len() > LISTED { ", …" } else { "" };
        parts.push(format!("one of {}{more}", shown.join(", ")));
    }
    let mut between = |least: &str, most: &str, unit: &str| {
        match (of(least), of(most)) {
            (Some(least), Some(most)) => parts.push(format!("{least} to {most}{unit}")),
            (Some(least), None) => parts.push(format!("at least {least}{unit}")),
            (None, Some(most)) => parts.push(format!("at most {most}{unit}")),
            (None, None) => {}
        };
    };
    between("minimum", "maximum", "");
    between("minLength", "maxLength", " characters");
    between("minItems", "maxItems", " items");
    if let Some(default) = of("default").filter(|text| !text.is_empty() && text != "null") {
        parts.push(format!("{default} if left out"));
    }
    parts.join("; ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_schema_is_told_in_words() {
        let schema = json!({
            "required": ["kind"],
            "properties": {
                "at": {"type": ["string", "null"], "format": "date"},
                "kind": {"$ref": "#/$defs/Kind", "description": "How large."},
                "names": {"type": "array", "items": {"type": "string"}, "maxItems": 3},
                "rows": {"type": "integer", "minimum": 1, "maximum": 9, "default": 5},
            },
            "$defs": {"Kind": {"type": "string", "enum": ["major", "minor"]}},
        });
        let told: Vec<_> = members(&schema)
            .into_iter()
            .map(|member| format!("{}: {} ({})", member.name, member.kind, member.limits))
            .collect();
        assert_eq!(
            told,
            [
                "kind: choice (one of major, minor)",
                "at: day ()",
                "names: list of text (at most 3 items)",
                "rows: whole number (1 to 9; 5 if left out)",
            ]
        );
    }
}
