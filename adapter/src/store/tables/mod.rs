//! The SQL of the store, one file per group of tables: constants, builders of statements, and typed readers.
//!
//! One text serves both databases. Every constant made by `sql!` is in the list of `all`, which a test prepares on both. Nothing
//! here decides anything: what a state means is known above.

use super::{Row, Store, StoreError, args};

pub(in crate::store) mod blobs;
pub mod class_maps;
pub mod drift;
pub mod entities;
pub mod erasure;
pub mod evidence;
pub mod intake;
pub mod letters;
pub mod message_events;
pub mod mirrors;
pub mod own_fields;
pub mod passwords;
pub mod pull;
pub mod quality;
pub mod receipt_keys;
pub mod replies;
pub mod sends;
pub mod shadow;
pub(in crate::store) mod tenants;
pub mod twins;
pub mod uploads;
pub mod viestit;
pub mod vocabularies;
pub mod webhooks;

/// Defines SQL constants and the list of them.
macro_rules! sql {
    ($($(#[$meta:meta])* $name:ident = $text:expr;)+) => {
        $($(#[$meta])* pub(in crate::store) const $name: &str = $text;)+
        /// Every text of this file by name.
        #[cfg(test)]
        pub(in crate::store) const ALL: &[(&str, &str)] = &[$((stringify!($name), $name)),+];
    };
}
pub(in crate::store) use sql;

/// Fails when the statement before it touched another number of rows, so that nothing after that statement is run: `abs`
/// refuses the one number that has no opposite (SQLite, Built-In Scalar SQL Functions).
pub(super) fn guard(rows: u64) -> String {
    format!("SELECT abs(CASE changes() WHEN {rows} THEN 0 ELSE -9223372036854775808 END);")
}

/// All rows of a tenant in the order of kind and code, some at a time. `page` takes tenant, kind, code and how many.
async fn by_key<T>(
    store: &Store,
    page: &'static str,
    tenant: &str,
    read: fn(Row) -> Result<T, StoreError>,
    key: impl Fn(&T) -> (&String, &String),
) -> Result<Vec<T>, StoreError> {
    const ROWS: u32 = 500;
    let mut all: Vec<T> = Vec::new();
    loop {
        let (kind, code) = all.last().map_or((String::new(), String::new()), |last| {
            let (kind, code) = key(last);
            (kind.clone(), code.clone())
        });
        let rows = store.read(page, args![tenant, kind, code, ROWS]).await?;
        if rows.is_empty() {
            return Ok(all);
        }
        for row in rows {
            all.push(read(row)?);
        }
    }
}

/// Every SQL text of the store: file, name, text. The multi-row insert of evidence is made from its parts.
#[cfg(test)]
pub(super) fn all() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    let files: [(&str, &[(&str, &str)]); 24] = [
        ("blobs", blobs::ALL),
        ("class_maps", class_maps::ALL),
        ("drift", drift::ALL),
        ("shadow", shadow::ALL),
        ("entities", entities::ALL),
        ("erasure", erasure::ALL),
        ("evidence", evidence::ALL),
        ("intake", intake::ALL),
        ("letters", letters::ALL),
        ("message_events", message_events::ALL),
        ("mirrors", mirrors::ALL),
        ("own_fields", own_fields::ALL),
        ("passwords", passwords::ALL),
        ("pull", pull::ALL),
        ("quality", quality::ALL),
        ("receipt_keys", receipt_keys::ALL),
        ("replies", replies::ALL),
        ("sends", sends::ALL),
        ("tenants", tenants::ALL),
        ("twins", twins::ALL),
        ("uploads", uploads::ALL),
        ("viestit", viestit::ALL),
        ("vocabularies", vocabularies::ALL),
        ("webhooks", webhooks::ALL),
    ];
    let texts = files.into_iter().flat_map(|(file, texts)| texts.iter().map(move |(name, text)| (file, *name, *text)));
    texts.chain([("sends", "ADD_ROWS", sends::add_rows())])
}
