//! Cases S of ptv-v12.md §10.2: writes through v11 while v12 reads, and the move between them.

use std::time::Duration;

use conformance::ptv::{FaultAction, PtvUser};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::super::dialect::v12::render::{self, Form};
use super::super::drift::{Care, DriftError};
use super::super::profile::Profile;
use super::super::shadow::{Comparison, Item, Standing};
use super::super::{Choices, Gateway, Version, Versions};
use super::{Bench, ORGANISATION, USER, find, key, records, slice};
use crate::model::{Finding, Kind};

const KEY: &str = "key-not-for-logs";
const HOUR: Duration = Duration::from_hours(1);

fn versions(url: &str, read: Version, write: Version) -> Versions {
    Versions {
        read,
        write,
        shadow: true,
        gateway: Some(Gateway {
            url: url.to_owned(),
            key: KEY.to_owned().into(),
            lag: SignedDuration::from_hours(2),
            choices: Choices::default(),
        }),
    }
}

impl Bench {
    /// A tenant that reads one version and writes through another, with the gateway of v12.
    pub(super) async fn of_versions(read: Version, write: Version) -> Bench {
        let bench = Bench::of(Profile::Live2026, |config| config.api_keys = vec![KEY.to_owned()]).await;
        bench.moved(read, write, |_| {}).await
    }

    /// The same after a restart with other keys.
    pub(super) async fn moved(self, read: Version, write: Version, choose: impl FnOnce(&mut Choices)) -> Bench {
        self.set(|settings| {
            settings.versions = versions(&settings.url, read, write);
            if let Some(gateway) = &mut settings.versions.gateway {
                choose(&mut gateway.choices);
            }
        })
        .await
    }

    pub(super) async fn compared(&self) -> Comparison {
        self.worker.compare_versions().await.expect("compares")
    }

    fn wait(&self, time: Duration) {
        self.hand.advance(time);
    }

    /// Writes through v11 as a person's own tool would; the GUID.
    fn posted(&self, path: &str, body: &Value) -> String {
        let token = self.sim.token_for(USER).expect("a user");
        let (status, answer) = self.sim.handle("POST", &format!("/api/v11/{path}"), Some(&token), Some(body));
        assert_eq!(status, 200, "{path}: {answer}");
        answer["id"].as_str().expect("an id").to_lowercase()
    }

    /// What was last sent of a twin, under another name and with changes.
    fn copy(&self, kind: Kind, code: &str, change: &Value) -> Value {
        let twin = self.worker.twins().get(kind.word(), code).expect("a twin");
        let mut body: Value = serde_json::from_slice(&twin.pushed_body.expect("sent")).expect("JSON");
        body.as_object_mut().expect("an object").remove("sourceId");
        for names in ["serviceNames", "serviceChannelNames"] {
            for one in body[names].as_array_mut().into_iter().flatten() {
                one["value"] = format!("Kopio {}", one["value"].as_str().unwrap_or_default()).into();
            }
            if body[names].is_null() {
                body.as_object_mut().expect("an object").remove(names);
            }
        }
        for (member, value) in change.as_object().expect("an object") {
            body[member] = value.clone();
        }
        body
    }

    fn state(&self, kind: Kind, code: &str) -> (String, bool) {
        let row = self.worker.shadowed.row(kind.word(), code).expect("looked at");
        (row.state, row.first_seen_at > 0)
    }

    async fn findings(&self, kind: Kind, code: &str) -> Vec<Finding> {
        let all = self.worker.coming().await.expect("told");
        all.into_iter().filter(|one| one.key == key(kind, code)).flat_map(|one| one.findings).collect()
    }
}

fn of<'c>(comparison: &'c Comparison, code: &str) -> Option<&'c Item> {
    comparison.items.iter().find(|item| item.code == code || item.guid == code)
}

fn said(item: &Item) -> Vec<(&str, Option<&'static str>)> {
    item.differences.iter().map(|it| (it.difference.path.as_str(), it.expected)).collect()
}

fn rename(all: &mut [Value], laji: &str, code: &str, name: &str) {
    let record = find(all, laji, code);
    for lang in ["fi", "sv", "en"] {
        if record["nimi_kieliversiot"][lang].is_string() {
            record["nimi_kieliversiot"][lang] = format!("{name} {lang}").into();
        }
    }
}

