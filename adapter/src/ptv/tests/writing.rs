//! Cases W of ptv-v12.md §10.3: writes of v12, which nobody has published, against the simulator's guesses. Unconfirmed.

use std::time::Duration;

use conformance::ptv::FaultAction;
use serde_json::{Value, json};

use super::super::dialect::v12::render::{self, Form};
use super::super::dialect::v12::rules;
use super::super::source_id::source_id;
use super::super::{Choices, Version};
use super::{Bench, USER, find, key, records, slice};
use crate::model::Kind;
use crate::model::evidence::Evidence;
use crate::store::shadow::{self, WriterRow};
use crate::store::{Commit, evidence};

const KEY: &str = "key-not-for-logs";
const HOUR: Duration = Duration::from_hours(1);

impl Bench {
    /// A tenant that reads and writes v12; what v11 holds is seen there at once.
    async fn writing(choose: impl FnOnce(&mut Choices)) -> Bench {
        let bench = Bench::of_versions(Version::V11, Version::V11).await;
        bench.sim.v12_switch(|switches| {
            switches.writes = true;
            switches.lag = jiff::SignedDuration::ZERO;
        });
        let bench = bench
            .moved(Version::V12, Version::V12, |choices| {
                choices.writes = true;
                choices.business_id = Some("1234567-1".to_owned());
                choose(choices);
            })
            .await;
        assert_eq!(bench.worker.versions_status().write, "v12");
        bench
    }

    fn shown(&self, kind: Kind, code: &str) -> Value {
        let family = match kind {
            Kind::Organisation => "organization",
            Kind::Service => "service",
            _ => "service-channel",
        };
        let path = format!("{family}/{}", self.guid(kind, code));
        self.sim.handle_v12("GET", &path, Some(KEY), None).1
    }

    /// Writes that reached v12: method and path below its base.
    fn v12_writes(&self) -> Vec<(String, String)> {
        let calls = self.sim.v12_calls().into_iter().filter(|call| call.method != "GET");
        calls.map(|call| (call.method, call.path.trim_start_matches("/api/v12/").to_owned())).collect()
    }

    /// The request that a twin's last body makes.
    fn request(&self, form: Form, kind: Kind, code: &str) -> Value {
        let twin = self.worker.twins().get(kind.word(), code).expect("a twin");
        let body: Value = serde_json::from_slice(&twin.pushed_body.expect("sent")).expect("JSON");
        let choices = Choices { business_id: Some("1234567-1".to_owned()), ..Choices::default() };
        render::entity(form, &body, &self.worker.settings().reference.now(), &choices).body
    }

    fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let token = self.sim.token_for(USER);
        self.sim.write_v12("POST", path, Some(KEY), token.as_deref(), Some(body))
    }

    async fn moves(&self) -> Vec<String> {
        let mut all = Vec::new();
        for (writer, _) in evidence::writers(&self.store).await.expect("read") {
            for record in evidence::page(&self.store, &writer, 0, 500).await.expect("read") {
                let draft = Evidence::decode(&record.record).expect("a record").draft;
                if draft.operation.as_deref() == Some("ptv writer") {
                    all.extend(draft.outcome);
                }
            }
        }
        all
    }
}

fn with(mut body: Value, pointer: &str, value: Value) -> Value {
    let (above, member) = pointer.rsplit_once('/').expect("a pointer");
    match body.pointer_mut(above) {
        Some(Value::Object(map)) => {
            map.insert(member.to_owned(), value);
        }
        Some(Value::Array(all)) => all.push(value),
        _ => panic!("{pointer}"),
    }
    body
}

fn without(mut body: Value, pointer: &str) -> Value {
    let (above, member) = pointer.rsplit_once('/').expect("a pointer");
    body.pointer_mut(above).and_then(Value::as_object_mut).expect("an object").remove(member).expect("a member");
    body
}

/// Rules that a request breaks.
fn broken(form: Form, request: &Value) -> Vec<&'static str> {
    rules::check(form, request).into_iter().map(|finding| finding.rule).collect()
}

