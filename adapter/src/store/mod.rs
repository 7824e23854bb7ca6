//! The store: SQLite or PostgreSQL behind one [`Store`], large bodies beside it, and the keys that seal both.
//!
//! Writes are values ([`Commit`]); one task makes them durable. Reads go to a small pool. The store knows the tables'
//! columns and no rule of the domain: what a state or a kind means is decided above. It imports `model`,
//! `telemetry` and `world` only.

mod blobs;
mod checkpoint;
mod commit;
mod committer;
mod config;
mod connection;
mod database;
mod error;
mod failure;
mod figures;
mod isolated;
mod keys;
mod migrations;
mod opening;
mod tables;
#[cfg(any(test, feature = "sandbox"))]
pub mod testing;
#[cfg(test)]
mod tests;
mod text;
mod value;

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

pub use blobs::{Body, KeptBody};
pub use commit::{Commit, Committed, Expect, Position, Statement};
pub use committer::Head;
pub use config::{Access, StoreConfig, StoreLimits};
pub use database::Location;
pub use error::{CommitError, Constraint, StoreError};
pub use figures::{Figures, Histogram};
pub use keys::{CommitmentKey, TenantKeys};
pub use tables::{
    class_maps, drift, entities, erasure, evidence, intake, letters, message_events, mirrors, own_fields, passwords,
    pull, quality, receipt_keys, replies, sends, shadow, twins, uploads, viestit, vocabularies, webhooks,
};
pub use value::{Fields, Kind, Row, Value};

/// Statements about blobs that other tables' commits need.
pub use tables::blobs::release as release_blob;

pub(crate) use value::args;

use crate::model::digested::Digested;
use crate::world::World;
use blobs::Blobs;
use checkpoint::Checkpoints;
use committer::{Committer, Grouping, Waiting, head_of};
use database::{Database, Patience};
use keys::MasterKey;
use opening::{master_key, take_lock, writer_name};

/// The store. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    database: Database,
    data: PathBuf,
    world: World,
    master: MasterKey,
    tenants: RwLock<HashMap<String, Arc<TenantKeys>>>,
    blobs: Blobs,
    figures: Arc<Figures>,
    heads: watch::Receiver<Option<Head>>,
    queue: RwLock<Option<mpsc::Sender<Waiting>>>,
    committer: tokio::sync::Mutex<Option<JoinHandle<()>>>,
    /// Held until the store is closed (the committer holds it too, until its queue is empty); the operating system lets
    /// go of it when the process ends.
    lock: RwLock<Option<Arc<File>>>,
}

impl Store {
    /// Opens the store: takes the lock, brings the tables up to date, reads or makes the keys, starts the committer, and
    /// sweeps orphaned blobs.
    pub async fn open(config: StoreConfig, world: &World) -> Result<Self, StoreError> {
        let writes = config.access == Access::Write;
        let limits = config.limits;
        std::fs::create_dir_all(&config.data)
            .map_err(|error| StoreError::file(format!("folder {}", config.data.display()), error))?;
        let lock = match (&config.location, config.access) {
            (Location::Sqlite(_), Access::Write) => Some(Arc::new(take_lock(&config.data.join("silta.lock"))?)),
            _ => None,
        };
        let patience = Patience { readers: limits.readers, busy: limits.busy_timeout, acquire: limits.acquire_timeout };
        let database = Database::open(&config.location, patience, writes).await?;
        let master = master_key(&database, &config.data, world, writes).await?;
        let blobs = Blobs::open(&config.data.join("blobs"), limits.inline_body)?;
        let figures = Arc::new(Figures::default());
        let writer = writer_name(&config, world)?;
        let head = head_of(database.read(evidence::HEAD, &[Value::from(&*writer)]).await?, &writer)?;
        let (heads, heads_seen) = watch::channel((head.sequence > 0).then(|| head.clone()));
        let (queue, committer) = if writes {
            let (sender, receiver) = mpsc::channel(limits.commit_queue.max(1));
            let committer = Committer {
                database: database.clone(),
                connection: Some(database.writing().await?),
                queue: receiver,
                writer,
                head: Some(head),
                heads,
                grouping: Grouping { most: limits.commit_group.max(1), wait: limits.commit_wait },
                figures: Arc::clone(&figures),
                world: world.clone(),
                inserts: evidence::InsertTexts::default(),
                checkpoints: Checkpoints::begin(&database),
                _lock: lock.clone(),
            };
            (Some(sender), Some(tokio::spawn(committer.run())))
        } else {
            (None, None)
        };
        let store = Self {
            inner: Arc::new(Inner {
                database,
                data: config.data,
                world: world.clone(),
                master,
                tenants: RwLock::new(HashMap::new()),
                blobs,
                figures,
                heads: heads_seen,
                queue: RwLock::new(queue),
                committer: tokio::sync::Mutex::new(committer),
                lock: RwLock::new(lock),
            }),
        };
        if writes {
            store.sweep(limits.orphan_age).await?;
        }
        Ok(store)
    }

