//! v12's read models into the neutral form (ptv-v12.md §4, §7). What has no place there is kept and named, never lost.

mod channel;
mod organisation;
mod parts;
mod service;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use super::hours::ServiceHours;
use crate::model::Lang;
use crate::ptv::reference::Reference;
use crate::ptv::seen::lines::{plain, text};
use crate::ptv::seen::{Path, Seen, SeenKind, SeenStatus, Values};

/// One object, decoded.
#[derive(Clone, Debug)]
pub struct Decoded {
    pub seen: Seen,
    /// What v12 says and the neutral form cannot: member → value, as it came.
    pub beyond: BTreeMap<String, Value>,
}

/// What was odd in a reading, over all its objects.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Oddities {
    /// Members that the contract does not have (`Service.newMember`) → how often.
    pub members: BTreeMap<String, u64>,
    /// Objects and parts of kinds that we do not know, as they came.
    pub unknown: Vec<(String, Value)>,
    /// Codes that the reference data does not have, or has no more.
    pub codes: BTreeSet<String>,
    /// Classifications that a service shares with its general description: not its own.
    pub inherited: BTreeSet<String>,
    /// Kinds of phones that were seen, and how often: the mapping of `+358` is to be decided by them (§7.5).
    pub phones: BTreeMap<String, u64>,
}

/// What an object is decoded with.
pub struct Decoder<'a> {
    pub reference: &'a Reference,
    pub oddities: &'a mut Oddities,
}

/// A moment of v12: up to nine fraction digits, with a zone; one without is UTC.
pub fn moment(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| Some(text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp()))
}

/// A member that is a text with something in it.
pub(super) fn word<'v>(value: &'v Value, member: &str) -> Option<&'v str> {
    value.get(member).and_then(Value::as_str).filter(|text| !text.trim().is_empty())
}

pub(super) fn items<'v>(value: &'v Value, member: &str) -> &'v [Value] {
    value.get(member).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn ids(value: &Value, member: &str) -> Vec<String> {
    items(value, member).iter().filter_map(Value::as_str).map(str::to_lowercase).collect()
}

impl Decoder<'_> {
    pub fn organisation(&mut self, object: &Value) -> Option<Decoded> {
        let mut draft = self.draft("Organization", SeenKind::Organisation, object, organisation::MEMBERS)?;
        draft.owner(word(object, "parentOrganizationContentId"));
        organisation::fill(self, object, &mut draft);
        Some(draft.close())
    }

    pub fn service(&mut self, object: &Value) -> Option<Decoded> {
        let mut draft = self.draft("Service", SeenKind::Service, object, service::MEMBERS)?;
        draft.owner(word(object, "organizationContentId"));
        service::fill(self, object, &mut draft);
        Some(draft.close())
    }

    /// A channel of any kind; one of a kind that we do not know is kept as it is.
    pub fn channel(&mut self, object: &Value) -> Option<Decoded> {
        let word_of_kind = word(object, "serviceChannelType").unwrap_or_default();
        let Some(kind) = channel::kind(word_of_kind) else {
            self.oddities.unknown.push((format!("serviceChannelType {word_of_kind}"), object.clone()));
            return None;
        };
        let mut draft = self.draft(word_of_kind, kind, object, channel::members(kind))?;
        draft.owner(word(object, "organizationContentId"));
        channel::fill(self, kind, object, &mut draft);
        Some(draft.close())
    }

    /// A collection; only its detail has members.
    pub fn collection(&mut self, object: &Value) -> Option<Decoded> {
        const MEMBERS: &[&str] = &["contentId", "organizationContentId", "languageVersions", "migratedAt", "items"];
        let mut draft = self.draft("ServiceCollection", SeenKind::Collection, object, MEMBERS)?;
        draft.owner(word(object, "organizationContentId"));
        draft.each_language(self, object, &["name", "summary", "description"], |values, _, lang, version| {
            values.put(Path::Name, Some(lang), plain(word(version, "name").unwrap_or_default()));
            values.put(Path::Summary, Some(lang), text(word(version, "summary").unwrap_or_default()));
            values.put(Path::Description, Some(lang), text(word(version, "description").unwrap_or_default()));
        });
        if object.get("items").is_some() {
            draft.values.tell(Path::Services);
            draft.values.tell(Path::Channels);
            for item in items(object, "items") {
                let id = word(item, "contentId").unwrap_or_default().to_lowercase();
                match word(item, "itemType") {
                    Some("Service") => draft.values.put(Path::Services, None, id),
                    Some("Channel") => draft.values.put(Path::Channels, None, id),
                    other => {
                        let kind = format!("itemType {}", other.unwrap_or_default());
                        self.oddities.unknown.push((kind, item.clone()));
                    }
                }
            }
        }
        Some(draft.close())
    }

    /// A general description: its own classification and texts. PTV's own; nothing of ours is written there.
    pub fn general_description(&mut self, object: &Value) -> Option<Decoded> {
        const MEMBERS: &[&str] = &[
            "contentId",
            "organizationContentId",
            "generalDescriptionTypes",
            "serviceType",
            "chargeType",
            "targetGroups",
            "lifeEvents",
            "serviceClasses",
            "industrialClasses",
            "ontologyTerms",
            "publishedAt",
            "migratedAt",
            "languageVersions",
        ];
        let mut draft = self.draft("GeneralDescription", SeenKind::Service, object, MEMBERS)?;
        draft.owner(word(object, "organizationContentId"));
        service::described(self, object, &mut draft);
        Some(draft.close())
    }

    /// A connection as `(service, channel, values)`; there is no id of its own.
    pub fn connection(&mut self, object: &Value) -> Option<(String, String, Decoded)> {
        let pair = (word(object, "serviceContentId")?.to_lowercase(), word(object, "channelContentId")?.to_lowercase());
        let mut draft = self.draft("Connection", SeenKind::Service, object, parts::CONNECTION)?;
        parts::connection(self, object, &mut draft);
        Some((pair.0, pair.1, draft.close()))
    }

    fn draft(&mut self, name: &str, kind: SeenKind, object: &Value, members: &[&str]) -> Option<Draft> {
        let map = object.as_object()?;
        self.count(name, map, members);
        let mut beyond = BTreeMap::new();
        for (member, value) in map.iter().filter(|(member, _)| !members.contains(&member.as_str())) {
            beyond.insert(member.clone(), value.clone());
        }
        let seen = Seen {
            kind,
            guid: word(object, "contentId").map(str::to_lowercase),
            source_id: None,
            owner: None,
            languages: BTreeSet::new(),
            // v12 shows nothing else.
            status: SeenStatus::Published,
            modified: word(object, "publishedAt").and_then(moment),
            values: Values::default(),
            connections: None,
        };
        Some(Draft { name: name.to_owned(), seen, values: Values::default(), beyond })
    }

    fn count(&mut self, name: &str, map: &Map<String, Value>, members: &[&str]) {
        for member in map.keys().filter(|member| !members.contains(&member.as_str())) {
            *self.oddities.members.entry(format!("{name}.{member}")).or_default() += 1;
        }
    }
}

