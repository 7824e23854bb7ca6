//! The report of a run (issue 5, part 8): it tells what the run did, and nothing that it did not.

use std::time::Duration;

use serde_json::json;

use super::{Bench, find, slice};
use crate::model::Kind;
use crate::ptv::report::{Report, What};

fn counts(report: &Report) -> Vec<(What, u64)> {
    report.checks.iter().map(|check| (check.what, check.count)).filter(|(_, count)| *count > 0).collect()
}

#[tokio::test]
async fn the_report_has_every_act_of_the_run_and_its_last_example() {
    let bench = Bench::new().await;
    let empty = bench.worker.report(None).await.expect("a report");
    assert_eq!((counts(&empty), empty.from, empty.checks.len()), (vec![], None, 10));

    let records = slice(&["101"]);
    bench.sync(records.clone()).await;
    let begun = bench.world.now();
    let first = bench.worker.report(None).await.expect("a report");
    let count = |report: &Report, what: What| report.checks.iter().find(|it| it.what == what).map_or(0, |it| it.count);
    assert_eq!(count(&first, What::ServiceAdded), 1);
    assert_eq!((count(&first, What::ServiceChanged), count(&first, What::Archived)), (0, 0));
    let channels = bench.count("ServiceLocation", "POST", 200)
        + ["EChannel", "Phone", "WebPage", "PrintableForm"]
            .map(|kind| bench.count(kind, "POST", 200))
            .iter()
            .sum::<u64>();
    assert_eq!(count(&first, What::ChannelAdded), channels);
    assert!(count(&first, What::ConnectionsAdded) + count(&first, What::ConnectionsChanged) > 0);
    let example = first.checks.iter().find(|it| it.what == What::ServiceAdded).and_then(|it| it.example.clone());
    let example = example.expect("an example");
    assert_eq!((example.code.as_str(), example.guid), ("101", Some(bench.guid(Kind::Service, "101"))));
    assert!(!example.name.is_empty());

    // A second run: a change and an archiving; the first is not told again.
    bench.hand.advance(Duration::from_hours(1));
    let mut records = records;
    find(&mut records, "palvelu", "101")["tiivistelma_kieliversiot"]["fi"] = "Toinen tiivistelmä palvelusta.".into();
    bench.sync(records.clone()).await;
    let gone = json!({"laji": "palvelu", "koodi": "101", "tila": {"koodi": "9"}});
    let offers: Vec<_> = records
        .iter()
        .filter(|it| it["laji"] == "palvelutarjous")
        .map(|it| json!({"laji": "palvelutarjous", "koodi": it["koodi"], "tila": {"koodi": "9"}}))
        .collect();
    bench.sync(offers).await;
    bench.sync(vec![gone]).await;
    let second = bench.worker.report(Some(begun + jiff::SignedDuration::from_mins(1))).await.expect("a report");
    assert_eq!((count(&second, What::ServiceAdded), count(&second, What::ServiceChanged)), (0, 1), "{second:#?}");
    assert!(count(&second, What::Archived) >= 1, "{second:#?}");
    assert!(second.from > first.to, "{second:#?}");
    let services = second.kinds.iter().find(|it| it.kind == "service").expect("services");
    assert_eq!((services.published, services.archived), (0, 1));
}

#[tokio::test]
async fn what_ptv_has_not_taken_stands_in_the_report() {
    let bench = Bench::new().await;
    let refusal = json!({"ServiceNames": ["The name is too long."]}).to_string();
    bench.inject("PUT", "/Service/sourceId/", 1, conformance::ptv::FaultAction::Status(400, refusal));
    bench.sync(slice(&["101"])).await;
    let report = bench.worker.report(None).await.expect("a report");
    let trouble = report.troubles.iter().find(|it| it.kind == "service").expect("told");
    assert_eq!((trouble.code.as_str(), trouble.state.as_str()), ("101", "parked"));
    assert!(!trouble.findings.is_empty(), "{trouble:?}");
}

#[tokio::test]
async fn the_content_is_what_ptv_accepted_page_by_page() {
    let bench = Bench::new().await;
    bench.sync(slice(&["101"])).await;
    let (rows, next) = bench.worker.report_rows("service", "").await.expect("rows");
    let [service] = rows.as_slice() else { panic!("{rows:?}") };
    assert_eq!((service.code.as_str(), service.status.as_str(), next), ("101", "Published", None));
    let there = bench.entity(Kind::Service, "101");
    let names = there["latest"]["content"]["serviceNames"].as_array().or(there["serviceNames"].as_array()).cloned();
    let name = service.texts.get("Name.fi").expect("a name");
    if let Some(names) = names {
        assert!(names.iter().any(|it| it["value"] == name.as_str()), "{names:?}");
    }
    assert!(service.texts.contains_key("Summary.fi") && service.texts.contains_key("Description.fi"), "{service:?}");
    assert_eq!(bench.worker.report_rows("service", "101").await.expect("rows"), (vec![], None));

    let (sets, _) = bench.worker.report_rows("connections", "").await.expect("rows");
    let [set] = sets.as_slice() else { panic!("{sets:?}") };
    assert_eq!(set.connected.len(), bench.connections());
    assert!(set.connected.iter().all(|it| it.name.as_deref().is_some_and(|name| !name.is_empty())), "{set:?}");
}