fn forms() -> [(Form, Kind, &'static str, &'static str); 6] {
    [
        (Form::Service, Kind::Service, "101", "service"),
        (Form::EService, Kind::Channel, "301", "service-channel"),
        (Form::TelephoneService, Kind::Channel, "302", "service-channel"),
        (Form::WebPage, Kind::Channel, "303", "service-channel"),
        (Form::PrintableForm, Kind::Channel, "304", "service-channel"),
        (Form::ServiceLocation, Kind::ServicePoint, "505", "service-channel"),
    ]
}

#[tokio::test]
async fn v12_w_01_a_request_has_every_member_and_one_that_lacks_a_member_is_refused_here_and_there() {
    let bench = Bench::writing(|_| {}).await;
    bench.sync(records()).await;
    assert!(bench.troubles().await.is_empty(), "{:?}", bench.troubles().await);
    assert_eq!(bench.sim.writes().total(), 0, "nothing went through v11");
    for (form, kind, code, path) in forms() {
        let request = bench.request(form, kind, code);
        assert_eq!(broken(form, &request), Vec::<&str>::new(), "{form:?}");
        let (status, answer) = bench.post(path, &request);
        assert_eq!(status, 201, "{form:?}: {answer}");
        let members: Vec<String> = request.as_object().expect("an object").keys().cloned().collect();
        for member in members.iter().filter(|member| *member != "serviceChannelType") {
            let lacking = without(request.clone(), &format!("/{member}"));
            assert!(broken(form, &lacking).contains(&"v12-shape"), "{form:?} {member}");
            let (status, answer) = bench.post(path, &lacking);
            let told =
                answer["errors"].as_array().is_some_and(|all| all.iter().any(|it| it["path"] == format!("/{member}")));
            assert!(status == 403 || (status == 400 && told), "{form:?} {member}: {answer}");
        }
        let lacking = without(request, "/languageVersions/fi/summary");
        let found = rules::check(form, &lacking);
        assert!(found.iter().any(|it| it.field == "/languageVersions/fi/summary"), "{found:?}");
    }
    // What was written is read back as equal.
    let report = bench.worker.look(None).await.expect("looks");
    for found in &report.drift {
        println!("{} {} {:?} {:?}", found.kind, found.code, found.class, found.differences);
    }
    assert!(report.drift.iter().all(|it| it.kind == "unknown") && report.equal > 100, "{}", report.equal);
}

#[tokio::test]
async fn v12_w_02_an_unknown_member_is_refused_here() {
    let bench = Bench::writing(|_| {}).await;
    bench.sync(slice(&["101"])).await;
    let request = with(bench.request(Form::Service, Kind::Service, "101"), "/colour", json!("blue"));
    assert_eq!(broken(Form::Service, &request), ["v12-shape"]);
    assert_eq!(bench.post("service", &request).0, 400);
}

#[tokio::test]
async fn v12_w_03_a_language_without_a_summary_is_refused_here_for_every_kind() {
    let bench = Bench::writing(|_| {}).await;
    bench.sync(records()).await;
    for (form, kind, code, path) in forms() {
        let request = with(bench.request(form, kind, code), "/languageVersions/fi/summary", Value::Null);
        let found = rules::check(form, &request);
        assert!(found.iter().any(|it| it.field == "tiivistelma_kieliversiot.fi"), "{form:?}: {found:?}");
        assert_eq!(bench.post(path, &request).0, 400, "{form:?}");
    }
}

#[tokio::test]
async fn v12_w_04_a_description_counts_as_it_is_shown() {
    let bench = Bench::writing(|_| {}).await;
    bench.sync(slice(&["101"])).await;
    let request = bench.request(Form::Service, Kind::Service, "101");
    let path = "/languageVersions/fi/description";
    let long = with(request.clone(), path, json!("a".repeat(5001)));
    assert_eq!(broken(Form::Service, &long), ["v12-length"]);
    assert_eq!(bench.post("service", &long).0, 400);
    let marked = format!("**{}** **{}** **{}**", "a".repeat(2000), "b".repeat(2000), "c".repeat(987));
    assert_eq!(marked.len(), 5001);
    let marked = with(request, path, json!(marked));
    assert_eq!(broken(Form::Service, &marked), Vec::<&str>::new());
    assert_eq!(bench.post("service", &marked).0, 201);
}

