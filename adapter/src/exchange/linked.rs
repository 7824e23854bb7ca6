//! Answers as JSON-LD with the terms of CPSV-AP 3.2 (pat.md §10), so that catalogues of other countries and of the EU can
//! read them.
//!
//! A graph is whole: whatever a service refers to stands in it with what the application profile demands of it. The
//! context stands in the document, so that no reader needs a network.

mod values;

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::{Map, Value, json};
use silta_client::catalogue::{
    Channel, ChargeType, LocalisedText, Offer, OpeningHours, Organisation, Service, ServicePoint,
};
use silta_client::common::Refusal;

use self::values::{by_language, duration, euros, is_empty, is_iri, is_nothing, literals, pages, texts, titled, typed};
use super::json::render;
use super::negotiate::not_in_this_form;
use crate::model::{Kind, Lang};
use crate::operations::catalogue::Answer;

/// What the graph is of, and how to get at what it refers to.
pub(super) struct Publisher<'a> {
    /// `https://…/id/turku`: what stands before kind and code in identifiers.
    pub(super) base: String,
    /// The tenant's own name, municipality and organisation: who answers for a service that names nobody.
    pub(super) name: &'a str,
    pub(super) municipality: Option<&'a str>,
    pub(super) organisation: Option<&'a str>,
    /// An active record by kind and code.
    pub(super) get: &'a dyn Fn(Kind, &str) -> Option<Answer>,
    /// The active offers of a service.
    pub(super) offers: &'a dyn Fn(&str) -> Vec<Offer>,
    /// The name of a service class.
    pub(super) class: &'a dyn Fn(&str) -> Option<LocalisedText>,
}

const CONTEXT: [(&str, &str); 12] = [
    ("adms", "http://www.w3.org/ns/adms#"),
    ("cpsv", "http://purl.org/vocab/cpsv#"),
    ("cv", "http://data.europa.eu/m8g/"),
    ("dcat", "http://www.w3.org/ns/dcat#"),
    ("dct", "http://purl.org/dc/terms/"),
    ("eli", "http://data.europa.eu/eli/ontology#"),
    ("foaf", "http://xmlns.com/foaf/0.1/"),
    ("locn", "http://www.w3.org/ns/locn#"),
    ("owl", "http://www.w3.org/2002/07/owl#"),
    ("skos", "http://www.w3.org/2004/02/skos/core#"),
    ("time", "http://www.w3.org/2006/time#"),
    ("xsd", "http://www.w3.org/2001/XMLSchema#"),
];
const EURO: &str = "http://publications.europa.eu/resource/authority/currency/EUR";
const FINLAND: &str = "http://publications.europa.eu/resource/authority/atu/FIN";
const PTV: &str = "https://palvelutietovaranto.suomi.fi/";

impl Publisher<'_> {
    /// The graph of an answer; a page goes on by `next`, which is no term of the graph.
    pub(super) fn write(&self, answer: &Answer) -> Result<Bytes, Refusal> {
        let mut graph = Graph { publisher: self, nodes: BTreeMap::new() };
        let next = match answer {
            Answer::Service(it) => graph.all(std::slice::from_ref(&**it), Graph::service),
            Answer::Services(page) => graph.page(&page.items, page.next.as_ref(), Graph::service),
            Answer::ServicePoint(it) => graph.all(std::slice::from_ref(&**it), Graph::service_point),
            Answer::ServicePoints(page) => graph.page(&page.items, page.next.as_ref(), Graph::service_point),
            Answer::Channel(it) => graph.all(std::slice::from_ref(&**it), Graph::channel),
            Answer::Channels(page) => graph.page(&page.items, page.next.as_ref(), Graph::channel),
            Answer::Organisation(it) => graph.all(std::slice::from_ref(&**it), Graph::organisation),
            Answer::Organisations(page) => graph.page(&page.items, page.next.as_ref(), Graph::organisation),
            _ => return Err(not_in_this_form()),
        };
        let context: Map<String, Value> =
            CONTEXT.iter().map(|(prefix, iri)| ((*prefix).to_owned(), (*iri).into())).collect();
        let nodes: Vec<Value> = graph.nodes.into_values().map(Value::Object).collect();
        let mut document = json!({"@context": context, "@graph": nodes});
        if let (Some(next), Some(members)) = (next, document.as_object_mut()) {
            members.insert("next".into(), next.into());
        }
        render(&document)
    }

    fn id(&self, kind: &str, code: &str) -> String {
        let code = percent_encoding::utf8_percent_encode(code, percent_encoding::NON_ALPHANUMERIC);
        format!("{}/{kind}/{code}", self.base)
    }
}

