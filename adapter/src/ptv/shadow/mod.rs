//! Two versions of PTV's interface side by side: what v12 shows of what v11 wrote, what of it will not pass when writing
//! moves, and the move itself (ptv-v12.md §8, §9).
//!
//! Compares and tells; writes nothing to PTV.

mod compare;
pub(in crate::ptv) mod expected;
mod turn;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError, RwLock};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use self::expected::Judged;
use super::dialect::v12::render::Form;
use super::dialect::v12::rules;
use super::map::{self, Extent};
use super::plan::Step;
use super::worker::{Worker, WorkerError};
use crate::model::{Entity, EntityKey, Finding, Kind, View};
use crate::store::shadow::{self, ShadowRow, WriterRow};
use crate::store::{Store, StoreError};

/// Records between two breaths, while all of a tenant's are gone through.
const BREATH: usize = 100;

/// How an object stands in both versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Standing {
    /// The same.
    Equal,
    /// Different in nothing but what the versions say differently.
    Expected,
    Unexpected,
    /// Written through v11 within the lag: nothing can be said yet.
    Pending,
    /// Ours, and still not in v12 after twice the lag.
    NotTransferred,
    /// Not published in v11: v12 cannot show it.
    Draft,
    /// Somebody else's of our organisations, and not in v12.
    OnlyV11,
    OnlyV12,
    /// Archived, and gone from v12.
    Archived,
}

impl Standing {
    pub const ALL: [Standing; 9] = [
        Standing::Equal,
        Standing::Expected,
        Standing::Unexpected,
        Standing::Pending,
        Standing::NotTransferred,
        Standing::Draft,
        Standing::OnlyV11,
        Standing::OnlyV12,
        Standing::Archived,
    ];

    pub fn word(self) -> &'static str {
        match self {
            Standing::Equal => "equal",
            Standing::Expected => "expected",
            Standing::Unexpected => "unexpected",
            Standing::Pending => "pending",
            Standing::NotTransferred => "notTransferred",
            Standing::Draft => "draft",
            Standing::OnlyV11 => "onlyV11",
            Standing::OnlyV12 => "onlyV12",
            Standing::Archived => "archived",
        }
    }

    /// Writing cannot move while there is such a one.
    fn hinders(self) -> bool {
        !matches!(self, Standing::Equal | Standing::Expected | Standing::Draft | Standing::Archived)
    }
}

/// One object that is not simply the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Item {
    /// `unknown` where no record is behind it.
    pub kind: String,
    pub code: String,
    pub guid: String,
    pub standing: Standing,
    pub differences: Vec<Judged>,
    /// What v12 holds and v11 cannot say.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub beyond: Vec<String>,
    /// What v11 says of one that v12 does not show.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub v11: Option<String>,
}

/// A comparison of everything that the tenant's organisations have in both versions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Comparison {
    pub counts: BTreeMap<Standing, u64>,
    /// Both versions have the same ids; none while there was nothing to tell by.
    pub ids_equal: Option<bool>,
    /// At most a thousand; all are counted.
    pub items: Vec<Item>,
    /// Members that the contract of v12 does not have, and codes that the reference data lacks.
    pub oddities: BTreeSet<String>,
    /// Kinds of phones in v12, and how often: how `+358` is carried over is not published.
    pub phones: BTreeMap<String, u64>,
}

impl Comparison {
    pub fn count(&self, standing: Standing) -> u64 {
        self.counts.get(&standing).copied().unwrap_or_default()
    }

    /// Nothing stands against moving.
    pub fn is_clean(&self) -> bool {
        self.ids_equal != Some(false) && self.counts.keys().all(|standing| !standing.hinders())
    }
}

/// What v12 would refuse or lose of one record.
#[derive(Clone, Debug)]
pub struct Coming {
    pub key: EntityKey,
    pub findings: Vec<Finding>,
}

/// What is known of a tenant in v12, in memory as in the store.
pub(in crate::ptv) struct Shadowed {
    mark: RwLock<WriterRow>,
    rows: RwLock<BTreeMap<(String, String), ShadowRow>>,
    /// Why the wished-for version does not write yet.
    refusal: Mutex<Option<String>>,
    /// Both versions have the same ids, once that was seen.
    ids_equal: Mutex<Option<bool>>,
    /// Records that would not pass, as of the last time that all were gone through.
    coming: AtomicU64,
}

impl Shadowed {
    pub(in crate::ptv) async fn load(store: &Store, tenant: &str) -> Result<Shadowed, StoreError> {
        let first = WriterRow { writer: "v11".into(), since: 0, first_v12_at: 0, compared_at: 0, clean: false };
        let rows = shadow::all(store, tenant).await?;
        Ok(Shadowed {
            mark: RwLock::new(shadow::writer(store, tenant).await?.unwrap_or(first)),
            rows: RwLock::new(rows.into_iter().map(|row| ((row.kind.clone(), row.code.clone()), row)).collect()),
            refusal: Mutex::default(),
            ids_equal: Mutex::default(),
            coming: AtomicU64::new(0),
        })
    }

