//! The catalogue of scopes: those that the code defines beside what they protect, and those that
//! administrators added.

use std::sync::{Arc, PoisonError, RwLock};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::audit::{Cause, Decision, Entry, Journal};
use crate::model::{Client, Clock, InvalidScope, ScopeSet, ScopeToken, TenantId};
use crate::storage::changes::{Change, Kind};
use crate::storage::scopes::{self, AddedScope};
use crate::storage::{StorageError, Store};

/// How much harm a scope can do in the wrong hands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Sensitivity {
    /// Reads what many may know, or changes what is easily put right.
    Normal,
    /// Reads what few may know, or changes what is hard to put right.
    Sensitive,
}

impl Sensitivity {
    fn name(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Sensitive => "sensitive",
        }
    }
}

/// A scope that the code defines.
#[derive(Debug, Clone, Copy)]
pub struct ScopeDefinition {
    /// The scope token.
    pub name: &'static str,
    /// What it lets a client do.
    pub description: &'static str,
    /// How much harm it can do.
    pub sensitivity: Sensitivity,
}

/// Reads Ambit's own audit log. The admin API asks for it, and so do actions.
pub const READ_AUDIT: ScopeDefinition = ScopeDefinition {
    name: "ambit:audit:read",
    description: "Read, export and verify Ambit's own audit log.",
    sensitivity: Sensitivity::Sensitive,
};

/// A scope as the catalogue shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CatalogueEntry {
    /// The scope token.
    #[schema(example = "protected")]
    pub name: String,
    /// What it lets a client do.
    pub description: String,
    /// How much harm it can do.
    pub sensitivity: Sensitivity,
    /// Whether the code defines it. Only scopes that it does not can be removed.
    pub built_in: bool,
}

/// Why a scope was not added or removed.
#[derive(Debug, thiserror::Error)]
pub enum ScopeError {
    /// It has not the form of a scope token.
    #[error(transparent)]
    Invalid(#[from] InvalidScope),
    /// The description is too long, or is not text alone.
    #[error(
        "a description has at most {} characters, and no control characters",
        Catalogue::LONGEST_DESCRIPTION
    )]
    Description,
    /// Names that begin so belong to Ambit.
    #[error("names that begin with 'ambit:' belong to Ambit")]
    Reserved,
    /// The code defines it.
    #[error("the scope is built in")]
    BuiltIn,
    /// The database would not.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Knows every scope.
pub struct Catalogue {
    built_in: Vec<ScopeDefinition>,
    added: RwLock<Arc<Vec<AddedScope>>>,
    store: Arc<Store>,
    journal: Arc<Journal>,
    clock: Arc<dyn Clock>,
}

impl Catalogue {
    const LONGEST_DESCRIPTION: usize = 500;

    /// Starts with the scopes that the code defines; [`reload`](Self::reload) brings the others.
    pub fn new(
        built_in: Vec<ScopeDefinition>,
        store: Arc<Store>,
        journal: Arc<Journal>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            built_in,
            added: RwLock::default(),
            store,
            journal,
            clock,
        }
    }

    /// Reads the added scopes again.
    pub async fn reload(&self) -> Result<(), StorageError> {
        let added = self
            .store
            .read(|connection| scopes::all(connection, &TenantId::default()))
            .await?;
        *self.added.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(added);
        Ok(())
    }

    /// Every scope, built-in ones first.
    pub fn all(&self) -> Vec<CatalogueEntry> {
        let built_in = self.built_in.iter().map(|scope| CatalogueEntry {
            name: scope.name.to_owned(),
            description: scope.description.to_owned(),
            sensitivity: scope.sensitivity,
            built_in: true,
        });
        let added = self.added();
        let added = added.iter().map(|scope| CatalogueEntry {
            name: scope.name.clone(),
            description: scope.description.clone(),
            sensitivity: if scope.sensitivity == Sensitivity::Normal.name() {
                Sensitivity::Normal
            } else {
                Sensitivity::Sensitive
            },
            built_in: false,
        });
        built_in.chain(added).collect()
    }

    /// The tokens of `scope` that the catalogue does not know.
    pub fn unknown<'a>(&self, scope: &'a ScopeSet) -> Vec<&'a str> {
        let added = self.added();
        let known = |name: &str| {
            self.built_in.iter().any(|scope| scope.name == name)
                || added.iter().any(|scope| scope.name == name)
        };
        scope
            .iter()
            .map(ScopeToken::as_str)
            .filter(|name| !known(name))
            .collect()
    }

    /// The client without scopes that were removed from the catalogue: they are not granted, whoever
    /// still holds them.
    pub fn with_known_scopes(&self, client: &Client) -> Client {
        let unknown = self.unknown(&client.scope);
        let known = client
            .scope
            .iter()
            .filter(|token| !unknown.contains(&token.as_str()));
        Client {
            scope: known.cloned().collect(),
            ..client.clone()
        }
    }

    /// Adds a scope.
    pub async fn add(
        &self,
        cause: &Cause,
        name: &str,
        description: &str,
        sensitivity: Sensitivity,
    ) -> Result<CatalogueEntry, ScopeError> {
        let name = ScopeToken::parse(name)?.as_str().to_owned();
        let length = description.chars().count();
        if length > Self::LONGEST_DESCRIPTION || description.contains(char::is_control) {
            return Err(ScopeError::Description);
        }
        if self.built_in.iter().any(|scope| scope.name == name) {
            return Err(ScopeError::BuiltIn);
        }
        if name.starts_with("ambit:") {
            return Err(ScopeError::Reserved);
        }
        let added = AddedScope {
            tenant_id: cause.tenant_id.clone(),
            name: name.clone(),
            description: description.to_owned(),
            sensitivity: sensitivity.name().to_owned(),
            created_at: self.clock.now(),
        };
        let entry = Entry::new("scope.create", Decision::Allowed, cause).target(&name);
        let change = Change {
            kind: Kind::Scopes,
            subject: name.clone(),
        };
        let effect = move |connection: &mut _| scopes::insert(connection, &added);
        self.journal.change(entry, Some(change), effect).await?;
        self.reload().await?;
        let description = description.to_owned();
        Ok(CatalogueEntry {
            name,
            description,
            sensitivity,
            built_in: false,
        })
    }

    /// Removes a scope that an administrator added. Clients that hold it keep it in their
    /// registration, but no token is issued for it any more.
    pub async fn remove(&self, cause: &Cause, name: &str) -> Result<(), ScopeError> {
        if self.built_in.iter().any(|scope| scope.name == name) {
            return Err(ScopeError::BuiltIn);
        }
        if ScopeToken::parse(name).is_err() {
            return Err(StorageError::NotFound.into());
        }
        let entry = Entry::new("scope.delete", Decision::Allowed, cause).target(name);
        let change = Change {
            kind: Kind::Scopes,
            subject: name.to_owned(),
        };
        let tenant_id = cause.tenant_id.clone();
        let name = name.to_owned();
        let effect = move |connection: &mut _| scopes::delete(connection, &tenant_id, &name);
        self.journal.change(entry, Some(change), effect).await?;
        self.reload().await?;
        Ok(())
    }

    fn added(&self) -> Arc<Vec<AddedScope>> {
        Arc::clone(&self.added.read().unwrap_or_else(PoisonError::into_inner))
    }
}
