//! A small reference: enough codes for the cases, in the file formats of the code lists.

use serde_json::{Value, json};

use crate::ptv::Reference;

/// The general description of the fixtures.
pub(in crate::ptv) const GD: &str = "33333333-0000-4000-8000-000000000001";

pub(in crate::ptv) fn class(code: &str) -> String {
    format!("http://uri.suomi.fi/codelist/ptv/ptvserclass2/code/{code}")
}

pub(in crate::ptv) fn group(code: &str) -> String {
    format!("http://uri.suomi.fi/codelist/ptv/ptvkohderyhmat/code/{code}")
}

pub(in crate::ptv) fn event(code: &str) -> String {
    format!("http://uri.suomi.fi/codelist/ptv/ptvelti/code/{code}")
}

pub(in crate::ptv) fn term(number: u32) -> String {
    format!("http://www.yso.fi/onto/koko/p{number}")
}

pub(in crate::ptv) fn industry(code: &str) -> String {
    format!("http://uri.suomi.fi/codelist/jhs/toimiala_1_20080101/code/{code}")
}

fn concept(uri: String, code: &str, parent: Option<String>, old: usize) -> Value {
    json!({
        "Id": uri, "Notation": code, "BroaderUris": parent.map(|p| vec![p]), "Label": { "Fi": code, "Sv": code, "En": code },
        "OldUri": format!("http://urn.fi/URN:NBN:fi:au:ptvl:v{old}"),
    })
}

fn tree(codes: &[&str], uri: fn(&str) -> String, first: usize) -> Value {
    codes
        .iter()
        .enumerate()
        .map(|(at, code)| concept(uri(code), code, code.split_once('.').map(|(parent, _)| uri(parent)), first + at))
        .collect()
}

pub(in crate::ptv) fn reference() -> Reference {
    let text =
        |list: &[(&str, &str)]| -> Value { list.iter().map(|(l, t)| json!({ "Lang": l, "Label": t })).collect() };
    let key = |uri: &str| json!([{ "Key": uri, "Value": "" }]);
    let files: Vec<(&str, String)> = vec![
        (
            "municipalities.json",
            json!([
                { "municipalityCode": "091", "names": [{ "language": "fi", "name": "Helsinki" }] },
                { "municipalityCode": "853", "names": [{ "language": "fi", "name": "Turku" }] },
            ])
            .to_string(),
        ),
        (
            "areas-region.json",
            json!([{ "Code": "01", "Names": [{ "Name": "Uusimaa", "Language": "fi" }], "Municipalities": ["091"] }]).to_string(),
        ),
        ("postal-codes.csv", "code,type,municipalityCode,name_fi,name_sv\n00100,1,091,HELSINKI,HELSINGFORS\n".to_owned()),
        (
            "all-languages.json",
            json!([{ "code": "fi" }, { "code": "sv" }, { "code": "en" }, { "code": "ru" }, { "code": "ar" }, { "code": "se" }])
                .to_string(),
        ),
        (
            "data-languages.json",
            json!([{ "code": "fi" }, { "code": "sv" }, { "code": "en" }, { "code": "se" }, { "code": "smn" }, { "code": "sms" }])
                .to_string(),
        ),
        (
            "countries-and-dial-codes.json",
            json!([{ "code": "FI", "names": [{ "language": "fi", "name": "Suomi" }], "dialCodes": ["+358"] }]).to_string(),
        ),
        (
            "service-classes.json",
            tree(&["P10", "P10.1", "P10.2", "P10.3", "P10.4", "P10.5", "P11"], class, 1001).to_string(),
        ),
        ("target-groups.json", tree(&["KR1", "KR2", "KR2.3", "KR3"], group, 2001).to_string()),
        ("life-events.json", tree(&["KE1"], event, 3001).to_string()),
        (
            "industrial-classes.csv",
            format!(
                "notation,uri,oldUri,broader,label_fi,label_sv,label_en\n62010,{},\
                 http://www.stat.fi/meta/luokitukset/toimiala/001-2008/62010,,Ohjelmistot,,\n",
                industry("62010")
            ),
        ),
        (
            "ontology-terms-partial.csv",
            (1..=12).fold("uri,scheme,source,label_fi,label_sv,label_en,broader\n".to_owned(), |csv, n| {
                format!("{csv}{},KOKO,own,käsite {n},,,\n", term(n))
            }),
        ),
        (
            "general-descriptions.json",
            json!([{
                "Id": GD, "ServiceType": "PermissionAndObligation", "ChargeType": "Free", "Name": text(&[("fi", "Lupa")]),
                "ShortDescription": text(&[("fi", "Luvan tiivistelmä")]), "Description": text(&[("fi", "Luvan kuvaus")]),
                "ServiceClass": key("http://urn.fi/URN:NBN:fi:au:ptvl:v1002"), "OntologyTerm": key(&term(12)),
                "TargetGroup": key("http://urn.fi/URN:NBN:fi:au:ptvl:v2001"),
            }])
            .to_string(),
        ),
    ];
    let borrowed: Vec<(&str, &[u8])> = files.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
    Reference::from_files(&borrowed).expect("the small reference is well formed")
}
