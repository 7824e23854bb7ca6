//! What DVV asks for before it grants production (ptv-in-api.md §1.2): what a run has sent, what PTV holds of it, and what it
//! refused, from what the store has kept. And the content, page by page, for a person who reviews it.
//!
//! Acts come from the message log, in which each write that PTV accepted is a record; what stands there now comes from the
//! twins. Nothing is asked of PTV, and nothing is judged: which acts a run must have shown is DVV's word.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::progress::Trouble;
use super::twins::{ARCHIVED, PUBLISHED};
use super::worker::{CONNECTIONS, ORDER, Worker, WorkerError};
use crate::model::evidence::{Evidence, RecordKind};
use crate::model::{EntityKey, Kind};
use crate::store::evidence;
use crate::store::twins::{self, Twin};

/// Records of the log read at a time.
const LOG_PAGE: u32 = 512;
/// Twins of one page of content.
pub const MOST_ROWS: u32 = 500;

/// One run, told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    pub tenant: String,
    /// GUID of the tenant's organisation in PTV.
    pub organisation: String,
    /// Address of the environment.
    pub environment: String,
    pub interface: String,
    pub profile: String,
    pub silta: String,
    pub made_at: String,
    /// When the first and the last act of the run was accepted.
    pub from: Option<String>,
    pub to: Option<String>,
    /// In the order in which DVV names them.
    pub checks: Vec<Check>,
    pub kinds: Vec<OfKind>,
    /// What PTV did not take, or has not got yet.
    pub troubles: Vec<Trouble>,
}

/// Something that DVV wants to have seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    pub what: What,
    /// How often the run has done it.
    pub count: u64,
    /// The last time.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub example: Option<Example>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum What {
    OrganisationAdded,
    OrganisationChanged,
    ChannelAdded,
    ChannelChanged,
    ServiceAdded,
    ServiceChanged,
    ConnectionsAdded,
    ConnectionsChanged,
    /// Connections with content of their own: descriptions, charges, hours, contact data.
    ConnectionData,
    Archived,
}

impl What {
    pub const ALL: [What; 10] = [
        What::OrganisationAdded,
        What::OrganisationChanged,
        What::ChannelAdded,
        What::ChannelChanged,
        What::ServiceAdded,
        What::ServiceChanged,
        What::ConnectionsAdded,
        What::ConnectionsChanged,
        What::ConnectionData,
        What::Archived,
    ];

    fn of(kind: &str, outcome: &str) -> Option<What> {
        Some(match (kind, outcome) {
            (_, "archived") => What::Archived,
            ("organisation", "created") => What::OrganisationAdded,
            ("organisation", "updated") => What::OrganisationChanged,
            ("channel" | "servicePoint", "created") => What::ChannelAdded,
            ("channel" | "servicePoint", "updated") => What::ChannelChanged,
            ("service", "created") => What::ServiceAdded,
            ("service", "updated") => What::ServiceChanged,
            (CONNECTIONS, "created") => What::ConnectionsAdded,
            (CONNECTIONS, "updated") => What::ConnectionsChanged,
            _ => return None,
        })
    }
}

/// One act of the run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Example {
    pub kind: String,
    pub code: String,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub guid: Option<String>,
    pub at: String,
}

/// How the twins of a kind stand, and what the run did to them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfKind {
    pub kind: String,
    pub published: u64,
    pub archived: u64,
    /// Of the run.
    pub acts: BTreeMap<String, u64>,
}

/// A twin's content as PTV accepted it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    pub code: String,
    pub name: String,
    pub guid: Option<String>,
    pub source_id: String,
    pub status: String,
    pub languages: String,
    pub at: String,
    /// PTV's type of text and language (`Summary.fi`) → text.
    pub texts: BTreeMap<String, String>,
    /// Of a connection set: what it connects with.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub connected: Vec<Connected>,
}

/// One connection of a set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connected {
    pub guid: String,
    /// Where it is one of the tenant's.
    pub name: Option<String>,
    pub texts: BTreeMap<String, String>,
}

