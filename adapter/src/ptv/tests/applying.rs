//! Plan and apply: what a person sees before it is sent, what is sent when it is asked for, and what is not.

use serde_json::{Value, json};

use super::super::apply::SavedStep;
use super::super::plan::{Planned, Step};
use super::super::worker::CONNECTIONS;
use super::{Bench, FaultAction, find, records, slice};
use crate::model::Kind;

const SUMMARY: &str = "tiivistelma_kieliversiot";

fn due(bench: &Bench) -> Vec<Step> {
    bench.worker.plan().into_iter().filter(Step::is_due).collect()
}

fn saved(bench: &Bench) -> Vec<SavedStep> {
    let step = |step: &Step| SavedStep {
        kind: step.kind.to_owned(),
        code: step.key.code.to_string(),
        act: step.act,
        digest: step.digest.as_ref().map(hex::encode),
    };
    due(bench).iter().map(step).collect()
}

async fn status(bench: &Bench) -> super::super::worker::Status {
    bench.worker.status().await.expect("a status")
}

/// Service points that stand for themselves, and what they name.
fn points(count: usize) -> Vec<Value> {
    let all = records();
    let mut chosen: Vec<Value> = all.iter().filter(|it| it["laji"] == "organisaatio").cloned().collect();
    let point = all.iter().find(|it| it["laji"] == "palvelupiste").expect("one");
    chosen.extend((0..count).map(|number| {
        let mut point = point.clone();
        point["koodi"] = format!("piste-{number}").into();
        for (_, name) in point["nimi_kieliversiot"].as_object_mut().expect("names") {
            *name = format!("{} {number}", name.as_str().expect("text")).into();
        }
        point
    }));
    chosen
}

