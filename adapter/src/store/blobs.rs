//! Bodies: small ones sealed in the row, large ones sealed in a file beside the store.
//!
//! A blob is named by a keyed digest of its content, written and synced before the commit that refers to it, and counted
//! by the rows that use it. A file without a row is an orphan of a commit that never came; it is swept at start. Bodies
//! are handled whole in memory here; whoever accepts them has bounded them already.

use std::collections::HashSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::TryStreamExt as _;
use object_store::local::LocalFileSystem;
use object_store::{ObjectStore as _, ObjectStoreExt as _};

use super::commit::Statement;
use super::error::StoreError;
use super::keys::TenantKeys;
use super::tables::blobs as table;
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
}

impl Blobs {
    pub(super) fn open(folder: &Path, inline: usize) -> Result<Self, StoreError> {
        std::fs::create_dir_all(folder)
            .map_err(|error| StoreError::file(format!("folder {}", folder.display()), error))?;
        let files = LocalFileSystem::new_with_prefix(folder).map_err(|error| unreachable_blobs(&error))?;
        Ok(Self { folder: folder.to_owned(), files: Arc::new(files), inline, synced: Arc::default() })
    }

    pub(super) async fn keep(
        &self,
        world: &World,
        tenant: &str,
        keys: &TenantKeys,
        content: &[u8],
        sha256: impl FnOnce() -> Hash,
        context: &str,
    ) -> Result<KeptBody, StoreError> {
        if content.len() <= self.inline {
            let sealed = keys.seal(world, content, context)?;
            return Ok(KeptBody { body: Body { sealed, blob: None }, statements: Vec::new() });
        }
        let name = hex::encode(keys.blob_name(&sha256()));
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

    /// Deletes one blob's file; it may be gone already.
    pub(super) async fn delete(&self, name: &str) -> Result<(), StoreError> {
        match self.files.delete(&path(name)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(unreachable_blobs(&error)),
        }
    }

    /// The names of all files older than `grace`.
    pub(super) async fn names(&self, world: &World, grace: Duration) -> Result<Vec<String>, StoreError> {
        let grace = i64::try_from(grace.as_micros()).unwrap_or(i64::MAX);
        let before = world.now_micros().saturating_sub(grace);
        let found: Vec<_> = self.files.list(None).try_collect().await.map_err(|error| unreachable_blobs(&error))?;
        Ok(found
            .into_iter()
            .filter(|meta| grace == 0 || meta.last_modified.timestamp_micros() <= before)
            .filter_map(|meta| meta.location.filename().map(str::to_owned))
            .collect())
    }

    /// A file that is there is replaced: it may be an orphan that another process is about to sweep, and a new one is young.
    async fn write(&self, name: &str, sealed: Vec<u8>) -> Result<(), StoreError> {
        let file = self.files.path_to_filesystem(&path(name)).map_err(|error| unreachable_blobs(&error))?;
        let (root, known) = (self.folder.clone(), Arc::clone(&self.synced));
        let written = tokio::task::spawn_blocking(move || write(&file, &sealed, &root, &known)).await;
        match written {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(StoreError::file("blob", error)),
            Err(_) => Err(StoreError::file("blob", std::io::Error::other("the write did not run to its end"))),
        }
    }
}

/// Writes a file of its own, syncs it, renames it into place, and syncs its name in its folder and that folder's in the
/// root. (`object_store` syncs nothing.) The name never stands for anything that is not on disk: another process may be
/// about to commit to the same one. What a crash leaves is a file without a row, and swept as such.
fn write(file: &Path, sealed: &[u8], root: &Path, known: &Mutex<HashSet<PathBuf>>) -> std::io::Result<()> {
    let folder = file.parent().unwrap_or(root);
    let lock = || known.lock().unwrap_or_else(PoisonError::into_inner);
    let is_known = lock().contains(folder);
    std::fs::create_dir_all(folder)?;
    let name = file.file_name().unwrap_or_default();
    let mut staged = tempfile::Builder::new().prefix(name).tempfile_in(folder)?;
    staged.write_all(sealed)?;
    staged.as_file().sync_all()?;
    staged.persist(file)?;
    std::fs::File::open(folder)?.sync_all()?;
    if !is_known {
        std::fs::File::open(root)?.sync_all()?;
        lock().insert(folder.to_owned());
    }
    Ok(())
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