    /// Makes a commit durable. When this returns `Ok`, it is on disk; when the future is dropped, it may be all the same.
    pub async fn commit(&self, commit: Commit) -> Result<Committed, CommitError> {
        let mut salts = Vec::with_capacity(commit.evidence.len());
        for draft in &commit.evidence {
            let keys = match self.known_keys(&draft.tenant) {
                Some(keys) => keys,
                None => Box::pin(self.tenant_keys(&draft.tenant))
                    .await
                    .map_err(|error| CommitError::Evidence { text: error.to_string() })?,
            };
            salts.push(*keys.salt());
        }
        self.enqueue(commit, salts).await
    }

    /// Runs a statement that only reads. Like statements that write, its text comes from `tables`.
    pub(in crate::store) async fn read(&self, sql: &'static str, args: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        let read = self.inner.database.read(sql, &args).await;
        if let Err(StoreError::Database { limit, .. }) = &read {
            self.inner.figures.met(*limit);
        }
        read
    }

    /// The first row of [`Self::read`].
    pub(in crate::store) async fn read_one(
        &self,
        sql: &'static str,
        args: Vec<Value>,
    ) -> Result<Option<Row>, StoreError> {
        Ok(self.read(sql, args).await?.into_iter().next())
    }

    /// The keys of a tenant, made the first time they are asked for. The empty name is the installation's own.
    pub async fn tenant_keys(&self, tenant: &str) -> Result<Arc<TenantKeys>, StoreError> {
        if let Some(keys) = self.known_keys(tenant) {
            return Ok(keys);
        }
        let wrapped = if let Some(wrapped) = self.wrapped_key(tenant).await? {
            wrapped
        } else {
            let wrapped = self.inner.master.new_tenant_key(tenant, &self.inner.world)?;
            let add = tables::tenants::add(tenant, wrapped, self.inner.world.now_micros());
            self.enqueue(Commit::new().with([add]), Vec::new()).await?;
            // Another process may have been first: the key that is there is the key.
            self.wrapped_key(tenant)
                .await?
                .ok_or_else(|| StoreError::Keys(format!("the key of tenant {tenant:?} was not kept")))?
        };
        let keys = Arc::new(self.inner.master.unwrap(tenant, &wrapped)?);
        let mut known = self.inner.tenants.write().unwrap_or_else(PoisonError::into_inner);
        Ok(Arc::clone(known.entry(tenant.to_owned()).or_insert(keys)))
    }

    /// The log salt of a tenant that has keys; verification must not make any.
    pub(crate) async fn known_salt(&self, tenant: &str) -> Result<Option<[u8; 32]>, StoreError> {
        if self.known_keys(tenant).is_none() && self.wrapped_key(tenant).await?.is_none() {
            return Ok(None);
        }
        Ok(Some(*self.tenant_keys(tenant).await?.salt()))
    }

    /// Seals a body and, when it is large, writes it beside the store and syncs it. `context` says which row it belongs
    /// to (`letter_order/ID`); the statements go into the commit that refers to it.
    pub async fn keep_body(&self, tenant: &str, content: &[u8], context: &str) -> Result<KeptBody, StoreError> {
        let keys = self.tenant_keys(tenant).await?;
        self.inner.blobs.keep(&self.inner.world, tenant, &keys, content, None, context).await
    }

