//! Areas of services and channels (ptv-in-api §3.2, §4.4).

use super::Subject;
use crate::ptv::errors::Problems;
use crate::ptv::json::{filled, given, items, text, texts};

/// Codes exist, and nationwide types carry none.
pub(crate) fn check(subject: &Subject<'_>, problems: &mut Problems) {
    let body = subject.body;
    if body.get("areas").is_some_and(serde_json::Value::is_null) {
        return;
    }
    let nationwide = matches!(text(body, "areaType"), Some("Nationwide" | "NationwideExceptAlandIslands"));
    if nationwide && filled(body, "areas") {
        problems.add("Areas", "Areas must be empty for a nationwide area type.");
    }
    for (i, area) in items(body, "areas").iter().enumerate() {
        let kind = text(area, "type").unwrap_or_default();
        for (j, code) in texts(area, "areaCodes").iter().enumerate() {
            // The codes of the wellbeing services counties are not in the source's lists; any is taken when none is given.
            let unlisted = kind == "WellbeingServiceCounties" && !subject.reference.areas.contains_key(kind);
            if !unlisted && !subject.reference.area_exists(kind, code) {
                problems.add(format!("Areas[{i}].AreaCodes[{j}]"), format!("Unknown code {code} of type {kind}."));
            }
        }
    }
}

/// A service may not serve a wider area than its organisation.
pub(crate) fn not_wider(subject: &Subject<'_>, organization_area: Option<&str>, problems: &mut Problems) {
    let body = subject.body;
    if body.get("areas").is_some_and(serde_json::Value::is_null) || !given(body, "areaType") {
        return;
    }
    let rank = |area: Option<&str>| match area {
        Some("LimitedType") => 2,
        Some("NationwideExceptAlandIslands") => 1,
        _ => 0,
    };
    if rank(text(body, "areaType")) < rank(organization_area) {
        problems.add("Areas", "The area is wider than the organisation's.");
    }
}
