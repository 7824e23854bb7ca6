//! The contracts against one another: WSDL, OpenAPI and the Rust types have the same operations, members and facets.
//! What the operations do is tested elsewhere.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test fails by panicking; clippy knows test code only inside of test functions"
)]

mod files;
mod samples;

use std::collections::BTreeMap;

use files::{Contract, Facets, Member, contracts};
use serde_json::Value;

#[test]
fn every_operation_is_in_both_files() {
    for contract in contracts() {
        let mut rest: Vec<&str> = contract.operations().map(|op| op["operationId"].as_str().unwrap()).collect();
        rest.sort_unstable();
        let mut soap: Vec<String> = contract.soap_operations();
        soap.sort();
        assert_eq!(soap, rest, "{}", contract.family);
    }
}

#[test]
fn every_type_has_the_same_members_in_both_files() {
    for contract in contracts() {
        let types = contract.complex_types();
        assert!(types.len() > 5);
        for (name, members) in types {
            if name == "Error" {
                continue; // In REST it is a problem (RFC 9457).
            }
            let schema = contract.schema(&name);
            compare(&contract, &name, &members, schema);
        }
        let named = contract.schemas().as_object().unwrap();
        let known = contract.complex_types();
        for (name, schema) in named {
            let only_rest = ["Problem", "SendMessage", "UploadFile", "CheckMailboxes"].contains(&name.as_str());
            assert!(only_rest || schema["type"] != "object" || known.contains_key(name), "{name} is not in the WSDL");
        }
    }
}

#[test]
fn requests_and_answers_are_the_same_in_both_files() {
    for contract in contracts() {
        for op in contract.operations() {
            let name = op["operationId"].as_str().unwrap();
            let wrapper = contract.wrapper(name);
            if let Some(body) = op.get("requestBody") {
                let reference = &body["content"]["application/json"]["schema"]["$ref"];
                let schema = contract.schema(reference.as_str().unwrap().rsplit('/').next().unwrap());
                compare(&contract, name, &wrapper, schema);
                assert_eq!(schema["additionalProperties"], false, "{name} is open");
            } else {
                let parameters = op["parameters"].as_array().unwrap();
                assert_eq!(parameters.len(), wrapper.len(), "{name}");
                for (member, parameter) in wrapper.iter().zip(parameters) {
                    // The one name that differs: what every search box calls it.
                    let expected = if member.name == "query" { "q" } else { &member.name };
                    assert_eq!(parameter["name"], expected, "{name}");
                    assert_eq!(parameter["required"], member.min > 0, "{name}.{expected}");
                    assert_eq!(
                        contract.json_facets(&parameter["schema"]),
                        contract.xml_facets(&member.kind),
                        "{name}.{expected}"
                    );
                }
            }
            let answer = contract.wrapper(&format!("{name}Response"));
            let [result, error] = answer.as_slice() else { panic!("{name}: a result or an error") };
            assert_eq!(error.name, "error");
            let success = op["responses"].as_object().unwrap().iter().find(|(status, _)| status.starts_with('2'));
            let reference = &success.unwrap().1["content"]["application/json"]["schema"]["$ref"];
            assert_eq!(reference.as_str().unwrap().rsplit('/').next(), result.kind.strip_prefix("tns:"), "{name}");
        }
    }
}

fn compare(contract: &Contract, name: &str, members: &[Member], schema: &Value) {
    let properties = schema["properties"].as_object().unwrap_or_else(|| panic!("{name} is no object"));
    let mut xml: Vec<&str> = members.iter().map(|m| m.name.as_str()).collect();
    let mut json: Vec<&str> = properties.keys().map(String::as_str).collect();
    xml.sort_unstable();
    json.sort_unstable();
    assert_eq!(xml, json, "{name}");
    let required: Vec<&str> =
        schema["required"].as_array().map(|names| names.iter().filter_map(Value::as_str).collect()).unwrap_or_default();
    for member in members {
        let place = format!("{}: {name}.{}", contract.family, member.name);
        let property = &properties[&member.name];
        let many = member.max != Some(1);
        // A page's list is there when it is empty: JSON has a way to say so, XML has not.
        let mandatory = member.min > 0 || (many && member.name == "items");
        assert_eq!(required.contains(&member.name.as_str()), mandatory, "{place}");
        assert_eq!(property["type"] == "array", many, "{place}");
        let of = if many {
            assert_eq!(property["maxItems"].as_u64(), member.max, "{place}");
            assert_eq!(property["minItems"].as_u64().unwrap_or(0), member.min, "{place}");
            &property["items"]
        } else {
            property
        };
        assert_eq!(contract.json_facets(of), contract.xml_facets(&member.kind), "{place}");
    }
}