#[tokio::test]
async fn v12_s_01_what_v12_does_not_show_yet_is_no_error_and_is_not_sent_twice() {
    let bench = Bench::of_versions(Version::V12, Version::V11).await;
    // The tenant's own organisation has been there for long.
    bench.wait(HOUR * 2);
    bench.sync(slice(&["101"])).await;
    let writes = bench.sim.writes().total();
    assert_eq!(
        bench.sim.handle_v12("GET", &format!("service/{}", bench.guid(Kind::Service, "101")), Some(KEY), None).1["reason"],
        "Unknown"
    );
    let comparison = bench.compared().await;
    assert_eq!(of(&comparison, "101").map(|it| it.standing), Some(Standing::Pending));
    assert_eq!(bench.state(Kind::Service, "101"), ("unseen".to_owned(), false));
    // The nightly look reads v12: it takes nothing for gone.
    let report = bench.worker.reconcile(None).await.expect("looks");
    assert!(report.drift.is_empty() && report.pending > 0, "{report:?}");
    bench.run().await;
    assert_eq!(bench.sim.writes().total(), writes);
}

#[tokio::test]
async fn v12_s_02_after_the_transfer_it_is_found_and_the_first_sight_is_kept() {
    let bench = Bench::of_versions(Version::V11, Version::V11).await;
    bench.sync(slice(&["101"])).await;
    bench.compared().await;
    bench.wait(Duration::from_mins(90));
    let comparison = bench.compared().await;
    assert!(comparison.count(Standing::NotTransferred) == 0 && comparison.count(Standing::Equal) > 3);
    assert_eq!(bench.state(Kind::Service, "101"), ("visible".to_owned(), true));
    let first = bench.worker.shadowed.row("service", "101").expect("a row").first_seen_at;
    bench.wait(HOUR);
    bench.compared().await;
    assert_eq!(bench.worker.shadowed.row("service", "101").expect("a row").first_seen_at, first);
    // It is kept over a restart.
    let again = bench.second().await;
    assert_eq!(again.shadowed.row("service", "101").expect("a row").first_seen_at, first);
}

#[tokio::test]
async fn v12_s_03_known_ids_are_looked_up_and_a_mismatch_stops_the_reading_of_v12() {
    let bench = Bench::of_versions(Version::V12, Version::V11).await;
    bench.sync(slice(&["101"])).await;
    assert_eq!(bench.compared().await.ids_equal, None, "nothing is old enough to tell by");
    bench.wait(HOUR * 5);
    assert_eq!(bench.compared().await.ids_equal, Some(true));

    let bench = Bench::of_versions(Version::V12, Version::V11).await;
    bench.sync(slice(&["101"])).await;
    bench.wait(HOUR * 5);
    bench.sim.v12_switch(|switches| switches.other_ids = true);
    let writes = bench.sim.writes().total();
    let refused = bench.worker.compare_versions().await;
    assert!(matches!(refused, Err(DriftError::OtherIds)), "{refused:?}");
    let refused = bench.worker.reconcile(None).await.expect_err("no look either");
    assert!(refused.to_string().contains("does not know the ids"), "{refused}");
    bench.run().await;
    assert_eq!(bench.sim.writes().total(), writes);
}

#[tokio::test]
async fn v12_s_04_what_never_arrives_raises_an_alarm_and_is_not_written_again() {
    let bench = Bench::of_versions(Version::V12, Version::V11).await;
    bench.sync(slice(&["101"])).await;
    bench.wait(HOUR * 3);
    assert!(of(&bench.compared().await, "101").is_none());
    let mut all = slice(&["101", "102"]);
    all.retain(|record| record["laji"] != "palvelutarjous");
    bench.sync(all).await;
    bench.sim.v12_switch(|switches| switches.lag = SignedDuration::from_hours(4));
    bench.wait(HOUR * 3);
    assert_eq!(
        of(&bench.compared().await, "102").map(|it| it.standing),
        Some(Standing::Pending),
        "less than four hours"
    );
    bench.wait(HOUR * 2);
    let writes = bench.sim.writes().total();
    bench.sim.v12_switch(|switches| switches.lag = SignedDuration::from_hours(6));
    let comparison = bench.compared().await;
    let item = of(&comparison, "102").expect("named");
    assert_eq!(item.standing, Standing::NotTransferred);
    assert!(item.v11.as_deref().is_some_and(|told| told.starts_with("published, changed at 2026-11-25")), "{item:?}");
    assert_eq!(bench.state(Kind::Service, "102").0, "notTransferred");
    let report = bench.worker.reconcile(None).await.expect("looks");
    assert!(report.not_transferred > 0 && report.drift.iter().all(|it| it.code != "102"), "{report:?}");
    bench.run().await;
    assert_eq!(bench.sim.writes().total(), writes);
}