impl Worker {
    /// Everything of the tenant's that was accepted from a time on.
    pub async fn report(&self, since: Option<Timestamp>) -> Result<Report, WorkerError> {
        let settings = self.settings();
        let mut acts: BTreeMap<What, (u64, Example)> = BTreeMap::new();
        let mut kinds: BTreeMap<&str, OfKind> = ORDER.iter().map(|kind| (*kind, OfKind::default())).collect();
        let (mut from, mut to): (Option<Timestamp>, Option<Timestamp>) = (None, None);
        let mut connected = None;
        for (writer, _) in evidence::writers(&self.store).await? {
            let mut last = 0;
            loop {
                let page = evidence::page(&self.store, &writer, last, LOG_PAGE).await?;
                let Some(newest) = page.last() else { break };
                last = newest.sequence;
                for record in page.iter().filter(|record| *record.tenant == *settings.tenant) {
                    let Some((act, at)) = mirrored(&record.record, since) else { continue };
                    let Some((kind, code)) = act.subject.split_once('/') else { continue };
                    from = Some(from.map_or(at, |from| from.min(at)));
                    to = to.max(Some(at));
                    if let Some(of_kind) = kinds.get_mut(kind) {
                        *of_kind.acts.entry(act.outcome.clone()).or_default() += 1;
                    }
                    let example = || self.example(kind, code, at);
                    if kind == CONNECTIONS && self.has_data(code) {
                        let (count, _) = connected.get_or_insert_with(|| (0_u64, example()));
                        *count += 1;
                    }
                    if let Some(what) = What::of(kind, &act.outcome) {
                        let (count, latest) = acts.entry(what).or_insert_with(|| (0, example()));
                        *count += 1;
                        if latest.at <= at.to_string() {
                            *latest = example();
                        }
                    }
                }
            }
        }
        acts.extend(connected.map(|connected| (What::ConnectionData, connected)));
        let kinds = kinds.into_iter().map(|(kind, of_kind)| {
            let count = |status: &str| {
                let count = self.twins().count(kind, |twin| twin.status == status);
                u64::try_from(count).unwrap_or(u64::MAX)
            };
            OfKind { kind: kind.to_owned(), published: count(PUBLISHED), archived: count(ARCHIVED), ..of_kind }
        });
        let checks = What::ALL.into_iter().map(|what| match acts.remove(&what) {
            Some((count, example)) => Check { what, count, example: Some(example) },
            None => Check { what, count: 0, example: None },
        });
        Ok(Report {
            tenant: settings.tenant.to_string(),
            organisation: settings.organisation.clone(),
            environment: settings.url.clone(),
            interface: self.shadowed.writer().word().to_owned(),
            profile: settings.profile.word().to_owned(),
            silta: env!("CARGO_PKG_VERSION").to_owned(),
            made_at: self.world.now().to_string(),
            from: from.map(|from| from.to_string()),
            to: to.map(|to| to.to_string()),
            checks: checks.collect(),
            kinds: kinds.collect(),
            troubles: self.troubles(u32::MAX).await?,
        })
    }

    /// At most [`MOST_ROWS`] twins of a kind, in the order of their codes, after a code; those that are published.
    pub async fn report_rows(&self, kind: &str, after: &str) -> Result<(Vec<Row>, Option<String>), WorkerError> {
        let twins = twins::page(&self.store, &self.settings().tenant, kind, after, MOST_ROWS).await?;
        let full = twins.len() >= usize::try_from(MOST_ROWS).unwrap_or(usize::MAX);
        let next = twins.last().filter(|_| full).map(|twin| twin.code.clone());
        let names = self.names_by_guid();
        let rows = twins.into_iter().filter(|twin| twin.status == PUBLISHED).map(|twin| self.row(kind, twin, &names));
        Ok((rows.collect(), next))
    }

