//! `silta ptv apply` is killed in the middle of its work, again and again: after the next run PTV equals the catalogue,
//! and nothing is there twice.
//!
//! Twenty times; 200 times with `SILTA_LONG=1`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use conformance::ptv::{Fault, FaultAction, PtvConfig, PtvOrganization, PtvProfile, PtvSimulator, PtvUser, Reference};
use conformance::security_server::{RawBody, RawRequest};
use http::Method;
use serde_json::{Value, json};
use silta::config::{Ptv, PtvApply, SecretFile};
use silta::control::{Command, call};
use silta::store::testing::Scratch;

use crate::harness::{Database, Ground, INTAKE_KEY, Setup, TENANT, Victim, plain_door, run};
use crate::tidy::root;

const RUNS: usize = 20;
const RUNS_LONG: usize = 200;
const NAME: &str = "ptv_m_57_an_apply_killed_again_and_again_ends_equal_and_makes_nothing_twice";
const ORGANISATION: &str = "11111111-2222-4333-8444-555555555555";
const USER: &str = "api@turku.example";
const PASSWORD: &str = "not-for-logs";
/// New services of a run, and changed ones.
const NEW: usize = 6;
const CHANGED: usize = 30;
/// An apply is killed before it has made so many calls; it makes more.
const WRITES: usize = 36;

