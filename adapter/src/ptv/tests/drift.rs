//! What people do in PTV's own pages is seen, shown with both sides, and handled by the tenant's policy.

use std::time::Duration;

use serde_json::{Value, json};

use super::super::drift::{Care, Class, Decided, Found, Keep, OnEdit, Report};
use super::super::profile::Profile;
use super::super::worker::CONNECTIONS;
use super::{Bench, ORGANISATION, USER, find, key, records, slice};
use crate::model::Kind;
use crate::ptv::outlook::OutlookState;

const FOREIGN: &str = "99999999-8888-4777-8666-555555555555";

impl Bench {
    /// The same tenant with another policy.
    fn with(mut self, on_edit: OnEdit) -> Bench {
        self.worker = self.worker.with_care(Care { on_edit, ..Care::default() }, None);
        self
    }

    async fn look(&self) -> Report {
        self.worker.look(None).await.expect("looks")
    }

    /// A whole look, what follows of it, and the work.
    async fn reconcile(&self) -> Report {
        let report = self.worker.reconcile(None).await.expect("reconciles");
        self.run().await;
        report
    }

    fn rename_in_ptv(&self, name: &str) {
        self.hand.advance(Duration::from_mins(1));
        let names: Vec<Value> = ["fi", "sv", "en"]
            .iter()
            .map(|lang| json!({"language": lang, "type": "Name", "value": format!("{name} {lang}")}))
            .collect();
        assert!(self.sim.edit(&self.guid(Kind::Service, "101"), "serviceNames", json!(names)));
    }

    fn name_in_ptv(&self) -> String {
        let names = self.entity(Kind::Service, "101")["content"]["serviceNames"].clone();
        let all = names.as_array().cloned().unwrap_or_default();
        let fi = all.iter().find(|it| it["language"] == "fi" && it["type"] == "Name");
        fi.and_then(|it| it["value"].as_str()).unwrap_or_default().to_owned()
    }

    /// A service like 101 that somebody makes in PTV's own pages; its GUID.
    fn make_in_ptv(&self, name: &str) -> String {
        let twin = self.worker.twins().get("service", "101").expect("a twin");
        let mut body: Value = serde_json::from_slice(&twin.pushed_body.expect("sent")).expect("JSON");
        let members = body.as_object_mut().expect("an object");
        members.remove("sourceId");
        for one in body["serviceNames"].as_array_mut().expect("names") {
            one["value"] = format!("{name} {}", one["language"].as_str().unwrap_or_default()).into();
        }
        let token = self.sim.token_for(USER).expect("a user");
        let (status, made) = self.sim.handle("POST", "/api/v11/Service", Some(&token), Some(&body));
        assert_eq!(status, 200, "{made}");
        made["id"].as_str().expect("an id").to_owned()
    }

    fn a_connection(&self) -> (String, String) {
        let service = self.guid(Kind::Service, "101");
        let dump = self.sim.dump();
        let mut all = dump["connections"].as_array().expect("connections").iter();
        let one = all.find(|it| it["serviceId"] == service.as_str()).expect("one");
        (service, one["serviceChannelId"].as_str().expect("an id").to_owned())
    }
}

fn classes(report: &Report) -> Vec<(&str, &str, Class)> {
    report.drift.iter().map(|it| (it.kind.as_str(), it.code.as_str(), it.class)).collect()
}

fn paths(found: &Found) -> Vec<&str> {
    found.differences.iter().map(|it| it.path.as_str()).collect()
}

#[tokio::test]
async fn what_was_sent_is_read_back_as_equal_in_both_profiles() {
    for profile in [Profile::Live2026, Profile::Source34] {
        let bench = Bench::of(profile, |_| {}).await;
        bench.sync(records()).await;
        let calls = bench.sim.requests();
        let report = bench.look().await;
        for found in &report.drift {
            println!("{profile:?} {} {} {:?} {:?}", found.kind, found.code, found.class, found.differences);
        }
        assert!(report.drift.is_empty(), "{:?}", classes(&report));
        assert!(report.compared > 50 && report.equal == report.compared, "{} {}", report.compared, report.equal);
        // Everything in hundreds: lists, a few pages, no call for each.
        let calls = bench.sim.requests() - calls;
        assert!(calls < 40, "{calls} calls for {} twins", report.compared);
    }
}

