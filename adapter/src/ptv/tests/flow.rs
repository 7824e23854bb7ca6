//! The main job: the whole catalogue in, and each kind of change after it.

use serde_json::{Value, json};

use super::super::plan::Planned;
use super::super::profile::Profile;
use super::{Bench, find, key, records, slice, without};
use crate::model::Kind;

#[tokio::test(flavor = "multi_thread")]
async fn ptv_m_35_the_whole_catalogue_in_dependency_order_on_both_profiles() {
    for profile in [Profile::Live2026, Profile::Source34] {
        let bench = Bench::of(profile, |_| {}).await;
        bench.sync(records()).await;
        assert_eq!(bench.refused(), [], "{profile:?}");
        assert_eq!(bench.troubles().await, []);
        for (kind, least) in [
            ("Organization", 3),
            ("EChannel", 13),
            ("WebPage", 10),
            ("Phone", 9),
            ("PrintableForm", 8),
            ("ServiceLocation", 32),
        ] {
            assert_eq!(bench.count(kind, "POST", 200), least, "{kind}");
        }
        let status = bench.worker.status().await.expect("a status");
        assert_eq!(bench.count("Service", "POST", 200), status.services_created);
        assert_eq!(status.services_created + status.withheld, 58, "{status:?}");
        assert!(bench.connections() > 100, "{}", bench.connections());
        assert_eq!((status.waiting, status.parked), (0, 0));

        let before = bench.sim.requests();
        bench.worker.want_all().await.expect("wanted");
        bench.run().await;
        assert_eq!(bench.sim.requests(), before, "equal twins make no call");
    }
}

#[tokio::test]
async fn ptv_m_01_unchanged_content_makes_no_call() {
    let bench = Bench::new().await;
    bench.sync(slice(&["101"])).await;
    let before = bench.sim.requests();
    bench.sync(slice(&["101"])).await;
    bench.worker.want_all().await.expect("wanted");
    bench.run().await;
    assert_eq!(bench.sim.requests(), before);
}

#[tokio::test]
async fn ptv_m_02_one_changed_text_makes_one_put_of_the_complete_state() {
    let bench = Bench::new().await;
    let mut all = slice(&["101"]);
    bench.sync(all.clone()).await;
    let before = bench.sim.writes().total();
    let service = find(&mut all, "palvelu", "101");
    service["tiivistelma_kieliversiot"]["fi"] = "Päiväkodit ja perhepäivähoito Turussa.".into();
    bench.sync(all).await;
    assert_eq!(bench.sim.writes().total(), before + 1);
    assert_eq!(bench.count("Service", "PUT", 200), 1);
    let held = bench.entity(Kind::Service, "101");
    assert_eq!(held["languages"], json!(["en", "fi", "sv"]));
    assert!(held["content"].to_string().contains("Päiväkodit ja perhepäivähoito"));
    for member in ["serviceNames", "serviceDescriptions", "languages", "serviceProducers", "areas"] {
        assert!(held["content"][member].as_array().is_some_and(|list| !list.is_empty()), "{member}");
    }
}

#[tokio::test]
async fn ptv_m_03_a_shared_channel_stays_shared() {
    let bench = Bench::new().await;
    let mut all = records();
    all.retain(|it| it["laji"] == "organisaatio" || (it["laji"] == "palvelukanava" && it["koodi"] == "302"));
    bench.sync(all.clone()).await;
    find(&mut all, "palvelukanava", "302")["tiivistelma_kieliversiot"]["fi"] = "Neuvontaa puhelimitse.".into();
    bench.sync(all).await;
    let held = bench.entity(Kind::Channel, "302");
    assert!(held["content"].to_string().contains("Neuvontaa puhelimitse."));
    assert_eq!(held["content"]["isVisibleForAll"], true);
}