#[tokio::test]
async fn v12_s_05_an_older_version_in_v12_is_no_reason_to_send_again() {
    let bench = Bench::of_versions(Version::V12, Version::V11).await;
    bench.sync(slice(&["101"])).await;
    bench.wait(HOUR * 5);
    let mut all = slice(&["101"]);
    find(&mut all, "palvelu", "101")["tiivistelma_kieliversiot"]["fi"] = "Uusi tiivistelmä lapsille".into();
    bench.sync(all).await;
    let writes = bench.sim.writes().total();
    let shown =
        bench.sim.handle_v12("GET", &format!("service/{}", bench.guid(Kind::Service, "101")), Some(KEY), None).1;
    assert_ne!(shown["languageVersions"]["fi"]["summary"], "Uusi tiivistelmä lapsille");
    let report = bench.worker.reconcile(None).await.expect("looks");
    assert!(report.drift.is_empty() && report.pending == 1, "{report:?}");
    bench.run().await;
    assert_eq!(bench.sim.writes().total(), writes);
}

#[tokio::test]
async fn v12_s_06_what_a_person_published_in_between_is_a_conflict() {
    let bench = Bench::of_versions(Version::V12, Version::V11).await;
    bench.sync(slice(&["101"])).await;
    bench.wait(HOUR * 3);
    let guid = bench.guid(Kind::Service, "101");
    bench.sim.v12_edit(&guid, "/languageVersions/fi/summary", json!("Muutettu PTV:ssä"), true);
    let writes = bench.sim.writes().total();
    let report = bench.worker.look(None).await.expect("looks");
    let found: Vec<_> = report.drift.iter().map(|it| (it.code.as_str(), it.class.word())).collect();
    assert_eq!(found, [("101", "edited")]);
    let difference = &report.drift[0].differences[0];
    assert_eq!((difference.path.as_str(), &difference.ptv), ("summary.fi", &vec!["Muutettu PTV:ssä".to_owned()]));
    assert_eq!(bench.sim.writes().total(), writes);
    let item = bench.compared().await;
    assert_eq!(of(&item, "101").map(|it| it.standing), Some(Standing::Unexpected));
}

#[tokio::test]
async fn v12_s_07_a_record_that_does_not_say_whether_it_is_shared_keeps_what_v12_shows() {
    let channel = {
        let all = slice(&["101"]);
        let channel = all.iter().find(|it| it["laji"] == "palvelukanava").expect("one");
        channel["koodi"].as_str().expect("a code").to_owned()
    };
    let unsaid = |name: &str| {
        let mut all = slice(&["101"]);
        rename(&mut all, "palvelukanava", &channel, name);
        find(&mut all, "palvelukanava", &channel).as_object_mut().expect("an object").remove("yhteiskayttoinen");
        all
    };
    let bench = Bench::of_versions(Version::V11, Version::V11).await;
    bench.sync(unsaid("Kanava")).await;
    let shared = |bench: &Bench| bench.entity(Kind::Channel, &channel)["content"]["isVisibleForAll"].clone();
    assert_eq!(shared(&bench), false);
    bench.wait(HOUR * 3);
    let guid = bench.guid(Kind::Channel, &channel);
    bench.sim.v12_edit(&guid, "/allowedConnectionType", json!("AllOrganizations"), true);
    bench.compared().await;
    bench.sync(unsaid("Uusi nimi")).await;
    assert_eq!(shared(&bench), true);
    // Once the record says so, the record counts.
    let mut said = unsaid("Uusi nimi");
    find(&mut said, "palvelukanava", &channel)["yhteiskayttoinen"] = false.into();
    bench.sync(said).await;
    assert_eq!(shared(&bench), false);
}

#[tokio::test]
async fn v12_s_08_holiday_hours_of_v12_are_never_dropped_by_a_write_through_v11() {
    let holidays = json!({
        "repetition": { "type": "RepetitionEveryYear" },
        "holidays": [{ "holidayName": "Epiphany", "hours": [
            { "start": "00:00", "end": "00:00", "openingStatus": "Closed", "additionalInformation": {} },
        ] }],
    });
    for refuse in [false, true] {
        let bench = Bench::of_versions(Version::V11, Version::V11).await;
        let bench = bench.moved(Version::V11, Version::V11, |choices| choices.refuse_for_hours = refuse).await;
        let mut all = slice(&["101"]);
        let point = all.iter().find(|it| it["laji"] == "palvelupiste").expect("one")["koodi"].as_str().expect("a code");
        let point = point.to_owned();
        bench.sync(all.clone()).await;
        bench.wait(HOUR * 3);
        let guid = bench.guid(Kind::ServicePoint, &point);
        bench.sim.v12_edit(&guid, "/serviceHours/holidayServiceHours", holidays.clone(), true);
        bench.compared().await;
        let hours = |bench: &Bench| bench.entity(Kind::ServicePoint, &point)["content"]["serviceHours"].clone();
        let before = hours(&bench);
        rename(&mut all, "palvelupiste", &point, "Toinen nimi");
        find(&mut all, "palvelupiste", &point)["fyysinenPaikka"]["aukioloajat"] = json!([]);
        bench.sync(all.clone()).await;
        assert_eq!(hours(&bench), before, "refuse {refuse}");
        let name = bench.entity(Kind::ServicePoint, &point)["content"]["serviceChannelNames"][0]["value"].clone();
        assert_eq!(name == "Toinen nimi fi", !refuse, "{name}");
        let troubles = bench.troubles().await;
        assert_eq!(troubles.iter().any(|it| it.reason.contains("holidayServiceHours")), refuse, "{troubles:?}");
    }
}