#[tokio::test]
async fn ptv_m_49_an_edit_in_ptv_is_shown_with_both_sides_before_it_is_overwritten() {
    let bench = Bench::new().await;
    bench.sync(slice(&["101"])).await;
    let ours = bench.name_in_ptv();
    bench.rename_in_ptv("Muutettu");
    let writes = bench.sim.writes().total();
    let report = bench.look().await;
    assert_eq!(classes(&report), [("service", "101", Class::Edited)]);
    assert_eq!(paths(&report.drift[0]), ["name.fi", "name.sv", "name.en"]);
    let difference = &report.drift[0].differences[0];
    assert_eq!((&difference.ours, &difference.ptv), (&vec![ours.clone()], &vec!["Muutettu fi".to_owned()]));
    assert_eq!(bench.sim.writes().total(), writes, "a look writes nothing");
    assert_eq!(bench.name_in_ptv(), "Muutettu fi");

    let report = bench.reconcile().await;
    assert_eq!((report.repaired, bench.name_in_ptv()), (1, ours));
    assert!(bench.look().await.drift.is_empty());
    assert!(bench.worker.open_drift().is_empty());
}

#[tokio::test]
async fn ptv_wins_keeps_what_was_edited_until_a_person_says_otherwise() {
    let bench = Bench::new().await.with(OnEdit::PtvWins);
    bench.sync(slice(&["101"])).await;
    let ours = bench.name_in_ptv();
    bench.rename_in_ptv("Muutettu");
    assert_eq!(bench.reconcile().await.drift[0].held.as_deref(), Some("kept"));
    let mut changed = slice(&["101"]);
    find(&mut changed, "palvelu", "101")["tiivistelma_kieliversiot"]["fi"] = "Uusi tiivistelmä palvelusta.".into();
    bench.sync(changed).await;
    assert_eq!(bench.name_in_ptv(), "Muutettu fi", "a change of the catalogue does not overwrite it");
    // Another process knows it too.
    let again = bench.second().await;
    assert_eq!(again.open_drift().first().and_then(|found| found.held.clone()).as_deref(), Some("kept"));

    assert_eq!(bench.worker.resolve("service", "101", Keep::Ours).await.expect("decides"), Decided::SentAgain);
    bench.run().await;
    assert_eq!(bench.name_in_ptv(), ours);
    assert!(bench.entity(Kind::Service, "101").to_string().contains("Uusi tiivistelm"));
    assert_eq!(bench.worker.resolve("service", "101", Keep::Ours).await.expect("decides"), Decided::Nothing);
}

#[tokio::test]
async fn ask_parks_what_was_edited_until_a_person_has_chosen() {
    for (keep, stands) in [(Keep::Ours, false), (Keep::Ptv, true)] {
        let bench = Bench::new().await.with(OnEdit::Ask);
        bench.sync(slice(&["101"])).await;
        bench.rename_in_ptv("Muutettu");
        bench.reconcile().await;
        let troubles = bench.troubles().await;
        assert_eq!(troubles.len(), 1, "{troubles:?}");
        assert!(troubles[0].state == "parked" && troubles[0].reason.contains("silta ptv resolve"), "{troubles:?}");
        bench.reconcile().await;
        assert_eq!(bench.name_in_ptv(), "Muutettu fi", "asked once, and not written");
        bench.worker.resolve("service", "101", keep).await.expect("decides");
        bench.run().await;
        assert_eq!(bench.name_in_ptv() == "Muutettu fi", stands);
        assert!(bench.troubles().await.is_empty());
        let view = bench.catalogue.view("turku").expect("a view");
        let entity = &view.find(&key(Kind::Service, "101")).expect("a record").entity;
        let state = bench.worker.outlooks([entity]).await.expect("read").of(entity).expect("told").state;
        assert_eq!(state, if stands { OutlookState::Withheld } else { OutlookState::Accepted });
    }
}

