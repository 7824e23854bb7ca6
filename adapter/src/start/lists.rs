//! The lists that the catalogue goes by beside its records: the addresses of PTV's classes and the general descriptions, of each
//! tenant's reference folder, read once at the start; and the class maps that it has adopted.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use crate::catalogue::Catalogue;
use crate::catalogue::quality::Reference;
use crate::config::Config;

/// A list that cannot be read is logged: it must not keep a catalogue from being served.
pub(super) async fn load(config: &Config, given: Option<&Arc<Reference>>, catalogue: &Catalogue) {
    let mut read: BTreeMap<PathBuf, Arc<Reference>> = BTreeMap::new();
    for tenant in &config.tenants {
        let own = tenant.ptv.as_ref().and_then(|ptv| ptv.reference_dir.clone());
        let dir = own.or_else(|| config.vocabulary.dir.clone().filter(|_| given.is_none()));
        let reference = match dir {
            None => given.cloned(),
            Some(dir) => match read.get(&dir) {
                Some(known) => Some(Arc::clone(known)),
                None => folder(dir.clone()).await.inspect(|reference| {
                    read.insert(dir, Arc::clone(reference));
                }),
            },
        };
        if let Some(reference) = reference {
            catalogue.set_class_addresses(&tenant.code, Arc::clone(&reference.class_addresses));
            catalogue.set_descriptions(&tenant.code, Arc::clone(&reference.descriptions));
        }
        if let Err(error) = catalogue.load_maps(&tenant.code).await {
            tracing::error!(tenant = %tenant.code, "its adopted class maps cannot be read: {error}");
        }
    }
}

async fn folder(dir: PathBuf) -> Option<Arc<Reference>> {
    let reading = tokio::task::spawn_blocking(move || {
        Reference::read(&|name| std::fs::read(dir.join(name)).ok())
            .inspect_err(|error| tracing::error!("{}: {error}", dir.display()))
    });
    reading.await.ok()?.ok().map(Arc::new)
}
