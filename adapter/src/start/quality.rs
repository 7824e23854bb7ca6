//! What the operator asks about the catalogues themselves: the quality of one, and how far each tenant has come.
//!
//! The rules are the catalogue's; this gathers what they need from the store and the configuration, and keeps the score
//! for the series.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use super::descriptions::DescriptionsDesk;
use crate::catalogue::Catalogue;
use crate::catalogue::quality::adoption::{Adoption, Thresholds};
use crate::catalogue::quality::report::Mark;
use crate::catalogue::quality::{self, Input, Reference, TextChanges};
use crate::config::{self, Config, Tenant};
use crate::control::OperatorError;
use crate::model::{Code, Kind, Lang};
use crate::store::quality::Score;
use crate::store::{self, Commit, Store, entities, evidence};
use crate::telemetry::Metrics;
use crate::world::World;

/// Days of the series that a report shows.
const SERIES_DAYS: u32 = 366;
/// Revisions read at a time.
const PAGE: u32 = 500;

pub(super) struct QualityDesk {
    pub(super) config: Arc<Config>,
    pub(super) store: Store,
    pub(super) world: World,
    pub(super) catalogue: Catalogue,
    /// For tenants whose configuration names no folder of reference data.
    pub(super) reference: Option<Arc<Reference>>,
    /// What PTV itself lists, where that counts.
    pub(super) described: DescriptionsDesk,
}

impl QualityDesk {
    /// `catalogue.quality`: judges the newest view, keeps the score of the day, and shows it with those before.
    pub(super) async fn report(&self, tenant: Option<&str>) -> Result<Value, OperatorError> {
        let tenant = self.chosen(tenant)?.clone();
        let code = tenant.code.clone();
        let view = self.catalogue.view(&code).ok_or_else(|| OperatorError::unknown_tenant(&code))?;
        let changes = self.changes(&code).await?;
        let today = self.today();
        let (reference, thresholds) = (self.reference.clone(), thresholds(&self.config.quality));
        let (vocabulary, described) = (self.catalogue.vocabulary(), self.described.list(&code));
        let judging = move || {
            let mut reference = reference_of(&tenant, reference)?;
            if let Some(list) = described {
                Arc::make_mut(&mut reference).describe(&list);
            }
            let organisation: Option<Code> = tenant.organisation.as_ref().and_then(|code| code.parse().ok());
            let languages: Vec<Lang> = tenant.languages.iter().filter_map(|code| Lang::from_code(code)).collect();
            Ok(quality::judge(Input {
                view: &view,
                languages: &languages,
                organisation: organisation.as_ref(),
                today,
                reference: &reference,
                vocabulary: vocabulary.as_deref(),
                changes: Some(&changes),
                stored: true,
                thresholds,
            }))
        };
        // Judging takes a processor for a while; it must not hold up the runtime.
        let judged: Result<_, OperatorError> = tokio::task::spawn_blocking(judging).await.map_err(|it| failed(&it))?;
        let mut report = judged?;
        if let Some(mark) = report.mark() {
            self.keep(&code, &mark).await?;
        }
        report.series = self.series(&code).await?;
        serde_json::to_value(report).map_err(|error| failed(&error))
    }

    async fn keep(&self, tenant: &str, mark: &Mark) -> Result<(), OperatorError> {
        let int = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        let score = Score {
            day: mark.date.clone(),
            at: self.world.now_micros(),
            tenths: tenths(mark.score),
            services: int(mark.services),
            errors: int(mark.errors),
            warnings: int(mark.warnings),
        };
        let commit = Commit::new().with([store::quality::put(tenant, &score)]);
        self.store.commit(commit).await.map(drop).map_err(|error| failed(&error))
    }

    async fn series(&self, tenant: &str) -> Result<Vec<Mark>, OperatorError> {
        let scores = store::quality::latest(&self.store, tenant, SERIES_DAYS).await.map_err(|error| failed(&error))?;
        let count = |number: i64| usize::try_from(number).unwrap_or_default();
        let marks = scores.into_iter().rev().map(|score| Mark {
            date: score.day,
            score: f64::from(i32::try_from(score.tenths).unwrap_or_default()) / 10.0,
            services: count(score.services),
            errors: count(score.errors),
            warnings: count(score.warnings),
        });
        Ok(marks.collect())
    }

    /// When the texts of the tenant's services changed, read from every revision.
    async fn changes(&self, tenant: &str) -> Result<BTreeMap<Code, TextChanges>, OperatorError> {
        let mut changes: BTreeMap<Code, TextChanges> = BTreeMap::new();
        let mut before: Option<(String, Value)> = None;
        let mut after = (String::new(), 0);
        loop {
            let kind = Kind::Service.word();
            let page = entities::history(&self.store, tenant, kind, (&after.0, after.1), PAGE).await;
            let page = page.map_err(|error| failed(&error))?;
            let Some(last) = page.last() else { break };
            after = (last.code.clone(), last.revision);
            for row in page {
                let (Ok(record), Ok(at)) =
                    (serde_json::from_slice::<Value>(&row.body), Timestamp::from_microsecond(row.changed_at))
                else {
                    continue;
                };
                let earlier = before.as_ref().filter(|(code, _)| *code == row.code).map(|(_, record)| record);
                if let Ok(code) = row.code.parse::<Code>() {
                    changes.entry(code).or_default().revised(earlier, &record, at);
                }
                before = Some((row.code, record));
            }
        }
        Ok(changes)
    }

