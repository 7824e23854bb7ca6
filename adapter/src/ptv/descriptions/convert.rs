//! A general description as PTV's interface shows it (`V10VmOpenApiGeneralDescription`), in the form of PTV's export file.
//!
//! The export has older words for enumerations and older addresses of concepts; here the present ones stand, which every
//! reader of the export takes too.

use serde_json::{Value, json};

/// Their word for a kind of description, and the export's member.
const TEXTS: [(&str, &str); 8] = [
    ("Summary", "ShortDescription"),
    ("Description", "Description"),
    ("BackgroundDescription", "BackgroundDescription"),
    ("UserInstruction", "UserInstructions"),
    ("ChargeTypeAdditionalInfo", "ChargeTypeAdditionalInfo"),
    ("DeadLine", "DeadLineAdditionalInfo"),
    ("ProcessingTime", "ProcessingTimeAdditionalInfo"),
    ("ValidityTime", "ValidityTimeAdditionalInfo"),
];
const CONCEPTS: [(&str, &str); 5] = [
    ("serviceClasses", "ServiceClass"),
    ("ontologyTerms", "OntologyTerm"),
    ("targetGroups", "TargetGroup"),
    ("lifeEvents", "LifeEvent"),
    ("industrialClasses", "IndustrialClass"),
];

/// Its id in lower case, and the description; none when it has no id or no name.
pub(super) fn exported(item: &Value) -> Option<(String, Value)> {
    let id = item.get("id")?.as_str()?.parse::<uuid::Uuid>().ok()?.to_string();
    let names = labels(list(item, "names").filter(|it| is_of(it, "Name")));
    if names.is_empty() {
        return None;
    }
    let mut members = serde_json::Map::new();
    let mut put = |name: &str, value: Value| members.insert(name.to_owned(), value);
    put("Id", json!(id));
    put("Name", json!(names));
    for (theirs, name) in TEXTS {
        put(name, json!(labels(list(item, "descriptions").filter(|it| is_of(it, theirs)))));
    }
    put("ServiceRestrictions", json!(labels(list(item, "requirements"))));
    for (theirs, name) in CONCEPTS {
        let concepts: Vec<Value> = list(item, theirs).filter_map(concept).collect();
        put(name, json!(concepts));
    }
    put("Laws", list(item, "legislation").map(law).collect());
    for (theirs, name) in [
        ("type", "ServiceType"),
        ("serviceChargeType", "ChargeType"),
        ("generalDescriptionType", "GeneralDescriptionType"),
    ] {
        if let Some(word) = item.get(theirs).and_then(Value::as_str) {
            put(name, json!(word));
        }
    }
    Some((id, Value::Object(members)))
}

fn list<'v>(of: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> {
    of.get(name).and_then(Value::as_array).into_iter().flatten()
}

fn is_of(item: &Value, kind: &str) -> bool {
    item.get("type").and_then(Value::as_str) == Some(kind)
}

fn labels<'v>(items: impl Iterator<Item = &'v Value>) -> Vec<Value> {
    let pairs = items.filter_map(|it| Some((it.get("language")?.as_str()?, it.get("value")?.as_str()?)));
    pairs.filter(|(_, text)| !text.trim().is_empty()).map(|(lang, text)| json!({"Lang": lang, "Label": text})).collect()
}

fn concept(item: &Value) -> Option<Value> {
    let address = ["newUri", "uri"].into_iter().find_map(|name| item.get(name)?.as_str());
    let finnish = list(item, "name").find(|it| it.get("language").is_some_and(|lang| lang == "fi"));
    Some(json!({"Key": address?, "Value": finnish.and_then(|it| it.get("value"))}))
}

fn law(item: &Value) -> Value {
    let links: Vec<Value> = list(item, "webPages")
        .filter_map(|it| Some(json!({"Lang": it.get("language")?.as_str()?, "Label": it.get("url")?.as_str()?})))
        .collect();
    let reference = links.first().and_then(|link| link.get("Label")).cloned();
    json!({"LawReference": reference, "Names": labels(list(item, "names")), "Links": links})
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::exported;

    #[test]
    fn an_answer_becomes_a_line_of_the_export() {
        let (id, shown) = exported(&json!({
            "id": "0A000000-0000-4000-8000-000000000001",
            "names": [{"language": "fi", "type": "Name", "value": "Kirjasto"},
                      {"language": "fi", "type": "AlternativeName", "value": "Lukusali"}],
            "descriptions": [{"language": "sv", "type": "Summary", "value": "Kort"},
                             {"language": "fi", "type": "Description", "value": " "}],
            "requirements": [{"language": "fi", "value": "Ehdot"}],
            "serviceClasses": [{"uri": "http://urn.fi/old", "newUri": "http://uri.suomi.fi/new",
                                "name": [{"language": "fi", "value": "Kirjastot"}]}, {"code": "P1"}],
            "legislation": [{"names": [{"language": "fi", "value": "Kirjastolaki"}],
                             "webPages": [{"language": "fi", "value": "Finlex", "url": "https://law.example/1"}]}],
            "type": "PermitOrObligation", "serviceChargeType": "FreeOfCharge", "generalDescriptionType": "Church",
        }))
        .expect("a description");
        assert_eq!(id, "0a000000-0000-4000-8000-000000000001");
        for (member, expected) in [
            ("Id", json!(id)),
            ("Name", json!([{"Lang": "fi", "Label": "Kirjasto"}])),
            ("ShortDescription", json!([{"Lang": "sv", "Label": "Kort"}])),
            ("Description", json!([])),
            ("ServiceRestrictions", json!([{"Lang": "fi", "Label": "Ehdot"}])),
            ("ServiceClass", json!([{"Key": "http://uri.suomi.fi/new", "Value": "Kirjastot"}])),
            ("OntologyTerm", json!([])),
            ("ServiceType", json!("PermitOrObligation")),
            ("ChargeType", json!("FreeOfCharge")),
            ("GeneralDescriptionType", json!("Church")),
        ] {
            assert_eq!(shown.get(member), Some(&expected), "{member}");
        }
        assert_eq!(shown.pointer("/Laws/0/LawReference"), Some(&json!("https://law.example/1")));
        assert_eq!(shown.pointer("/Laws/0/Names/0/Label"), Some(&json!("Kirjastolaki")));
    }

    #[test]
    fn what_has_no_id_or_no_name_is_none() {
        for not in [
            json!({}),
            json!("x"),
            json!({"id": "1", "names": []}),
            json!({"id": "0a000000-0000-4000-8000-000000000001", "names": [{"language": "fi", "type": "Name", "value": ""}]}),
        ] {
            assert_eq!(exported(&not), None, "{not}");
        }
    }
}