#[tokio::test]
async fn v12_w_05_a_blank_at_the_end_of_a_name_is_never_sent() {
    let bench = Bench::writing(|_| {}).await;
    let mut all = slice(&["101"]);
    find(&mut all, "palvelu", "101")["nimi_kieliversiot"]["fi"] = "Varhaiskasvatus ".into();
    bench.sync(all).await;
    assert_eq!(bench.shown(Kind::Service, "101")["languageVersions"]["fi"]["name"], "Varhaiskasvatus");
    let request = bench.request(Form::Service, Kind::Service, "101");
    for name in ["Varhais\nkasvatus", " Varhaiskasvatus"] {
        let wrong = with(request.clone(), "/languageVersions/fi/name", json!(name));
        assert_eq!(broken(Form::Service, &wrong), ["v12-blank"]);
        assert_eq!(bench.post("service", &wrong).0, 400);
    }
}

#[tokio::test]
async fn v12_w_06_too_many_terms_or_classes_and_a_group_twice_are_refused_here() {
    let bench = Bench::writing(|_| {}).await;
    bench.sync(slice(&["101"])).await;
    let request = bench.request(Form::Service, Kind::Service, "101");
    let many = |count: usize| -> Value { (0..count).map(|n| format!("http://www.yso.fi/onto/koko/p{n}")).collect() };
    let codes = |count: usize| -> Value { (0..count).map(|n| format!("P{n}.1")).collect() };
    for (member, value) in
        [("/ontologyTerms", many(11)), ("/serviceClasses", codes(5)), ("/targetGroups", json!(["KR1", "KR1"]))]
    {
        let wrong = with(request.clone(), member, value);
        assert_eq!(broken(Form::Service, &wrong), ["v12-list"], "{member}");
        assert_eq!(bench.post("service", &wrong).0, 400, "{member}");
    }
}

#[tokio::test]
async fn v12_w_07_all_three_groups_of_producers_are_always_there() {
    let bench = Bench::writing(|_| {}).await;
    bench.sync(slice(&["101"])).await;
    let request = bench.request(Form::Service, Kind::Service, "101");
    let producers = request["producers"].as_object().expect("an object");
    assert_eq!(producers.len(), 3);
    for (group, of) in producers {
        assert!(of["organizations"].is_array(), "{group}");
        let wrong = without(request.clone(), &format!("/producers/{group}"));
        assert_eq!(broken(Form::Service, &wrong), ["v12-missing"], "{group}");
    }
}

#[tokio::test]
async fn v12_w_08_a_write_that_would_lose_hours_is_refused_with_what_would_be_lost() {
    let bench = Bench::writing(|_| {}).await;
    let mut all = slice(&["101"]);
    let point = all.iter().find(|it| it["laji"] == "palvelupiste").expect("one")["koodi"].as_str().expect("a code");
    let point = point.to_owned();
    bench.sync(all.clone()).await;
    let guid = bench.guid(Kind::ServicePoint, &point);
    let holidays = json!({ "repetition": { "type": "RepetitionEveryYear" }, "holidays": [] });
    bench.sim.v12_edit(&guid, "/serviceHours/holidayServiceHours", holidays, true);
    let writes = bench.v12_writes().len();
    find(&mut all, "palvelupiste", &point)["nimi_kieliversiot"]["fi"] = "Toinen nimi".into();
    bench.sync(all).await;
    let troubles = bench.troubles().await;
    let lost = troubles.iter().find(|it| it.code == point).expect("parked");
    assert!(lost.state == "parked" && lost.reason.contains("holidayServiceHours"), "{lost:?}");
    assert_eq!(bench.v12_writes().len(), writes);
}