/// xroad.md §4.2: what the readers of security servers need of a WSDL.
#[test]
fn xroad_me_02_a_reader_that_follows_no_import_finds_everything() {
    for contract in contracts() {
        assert!(!contract.wsdl_text.contains("<!DOCTYPE") && !contract.wsdl_text.contains("schemaLocation"));
        assert!(!contract.wsdl_text.contains("requestHash"));
        let document = contract.wsdl();
        assert!(!document.descendants().any(|n| n.has_tag_name(("http://schemas.xmlsoap.org/wsdl/", "import"))));
        let binding = document.descendants().find(|n| n.tag_name().name() == "binding" && n.has_attribute("type"));
        for operation in binding.unwrap().children().filter(|n| n.tag_name().name() == "operation") {
            let name = operation.attribute("name").unwrap();
            xroad::id::check_service_code(name).unwrap();
            let versions: Vec<_> = operation
                .children()
                .filter(|n| n.has_tag_name(("http://x-road.eu/xsd/xroad.xsd", "version")))
                .filter_map(|n| n.text())
                .collect();
            assert_eq!(versions, ["v1"], "{name}");
            for side in operation.children().filter(|n| ["input", "output"].contains(&n.tag_name().name())) {
                let parts: Vec<_> = side
                    .children()
                    .filter(|n| n.tag_name().name() == "header")
                    .filter_map(|n| n.attribute("part"))
                    .collect();
                let all = ["client", "service", "id", "userId", "issue", "protocolVersion", "representedParty"];
                assert_eq!(parts, all, "{name}");
            }
            let titles = document
                .descendants()
                .find(|n| n.tag_name().name() == "portType")
                .and_then(|port| port.children().find(|n| n.attribute("name") == Some(name)))
                .map(|op| op.descendants().filter(|n| n.tag_name().name() == "title").count());
            assert_eq!(titles, Some(2), "{name} has a title in Finnish and one in English");
        }
        let addresses: Vec<_> = document
            .descendants()
            .filter(|n| n.has_tag_name(("http://schemas.xmlsoap.org/wsdl/soap/", "address")))
            .filter_map(|n| n.attribute("location"))
            .collect();
        assert_eq!(addresses, [format!("https://silta.example/{}/soap/v1", contract.family)]);
    }
}

/// xroad.md §4.3.
#[test]
fn xroad_me_07_the_openapi_file_stands_alone() {
    for contract in contracts() {
        assert_eq!(contract.openapi["openapi"], "3.0.3");
        let url = format!("https://silta.example/{}/rest/v1", contract.family);
        assert_eq!(contract.openapi["servers"], serde_json::json!([{ "url": url }]));
        let mut references = Vec::new();
        collect(&contract.openapi, &mut references);
        assert!(!references.is_empty());
        for reference in references {
            let pointer = reference.strip_prefix('#').unwrap_or_else(|| panic!("{reference} leaves the file"));
            assert!(contract.openapi.pointer(pointer).is_some(), "{reference} leads nowhere");
        }
    }
}

fn collect(value: &Value, references: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            references.extend(object.get("$ref").and_then(Value::as_str).map(str::to_owned));
            object.values().for_each(|inner| collect(inner, references));
        }
        Value::Array(values) => values.iter().for_each(|inner| collect(inner, references)),
        _ => {}
    }
}

#[test]
fn the_error_codes_are_those_of_the_change_policy() {
    use silta_client::common::ErrorCode;
    let text = std::fs::read_to_string(files::root().join("docs/change-policy.md")).unwrap();
    let rows: BTreeMap<&str, Vec<&str>> = text
        .lines()
        .filter_map(|line| line.strip_prefix("| `"))
        .map(|line| {
            let cells: Vec<&str> = line.split(" | ").collect();
            (cells[0].trim_end_matches('`'), cells[1..].to_vec())
        })
        .collect();
    assert_eq!(rows.len(), ErrorCode::ALL.len());
    for code in ErrorCode::ALL {
        let cells = rows.get(code.word()).unwrap_or_else(|| panic!("{} is not explained", code.word()));
        assert_eq!(cells[0], code.status().to_string(), "{}", code.word());
        assert_eq!(cells[1], if code.is_fault() { "Fault" } else { "answer" }, "{}", code.word());
        assert!(cells[3].len() > 10, "{}: what helps", code.word());
        assert_eq!(ErrorCode::from_word(code.word()), Some(code));
        let fits = Facets::of_error_code(&contracts()[0]).allows(code.word());
        assert!(fits, "{}", code.word());
    }
}
