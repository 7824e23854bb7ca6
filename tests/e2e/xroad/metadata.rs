//! xroad.md §9.6: the descriptions that a whole adapter hosts, read as security servers and the national catalogue's
//! collector read them, and every operation called as its WSDL describes it.

use std::collections::BTreeMap;

use conformance::security_server::{
    Answer, RawBody, RawRequest, anonymised_openapi, anonymised_wsdl, read_openapi, read_wsdl,
};
use http::Method;
use roxmltree::{Document, Node};
use serde_json::Value;

use super::{own, shared};
use crate::harness::{CONSUMER, Call, Case, PROVIDER, RECIPIENT, SERVICE, TENANT, child_text, envelope, header};
use crate::tidy;
use crate::xmllint::Schema;

const FAMILIES: [&str; 2] = ["catalogue", "messages"];
const FILES: [(&str, &str); 2] = [("service.wsdl", "text/xml; charset=UTF-8"), ("openapi.json", "application/json")];
const XS: &str = "http://www.w3.org/2001/XMLSchema";

#[test]
fn xroad_me_01_descriptions_are_served_to_the_security_servers_certificate() {
    shared(async |case| {
        for family in FAMILIES {
            for (file, media_type) in FILES {
                let answer = ask(case, Method::GET, family, file).await;
                assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, Some(media_type)));
                assert!(answer.body.len() <= 10 << 20 && !answer.body.is_empty());
                for name in ["location", "set-cookie", "content-encoding"] {
                    assert_eq!(answer.header(name), None, "{name}");
                }
                let fetched = case.adapter.provider.fetch_description(&address(case, family, file)).await;
                assert_eq!(fetched.expect("by the administration").1, answer.body);
                let head = ask(case, Method::HEAD, family, file).await;
                assert_eq!((head.status.as_u16(), head.body.len()), (200, 0), "HEAD {file}");
                for method in [Method::POST, Method::PUT, Method::DELETE, Method::TRACE] {
                    assert_eq!(ask(case, method.clone(), family, file).await.status, 405, "{method} {file}");
                }
            }
        }
    });
}

/// With the address that the configuration gives, as with the listener's own; and what every member may read names no
/// address of ours once a security server has put its placeholder in.
#[test]
fn xroad_me_04_a_configured_address_stands_in_both_and_nowhere_else() {
    own(
        |config| config.xroad.public_url = Some("https://silta.turku.example:8443".to_owned()),
        async |case| {
            for family in FAMILIES {
                let base = format!("https://silta.turku.example:8443/{TENANT}/{family}");
                let wsdl = ask(case, Method::GET, family, "service.wsdl").await;
                for operation in read_wsdl(&wsdl.body).expect("read") {
                    assert_eq!(operation.url, format!("{base}/soap/v1"), "{}", operation.code);
                }
                let openapi = ask(case, Method::GET, family, "openapi.json").await;
                let found = read_openapi(&openapi.body, &address(case, family, "openapi.json")).expect("read");
                assert_eq!(found.url, format!("{base}/rest/v1"));
                let passed =
                    [anonymised_wsdl(&wsdl.body).expect("a WSDL"), anonymised_openapi(&openapi.body).expect("OpenAPI")];
                let own = case.adapter.addresses["xroad"].to_string();
                for text in passed {
                    for secret in ["silta.turku.example", "8443", own.as_str(), "127.0.0.1", "localhost", "<!DOCTYPE"] {
                        assert!(!text.contains(secret), "{family}: {secret}");
                    }
                }
            }
        },
    );
}