    /// As [`Self::keep_body`], for content whose digest is known.
    pub async fn keep_file(&self, tenant: &str, content: &Digested, context: &str) -> Result<KeptBody, StoreError> {
        let keys = self.tenant_keys(tenant).await?;
        self.inner.blobs.keep(&self.inner.world, tenant, &keys, content, Some(content.sha256()), context).await
    }

    /// Opens a body that [`Self::keep_body`] sealed with the same context.
    pub async fn body(&self, tenant: &str, body: &Body, context: &str) -> Result<Vec<u8>, StoreError> {
        let keys = self.tenant_keys(tenant).await?;
        self.inner.blobs.load(&keys, body, context).await
    }

    /// Counts and times of the committer.
    pub fn figures(&self) -> &Figures {
        &self.inner.figures
    }

    /// The last record that this process has made durable (or found when it opened).
    pub fn head(&self) -> Option<Head> {
        self.inner.heads.borrow().clone()
    }

    /// The data directory.
    pub fn data(&self) -> &Path {
        &self.inner.data
    }

    /// The world that the store was opened in.
    pub fn world(&self) -> &World {
        &self.inner.world
    }

    /// Takes no more commits, makes those that wait durable, and closes the connections. Doing it twice is harmless.
    pub async fn close(&self) {
        drop(self.inner.queue.write().unwrap_or_else(PoisonError::into_inner).take());
        let committer = self.inner.committer.lock().await.take();
        let has_written = committer.is_some();
        if let Some(committer) = committer {
            // A panic of the committer has answered its waiters with `Unknown` already.
            let _ = committer.await;
        }
        self.inner.database.close(has_written).await;
        let mut lock = self.inner.lock.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(lock) = lock.take() {
            // Said in words, because a child process that is just being started holds our files for a moment too. If it
            // fails, closing the file does the same a little later.
            let _ = lock.unlock();
        }
    }

    /// What was erased leaves the database's own log as well; PostgreSQL sees to that itself, in its time.
    pub async fn settle(&self) -> Result<(), StoreError> {
        self.inner.database.settle().await
    }

    /// Deletes blobs that no row refers to and that are older than `age`. Returns how many.
    pub async fn sweep(&self, age: Duration) -> Result<u64, StoreError> {
        let names = self.inner.blobs.names(&self.inner.world, age).await?;
        if names.is_empty() {
            return Ok(0);
        }
        self.enqueue(Commit::new().with([tables::blobs::forget_unused()]), Vec::new()).await?;
        let mut swept = 0;
        for name in names {
            if !tables::blobs::is_known(self, &name).await?
                && self.inner.blobs.delete(&self.inner.world, &name, age).await?
            {
                swept += 1;
            }
        }
        Ok(swept)
    }

    async fn enqueue(&self, commit: Commit, salts: Vec<[u8; 32]>) -> Result<Committed, CommitError> {
        let (answer, answered) = oneshot::channel();
        {
            let queue = self.inner.queue.read().unwrap_or_else(PoisonError::into_inner);
            let queue = queue.as_ref().ok_or(CommitError::Closed)?;
            queue.try_send(Waiting { commit, salts, answer }).map_err(|error| match error {
                mpsc::error::TrySendError::Full(_) => CommitError::Busy,
                mpsc::error::TrySendError::Closed(_) => CommitError::Closed,
            })?;
        }
        answered.await.unwrap_or_else(|_| Err(CommitError::Unknown { text: "the committer ended".to_owned() }))
    }

    fn known_keys(&self, tenant: &str) -> Option<Arc<TenantKeys>> {
        self.inner.tenants.read().unwrap_or_else(PoisonError::into_inner).get(tenant).cloned()
    }

    async fn wrapped_key(&self, tenant: &str) -> Result<Option<Vec<u8>>, StoreError> {
        match self.read_one(tables::tenants::GET, args![tenant]).await? {
            Some(row) => Ok(Some(row.fields("tenant_key").blob()?)),
            None => Ok(None),
        }
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Store").field("data", &self.inner.data).finish_non_exhaustive()
    }
}