#[test]
fn ptv_m_57_an_apply_killed_again_and_again_ends_equal_and_makes_nothing_twice() {
    if Victim::is_here() {
        return;
    }
    run(async {
        let runs = if std::env::var_os("SILTA_LONG").is_some() { RUNS_LONG } else { RUNS };
        let sim = ptv().await;
        let ground = ground(&sim, |_| {}).await;
        // So that at any moment some calls are under way.
        sim.inject(Fault {
            method: None,
            path_contains: "/api/v11/".to_owned(),
            times: u32::MAX,
            action: FaultAction::Delay(Duration::from_millis(5)),
        });
        let mut catalogue = sample();
        let mut cut = 0;
        for number in 0..runs {
            let mut victim = Victim::start(&ground, module_path!(), NAME).await;
            change(&mut catalogue, number);
            push(&victim, &catalogue).await;
            let begun = sim.writes().total();
            ask_all(&ground).await;
            // Anywhere in its work, in steps that never meet: 618 of 1000 is the golden section.
            let until = begun + u64::try_from(number * 618 % 1_000 * WRITES / 1_000).expect("small");
            while sim.writes().total() < until {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            victim.kill();
            time_passes(&ground).await;

            let mut victim = Victim::start(&ground, module_path!(), NAME).await;
            let asked = ask_all(&ground).await;
            settle(&ground).await;
            cut += usize::from(until > begun && asked["asked"].as_u64().is_some_and(|asked| asked > 0));
            equal(&ground, &sim, &catalogue, number).await;
            ask(&ground, Command::Shutdown {}).await;
            assert!(victim.ended_well());
        }
        println!("{runs} times killed, {cut} of them in the middle of sending; {} writes", sim.writes().total());
        assert!(cut * 4 >= runs * 3, "the kills met work: {cut} of {runs}");
        ground.end().await;
        sim.stop().await;
    });
}

pub(crate) async fn ptv() -> PtvSimulator {
    let lists = Reference::from_dir(root().join("tests/samples/reference")).expect("lists");
    let names = [("fi", "Turku"), ("sv", "Åbo"), ("en", "Turku")];
    let config = PtvConfig {
        users: vec![PtvUser::api(USER, PASSWORD, ORGANISATION)],
        organizations: vec![PtvOrganization::municipality(ORGANISATION, "853", &names)],
        ..PtvConfig::new("live-2026".parse::<PtvProfile>().expect("a profile"), Arc::new(lists))
    };
    PtvSimulator::start(config).await.expect("PTV")
}

pub(crate) async fn ground(sim: &PtvSimulator, tune: impl FnOnce(&mut Ptv)) -> Ground {
    let mut ground = Ground::lay(&std::env::temp_dir(), Setup::on(Database::Sqlite)).await;
    let password = ground.folder.path().join("ptv-password");
    std::fs::write(&password, PASSWORD).expect("written");
    ground.config.tenants[0].languages = ["fi", "sv", "en"].map(str::to_owned).to_vec();
    let mut account = Ptv {
        url: sim.base_url.clone(),
        login_url: format!("{}/api/auth/api-login", sim.base_url),
        username: USER.to_owned(),
        password_file: SecretFile(password),
        organisation_id: ORGANISATION.to_owned(),
        profile: "live-2026".to_owned(),
        reference_dir: Some(root().join("tests/samples/reference")),
        pace_per_second: 10_000,
        apply: PtvApply::Asked,
        stop_loss_percent: 5,
        ..Ptv::default()
    };
    tune(&mut account);
    ground.config.tenants[0].ptv = Some(account);
    std::fs::write(&ground.file, toml::to_string(&ground.config).expect("TOML")).expect("written");
    ground
}

pub(crate) fn sample() -> Vec<Value> {
    let text = std::fs::read(root().join("tests/samples/catalogue/turku.json")).expect("the sample");
    let sample: Value = serde_json::from_slice(&text).expect("JSON");
    sample["entities"].as_array().expect("records").clone()
}

/// The work of a run: changed texts, new services, and some of the last run's withdrawn.
fn change(catalogue: &mut Vec<Value>, number: usize) {
    let is = |record: &&mut Value, laji: &str| record["laji"] == laji;
    let kept = |record: &&mut Value| record["koodi"].as_str().is_some_and(|code| !code.starts_with("uusi-"));
    let channels = catalogue.iter_mut().filter(|it| is(it, "palvelukanava")).filter(kept);
    for record in channels.skip(number % 5).step_by(2).take(CHANGED / 2) {
        record["tiivistelma_kieliversiot"]["fi"] = format!("Tiivistelmä numero {number}.").into();
    }
    let services = catalogue.iter_mut().filter(|it| is(it, "palvelu")).filter(kept);
    for record in services.skip(number % 7).step_by(2).take(CHANGED / 2) {
        record["tiivistelma_kieliversiot"]["fi"] = format!("Tiivistelmä numero {number}.").into();
    }
    for record in catalogue.iter_mut().filter(|it| is(it, "palvelu")) {
        let code = record["koodi"].as_str().unwrap_or_default();
        if number > 0 && code.starts_with(&format!("uusi-{}-", number - 1)) && code.ends_with(['1', '3']) {
            record["tila"] = json!({"koodi": "3"});
        }
    }
    let template = catalogue.iter().find(|it| it["laji"] == "palvelu" && it["koodi"] == "101").expect("101").clone();
    for new in 0..NEW {
        let mut service = template.clone();
        service["koodi"] = format!("uusi-{number}-{new}").into();
        for (lang, name) in service["nimi_kieliversiot"].as_object_mut().expect("names") {
            *name = format!("Palvelu {lang} {number} {new}").into();
        }
        service["tiivistelma_kieliversiot"]["fi"] = format!("Uusi numero {number}.").into();
        catalogue.push(service);
    }
}

pub(crate) async fn push(victim: &Victim, records: &[Value]) {
    let request = RawRequest {
        method: Method::PUT,
        url: format!("http://{}/intake/v1/{TENANT}/entities", victim.addresses["intake"]),
        headers: vec![
            ("authorization".to_owned(), format!("Bearer {INTAKE_KEY}").into_bytes()),
            ("content-type".to_owned(), b"application/json".to_vec()),
        ],
        body: RawBody::Sized(Value::from(records.to_vec()).to_string().into()),
    };
    let answer = plain_door().send(request).await.expect("an answer");
    let said: Value = serde_json::from_slice(&answer.body).expect("JSON");
    assert_eq!((answer.status.as_u16(), &said["refused"]), (200, &json!(0)), "{said}");
}

/// What `silta ptv apply --allow-removals` asks.
async fn ask_all(ground: &Ground) -> Value {
    ask(ground, Command::PtvApply { tenant: TENANT.into(), steps: None, allow_removals: true }).await
}

async fn ask(ground: &Ground, command: Command) -> Value {
    call(&ground.data().join("silta.sock"), &command).await.expect("answered")
}

/// Waits until nothing waits.
pub(crate) async fn settle(ground: &Ground) {
    for _ in 0..1_200 {
        let status = ask(ground, Command::PtvStatus { tenant: Some(TENANT.into()) }).await;
        let status = &status[TENANT];
        assert_eq!((&status["parked"], status.get("stopped")), (&json!(0), None), "{status}");
        if status["waiting"] == status["unasked"] {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("the apply does not end");
}

/// What the dead process had claimed is free after some minutes; the test does not wait for them.
async fn time_passes(ground: &Ground) {
    let folder = tempfile::tempdir().expect("a folder");
    let scratch = Scratch::open(folder, ground.store.clone()).await.expect("beside nobody");
    scratch.tamper("UPDATE mirror SET lease_until = 0 WHERE lease_owner IS NOT NULL").await.expect("free");
    scratch.store.close().await;
}

/// PTV holds what the catalogue says, and each of it once.
async fn equal(ground: &Ground, sim: &PtvSimulator, catalogue: &[Value], number: usize) {
    let plan = ask(ground, Command::PtvPlan { tenant: TENANT.into() }).await;
    let steps = plan["steps"].as_array().expect("steps");
    let acts: BTreeMap<&str, usize> = steps.iter().fold(BTreeMap::new(), |mut acts, step| {
        *acts.entry(step["act"].as_str().expect("an act")).or_default() += 1;
        acts
    });
    assert!(acts.keys().all(|act| ["unchanged", "withheld"].contains(act)), "run {number}: {acts:?}");
    assert_eq!(plan["calls"], 0);

    let dump = sim.dump();
    let mut named: BTreeMap<(String, String), Vec<&Value>> = BTreeMap::new();
    for entity in dump["entities"].as_object().expect("entities").values() {
        let kind = entity["kind"].as_str().expect("a kind");
        for member in ["serviceNames", "serviceChannelNames"] {
            let names = entity["content"][member].as_array().into_iter().flatten();
            for name in names.filter(|name| name["language"] == "fi" && name["type"] != "AlternativeName") {
                let name = name["value"].as_str().expect("a name").to_owned();
                named.entry((kind.to_owned(), name)).or_default().push(entity);
            }
        }
    }
    let twice: Vec<_> = named.iter().filter(|(_, of)| of.len() > 1).map(|(name, _)| name).collect();
    assert!(twice.is_empty(), "run {number}: twice in PTV: {twice:?}");

    // By PTV's own word, not only by our plan: each service that is not withheld, its text and its state.
    let withheld: Vec<&Value> =
        steps.iter().filter(|it| it["kind"] == "service" && it["act"] == "withheld").map(|it| &it["code"]).collect();
    let mut compared = 0;
    for record in catalogue.iter().filter(|it| it["laji"] == "palvelu" && !withheld.contains(&&it["koodi"])) {
        let name = record["nimi_kieliversiot"]["fi"].as_str().expect("a name").to_owned();
        let held = named.get(&("Service".to_owned(), name.clone())).unwrap_or_else(|| panic!("PTV has no {name}"));
        let status = if record["tila"]["koodi"] == "3" { "Deleted" } else { "Published" };
        let summaries = held[0]["content"]["serviceDescriptions"].as_array().expect("texts").iter();
        let mut summaries = summaries.filter(|it| it["language"] == "fi" && it["type"] == "Summary");
        let summary = summaries.next().map(|it| it["value"].clone()).unwrap_or_default();
        assert_eq!(
            (&held[0]["status"], &summary),
            (&json!(status), &record["tiivistelma_kieliversiot"]["fi"]),
            "run {number}: {name}"
        );
        compared += 1;
    }
    assert!(compared > 50, "{compared}");
}
