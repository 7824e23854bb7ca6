//! Files that a client sends before the orders that name them: one file for the hundred orders of a bulletin, or a large
//! one apart from its order. Sealed, bounded per client, and gone after a day.

use jiff::Timestamp;

use super::orders::{Orders, timestamp};
use super::{micros, sealed};
use crate::model::letter::MAX_UPLOAD_BYTES;
use crate::store::uploads::{self, Upload};
use crate::store::{Commit, Statement, StoreError};

/// Expired files that are removed at once.
const SWEEP: u32 = 50;

/// A file that orders may name once `statements` are committed.
#[derive(Debug)]
pub struct Uploaded {
    pub id: String,
    pub size: u64,
    pub expires_at: Timestamp,
    pub statements: Vec<Statement>,
}

#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// The caller's.
    #[error("the file is empty")]
    Empty,
    /// The caller's: Viestit would not take it.
    #[error("the file has more than {MAX_UPLOAD_BYTES} bytes")]
    TooLarge,
    /// The caller's: others must expire first.
    #[error("the files that wait for orders have more than {0} bytes together")]
    Full(u64),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    World(#[from] crate::world::WorldError),
}

impl Orders {
    /// Keeps a file of a client's for the orders to come.
    pub async fn upload(&self, tenant: &str, client: &str, content: &[u8]) -> Result<Uploaded, UploadError> {
        let (store, world, limits) = (self.store(), self.world(), self.upload_limits());
        if content.is_empty() {
            return Err(UploadError::Empty);
        }
        if content.len() > MAX_UPLOAD_BYTES {
            return Err(UploadError::TooLarge);
        }
        let now = world.now_micros();
        let waiting = uploads::total(store, tenant, client, now).await?.unsigned_abs();
        if waiting + content.len() as u64 > limits.bytes {
            return Err(UploadError::Full(limits.bytes));
        }
        let id = world.id()?.to_string();
        let kept = store.keep_body(tenant, content, &sealed::upload_context(&id)).await?;
        let expires_at = now + micros(limits.life);
        let size = i64::try_from(content.len()).unwrap_or(i64::MAX);
        let upload = Upload { id: id.clone(), size, body: kept.body, expires_at };
        let mut statements = kept.statements;
        statements.push(uploads::add(tenant, client, &upload));
        Ok(Uploaded { id, size: size.unsigned_abs(), expires_at: timestamp(expires_at), statements })
    }

    /// The file with an id, if it is this client's and still there.
    pub async fn uploaded(&self, tenant: &str, client: &str, id: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let store = self.store();
        let Some(upload) = uploads::get(store, tenant, client, id, self.world().now_micros()).await? else {
            return Ok(None);
        };
        store.body(tenant, &upload.body, &sealed::upload_context(id)).await.map(Some)
    }

    /// Removes files that have expired; says how many.
    pub async fn sweep_uploads(&self) -> Result<usize, StoreError> {
        let store = self.store();
        let mut swept = 0;
        loop {
            let expired = uploads::expired(store, self.world().now_micros(), SWEEP).await?;
            if expired.is_empty() {
                return Ok(swept);
            }
            let statements: Vec<Statement> = expired.iter().flat_map(uploads::remove).collect();
            match store.commit(Commit::new().with(statements)).await {
                Ok(_) => swept += expired.len(),
                // Another process sweeps as well.
                Err(_) => return Ok(swept),
            }
        }
    }
}