/// An object on its way into the neutral form.
struct Draft {
    name: String,
    seen: Seen,
    values: Values,
    beyond: BTreeMap<String, Value>,
}

impl Draft {
    fn owner(&mut self, owner: Option<&str>) {
        self.seen.owner = owner.map(str::to_lowercase);
        match &self.seen.owner {
            Some(owner) => self.values.put(Path::Owner, None, owner.as_str()),
            None => self.values.tell(Path::Owner),
        }
    }

    /// Each published language version. A language that is not published is simply not there.
    fn each_language(
        &mut self,
        decoder: &mut Decoder<'_>,
        object: &Value,
        members: &[&str],
        fill: impl Fn(&mut Values, &mut Decoder<'_>, Lang, &Value),
    ) {
        let versions = object.get("languageVersions").and_then(Value::as_object).into_iter().flatten();
        for (code, version) in versions {
            let (Some(lang), Some(map)) = (Lang::from_code(code), version.as_object()) else {
                decoder.oddities.unknown.push((format!("language {code}"), version.clone()));
                continue;
            };
            self.seen.languages.insert(lang);
            decoder.count(&format!("{}.languageVersions", self.name), map, members);
            for (member, value) in map.iter().filter(|(member, _)| !members.contains(&member.as_str())) {
                self.beyond.insert(format!("languageVersions.{code}.{member}"), value.clone());
            }
            fill(&mut self.values, decoder, lang, version);
        }
    }

    fn hours(&mut self, decoder: &mut Decoder<'_>, object: &Value) {
        let Some(value) = object.get("serviceHours") else { return };
        let hours = ServiceHours::parse(value);
        self.values.tell(Path::Hours);
        for opening in hours.openings() {
            self.values.put(Path::Hours, None, opening.to_string());
        }
        for item in &hours.unknown {
            let kind = word(item, "type").unwrap_or_default();
            decoder.oddities.unknown.push((format!("service hour {kind}"), item.clone()));
        }
        if !hours.beyond().is_empty() {
            self.beyond.insert("serviceHours".to_owned(), value.clone());
        }
    }

    fn close(self) -> Decoded {
        Decoded { seen: Seen { values: self.values, ..self.seen }, beyond: self.beyond }
    }
}