fn withdraw(records: &mut [Value], laji: &str, most: usize) {
    for record in records.iter_mut().filter(|it| it["laji"] == laji).take(most) {
        record["tila"] = json!({"koodi": "3"});
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_plan_tells_the_calls_that_the_sync_then_makes() {
    let bench = Bench::new().await;
    bench.accept(records()).await;
    let foreseen = bench.worker.whole_plan().calls();
    bench.run().await;
    assert_eq!(foreseen, bench.sim.writes().total());
    assert_eq!(bench.worker.whole_plan().calls(), 0);

    // Some of everything: changed, withdrawn, come back.
    let mut all = records();
    find(&mut all, "palvelu", "101")[SUMMARY]["fi"] = "Varhaiskasvatusta Turussa.".into();
    withdraw(&mut all, "palvelupiste", 3);
    bench.accept(all).await;
    let plan = bench.worker.whole_plan();
    assert_eq!(plan.steps.iter().filter(|step| step.act == Planned::Archive).count(), 3);
    let before = bench.sim.writes().total();
    bench.run().await;
    // Sets that connected the places are written once more, after them: they follow, they are not in the plan yet.
    let sets = bench.sim.writes().total() - before - plan.calls();
    assert!(plan.calls() >= 4 && sets <= 10, "{} {sets}", plan.calls());
    bench.accept(records()).await;
    let plan = bench.worker.whole_plan();
    let back = plan.steps.iter().find(|step| step.kind == "servicePoint" && step.is_due()).expect("planned");
    assert_eq!((back.act, back.calls), (Planned::Update, 1), "PTV has it still, archived");
    bench.run().await;
    assert_eq!(bench.worker.whole_plan().calls(), 0);
}

#[tokio::test]
async fn a_plan_names_the_fields_that_change_and_those_of_what_is_new() {
    let bench = Bench::new().await;
    let mut all = slice(&["101"]);
    // What it names is in PTV first: only then its body is known.
    bench.sync(all.iter().filter(|it| it["laji"] == "organisaatio").cloned().collect()).await;
    bench.accept(all.clone()).await;
    let new = bench.worker.plan();
    let service = new.iter().find(|step| step.kind == "service").expect("planned");
    assert!(service.changes.iter().any(|it| it.path.starts_with("serviceNames[fi") && it.before.is_null()));
    bench.run().await;
    assert_eq!(due(&bench).len(), 0);

    let before = find(&mut all, "palvelu", "101")[SUMMARY]["fi"].clone();
    find(&mut all, "palvelu", "101")[SUMMARY]["fi"] = "Varhaiskasvatusta Turussa.".into();
    bench.accept(all).await;
    let steps = due(&bench);
    let told: Vec<_> = steps.iter().flat_map(|step| &step.changes).collect();
    assert_eq!((steps.len(), told.len(), steps[0].calls), (1, 1, 1), "{told:?}");
    assert_eq!(told[0].path, "serviceDescriptions[fi Summary].value");
    assert_eq!((&told[0].before, &told[0].after), (&before, &json!("Varhaiskasvatusta Turussa.")));
    let shown = serde_json::to_value(&steps[0]).expect("JSON");
    assert_eq!(shown["changes"][0]["path"], "serviceDescriptions[fi Summary].value");
    assert_eq!(shown["digest"].as_str().map(str::len), Some(64));
}

#[tokio::test]
async fn where_changes_are_asked_for_nothing_is_sent_before() {
    let bench = Bench::new().await.set(|settings| settings.asked_only = true).await;
    let mut all = slice(&["101"]);
    bench.accept(all.clone()).await;
    bench.later(3600).await;
    assert_eq!(bench.sim.requests(), 0);
    let waits = status(&bench).await;
    assert!(waits.waiting > 0 && waits.unasked == waits.waiting, "{waits:?}");
    assert!(bench.worker.idle(std::time::Duration::from_secs(9)).await.expect("idle").as_secs() == 9, "it rests");

    let asking = bench.worker.ask(bench.worker.whole_plan(), None, false).await.expect("asked");
    assert!(asking.asked > 3 && asking.changed.is_empty(), "{asking:?}");
    bench.run().await;
    let now = status(&bench).await;
    assert_eq!((now.waiting, now.unasked, now.parked, due(&bench).len()), (0, 0, 0, 0), "{now:?}");
    assert_eq!(asking.calls, bench.sim.writes().total());
    assert_eq!(bench.connections(), bench.worker.twins().count(CONNECTIONS, |_| true).min(1) * bench.connections());

    // What follows from what was asked for goes with it: an archived channel leaves its sets.
    let channel = all.iter().position(|it| it["laji"] == "palvelukanava").expect("one");
    all[channel]["tila"] = json!({"koodi": "3"});
    bench.accept(all.clone()).await;
    bench.run().await;
    let before = bench.connections();
    bench.worker.ask(bench.worker.whole_plan(), None, false).await.expect("asked");
    bench.run().await;
    assert!(bench.connections() < before);
    assert_eq!((status(&bench).await.waiting, due(&bench).len()), (0, 0));

    // A sync asks, too.
    find(&mut all, "palvelu", "101")[SUMMARY]["fi"] = "Varhaiskasvatusta Turussa.".into();
    bench.accept(all).await;
    bench.worker.ask_all().await.expect("asked");
    bench.run().await;
    assert!(bench.entity(Kind::Service, "101")["content"].to_string().contains("Varhaiskasvatusta Turussa."));
}

#[tokio::test]
async fn of_a_saved_plan_only_what_still_says_the_same_is_sent() {
    let bench = Bench::new().await.set(|settings| settings.asked_only = true).await;
    let mut all = slice(&["101", "102"]);
    bench.accept(all.clone()).await;
    bench.worker.ask(bench.worker.whole_plan(), None, false).await.expect("asked");
    bench.run().await;
    let set = |all: &mut Vec<Value>, code: &str, text: &str| find(all, "palvelu", code)[SUMMARY]["fi"] = text.into();
    set(&mut all, "101", "Ensimmäinen suunnitelma.");
    set(&mut all, "102", "Toinen suunnitelma.");
    bench.accept(all.clone()).await;
    let plan = saved(&bench);
    assert_eq!(plan.len(), 2);

    // One of them changes before the plan is applied, the other while it is.
    set(&mut all, "101", "Vielä uudempi teksti.");
    bench.accept(all.clone()).await;
    let asking = bench.worker.ask(bench.worker.whole_plan(), Some(plan.clone()), false).await.expect("asked");
    assert_eq!((asking.asked, asking.changed.as_slice()), (1, &["service/101".to_owned()][..]));
    set(&mut all, "102", "Sekin ehti muuttua.");
    bench.accept(all.clone()).await;
    let before = bench.sim.requests();
    bench.run().await;
    assert_eq!(bench.sim.requests(), before, "neither is what the plan says");
    let told: Vec<_> = bench.troubles().await.into_iter().filter(|it| it.reason.starts_with("changed since")).collect();
    assert_eq!(told.iter().map(|it| it.code.as_str()).collect::<Vec<_>>(), ["102"]);

    // A plan that stands is done once, and can be asked for again.
    let plan = saved(&bench);
    assert_eq!(bench.worker.ask(bench.worker.whole_plan(), Some(plan.clone()), false).await.expect("asked").asked, 2);
    bench.run().await;
    let again = bench.worker.ask(bench.worker.whole_plan(), Some(plan), false).await.expect("asked");
    assert_eq!((again.asked, again.done, again.changed.len()), (0, 2, 0));
    assert_eq!(due(&bench).len(), 0);
    assert!(bench.entity(Kind::Service, "102")["content"].to_string().contains("Sekin ehti muuttua."));
}

#[tokio::test(flavor = "multi_thread")]
async fn ptv_m_56_a_wiped_source_archives_nothing_however_it_is_claimed() {
    const ALL: usize = 100;
    let bench = Bench::new().await;
    let mut all = points(ALL);
    bench.sync(all.clone()).await;
    assert_eq!(bench.count("ServiceLocation", "POST", 200), ALL as u64);
    withdraw(&mut all, "palvelupiste", ALL);
    // In parts, as a source that is being emptied does: the first nine look like a day's work, the rest does not.
    for part in all.chunks(9) {
        bench.accept(part.to_vec()).await;
        bench.run().await;
    }
    bench.later(7200).await;
    let archived = status(&bench).await.archived;
    assert!(archived <= 9, "{archived}");
    let held = status(&bench).await.held;
    assert_eq!(held + archived, ALL as u64);
    assert_eq!(bench.worker.held(), held, "the metric");
    let troubles = bench.troubles().await;
    assert!(troubles.iter().all(|it| it.state == "held" && it.reason.contains("silta ptv apply --allow-removals")));
    let held_steps: Vec<_> = bench.worker.plan().into_iter().filter(|step| step.act == Planned::Held).collect();
    assert_eq!((held_steps.len() as u64, held_steps[0].calls), (held, 0));
    assert!(held_steps[0].reason.as_deref().is_some_and(|it| it.contains("--allow-removals")));

    // Nothing slips through: not by a sync of everything, not by a plain apply, not by a restart.
    bench.worker.want_all().await.expect("wanted");
    bench.run().await;
    bench.worker.ask(bench.worker.whole_plan(), None, false).await.expect("asked");
    bench.run().await;
    let bench = bench.set(|_| {}).await;
    assert_eq!(bench.worker.held(), held);
    bench.worker.want_all().await.expect("wanted");
    bench.run().await;
    assert_eq!(status(&bench).await.held, held);

    // Let go, all of it goes, and what follows is an ordinary day again.
    let asking = bench.worker.ask(bench.worker.whole_plan(), None, true).await.expect("asked");
    assert_eq!((asking.asked, asking.held), (held, 0));
    bench.run().await;
    let now = status(&bench).await;
    assert_eq!((now.held, now.archived, now.waiting), (0, held, 0));
    assert_eq!(bench.entity(Kind::ServicePoint, "piste-99")["status"], "Deleted");
}

#[tokio::test(flavor = "multi_thread")]
async fn ptv_m_56_a_wipe_in_one_batch_is_held_whole_and_ends_when_the_source_is_whole_again() {
    let bench = Bench::new().await;
    let all = points(60);
    bench.sync(all.clone()).await;
    let mut wiped = all.clone();
    withdraw(&mut wiped, "palvelupiste", 60);
    let before = bench.sim.writes().total();
    bench.sync(wiped).await;
    assert_eq!(bench.sim.writes().total(), before);
    assert_eq!((status(&bench).await.held, status(&bench).await.archived), (60, 0));
    // The source comes back: nothing was lost, and nothing is held.
    bench.sync(all.clone()).await;
    assert_eq!((status(&bench).await.held, bench.sim.writes().total()), (0, before));
    // A small part goes by itself.
    let mut few = all;
    withdraw(&mut few, "palvelupiste", 3);
    bench.sync(few).await;
    assert_eq!((status(&bench).await.held, status(&bench).await.archived), (0, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn ptv_m_56_connection_sets_emptied_at_once_are_held() {
    let bench = Bench::new().await;
    let mut all = records();
    bench.sync(all.clone()).await;
    let before = bench.connections();
    withdraw(&mut all, "palvelutarjous", usize::MAX);
    bench.sync(all.clone()).await;
    assert_eq!(bench.connections(), before);
    let held = status(&bench).await.held;
    assert!(held > 10, "{held}");
    let held_steps = bench.worker.plan().into_iter().filter(|step| step.act == Planned::Held);
    assert_eq!(held_steps.map(|step| assert_eq!(step.kind, CONNECTIONS)).count() as u64, held);
    assert_eq!(bench.worker.ask(bench.worker.whole_plan(), None, true).await.expect("asked").asked, held);
    bench.run().await;
    assert_eq!((bench.connections(), status(&bench).await.held), (0, 0));
}

#[tokio::test]
async fn each_state_of_a_twin_is_shown_with_the_act_that_resolves_it() {
    for (answer, says) in [
        (super::not_found("Service is locked by another user"), "close"),
        (super::not_found("User has no rights to update"), "give it the right"),
        (
            FaultAction::Status(400, json!({"PublishingStatus": ["not when status Modified"]}).to_string()),
            "published or discarded",
        ),
        (
            FaultAction::Status(
                400,
                json!({"ServiceNames": ["The name already exists within organization."]}).to_string(),
            ),
            "take that one over",
        ),
        (FaultAction::Status(400, json!({"Languages": ["unknown"]}).to_string()), "Mend it and send it again"),
    ] {
        let bench = Bench::new().await;
        let mut all = slice(&["101"]);
        bench.sync(all.clone()).await;
        find(&mut all, "palvelu", "101")[SUMMARY]["fi"] = "Varhaiskasvatusta Turussa.".into();
        bench.inject("PUT", "Service/", 1, answer);
        bench.sync(all).await;
        let troubles = bench.troubles().await;
        let told = json!(troubles).to_string();
        assert!(troubles.len() == 1 && told.contains(says), "{says}: {told}");
    }
}

#[tokio::test]
async fn what_a_person_archived_in_ptv_comes_back_with_the_next_change() {
    let bench = Bench::new().await;
    let mut all = slice(&["101"]);
    bench.sync(all.clone()).await;
    let guid = bench.guid(Kind::Service, "101");
    bench.sim.archive(&guid);
    find(&mut all, "palvelu", "101")[SUMMARY]["fi"] = "Varhaiskasvatusta Turussa.".into();
    bench.sync(all).await;
    assert_eq!(bench.entity(Kind::Service, "101")["status"], "Published");
    assert_eq!((bench.guid(Kind::Service, "101"), bench.troubles().await), (guid, vec![]));
}
