//! JSON-RPC 2.0 as MCP has it: what a client sends, and what it is answered.
//!
//! Identifiers and progress tokens are kept as they were written, so that they come back byte for byte.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use rmcp::model::{ErrorCode, ErrorData};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use utoipa::ToSchema;
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType, Type};

/// Longest identifier of a request, in bytes. It is held while the call is under way.
const LONGEST_ID: usize = 1024;

/// What a client sent: a request if it has an identifier, else a notification.
#[derive(Debug)]
pub struct Message<'a> {
    /// The identifier of a request, a string or an integer as it was written.
    pub id: Option<&'a str>,
    /// What it wants.
    pub method: String,
    /// With what.
    pub parameters: Parameters<'a>,
}

/// The parameters of every method that is known here; what else is there is ignored.
#[derive(Debug, Default, Deserialize)]
pub struct Parameters<'a> {
    /// What is said about the request itself.
    #[serde(borrow, rename = "_meta")]
    pub meta: Option<Meta<'a>>,
    /// Of `tools/call`: the tool.
    pub name: Option<String>,
    /// Of `tools/call`: its input.
    pub arguments: Option<Value>,
    /// Of `tools/list`: where the page begins.
    pub cursor: Option<String>,
    /// Of `initialize`: the revision that the client would like.
    #[serde(rename = "protocolVersion")]
    pub protocol_version: Option<String>,
    /// Of `notifications/cancelled`: which request is meant.
    #[serde(borrow, rename = "requestId")]
    pub request_id: Option<&'a RawValue>,
}

/// The `_meta` of a request.
#[derive(Debug, Default, Deserialize)]
pub struct Meta<'a> {
    /// Asks for notifications of progress.
    #[serde(borrow, rename = "progressToken")]
    pub progress_token: Option<&'a RawValue>,
    /// The revision that the request is written in.
    #[serde(rename = "io.modelcontextprotocol/protocolVersion")]
    pub protocol_version: Option<String>,
    /// What the client can do.
    #[serde(borrow, rename = "io.modelcontextprotocol/clientCapabilities")]
    pub client_capabilities: Option<&'a RawValue>,
    /// The key under which a writing action is done once.
    #[serde(rename = "ambit/idempotencyKey")]
    pub idempotency_key: Option<String>,
}

/// A JSON-RPC message: a request if it has an identifier, else a notification.
#[derive(Deserialize, ToSchema)]
#[schema(as = McpMessage)]
pub struct Members<'a> {
    #[serde(borrow, default, deserialize_with = "present")]
    #[schema(value_type = String, pattern = r"^2\.0$", example = "2.0", required = true)]
    jsonrpc: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    #[schema(schema_with = identifier_schema, required = false)]
    id: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    #[schema(value_type = String, example = "tools/list", required = true)]
    method: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    #[schema(value_type = Object, required = false)]
    params: Option<&'a RawValue>,
}

fn identifier_schema() -> Schema {
    let kinds = SchemaType::from_iter([Type::String, Type::Integer]);
    ObjectBuilder::new().schema_type(kinds).build().into()
}

/// A member that is there, even as `null`.
fn present<'de, D: Deserializer<'de>>(member: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(member).map(Some)
}

/// Why a message is not answered as it wishes: a JSON-RPC error, and the HTTP status that it goes with.
#[derive(Debug)]
pub struct Fault {
    /// The HTTP status.
    pub status: StatusCode,
    /// The request, if its identifier could be read.
    pub id: Option<Box<str>>,
    /// The error.
    pub error: ErrorData,
}

impl Fault {
    /// A message that cannot be accepted at all.
    pub fn bad(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            id: None,
            error: ErrorData::new(code, message.into(), None),
        }
    }

    /// With more for programs.
    #[must_use]
    pub fn data(mut self, data: Value) -> Self {
        self.error.data = Some(data);
        self
    }

    /// With another HTTP status.
    #[must_use]
    pub fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// In answer to this request.
    #[must_use]
    pub fn of(mut self, id: Option<&str>) -> Self {
        self.id = id.map(Into::into);
        self
    }

    /// The answer.
    pub fn to_response(&self) -> HttpResponse {
        #[derive(Serialize)]
        struct Body<'a> {
            jsonrpc: &'static str,
            #[serde(skip_serializing_if = "Option::is_none")]
            id: Option<&'a RawValue>,
            error: &'a ErrorData,
        }
        let body = Body {
            jsonrpc: "2.0",
            id: self
                .id
                .as_deref()
                .and_then(|id| serde_json::from_str(id).ok()),
            error: &self.error,
        };
        HttpResponse::build(self.status).json(body)
    }
}

