//! The list of cases is whole and in order.

use std::collections::BTreeSet;

use super::{Family, all};

#[test]
fn ids_are_unique_and_belong_to_their_families() {
    let prefix = |family| match family {
        Family::Identifiers => "ID",
        Family::Requests => "SO",
        Family::Responses => "SR",
        Family::Faults => "FA",
        Family::Attachments => "AT",
        Family::Rest => "RE",
        Family::Metadata => "ME",
        Family::Tls => "TL",
        Family::Consumer => "CN",
        Family::Transport => "TR",
        Family::Security => "SE",
        Family::Logging => "LO",
    };
    let mut seen = BTreeSet::new();
    for case in all() {
        assert!(seen.insert(case.id), "{} twice", case.id);
        assert!(case.short().starts_with(prefix(case.family)), "{} in {:?}", case.id, case.family);
        for text in [case.source, case.title, case.why] {
            assert!(!text.is_empty(), "{} lacks a text", case.id);
        }
        assert!(!case.title.ends_with('.') && case.why.ends_with(['.', '!', '?']), "{}", case.id);
    }
}

/// How many cases the sheet has of each family; they are numbered from 1 without a gap.
const COUNTS: [(&str, usize); 12] = [
    ("ID", 20),
    ("SO", 27),
    ("SR", 11),
    ("FA", 6),
    ("AT", 19),
    ("RE", 21),
    ("ME", 12),
    ("TL", 14),
    ("CN", 10),
    ("TR", 11),
    ("SE", 16),
    ("LO", 7),
];

#[test]
fn every_case_of_the_sheet_is_there_once_and_in_its_order() {
    let sheet: Vec<String> =
        COUNTS.iter().flat_map(|(prefix, count)| (1..=*count).map(move |n| format!("{prefix}-{n:02}"))).collect();
    assert_eq!(sheet.len(), 174);
    let kit: Vec<&str> = all().map(super::Case::short).collect();
    assert_eq!(kit, sheet);
}
