//! When a change is sent, and what is told of it afterwards.

use std::time::{Duration, Instant};

use conformance::ptv::FaultAction;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::{Bench, find, key, slice};
use crate::model::{Kind, OwnFields};
use crate::ptv::outlook::{Outlook, OutlookState};

async fn outlook(bench: &Bench, kind: Kind, code: &str) -> Option<Outlook> {
    let view = bench.catalogue.view("turku").expect("a view");
    let stored = view.find(&key(kind, code)).expect("a record");
    bench.worker.outlooks([&stored.entity]).await.expect("read").of(&stored.entity)
}

async fn state(bench: &Bench, kind: Kind, code: &str) -> Option<OutlookState> {
    outlook(bench, kind, code).await.map(|outlook| outlook.state)
}

#[tokio::test]
async fn a_change_is_told_when_it_will_be_sent_and_that_ptv_accepted_it() {
    let bench = Bench::new().await.paced(10).await;
    bench.accept(slice(&["101"])).await;
    let sent_by = |outlook: Option<Outlook>| outlook.and_then(|outlook| outlook.sent_by);
    let organisation = sent_by(outlook(&bench, Kind::Organisation, "1").await).expect("a time");
    let service = sent_by(outlook(&bench, Kind::Service, "101").await).expect("a time");
    let offer = sent_by(outlook(&bench, Kind::Offer, "901").await).expect("a time");
    let now = bench.world.now();
    assert!(now < organisation && organisation < service && service < offer, "{organisation} {service} {offer}");
    let waiting: u64 = bench.worker.status().await.expect("read").waiting;
    let all = SignedDuration::from_secs(i64::try_from((waiting * 2).div_ceil(10)).expect("few"));
    assert_eq!(offer, now + all, "{waiting} wait");
    assert_eq!(outlook(&bench, Kind::Class, "1_10").await, None, "classes are not in PTV");

    bench.run().await;
    bench.later(600).await;
    let service = outlook(&bench, Kind::Service, "101").await.expect("known");
    assert_eq!((service.state, service.sent_by, service.reason), (OutlookState::Accepted, None, None));
    assert_eq!(service.guid, Some(bench.guid(Kind::Service, "101")));
    assert!(service.at.is_some_and(|at| at >= now && at <= bench.world.now()), "{:?}", service.at);
    assert_eq!(state(&bench, Kind::Offer, "901").await, Some(OutlookState::Accepted));
}