#[tokio::test]
async fn v12_s_09_an_area_without_a_form_in_v12_is_told_with_its_municipalities() {
    let bench = Bench::of_versions(Version::V11, Version::V11).await;
    let mut all = slice(&["101"]);
    find(&mut all, "palvelu", "101")["saatavuusalue"] =
        json!({"tyyppi": "LimitedType", "alueet": [{"tyyppi": "BusinessSubRegion", "koodit": ["89008"]}]});
    bench.sync(all).await;
    assert_eq!(bench.entity(Kind::Service, "101")["content"]["areas"][0]["type"], "BusinessSubRegion");
    let findings = bench.findings(Kind::Service, "101").await;
    let area = findings.iter().find(|it| it.rule == "v12-no-form").expect("told");
    assert!(area.en.contains("89008") && area.en.contains("202, 423, 481"), "{}", area.en);
    // The transfer expands it; that is no difference to wonder at.
    bench.wait(HOUR * 3);
    let comparison = bench.compared().await;
    assert_eq!(of(&comparison, "101").map(said), Some(vec![("area", Some("area-form"))]));
}

#[tokio::test]
async fn v12_s_10_a_keyword_that_v12_will_refuse_goes_through_v11_with_a_warning() {
    let bench = Bench::of_versions(Version::V11, Version::V11).await;
    let mut all = slice(&["101"]);
    find(&mut all, "palvelu", "101")["avainsanat_kieliversiot"] = json!({"fi": ["a".repeat(120)]});
    bench.accept(all).await;
    let step = bench.worker.plan().into_iter().find(|it| it.key == key(Kind::Service, "101")).expect("a step");
    let warned = step.findings.iter().find(|it| it.rule == "v12-length").expect("warned");
    assert_eq!((warned.field.as_str(), warned.level), ("avainsanat_kieliversiot.fi", crate::model::Level::Warning));
    assert!(warned.en.contains("at most 100") && warned.en.contains("120"), "{}", warned.en);
    bench.run().await;
    assert_eq!(bench.entity(Kind::Service, "101")["content"]["keywords"][0]["value"], "a".repeat(120));
    let view = bench.catalogue.view("turku").expect("a view");
    let stored = view.find(&key(Kind::Service, "101")).expect("there");
    let outlooks = bench.worker.outlooks([&stored.entity]).await.expect("told");
    let outlook = outlooks.of(&stored.entity).expect("an outlook");
    assert!(outlook.will_not_pass.iter().any(|it| it["rule"] == "v12-length"), "{:?}", outlook.will_not_pass);
    assert!(bench.worker.coming().await.expect("told").len() as u64 == bench.worker.versions_status().will_not_pass);
}

#[tokio::test]
async fn v12_s_11_the_name_of_a_channels_address_is_filled_in_and_marked() {
    let bench = Bench::of_versions(Version::V11, Version::V11).await;
    bench.sync(records()).await;
    let twin = bench.worker.twins().get("channel", "301").expect("a twin");
    let body: Value = serde_json::from_slice(&twin.pushed_body.expect("sent")).expect("JSON");
    let reference = &bench.worker.settings().reference.now();
    let rendered = render::entity(Form::EService, &body, reference, &Choices::default());
    let fi = &rendered.body["languageVersions"]["fi"];
    assert!(fi["name"].is_string() && fi["webAddress"]["name"] == fi["name"], "{fi}");
    let marked = rendered.notes.iter().find(|it| it.rule == "v12-default" && it.field == "osoite_kieliversiot.fi");
    assert!(marked.is_some(), "{:?}", rendered.notes);
}

#[tokio::test]
async fn v12_s_12_a_deadline_of_a_plain_service_is_told_as_lost() {
    let bench = Bench::of_versions(Version::V11, Version::V11).await;
    let mut all = slice(&["101"]);
    find(&mut all, "palvelu", "101")["maaraaika_kieliversiot"] = json!({"fi": "Hakuaika päättyy maaliskuussa."});
    bench.sync(all).await;
    let findings = bench.findings(Kind::Service, "101").await;
    assert!(findings.iter().any(|it| it.rule == "v12-lost" && it.field == "maaraaika_kieliversiot.fi"), "{findings:?}");
    assert!(bench.troubles().await.is_empty(), "nothing is withheld for it");
}