    fn row(&self, kind: &str, twin: Twin, names: &BTreeMap<String, String>) -> Row {
        let body: Value =
            twin.pushed_body.as_deref().and_then(|body| serde_json::from_slice(body).ok()).unwrap_or_default();
        let connected = relations(&body).map(|relation| {
            let guid = relation.get("serviceChannelId").and_then(Value::as_str).unwrap_or_default().to_lowercase();
            Connected { name: names.get(&guid).cloned(), texts: texts(relation), guid }
        });
        Row {
            name: self.name_of(kind, &twin.code).unwrap_or_default(),
            connected: if kind == CONNECTIONS { connected.collect() } else { Vec::new() },
            texts: if kind == CONNECTIONS { BTreeMap::new() } else { texts(&body) },
            code: twin.code,
            guid: twin.guid,
            source_id: twin.source_id,
            status: twin.status,
            languages: twin.languages,
            at: Timestamp::from_microsecond(twin.updated_at).unwrap_or_default().to_string(),
        }
    }

    fn names_by_guid(&self) -> BTreeMap<String, String> {
        let briefs = self.twins().briefs().into_iter().filter(|brief| brief.kind != CONNECTIONS);
        briefs.filter_map(|brief| Some((brief.guid?, self.name_of(&brief.kind, &brief.code)?))).collect()
    }

    fn example(&self, kind: &str, code: &str, at: Timestamp) -> Example {
        let of = if kind == CONNECTIONS { Some(Kind::Service) } else { Kind::from_word(kind) };
        let key = of.zip(code.parse().ok()).map(|(kind, code)| EntityKey { kind, code });
        let known = key.and_then(|key| self.twins().look(key.kind.word(), code, |twin| twin.guid.clone()).flatten());
        Example {
            kind: kind.to_owned(),
            code: code.to_owned(),
            name: self.name_of(kind, code).unwrap_or_default(),
            guid: known,
            at: at.to_string(),
        }
    }

    /// Whether a connection set has content of its own.
    fn has_data(&self, code: &str) -> bool {
        let of_set = |twin: &Twin| {
            let body = twin.pushed_body.as_deref().and_then(|body| serde_json::from_slice::<Value>(body).ok());
            let is_data = |(name, value): (&String, &Value)| {
                let filled = match value {
                    Value::Array(items) => !items.is_empty(),
                    Value::Object(members) => !members.is_empty(),
                    Value::String(text) => !text.is_empty(),
                    _ => false,
                };
                filled && name != "serviceChannelId"
            };
            let has = |relation: &Value| relation.as_object().is_some_and(|members| members.iter().any(is_data));
            body.is_some_and(|body| relations(&body).any(has))
        };
        self.twins().look(CONNECTIONS, code, of_set).unwrap_or_default()
    }
}

struct Mirrored {
    subject: String,
    outcome: String,
}

/// A record of something that PTV accepted, if it is one and not too old.
fn mirrored(record: &[u8], since: Option<Timestamp>) -> Option<(Mirrored, Timestamp)> {
    let draft = Evidence::decode(record).ok()?.draft;
    let fits = draft.kind == RecordKind::Mirrored && since.is_none_or(|since| draft.time_out >= since);
    fits.then_some(())?;
    Some((Mirrored { subject: draft.subject?, outcome: draft.outcome? }, draft.time_out))
}

fn relations(body: &Value) -> impl Iterator<Item = &Value> {
    body.get("channelRelations").and_then(Value::as_array).into_iter().flatten()
}

/// Names and descriptions of a body by PTV's type and language.
fn texts(body: &Value) -> BTreeMap<String, String> {
    let lists = body
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, _)| name.ends_with("Names") || name.ends_with("Descriptions") || *name == "description");
    let items = lists.filter_map(|(_, list)| list.as_array()).flatten();
    let text = |item: &Value, name: &str| item.get(name).and_then(Value::as_str).map(str::to_owned);
    items
        .filter_map(|item| {
            let kind = text(item, "type").unwrap_or_else(|| "Name".to_owned());
            Some((format!("{kind}.{}", text(item, "language")?), text(item, "value")?))
        })
        .collect()
}