/// Requests are written from the served WSDL alone: version from the binding, members from the schema.
#[test]
fn xroad_me_06_every_service_is_callable_as_the_wsdl_describes_it() {
    shared(async |case| {
        let mut values = BTreeMap::from([("query", SERVICE.1.to_owned()), ("title", "Otsikko".to_owned())]);
        values.insert("body", "Teksti.".to_owned());
        values.insert("orderId", format!("me-06-{}", uuid::Uuid::new_v4()));
        values.insert("bulletinId", "me-06".to_owned());
        values.insert("content", "eA==".to_owned());
        let mut called = 0;
        for family in FAMILIES {
            let wsdl = ask(case, Method::GET, family, "service.wsdl").await.text();
            let schema = Schema::of_wsdl(&wsdl);
            let mut operations = read_wsdl(wsdl.as_bytes()).expect("read");
            // A list gives the code that the operation for one record asks for, an order its identifier.
            operations.sort_by_key(|it| (it.code.starts_with("get"), it.code.clone()));
            for operation in operations {
                let name = operation.code.as_str();
                assert_eq!(operation.version.as_deref(), Some("v1"), "{name}");
                assert!(operation.title.is_some_and(|title| !title.is_empty()), "{name}");
                if let Some(record) = name.strip_prefix("get") {
                    let code = values.get(format!("list{record}s").as_str()).cloned();
                    values.insert("code", code.unwrap_or_default());
                }
                if ["getMessageStatus", "getReceipt"].contains(&name) {
                    values.insert("id", values["sendMessage"].clone());
                } else {
                    values.insert("id", RECIPIENT.to_owned());
                }
                let body = wrapper(&wsdl, name, &values);
                schema.check(body.as_bytes()).unwrap_or_else(|said| panic!("{name}: {body}: {said}"));
                let request = envelope(&header(CONSUMER, name), &body);
                let answer = case.soap(family, request.clone()).await;
                called += 1;
                if ABSENT.contains(&name) {
                    let (code, _) = case.business_error(request.as_bytes(), &answer).await;
                    assert_eq!(code, "not-found", "{name}");
                    continue;
                }
                let document = case.accepted(request.as_bytes(), &answer).await;
                schema.check(document.as_bytes()).unwrap_or_else(|said| panic!("{name}: {said}"));
                assert!(document.contains(&format!("{name}Response")), "{name}: {document}");
                assert_eq!(child_text(&document, "error"), None, "{name}: {document}");
                let first = if family == "catalogue" { "code" } else { "id" };
                let value = first_in_body(&document, first);
                if let Some(value) = value {
                    values.insert(LISTED.iter().find(|it| **it == name).copied().unwrap_or("other"), value);
                }
            }
        }
        assert_eq!(called, 25);
    });
}

/// What these ask for is not there, and they say so.
const ABSENT: [&str; 5] = ["acknowledgeReply", "cancelBulletin", "cancelMessage", "getBulletinStatus", "getReply"];
const LISTED: [&str; 5] = ["listServices", "listServicePoints", "listChannels", "listOrganisations", "sendMessage"];

/// The security server decides by media type, else by the path's end; here both say the same.
#[test]
fn xroad_me_08_media_type_and_suffix_of_the_openapi_address_agree() {
    shared(async |case| {
        for family in FAMILIES {
            let answer = ask(case, Method::GET, family, "openapi.json").await;
            let media_type = answer.header("content-type").expect("a media type");
            assert!(media_type.contains("application/json") && !media_type.contains("yaml"), "{media_type}");
            let path = address(case, family, "openapi.json");
            assert_eq!(std::path::Path::new(&path).extension().and_then(|it| it.to_str()), Some("json"));
            serde_json::from_slice::<Value>(&answer.body).expect("JSON, as both say");
        }
    });
}