#[tokio::test]
async fn v12_s_13_s_14_s_15_what_is_said_in_another_way_is_equal() {
    let bench = Bench::of_versions(Version::V11, Version::V11).await;
    bench.sync(records()).await;
    // One that a general description does not classify.
    let own = |code: &str| {
        let twin = bench.worker.twins().get("service", code).expect("a twin");
        let body: Value = serde_json::from_slice(&twin.pushed_body.expect("sent")).expect("JSON");
        body["type"].is_string() && body["serviceNames"].as_array().is_some_and(|all| all.len() > 1)
    };
    let codes: Vec<String> = records()
        .iter()
        .filter(|it| it["laji"] == "palvelu")
        .map(|it| it["koodi"].as_str().expect("a code").to_owned())
        .collect();
    let code = codes.iter().find(|code| own(code)).expect("one");
    let laws = json!([{
        "names": [
            {"language": "fi", "value": "Varhaiskasvatuslaki"}, {"language": "sv", "value": "Lag om småbarnspedagogik"},
        ],
        "webPages": [
            {"language": "fi", "url": "https://www.finlex.example/fi/1", "value": "Laki"},
            {"language": "sv", "url": "https://www.finlex.example/sv/1", "value": "Lag"},
        ],
    }]);
    let one = bench.copy(Kind::Service, code, &json!({"legislation": laws, "type": "PermitOrObligation"}));
    let guid = bench.posted("Service", &one);
    bench.wait(HOUR * 2);
    let shown = bench.sim.handle_v12("GET", &format!("service/{guid}"), Some(KEY), None).1;
    // S-13: one law with two links is a link in each of two languages; S-14: another word; S-15: codes for addresses.
    for lang in ["fi", "sv"] {
        let links = &shown["languageVersions"][lang]["legislationLinks"];
        assert!(links[0]["url"].as_str().is_some_and(|url| url.contains(lang)), "{links}");
    }
    assert_eq!(shown["serviceType"], "PermitOrOtherObligation");
    assert!(shown["serviceClasses"][0].as_str().is_some_and(|code| code.starts_with('P')), "{shown}");
    let comparison = bench.compared().await;
    assert!(of(&comparison, &guid).is_none(), "{:?}", of(&comparison, &guid));
    // S-15: a code that nobody knows is told.
    bench.sim.v12_edit(&guid, "/serviceClasses/-", json!("P99.9"), true);
    let comparison = bench.compared().await;
    assert!(comparison.oddities.contains("serviceClasses P99.9"), "{:?}", comparison.oddities);
    let odd = of(&comparison, &guid).expect("different");
    assert_eq!((odd.standing, said(odd)), (Standing::Unexpected, vec![("serviceClasses", None)]));
}

#[tokio::test]
async fn v12_s_16_numbers_are_the_same_whatever_kind_v12_shows() {
    let bench = Bench::of_versions(Version::V11, Version::V11).await;
    bench.sim.v12_switch(|switches| switches.domestic_358 = true);
    bench.sync(records()).await;
    bench.wait(HOUR * 2);
    let comparison = bench.compared().await;
    let phones = comparison.items.iter().filter(|it| it.differences.iter().any(|d| d.expected == Some("phone-kind")));
    assert!(phones.count() > 3, "{:?}", comparison.counts);
    assert_eq!(comparison.count(Standing::Unexpected), 0, "{:?}", comparison.items);
    assert!(comparison.phones.get("DomesticPhone").is_some_and(|count| *count > 3), "{:?}", comparison.phones);
}

#[tokio::test]
async fn v12_s_17_five_days_as_one_range_equal_five_days() {
    let bench = Bench::of_versions(Version::V11, Version::V11).await;
    bench.sync(slice(&["101"])).await;
    let point = slice(&["101"]).into_iter().find(|it| it["laji"] == "palvelupiste").expect("one");
    let hours = json!([{
        "serviceHourType": "DaysOfTheWeek", "validForNow": true,
        "openingHour": [{"dayFrom": "Monday", "dayTo": "Friday", "from": "08:00", "to": "16:00"}],
    }]);
    let body =
        bench.copy(Kind::ServicePoint, point["koodi"].as_str().expect("a code"), &json!({"serviceHours": hours}));
    let guid = bench.posted("ServiceChannel/ServiceLocation", &body);
    bench.wait(HOUR * 2);
    let shown = bench.sim.handle_v12("GET", &format!("service-channel/{guid}"), Some(KEY), None).1;
    assert_eq!(shown["serviceHours"]["hours"][0]["weeklyHours"].as_object().map(serde_json::Map::len), Some(5));
    let comparison = bench.compared().await;
    assert!(of(&comparison, &guid).is_none_or(|it| it.differences.iter().all(|d| d.difference.path != "hours")));
    assert_eq!(comparison.count(Standing::Unexpected), 0, "{:?}", comparison.items);
}