#[tokio::test]
async fn v12_w_09_a_language_leaves_only_when_it_was_ours() {
    let bench = Bench::writing(|_| {}).await;
    let mut all = slice(&["101"]);
    bench.sync(all.clone()).await;
    // English was ours: taking it out of the record takes it out of PTV.
    super::without(find(&mut all, "palvelu", "101"), "en");
    bench.sync(all.clone()).await;
    let languages = |bench: &Bench| -> Vec<String> {
        bench.shown(Kind::Service, "101")["languageVersions"].as_object().expect("an object").keys().cloned().collect()
    };
    assert_eq!(languages(&bench), ["fi", "sv"]);
    // Northern Sami was added by somebody else.
    let mut added = bench.shown(Kind::Service, "101")["languageVersions"]["fi"].clone();
    added["name"] = "Árabajásgeassin".into();
    bench.sim.v12_edit(&bench.guid(Kind::Service, "101"), "/languageVersions/se", added, true);
    find(&mut all, "palvelu", "101")["nimi_kieliversiot"]["fi"] = "Toinen nimi".into();
    bench.sync(all).await;
    assert_eq!(languages(&bench), ["fi", "se", "sv"]);
    let troubles = bench.troubles().await;
    assert!(troubles.iter().any(|it| it.code == "101" && it.reason.contains("language versions se")), "{troubles:?}");
}

#[tokio::test]
async fn v12_w_10_an_expired_token_is_fetched_anew_once_and_the_key_stays() {
    let bench = Bench::writing(|_| {}).await;
    let mut all = slice(&["101"]);
    bench.sync(all.clone()).await;
    let logins = bench.sim.logins();
    bench.sim.expire_tokens();
    find(&mut all, "palvelu", "101")["nimi_kieliversiot"]["fi"] = "Toinen nimi".into();
    bench.sync(all).await;
    assert_eq!(bench.shown(Kind::Service, "101")["languageVersions"]["fi"]["name"], "Toinen nimi");
    assert_eq!(bench.sim.logins(), logins + 1);
    assert!(bench.sim.v12_calls().iter().all(|call| call.headers["x-api-key"] == KEY));
    // Reads never carry the token.
    let mut reads = bench.sim.v12_calls().into_iter().filter(|call| call.method == "GET");
    assert!(reads.all(|call| !call.headers.contains_key("authorization")));
}

#[tokio::test]
async fn v12_w_11_a_revoked_key_stops_the_tenant_without_a_storm_of_logins() {
    let bench = Bench::writing(|_| {}).await;
    let mut all = slice(&["101"]);
    bench.sync(all.clone()).await;
    let logins = bench.sim.logins();
    bench.sim.v12_revoke_key(KEY);
    for record in all.iter_mut().filter(|it| it["laji"] == "palvelu" || it["laji"] == "palvelukanava") {
        record["nimi_kieliversiot"]["fi"] =
            format!("Toinen {}", record["nimi_kieliversiot"]["fi"]).replace('"', "").into();
    }
    bench.sync(all).await;
    let stopped = bench.worker.status().await.expect("a status").stopped.expect("stopped");
    assert!(stopped.contains("API key"), "{stopped}");
    assert!(!stopped.contains(KEY));
    bench.later(24 * 3600).await;
    assert!(bench.sim.logins() <= logins + 1, "{} logins", bench.sim.logins() - logins);
}

#[tokio::test]
async fn v12_w_12_a_lost_answer_never_makes_a_second_object() {
    for same in [false, true] {
        let bench = Bench::writing(|_| {}).await;
        bench.sim.v12_switch(|switches| switches.repeated_post_answers_the_same = same);
        bench.inject("POST", "/api/v12/service", 3, FaultAction::CutAfter);
        bench.sync(slice(&["101"])).await;
        for _ in 0..8 {
            bench.later(24 * 3600).await;
        }
        assert!(bench.troubles().await.is_empty(), "same {same}: {:?}", bench.troubles().await);
        let path = "service/search?page=1&pageSize=100";
        let (_, found) = bench.sim.handle_v12("GET", path, Some(KEY), None);
        assert_eq!(found["totalItems"], 1, "same {same}: {found}");
        assert_eq!(found["items"][0]["contentId"], bench.guid(Kind::Service, "101").as_str());
    }
}