#[tokio::test]
async fn what_was_archived_in_ptv_is_restored_with_its_connections() {
    let bench = Bench::new().await;
    bench.sync(slice(&["101"])).await;
    let (connections, guid) = (bench.connections(), bench.guid(Kind::Service, "101"));
    assert!(connections > 0 && bench.sim.archive(&guid) && bench.connections() < connections);
    let report = bench.reconcile().await;
    assert_eq!(classes(&report), [("service", "101", Class::Gone)]);
    assert_eq!(report.drift[0].reason, "archived in PTV");
    assert_eq!((bench.guid(Kind::Service, "101"), bench.connections()), (guid, connections));
    assert!(bench.look().await.drift.is_empty());

    let (service, channel) = bench.a_connection();
    assert!(bench.sim.archive(&channel));
    assert_eq!(bench.reconcile().await.drift.iter().filter(|it| it.class == Class::Gone).count(), 1);
    assert!(bench.look().await.drift.is_empty(), "{service}");
    assert_eq!(bench.connections(), connections);
}

#[tokio::test]
async fn what_we_archived_and_somebody_restored_is_archived_again() {
    let bench = Bench::new().await;
    bench.sync(slice(&["101"])).await;
    let guid = bench.guid(Kind::Service, "101");
    let mut all = slice(&["101"]);
    find(&mut all, "palvelu", "101")["tila"] = json!({"koodi": "3"});
    bench.sync(all).await;
    assert!(bench.look().await.drift.is_empty());
    assert!(bench.sim.restore(&guid));
    assert_eq!(classes(&bench.reconcile().await), [("service", "101", Class::Restored)]);
    assert_eq!(bench.sim.dump()["entities"][&guid]["status"], "Deleted");
}

#[tokio::test]
async fn somebody_at_work_in_ptv_is_told_and_left_alone() {
    let bench = Bench::new().await;
    bench.sync(slice(&["101"])).await;
    bench.worker.reconcile(None).await.expect("reconciles");
    let since = bench.world.now();
    bench.hand.advance(Duration::from_mins(1));
    let guid = bench.guid(Kind::Service, "101");
    let names = json!([{"language": "fi", "type": "Name", "value": "Luonnos"}]);
    assert!(bench.sim.save_draft_edit(&guid, "serviceNames", names));
    let writes = bench.sim.writes().total();
    let report = bench.worker.reconcile(Some(since)).await.expect("reconciles");
    bench.run().await;
    assert_eq!(classes(&report), [("service", "101", Class::BeingEdited)]);
    assert_eq!((bench.sim.writes().total(), bench.worker.open_drift().len()), (writes, 1));
    assert_eq!(bench.worker.status().await.expect("read").drift, 1);
    assert!(bench.sim.discard(&guid));
    let report = bench.worker.reconcile(Some(bench.world.now())).await.expect("reconciles");
    assert!(report.drift.is_empty() && bench.worker.open_drift().is_empty(), "{:?}", classes(&report));
}

