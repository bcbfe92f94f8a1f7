//! The request that a client would send for what was just tried. Where its token goes stands a variable.

use serde_json::{Value, json};
use url::form_urlencoded;

use crate::actions::Registered;

/// For a shell.
pub fn curl(action: &Registered, issuer: &str, input: &Value, key: &str) -> String {
    let mut lines = vec!["curl -H \"Authorization: Bearer $AMBIT_TOKEN\"".to_owned()];
    let mut address = format!("{issuer}{}", action.path());
    if action.is_get {
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(action.write_query(input))
            .finish();
        if !query.is_empty() {
            address = format!("{address}?{query}");
        }
    } else {
        lines.push("  -H 'Content-Type: application/json'".to_owned());
        if !action.definition.reads() {
            lines.push(format!(
                "  -H {}",
                quoted(&format!("Idempotency-Key: {key}"))
            ));
        }
        lines.push(format!("  -d {}", quoted(&input.to_string())));
    }
    lines.push(format!("  {}", quoted(&address)));
    lines.join(" \\\n")
}

/// For MCP.
pub fn mcp(action: &Registered, input: &Value, key: &str) -> String {
    let mut params = json!({"name": action.definition.name, "arguments": input});
    if !action.definition.reads()
        && let Some(members) = params.as_object_mut()
    {
        members.insert("_meta".to_owned(), json!({"ambit/idempotencyKey": key}));
    }
    let call = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
    serde_json::to_string_pretty(&call).unwrap_or_default()
}

/// As a shell takes it, whatever is in it.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actions::{ACTIONS, Registry};

    #[test]
    fn a_shell_reads_one_word_whatever_is_in_it() {
        let registry = Registry::new(ACTIONS).unwrap();
        let action = registry.by_name("query").unwrap();
        let input = json!({"sql": "SELECT 'a'; $(rm)"});
        let line = curl(action, "https://a.example", &input, "");
        assert!(
            line.contains(r#"'{"sql":"SELECT '\''a'\''; $(rm)"}'"#),
            "{line}"
        );
        let input = json!({"limit": 3, "kinds": ["a", "b'"]});
        let action = registry.all().find(|action| action.is_get).unwrap();
        let line = curl(action, "https://a.example", &input, "");
        assert!(line.ends_with("?kinds=a&kinds=b%27&limit=3'"), "{line}");
    }
}
