//! Answers under idempotency keys: the same key and input get the same answer, once done.

use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::error::ActionError;
use crate::model::{Principal, Timestamp};
use crate::storage::idempotent_answers::{self as table, KeptAnswer, Key};
use crate::storage::{AnyConnection, StorageError, Store};

/// Longest key, in characters.
const LONGEST: usize = 255;

/// A key that came with a call of a writing action.
#[derive(Debug, Clone)]
pub struct Keyed {
    key: Key,
    input_hash: String,
}

impl Keyed {
    /// The key `text` of a call by `principal`.
    ///
    /// # Errors
    /// It is not of 1 to 255 printable ASCII characters.
    pub fn new(
        text: &str,
        principal: &Principal,
        action: &str,
        input: &Value,
    ) -> Result<Self, ActionError> {
        let printable = text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        if text.is_empty() || text.len() > LONGEST || !printable {
            let detail = "has 1 to 255 printable ASCII characters";
            return Err(ActionError::invalid("Idempotency-Key", detail));
        }
        let input = sorted(input).to_string();
        Ok(Self {
            key: Key {
                tenant_id: principal.tenant_id.clone(),
                client_id: principal.client_id.clone(),
                action: action.to_owned(),
                key: text.to_owned(),
            },
            input_hash: URL_SAFE_NO_PAD.encode(digest(&SHA256, input.as_bytes())),
        })
    }

    /// The answer that was given under the key, if one was.
    ///
    /// # Errors
    /// The key came with another input.
    pub async fn answer(&self, store: &Store) -> Result<Option<String>, ActionError> {
        let key = self.key.clone();
        let kept = store
            .read(move |connection| table::find(connection, &key))
            .await?;
        match kept {
            None => Ok(None),
            Some(kept) if kept.input_hash == self.input_hash => Ok(Some(kept.answer)),
            Some(_) => Err(ActionError::KeyReused),
        }
    }

    /// Keeps the answer, in the transaction of what it tells of.
    pub fn keep(
        &self,
        connection: &mut AnyConnection,
        answer: &str,
        at: Timestamp,
    ) -> Result<(), StorageError> {
        let kept = KeptAnswer {
            input_hash: self.input_hash.clone(),
            answer: answer.to_owned(),
        };
        table::insert(connection, &self.key, &kept, at)
    }
}

/// The same value with the members of every object in the order of their names, so that an input is
/// known again whichever way it was written.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let members: BTreeMap<_, _> = members.iter().collect();
            let members = members.into_iter();
            Value::Object(
                members
                    .map(|(name, member)| (name.clone(), sorted(member)))
                    .collect(),
            )
        }
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        plain => plain.clone(),
    }
}
