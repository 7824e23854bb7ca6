//! Cases of ptv-v12.md §10.1, by id, over real sockets against the simulator's face of v12.
#![allow(clippy::indexing_slicing)] // JSON by name: a missing member is null.

mod decoding;
mod reading;

use std::path::Path as FilePath;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use conformance::ptv::{PtvConfig, PtvOrganization, PtvProfile, PtvSimulator, PtvUser, SeenCall};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::decode::{Decoded, Oddities};
use super::{Client, Family, Found, Got, Reader, Search};
use crate::ptv::reference::Reference;
use crate::world::{ClockHand, World};

pub(super) const ORG: &str = "11111111-2222-4333-8444-555555555555";
pub(super) const SUB: &str = "11111111-2222-4333-8444-666666666666";
pub(super) const UNKNOWN: &str = "99999999-9999-4999-8999-999999999999";
const USER: &str = "api@turku.example";
const KEY: &str = "key-not-for-logs";

/// A simulated PTV and a client of its v12.
pub(super) struct Bench {
    pub(super) sim: PtvSimulator,
    pub(super) client: Client,
    pub(super) reference: Reference,
    pub(super) hand: ClockHand,
    /// What the client waited.
    pub(super) pauses: Arc<Mutex<Vec<Duration>>>,
}

pub(super) fn samples() -> std::path::PathBuf {
    FilePath::new(env!("CARGO_MANIFEST_DIR")).join("../tests/samples/reference")
}

impl Bench {
    /// Content of v11 is seen at once.
    pub(super) async fn new() -> Bench {
        let bench = Bench::lagging().await;
        bench.sim.v12_switch(|switches| switches.lag = SignedDuration::ZERO);
        bench
    }

    /// With the lag of the transfer.
    pub(super) async fn lagging() -> Bench {
        let (world, hand) = World::seeded(7, "2026-11-25T08:00:00Z".parse().expect("a time"));
        let clock = world.clone();
        let lists = conformance::ptv::Reference::from_dir(samples()).expect("lists");
        let names = [("fi", "Turku"), ("sv", "Åbo"), ("en", "Turku")];
        let config = PtvConfig {
            users: vec![PtvUser::api(USER, "secret", ORG)],
            organizations: vec![
                PtvOrganization::municipality(ORG, "853", &names),
                PtvOrganization::below(SUB, ORG, "853", &names),
            ],
            clock: Arc::new(move || clock.now()),
            token_lifetime: SignedDuration::from_hours(24 * 365),
            api_keys: vec![KEY.to_owned()],
            ..PtvConfig::new(PtvProfile::Live2026, Arc::new(lists))
        };
        let sim = PtvSimulator::start(config).await.expect("a simulator");
        let pauses: Arc<Mutex<Vec<Duration>>> = Arc::default();
        let noted = Arc::clone(&pauses);
        let client = Client::new(&sim.base_url, KEY.to_owned().into(), &world).expect("a client").sleeping(Arc::new(
            move |time| {
                noted.lock().expect("held by nobody").push(time);
                Box::pin(std::future::ready(()))
            },
        ));
        let reference = Reference::from_dir(&samples()).expect("lists");
        Bench { sim, client, reference, hand, pauses }
    }

    pub(super) fn reader(&self) -> Reader<'_> {
        Reader { client: &self.client, reference: &self.reference }
    }

    /// Writes through v11.
    pub(super) fn write(&self, method: &str, path: &str, body: &Value) -> Value {
        let token = self.sim.token_for(USER).expect("a user");
        let (status, answer) = self.sim.handle(method, &format!("/api/v11/{path}"), Some(&token), Some(body));
        assert_eq!(status, 200, "{method} {path}: {answer}");
        answer
    }

    pub(super) fn create(&self, path: &str, body: &Value) -> String {
        self.write("POST", path, body)["id"].as_str().expect("an id").to_owned()
    }

    pub(super) async fn got(&self, family: Family, guid: &str) -> Got {
        self.reader().get(family, guid, &mut Oddities::default()).await.expect("an answer")
    }

    pub(super) async fn found(&self, family: Family, guid: &str) -> (Decoded, Oddities) {
        let mut oddities = Oddities::default();
        match self.reader().get(family, guid, &mut oddities).await.expect("an answer") {
            Got::Found(decoded) => (*decoded, oddities),
            other => panic!("{other:?}"),
        }
    }

    pub(super) async fn search(&self, search: &Search) -> Found {
        self.reader().search(search).await.expect("an answer")
    }

    /// Calls of v12 so far whose path has this in it.
    pub(super) fn calls(&self, part: &str) -> Vec<SeenCall> {
        self.sim.v12_calls().into_iter().filter(|call| call.path.contains(part)).collect()
    }

    pub(super) fn service(&self, name: &str, change: &Value) -> String {
        self.create("Service", &with(service(name), change))
    }

    pub(super) fn channel(&self, kind: &str, change: &Value) -> String {
        self.create(&format!("ServiceChannel/{kind}"), &with(channel(kind), change))
    }

    pub(super) fn connect(&self, service: &str, channel: &str) {
        let relation = json!({ "channelRelations": [{ "serviceChannelId": channel }] });
        self.write("PUT", &format!("Connection/serviceId/{service}"), &relation);
    }
}