#[tokio::test]
async fn v12_s_18_coordinates_of_the_land_survey_may_be_a_little_apart_and_a_persons_may_not() {
    let bench = Bench::of_versions(Version::V11, Version::V11).await;
    bench.sync(slice(&["101"])).await;
    bench.wait(HOUR * 3);
    let all = slice(&["101"]);
    let mut placed = None;
    for record in all.iter().filter(|it| it["laji"] == "palvelupiste") {
        let guid = bench.guid(Kind::ServicePoint, record["koodi"].as_str().expect("a code"));
        let shown = bench.sim.handle_v12("GET", &format!("service-channel/{guid}"), Some(KEY), None).1;
        let place = shown["location"]["streetAddresses"][0]["coordinates"][0].clone();
        if let Some((east, north)) = place["easting"].as_f64().zip(place["northing"].as_f64()) {
            placed = Some((guid, east, north));
        }
    }
    let (guid, east, north) = placed.expect("one with coordinates");
    for (source, apart, standing) in [
        ("NLS", 0.4, None),
        ("NLS", 0.8, Some(Standing::Expected)),
        ("User", 0.8, Some(Standing::Unexpected)),
        ("NLS", 3.0, Some(Standing::Unexpected)),
    ] {
        let place = json!([{ "system": "EPSG:3067", "source": source, "easting": east + apart, "northing": north }]);
        bench.sim.v12_edit(&guid, "/location/streetAddresses/0/coordinates", place, false);
        let comparison = bench.compared().await;
        let found = of(&comparison, &guid);
        let found = found.filter(|it| it.differences.iter().any(|d| d.difference.path.contains("coordinates")));
        assert_eq!(found.map(|it| it.standing), standing, "{source} {apart}");
    }
}

#[tokio::test]
async fn v12_s_19_a_draft_of_v11_is_not_seen_and_is_no_alarm() {
    let bench = Bench::of_versions(Version::V11, Version::V11).await;
    bench.sync(slice(&["101"])).await;
    let draft = bench.copy(Kind::Service, "101", &json!({"publishingStatus": "Draft"}));
    let guid = bench.posted("Service", &draft);
    bench.wait(HOUR * 6);
    let (status, shown) = bench.sim.handle_v12("GET", &format!("service/{guid}"), Some(KEY), None);
    assert_eq!((status, &shown["reason"]), (404, &json!("NotPublished")));
    let comparison = bench.compared().await;
    assert_eq!(comparison.count(Standing::NotTransferred) + comparison.count(Standing::OnlyV11), 0);
    assert!(comparison.is_clean(), "{:?}", comparison.items);
}

#[tokio::test]
async fn v12_s_20_an_archiving_is_confirmed_when_v12_does_not_show_it_any_more() {
    let bench = Bench::of_versions(Version::V11, Version::V11).await;
    bench.sync(slice(&["101"])).await;
    bench.wait(HOUR * 5);
    let guid = bench.guid(Kind::Service, "101");
    let mut all = slice(&["101"]);
    find(&mut all, "palvelu", "101")["tila"] = json!({"koodi": "3"});
    all.retain(|record| record["laji"] != "palvelutarjous");
    bench.sync(all).await;
    assert_eq!(bench.worker.twins().get("service", "101").map(|twin| twin.status), Some("Deleted".to_owned()));
    assert_eq!(of(&bench.compared().await, "101").map(|it| it.standing), Some(Standing::Pending), "still shown");
    bench.wait(HOUR * 2);
    let since = "2026-11-25T00:00:00Z";
    let path = format!("service/archived?archivedAtOrAfter={since}&page=1&pageSize=100");
    let (_, feed) = bench.sim.handle_v12("GET", &path, Some(KEY), None);
    assert!(
        feed["items"].as_array().is_some_and(|all| all.iter().any(|it| it["contentId"] == guid.as_str())),
        "{feed}"
    );
    let comparison = bench.compared().await;
    assert_eq!(comparison.count(Standing::Archived), 1, "{:?}", comparison.items);
    assert_eq!(bench.state(Kind::Service, "101").0, "archived");
}