/// Every path that the adapter serves, with the globs that cover it. A right to `/services/*` also opens the search: the
/// only place where two of them fit.
#[test]
fn xroad_me_09_globs_cover_exactly_what_is_served() {
    shared(async |case| {
        for (family, method, served) in [
            (
                "catalogue",
                Method::GET,
                &[
                    ("/services", &["/services"][..]),
                    ("/services/101", &["/services/*"]),
                    ("/services/search", &["/services/*", "/services/search"]),
                    ("/service-points", &["/service-points"]),
                    ("/service-points/1", &["/service-points/*"]),
                    ("/channels", &["/channels"]),
                    ("/channels/1", &["/channels/*"]),
                    ("/organisations", &["/organisations"]),
                    ("/organisations/1", &["/organisations/*"]),
                    ("/offers", &["/offers"]),
                    ("/errands", &["/errands"]),
                    ("/classes", &["/classes"]),
                    ("/changes", &["/changes"]),
                ][..],
            ),
            (
                "messages",
                Method::GET,
                &[
                    ("/messages/1", &["/messages/*"][..]),
                    ("/messages/1/receipt", &["/messages/*/receipt"]),
                    ("/bulletins/1", &["/bulletins/*"]),
                    ("/events", &["/events"]),
                    ("/replies", &["/replies"]),
                    ("/replies/1", &["/replies/*"]),
                ][..],
            ),
            (
                "messages",
                Method::POST,
                &[
                    ("/messages", &["/messages"][..]),
                    ("/mailboxes/check", &["/mailboxes/check"]),
                    ("/replies/1/ack", &["/replies/*/ack"]),
                    ("/uploads", &["/uploads"]),
                ][..],
            ),
            (
                "messages",
                Method::DELETE,
                &[("/messages/1", &["/messages/*"][..]), ("/bulletins/1", &["/bulletins/*"])][..],
            ),
        ] {
            let document = ask(case, Method::GET, family, "openapi.json").await;
            let found = read_openapi(&document.body, &address(case, family, "openapi.json")).expect("read");
            let of_method: Vec<_> =
                found.endpoints.iter().filter(|(endpoint, _)| *endpoint == method.as_str()).collect();
            assert_eq!(of_method.len(), served.len(), "{method} {family}");
            for (path, globs) in served {
                let mut fitting: Vec<&str> =
                    of_method.iter().filter(|(_, glob)| glob.matches(path)).map(|(_, glob)| glob.as_str()).collect();
                fitting.sort_unstable();
                assert_eq!(fitting, **globs, "{method} {path}");
                for other in [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
                    let answer = case.rest(Call::new(other.clone(), family, path)).await;
                    let listed = found.endpoints.iter().any(|(it, glob)| it == other.as_str() && glob.matches(path));
                    assert_eq!(answer.status != 405, listed, "{other} {path}: {}", answer.text());
                }
            }
            for path in
                ["/", "/other", "/services/1/2", "/messages/1/2", "/offers/1", "/errands/1", "/classes/1", "/changes/1"]
            {
                let answer = case.rest(Call::new(method.clone(), family, path)).await;
                assert!(!of_method.iter().any(|(_, glob)| glob.matches(path)), "{path}");
                assert!([400, 404].contains(&answer.status.as_u16()), "{method} {path}: {}", answer.status);
            }
        }
    });
}

#[test]
fn xroad_me_10_descriptions_are_the_same_bytes_every_time() {
    shared(async |case| {
        for family in FAMILIES {
            for (file, _) in FILES {
                let first = ask(case, Method::GET, family, file).await;
                assert_eq!(first.body, ask(case, Method::GET, family, file).await.body);
                assert_eq!(first.header("content-length"), Some(first.body.len().to_string().as_str()));
                // The file of the contract, but for the address.
                let path = tidy::root().join("wsdl").join(family).join("v1").join(file);
                let kept = std::fs::read_to_string(path).expect("a contract");
                let base = format!("{}/{TENANT}/{family}", case.adapter.url);
                let expected = kept.replacen(&format!("https://silta.example/{family}"), &base, 1);
                assert_ne!(kept, expected);
                assert_eq!(first.text(), expected, "{family} {file}");
            }
        }
    });
}

