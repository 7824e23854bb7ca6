//! DVV changes PTV without a word (issue 5, part 6).

use std::time::Duration;

use conformance::ptv::{ContractChange, ContractEdit};

use super::{Bench, slice};
use crate::ptv::contract::What;
use crate::ptv::descriptions::Descriptions;
use crate::ptv::drift::Care;

fn changed(object: &str, property: &str, what: ContractEdit) -> ContractChange {
    ContractChange { object: object.into(), property: property.into(), what }
}

#[tokio::test]
async fn an_unchanged_contract_has_nothing_to_tell() {
    let bench = Bench::new().await;
    bench.accept(slice(&["101"])).await;
    let contract = bench.worker.contract().await.expect("compared");
    assert_eq!((contract.properties.as_slice(), contract.lists.as_slice()), (&[][..], &[][..]));
    assert!(!contract.breaks());
    assert_eq!(bench.sim.writes().total(), 0);
}

#[tokio::test]
async fn changes_are_told_in_pats_terms_with_the_records_that_they_touch() {
    let bench = Bench::new().await;
    bench.accept(slice(&["101"])).await;
    for change in [
        changed("Service", "requirements", ContractEdit::Gone),
        changed("Service", "carbonFootprint", ContractEdit::Required),
        changed("Organization", "webPages.value", ContractEdit::MaxLength(3)),
        changed("Organization", "oid", ContractEdit::MaxLength(120)),
    ] {
        bench.sim.change_contract(change);
    }
    let contract = bench.worker.contract().await.expect("compared");
    let told: Vec<_> = contract
        .properties
        .iter()
        .map(|it| (it.record, it.field.as_str(), it.property.as_str(), it.what, it.before, it.now))
        .collect();
    assert_eq!(
        told,
        [
            ("organisaatio", "oid", "oid", What::Length, Some(100), Some(120)),
            ("organisaatio", "verkkosivut.nimi_kieliversiot", "webPages.value", What::Length, Some(100), Some(3)),
            ("palvelu", "palvelunsaannin_ehdot_kieliversiot", "requirements", What::Gone, None, None),
            ("palvelu", "", "carbonFootprint", What::Required, None, None),
        ]
    );
    let count = |property: &str| {
        contract.properties.iter().find(|it| it.property == property).map(|it| it.affected.clone()).expect("told")
    };
    assert_eq!(count("oid").count, 0, "a longer text may stand where a shorter one did");
    assert_eq!(count("carbonFootprint").records, ["service 101"]);
    assert!(contract.breaks());
}

#[tokio::test]
async fn a_general_description_that_is_gone_names_the_services_that_build_on_it() {
    let bench = Bench::new().await;
    let description = bench.worker.settings().reference.now().general_descriptions.keys().next().cloned().expect("one");
    let mut records = slice(&["101"]);
    super::find(&mut records, "palvelu", "101")["pohjakuvaus_id"] = description.clone().into();
    bench.accept(records).await;
    bench.sim.archive_general_description(&description);
    let contract = bench.worker.contract().await.expect("compared");
    let [list] = contract.lists.as_slice() else { panic!("{:?}", contract.lists) };
    assert_eq!((list.list, list.removed_count, list.added_count), ("pohjakuvaukset", 1, 0));
    assert_eq!(list.affected.records, ["service 101"]);
    assert!(contract.breaks() && contract.properties.is_empty());
}

#[tokio::test]
async fn what_cannot_be_read_is_an_error_and_no_change() {
    use conformance::ptv::FaultAction;
    let bench = Bench::new().await;
    bench.inject("GET", "/swagger/", 1, FaultAction::Status(200, "<html>maintenance</html>".into()));
    assert!(bench.worker.contract().await.is_err());
    bench.inject("GET", "/CodeList/", 1, FaultAction::Status(500, "{}".into()));
    assert!(bench.worker.contract().await.is_err());
}