/// Reads a message.
///
/// # Errors
/// It is no JSON (-32700), no message (-32600), or its parameters are of the wrong types (-32602).
pub fn read(body: &[u8]) -> Result<Message<'_>, Fault> {
    let malformed = || Fault::bad(ErrorCode::PARSE_ERROR, "The body is not well-formed JSON.");
    let invalid = |why: &str| Fault::bad(ErrorCode::INVALID_REQUEST, why);
    let text = std::str::from_utf8(body).map_err(|_| malformed())?;
    if text.trim_start().starts_with('[') {
        return Err(invalid(
            "Batches are not accepted; send each message by itself.",
        ));
    }
    let members: Members<'_> = serde_json::from_str(text).map_err(|error| {
        if error.is_data() {
            invalid("The body is not a JSON-RPC message.")
        } else {
            malformed()
        }
    })?;
    let id = members.id.map(identifier).transpose()?;
    let invalid = |why| invalid(why).of(id);
    if members.jsonrpc.map(RawValue::get) != Some("\"2.0\"") {
        return Err(invalid("The member jsonrpc must be \"2.0\"."));
    }
    let Some(method) = members.method else {
        return Err(invalid(
            "The member method is missing; this server asks nothing of its clients, so that there is \
             nothing to answer.",
        ));
    };
    let method = serde_json::from_str(method.get())
        .map_err(|_| invalid("The member method must be a string."))?;
    let parameters = match members.params {
        None => Parameters::default(),
        Some(params) if params.get().starts_with('{') => serde_json::from_str(params.get())
            .map_err(|error| {
                let why = format!("The parameters are not as described: {error}.");
                Fault::bad(ErrorCode::INVALID_PARAMS, why).of(id)
            })?,
        Some(_) => return Err(invalid("The member params must be an object.")),
    };
    Ok(Message {
        id,
        method,
        parameters,
    })
}

/// An identifier as it was written: a string or an integer.
fn identifier(id: &RawValue) -> Result<&str, Fault> {
    let id = id.get();
    if is_string_or_integer(id) && id.len() <= LONGEST_ID {
        return Ok(id);
    }
    let why = format!("The member id must be a string or an integer of up to {LONGEST_ID} bytes.");
    Err(Fault::bad(ErrorCode::INVALID_REQUEST, why))
}

/// Whether a JSON value is a string or an integer, as identifiers and progress tokens are.
pub fn is_string_or_integer(json: &str) -> bool {
    let digits = json.strip_prefix('-').unwrap_or(json);
    json.starts_with('"') || digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// The answer to a request.
pub fn answer(id: &str, result: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{result}}}"#)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(body: &str) -> i32 {
        read(body.as_bytes()).unwrap_err().error.code.0
    }

    #[test]
    fn requests_and_notifications_are_told_apart() {
        let request = read(br#"{"jsonrpc":"2.0","id":"a\u0001","method":"ping"}"#).unwrap();
        assert_eq!(request.id, Some(r#""a\u0001""#));
        let notification = read(br#" {"method":"x","jsonrpc":"2.0","params":{}}"#).unwrap();
        assert_eq!(notification.id, None);
    }

    #[test]
    fn what_is_no_message_is_refused() {
        for body in ["", "{", "nonsense", "{\"id\":1}}", "\"\\x\""] {
            assert_eq!(code(body), -32700, "{body}");
        }
        for body in [
            "1",
            "[]",
            r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#,
            r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#,
            r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#,
            r#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#,
            r#"{"jsonrpc":"2.0","id":[1],"method":"ping"}"#,
            r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":7}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":{}}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":[1]}"#,
        ] {
            assert_eq!(code(body), -32600, "{body}");
        }
        let long = format!(
            r#"{{"jsonrpc":"2.0","id":{},"method":"ping"}}"#,
            "9".repeat(1025)
        );
        assert_eq!(code(&long), -32600);
    }

    #[test]
    fn parameters_of_the_wrong_types_name_the_request() {
        let body = br#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":1}}"#;
        let fault = read(body).unwrap_err();
        assert_eq!(fault.error.code.0, -32602);
        assert_eq!(fault.id.as_deref(), Some("7"));
    }

    #[test]
    fn deep_nesting_is_refused() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        let body = format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"arguments":{deep}}}}}"#
        );
        assert_eq!(code(&body), -32602);
    }
}