#[tokio::test]
async fn ptv_m_04_emptied_keywords_are_emptied() {
    let bench = Bench::new().await;
    let mut all = slice(&["101"]);
    let service = find(&mut all, "palvelu", "101");
    service["avainsanat_kieliversiot"] = json!({"fi": ["päiväkoti"]});
    bench.sync(all.clone()).await;
    let words = |bench: &Bench| bench.entity(Kind::Service, "101")["content"]["keywords"].clone();
    assert_eq!(words(&bench)[0]["value"], "päiväkoti");
    find(&mut all, "palvelu", "101")["avainsanat_kieliversiot"] = json!({});
    bench.sync(all).await;
    assert!(words(&bench).as_array().is_none_or(Vec::is_empty), "{}", words(&bench));
}

#[tokio::test]
async fn ptv_m_05_emptied_requirements_are_reported_and_make_no_endless_difference() {
    let bench = Bench::new().await;
    let mut all = slice(&["101"]);
    let terms = json!({"fi": "Kotikunta on Turku.", "sv": "Hemkommunen är Åbo.", "en": "Home in Turku."});
    find(&mut all, "palvelu", "101")["palvelunsaannin_ehdot_kieliversiot"] = terms;
    bench.sync(all.clone()).await;
    find(&mut all, "palvelu", "101")["palvelunsaannin_ehdot_kieliversiot"] = json!({});
    bench.sync(all.clone()).await;
    assert!(bench.entity(Kind::Service, "101")["content"]["requirements"][0]["value"].is_string(), "PTV keeps them");
    let before = bench.sim.requests();
    bench.worker.want_all().await.expect("wanted");
    bench.run().await;
    assert_eq!(bench.sim.requests(), before);
    let plan = bench.worker.plan();
    let step = plan.iter().find(|step| step.kind == "service").expect("planned");
    assert!(step.findings.iter().any(|finding| finding.rule == "not-emptied"), "{:?}", step.findings);
    // What is remembered of PTV is never sent: archiving works.
    find(&mut all, "palvelu", "101")["tila"] = json!({"koodi": "3"});
    bench.sync(all).await;
    assert_eq!(bench.entity(Kind::Service, "101")["status"], "Deleted");
    assert_eq!(bench.refused(), []);
}

#[tokio::test]
async fn ptv_m_06_a_withdrawn_language_goes_from_ptv_too() {
    let bench = Bench::new().await;
    let mut all = slice(&["101"]);
    bench.sync(all.clone()).await;
    without(find(&mut all, "palvelu", "101"), "sv");
    bench.sync(all).await;
    assert_eq!(bench.entity(Kind::Service, "101")["languages"], json!(["en", "fi"]));
    assert_eq!(bench.refused(), []);
}

#[tokio::test]
async fn ptv_m_07_a_language_waits_for_its_organisation() {
    let bench = Bench::new().await;
    let whole = slice(&["101"]);
    let mut poorer = whole.clone();
    let organisation =
        find(&mut poorer, "palvelu", "101")["vastuuorganisaatio"]["koodi"].as_str().expect("one").to_owned();
    without(find(&mut poorer, "organisaatio", &organisation), "sv");
    bench.sync(poorer).await;
    assert_eq!(bench.entity(Kind::Service, "101")["languages"], json!(["en", "fi"]));
    bench.sync(whole).await;
    assert_eq!(
        bench.entity(Kind::Service, "101")["languages"],
        json!(["en", "fi", "sv"]),
        "nobody touched the service"
    );
    assert_eq!(bench.refused(), []);
}

#[tokio::test]
async fn ptv_m_10_old_and_new_addresses_of_a_class_are_equal() {
    let bench = Bench::new().await;
    let mut all = slice(&["101"]);
    bench.sync(all.clone()).await;
    let reference = bench.worker.settings().reference.now();
    let class = find(&mut all, "palvelu", "101")["palveluluokat"][0]["koodi"].as_str().expect("one").to_owned();
    let class = find(&mut all, "palveluluokka", &class);
    let new = class["ptv_luokka_uri"].as_str().expect("mapped").to_owned();
    let Some((old, _)) = reference.newer.iter().find(|(_, known)| **known == new) else {
        panic!("the sample list knows no old address of {new}");
    };
    class["ptv_luokka_uri"] = old.as_str().into();
    let before = bench.sim.requests();
    bench.sync(all).await;
    assert_eq!(bench.sim.requests(), before);
}