#[tokio::test]
async fn the_contract_is_compared_each_day_and_what_breaks_is_told() {
    use conformance::ptv::FaultAction;
    let metrics = crate::telemetry::Metrics::new();
    let mut bench = Bench::new().await;
    bench.worker = bench.worker.with_care(Care::default(), Some(metrics.clone()));
    bench.accept(slice(&["101"])).await;
    let hour = Duration::from_hours(1);
    assert!(!bench.worker.contract_due().await.expect("asked"), "tenants begin apart");
    let first = bench.worker.until_contract(hour).await.expect("known");
    assert!(first <= Duration::from_mins(30), "{first:?}");
    assert_eq!(bench.worker.contract_found().await.expect("read"), None);

    bench.hand.advance(first);
    assert!(bench.worker.contract_due().await.expect("compared"));
    let found = bench.worker.contract_found().await.expect("read").expect("known");
    assert_eq!((found.changes, found.breaking, found.failure), (0, 0, None));
    assert!(!bench.worker.contract_due().await.expect("asked"), "once a day");
    assert_eq!(bench.worker.until_contract(hour).await.expect("known"), hour);
    assert!(metrics.encode().contains("silta_ptv_contract_breaking{tenant=\"turku\"} 0"));

    // DVV changes it over night: two changes, of which one breaks something.
    bench.sim.change_contract(changed("Service", "requirements", ContractEdit::Gone));
    bench.sim.change_contract(changed("Service", "carbonFootprint", ContractEdit::Required));
    bench.hand.advance(Duration::from_hours(24));
    // Another process of two has the same store; one of them looks.
    let second = bench.second().await;
    let looked = (bench.worker.contract_due().await.expect("asked"), second.contract_due().await.expect("asked"));
    assert_eq!(looked, (true, false));
    let found = bench.worker.contract_found().await.expect("read").expect("known");
    assert_eq!((found.changes, found.breaking), (2, 1));
    assert_eq!(found.named, ["Service carbonFootprint is demanded (1 records)"]);
    let page = metrics.encode();
    assert!(page.contains("silta_ptv_contract_breaking{tenant=\"turku\"} 1"), "{page}");
    let seconds = bench.world.now().as_second();
    assert!(page.contains(&format!("silta_ptv_contract_looked{{tenant=\"turku\"}} {seconds}")), "{page}");

    // A look that fails says nothing of the contract, and is tried again soon.
    bench.hand.advance(Duration::from_hours(24));
    bench.inject("GET", "/swagger/", 1, FaultAction::Status(503, String::new()));
    assert!(bench.worker.contract_due().await.expect("tried"));
    let failed = bench.worker.contract_found().await.expect("read").expect("known");
    assert_eq!((failed.breaking, failed.at), (1, found.at));
    assert!(failed.failure.is_some());
    assert_eq!(bench.worker.until_contract(hour * 2).await.expect("known"), hour);
    bench.hand.advance(hour);
    assert!(bench.worker.contract_due().await.expect("compared"));
    assert_eq!(bench.worker.contract_found().await.expect("read").expect("known").failure, None);

    // A start shows what was known before it.
    let metrics = crate::telemetry::Metrics::new();
    let again = bench.second().await.with_care(Care::default(), Some(metrics.clone()));
    again.measure_contract().await.expect("measured");
    assert!(metrics.encode().contains("silta_ptv_contract_breaking{tenant=\"turku\"} 1"));
}

#[tokio::test]
async fn a_description_that_is_gone_is_told_though_the_reference_follows() {
    let bench = Bench::new().await;
    let reference = bench.worker.settings().reference.clone();
    let description = reference.now().general_descriptions.keys().next().cloned().expect("one");
    let mut records = slice(&["101"]);
    super::find(&mut records, "palvelu", "101")["pohjakuvaus_id"] = description.clone().into();
    bench.accept(records).await;
    bench.sim.archive_general_description(&description);
    let world = (bench.store.clone(), bench.world.clone());
    let descriptions = Descriptions::new(bench.worker.settings(), Duration::from_hours(24), world.0, world.1);
    let fresh = descriptions.expect("a reader").read(false).await.expect("read");
    reference.describe(&fresh.list);
    let contract = bench.worker.contract().await.expect("compared");
    let [list] = contract.lists.as_slice() else { panic!("{:?}", contract.lists) };
    assert_eq!((list.list, &list.removed, list.affected.count), ("pohjakuvaukset", &vec![description], 1));
}