/// As the collector of the national catalogue reads: `listMethods` by each protocol, then each description; OpenAPI asked
/// for without a version and read as JSON only, a WSDL as the one attachment of its answer.
#[test]
fn the_national_catalogues_collector_reads_every_description() {
    shared(async |case| {
        let consumer = &case.adapter.consumer;
        let get = async |path: &str| {
            let address = format!("/r1/{PROVIDER}/{path}");
            let answer = consumer.call_rest(Method::GET, &address, &[("X-Road-Client", CONSUMER)], "").await;
            let answer = answer.expect("an answer");
            assert_eq!(answer.status, 200, "{path}: {}", answer.text());
            serde_json::from_slice::<Value>(&answer.body).expect("JSON")
        };
        let listed = get("listMethods").await;
        let codes: Vec<&str> = listed["service"]
            .as_array()
            .expect("services")
            .iter()
            .filter_map(|it| it["service_code"].as_str())
            .collect();
        for family in FAMILIES {
            assert!(codes.contains(&family), "{codes:?}");
            let document = get(&format!("getOpenAPI?serviceCode={family}")).await;
            assert_eq!(document["servers"][0]["url"], format!("/{TENANT}/{family}/rest/v1"));
            let code = if family == "catalogue" { "getService" } else { "sendMessage" };
            let body = format!(
                "<xrd:getWsdl><xrd:serviceCode>{code}</xrd:serviceCode><xrd:serviceVersion>v1</xrd:serviceVersion></xrd:getWsdl>"
            );
            let header = header(CONSUMER, "getWsdl").replace("<id:serviceVersion>v1</id:serviceVersion>", "");
            let answer = consumer.call_soap(envelope(&header, &body), "text/xml; charset=UTF-8", None).await;
            let message = answer.expect("an answer").message().await.expect("a message");
            assert_eq!(message.attachments.len(), 1, "{family}");
            let wsdl = message.attachments[0].body.to_bytes().expect("kept");
            let operations = read_wsdl(&wsdl).expect("read");
            assert!(operations.iter().any(|it| it.code == code && it.version.as_deref() == Some("v1")), "{family}");
        }
    });
}

fn address(case: &Case<'_>, family: &str, file: &str) -> String {
    format!("{}/{TENANT}/{family}/meta/v1/{file}", case.adapter.url)
}

async fn ask(case: &Case<'_>, method: Method, family: &str, file: &str) -> Answer {
    let request = RawRequest { method, url: address(case, family, file), headers: Vec::new(), body: RawBody::None };
    case.adapter.provider.door().send(request).await.expect("an answer")
}

/// The wrapper of an operation with its mandatory members, by the schema.
fn wrapper(wsdl: &str, name: &str, values: &BTreeMap<&str, String>) -> String {
    let document = Document::parse(wsdl).expect("XML");
    let mut schemas = document.descendants().filter(|node| node.has_tag_name((XS, "schema")));
    let (schema, element) = schemas
        .find_map(|schema| Some((schema, named(schema, "element", name)?)))
        .unwrap_or_else(|| panic!("no element {name}"));
    let namespace = schema.attribute("targetNamespace").expect("a namespace");
    let kind = element.children().find(|node| node.has_tag_name((XS, "complexType"))).expect("a type of its own");
    format!("<w:{name} xmlns:w=\"{namespace}\">{}</w:{name}>", members(schema, kind, values))
}

fn members(schema: Node<'_, '_>, kind: Node<'_, '_>, values: &BTreeMap<&str, String>) -> String {
    let sequence = kind.children().find(|node| node.has_tag_name((XS, "sequence"))).expect("a sequence");
    // A search needs words or a filter, a letter that is not on paper its recipient's id, an upload its content: no schema
    // can say so.
    let is_needed = |node: &Node<'_, '_>| {
        node.attribute("minOccurs") != Some("0") || matches!(node.attribute("name"), Some("query" | "id" | "content"))
    };
    let mandatory = sequence.children().filter(|node| node.has_tag_name((XS, "element")) && is_needed(node));
    let written = mandatory.map(|member| {
        let name = member.attribute("name").expect("a name");
        let of = member.attribute("type").unwrap_or_default().rsplit(':').next().unwrap_or_default();
        let content = match named(schema, "complexType", of) {
            Some(kind) => members(schema, kind, values),
            None => values.get(name).unwrap_or_else(|| panic!("no value for {name}")).clone(),
        };
        format!("<w:{name}>{content}</w:{name}>")
    });
    written.collect::<Vec<_>>().concat()
}

fn named<'a, 'i>(schema: Node<'a, 'i>, what: &str, name: &str) -> Option<Node<'a, 'i>> {
    schema.children().find(|node| node.has_tag_name((XS, what)) && node.attribute("name") == Some(name))
}

/// The first such member of the answer's body.
fn first_in_body(document: &str, name: &str) -> Option<String> {
    let document = Document::parse(document).expect("XML");
    let body = document.descendants().find(|node| node.is_element() && node.tag_name().name() == "Body")?;
    let found = body.descendants().find(|node| node.is_element() && node.tag_name().name() == name)?;
    found.text().map(str::to_owned)
}