#[tokio::test]
async fn v12_w_13_an_id_of_ours_keeps_to_the_narrower_rule_of_v11() {
    let bench = Bench::writing(|_| {}).await;
    bench.sync(slice(&["101"])).await;
    let request = with(bench.request(Form::Service, Kind::Service, "101"), "/externalId", json!("a_b c"));
    assert_eq!(broken(Form::Service, &request), Vec::<&str>::new());
    assert_eq!(bench.post("service", &request).0, 201, "v12 would take it");
    let id = source_id("turku", &key(Kind::Service, "a_b c"));
    assert!(id.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.')), "{id}");
}

#[tokio::test]
async fn v12_w_14_a_street_without_a_number_is_refused_or_sent_with_a_dash() {
    for dash in [false, true] {
        let bench = Bench::writing(|choices| choices.dash_for_number = dash).await;
        let mut all = slice(&["101"]);
        let place = all.iter().find(|it| it["laji"] == "palvelupiste").expect("one")["koodi"].as_str().expect("a code");
        let place = place.to_owned();
        let address = &mut find(&mut all, "palvelupiste", &place)["fyysinenPaikka"]["osoitteet"][0];
        address["katuosoite_fi"] = "Kauppatori".into();
        address["katuosoite_sv"] = "Salutorget".into();
        bench.sync(all).await;
        let refused = bench.troubles().await.into_iter().find(|it| it.code == place);
        assert_eq!(refused.is_none(), dash, "{refused:?}");
        if let Some(refused) = refused {
            assert!(
                refused.findings.iter().any(|it| it["field"] == "fyysinenPaikka.osoitteet.katuosoite"),
                "{refused:?}"
            );
        } else {
            let shown = bench.shown(Kind::ServicePoint, &place);
            assert_eq!(shown["location"]["streetAddresses"][0]["addressDetail"], "–");
        }
    }
}

#[tokio::test]
async fn v12_w_15_the_trunk_zero_of_a_finnish_number_is_not_sent() {
    let reference = super::super::reference::Reference::from_dir(&super::samples().join("reference")).expect("lists");
    let body = json!({
        "serviceChannelNames": [{"language": "fi", "type": "Name", "value": "Neuvonta"}],
        "phoneNumbers": [
            {"language": "fi", "type": "Phone", "prefixNumber": "+358", "number": "0401234567"},
            {"language": "fi", "type": "Phone", "isFinnishServiceNumber": true, "number": "0800123"},
            {"language": "fi", "type": "Phone", "prefixNumber": "+46", "number": "0812345"},
        ],
    });
    let request = render::entity(Form::TelephoneService, &body, &reference, &Choices::default()).body;
    let numbers = &request["languageVersions"]["fi"]["phoneNumbers"];
    assert_eq!((&numbers[0]["type"], &numbers[0]["number"]), (&json!("InternationalPhone"), &json!("401234567")));
    assert_eq!((&numbers[1]["type"], &numbers[1]["number"]), (&json!("DomesticPhone"), &json!("0800123")));
    // Another country's zero is nobody's to take away: it is refused.
    assert!(broken(Form::TelephoneService, &request).contains(&"v12-phone"));
}

#[tokio::test]
async fn v12_w_16_a_place_outside_of_finland_is_refused_here() {
    let bench = Bench::writing(|_| {}).await;
    let mut all = slice(&["101"]);
    let place = all.iter().find(|it| it["laji"] == "palvelupiste").expect("one")["koodi"].as_str().expect("a code");
    let place = place.to_owned();
    find(&mut all, "palvelupiste", &place)["fyysinenPaikka"]["leveysaste"] = "55.6".into();
    bench.sync(all).await;
    // A place of ours that is not in Finland has no coordinates in PTV at all.
    let street = &bench.shown(Kind::ServicePoint, &place)["location"]["streetAddresses"][0];
    assert_eq!(street["coordinates"], json!([]));
    let request = bench.request(Form::ServiceLocation, Kind::ServicePoint, &place);
    for (easting, northing, rules) in [
        (240_000.0, 6_710_000.0, vec![]),
        (43_499.0, 6_710_000.0, vec!["v12-coordinates"]),
        (240_000.0, 7_796_001.0, vec!["v12-coordinates"]),
    ] {
        let at = json!({ "system": "EPSG:3067", "source": "User", "easting": easting, "northing": northing });
        let request = with(request.clone(), "/location/streetAddresses/0/coordinates", at);
        assert_eq!(broken(Form::ServiceLocation, &request), rules, "{easting} {northing}");
        assert_eq!(bench.post("service-channel", &request).0, if rules.is_empty() { 201 } else { 400 });
    }
}

#[tokio::test]
async fn v12_w_17_hours_go_by_a_call_of_their_own_between_channel_and_connection() {
    for inline in [false, true] {
        let bench = Bench::writing(|choices| choices.inline = inline).await;
        bench.sim.v12_switch(|switches| switches.hours_inline = inline);
        let all = slice(&["101"]);
        let point = all.iter().find(|it| it["laji"] == "palvelupiste").expect("one")["koodi"].as_str().expect("a code");
        let point = point.to_owned();
        bench.sync(all).await;
        let guid = bench.guid(Kind::ServicePoint, &point);
        let shown = bench.shown(Kind::ServicePoint, &point);
        assert!(shown["serviceHours"]["hours"].as_array().is_some_and(|all| !all.is_empty()), "{shown}");
        let writes = bench.v12_writes();
        let hours = writes.iter().position(|(_, path)| *path == format!("service-channel/{guid}/service-hours"));
        assert_eq!(hours.is_none(), inline, "{writes:?}");
        let connection = writes.iter().position(|(_, path)| path.starts_with("connection/")).expect("connected");
        let channel = writes.iter().position(|(_, path)| path == "service-channel").expect("created");
        assert!(hours.is_none_or(|hours| channel < hours && hours < connection), "{writes:?}");
    }
}

#[tokio::test]
async fn v12_w_18_the_first_write_of_v12_waits_until_v12_shows_what_v11_wrote() {
    let bench = Bench::of_versions(Version::V11, Version::V11).await;
    bench.sync(slice(&["101"])).await;
    bench.hand.advance(Duration::from_mins(40));
    // As after a move that another process made too early.
    let now = bench.world.now_micros();
    let mark = WriterRow { writer: "v12".into(), since: now, first_v12_at: 0, compared_at: 0, clean: false };
    bench.store.commit(Commit::new().with([shadow::put_writer("turku", &mark)])).await.expect("kept");
    bench.sim.v12_switch(|switches| switches.writes = true);
    let bench = bench
        .moved(Version::V12, Version::V12, |choices| {
            choices.writes = true;
            choices.business_id = Some("1234567-1".to_owned());
        })
        .await;
    let mut all = slice(&["101"]);
    find(&mut all, "palvelu", "101")["nimi_kieliversiot"]["fi"] = "Toinen nimi".into();
    bench.sync(all).await;
    assert_eq!(bench.v12_writes(), []);
    let waits = bench.troubles().await;
    assert!(waits.iter().any(|it| it.code == "101" && it.reason.contains("until version 12 shows")), "{waits:?}");
    bench.later(2 * 3600).await;
    assert!(bench.v12_writes().iter().any(|(method, path)| method == "PUT" && path.starts_with("service/")));
    assert!(bench.troubles().await.is_empty(), "{:?}", bench.troubles().await);
}

#[tokio::test]
async fn v12_w_19_w_21_after_the_first_write_of_v12_nothing_is_written_through_v11_again() {
    let bench = Bench::writing(|_| {}).await;
    // A process of the same tenant that was started for v11 and has not heard of the move.
    bench.sync(slice(&["101"])).await;
    assert!(bench.moves().await.contains(&"first write of v12".to_owned()), "{:?}", bench.moves().await);
    let old = bench.second().await;
    let mut all = slice(&["101"]);
    find(&mut all, "palvelu", "101")["nimi_kieliversiot"]["fi"] = "Toinen nimi".into();
    bench.accept(all).await;
    assert!(!old.run_due().await.expect("works"));
    assert_eq!(bench.sim.writes().total(), 0);
    let stopped = old.status().await.expect("a status").stopped.expect("stopped");
    assert!(stopped.contains("no way back to version 11"), "{stopped}");
    // W-21: the same for whoever asks for it by configuration.
    let bench = bench.moved(Version::V11, Version::V11, |_| {}).await;
    let status = bench.worker.versions_status();
    assert_eq!(status.write, "v12");
    assert!(status.refused.expect("refused").contains("no way back"));
}

#[tokio::test]
async fn v12_w_20_a_move_waits_for_the_queue_the_lag_and_a_clean_comparison_and_is_logged() {
    let bench = Bench::of_versions(Version::V11, Version::V11).await;
    bench.sim.v12_switch(|switches| switches.writes = true);
    bench.accept(slice(&["101"])).await;
    bench.run().await;
    let mut all = slice(&["101"]);
    find(&mut all, "palvelu", "101")["nimi_kieliversiot"]["fi"] = "Toinen nimi".into();
    bench.accept(all).await;
    let choose = |choices: &mut Choices| {
        choices.writes = true;
        choices.business_id = Some("1234567-1".to_owned());
    };
    let refused = |bench: &Bench| bench.worker.versions_status().refused.unwrap_or_default();
    let bench = bench.moved(Version::V12, Version::V12, choose).await;
    assert!(refused(&bench).contains("still wait"), "{}", refused(&bench));
    // v11 goes on until then.
    let writes = bench.sim.writes().total();
    bench.run().await;
    assert!(bench.sim.writes().total() > writes);
    bench.worker.turn().await.expect("asked");
    assert!(refused(&bench).contains("is seen in version 12 by"), "{}", refused(&bench));
    bench.hand.advance(HOUR * 3);
    bench.worker.turn().await.expect("asked");
    assert!(refused(&bench).contains("not been compared"), "{}", refused(&bench));
    let guid = bench.guid(Kind::Service, "101");
    bench.sim.v12_edit(&guid, "/languageVersions/fi/summary", json!("Aivan muu"), true);
    bench.compared().await;
    assert!(refused(&bench).contains("differ"), "{}", refused(&bench));
    assert_eq!(bench.worker.versions_status().write, "v11");
    let ours = records().into_iter().find(|it| it["laji"] == "palvelu" && it["koodi"] == "101").expect("one");
    bench.sim.v12_edit(&guid, "/languageVersions/fi/summary", ours["tiivistelma_kieliversiot"]["fi"].clone(), true);
    bench.compared().await;
    assert_eq!((refused(&bench).as_str(), bench.worker.versions_status().write.as_str()), ("", "v12"));
    assert_eq!(bench.moves().await, ["v12"]);
    // Before the first write it can be taken back, and that is logged too.
    let bench = bench.moved(Version::V11, Version::V11, choose).await;
    assert_eq!(bench.worker.versions_status().write, "v11");
    assert_eq!(bench.moves().await, ["v12", "v11"]);
}

#[tokio::test]
async fn v12_w_22_an_organisation_without_a_business_id_is_refused_or_inherits_it() {
    let bench = Bench::writing(|choices| choices.business_id = None).await;
    bench.sync(slice(&["101"])).await;
    let refused = bench.troubles().await.into_iter().find(|it| it.kind == "organisation").expect("refused");
    assert!(refused.findings.iter().any(|it| it["field"] == "ytunnus"), "{refused:?}");
    assert!(bench.v12_writes().iter().all(|(method, path)| method != "POST" || path != "organization"));
    let bench = Bench::writing(|_| {}).await;
    bench.sync(slice(&["101"])).await;
    assert_eq!(bench.shown(Kind::Organisation, "2")["businessId"], "1234567-1");
}
