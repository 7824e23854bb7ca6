//! Values with every member of the schema, made from the OpenAPI files: as JSON, through the Rust types, as XML that
//! the WSDL's schema allows, and back.

use std::io::Write as _;
use std::process::{Command, Stdio};

use proptest::prelude::*;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use silta_client::common::{Message, from_xml, to_xml};
use silta_client::{catalogue, messages};
use yaserde::YaSerialize;

use crate::files::Contract;

/// The texts that stand in free string members, taken in turn, and what else is left to choose.
struct Filling<'t> {
    texts: &'t [String],
    next: usize,
    /// Which optional members there are, how long lists are, which numbers: taken in turn. Without any, every member is
    /// there and every list has two entries.
    choices: &'t [u8],
    chosen: usize,
}

impl Filling<'_> {
    fn choice(&mut self) -> Option<u8> {
        self.chosen += 1;
        self.choices.get(self.chosen % self.choices.len().max(1)).copied()
    }
}

fn fill(contract: &Contract, schema: &Value, texts: &mut Filling<'_>) -> Value {
    if let Some(all) = schema.get("allOf") {
        return fill(contract, &all[0], texts);
    }
    if let Some(reference) = schema.get("$ref") {
        return fill(contract, contract.schema(reference.as_str().unwrap().rsplit('/').next().unwrap()), texts);
    }
    if let Some(word) = schema.get("enum") {
        let words = word.as_array().unwrap();
        texts.next += 1;
        return words[texts.next % words.len()].clone();
    }
    match schema["type"].as_str().unwrap() {
        "object" => {
            let members = schema["properties"].as_object().unwrap();
            let required = schema.get("required").and_then(Value::as_array);
            let must = |name: &str| required.is_some_and(|names| names.iter().any(|it| it == name));
            let mut object = Map::new();
            for (name, of) in members {
                if must(name) || texts.choice().is_none_or(|it| it % 3 > 0) {
                    let value = fill(contract, of, texts);
                    // An empty list is left out unless the member has to be there.
                    if must(name) || value.as_array().is_none_or(|it| !it.is_empty()) {
                        object.insert(name.clone(), value);
                    }
                }
            }
            Value::Object(object)
        }
        "array" => {
            let least = u8::from(schema.get("minItems").is_some());
            let length = texts.choice().map_or(2, |it| least.max(it % 4));
            Value::Array((0..length).map(|_| fill(contract, &schema["items"], texts)).collect())
        }
        "boolean" => json!(texts.choice().is_none_or(|it| it % 2 > 0)),
        "integer" => match texts.choice() {
            None => schema.get("maximum").cloned().unwrap_or(json!(7)),
            Some(choice) => {
                let most = schema.get("maximum").and_then(Value::as_u64).unwrap_or(u64::from(u32::MAX));
                json!(
                    [most, u64::from(choice).min(most), schema.get("minimum").and_then(Value::as_u64).unwrap_or(0)]
                        [usize::from(choice) % 3]
                )
            }
        },
        "string" => match (schema.get("format").and_then(Value::as_str), schema.get("pattern").and_then(Value::as_str))
        {
            (Some("date-time"), _) => json!("2026-11-25T10:00:00Z"),
            (Some("date"), _) => json!("2026-11-25"),
            (Some("uri"), _) => json!("http://www.yso.fi/onto/koko/p1"),
            (Some("byte"), _) => json!("aGVp"),
            (_, Some("^([0-9]{3})$")) => json!("853"),
            (_, Some("^([A-Za-z0-9._:\\-]+)$")) => json!("order-1"),
            (_, Some("^([A-Z0-9]+)$")) => json!("POOL1"),
            (_, Some(pattern)) if pattern.starts_with("^(([01]") => json!("24:00"),
            (_, Some(pattern)) => panic!("no sample for {pattern}"),
            _ if schema.get("minLength").is_some() => {
                let least = usize::try_from(schema["minLength"].as_u64().unwrap()).unwrap();
                json!("x".repeat(least))
            }
            _ => {
                texts.next += 1;
                json!(texts.texts[texts.next % texts.texts.len()])
            }
        },
        other => panic!("no sample for {other}"),
    }
}

fn round<T: Message + DeserializeOwned + PartialEq + YaSerialize>(value: &Value) -> String {
    let typed: T = serde_json::from_value(value.clone()).unwrap_or_else(|e| panic!("{}: {e}", T::WRAPPER));
    // Equal only when the type has every member of the schema, under the same name.
    assert_eq!(&serde_json::to_value(&typed).unwrap(), value, "{}", T::WRAPPER);
    let xml = to_xml(&typed).unwrap();
    let back: T = from_xml(&xml).unwrap_or_else(|e| panic!("{}: {e:?}\n{xml}", T::WRAPPER));
    assert!(back == typed, "{} reads back as something else:\n{xml}", T::WRAPPER);
    the_other_way(&typed, &xml);
    xml
}

