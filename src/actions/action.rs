//! What an action is.

use std::future::Future;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde::Serialize;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use super::context::ActionContext;
use super::error::ActionError;
use crate::policy::Effect;
use crate::scopes::ScopeDefinition;

/// Something that an agent may do.
pub trait Action: 'static {
    /// Its name in addresses and as a tool: lower-case letters and underscores, unique among all.
    const NAME: &'static str;
    /// What it does, in one line without a full stop.
    const SUMMARY: &'static str;
    /// What an agent must know to use it well: what it answers, how that is computed, what is assumed.
    const DESCRIPTION: &'static str;
    /// Every scope that it needs, separated by spaces.
    const SCOPE: &'static str;
    /// What it does to the world.
    const EFFECT: Effect;
    /// Whether a writing action takes away or overwrites something, rather than adding to it.
    const DESTRUCTIVE: bool = false;
    /// Whether a writing action that is called again with the same input changes nothing more.
    const IDEMPOTENT: bool = false;
    /// At least one call and what may come of it.
    const EXAMPLES: &'static [Example];

    /// What it is given. Unknown fields are refused, and the constraints of the schema are enforced.
    type Input: DeserializeOwned + ToSchema + Send + 'static;
    /// What it answers.
    type Output: Serialize + ToSchema + Send + 'static;

    /// Does it.
    ///
    /// # Errors
    /// Why it could not be done. A writing action has then changed nothing.
    fn run(
        context: &ActionContext,
        input: Self::Input,
    ) -> impl Future<Output = Result<Self::Output, ActionError>> + Send;
}

/// A call of an action, as documents show it.
#[derive(Debug, Clone, Copy)]
pub struct Example {
    /// What is asked, in words.
    pub summary: &'static str,
    /// The input, as JSON.
    pub input: &'static str,
    /// An answer to it, as JSON.
    pub output: &'static str,
}

/// A group of actions about one subject.
pub struct Router {
    /// Its name in addresses: lower-case letters and underscores.
    pub name: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// What it is about.
    pub description: &'static str,
    /// The scopes that its actions need.
    pub scopes: &'static [ScopeDefinition],
    /// Its actions.
    pub actions: &'static [Definition],
    /// The semantic models of its tables: a name and the YAML.
    pub models: &'static [(&'static str, &'static str)],
    /// Data to try it on.
    pub samples: &'static [Sample],
}

/// A small table to try a router on.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// The table's name in the warehouse.
    pub table: &'static str,
    /// Its rows, with a header.
    pub csv: &'static str,
    /// What stands for a missing value, besides nothing.
    pub null: Option<&'static str>,
    /// Where the data comes from, and its licence.
    pub source: &'static str,
}

type Run = fn(&ActionContext, serde_json::Value) -> BoxFuture<'_, Result<String, ActionError>>;

/// The schema of a type, and those that it refers to by name.
pub struct TypeSchema {
    /// The name of the type among the components of a document.
    pub name: String,
    /// The schema itself.
    pub schema: RefOr<Schema>,
    /// What it refers to.
    pub referred: Vec<(String, RefOr<Schema>)>,
}

/// An action whose types have been left behind, so that all of them fit into one list.
pub struct Definition {
    /// See [`Action::NAME`].
    pub name: &'static str,
    /// See [`Action::SUMMARY`].
    pub summary: &'static str,
    /// See [`Action::DESCRIPTION`].
    pub description: &'static str,
    /// See [`Action::SCOPE`].
    pub scope: &'static str,
    /// See [`Action::EFFECT`].
    pub effect: Effect,
    /// See [`Action::DESTRUCTIVE`].
    pub destructive: bool,
    /// Whether it may be called again without further harm: see [`Action::IDEMPOTENT`].
    pub idempotent: bool,
    /// See [`Action::EXAMPLES`].
    pub examples: &'static [Example],
    /// The schema of its input.
    pub input: fn() -> TypeSchema,
    /// The schema of its output.
    pub output: fn() -> TypeSchema,
    /// Only `invoke` can call it: nobody else has a context.
    pub(super) run: Run,
}

impl Definition {
    /// Whether it changes nothing.
    pub fn reads(&self) -> bool {
        self.effect == Effect::Reads
    }
}

/// The definition of an action, for the list of its router.
pub const fn define<A: Action>() -> Definition {
    Definition {
        name: A::NAME,
        summary: A::SUMMARY,
        description: A::DESCRIPTION,
        scope: A::SCOPE,
        effect: A::EFFECT,
        destructive: A::DESTRUCTIVE,
        idempotent: A::IDEMPOTENT || matches!(A::EFFECT, Effect::Reads),
        examples: A::EXAMPLES,
        input: schema_of::<A::Input>,
        output: schema_of::<A::Output>,
        run: run::<A>,
    }
}

fn schema_of<T: ToSchema>() -> TypeSchema {
    let mut referred = Vec::new();
    T::schemas(&mut referred);
    TypeSchema {
        name: T::name().into_owned(),
        schema: T::schema(),
        referred,
    }
}

fn run<A: Action>(
    context: &ActionContext,
    input: serde_json::Value,
) -> BoxFuture<'_, Result<String, ActionError>> {
    async move {
        let input: A::Input = serde_json::from_value(input)
            .map_err(|error| ActionError::invalid("input", error.to_string()))?;
        let output = A::run(context, input).await?;
        serde_json::to_string(&output).map_err(|error| ActionError::broken(&error))
    }
    .boxed()
}
