//! Phones in the second stage: the dial code must exist (ptv-in-api §4.2). The rest is attributes.

use serde_json::Value;

use crate::ptv::errors::Problems;
use crate::ptv::json::{flag, text};
use crate::ptv::reference::Reference;

/// Reports under `PhoneNumbers[i].PrefixNumber`, whichever list the phones are of.
pub(crate) fn check(reference: &Reference, phones: &[Value], problems: &mut Problems) {
    for (i, phone) in phones.iter().enumerate() {
        if unknown_prefix(reference, phone) {
            problems.add(format!("PhoneNumbers[{i}].PrefixNumber"), "No such dial code.");
        }
    }
}

pub(crate) fn unknown_prefix(reference: &Reference, phone: &Value) -> bool {
    !flag(phone, "isFinnishServiceNumber")
        && text(phone, "prefixNumber")
            .is_some_and(|prefix| !prefix.is_empty() && !reference.dial_codes.contains(prefix))
}
