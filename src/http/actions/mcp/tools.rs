//! The actions as MCP describes tools, written once when the server starts.

use std::collections::HashMap;
use std::sync::Arc;

use rmcp::model::{JsonObject, MetaObject, Tool, ToolAnnotations};
use serde_json::{Value, json};

use crate::actions::{Registered, Registry};
use crate::policy::Effect;

/// Tools on one page of the list.
pub const PAGE: usize = 100;

/// Every action as JSON, ready to be sent.
pub struct Tools(HashMap<&'static str, String>);

/// One page of a list of tools.
#[derive(Debug, PartialEq, Eq)]
pub struct Page {
    /// The tools, as JSON.
    pub tools: String,
    /// Where the next page begins, if there is one.
    pub next: Option<&'static str>,
}

impl Tools {
    /// Of these actions.
    ///
    /// # Errors
    /// An action whose input or output is no object.
    pub fn new(registry: &Registry) -> Result<Self, String> {
        let described = registry.all().map(|action| {
            let tool = describe(action)?;
            let json = serde_json::to_string(&tool).map_err(|error| error.to_string())?;
            Ok((action.definition.name, json))
        });
        described.collect::<Result<_, String>>().map(Self)
    }

    /// The page of these tools that begins at `cursor`, which is the name of a tool.
    pub fn page(
        &self,
        permitted: impl Iterator<Item = &'static Registered>,
        cursor: Option<&str>,
        size: usize,
    ) -> Option<Page> {
        let names = permitted.map(|action| action.definition.name);
        let mut rest = names
            .skip_while(|name| cursor.is_some_and(|cursor| cursor != *name))
            .peekable();
        if cursor.is_some() && rest.peek().is_none() {
            return None;
        }
        let taken: Vec<_> = rest.by_ref().take(size).collect();
        let tools = taken.iter().filter_map(|name| self.0.get(name));
        let tools = tools.map(String::as_str).collect::<Vec<_>>().join(",");
        Some(Page {
            tools: format!("[{tools}]"),
            next: rest.next(),
        })
    }
}

fn describe(action: &Registered) -> Result<Tool, String> {
    let definition = action.definition;
    let object = |schema: &Value, what: &str| match schema {
        Value::Object(members) if schema["type"] == "object" => {
            Ok::<_, String>(Arc::new(members.clone()))
        }
        _ => Err(format!("the {what} of {} is no object", action.id)),
    };
    let annotations = ToolAnnotations::from_raw(
        None,
        Some(definition.reads()),
        Some(definition.destructive),
        Some(definition.idempotent),
        Some(definition.effect == Effect::SpendsCredential),
    );
    let meta = JsonObject::from_iter([
        ("ambit/scope".to_owned(), json!(definition.scope)),
        ("ambit/router".to_owned(), json!(action.router.name)),
    ]);
    let input = object(&action.input_schema, "input")?;
    let output = object(&action.output_schema, "output")?;
    Ok(Tool::new(definition.name, definition.description, input)
        .with_title(definition.summary)
        .with_raw_output_schema(output)
        .with_annotations(annotations)
        .with_meta(MetaObject(meta)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actions::ACTIONS;

    #[test]
    fn every_action_can_be_described_and_refers_to_nothing_outside() {
        let registry = Registry::new(ACTIONS).unwrap();
        let tools = Tools::new(&registry).unwrap();
        for (name, json) in &tools.0 {
            assert!(!json.contains("#/components/"), "{name}");
        }
    }

    #[test]
    fn pages_follow_each_other_and_hold_every_tool_once() {
        let registry = Registry::new(ACTIONS).unwrap();
        let tools = Tools::new(&registry).unwrap();
        let mut names = Vec::new();
        let mut cursor = None;
        loop {
            let page = tools.page(registry.all(), cursor, 2).unwrap();
            let listed: Vec<Tool> = serde_json::from_str(&page.tools).unwrap();
            names.extend(listed.into_iter().map(|tool| tool.name.into_owned()));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        let all: Vec<_> = registry
            .all()
            .map(|action| action.definition.name)
            .collect();
        assert_eq!(names, all);
        assert_eq!(tools.page(registry.all(), Some("no such tool"), 2), None);
    }
}
