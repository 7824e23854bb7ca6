//! Cases of ptv-in-api §9, by id, through the in-process door, over a small reference made here.

// Tests may stop at the first surprise.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
// Bodies written in place read better than borrowed ones.
#![allow(clippy::needless_pass_by_value)]

mod access;
mod channels;
mod connections;
mod hours;
mod http;
mod identity;
mod languages;
mod organizations;
mod parsing;
mod reads;
mod services;
pub(in crate::ptv) mod small;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{PtvConfig, PtvOrganization, PtvProfile, PtvSimulator, PtvUser, UserGroup};

pub(super) const SOURCE: &[PtvProfile] = &[PtvProfile::Source34];
pub(in crate::ptv) const LIVE: &[PtvProfile] = &[PtvProfile::Live2026];
pub(in crate::ptv) const BOTH: &[PtvProfile] = &[PtvProfile::Source34, PtvProfile::Live2026];

pub(in crate::ptv) const ORG: &str = "11111111-0000-4000-8000-000000000001";
pub(in crate::ptv) const SUB: &str = "11111111-0000-4000-8000-000000000002";
pub(in crate::ptv) const HIDDEN: &str = "11111111-0000-4000-8000-000000000003";
pub(in crate::ptv) const FORG: &str = "22222222-0000-4000-8000-000000000001";
pub(in crate::ptv) const UNKNOWN: &str = "99999999-0000-4000-8000-000000000009";

/// 24 November 2026, 12:00 UTC.
const START: i64 = 1_795_521_600;

/// Runs each case once per profile it names.
macro_rules! cases {
    ($($name:ident, $profiles:expr, |$bench:ident| $body:block)*) => { $(
        #[test]
        fn $name() {
            for profile in $profiles {
                let $bench = $crate::ptv::tests::Bench::new(*profile);
                $body
            }
        }
    )* };
}
pub(super) use cases;

/// A simulator with the fixtures of §9.0 and a clock that the case moves.
pub(in crate::ptv) struct Bench {
    pub(in crate::ptv) sim: PtvSimulator,
    pub(super) profile: PtvProfile,
    clock: Arc<AtomicI64>,
}

pub(in crate::ptv) fn config(profile: PtvProfile, clock: &Arc<AtomicI64>) -> PtvConfig {
    let clock = Arc::clone(clock);
    let user = |name: &str, organization: &str, group| PtvUser { group, ..PtvUser::api(name, "secret", organization) };
    PtvConfig {
        clock: Arc::new(move || Timestamp::from_second(clock.load(Ordering::SeqCst)).unwrap()),
        users: vec![
            user("u@example.fi", ORG, UserGroup::ApiUser),
            user("v@example.fi", ORG, UserGroup::ApiUser),
            user("x@example.fi", FORG, UserGroup::ApiUser),
            user("e@example.fi", ORG, UserGroup::Administrator),
            user("main@example.fi", ORG, UserGroup::MainUser),
            user("person@example.fi", ORG, UserGroup::User),
            PtvUser { organization: None, ..PtvUser::api("stray@example.fi", "secret", ORG) },
        ],
        organizations: vec![
            PtvOrganization::municipality(ORG, "091", &[("fi", "Kunta"), ("sv", "Kommun")]),
            PtvOrganization::below(SUB, ORG, "091", &[("fi", "Virasto")]),
            PtvOrganization { published: false, ..PtvOrganization::below(HIDDEN, ORG, "091", &[("fi", "Luonnos")]) },
            PtvOrganization::municipality(FORG, "853", &[("fi", "Toinen"), ("sv", "Andra")]),
        ],
        api_keys: vec!["key-1".to_owned()],
        ..PtvConfig::new(profile, Arc::new(small::reference()))
    }
}

impl Bench {
    pub(in crate::ptv) fn new(profile: PtvProfile) -> Self {
        let clock = Arc::new(AtomicI64::new(START));
        let sim = PtvSimulator::without_server(config(profile, &clock));
        Self { sim, profile, clock }
    }

    pub(in crate::ptv) fn wait(&self, seconds: i64) {
        self.clock.fetch_add(seconds, Ordering::SeqCst);
    }

    pub(in crate::ptv) fn call_as(&self, user: &str, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        let token = self.sim.token_for(&format!("{user}@example.fi")).unwrap();
        self.sim.handle(method, &format!("/api/v11/{path}"), Some(&token), body)
    }

    pub(in crate::ptv) fn call(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        self.call_as("u", method, path, Some(body))
    }

    pub(in crate::ptv) fn get(&self, path: &str) -> (u16, Value) {
        self.call_as("u", "GET", path, None)
    }

    /// The call succeeds; gives the read model.
    pub(in crate::ptv) fn ok(&self, method: &str, path: &str, body: &Value) -> Value {
        let (status, answer) = self.call(method, path, body);
        assert_eq!(status, 200, "{} {method} {path}: {answer}", self.profile);
        answer
    }

    pub(in crate::ptv) fn ok_as(&self, user: &str, method: &str, path: &str, body: &Value) -> Value {
        let (status, answer) = self.call_as(user, method, path, Some(body));
        assert_eq!(status, 200, "{} {method} {path}: {answer}", self.profile);
        answer
    }

    /// The call is refused with 400 and all these keys, and nothing has changed.
    pub(in crate::ptv) fn bad(&self, method: &str, path: &str, body: &Value, keys: &[&str]) -> Value {
        let before = self.sim.dump();
        let (status, answer) = self.call(method, path, body);
        assert_eq!(status, 400, "{} {method} {path}: {answer}", self.profile);
        for key in keys {
            assert!(answer.get(key).is_some(), "{} lacks {key}: {answer}", self.profile);
        }
        assert_eq!(self.sim.dump(), before, "a refused call must change nothing");
        answer
    }