#[tokio::test]
async fn a_connection_taken_away_in_ptv_is_found_by_a_whole_look_and_healed() {
    let bench = Bench::new().await;
    bench.sync(slice(&["101"])).await;
    let (service, channel) = bench.a_connection();
    let count = bench.connections();
    bench.hand.advance(Duration::from_mins(1));
    assert!(bench.sim.disconnect(&service, &channel));
    let feed = bench.worker.look(Some(bench.world.now())).await.expect("looks");
    assert!(feed.drift.is_empty(), "no time tells it: {:?}", classes(&feed));
    let report = bench.reconcile().await;
    assert_eq!(classes(&report), [(CONNECTIONS, "101", Class::Connections)]);
    assert_eq!(paths(&report.drift[0]), [format!("connection {channel}")]);
    assert_eq!(bench.connections(), count);
    bench.sim.connect(
        &service,
        &channel,
        json!({"description": [
        {"language": "fi", "type": "Description", "value": "Muualta sanottua."}]}),
    );
    assert_eq!(classes(&bench.reconcile().await), [(CONNECTIONS, "101", Class::Connections)]);
    assert!(bench.look().await.drift.is_empty());
}

#[tokio::test]
async fn a_stranger_stops_the_tenant_and_what_is_unknown_is_told() {
    let bench = Bench::of(Profile::Live2026, |config| {
        let foreign = conformance::ptv::PtvOrganization::municipality(FOREIGN, "091", &[("fi", "Toinen")]);
        config.organizations.push(foreign);
    })
    .await;
    bench.sync(slice(&["101"])).await;
    let guid = bench.guid(Kind::Service, "101");
    let made = bench.make_in_ptv("Toinen");
    let report = bench.reconcile().await;
    assert_eq!(classes(&report), [("unknown", made.as_str(), Class::Unknown)]);
    assert_eq!(bench.worker.status().await.expect("read").stopped, None);

    assert!(bench.sim.edit(&guid, "mainResponsibleOrganization", json!(FOREIGN)));
    let report = bench.reconcile().await;
    assert!(classes(&report).contains(&("service", "101", Class::Stranger)), "{:?}", classes(&report));
    assert!(bench.worker.status().await.expect("read").stopped.is_some());
    assert_ne!(FOREIGN, ORGANISATION);
}

#[tokio::test]
async fn the_answer_of_a_connection_set_is_checked_for_its_owner_too() {
    let bench = Bench::new().await;
    bench.sync(slice(&["101"])).await;
    let (service, channel) = bench.a_connection();
    let answer =
        json!({"id": service, "organizations": [{"roleType": "Responsible", "organization": {"id": FOREIGN}}]});
    bench.inject("PUT", "/Connection/", 1, conformance::ptv::FaultAction::Status(200, answer.to_string()));
    assert!(bench.sim.disconnect(&service, &channel));
    bench.reconcile().await;
    assert!(bench.worker.status().await.expect("read").stopped.is_some());
}

#[tokio::test]
async fn a_paused_tenant_sends_nothing_over_restarts_too() {
    let mut bench = Bench::new().await;
    bench.sync(slice(&["101"])).await;
    bench.worker.set_paused(true).await.expect("pauses");
    let mut changed = slice(&["101"]);
    find(&mut changed, "palvelu", "101")["nimi_kieliversiot"]["fi"] = "Varhaiskasvatus Turussa".into();
    let writes = bench.sim.writes().total();
    bench.sync(changed).await;
    bench.worker = bench.second().await;
    bench.run().await;
    let status = bench.worker.status().await.expect("read");
    assert!(status.paused && status.waiting > 0, "{status:?}");
    assert!(!bench.worker.reconcile_due().await.expect("looks"));
    assert_eq!(bench.sim.writes().total(), writes);
    bench.worker.set_paused(false).await.expect("resumes");
    bench.run().await;
    assert_eq!(bench.name_in_ptv(), "Varhaiskasvatus Turussa");
}