    pub(in crate::ptv) fn row(&self, kind: &str, code: &str) -> Option<ShadowRow> {
        let rows = self.rows.read().unwrap_or_else(PoisonError::into_inner);
        rows.get(&(kind.to_owned(), code.to_owned())).cloned()
    }

    fn remember(&self, rows: Vec<ShadowRow>) {
        let mut known = self.rows.write().unwrap_or_else(PoisonError::into_inner);
        known.extend(rows.into_iter().map(|row| ((row.kind.clone(), row.code.clone()), row)));
    }

    /// What others may link to, as v12 shows it. v11 shows that to nobody.
    fn shared(&self) -> BTreeSet<EntityKey> {
        let rows = self.rows.read().unwrap_or_else(PoisonError::into_inner);
        let shared = rows.values().filter(|row| row.shared == "true");
        shared
            .filter_map(|row| Some(EntityKey { kind: Kind::from_word(&row.kind)?, code: row.code.parse().ok()? }))
            .collect()
    }

    pub(in crate::ptv) fn coming(&self) -> u64 {
        self.coming.load(Ordering::Relaxed)
    }
}

/// Where a tenant stands between the versions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VersionsStatus {
    pub read: String,
    pub write: String,
    /// Why the version that the configuration names is not written through.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub refused: Option<String>,
    /// When both versions were last compared.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub compared_at: Option<String>,
    /// Records of which version 12 would refuse or lose something, as of the last time that all were gone through.
    #[serde(default)]
    pub will_not_pass: u64,
}

impl Worker {
    pub(in crate::ptv) fn remember_shared(&self) {
        self.twins.set_shared(self.shadowed.shared());
    }

    pub(in crate::ptv) fn refuses_for_hours(&self) -> bool {
        self.settings().versions.gateway.as_ref().is_some_and(|gateway| gateway.choices.refuse_for_hours)
    }

    pub fn versions_status(&self) -> VersionsStatus {
        let compared = self.shadowed.mark().compared_at;
        VersionsStatus {
            read: self.settings().versions.read.word().to_owned(),
            write: self.shadowed.writer().word().to_owned(),
            refused: self.shadowed.refusal(),
            compared_at: Timestamp::from_microsecond(compared).ok().filter(|_| compared > 0).map(|at| at.to_string()),
            will_not_pass: self.shadowed.coming(),
        }
    }

    /// What v12 would refuse or lose of what is sent today. A warning for each; nothing is withheld for it.
    pub async fn coming(&self) -> Result<Vec<Coming>, WorkerError> {
        let view = self.newest();
        let mut all = Vec::new();
        let mut seen = 0_usize;
        for kind in [Kind::Organisation, Kind::Channel, Kind::ServicePoint, Kind::Service] {
            for stored in view.active_after(kind, None) {
                seen += 1;
                if seen.is_multiple_of(BREATH) {
                    tokio::task::yield_now().await;
                }
                let findings = self.warnings_of(&stored.entity);
                if !findings.is_empty() {
                    all.push(Coming { key: stored.entity.key.clone(), findings });
                }
            }
        }
        self.shadowed.coming.store(all.len() as u64, Ordering::Relaxed);
        if let Some(metrics) = &self.watched.metrics {
            metrics.ptv_coming(&self.settings().tenant, all.len());
        }
        Ok(all)
    }

    /// Puts the same beside the steps of a plan that send something; what is equal is not gone through again.
    pub(in crate::ptv) fn warn_of_v12(&self, steps: &mut [Step], view: &View) {
        for step in steps.iter_mut().filter(|step| step.is_due() && step.kind == step.key.kind.word()) {
            if let Some(stored) = view.find(&step.key).filter(|stored| stored.entity.is_active()) {
                step.findings.extend(self.warnings_of(&stored.entity));
            }
        }
    }

    /// The same of one record.
    pub(in crate::ptv) fn warnings_of(&self, entity: &Entity) -> Vec<Finding> {
        let view = self.newest();
        let body = self.in_context(&view, |context| {
            let guid = |key: &EntityKey| (context.guid)(key).or_else(|| Some(String::new()));
            map::map(entity, &map::Context { guid: &guid, ..*context }, Extent::Sound)
                .filter(|mapped| !mapped.withheld)?
                .body
        });
        Form::of(entity).zip(body).map(|(form, body)| self.will_not_pass(form, &body)).unwrap_or_default()
    }

    /// The same of one body. What we would fill in is no reason to warn anybody.
    pub(in crate::ptv) fn will_not_pass(&self, form: Form, body: &serde_json::Value) -> Vec<Finding> {
        let gateway = self.settings().versions.gateway.as_ref();
        let choices = gateway.map(|gateway| gateway.choices.clone()).unwrap_or_default();
        let mut all = rules::tomorrow(form, body, &self.settings().reference.now(), &choices);
        all.retain(rules::is_coming);
        all
    }
}
