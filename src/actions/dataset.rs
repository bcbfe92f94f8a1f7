//! Rows of the warehouse that are read whole, typed once, and remembered for a while.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use super::error::ActionError;
use crate::model::TenantId;
use crate::storage::Store;
use crate::warehouse::{Dialect, Limits, Rows, Statement, Value, Warehouse, WarehouseError};

/// What actions of a router compute with: the typed rows of its tables.
pub trait Dataset: Sized + Send + Sync + 'static {
    /// The routers whose writing actions change what it is made of; none for rows of the warehouse
    /// alone, which no action writes.
    const WRITTEN_BY: &'static [&'static str];

    /// Reads it.
    ///
    /// # Errors
    /// A table that is missing or is not as expected; an outage.
    fn load(reader: &Reader) -> impl Future<Output = Result<Self, ActionError>> + Send;
}

/// Reads what a dataset is made of.
pub struct Reader {
    warehouse: Arc<dyn Warehouse>,
    store: Arc<Store>,
    tenant_id: TenantId,
    limits: Limits,
}

impl Reader {
    /// These columns of every row of a table of the warehouse, in no particular order.
    ///
    /// # Errors
    /// The table or a column is missing, or has more rows than one analysis may read.
    pub async fn table(
        &self,
        table: &str,
        columns: &[&str],
    ) -> Result<Vec<Vec<Value>>, ActionError> {
        let quoted: Vec<String> = columns.iter().map(|column| self.quoted(column)).collect();
        let statement = Statement {
            sql: format!("SELECT {} FROM {}", quoted.join(", "), self.quoted(table)),
            parameters: Vec::new(),
        };
        let answer = self.warehouse.query(statement, self.limits).await;
        let Rows {
            rows, truncated, ..
        } = match answer {
            Ok(answer) => answer,
            Err(WarehouseError::Statement(problem)) => {
                return Err(self.why_not(table, columns, &problem).await);
            }
            Err(error) => return Err(error.into()),
        };
        if truncated.is_some() {
            return Err(ActionError::refused(format!(
                "The table {table} has more rows than one analysis reads, which is {}; an operator \
                 can raise warehouse.analysis_rows.",
                self.limits.rows
            )));
        }
        Ok(rows)
    }

    /// What Ambit itself keeps.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Whose data is read.
    pub fn tenant_id(&self) -> &TenantId {
        &self.tenant_id
    }

    fn quoted(&self, name: &str) -> String {
        match self.warehouse.dialect() {
            // Snowflake folds what is not quoted to capitals, and so did whoever made the table.
            Dialect::Snowflake => name.to_owned(),
            Dialect::Sqlite | Dialect::Postgres => format!("\"{}\"", name.replace('"', "\"\"")),
        }
    }

    /// What is missing, said so that an operator can mend it.
    async fn why_not(&self, table: &str, columns: &[&str], problem: &str) -> ActionError {
        let tables = match self.warehouse.tables().await {
            Ok(tables) => tables,
            Err(error) => return error.into(),
        };
        let found = tables
            .iter()
            .find(|found| found.name.eq_ignore_ascii_case(table));
        let Some(found) = found else {
            return ActionError::NotFound(format!(
                "The warehouse has no table {table}; an operator loads it with \
                 `ambit warehouse load FILE.csv --table {table}`."
            ));
        };
        let has = |column: &&&str| {
            let mut names = found.columns.iter().map(|column| &column.name);
            names.any(|name| name.eq_ignore_ascii_case(column))
        };
        let missing: Vec<_> = columns
            .iter()
            .filter(|column| !has(column))
            .copied()
            .collect();
        if missing.is_empty() {
            return ActionError::Unavailable(format!("reading {table}: {problem}"));
        }
        ActionError::NotFound(format!(
            "The table {table} of the warehouse has no column {}.",
            missing.join(", ")
        ))
    }
}

struct Remembered {
    read_at: Instant,
    epoch: u64,
    value: Arc<dyn Any + Send + Sync>,
}