/// yaserde writes what quick-xml writes, and quick-xml reads it.
fn the_other_way<T: Message + DeserializeOwned + PartialEq + YaSerialize>(typed: &T, xml: &str) {
    let theirs = yaserde::ser::to_string(typed).unwrap_or_else(|e| panic!("{}: {e:?}", T::WRAPPER));
    // It writes a carriage return as it is, which every reader takes for a line feed: one of the reasons why it does not
    // write for us.
    let theirs = theirs.replace('\r', "&#13;");
    assert_eq!(tree(&theirs), tree(xml), "{}:\n{theirs}\n{xml}", T::WRAPPER);
    if has_empty_list(&serde_json::to_value(typed).unwrap()) {
        // Such a list is there in JSON and not in XML; serde has one rule for both and misses it.
        return;
    }
    // quick-xml looks at no namespace and would take their declarations for members.
    let bare = theirs.replace(&format!(" xmlns:c=\"{}\"", T::NAMESPACE), "");
    let back: T = quick_xml::de::from_str(&bare).unwrap_or_else(|e| panic!("{}: {e}\n{bare}", T::WRAPPER));
    // It trims texts, which is why nothing of ours reads with it.
    let trimmed = |value: &T| trimmed(serde_json::to_value(value).unwrap());
    assert_eq!(trimmed(&back), trimmed(typed), "{}:\n{bare}", T::WRAPPER);
}

/// A document as names and texts, however it is spelt.
fn tree(xml: &str) -> Vec<String> {
    let document = roxmltree::Document::parse(xml).unwrap_or_else(|e| panic!("{e}\n{xml}"));
    let mut lines = Vec::new();
    for node in document.root().descendants() {
        let depth = node.ancestors().count();
        match node.node_type() {
            roxmltree::NodeType::Element => lines.push(format!("{depth} {:?}", node.tag_name())),
            roxmltree::NodeType::Text => lines.push(format!("{depth} {:?}", node.text())),
            _ => {}
        }
        assert!(node.attributes().len() == 0);
    }
    lines
}

fn has_empty_list(value: &Value) -> bool {
    match value {
        Value::Array(values) => values.is_empty() || values.iter().any(has_empty_list),
        Value::Object(members) => members.values().any(has_empty_list),
        _ => false,
    }
}

fn trimmed(value: Value) -> Value {
    match value {
        Value::String(text) => json!(text.trim_matches([' ', '\t', '\r', '\n'])),
        Value::Array(values) => values.into_iter().map(trimmed).collect(),
        Value::Object(members) => {
            Value::Object(members.into_iter().map(|(name, value)| (name, trimmed(value))).collect())
        }
        other => other,
    }
}

/// Every message of a family with every member filled in, as XML.
fn all(family: &'static str, texts: &[String]) -> Vec<String> {
    chosen(family, texts, &[])
}

/// The same with what [`Filling::choices`] leave.
fn chosen(family: &'static str, texts: &[String], choices: &[u8]) -> Vec<String> {
    let contract = Contract::read(family);
    let texts = &mut Filling { texts, next: 0, choices, chosen: 0 };
    let mut documents = Vec::new();
    macro_rules! pairs {
        ($($module:ident: $request:ident $answer:ident;)*) => {$(if stringify!($module) == family {
            let name = <$module::$request as Message>::WRAPPER;
            let op = contract.operations().find(|op| op["operationId"] == name).unwrap();
            let request = match op.get("requestBody") {
                Some(body) => fill(&contract, &body["content"]["application/json"]["schema"], texts),
                None => Value::Object(op["parameters"].as_array().unwrap().iter().filter_map(|p| {
                    let parameter = p["name"].as_str().unwrap();
                    let member = if parameter == "q" { "query" } else { parameter };
                    let there = p["required"] == true || texts.choice().is_none_or(|it| it % 3 > 0);
                    there.then(|| (member.to_owned(), fill(&contract, &p["schema"], texts)))
                }).collect()),
            };
            documents.push(round::<$module::$request>(&request));
            let wrapper = contract.wrapper(<$module::$answer as Message>::WRAPPER);
            let kind = wrapper[0].kind.strip_prefix("tns:").unwrap();
            let result = fill(&contract, contract.schema(kind), texts);
            documents.push(round::<$module::$answer>(&json!({ wrapper[0].name.as_str(): result })));
            let error = json!({ "code": "invalid-field", "message": texts.texts[0], "field": "code" });
            documents.push(round::<$module::$answer>(&json!({ "error": error })));
        })*};
    }
    pairs! {
        catalogue: GetService GetServiceResponse;
        catalogue: ListServices ListServicesResponse;
        catalogue: SearchServices SearchServicesResponse;
        catalogue: ListServicePoints ListServicePointsResponse;
        catalogue: GetServicePoint GetServicePointResponse;
        catalogue: GetChannel GetChannelResponse;
        catalogue: ListChannels ListChannelsResponse;
        catalogue: GetOrganisation GetOrganisationResponse;
        catalogue: ListOrganisations ListOrganisationsResponse;
        catalogue: ListOffers ListOffersResponse;
        catalogue: ListErrands ListErrandsResponse;
        catalogue: ListClasses ListClassesResponse;
        catalogue: ListChanges ListChangesResponse;
        messages: SendMessage SendMessageResponse;
        messages: CheckMailboxes CheckMailboxesResponse;
        messages: GetMessageStatus GetMessageStatusResponse;
        messages: ListMessageEvents ListMessageEventsResponse;
        messages: ListReplies ListRepliesResponse;
        messages: GetReply GetReplyResponse;
        messages: GetReceipt GetReceiptResponse;
        messages: AcknowledgeReply AcknowledgeReplyResponse;
        messages: CancelMessage CancelMessageResponse;
        messages: GetBulletinStatus GetBulletinStatusResponse;
        messages: CancelBulletin CancelBulletinResponse;
        messages: UploadFile UploadFileResponse;
    }
    assert_eq!(documents.len(), 3 * contract.soap_operations().len());
    documents
}