#[tokio::test]
async fn v12_s_21_a_set_of_connections_equals_what_was_written_after_the_transfer() {
    let bench = Bench::of_versions(Version::V12, Version::V11).await;
    bench.sync(slice(&["101"])).await;
    bench.wait(HOUR * 3);
    let mut all = slice(&["101"]);
    let offer = all.iter().find(|it| it["laji"] == "palvelutarjous").expect("one")["koodi"].clone();
    find(&mut all, "palvelutarjous", offer.as_str().expect("a code"))["tila"] = json!({"koodi": "3"});
    let before = bench.connections();
    bench.sync(all).await;
    assert!(bench.connections() < before);
    let report = bench.worker.look(None).await.expect("looks");
    assert!(report.drift.is_empty(), "v12 shows the old set still: {:?}", report.drift);
    bench.wait(HOUR * 2);
    let report = bench.worker.look(None).await.expect("looks");
    assert!(report.drift.is_empty() && report.pending == 0, "{:?}", report.drift);
    let comparison = bench.compared().await;
    assert!(comparison.is_clean(), "{:?}", comparison.items);
    // And a set that is another one is seen.
    let service = bench.guid(Kind::Service, "101");
    let dump = bench.sim.dump();
    let one = dump["connections"].as_array().expect("a list").iter().find(|it| it["serviceId"] == service.as_str());
    let channel = one.expect("one")["serviceChannelId"].as_str().expect("an id").to_owned();
    assert!(bench.sim.disconnect(&service, &channel));
    bench.wait(HOUR * 2);
    let report = bench.worker.look(None).await.expect("looks");
    assert_eq!(report.drift.iter().map(|it| it.kind.as_str()).collect::<Vec<_>>(), ["connections"]);
}

#[tokio::test]
async fn v12_s_22_what_v12_shows_is_no_proof_that_a_write_has_worked() {
    let bench = Bench::of_versions(Version::V12, Version::V11).await;
    bench.sync(slice(&["101"])).await;
    bench.wait(HOUR * 3);
    let guid = bench.guid(Kind::Service, "101");
    assert!(bench.sim.make_modified(&guid));
    let mut all = slice(&["101"]);
    rename(&mut all, "palvelu", "101", "Uusi nimi");
    bench.sync(all).await;
    let waiting = |troubles: &[super::Trouble]| troubles.iter().any(|it| it.code == "101" && it.state == "waiting");
    assert!(waiting(&bench.troubles().await), "{:?}", bench.troubles().await);
    // v12 shows the old published version, equal to what was last sent.
    let report = bench.worker.reconcile(None).await.expect("looks");
    assert!(report.drift.is_empty(), "{:?}", report.drift);
    bench.compared().await;
    assert!(waiting(&bench.troubles().await));
    assert!(bench.sim.discard(&guid));
    bench.later(48 * 3600).await;
    assert!(bench.troubles().await.is_empty());
    let name = bench.entity(Kind::Service, "101")["content"]["serviceNames"][0]["value"].clone();
    assert_eq!(name, "Uusi nimi fi");
}

#[tokio::test]
async fn v12_s_23_writes_go_on_while_the_gateway_of_v12_is_down() {
    let bench = Bench::of_versions(Version::V11, Version::V11).await;
    bench.sync(slice(&["101"])).await;
    bench.wait(HOUR * 3);
    bench.sim.v12_switch(|switches| switches.healthy = false);
    let refused = bench.worker.compare_versions().await.expect_err("postponed");
    assert!(refused.to_string().contains("not well"), "{refused}");
    let mut all = slice(&["101"]);
    rename(&mut all, "palvelu", "101", "Uusi nimi");
    bench.sync(all).await;
    assert_eq!(bench.entity(Kind::Service, "101")["content"]["serviceNames"][0]["value"], "Uusi nimi fi");
    // The nightly look is not spoilt by it, and nothing of ours is marked.
    bench.worker.reconcile_due().await.expect("plans the first look");
    bench.wait(HOUR * 24);
    assert!(bench.worker.reconcile_due().await.expect("looks"));
    assert!(bench.troubles().await.is_empty());
    bench.sim.v12_switch(|switches| switches.healthy = true);
    assert!(bench.compared().await.is_clean());
}

#[tokio::test]
async fn v12_s_24_reads_go_on_while_v11_is_down_and_nothing_is_written_to_v12() {
    let bench = Bench::of_versions(Version::V12, Version::V11).await;
    bench.sync(slice(&["101"])).await;
    bench.wait(HOUR * 3);
    bench.inject("PUT", "/api/v11/", 1000, FaultAction::Status(503, "down".into()));
    let mut all = slice(&["101"]);
    rename(&mut all, "palvelu", "101", "Uusi nimi");
    bench.sync(all).await;
    let report = bench.worker.look(None).await.expect("v12 is read");
    assert!(report.compared > 5 && report.drift.is_empty(), "{report:?}");
    assert!(bench.worker.status().await.expect("a status").waiting > 0);
    assert!(bench.sim.v12_calls().iter().all(|call| call.method == "GET"));
}

