//! What PTV goes on holding although our body does not have it any more: it is remembered beside the pushed body, told to
//! people, and not taken for drift (ptv-in-api.md §3.0.9, §3.5).

use serde_json::{Map, Value};

use crate::model::{Finding, Lang};
use crate::store::twins::Twin;

/// Where the pushed body keeps it. Never sent.
pub(super) const RETAINED: &str = "retained";

/// Members that PTV's PUT can replace but not empty.
const NOT_EMPTIABLE: [(&str, &str); 3] = [
    ("requirements", "palvelunsaannin_ehdot_kieliversiot"),
    ("otherResponsibleOrganizations", "muut_vastuuorganisaatiot"),
    ("serviceVouchersInUse", "palveluseteli"),
];

/// Lists whose items PTV's PUT can replace, each by its language and type, but not remove.
const MERGED: [(&str, &str); 2] =
    [("serviceCollectionNames", "nimi_kieliversiot"), ("serviceCollectionDescriptions", "kuvaus_kieliversiot")];

/// What PTV holds of the members that can not be emptied.
pub(super) fn retained(twin: &Twin) -> Map<String, Value> {
    let pushed: Value = twin.pushed_body.as_deref().and_then(|it| serde_json::from_slice(it).ok()).unwrap_or_default();
    let mut kept = pushed.get(RETAINED).and_then(Value::as_object).cloned().unwrap_or_default();
    for (member, _) in NOT_EMPTIABLE {
        if let Some(value) = pushed.get(member).filter(|value| !is_nothing(value)) {
            kept.insert(member.to_owned(), value.clone());
        }
    }
    for (member, _) in MERGED {
        let mut all = items(pushed.get(member)).to_vec();
        all.extend(others(kept.get(member), pushed.get(member)));
        if !all.is_empty() {
            kept.insert(member.to_owned(), Value::Array(all));
        }
    }
    kept
}

/// The body with what PTV keeps beside it.
pub(super) fn retain(mut body: Value, mut kept: Map<String, Value>) -> Value {
    let Some(members) = body.as_object_mut() else { return body };
    for (member, _) in MERGED {
        let left = others(kept.get(member), members.get(member));
        kept.remove(member);
        if !left.is_empty() {
            kept.insert(member.to_owned(), Value::Array(left));
        }
    }
    let is_merged = |member: &str| MERGED.iter().any(|(merged, _)| *merged == member);
    kept.retain(|member, _| is_merged(member) || members.get(member).is_none_or(is_nothing));
    if !kept.is_empty() {
        members.insert(RETAINED.to_owned(), Value::Object(kept));
    }
    body
}

/// A pushed body with the items that PTV holds besides, as a read shows them.
pub(super) fn with_retained_items(mut pushed: Value) -> Value {
    let kept = pushed.get(RETAINED).cloned().unwrap_or_default();
    if let Some(members) = pushed.as_object_mut() {
        for (member, _) in MERGED {
            let left = others(kept.get(member), members.get(member));
            if let (false, Some(Value::Array(list))) =
                (left.is_empty(), Some(members.entry(member).or_insert_with(|| Value::Array(Vec::new()))))
            {
                list.extend(left);
            }
        }
    }
    pushed
}

/// Members that the record has emptied and PTV keeps, as findings (M-05).
pub(super) fn not_emptied(twin: &Twin, body: &Value) -> Vec<Finding> {
    // Most bodies hold none of them: they need not be parsed to know.
    let pushed = twin.pushed_body.as_deref().and_then(|body| std::str::from_utf8(body).ok()).unwrap_or_default();
    let gone = |member: &str| body.get(member).is_none_or(is_nothing);
    let may = NOT_EMPTIABLE.iter().any(|(member, _)| pushed.contains(member) && gone(member))
        || MERGED.iter().any(|(member, _)| pushed.contains(member));
    if !may {
        return Vec::new();
    }
    let kept = retained(twin);
    let mut findings: Vec<Finding> = NOT_EMPTIABLE
        .into_iter()
        .filter(|(member, _)| gone(member) && kept.contains_key(*member))
        .map(|(_, field)| finding(field, None))
        .collect();
    for (member, field) in MERGED {
        let left = others(kept.get(member), body.get(member));
        let langs = left.iter().filter_map(|item| Lang::from_code(item.get("language")?.as_str()?));
        let mut langs: Vec<Lang> = langs.collect();
        langs.dedup();
        findings.extend(langs.into_iter().map(|lang| finding(field, Some(lang))));
    }
    findings
}

fn finding(field: &str, lang: Option<Lang>) -> Finding {
    let place = lang.map_or_else(|| field.to_owned(), |lang| format!("{field}.{lang}"));
    let finding = Finding::warning(
        place,
        "not-emptied",
        [
            "Tietoa ei voi poistaa PTV:stä rajapinnan kautta. Poista se PTV:n käyttöliittymässä.".into(),
            "Uppgiften kan inte tas bort ur SDL via gränssnittet. Ta bort den i SDL:s användargränssnitt.".into(),
            "PTV cannot be emptied of this through its API. Remove it in PTV's own pages.".into(),
        ],
    );
    match lang {
        Some(lang) => finding.in_language(lang),
        None => finding,
    }
}

fn is_nothing(value: &Value) -> bool {
    *value == Value::Bool(false)
}

fn items(list: Option<&Value>) -> &[Value] {
    list.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Those of `kept` whose language and type no item of `now` has.
fn others(kept: Option<&Value>, now: Option<&Value>) -> Vec<Value> {
    let same = |one: &Value, other: &Value| ["language", "type"].iter().all(|name| one.get(*name) == other.get(*name));
    items(kept).iter().filter(|one| !items(now).iter().any(|other| same(one, other))).cloned().collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{others, retain, with_retained_items};

    #[test]
    fn items_are_told_apart_by_language_and_type() {
        let kept = json!([{"language": "fi", "type": "Summary"}, {"language": "fi", "type": "Description"}, {"language": "sv", "type": "Summary"}]);
        let now = json!([{"language": "fi", "type": "Summary", "value": "x"}]);
        let left = json!([{"language": "fi", "type": "Description"}, {"language": "sv", "type": "Summary"}]);
        assert_eq!(json!(others(Some(&kept), Some(&now))), left);
        assert_eq!(json!(others(Some(&kept), None)), kept);
    }

    #[test]
    fn what_ptv_keeps_stands_beside_the_body_until_it_is_sent_again() {
        let kept = json!({
            "requirements": [{"language": "fi", "value": "a"}], "serviceVouchersInUse": true,
            "serviceCollectionNames": [{"language": "fi", "value": "a"}, {"language": "sv", "value": "b"}],
        });
        let kept = kept.as_object().expect("an object").clone();
        let body = json!({"serviceCollectionNames": [{"language": "fi", "value": "c"}], "serviceVouchersInUse": false});
        let pushed = retain(body, kept);
        let left = json!({
            "requirements": [{"language": "fi", "value": "a"}], "serviceVouchersInUse": true,
            "serviceCollectionNames": [{"language": "sv", "value": "b"}],
        });
        assert_eq!(pushed["retained"], left);
        let shown = json!([{"language": "fi", "value": "c"}, {"language": "sv", "value": "b"}]);
        assert_eq!(with_retained_items(pushed)["serviceCollectionNames"], shown);
    }
}