#[tokio::test]
async fn the_nightly_look_reads_what_changed_and_once_a_week_everything() {
    let bench = Bench::new().await;
    bench.sync(slice(&["101", "102", "103"])).await;
    assert!(!bench.worker.reconcile_due().await.expect("looks"), "planned for the night");
    let night = async |days: u64| {
        bench.hand.advance(Duration::from_hours(24 * days));
        let before = bench.sim.requests();
        assert!(bench.worker.reconcile_due().await.expect("looks"));
        assert!(!bench.worker.reconcile_due().await.expect("looks"), "once");
        bench.run().await;
        bench.sim.requests() - before
    };
    let first = night(1).await;
    let ours = bench.name_in_ptv();
    bench.rename_in_ptv("Muutettu");
    night(1).await;
    assert_eq!(bench.name_in_ptv(), ours, "found by the feed");
    let quiet = night(1).await;
    assert!(quiet < 2 * first + 6, "lists, and what was repaired: {quiet} {first}");
    let (service, channel) = bench.a_connection();
    let count = bench.connections();
    assert!(bench.sim.disconnect(&service, &channel));
    night(1).await;
    // Our own repair of the name shows in the feed, so the service may be read already this night.
    night(7).await;
    assert_eq!(bench.connections(), count, "found by the whole look");
    // Another process does not look again what this one has taken.
    assert!(!bench.second().await.reconcile_due().await.expect("looks"));
}

#[tokio::test]
async fn a_look_that_fails_is_tried_again_and_changes_nothing() {
    let bench = Bench::new().await;
    bench.sync(slice(&["101"])).await;
    assert!(!bench.worker.reconcile_due().await.expect("looks"));
    bench.rename_in_ptv("Muutettu");
    bench.hand.advance(Duration::from_hours(24));
    let half = conformance::ptv::FaultAction::Status(200, "<html>".to_owned());
    bench.inject("GET", "/EntitiesByOrganization/", 1, half);
    assert!(bench.worker.reconcile_due().await.is_err());
    assert!(bench.worker.open_drift().is_empty());
    assert!(!bench.worker.reconcile_due().await.expect("looks"), "not at once");
    bench.hand.advance(Duration::from_mins(31));
    assert!(bench.worker.reconcile_due().await.expect("looks"));
    bench.run().await;
    assert_ne!(bench.name_in_ptv(), "Muutettu fi");
}

#[tokio::test]
async fn ptv_m_47_a_name_that_somebody_took_in_ptv_is_told_with_its_guid_and_never_taken_over() {
    let bench = Bench::new().await;
    bench.sync(slice(&["101"])).await;
    let made = bench.make_in_ptv("Toinen");
    let mut all = slice(&["101", "102"]);
    find(&mut all, "palvelu", "102")["nimi_kieliversiot"]["fi"] = "Toinen fi".into();
    bench.sync(all).await;
    for _ in 0..6 {
        bench.later(3600).await;
    }
    let troubles = bench.troubles().await;
    let parked = troubles.iter().find(|it| it.kind == "service" && it.code == "102").expect("not sent");
    assert!(parked.state == "parked" && parked.reason.contains("take that one over"), "{parked:?}");
    assert!(bench.worker.twins().get("service", "102").is_none());
    let report = bench.look().await;
    assert!(classes(&report).contains(&("unknown", made.as_str(), Class::Unknown)), "{:?}", classes(&report));
}

#[tokio::test]
async fn what_differs_again_after_it_was_sent_is_shown_and_not_sent_each_night() {
    let bench = Bench::new().await;
    bench.sync(slice(&["101"])).await;
    bench.rename_in_ptv("Muutettu");
    assert_eq!(bench.reconcile().await.repaired, 1);
    assert!(bench.worker.open_drift().is_empty(), "it may have come right");
    bench.rename_in_ptv("Muutettu");
    let writes = bench.sim.writes().total();
    for _ in 0..2 {
        let report = bench.reconcile().await;
        assert_eq!((report.repaired, report.drift[0].held.as_deref()), (0, Some("stuck")));
    }
    assert_eq!((bench.sim.writes().total(), bench.worker.open_drift().len()), (writes, 1));
    bench.rename_in_ptv("Muuta");
    assert_eq!(bench.reconcile().await.repaired, 1, "another difference is another edit");
    assert!(bench.look().await.drift.is_empty());
}
