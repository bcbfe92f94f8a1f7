//! What the server says of itself: `initialize` and `server/discover`.

use std::sync::LazyLock;

use rmcp::model::{
    CacheScope, DiscoverResult, Implementation, InitializeResult, JsonObject, MetaObject,
    ServerCapabilities, ToolsCapability,
};
use serde::Serialize;
use serde_json::{Value, json};

use super::revision;

/// The member of a result's `_meta` that names the server.
pub const SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";

/// How long what the server says of itself stays true, in milliseconds. Another release may say otherwise.
const FRESH: u64 = 3_600_000;

/// How an agent begins.
const INSTRUCTIONS: &str = "Ambit lets you act on real systems within the scope of your access token. \
    Begin with list_accessible_tables to see which tables you may read, then list_table_metadata for \
    what their fields mean and how they relate, or search_metadata with a question in plain words. \
    query runs one read-only SQL statement, which is checked first; explain_query tells what would be \
    checked and applied without running it. Where a tool is made for the question, prefer it to SQL: \
    its description says how its figures are computed. Lists are paged; pass next_cursor on to go on. \
    You see the tools that your token covers; a call that needs more is refused with the scopes that it needs. \
    A tool that writes is done only once under a key: send the same _meta[\"ambit/idempotencyKey\"] in \
    tools/call when you repeat a call. \
    Every call is recorded.";

/// Who this is, as JSON.
pub static IDENTITY: LazyLock<String> =
    LazyLock::new(|| serde_json::to_string(&implementation()).unwrap_or_default());

fn implementation() -> Implementation {
    let mut ambit = Implementation::new("ambit", env!("CARGO_PKG_VERSION"));
    ambit.title = Some("Ambit".to_owned());
    ambit
}

fn capabilities() -> ServerCapabilities {
    let mut capabilities = ServerCapabilities::default();
    capabilities.tools = Some(ToolsCapability::default());
    capabilities
}

/// The result of `initialize`, for a client that would like this revision.
pub fn initialize(wanted: Option<&str>) -> String {
    written(
        &InitializeResult::new(capabilities())
            .with_protocol_version(revision::settle(wanted))
            .with_server_info(implementation())
            .with_instructions(INSTRUCTIONS),
    )
}

/// The result of `server/discover`.
pub fn discover() -> String {
    let mut result = DiscoverResult::new(revision::supported(), capabilities());
    result.instructions = Some(INSTRUCTIONS.to_owned());
    result.ttl_ms = FRESH;
    result.cache_scope = CacheScope::Public;
    let identity: Value = json!(implementation());
    result.meta = Some(MetaObject(JsonObject::from_iter([(
        SERVER_INFO.to_owned(),
        identity,
    )])));
    written(&result)
}

fn written(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actions::{ACTIONS, Registry};
    use crate::http::actions::mcp::message::Meta;

    #[test]
    fn the_instructions_name_tools_that_there_are() {
        let registry = Registry::new(ACTIONS).unwrap();
        for name in [
            "list_accessible_tables",
            "list_table_metadata",
            "search_metadata",
            "query",
            "explain_query",
        ] {
            assert!(INSTRUCTIONS.contains(name), "{name}");
            assert!(registry.by_name(name).is_some(), "{name}");
        }
    }

    #[test]
    fn the_instructions_name_the_idempotency_key_as_it_is_read() {
        let (_, after) = INSTRUCTIONS.split_once("_meta[\"").unwrap();
        let (name, _) = after.split_once('"').unwrap();
        let sent = json!({ name: "once" }).to_string();
        let meta: Meta = serde_json::from_str(&sent).unwrap();
        assert_eq!(meta.idempotency_key.as_deref(), Some("once"));
    }
}
