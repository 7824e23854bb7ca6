//! DVV changes PTV without a word (issue 5, part 6).

use conformance::ptv::{ContractChange, ContractEdit};

use super::{Bench, slice};
use crate::ptv::contract::What;

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
