//! Stored records to the resources of Turku's read interface (pat.md §2, §4.1–4.6).
//!
//! The push format has the interface's own names, so that a record goes out as it came in, without the members that the
//! interface does not have and with the relations as they stand now. `""` stands for nothing where the interface has it.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use crate::model::{Code, Entity, Kind, Offer, Stored, View};

type Record = Map<String, Value>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Resource {
    Services,
    Classes,
    ServicePoints,
    Offers,
}

impl Resource {
    const ALL: [Resource; 4] = [Resource::Services, Resource::Classes, Resource::ServicePoints, Resource::Offers];

    pub(super) fn from_word(word: &str) -> Option<Resource> {
        Resource::ALL.into_iter().find(|resource| resource.word() == word)
    }

    fn word(self) -> &'static str {
        match self {
            Resource::Services => "palvelut",
            Resource::Classes => "palveluluokat",
            Resource::ServicePoints => "palvelupisteet",
            Resource::Offers => "palvelutarjoukset",
        }
    }

    pub(super) fn kind(self) -> Kind {
        match self {
            Resource::Services => Kind::Service,
            Resource::Classes => Kind::Class,
            Resource::ServicePoints => Kind::ServicePoint,
            Resource::Offers => Kind::Offer,
        }
    }

    /// The members that the interface has; what else is stored stays here.
    fn members(self) -> &'static [&'static str] {
        match self {
            Resource::Services => &[
                "koodi",
                "nimi_kieliversiot",
                "kuvaus_kieliversiot",
                "tila",
                "palvelutyypit",
                "palvelutarjoukset",
                "muutospvm",
                "ptv_id",
            ],
            Resource::Classes => &["ylatason_koodi", "koodi", "nimi_kieliversiot", "palvelut", "muutospvm"],
            Resource::ServicePoints => &[
                "tila",
                "lisatiedot",
                "nimi_kieliversiot",
                "kuvaus_kieliversiot",
                "puhelinnumerot",
                "sahkoposti",
                "koodi",
                "fyysinenPaikka",
                "palvelutarjoukset",
                "muutospvm",
                "ptv_id",
            ],
            Resource::Offers => &[
                "koodi",
                "nimi_kieliversiot",
                "kuvaus_kieliversiot",
                "tila",
                "palvelunsaanninEhdot_kieliversiot",
                "palvelut",
                "palvelupiste",
                "aukioloajat",
                "hinnat",
                "muutospvm",
            ],
        }
    }

    /// The list that shows a relation from its other side.
    fn listed(self) -> Option<(&'static str, Kind)> {
        match self {
            Resource::Services | Resource::ServicePoints => Some(("palvelutarjoukset", Kind::Offer)),
            Resource::Classes => Some(("palvelut", Kind::Service)),
            Resource::Offers => None,
        }
    }
}

/// Who belongs to whom, whatever the state: a withdrawal is a change of the other side as well.
pub(super) struct Relations<'a> {
    view: &'a View,
    zone: TimeZone,
    offers_of_service: BTreeMap<&'a Code, Vec<&'a Arc<Stored>>>,
    offers_of_point: BTreeMap<&'a Code, Vec<&'a Arc<Stored>>>,
    services_of_class: BTreeMap<&'a Code, Vec<&'a Arc<Stored>>>,
}

