//! Bodies: small ones sealed in the row, large ones sealed in a file beside the store.
//!
//! A blob is named by a keyed digest of its content, written and synced before the commit that refers to it, and counted
//! by the rows that use it. A file without a row is an orphan of a commit that never came; it is swept at start. Bodies
//! are handled whole in memory here; whoever accepts them has bounded them already.

use std::collections::HashSet;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use futures_util::TryStreamExt as _;
use jiff::Timestamp;
use object_store::local::LocalFileSystem;
use object_store::{ObjectStore as _, ObjectStoreExt as _};

use super::commit::Statement;
use super::error::StoreError;
use super::keys::TenantKeys;
use super::tables::blobs as table;
use crate::model::digested::sha256;
use crate::model::evidence::Hash;
use crate::world::World;

/// A body as the rows hold it: sealed bytes, or the name of a blob.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Body {
    /// The sealed body when it is small, else empty.
    pub sealed: Vec<u8>,
    /// The blob when it is large.
    pub blob: Option<String>,
}

/// A body that is safe on disk, and the statements that must be in the commit that refers to it.
#[derive(Debug)]
pub struct KeptBody {
    pub body: Body,
    pub statements: Vec<Statement>,
}

/// The folder of blobs.
#[derive(Clone, Debug)]
pub(super) struct Blobs {
    folder: PathBuf,
    files: Arc<LocalFileSystem>,
    inline: usize,
    /// Folders below that are known to be on disk: once is enough.
    synced: Arc<Mutex<HashSet<PathBuf>>>,
    /// Files get their names by many at once, and are deleted by one alone.
    naming: Arc<RwLock<()>>,
}

impl Blobs {
    pub(super) fn open(folder: &Path, inline: usize) -> Result<Self, StoreError> {
        std::fs::create_dir_all(folder)
            .map_err(|error| StoreError::file(format!("folder {}", folder.display()), error))?;
        let files = LocalFileSystem::new_with_prefix(folder).map_err(|error| unreachable_blobs(&error))?;
        Ok(Self {
            folder: folder.to_owned(),
            files: Arc::new(files),
            inline,
            synced: Arc::default(),
            naming: Arc::default(),
        })
    }

    pub(super) async fn keep(
        &self,
        world: &World,
        tenant: &str,
        keys: &TenantKeys,
        content: &[u8],
        // The content's SHA-256, where it is known.
        known: Option<&Hash>,
        context: &str,
    ) -> Result<KeptBody, StoreError> {
        if content.len() <= self.inline {
            let sealed = keys.seal(world, content, context)?;
            return Ok(KeptBody { body: Body { sealed, blob: None }, statements: Vec::new() });
        }
        let sha256 = known.map_or_else(|| sha256(content), Hash::to_owned);
        let name = hex::encode(keys.blob_name(&sha256));
        // Equal content of one tenant shares the file, so the context is the name, not the row.
        let sealed = keys.seal(world, content, &blob_context(&name))?;
        self.write(&name, sealed).await?;
        let statements = vec![table::keep(&name, tenant, content.len() as u64, world.now_micros())];
        Ok(KeptBody { body: Body { sealed: Vec::new(), blob: Some(name) }, statements })
    }

    pub(super) async fn load(&self, keys: &TenantKeys, body: &Body, context: &str) -> Result<Vec<u8>, StoreError> {
        let Some(name) = &body.blob else {
            return keys.open(&body.sealed, context);
        };
        let found = match self.files.get(&path(name)).await {
            Ok(found) => found.bytes().await.map_err(|error| unreachable_blobs(&error))?,
            Err(object_store::Error::NotFound { .. }) => {
                return Err(StoreError::BlobMissing { name: name.clone() });
            }
            Err(error) => return Err(unreachable_blobs(&error)),
        };
        keys.open(&found, &blob_context(name))
    }