#[tokio::test]
async fn ptv_m_12_a_general_description_is_named_in_every_put() {
    let bench = Bench::new().await;
    let based = records().into_iter().find(|it| it["pohjakuvaus_id"].is_string()).expect("one in the sample");
    let code = based["koodi"].as_str().expect("a code").to_owned();
    let mut all = slice(&[&code]);
    bench.sync(all.clone()).await;
    find(&mut all, "palvelu", &code)["nimi_kieliversiot"]["fi"] = "Uusi nimi palvelulle".into();
    bench.sync(all).await;
    assert_eq!(bench.entity(Kind::Service, &code)["content"]["generalDescriptionId"], based["pohjakuvaus_id"]);
    assert_eq!(bench.refused(), []);
}

#[tokio::test]
async fn ptv_m_36_and_38_a_hidden_service_is_archived_and_restored_with_its_connections() {
    let bench = Bench::new().await;
    let mut all = slice(&["101"]);
    bench.sync(all.clone()).await;
    let (connected, posts) = (bench.connections(), bench.count("Service", "POST", 200));
    assert!(connected > 0);
    find(&mut all, "palvelu", "101")["tila"] = json!({"koodi": "3"});
    bench.sync(all.clone()).await;
    assert_eq!(bench.entity(Kind::Service, "101")["status"], "Deleted");
    assert_eq!(bench.guid(Kind::Service, "101"), "");
    find(&mut all, "palvelu", "101")["tila"] = json!({"koodi": "1"});
    bench.sync(all).await;
    assert_eq!(bench.entity(Kind::Service, "101")["status"], "Published");
    assert_eq!(bench.count("Service", "POST", 200), posts, "restored, not made again");
    assert_eq!(bench.connections(), connected);
    assert!(bench.count("Connection", "PUT", 200) >= 2, "PTV does not restore connections by itself");
    assert_eq!(bench.refused(), []);
}

#[tokio::test]
async fn a_removed_offer_takes_its_connection_along() {
    let bench = Bench::new().await;
    let mut all = slice(&["101"]);
    bench.sync(all.clone()).await;
    let before = bench.connections();
    let offer = all.iter().find(|it| it["laji"] == "palvelutarjous" && it["palvelupiste"].is_object()).expect("one");
    let code = offer["koodi"].as_str().expect("a code").to_owned();
    find(&mut all, "palvelutarjous", &code)["tila"] = json!({"koodi": "9"});
    bench.sync(all).await;
    assert_eq!(bench.connections(), before - 1);
}

#[tokio::test]
async fn an_offer_that_cannot_be_read_takes_no_connection_along() {
    let bench = Bench::new().await;
    let all = slice(&["101"]);
    bench.sync(all.clone()).await;
    let (before, puts) = (bench.connections(), bench.count("Connection", "PUT", 200));
    let offer = all.iter().find(|it| it["laji"] == "palvelutarjous").expect("one").clone();
    let code = offer["koodi"].as_str().expect("a code");

    // As after an update whose reader is stricter.
    let bench = bench.spoilt(Kind::Offer, code).await;
    bench.worker.want_all().await.expect("wanted");
    bench.run().await;
    assert_eq!((bench.connections(), bench.count("Connection", "PUT", 200)), (before, puts));
    let troubles = bench.troubles().await;
    let told = troubles.iter().find(|it| it.kind == "connections" && it.state == "parked").expect("told");
    assert!(told.reason.contains(code) && told.reason.contains("cannot be read"), "{}", told.reason);
    let steps = bench.worker.plan();
    let step = steps.iter().find(|it| it.kind == "connections").expect("planned");
    assert_eq!((step.act, &step.waits_for), (Planned::AfterOthers, &vec![key(Kind::Offer, code)]));

    bench.sync(vec![offer]).await;
    assert_eq!((bench.connections(), bench.troubles().await), (before, vec![]));
}

