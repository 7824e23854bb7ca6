//! Class maps that tenants share (seed row A35): one publishes what its classes stand for in PTV, others adopt it.
//!
//! A publication is a revision that never changes. Adopting takes a *copy* of it: what one tenant does to its map tomorrow must
//! not reclassify another's services in PTV overnight, and a publisher that leaves takes nothing along. A newer revision
//! reaches an adopter by its own act only. Each act stands in the message log of the tenant that made it.

pub mod addresses;
mod sheet;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use serde::Serialize;

pub use sheet::{MalformedMap, csv_of, entries_of};

use super::{Catalogue, CatalogueError};
use crate::model::class_map::{Adopted, ClassMap, MapEntry};
use crate::model::evidence::{EvidenceDraft, RecordKind};
use crate::model::{Kind, Lang};
use crate::store::class_maps::{self, Map};
use crate::store::{Commit, StoreError};

/// Lines of one map.
pub const MOST_ENTRIES: usize = 10_000;
/// Whose map one is that came as a file.
pub const FROM_FILE: &str = "file";
/// Who acts at the operator's socket.
const OPERATOR: &str = "system";

/// What a publication came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    pub revision: i64,
    pub entries: usize,
    /// The newest revision says the same: there is no new one.
    pub unchanged: bool,
}

/// What an adoption does to the adopter's classes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Effect {
    pub revision: i64,
    pub entries: usize,
    /// Codes of classes that get their class of PTV from an adopted map.
    pub mapped: Vec<String>,
    /// Classes whose own record says it.
    pub own: usize,
    /// Codes that the map has for another name: not applied.
    pub other_name: Vec<String>,
    /// Codes of classes whose name the map has with different classes of PTV: not applied.
    pub unclear: Vec<String>,
    /// Codes of classes that nothing is known of.
    pub unmapped: Vec<String>,
}

/// Why a map was not published or adopted.
#[derive(Debug, thiserror::Error)]
pub enum MapError {
    #[error("no class of {0} names a class of PTV (ptv_luokka_uri), so that there is no map to publish")]
    Nothing(String),
    #[error("{owner} has published no map {name:?}. `silta catalogue map list` shows those that there are")]
    Unknown { owner: String, name: String },
    #[error("{0} does not use this map")]
    NotAdopted(String),
    #[error("a tenant cannot adopt its own map")]
    Own,
    #[error("a map's name has 1 to 60 of a-z, 0-9 and hyphen")]
    Name,
    #[error(transparent)]
    Malformed(#[from] MalformedMap),
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
}

impl From<StoreError> for MapError {
    fn from(error: StoreError) -> Self {
        MapError::Catalogue(error.into())
    }
}

impl Catalogue {
    /// The lines of a tenant's own map: its active classes that name a class of PTV, in the order of their codes.
    pub fn own_map(&self, tenant: &str) -> Result<Vec<MapEntry>, CatalogueError> {
        let view = self.tenant(tenant)?.view.load_full();
        let classes = view.active_after(Kind::Class, None).filter_map(|stored| {
            let class = stored.entity.class()?;
            let text = |lang| class.name.get(lang).unwrap_or_default().to_owned();
            Some(MapEntry {
                code: stored.entity.key.code.to_string(),
                fi: text(Lang::Fi),
                sv: text(Lang::Sv),
                en: text(Lang::En),
                address: view.class_map().newest(class.ptv_uri.as_deref()?).to_owned(),
            })
        });
        Ok(classes.take(MOST_ENTRIES).collect())
    }

    /// Publishes a tenant's own map under a name; a new revision only where something has changed.
    pub async fn publish_map(&self, tenant: &str, name: &str) -> Result<Published, MapError> {
        check_name(name)?;
        let started = self.inner.world.now();
        let lines = self.own_map(tenant)?;
        if lines.is_empty() {
            return Err(MapError::Nothing(tenant.to_owned()));
        }
        let body = sheet::write(&lines);
        let latest = class_maps::latest(&self.inner.store, tenant, name).await?;
        if let Some(latest) = latest.as_ref().filter(|it| it.body == body) {
            return Ok(Published { revision: latest.revision, entries: lines.len(), unchanged: true });
        }
        let map = Map {
            owner: tenant.to_owned(),
            name: name.to_owned(),
            revision: latest.map_or(0, |it| it.revision) + 1,
            at: self.inner.world.now_micros(),
            entries: i64::try_from(lines.len()).unwrap_or(i64::MAX),
            body,
        };
        let outcome = format!("published revision {}, {} entries", map.revision, lines.len());
        let act = self.act(tenant, tenant, name, started, outcome);
        let commit = Commit::new().with([class_maps::publish(&map)]).and(act);
        self.inner.store.commit(commit).await.map_err(CatalogueError::from)?;
        Ok(Published { revision: map.revision, entries: lines.len(), unchanged: false })
    }