type Node = Map<String, Value>;

/// Nodes by identifier: what several records refer to stands there once.
struct Graph<'a> {
    publisher: &'a Publisher<'a>,
    nodes: BTreeMap<String, Node>,
}

impl Graph<'_> {
    fn all<T>(&mut self, items: &[T], write: fn(&mut Self, &T) -> String) -> Option<String> {
        self.page(items, None, write)
    }

    fn page<T>(&mut self, items: &[T], next: Option<&String>, write: fn(&mut Self, &T) -> String) -> Option<String> {
        for item in items {
            write(self, item);
        }
        next.cloned()
    }

    fn put(&mut self, id: &str, kind: Value, members: Vec<(&str, Value)>) -> Value {
        let mut node = Node::new();
        node.insert("@id".into(), id.into());
        node.insert("@type".into(), kind);
        let members = members.into_iter().filter(|(_, value)| !is_nothing(value));
        node.extend(members.map(|(name, value)| (name.to_owned(), value)));
        self.nodes.insert(id.to_owned(), node);
        json!({"@id": id})
    }

    fn service(&mut self, service: &Service) -> String {
        let id = self.publisher.id(path(Kind::Service), &service.code);
        let own = |part: &str| format!("{id}#{part}");
        let authority = self.authority(service.responsible_organisation.as_deref());
        let others = service.other_responsible_organisations.iter().filter_map(|code| self.known_organisation(code));
        let mut authorities = vec![authority];
        authorities.extend(others.collect::<Vec<_>>());
        let channels: Vec<Value> = self.channels_of(service);
        let description = [&service.description, &service.summary].into_iter().flatten().find(|text| !is_empty(text));
        let mut requirements = Vec::new();
        if let Some(text) = service.requirements.as_ref().filter(|text| !is_empty(text)) {
            let titles =
                [("fi", "Palvelun saannin ehdot"), ("sv", "Villkor för att få tjänsten"), ("en", "Conditions")];
            let id = own("requirements");
            let members =
                vec![("dct:identifier", json!(id)), ("dct:title", titled(&titles)), ("dct:description", texts(text))];
            requirements.push(self.put(&id, json!("cv:Requirement"), members));
        }
        let mut rules = Vec::new();
        if let Some(text) = service.user_instruction.as_ref().filter(|text| !is_empty(text)) {
            let titles = [("fi", "Toimintaohje"), ("sv", "Anvisning"), ("en", "How to proceed")];
            let id = own("instruction");
            let members =
                vec![("dct:identifier", json!(id)), ("dct:title", titled(&titles)), ("dct:description", texts(text))];
            rules.push(self.put(&id, json!("cpsv:Rule"), members));
        }
        let costs = self.costs(service, &id);
        let classes = service.classes.iter().map(|code| {
            let name = (self.publisher.class)(code).unwrap_or_default();
            self.concept(&self.publisher.id(path(Kind::Class), code), Some(code), &name)
        });
        let classes: Vec<Value> = classes.collect::<Vec<_>>();
        let concepts = |graph: &mut Self, addresses: &[String]| -> Vec<Value> {
            let addresses = addresses.iter().filter(|it| is_iri(it));
            addresses.map(|iri| graph.concept(iri, None, &LocalisedText::default())).collect()
        };
        let themes = concepts(self, &service.terms);
        let audiences = concepts(self, &service.target_groups);
        let sectors = concepts(self, &service.industrial_classes);
        let events: Vec<Value> =
            service.life_events.iter().filter(|it| is_iri(it)).map(|iri| self.life_event(iri)).collect();
        let laws: Vec<Value> = service
            .laws
            .iter()
            .enumerate()
            .map(|(at, law)| {
                let url = law.url.iter().flat_map(by_language).map(|(_, url)| url.to_owned()).find(|url| is_iri(url));
                let law_id = url.unwrap_or_else(|| own(&format!("law-{at}")));
                self.put(&law_id, json!("eli:LegalResource"), vec![("dct:title", texts(&law.name))])
            })
            .collect();
        let languages: Vec<Value> = service.languages.iter().filter_map(|code| self.language(code)).collect();
        let keywords: Vec<Value> = service.keywords.iter().flat_map(literals).collect();
        let alternatives: Vec<Value> = service.alternative_names.iter().flat_map(literals).collect();
        let processing = service.processing_time.iter().flat_map(by_language).find_map(|(_, text)| duration(text));
        let status = self.concept("http://purl.org/adms/status/Completed", None, &LocalisedText::default());
        let pages: Vec<Value> = pages(service.web_pages.iter().map(|page| &page.url));
        let spatial = self.place(self.publisher.municipality);
        let same = service.ptv_id.as_ref().map(|guid| json!({"@id": format!("{PTV}service/{guid}")}));
        self.put(
            &id,
            json!("cpsv:PublicService"),
            vec![
                ("dct:identifier", json!(service.code)),
                ("dct:title", texts(&service.name)),
                ("dct:alternative", json!(alternatives)),
                ("dct:description", texts(description.unwrap_or(&service.name))),
                ("dct:modified", typed(&service.changed_at, "xsd:dateTime")),
                ("adms:status", status),
                ("cv:hasCompetentAuthority", json!(authorities)),
                ("cv:hasChannel", json!(channels)),
                ("cv:holdsRequirement", json!(requirements)),
                ("cpsv:follows", json!(rules)),
                ("cv:hasCost", json!(costs)),
                ("cv:processingTime", processing.map_or(Value::Null, |text| typed(&text, "xsd:duration"))),
                ("cv:isClassifiedBy", json!(classes)),
                ("cv:thematicArea", json!(themes)),
                ("dct:audience", json!(audiences)),
                ("cv:sector", json!(sectors)),
                ("cv:isGroupedBy", json!(events)),
                ("cv:hasLegalResource", json!(laws)),
                ("dct:language", json!(languages)),
                ("dcat:keyword", json!(keywords)),
                ("dct:spatial", spatial),
                ("foaf:page", json!(pages)),
                ("owl:sameAs", json!(same)),
            ],
        );
        id
    }

    fn channels_of(&mut self, service: &Service) -> Vec<Value> {
        let channels = service.channels.iter().map(|code| (Kind::Channel, code));
        let points = service.service_points.iter().map(|code| (Kind::ServicePoint, code));
        channels.chain(points).filter_map(|(kind, code)| self.known(kind, code)).collect()
    }

    /// A record that others refer to: written once, however many do.
    fn known(&mut self, kind: Kind, code: &str) -> Option<Value> {
        let id = self.publisher.id(path(kind), code);
        if !self.nodes.contains_key(&id) {
            match (self.publisher.get)(kind, code)? {
                Answer::Channel(it) => self.channel(&it),
                Answer::ServicePoint(it) => self.service_point(&it),
                Answer::Organisation(it) => self.organisation(&it),
                _ => return None,
            };
        }
        Some(json!({"@id": id}))
    }

    fn channel(&mut self, channel: &Channel) -> String {
        let id = self.publisher.id(path(Kind::Channel), &channel.code);
        let kind = format!("urn:silta:catalogue:v1:channel:{}", channel.kind.word());
        let kind = self.concept(&kind, Some(channel.kind.word()), &LocalisedText::default());
        let owner = channel.organisation.as_deref().and_then(|code| self.known_organisation(code));
        let hours = self.hours(&id, &channel.hours);
        let description = [&channel.description, &channel.summary].into_iter().flatten().find(|text| !is_empty(text));
        let members = vec![
            ("dct:identifier", json!(channel.code)),
            ("dct:title", texts(&channel.name)),
            ("dct:description", texts(description.unwrap_or(&channel.name))),
            ("dct:type", kind),
            ("cv:ownedBy", json!(owner)),
            ("cv:openingHours", json!(hours)),
            ("foaf:page", json!(pages(channel.url.iter()))),
            ("dct:modified", typed(&channel.changed_at, "xsd:dateTime")),
        ];
        self.put(&id, json!("cv:Channel"), members);
        id
    }

    fn service_point(&mut self, point: &ServicePoint) -> String {
        let id = self.publisher.id(path(Kind::ServicePoint), &point.code);
        let kind = self.concept(
            "urn:silta:catalogue:v1:channel:servicePoint",
            Some("servicePoint"),
            &LocalisedText::default(),
        );
        let owner = point.organisation.as_deref().and_then(|code| self.known_organisation(code));
        let hours = self.hours(&id, &point.hours);
        let description = [&point.description, &point.summary].into_iter().flatten().find(|text| !is_empty(text));
        let addresses: Vec<Value> = point
            .addresses
            .iter()
            .enumerate()
            .map(|(at, address)| {
                let members = vec![
                    ("locn:thoroughfare", address.street.as_ref().map_or(Value::Null, texts)),
                    ("locn:locatorDesignator", json!(address.number)),
                    ("locn:postCode", json!(address.postal_code)),
                    ("locn:postName", address.post_office.as_ref().map_or(Value::Null, texts)),
                    ("locn:adminUnitL2", address.municipality_name.as_ref().map_or(Value::Null, texts)),
                ];
                self.put(&format!("{id}#address-{at}"), json!("locn:Address"), members)
            })
            .collect();
        let located = point.addresses.iter().find_map(|address| {
            let (latitude, longitude) = (address.latitude.as_ref()?.trim(), address.longitude.as_ref()?.trim());
            latitude.parse::<f64>().ok().zip(longitude.parse::<f64>().ok())?;
            Some(json!({
                "@value": format!("POINT({longitude} {latitude})"),
                "@type": "http://www.opengis.net/ont/geosparql#wktLiteral",
            }))
        });
        let place = (!addresses.is_empty() || located.is_some()).then(|| {
            let geometry = located.map_or(
                Value::Null,
                |wkt| json!({"@type": "locn:Geometry", "http://www.opengis.net/ont/geosparql#asWKT": wkt}),
            );
            let members = vec![("locn:address", json!(addresses)), ("locn:geometry", geometry)];
            self.put(&format!("{id}#place"), json!("dct:Location"), members)
        });
        let members = vec![
            ("dct:identifier", json!(point.code)),
            ("dct:title", texts(&point.name)),
            ("dct:description", texts(description.unwrap_or(&point.name))),
            ("dct:type", kind),
            ("cv:ownedBy", json!(owner)),
            ("cv:openingHours", json!(hours)),
            ("dct:spatial", json!(place)),
            ("foaf:page", json!(pages(point.web_pages.iter().map(|page| &page.url)))),
            ("dct:modified", typed(&point.changed_at, "xsd:dateTime")),
        ];
        self.put(&id, json!("cv:Channel"), members);
        id
    }

    fn hours(&mut self, owner: &str, rows: &[OpeningHours]) -> Vec<Value> {
        const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
        let day = |day: Option<u8>| DAYS.get(usize::from(day.unwrap_or_default()).wrapping_sub(1)).copied();
        rows.iter()
            .enumerate()
            .map(|(at, row)| {
                let days = match (day(row.first_day), day(row.last_day)) {
                    (Some(first), Some(last)) if first != last => format!("{first}–{last}"),
                    (Some(first), _) => first.to_owned(),
                    _ => row.valid_from.clone().unwrap_or_default(),
                };
                let times = match (&row.opens, &row.closes) {
                    (Some(opens), Some(closes)) => format!("{opens}–{closes}"),
                    _ => String::new(),
                };
                let line = [days, times].into_iter().filter(|it| !it.is_empty()).collect::<Vec<_>>().join(" ");
                let mut description: Vec<Value> = row.description.iter().flat_map(literals).collect();
                // A text of the source in English takes the place of the line that is made of the times.
                if !line.is_empty() && !row.description.iter().any(|text| text.en.is_some()) {
                    description.push(json!({"@value": line, "@language": "en"}));
                }
                let members = vec![("dct:description", json!(description))];
                self.put(&format!("{owner}#hours-{at}"), json!("time:TemporalEntity"), members)
            })
            .collect()
    }

    /// Who answers for a service: the organisation that it names, else the tenant's own.
    fn authority(&mut self, named: Option<&str>) -> Value {
        let own = self.publisher.organisation;
        if let Some(known) = named.into_iter().chain(own).find_map(|code| self.known_organisation(code)) {
            return known;
        }
        let id = self.publisher.base.clone();
        let name = LocalisedText { fi: Some(self.publisher.name.to_owned()), ..LocalisedText::default() };
        let place = self.place(self.publisher.municipality);
        self.put(&id, authority_type(), vec![("skos:prefLabel", texts(&name)), ("dct:spatial", place)])
    }

    fn known_organisation(&mut self, code: &str) -> Option<Value> {
        self.known(Kind::Organisation, code)
    }

    fn organisation(&mut self, organisation: &Organisation) -> String {
        let id = self.publisher.id(path(Kind::Organisation), &organisation.code);
        let place = self.place(organisation.municipality.as_deref().or(self.publisher.municipality));
        let members = vec![
            ("dct:identifier", json!(organisation.code)),
            ("skos:prefLabel", texts(&organisation.name)),
            ("skos:altLabel", organisation.alternative_name.as_ref().map_or(Value::Null, texts)),
            ("dct:description", organisation.description.as_ref().map_or(Value::Null, texts)),
            ("dct:spatial", place),
        ];
        self.put(&id, authority_type(), members);
        id
    }

    /// A municipality by its national code; Finland where there is none.
    fn place(&mut self, municipality: Option<&str>) -> Value {
        match municipality {
            Some(code) => {
                let id = self.publisher.id("municipality", code);
                self.put(&id, json!("dct:Location"), vec![("dct:identifier", json!(code))])
            }
            None => self.put(FINLAND, json!("dct:Location"), Vec::new()),
        }
    }

    fn concept(&mut self, iri: &str, notation: Option<&str>, name: &LocalisedText) -> Value {
        let members = vec![("skos:notation", json!(notation)), ("skos:prefLabel", texts(name))];
        self.put(iri, json!("skos:Concept"), members)
    }

    /// The list's names are not here; its code is a title that is in no language.
    fn life_event(&mut self, iri: &str) -> Value {
        let code = iri.rsplit('/').next().unwrap_or(iri);
        let members = vec![("dct:identifier", json!(iri)), ("dct:title", json!({"@value": code, "@language": "zxx"}))];
        self.put(iri, json!(["cv:LifeEvent", "cv:Event"]), members)
    }

    fn language(&mut self, code: &str) -> Option<Value> {
        let authority = match Lang::from_code(code)? {
            Lang::Fi => "FIN",
            Lang::Sv => "SWE",
            Lang::En => "ENG",
            Lang::Se => "SME",
            Lang::Smn => "SMN",
            Lang::Sms => "SMS",
        };
        let iri = format!("http://publications.europa.eu/resource/authority/language/{authority}");
        Some(self.put(&iri, json!("dct:LinguisticSystem"), Vec::new()))
    }

    /// What the service costs, and what its offers say beside it. A number stands there only where the text is one.
    fn costs(&mut self, service: &Service, id: &str) -> Vec<Value> {
        let mut costs: Vec<(LocalisedText, Option<String>)> = Vec::new();
        let text = service.charge_text.clone().unwrap_or_default();
        match service.charge_type {
            Some(ChargeType::FreeOfCharge) => costs.push((text, Some("0".into()))),
            _ if !is_empty(&text) => costs.push((text, None)),
            _ => {}
        }
        for price in (self.publisher.offers)(&service.code).iter().flat_map(|offer| &offer.prices) {
            let amount = price.amount.clone().unwrap_or_default();
            let number = by_language(&amount).next().and_then(|(_, text)| euros(text));
            let text = if is_empty(&amount) { price.description.clone().unwrap_or_default() } else { amount };
            if !is_empty(&text) && !costs.iter().any(|(known, _)| *known == text) {
                costs.push((text, number));
            }
        }
        let currency = costs.iter().any(|(_, number)| number.is_some());
        let euro = currency.then(|| self.concept(EURO, None, &LocalisedText::default()));
        costs
            .into_iter()
            .enumerate()
            .map(|(at, (text, number))| {
                let cost = format!("{id}#cost-{at}");
                let currency = number.as_ref().and(euro.clone());
                let members = vec![
                    ("dct:identifier", json!(cost)),
                    ("dct:description", texts(&text)),
                    ("cv:hasValue", number.map_or(Value::Null, |it| typed(&it, "xsd:double"))),
                    ("cv:currency", json!(currency)),
                ];
                self.put(&cost, json!("cv:Cost"), members)
            })
            .collect()
    }
}

/// What stands for a kind in identifiers.
fn path(kind: Kind) -> &'static str {
    match kind {
        Kind::ServicePoint => "service-point",
        kind => kind.word(),
    }
}

fn authority_type() -> Value {
    json!(["cv:PublicOrganisation", "http://www.w3.org/ns/org#Organization"])
}