#[tokio::test]
async fn v12_s_25_writing_v12_without_the_capability_is_refused_with_a_clear_message() {
    let bench = Bench::of_versions(Version::V11, Version::V11).await;
    bench.sync(slice(&["101"])).await;
    let bench = bench.moved(Version::V12, Version::V12, |_| {}).await;
    let status = bench.worker.versions_status();
    assert_eq!(status.write, "v11");
    assert!(status.refused.as_deref().is_some_and(|why| why.contains("takes no writes")), "{status:?}");
    // The configuration is refused for it before anything starts: `v12_s_25_…` in `config::tests`.
}

#[tokio::test]
async fn v12_s_26_two_organisations_share_no_state_key_or_token() {
    let one = Bench::of(Profile::Live2026, |config| {
        config.api_keys = vec![KEY.to_owned(), "the-other-key".to_owned()];
        config.users.push(PtvUser::api("other@example.fi", "secret-of-the-other", ORGANISATION));
    })
    .await;
    let one = one.moved(Version::V12, Version::V11, |_| {}).await;
    one.sync(slice(&["101"])).await;
    one.wait(HOUR * 3);
    // Another tenant over the same PTV: its own user, its own key, v11 only.
    let mut settings = super::settings(&one.sim, Profile::Live2026);
    settings.tenant = "naantali".into();
    settings.username = "other@example.fi".into();
    settings.password = "secret-of-the-other".to_owned().into();
    settings.versions = versions(&settings.url, Version::V11, Version::V11);
    settings.versions.gateway.as_mut().expect("a gateway").key = "the-other-key".to_owned().into();
    let views = std::sync::Arc::new(|| std::sync::Arc::new(crate::model::View::default()));
    let other = super::Worker::new(settings, one.store.clone(), one.world.clone(), views).await.expect("a worker");
    one.worker.look(None).await.expect("looks");
    let calls = one.sim.v12_calls().len();
    assert!(calls > 0 && one.sim.v12_calls().iter().all(|call| call.headers["x-api-key"] == KEY));
    let logins = one.sim.logins();
    other.compare_versions().await.expect("compares");
    let its = one.sim.v12_calls().split_off(calls);
    assert!(!its.is_empty() && its.iter().all(|call| call.headers["x-api-key"] == "the-other-key"));
    assert_eq!(one.sim.logins(), logins + 1, "a token of its own");
    assert_eq!(other.versions_status().read, "v11");
    assert_eq!(one.worker.versions_status().compared_at, None, "the other's comparison is the other's");
    assert!(other.versions_status().compared_at.is_some());
}

#[tokio::test]
async fn v12_s_27_a_whole_organisation_is_counted_by_class() {
    let bench = Bench::of_versions(Version::V11, Version::V11).await;
    let bench = Bench { worker: bench.worker.with_care(Care::default(), None), ..bench };
    bench.sync(records()).await;
    bench.wait(HOUR * 5);
    let comparison = bench.compared().await;
    for item in comparison.items.iter().filter(|it| it.standing == Standing::Unexpected).take(20) {
        println!("{} {} {:?}", item.kind, item.code, item.differences);
    }
    assert!(comparison.is_clean(), "{:?}", comparison.counts);
    let all: u64 = comparison.counts.values().sum();
    assert!(all > 100 && comparison.ids_equal == Some(true), "{:?}", comparison.counts);

    let service = bench.guid(Kind::Service, "101");
    bench.sim.v12_edit(&service, "/languageVersions/fi/name", json!("Aivan muu"), true);
    let fresh = bench.copy(Kind::Service, "102", &json!({}));
    bench.posted("Service", &fresh);
    bench.sim.v12_switch(|switches| switches.lag = SignedDuration::from_hours(9));
    bench.wait(HOUR * 5);
    let comparison = bench.compared().await;
    assert_eq!(comparison.count(Standing::Unexpected), 1, "{:?}", comparison.counts);
    assert_eq!(comparison.count(Standing::OnlyV11), 1, "{:?}", comparison.counts);
    bench.sim.v12_switch(|switches| switches.lag = SignedDuration::from_hours(3));
    bench.sim.archive(&bench.guid(Kind::Service, "103"));
    let comparison = bench.compared().await;
    assert_eq!(comparison.count(Standing::OnlyV12), 1, "{:?}", comparison.counts);
    assert!(!comparison.is_clean());
    let counts = serde_json::to_value(&comparison.counts).expect("JSON");
    assert_eq!((&counts["onlyV12"], &counts["unexpected"]), (&json!(1), &json!(1)), "{counts}");
}