    /// The call ends with this status and changes nothing.
    pub(in crate::ptv) fn fails(&self, method: &str, path: &str, body: &Value, expected: u16) -> Value {
        let before = self.sim.dump();
        let (status, answer) = self.call(method, path, body);
        assert_eq!(status, expected, "{} {method} {path}: {answer}", self.profile);
        assert_eq!(self.sim.dump(), before, "a failed call must change nothing");
        answer
    }

    pub(in crate::ptv) fn s(&self) -> Value {
        let mut descriptions = vec![
            json!({ "language": "fi", "type": "Summary", "value": "Lyhyt tiivistelmä" }),
            json!({ "language": "fi", "type": "Description", "value": "Palvelun kuvaus" }),
        ];
        if self.profile.is_live() {
            descriptions.push(json!({ "language": "fi", "type": "UserInstruction", "value": "Toimi näin" }));
        }
        json!({
            "sourceId": "t.s.1", "type": "Service", "fundingType": "PubliclyFunded",
            "serviceNames": [{ "language": "fi", "type": "Name", "value": "Uimahallin vuorot" }],
            "serviceDescriptions": descriptions,
            "areaType": "LimitedType", "areas": [{ "type": "Municipality", "areaCodes": ["091"] }],
            "languages": ["fi"], "serviceClasses": [small::class("P10.1")], "ontologyTerms": [small::term(1)],
            "targetGroups": [small::group("KR1")], "mainResponsibleOrganization": ORG,
            "serviceProducers": [{ "provisionType": "SelfProducedServices", "organizations": [ORG] }],
            "publishingStatus": "Published",
        })
    }

    /// S with another name and source id.
    pub(in crate::ptv) fn s_named(&self, name: &str, source: &str) -> Value {
        let names = json!([{ "language": "fi", "type": "Name", "value": name }]);
        with(self.s(), json!({ "serviceNames": names, "sourceId": source }))
    }

    /// Creates s1.
    pub(in crate::ptv) fn s1(&self) -> String {
        id(&self.ok("POST", "Service", &self.s()))
    }

    pub(in crate::ptv) fn create(&self, path: &str, body: &Value) -> String {
        id(&self.ok("POST", path, body))
    }
}

/// The fields that every PUT of a published service without general description carries.
pub(in crate::ptv) fn put(change: Value) -> Value {
    let base = json!({
        "publishingStatus": "Published", "serviceClasses": [small::class("P10.1")], "ontologyTerms": [small::term(1)],
        "targetGroups": [small::group("KR1")],
    });
    with(base, change)
}

/// Replaces top-level fields.
pub(in crate::ptv) fn with(mut body: Value, change: Value) -> Value {
    for (field, value) in change.as_object().unwrap() {
        body[field] = value.clone();
    }
    body
}

/// Removes top-level fields.
pub(in crate::ptv) fn without(mut body: Value, fields: &[&str]) -> Value {
    for field in fields {
        body.as_object_mut().unwrap().remove(*field);
    }
    body
}

pub(in crate::ptv) fn id(answer: &Value) -> String {
    answer["id"].as_str().unwrap().to_owned()
}

fn channel(name: &str, fields: Value) -> Value {
    let base = json!({
        "organizationId": ORG, "serviceChannelNames": [{ "language": "fi", "value": name }],
        "serviceChannelDescriptions": [
            { "language": "fi", "type": "Summary", "value": "Kanavan tiivistelmä" },
            { "language": "fi", "type": "Description", "value": "Kanavan kuvaus" },
        ],
        "languages": ["fi"], "isVisibleForAll": true, "publishingStatus": "Published",
    });
    with(base, fields)
}

pub(in crate::ptv) fn l() -> Value {
    let street = json!({
        "street": [{ "language": "fi", "value": "Mallikatu" }], "streetNumber": "1", "postalCode": "00100",
    });
    let names = json!([{ "language": "fi", "type": "Name", "value": "Uimahalli" }]);
    channel(
        "",
        json!({
            "serviceChannelNames": names, "displayNameType": [{ "language": "fi", "type": "Name" }],
            "addresses": [{ "type": "Location", "subType": "Single", "streetAddress": street, "country": "FI" }],
        }),
    )
}

fn accessible() -> Value {
    json!([{ "language": "fi", "accessibilityClassificationLevel": "Unknown" }])
}

fn page() -> Value {
    json!([{ "language": "fi", "value": "https://www.example.fi/" }])
}

pub(in crate::ptv) fn ec() -> Value {
    channel("Verkkoasiointi", json!({ "webPage": page(), "accessibilityClassification": accessible() }))
}

pub(in crate::ptv) fn wp() -> Value {
    channel("Verkkosivu", json!({ "webPage": page(), "accessibilityClassification": accessible() }))
}

pub(in crate::ptv) fn phone(number: &str) -> Value {
    json!({ "type": "Phone", "prefixNumber": "+358", "number": number, "language": "fi" })
}

pub(in crate::ptv) fn ph() -> Value {
    channel("Neuvontapuhelin", json!({ "phoneNumbers": [phone("93101691")] }))
}

pub(in crate::ptv) fn pf() -> Value {
    let urls = json!([{ "language": "fi", "type": "PDF", "value": "https://www.example.fi/lomake.pdf" }]);
    channel("Hakemuslomake", json!({ "channelUrls": urls }))
}
