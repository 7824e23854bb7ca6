//! Entities to PTV's v11 bodies: pure functions, always the complete desired state (ptv-in-api.md §3, §6.3).
//!
//! A language whose name, summary or description breaks a rule is left out with a finding; an optional value that
//! breaks one is left out with a warning; an entity is withheld only when no valid Finnish remains or when a rule
//! of the whole record is broken. Nothing is ever cut, rounded or copied to make it pass.

mod address;
mod channel;
mod collection;
mod connection;
mod hours;
mod names;
mod organisation;
mod phone;
mod place;
mod service;
mod sheet;

pub use connection::{Connections, channels_of, connections};
pub use names::duplicates;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use self::sheet::Sheet;
pub(in crate::ptv) use self::sheet::held;
use super::profile::Profile;
use super::reference::Reference;
use super::source_id::source_id;
use crate::model::blocks::{Area, AreaKind};
use crate::model::{Content, Entity, EntityKey, Finding, Lang, Localised, View};

/// What a body depends on besides its entity.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The tenant's code, first part of every source id.
    pub tenant: &'a str,
    /// Three digits; the area of whatever names none.
    pub municipality: &'a str,
    /// The tenant's organisation in PTV: it exists there before us, a municipality can not create it.
    pub organisation: &'a str,
    /// The languages of that organisation when no record of ours describes it.
    pub organisation_languages: &'a [Lang],
    pub profile: Profile,
    pub reference: &'a Reference,
    pub view: &'a View,
    /// The GUID of a twin, once PTV has given one.
    pub guid: &'a (dyn Fn(&EntityKey) -> Option<String> + Sync),
    /// Entities whose name another one of the organisation has already (Q21), with that other one.
    pub duplicates: &'a BTreeMap<EntityKey, EntityKey>,
    /// Which services go to PTV at all.
    pub scope: Scope,
    /// A service needs a user instruction in each of its languages: DVV's rule of content since March 2026, which PTV was
    /// not seen to enforce (ptv-in-api.md §10). Without it a missing one is a warning.
    pub instruction_required: bool,
}

/// Which services go to PTV (pat.md §6.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    #[default]
    All,
    /// Those that the law orders: marked so, or built on a general description.
    Statutory,
}

impl Scope {
    /// What stays out is neither created nor changed; what is in PTV already stays as it is until it is withdrawn.
    pub fn leaves_out(self, entity: &Entity) -> bool {
        let statutory = |service: &crate::model::Service| service.statutory || service.general_description.is_some();
        self == Scope::Statutory && entity.service().is_some_and(|service| !statutory(service))
    }
}

/// How much of the entity goes into the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// What our rules let through: what a mirror sends.
    Sound,
    /// Every language and value, findings or not: what the probe offers.
    Everything,
}

#[derive(Debug)]
pub struct Mapped {
    /// `None` when withheld or waiting.
    pub body: Option<Value>,
    pub languages: Vec<Lang>,
    pub findings: Vec<Finding>,
    /// A rule of ours keeps it from PTV.
    pub withheld: bool,
    /// What must be in PTV first.
    pub waits_for: Vec<EntityKey>,
    /// Members of a collection that PTV does not have yet. The body stands without them; their coming wants it again.
    pub lacks: Vec<EntityKey>,
}

/// Maps any entity that has a twin of its own. Classes have none; offers are connections of their services.
pub fn map(entity: &Entity, context: &Context<'_>, extent: Extent) -> Option<Mapped> {
    let mut sheet = Sheet::new(context, extent);
    sheet.check_held(&entity.key);
    let body = match &entity.content {
        Content::Organisation(it) => organisation::body(entity, it, &mut sheet),
        Content::Service(it) => service::body(entity, it, &mut sheet),
        Content::Channel(it) => channel::body(entity, it, &mut sheet),
        Content::ServicePoint(it) => place::body(entity, it, &mut sheet),
        Content::Collection(it) => collection::body(entity, it, &mut sheet),
        Content::Class(_) | Content::Offer(_) | Content::Errand(_) | Content::Actor(_) => return None,
    };
    Some(sheet.close(body))
}

