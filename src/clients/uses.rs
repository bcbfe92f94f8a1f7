//! When clients and secrets were last used, gathered in memory and written down now and then.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::model::{ClientId, Timestamp};

/// Most secrets between two writes; a use beyond that is not noted.
const MOST: usize = 10_000;

/// Uses since they were last written down.
#[derive(Default)]
pub struct Uses {
    latest: Mutex<HashMap<String, (ClientId, Timestamp)>>,
}

impl Uses {
    /// A client authenticated with a secret.
    pub fn note(&self, client_id: &ClientId, secret_id: &str, at: Timestamp) {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = latest.get_mut(secret_id) {
            known.1 = at;
        } else if latest.len() < MOST {
            latest.insert(secret_id.to_owned(), (client_id.clone(), at));
        }
    }

    /// Takes what was noted: client, secret, time.
    pub fn take(&self) -> Vec<(ClientId, String, Timestamp)> {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        latest
            .drain()
            .map(|(secret_id, (client_id, at))| (client_id, secret_id, at))
            .collect()
    }

    /// Takes back what could not be written down. Later uses stay.
    pub fn put_back(&self, uses: Vec<(ClientId, String, Timestamp)>) {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        for (client_id, secret_id, at) in uses {
            latest.entry(secret_id).or_insert((client_id, at));
        }
    }
}