impl<'a> Relations<'a> {
    pub(super) fn of(view: &'a View) -> Relations<'a> {
        let (mut of_service, mut of_point, mut of_class) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for stored in view.all(Kind::Offer) {
            let Some(offer) = stored.entity.offer() else { continue };
            for code in &offer.services {
                of_service.entry(code).or_insert_with(Vec::new).push(stored);
            }
            if let Some(code) = &offer.service_point {
                of_point.entry(code).or_insert_with(Vec::new).push(stored);
            }
        }
        for stored in view.all(Kind::Service) {
            for code in stored.entity.service().iter().flat_map(|service| &service.classes) {
                of_class.entry(code).or_insert_with(Vec::new).push(stored);
            }
        }
        Relations {
            view,
            zone: finland(),
            offers_of_service: of_service,
            offers_of_point: of_point,
            services_of_class: of_class,
        }
    }

    fn members_of(&self, resource: Resource, code: &Code) -> &[&'a Arc<Stored>] {
        let relation = match resource {
            Resource::Services => &self.offers_of_service,
            Resource::ServicePoints => &self.offers_of_point,
            Resource::Classes => &self.services_of_class,
            Resource::Offers => return &[],
        };
        relation.get(code).map_or(&[], Vec::as_slice)
    }
}

/// A record of the resource; `None` when it did not change since `since`, or is not shown and nobody asked for changes.
pub(super) fn record(
    resource: Resource,
    stored: &Stored,
    mut body: Record,
    guid: Option<&str>,
    since: Option<Date>,
    relations: &Relations<'_>,
) -> Option<Value> {
    let entity = &stored.entity;
    let code = &entity.key.code;
    let related = relations.members_of(resource, code);
    let zone = &relations.zone;
    let changed = |since| changed_on(stored, since, zone) || related.iter().any(|other| changed_on(other, since, zone));
    if !since.is_none_or(changed) {
        return None;
    }
    if !entity.is_active() {
        // Only whoever follows changes must learn of it, and no more than that it is not shown.
        return since.map(|_| withdrawn(stored, zone));
    }
    body.insert("koodi".into(), code.as_str().into());
    if resource != Resource::Classes {
        body.entry("tila").or_insert_with(|| json!({"koodi": entity.state.tila()}));
    }
    if let Some(guid) = guid {
        body.insert("ptv_id".into(), guid.into());
    }
    if let Some((member, kind)) = resource.listed() {
        relate(resource, member, kind, &mut body, related, relations.view);
    }
    if let Some(place) = body.get_mut("fyysinenPaikka").and_then(Value::as_object_mut) {
        complete(place);
    }
    for row in rows(&mut body, "puhelinnumerot").filter_map(|row| row.get_mut("numerotyyppi")?.as_object_mut()) {
        fill(row, &["teksti_fi", "teksti_sv"]);
    }
    complete_hours(&mut body);
    body.retain(|member, value| resource.members().contains(&member.as_str()) && !value.is_null());
    Some(Value::Object(body))
}

/// By the source's own date or by the day, in Finland, on which it came to us, whichever is later.
fn changed_on(stored: &Stored, since: Date, zone: &TimeZone) -> bool {
    stored.entity.changed.is_some_and(|day| day >= since) || taken_in(stored, zone) >= since
}

fn taken_in(stored: &Stored, zone: &TimeZone) -> Date {
    stored.changed_at.to_zoned(zone.clone()).date()
}

/// Finland's time by rule, so that no machine's time zone files are needed.
pub(super) fn finland() -> TimeZone {
    TimeZone::posix("EET-2EEST,M3.5.0/3,M10.5.0/4").unwrap_or(TimeZone::UTC)
}

fn withdrawn(stored: &Stored, zone: &TimeZone) -> Value {
    let entity = &stored.entity;
    let day = entity.changed.unwrap_or_else(|| taken_in(stored, zone));
    json!({
        "koodi": entity.key.code.as_str(),
        "tila": {"koodi": entity.state.tila()},
        "muutospvm": day.to_string(),
    })
}

/// The list as it stands now. What the source lists and nobody has sent as a whole record of its own stays as it
/// came.
fn relate(resource: Resource, member: &str, kind: Kind, body: &mut Record, related: &[&Arc<Stored>], view: &View) {
    let is_known = |row: &Value| {
        let code = row.get("koodi").and_then(Value::as_str).and_then(|code| code.parse().ok());
        let stored = code.and_then(|code| view.get(kind, &code));
        // An offer that is a draft for want of a place is not in the list by itself.
        stored.is_some_and(|stored| !stored.entity.offer().is_some_and(Offer::is_groundless))
    };
    let given = body.remove(member).and_then(|rows| if let Value::Array(rows) = rows { Some(rows) } else { None });
    let had = given.is_some();
    let mut rows: Vec<Value> = given.into_iter().flatten().filter(|row| !is_known(row)).collect();
    for stored in related.iter().filter(|stored| stored.entity.is_active()) {
        let mut row = reference(&stored.entity);
        row.insert("tila".into(), json!({"koodi": stored.entity.state.tila()}));
        if resource == Resource::ServicePoints {
            let services = stored.entity.offer().into_iter().flat_map(|offer| &offer.services);
            let services = services.map(|code| match view.active(Kind::Service, code) {
                Some(service) => Value::Object(reference(&service.entity)),
                None => json!({"koodi": code.as_str()}),
            });
            row.insert("palvelut".into(), services.collect());
        }
        rows.push(Value::Object(row));
    }
    if had || !rows.is_empty() {
        body.insert(member.into(), Value::Array(rows));
    }
}

fn reference(entity: &Entity) -> Record {
    let name: Record = entity.name().iter().map(|(lang, text)| (lang.code().to_owned(), text.into())).collect();
    let members = [("koodi", entity.key.code.as_str().into()), ("nimi_kieliversiot", Value::Object(name))];
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn complete(place: &mut Record) {
    const ADDRESS: [&str; 7] = [
        "katuosoite_fi",
        "katuosoite_sv",
        "katuosoite_en",
        "postinumero",
        "postitoimipaikka_fi",
        "postitoimipaikka_sv",
        "postitoimipaikka_en",
    ];
    for address in rows(place, "osoitteet") {
        fill(address, &ADDRESS);
        if let Some(municipality) = address.entry("kunta").or_insert_with(|| json!({})).as_object_mut() {
            fill(municipality, &["koodi", "nimi_fi", "nimi_sv"]);
        }
    }
    complete_hours(place);
}

fn complete_hours(record: &mut Record) {
    for hours in rows(record, "aukioloajat") {
        fill(hours, &["voimassaoloAlkamishetki", "voimassaoloPaattymishetki"]);
    }
}

fn fill(record: &mut Record, members: &[&str]) {
    for member in members {
        let value = record.entry(*member).or_insert(Value::Null);
        if value.is_null() {
            *value = "".into();
        }
    }
}

fn rows<'a>(record: &'a mut Record, member: &str) -> impl Iterator<Item = &'a mut Record> {
    record.get_mut(member).and_then(Value::as_array_mut).into_iter().flatten().filter_map(Value::as_object_mut)
}
