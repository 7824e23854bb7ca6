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