    /// Deletes a blob's file unless it is younger than `grace`: it may have been written again since somebody looked. Says
    /// whether it did.
    pub(super) async fn delete(&self, world: &World, name: &str, grace: Duration) -> Result<bool, StoreError> {
        let file = self.files.path_to_filesystem(&path(name)).map_err(|error| unreachable_blobs(&error))?;
        let (before, naming) = (before(world, grace), Arc::clone(&self.naming));
        let deleted = tokio::task::spawn_blocking(move || {
            let _alone = naming.write().unwrap_or_else(PoisonError::into_inner);
            match modified(&file) {
                Ok(at) if grace.is_zero() || at <= before => std::fs::remove_file(&file).map(|()| true),
                Ok(_) => Ok(false),
                Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
                Err(error) => Err(error),
            }
        });
        deleted.await.unwrap_or_else(|_| Err(did_not_end())).map_err(|error| StoreError::file("blob", error))
    }

    /// The names of all files older than `grace`.
    pub(super) async fn names(&self, world: &World, grace: Duration) -> Result<Vec<String>, StoreError> {
        let before = before(world, grace);
        let found: Vec<_> = self.files.list(None).try_collect().await.map_err(|error| unreachable_blobs(&error))?;
        Ok(found
            .into_iter()
            .filter(|meta| grace.is_zero() || meta.last_modified.timestamp_micros() <= before)
            .filter_map(|meta| meta.location.filename().map(str::to_owned))
            .collect())
    }

    /// A file that is there is replaced: it may be an orphan that another process is about to sweep, and a new one is young.
    async fn write(&self, name: &str, sealed: Vec<u8>) -> Result<(), StoreError> {
        let file = self.files.path_to_filesystem(&path(name)).map_err(|error| unreachable_blobs(&error))?;
        let blobs = self.clone();
        let written = tokio::task::spawn_blocking(move || blobs.place(&file, &sealed));
        written.await.unwrap_or_else(|_| Err(did_not_end())).map_err(|error| StoreError::file("blob", error))
    }

    /// Writes a file of its own, syncs it, renames it into place, and syncs its name in its folder and that folder's in
    /// the root. (`object_store` syncs nothing.) The name never stands for anything that is not on disk: another process
    /// may be about to commit to the same one. What a crash leaves is a file without a row, and swept as such.
    fn place(&self, file: &Path, sealed: &[u8]) -> std::io::Result<()> {
        let folder = file.parent().unwrap_or(&self.folder);
        let synced = || self.synced.lock().unwrap_or_else(PoisonError::into_inner);
        let is_synced = synced().contains(folder);
        std::fs::create_dir_all(folder)?;
        let name = file.file_name().unwrap_or_default();
        let mut staged = tempfile::Builder::new().prefix(name).tempfile_in(folder)?;
        staged.write_all(sealed)?;
        staged.as_file().sync_all()?;
        {
            let _with_others = self.naming.read().unwrap_or_else(PoisonError::into_inner);
            staged.persist(file)?;
        }
        std::fs::File::open(folder)?.sync_all()?;
        if !is_synced {
            std::fs::File::open(&self.folder)?.sync_all()?;
            synced().insert(folder.to_owned());
        }
        Ok(())
    }
}

/// The time before which a file is older than `grace`, in microseconds.
fn before(world: &World, grace: Duration) -> i64 {
    world.now_micros().saturating_sub(i64::try_from(grace.as_micros()).unwrap_or(i64::MAX))
}

fn modified(file: &Path) -> std::io::Result<i64> {
    let at = Timestamp::try_from(std::fs::metadata(file)?.modified()?).map_err(std::io::Error::other)?;
    Ok(at.as_microsecond())
}

fn did_not_end() -> std::io::Error {
    std::io::Error::other("what was to be done with the file did not run to its end")
}

/// Two characters of the name make a folder, so that no folder grows huge.
fn path(name: &str) -> object_store::path::Path {
    object_store::path::Path::from_iter([name.get(..2).unwrap_or("00"), name])
}

fn blob_context(name: &str) -> String {
    format!("blob/{name}")
}

fn unreachable_blobs(error: &object_store::Error) -> StoreError {
    StoreError::file("blobs", std::io::Error::other(error.to_string()))
}
