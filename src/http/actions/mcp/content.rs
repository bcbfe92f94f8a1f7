//! The content of a tool's answer: what the action answered, as text.

/// The content of an answer, for clients that know nothing of structured content.
#[cfg(not(feature = "test-fixtures"))]
pub fn of(answer: &str) -> String {
    text(answer)
}

/// The same; the fixtures of the MCP conformance suite answer the content itself.
#[cfg(feature = "test-fixtures")]
pub fn of(answer: &str) -> String {
    let answered: Option<serde_json::Value> = serde_json::from_str(answer).ok();
    let content = answered.and_then(|mut answer| Some(answer.get_mut("content")?.take()));
    content.map_or_else(|| text(answer), |content| content.to_string())
}

/// A text as the only content.
pub fn text(text: &str) -> String {
    let text = super::call::written(&text);
    format!(r#"[{{"type":"text","text":{text}}}]"#)
}
