//! What must be right before a store opens: the lock, the key file, and the name of its writer.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use super::config::StoreConfig;
use super::database::{Database, Location};
use super::error::StoreError;
use super::keys::MasterKey;
use super::tables;
use crate::world::World;

/// The key file, made at the very first start. A store that holds keys never gets a new file, and a key file that did
/// not wrap them is found out now rather than at the first letter.
pub(super) async fn master_key(
    database: &Database,
    data: &Path,
    world: &World,
    may_make: bool,
) -> Result<MasterKey, StoreError> {
    let path = data.join("keys").join("master.key");
    let wrapped = database.read(tables::tenants::ANY, &[]).await?.into_iter().next();
    match (MasterKey::read(&path)?, wrapped) {
        (Some(master), None) => Ok(master),
        (Some(master), Some(row)) => {
            let mut fields = row.fields("tenant_key");
            let (tenant, wrapped) = (fields.text()?, fields.blob()?);
            master.unwrap(&tenant, &wrapped)?;
            Ok(master)
        }
        (None, None) if may_make => MasterKey::create(&path, world),
        (None, _) => Err(StoreError::Keys(format!("{} is missing; restore it from the backup", path.display()))),
    }
}

pub(super) fn writer_name(config: &StoreConfig, world: &World) -> Result<Arc<str>, StoreError> {
    Ok(match (&config.writer, &config.location) {
        (Some(name), _) => name.as_str().into(),
        (None, Location::Sqlite(_)) => "main".into(),
        (None, Location::Postgres(_)) => world.id()?.to_string().into(),
    })
}

pub(super) fn take_lock(path: &Path) -> Result<File, StoreError> {
    let failed = |error| StoreError::file(format!("lock {}", path.display()), error);
    let file = File::options().create(true).truncate(false).write(true).open(path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(StoreError::Locked { path: path.display().to_string() }),
        Err(std::fs::TryLockError::Error(error)) => Err(failed(error)),
    }
}