/// The path segment of collections.
pub(super) const COLLECTION: &str = "ServiceCollection";

/// The path segment of a twin's kind below `/api/v11/` (ptv-in-api.md §2).
pub fn path_of(entity: &Entity) -> Option<&'static str> {
    match &entity.content {
        Content::Organisation(_) => Some("Organization"),
        Content::Service(_) => Some("Service"),
        Content::ServicePoint(_) => Some("ServiceChannel/ServiceLocation"),
        Content::Channel(channel) => Some(match channel.detail.word() {
            "eChannel" => "ServiceChannel/EChannel",
            "phone" => "ServiceChannel/Phone",
            "webPage" => "ServiceChannel/WebPage",
            _ => "ServiceChannel/PrintableForm",
        }),
        Content::Collection(_) => Some(COLLECTION),
        Content::Class(_) | Content::Offer(_) | Content::Errand(_) | Content::Actor(_) => None,
    }
}

/// `[{language, value}]`
fn plain(text: &Localised) -> Value {
    text.iter().map(|(lang, value)| json!({"language": lang.code(), "value": value})).collect()
}

/// `[{language, type, value}]`
fn typed(kind: &str, text: &Localised) -> Vec<Value> {
    text.iter().map(|(lang, value)| json!({"language": lang.code(), "type": kind, "value": value})).collect()
}

/// Puts a list, or the flag that empties it in PTV, where an absent or empty list would mean «keep».
fn list_or_flag(body: &mut Map<String, Value>, name: &str, list: Vec<Value>, flag: &str) {
    if list.is_empty() {
        body.insert(flag.to_owned(), Value::Bool(true));
    } else {
        body.insert(name.to_owned(), Value::Array(list));
    }
}

/// `areaType` and `areas`; the tenant's own municipality when the record names none (pat.md §4.10).
fn put_area(body: &mut Map<String, Value>, area: Option<&Area>, sheet: &mut Sheet<'_, '_>) {
    let own = Area::Limited(vec![crate::model::blocks::AreaCodes {
        kind: AreaKind::Municipality,
        codes: vec![sheet.context.municipality.to_owned()],
    }]);
    match area.unwrap_or(&own) {
        Area::Nationwide => {
            body.insert("areaType".into(), "Nationwide".into());
        }
        Area::NationwideExceptAlandIslands => {
            body.insert("areaType".into(), "NationwideExceptAlandIslands".into());
        }
        Area::Limited(areas) => {
            body.insert("areaType".into(), "LimitedType".into());
            let mut rendered = Vec::new();
            for area in areas {
                let codes: Vec<String> = area.codes.iter().map(|code| municipality_code(area.kind, code)).collect();
                sheet.check_area(area.kind, &codes);
                rendered.push(json!({"type": area.kind.word(), "areaCodes": codes}));
            }
            if rendered.is_empty() {
                sheet.withhold(
                    "saatavuusalue.alueet",
                    "area",
                    [
                        "Rajatulla alueella on oltava vähintään yksi aluekoodi. Lisää alue.",
                        "Ett begränsat område kräver minst en områdeskod. Lägg till ett område.",
                        "A limited area needs at least one code. Add one.",
                    ],
                );
            }
            body.insert("areas".into(), Value::Array(rendered));
        }
    }
}

/// PTV looks municipalities up by three digits (ptv-in-api.md §3.0.8).
fn municipality_code(kind: AreaKind, code: &str) -> String {
    if kind == AreaKind::Municipality { format!("{code:0>3}") } else { code.to_owned() }
}

/// The members that every twin has.
fn frame(entity: &Entity, context: &Context<'_>) -> Map<String, Value> {
    let mut body = Map::new();
    body.insert("sourceId".into(), source_id(context.tenant, &entity.key).into());
    body.insert("publishingStatus".into(), "Published".into());
    body
}

#[cfg(test)]
mod tests;