pub(super) fn with(mut body: Value, change: &Value) -> Value {
    for (member, value) in change.as_object().expect("an object") {
        body[member] = value.clone();
    }
    body
}

fn typed(kind: &str, value: &str) -> Value {
    json!({ "language": "fi", "type": kind, "value": value })
}

fn first(list: &str) -> String {
    let text = std::fs::read(samples().join("ptv/codelists").join(list)).expect("a list");
    let all: Value = serde_json::from_slice(&text).expect("JSON");
    let narrow = all.as_array().expect("a list").iter().find(|it| {
        it["BroaderUris"].as_array().is_some_and(|above| !above.is_empty()) || list != "service-classes.json"
    });
    narrow.expect("one")["Id"].as_str().expect("an address").to_owned()
}

pub(super) fn term() -> String {
    let text = std::fs::read_to_string(samples().join("ptv/codelists/ontology-terms-partial.csv")).expect("a list");
    let address = text.split(['\n', ',']).map(|it| it.trim_matches('"')).find(|it| it.starts_with("http"));
    address.expect("a term").to_owned()
}

pub(super) fn service(name: &str) -> Value {
    json!({
        "type": "Service", "fundingType": "PubliclyFunded", "serviceNames": [typed("Name", name)],
        "serviceDescriptions": [
            typed("Summary", "Lyhyt tiivistelmä"), typed("Description", "Palvelun kuvaus"),
            typed("UserInstruction", "Toimi näin"),
        ],
        "areaType": "LimitedType", "areas": [{ "type": "Municipality", "areaCodes": ["853"] }],
        "languages": ["fi"], "serviceClasses": [first("service-classes.json")], "ontologyTerms": [term()],
        "targetGroups": [first("target-groups.json")], "mainResponsibleOrganization": ORG,
        "serviceProducers": [{ "provisionType": "SelfProducedServices", "organizations": [ORG] }],
        "publishingStatus": "Published",
    })
}

pub(super) fn channel(kind: &str) -> Value {
    let base = json!({
        "organizationId": ORG, "serviceChannelNames": [typed("Name", &format!("Kanava {kind}"))],
        "serviceChannelDescriptions": [
            typed("Summary", "Kanavan tiivistelmä"), typed("Description", "Kanavan kuvaus"),
        ],
        "languages": ["fi"], "isVisibleForAll": true, "publishingStatus": "Published",
    });
    let page = json!([{ "language": "fi", "value": "https://www.turku.example/" }]);
    let level = json!([{ "language": "fi", "accessibilityClassificationLevel": "Unknown" }]);
    let own = match kind {
        "EChannel" | "WebPage" => json!({ "webPage": page, "accessibilityClassification": level }),
        "Phone" => json!({ "phoneNumbers": [phone("Phone", "401234567")] }),
        "PrintableForm" => json!({
            "channelUrls": [{ "language": "fi", "type": "PDF", "value": "https://www.turku.example/lomake.pdf" }],
        }),
        _ => json!({
            "displayNameType": [{ "language": "fi", "type": "Name" }],
            "addresses": [{ "type": "Location", "subType": "Single", "country": "FI", "streetAddress": {
                "street": [{ "language": "fi", "value": "Mallikatu" }], "streetNumber": "1", "postalCode": "20100",
            } }],
        }),
    };
    with(base, &own)
}

pub(super) fn phone(kind: &str, number: &str) -> Value {
    json!({ "type": kind, "prefixNumber": "+358", "number": number, "language": "fi" })
}