    /// `catalogue.adoption`: figures and grades of every tenant, and how many there are of each.
    pub(super) async fn adoption(&self) -> Result<Value, OperatorError> {
        let mut tenants = Map::new();
        let mut grades: BTreeMap<&str, u32> = BTreeMap::new();
        let mut kinds: BTreeMap<&str, u32> = BTreeMap::new();
        let mut xroad: BTreeMap<&str, u32> = BTreeMap::new();
        let mut published = 0;
        for tenant in &self.config.tenants {
            let view = self.catalogue.view(&tenant.code).ok_or_else(|| OperatorError::unknown_tenant(&tenant.code))?;
            let adoption = Adoption::of(&view, thresholds(&self.config.quality), self.today(), true);
            let traffic = self.xroad_grade(tenant).await?;
            *grades.entry(adoption.grade.word()).or_default() += 1;
            *xroad.entry(traffic).or_default() += 1;
            let kind = tenant.kind.map_or("unknown", config::TenantKind::word);
            *kinds.entry(kind).or_default() += 1;
            published += u32::from(adoption.services + adoption.service_points > 0);
            let figures = serde_json::to_value(&adoption).map_err(|error| failed(&error))?;
            let shown = json!({"name": tenant.name, "kind": kind, "xroad": traffic, "catalogue": figures});
            tenants.insert(tenant.code.clone(), shown);
        }
        Ok(json!({
            "date": self.today().to_string(),
            "joined": self.config.tenants.len(),
            "published": published,
            "byGrade": grades,
            "byKind": kinds,
            "byXroad": xroad,
            "tenants": tenants,
        }))
    }

    /// How far a tenant is with X-Road: passive without any of it, a project while something is missing, capable with
    /// pins and rules, active with an exchange within the configured days.
    async fn xroad_grade(&self, tenant: &Tenant) -> Result<&'static str, OperatorError> {
        let last = evidence::last_exchange(&self.store, &tenant.code).await.map_err(|error| failed(&error))?;
        let days = i64::from(self.config.quality.traffic_days);
        let since = self.world.now_micros() - days * 24 * 3_600 * 1_000_000;
        Ok(match (tenant.pins.is_empty(), tenant.access.is_empty()) {
            _ if last.is_some_and(|at| at >= since) => "active",
            (false, false) => "capable",
            (true, true) => "passive",
            _ => "project",
        })
    }

    /// The headline figures, for whoever reads the metrics.
    pub(super) fn count(&self, metrics: &Metrics) {
        let published =
            self.config.tenants.iter().filter_map(|tenant| self.catalogue.view(&tenant.code)).filter(|view| {
                [Kind::Service, Kind::ServicePoint]
                    .into_iter()
                    .any(|kind| view.active_after(kind, None).next().is_some())
            });
        metrics.tenants("joined", self.config.tenants.len());
        metrics.tenants("published", published.count());
    }

    fn chosen(&self, tenant: Option<&str>) -> Result<&Tenant, OperatorError> {
        match (tenant, self.config.tenants.as_slice()) {
            (Some(code), _) => self.config.tenant(code).ok_or_else(|| OperatorError::unknown_tenant(code)),
            (None, [only]) => Ok(only),
            (None, _) => Err(OperatorError::usage("give --tenant CODE. `silta status` lists the tenants")),
        }
    }

    fn today(&self) -> Date {
        self.world.now().to_zoned(TimeZone::UTC).date()
    }
}

/// The folder that the tenant's configuration names for PTV, else what the process was started with.
pub(super) fn reference_of(tenant: &Tenant, given: Option<Arc<Reference>>) -> Result<Arc<Reference>, OperatorError> {
    match tenant.ptv.as_ref().and_then(|ptv| ptv.reference_dir.as_ref()) {
        Some(dir) => {
            Reference::read(&|name| std::fs::read(dir.join(name)).ok()).map(Arc::new).map_err(|error| failed(&error))
        }
        None => Ok(given.unwrap_or_default()),
    }
}

fn thresholds(given: &config::Quality) -> Thresholds {
    Thresholds {
        wide_services: given.wide_services,
        wide_points: given.wide_points,
        narrow_services: given.narrow_services,
        active_days: given.active_days,
    }
}

/// A score has one decimal and lies between 0 and 100.
#[allow(clippy::cast_possible_truncation)]
fn tenths(score: f64) -> i64 {
    (score * 10.0).round() as i64
}

fn failed(error: &dyn std::fmt::Display) -> OperatorError {
    OperatorError::failed(error.to_string())
}