fn plain() -> Vec<String> {
    ["Päivähoito & <esiopetus>", "  två  mellanslag ", "rivi\r\ntoinen\t\"lainaus\"", "čáppa ]]> 🌉", ""]
        .map(str::to_owned)
        .into()
}

#[test]
fn every_member_passes_through_json_and_xml() {
    for family in ["catalogue", "messages"] {
        all(family, &plain());
    }
}

#[test]
fn what_is_written_follows_the_schema() {
    if Command::new("xmllint").arg("--version").stderr(Stdio::null()).status().is_err() {
        println!("skipped: xmllint is not installed");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for family in ["catalogue", "messages"] {
        let xsd = folder.path().join(family).with_extension("xsd");
        std::fs::write(&xsd, Contract::read(family).xsd()).unwrap();
        let mut files = Vec::new();
        for (number, document) in all(family, &plain()).into_iter().enumerate() {
            let file = folder.path().join(format!("{family}-{number}.xml"));
            std::fs::File::create(&file).unwrap().write_all(document.as_bytes()).unwrap();
            files.push(file);
        }
        let report =
            Command::new("xmllint").args(["--nonet", "--noout", "--schema"]).arg(xsd).args(files).output().unwrap();
        assert!(report.status.success(), "{}", String::from_utf8_lossy(&report.stderr));
    }
}

#[test]
fn a_reader_refuses_words_it_does_not_know() {
    let xml = "<getService xmlns=\"urn:silta:catalogue:v1\"><code>1</code><lang>xx</lang></getService>";
    assert!(from_xml::<catalogue::GetService>(xml).is_err());
    assert!(serde_json::from_str::<catalogue::GetService>(r#"{"code":"1","lang":"xx"}"#).is_err());
    assert!(serde_json::from_str::<catalogue::GetService>(r#"{"code":"1","kieli":"fi"}"#).is_err());
}

#[test]
fn a_wrapper_has_its_namespace_and_its_members_in_order() {
    let request = catalogue::GetService { code: "740\u{1}".to_owned(), lang: Some(catalogue::Language::Sv) };
    let expected = "<getService xmlns=\"urn:silta:catalogue:v1\"><code>740\u{FFFD}</code><lang>sv</lang></getService>";
    assert_eq!(to_xml(&request).unwrap(), expected);
}

#[test]
fn debug_output_holds_nothing_personal() {
    let order = messages::SendMessage {
        order_id: "order-1".to_owned(),
        recipients: vec![messages::Recipient { id: Some("010190-9016".to_owned()), address: None }],
        title: "Salainen otsikko".to_owned(),
        body: "Salainen teksti".to_owned(),
        attachments: vec![messages::Attachment { name: "salainen.pdf".to_owned(), ..Default::default() }],
        ..Default::default()
    };
    let shown = format!("{order:?} {:?} {:?}", order.recipients, order.attachments);
    assert!(shown.contains("order-1"));
    for secret in ["010190", "alainen"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn yaserde_and_quick_xml_read_what_the_other_wrote(
        texts in prop::collection::vec("([ \t\r\n<>&\"'\\]]|\\PC){0,24}", 1..12),
        choices in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        for family in ["catalogue", "messages"] {
            chosen(family, &texts, &choices);
        }
    }
}
