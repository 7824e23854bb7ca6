//! What PTV would archive for its age is foreseen: asked, alarmed, confirmed, touched.

use std::time::Duration;

use super::super::drift::{Care, Decided, Stage};
use super::{Bench, key, slice};
use crate::model::Kind;

const MONTH: u64 = 31 * 24;

#[tokio::test]
async fn ptv_m_55_what_nears_its_end_is_reported_and_still_right_writes_it_again() {
    let bench = Bench::new().await;
    bench.sync(slice(&["101"])).await;
    let written = |code: &str| bench.worker.twins().get("service", code).map(|twin| twin.updated_at);
    assert!(bench.worker.expiring().is_empty());
    bench.hand.advance(Duration::from_hours(12 * MONTH));
    let expiring = bench.worker.expiring();
    assert!(
        expiring.iter().all(|one| one.stage == Stage::Ask && one.kind != "organisation" && one.kind != "connections")
    );
    let service =
        expiring.iter().find(|one| (one.kind.as_str(), one.code.as_str()) == ("service", "101")).expect("asked");
    let status = bench.worker.status().await.expect("read");
    assert_eq!(status.expiring, u64::try_from(expiring.len()).expect("few"));
    let view = bench.catalogue.view("turku").expect("a view");
    let entity = &view.find(&key(Kind::Service, "101")).expect("a record").entity;
    let outlook = bench.worker.outlooks([entity]).await.expect("read").of(entity).expect("told");
    assert_eq!(outlook.confirm_by, Some(service.expires_at), "its CMS is told");

    let before = written("101");
    assert_eq!(bench.worker.confirm("service", "101").await.expect("confirms"), Decided::SentAgain);
    bench.run().await;
    assert!(written("101") > before);
    assert!(!bench.worker.expiring().iter().any(|one| one.kind == "service"));
    assert_eq!(bench.worker.confirm("service", "999").await.expect("refuses"), Decided::NoTwin);

    bench.hand.advance(Duration::from_hours(4 * MONTH));
    assert!(bench.worker.expiring().iter().any(|one| one.stage == Stage::Alarm), "the channels");
    bench.worker.reconcile(None).await.expect("reconciles");
    bench.run().await;
    assert!(bench.worker.expiring().iter().any(|one| one.stage == Stage::Alarm), "not touched without a word");
}

#[tokio::test]
async fn ptv_m_55_what_nears_its_end_is_touched_where_the_tenant_wants_it() {
    let mut bench = Bench::new().await;
    bench.worker = bench.worker.with_care(Care { touch_before_expiry: true, ..Care::default() }, None);
    bench.sync(slice(&["101"])).await;
    let guid = bench.guid(Kind::Service, "101");
    for _ in 0..3 {
        bench.hand.advance(Duration::from_hours(8 * MONTH));
        bench.worker.reconcile(None).await.expect("reconciles");
        bench.run().await;
    }
    let held = bench.sim.dump()["entities"][&guid]["status"].clone();
    assert_eq!(held, "Published", "two years later");
    assert!(bench.worker.expiring().iter().all(|one| one.stage == Stage::Ask));
}