#[tokio::test]
async fn a_change_that_does_not_get_through_is_told_with_its_reason() {
    let bench = Bench::new().await;
    bench.sync(slice(&["101"])).await;
    let renamed = |name: &str| {
        let mut all = slice(&["101"]);
        find(&mut all, "palvelu", "101")["nimi_kieliversiot"]["fi"] = name.into();
        all
    };
    bench.sim.lock(&bench.guid(Kind::Service, "101"));
    bench.sync(renamed("Varhaiskasvatus Turussa")).await;
    let retried = outlook(&bench, Kind::Service, "101").await.expect("known");
    assert_eq!(retried.state, OutlookState::Retrying);
    assert!(retried.sent_by.is_some_and(|by: Timestamp| by > bench.world.now()), "{:?}", retried.sent_by);
    assert!(retried.reason.is_some_and(|reason| reason.contains("locked")));
    bench.sim.unlock(&bench.guid(Kind::Service, "101"));
    bench.later(600).await;
    assert_eq!(state(&bench, Kind::Service, "101").await, Some(OutlookState::Accepted));

    let refused = FaultAction::Status(400, r#"{"ServiceNames[1].Value":["The field is invalid."]}"#.to_owned());
    bench.inject("PUT", "/Service/", 1, refused);
    bench.sync(renamed("Varhaiskasvatus")).await;
    let parked = outlook(&bench, Kind::Service, "101").await.expect("known");
    assert_eq!((parked.state, parked.sent_by), (OutlookState::Parked, None));
    assert_eq!(parked.reason.as_deref(), Some("PTV refused nimi_kieliversiot.sv"), "by the record's own field");
    let told = parked.findings.first().expect("a finding");
    assert_eq!(
        (&told["field"], &told["lang"], &told["rule"]),
        (&json!("nimi_kieliversiot.sv"), &json!("sv"), &json!("ptv"))
    );
    for lang in ["fi", "sv", "en"] {
        assert!(told[lang].as_str().is_some_and(|text| text.contains("The field is invalid.")), "{told}");
    }
    let troubles = bench.troubles().await;
    assert_eq!(troubles.first().map(|it| &it.findings), Some(&parked.findings), "the operator sees the same");
}

#[tokio::test]
async fn a_change_that_our_rules_keep_back_is_not_told_as_accepted() {
    let bench = Bench::new().await;
    bench.sync(slice(&["101"])).await;
    let mut all = slice(&["101"]);
    find(&mut all, "palvelu", "101")["tiivistelma_kieliversiot"]["fi"] = "x".repeat(151).into();
    bench.sync(all).await;
    let withheld = outlook(&bench, Kind::Service, "101").await.expect("known");
    assert_eq!((withheld.state, withheld.sent_by), (OutlookState::Withheld, None));
    assert!(withheld.guid.is_some(), "the earlier revision is still in PTV");
    bench.sync(slice(&["101"])).await;
    assert_eq!(state(&bench, Kind::Service, "101").await, Some(OutlookState::Accepted));
}

#[tokio::test]
async fn what_the_operator_holds_back_stays_in_ptv_as_it_is_until_it_is_let_go() {
    let bench = Bench::new().await;
    bench.sync(slice(&["101"])).await;
    let service = key(Kind::Service, "101");
    let hold = async |held| {
        let own = OwnFields { held, ..OwnFields::default() };
        assert!(bench.catalogue.set_own("turku", &service, own).await.expect("kept"));
        bench.run().await;
    };
    let text = || bench.entity(Kind::Service, "101")["content"].to_string();
    let writes = || bench.sim.writes().0.values().sum::<u64>();
    hold(true).await;
    let before = (text(), bench.connections(), writes());
    let mut all = slice(&["101"]);
    find(&mut all, "palvelu", "101")["nimi_kieliversiot"]["fi"] = "Varhaiskasvatus Turussa".into();
    bench.sync(all.clone()).await;
    find(&mut all, "palvelu", "101")["tila"] = serde_json::json!({"koodi": "3"});
    bench.sync(all.clone()).await;
    assert_eq!((text(), bench.connections(), writes()), before, "neither changed nor archived");
    let held = outlook(&bench, Kind::Service, "101").await.expect("known");
    assert_eq!(held.state, OutlookState::Withheld);
    assert!(held.reason.is_some_and(|reason| reason.contains("held back by the operator")));
    let planned = bench.worker.plan();
    let step = planned.iter().find(|step| step.key == service).expect("planned");
    assert_eq!(step.findings.first().map(|finding| finding.rule), Some("held"));

    find(&mut all, "palvelu", "101")["tila"] = serde_json::json!({"koodi": "1"});
    bench.sync(all).await;
    assert_eq!(writes(), before.2);
    hold(false).await;
    assert!(text().contains("Varhaiskasvatus Turussa"));
    assert_eq!(state(&bench, Kind::Service, "101").await, Some(OutlookState::Accepted));
}

#[tokio::test]
async fn calls_keep_the_pace_of_the_account() {
    const PACE: u32 = 50;
    let bench = Bench::new().await.paced(PACE).await;
    bench.accept(slice(&["101"])).await;
    let started = Instant::now();
    bench.run().await;
    let calls = u32::try_from(bench.sim.writes().0.values().sum::<u64>()).expect("few");
    assert!(calls > 10, "{calls} calls");
    let least = Duration::from_secs(1) / PACE * (calls - 1);
    assert!(started.elapsed() >= least, "{calls} calls in {:?}", started.elapsed());
}