    /// Takes a copy of the newest revision of another tenant's map into use.
    pub async fn adopt_map(&self, tenant: &str, owner: &str, name: &str) -> Result<Effect, MapError> {
        self.tenant(tenant)?;
        if owner == tenant {
            return Err(MapError::Own);
        }
        let unknown = || MapError::Unknown { owner: owner.to_owned(), name: name.to_owned() };
        let map = class_maps::latest(&self.inner.store, owner, name).await?.ok_or_else(unknown)?;
        self.use_map(tenant, map).await
    }

    /// Takes a map that was exported elsewhere into use.
    pub async fn adopt_map_of_file(&self, tenant: &str, name: &str, lines: &[MapEntry]) -> Result<Effect, MapError> {
        check_name(name)?;
        sheet::check(lines)?;
        let held = class_maps::adopted(&self.inner.store, tenant).await?;
        let held = held.into_iter().find(|it| it.owner == FROM_FILE && it.name == name);
        let map = Map {
            owner: FROM_FILE.to_owned(),
            name: name.to_owned(),
            revision: held.map_or(0, |it| it.revision) + 1,
            at: 0,
            entries: i64::try_from(lines.len()).unwrap_or(i64::MAX),
            body: sheet::write(lines),
        };
        self.use_map(tenant, map).await
    }

    async fn use_map(&self, tenant: &str, map: Map) -> Result<Effect, MapError> {
        let started = self.inner.world.now();
        let lines = sheet::read(&map.body)?;
        let map = Map { at: self.inner.world.now_micros(), ..map };
        let outcome = format!("adopted revision {}, {} entries", map.revision, lines.len());
        let act = self.act(tenant, &map.owner, &map.name, started, outcome);
        let commit = Commit::new().with([class_maps::adopt(tenant, &map)]).and(act);
        self.inner.store.commit(commit).await.map_err(CatalogueError::from)?;
        self.load_maps(tenant).await?;
        let mut effect = self.map_effect(tenant)?;
        effect.revision = map.revision;
        effect.entries = lines.len();
        Ok(effect)
    }

    /// Uses a map no longer.
    pub async fn drop_map(&self, tenant: &str, owner: &str, name: &str) -> Result<Effect, MapError> {
        let started = self.inner.world.now();
        let act = self.act(tenant, owner, name, started, "given up".to_owned());
        let commit = Commit::new().with([class_maps::drop_adopted(tenant, owner, name)]).and(act);
        match self.inner.store.commit(commit).await {
            Err(error) if error.is_conflict() => return Err(MapError::NotAdopted(tenant.to_owned())),
            committed => drop(committed.map_err(CatalogueError::from)?),
        }
        self.load_maps(tenant).await?;
        Ok(self.map_effect(tenant)?)
    }

    /// Takes the copies that a tenant has adopted into its view.
    pub async fn load_maps(&self, tenant: &str) -> Result<(), MapError> {
        let catalogue = self.tenant(tenant)?;
        let mut lines = Vec::new();
        for map in class_maps::adopted(&self.inner.store, tenant).await? {
            lines.extend(sheet::read(&map.body)?);
        }
        let _turn = catalogue.turn.lock().await;
        let view = catalogue.view.load_full();
        let map = ClassMap::new(view.class_map().newer().clone(), lines);
        catalogue.view.store(view.with_class_map(map).into());
        Ok(())
    }

    /// What the adopted maps say of a tenant's active classes.
    fn map_effect(&self, tenant: &str) -> Result<Effect, CatalogueError> {
        let view = self.tenant(tenant)?.view.load_full();
        let mut effect = Effect::default();
        for stored in view.active_after(Kind::Class, None) {
            let Some(class) = stored.entity.class() else { continue };
            let code = &stored.entity.key.code;
            if class.ptv_uri.is_some() {
                effect.own += 1;
                continue;
            }
            let list = match view.class_map().adopted(code, class) {
                Adopted::Class(_) => &mut effect.mapped,
                Adopted::OtherName => &mut effect.other_name,
                Adopted::Unclear => &mut effect.unclear,
                Adopted::Absent => &mut effect.unmapped,
            };
            list.push(code.to_string());
        }
        Ok(effect)
    }

    fn act(&self, tenant: &str, owner: &str, name: &str, started: Timestamp, outcome: String) -> EvidenceDraft {
        let mut act = EvidenceDraft::new(RecordKind::Act, tenant, started, self.inner.world.now());
        act.operation = Some("class-map".into());
        act.actor = Some(OPERATOR.into());
        act.subject = Some(format!("class-map/{owner}/{name}"));
        act.outcome = Some(outcome);
        act
    }
}

fn check_name(name: &str) -> Result<(), MapError> {
    let sound = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if (1..=60).contains(&name.len()) && name.chars().all(sound) { Ok(()) } else { Err(MapError::Name) }
}