#[tokio::test]
async fn the_tenants_own_organisation_is_never_archived() {
    let bench = Bench::new().await;
    let mut all = slice(&[]);
    bench.sync(all.clone()).await;
    let top = find(&mut all, "organisaatio", "1");
    top["tila"] = json!({"koodi": "9"});
    bench.sync(all).await;
    assert_eq!(bench.sim.dump()["entities"][super::ORGANISATION]["status"], "Published");
}

#[tokio::test]
async fn organisations_go_parents_first_and_nothing_waits_long() {
    let bench = Bench::new().await;
    let mut all = slice(&[]);
    // Codes against the order of the tree: 2 below 3, 3 below 4.
    find(&mut all, "organisaatio", "2")["ylaorganisaatio"] = json!({"koodi": "3"});
    find(&mut all, "organisaatio", "3")["ylaorganisaatio"] = json!({"koodi": "4"});
    bench.sync(all).await;
    let parent = |code: &str| bench.entity(Kind::Organisation, code)["content"]["parentOrganizationId"].clone();
    assert_eq!(parent("2"), Value::from(bench.guid(Kind::Organisation, "3")));
    assert_eq!(parent("3"), Value::from(bench.guid(Kind::Organisation, "4")));
    assert_eq!(bench.troubles().await, []);
}

#[tokio::test]
async fn a_dependency_that_will_not_come_is_told_and_its_coming_wakes_who_waits() {
    let bench = Bench::new().await;
    let whole = slice(&["101"]);
    let mut broken = whole.clone();
    let organisation =
        find(&mut broken, "palvelu", "101")["vastuuorganisaatio"]["koodi"].as_str().expect("one").to_owned();
    find(&mut broken, "organisaatio", &organisation)["tiivistelma_kieliversiot"]["fi"] = "x".repeat(151).into();
    bench.sync(broken).await;
    let waiting = bench.troubles().await;
    let service = waiting.iter().find(|it| it.kind == "service").expect("told");
    assert_eq!(service.state, "parked");
    assert!(service.reason.contains(&format!("organisation {organisation}")), "{}", service.reason);
    let before = bench.sim.requests();
    bench.later(3600).await;
    assert_eq!(bench.sim.requests(), before, "nothing spins");
    bench.sync(whole).await;
    assert_ne!(bench.guid(Kind::Service, "101"), "");
    assert_eq!(bench.troubles().await, []);
    assert!(bench.worker.twins().guid(&key(Kind::Organisation, &organisation)).is_some());
}

#[tokio::test]
async fn a_name_that_becomes_free_lets_its_namesake_go() {
    let bench = Bench::new().await;
    let mut all = slice(&["101", "102"]);
    let name = find(&mut all, "palvelu", "101")["nimi_kieliversiot"].clone();
    let owner = find(&mut all, "palvelu", "101")["vastuuorganisaatio"].clone();
    let namesake = find(&mut all, "palvelu", "102");
    namesake["nimi_kieliversiot"] = name;
    namesake["vastuuorganisaatio"] = owner;
    bench.sync(all.clone()).await;
    assert_eq!((bench.guid(Kind::Service, "102").as_str(), bench.refused()), ("", Vec::new()));
    find(&mut all, "palvelu", "101")["nimi_kieliversiot"] =
        json!({"fi": "Toinen nimi", "sv": "Annat namn", "en": "Another name"});
    bench.sync(all).await;
    bench.later(30).await;
    assert_ne!(bench.guid(Kind::Service, "102"), "");
}