type Key = (TypeId, TenantId);

/// Counts changes, so that what was read before one, or while it was made, is known to be old.
#[derive(Default)]
struct Epochs {
    of_all: u64,
    of_routers: HashMap<String, u64>,
}

impl Epochs {
    fn of(&self, routers: &[&str]) -> u64 {
        let own = routers.iter().filter_map(|name| self.of_routers.get(*name));
        own.fold(self.of_all, |sum, count| sum.wrapping_add(*count))
    }

    fn changed(&mut self, router: &str) {
        let count = self.of_routers.entry(router.to_owned()).or_default();
        *count = count.wrapping_add(1);
    }
}

/// Remembers datasets.
pub struct Datasets {
    warehouse: Arc<dyn Warehouse>,
    store: Arc<Store>,
    limits: Limits,
    keep: Duration,
    remembered: RwLock<HashMap<Key, Remembered>>,
    /// One reads at a time, so that a crowd after a change is not as many walks over a table.
    reading: tokio::sync::Mutex<()>,
    epochs: RwLock<Epochs>,
}

impl Datasets {
    /// Over a warehouse and what Ambit itself keeps; `limits` bound one table, and `keep` is how old
    /// a dataset may become.
    pub fn new(
        warehouse: Arc<dyn Warehouse>,
        store: Arc<Store>,
        limits: Limits,
        keep: Duration,
    ) -> Self {
        Self {
            warehouse,
            store,
            limits,
            keep,
            remembered: RwLock::default(),
            reading: tokio::sync::Mutex::default(),
            epochs: RwLock::default(),
        }
    }

    /// The warehouse that they are read from.
    pub fn warehouse(&self) -> &Arc<dyn Warehouse> {
        &self.warehouse
    }

    /// A tenant's dataset of a type, read if it is not remembered or too old.
    pub async fn get<D: Dataset>(&self, tenant_id: &TenantId) -> Result<Arc<D>, ActionError> {
        let key = (TypeId::of::<D>(), tenant_id.clone());
        if let Some(found) = self.find(&key) {
            return Ok(found);
        }
        let _turn = self.reading.lock().await;
        if let Some(found) = self.find(&key) {
            return Ok(found);
        }
        let epoch = self.epoch::<D>();
        let reader = Reader {
            warehouse: Arc::clone(&self.warehouse),
            store: Arc::clone(&self.store),
            tenant_id: tenant_id.clone(),
            limits: self.limits,
        };
        let read_at = Instant::now();
        let value = Arc::new(D::load(&reader).await?);
        let erased: Arc<dyn Any + Send + Sync> = value.clone();
        let remembered = Remembered {
            read_at,
            epoch,
            value: erased,
        };
        self.remembered
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(key, remembered);
        Ok(value)
    }

    /// Has every dataset read again before it is next used.
    pub fn forget_all(&self) {
        let mut epochs = self.epochs.write().unwrap_or_else(PoisonError::into_inner);
        epochs.of_all = epochs.of_all.wrapping_add(1);
    }

    /// Has the datasets that an action may have changed read again before they are next used; `action`
    /// is `router/name`.
    pub fn forget_written_by(&self, action: &str) {
        let router = action.split('/').next().unwrap_or_default();
        let mut epochs = self.epochs.write().unwrap_or_else(PoisonError::into_inner);
        epochs.changed(router);
    }

    fn epoch<D: Dataset>(&self) -> u64 {
        let epochs = self.epochs.read().unwrap_or_else(PoisonError::into_inner);
        epochs.of(D::WRITTEN_BY)
    }

    fn find<D: Dataset>(&self, key: &Key) -> Option<Arc<D>> {
        let remembered = self
            .remembered
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        let found = remembered.get(key)?;
        let fresh = found.read_at.elapsed() < self.keep && found.epoch == self.epoch::<D>();
        let value = fresh.then(|| Arc::clone(&found.value))?;
        value.downcast().ok()
    }
}
