//! The rules that a WSDL must keep (xroad.md §2.2, §4.2).

use roxmltree::{Document, Node};

use super::{check_all, fetch, wsdls};
use crate::kit::{Probe, Schema, Verdict};
use crate::security_server::description::RESERVED;
use crate::security_server::read_wsdl;
use crate::security_server::soap::XROAD;
use crate::xml::{self, child, elements, is};

const WSDL: &str = "http://schemas.xmlsoap.org/wsdl/";
const SOAP: &str = "http://schemas.xmlsoap.org/wsdl/soap/";
const SOAP12: &str = "http://schemas.xmlsoap.org/wsdl/soap12/";
const XSD: &str = "http://www.w3.org/2001/XMLSchema";
const TRANSPORT: &str = "http://schemas.xmlsoap.org/soap/http";
/// Header fields that a request or response must describe.
const FIELDS: [&str; 4] = ["client", "service", "id", "protocolVersion"];

type Checks = Vec<(String, bool)>;

pub(super) async fn me_02(probe: &mut Probe<'_>) -> Verdict {
    each(probe, found).await
}

pub(super) async fn me_03(probe: &mut Probe<'_>) -> Verdict {
    each(probe, wrapped).await
}

/// Judges each WSDL as it is served now.
async fn each(probe: &mut Probe<'_>, judge: fn(&Document<'_>, &[u8]) -> Checks) -> Verdict {
    for wsdl in wsdls(probe)? {
        probe.step(wsdl.url.clone());
        let answer = fetch(probe, &wsdl.url, &[]).await?;
        check_all(probe, judged(&answer.body, judge))?;
    }
    Ok(())
}

fn judged(bytes: &[u8], judge: fn(&Document<'_>, &[u8]) -> Checks) -> Checks {
    let text = xml::decode(bytes);
    let document = text.as_ref().map_err(Clone::clone).and_then(|it| xml::parse(it));
    match document {
        Ok(document) => judge(&document, bytes),
        Err(error) => vec![(format!("an XML document without DOCTYPE; it is {error}"), false)],
    }
}

/// Everything that the parser finds is all that there is.
fn found(document: &Document<'_>, bytes: &[u8]) -> Checks {
    let definitions = document.root_element();
    let operations = match read_wsdl(bytes) {
        Ok(operations) => operations,
        Err(error) => return vec![(format!("the security server's parser reads it; it says: {error}"), false)],
    };
    let mut checks = vec![("at least one operation".to_owned(), !operations.is_empty())];
    let all: Vec<_> = document.descendants().collect();
    let of = |namespace: &str, name: &str| all.iter().filter(|it| is(**it, namespace, name)).count();
    checks.push(("no wsdl:import: the parser does not follow it".to_owned(), of(WSDL, "import") == 0));
    let outside = |it: &&Node<'_, '_>| {
        let place = it.attribute("schemaLocation").unwrap_or_default();
        !place.is_empty() && !place.starts_with("http://x-road.eu/")
    };
    let imports = all.iter().filter(|it| is(**it, XSD, "import") || is(**it, XSD, "include"));
    checks.push((
        "no schema is imported from a place that consumers cannot reach".to_owned(),
        imports.filter(outside).count() == 0,
    ));
    checks.push(("no SOAP 1.2 address: it would not be anonymised".to_owned(), of(SOAP12, "address") == 0));
    for port_type in elements(definitions).filter(|it| is(*it, WSDL, "portType")) {
        for operation in elements(port_type).filter(|it| is(*it, WSDL, "operation")) {
            let code = operation.attribute("name").unwrap_or_default();
            let known = operations.iter().find(|it| it.code == code);
            checks.push((format!("{code} is found at a port"), known.is_some()));
            let titled = operation.descendants().any(|it| is(it, XROAD, "title"));
            let title = known.and_then(|it| it.title.as_deref()).unwrap_or_default();
            let sound = !titled || !title.trim().is_empty();
            checks.push((format!("the title of {code}, if any, is found where the parser looks"), sound));
        }
    }
    for operation in &operations {
        let (code, url) = (&operation.code, &operation.url);
        let http = url.starts_with("http://") || url.starts_with("https://");
        checks.push((format!("{code} has an http or https address"), http));
        let strict =
            |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "'()+,-.=?".contains(c));
        let version = operation.version.as_deref();
        checks.push((
            format!("code and version of {code} are in the strict characters"),
            strict(code) && version.is_none_or(strict),
        ));
        checks.push((format!("{code} is not reserved"), !RESERVED.contains(&code.as_str())));
        let response = code.ends_with("Response");
        checks.push((
            format!("{code} does not end in Response: the message log would take its requests for answers"),
            !response,
        ));
        let name = (code.to_ascii_lowercase(), version.map(str::to_ascii_lowercase));
        let alike = operations
            .iter()
            .filter(|it| (it.code.to_ascii_lowercase(), it.version.as_deref().map(str::to_ascii_lowercase)) == name);
        checks.push((format!("no other operation is {code} but for case"), alike.count() == 1));
    }
    let versions = operations.iter().filter(|it| it.version.is_some()).count();
    let named = all.iter().filter(|it| is(**it, XROAD, "version") && in_binding(**it)).count();
    checks.push((
        format!("the {versions} versions found are xrd:version elements of binding operations"),
        named >= versions,
    ));
    let elsewhere = all.iter().filter(|it| is(**it, XROAD, "version") && !in_binding(**it)).count();
    checks.push(("no xrd:version stands where no reader looks".to_owned(), elsewhere == 0));
    checks
}

fn in_binding(node: Node<'_, '_>) -> bool {
    let operation = node.parent().filter(|it| is(*it, WSDL, "operation"));
    operation.and_then(|it| it.parent()).is_some_and(|it| is(it, WSDL, "binding"))
}

/// Document/literal wrapped.
fn wrapped(document: &Document<'_>, _: &[u8]) -> Checks {
    let definitions = document.root_element();
    let schema = Schema::of(document);
    let mut checks = Vec::new();
    let bindings: Vec<_> = elements(definitions).filter(|it| is(*it, WSDL, "binding")).collect();
    let soap: Vec<_> = bindings.into_iter().filter_map(|it| Some((it, child(it, SOAP, "binding")?))).collect();
    checks.push(("a binding to SOAP 1.1".to_owned(), !soap.is_empty()));
    for (binding, how) in soap {
        checks.push(("SOAP over HTTP".to_owned(), how.attribute("transport") == Some(TRANSPORT)));
        let style = how.attribute("style").unwrap_or("document");
        let port_type = named(definitions, "portType", binding.attribute("type"));
        checks.push(("the binding's portType stands in the document".to_owned(), port_type.is_some()));
        let Some(port_type) = port_type else { continue };
        for operation in elements(binding).filter(|it| is(*it, WSDL, "operation")) {
            let code = operation.attribute("name").unwrap_or_default();
            let own = child(operation, SOAP, "operation").and_then(|it| it.attribute("style"));
            checks.push((format!("{code} is of style document"), own.unwrap_or(style) == "document"));
            let mut abstractly =
                elements(port_type).filter(|it| is(*it, WSDL, "operation") && it.attribute("name") == Some(code));
            let (first, second) = (abstractly.next(), abstractly.next());
            checks.push((format!("{code} stands in the portType once"), first.is_some() && second.is_none()));
            let Some(first) = first else { continue };
            for (way, wanted) in [("input", code.to_owned()), ("output", format!("{code}Response"))] {
                checks.extend(way_of(definitions, &schema, operation, first, way, &wanted));
            }
        }
    }
    checks
}

/// The request or the response of an operation.
fn way_of(
    definitions: Node<'_, '_>,
    schema: &Schema<'_, '_>,
    bound: Node<'_, '_>,
    operation: Node<'_, '_>,
    way: &str,
    wanted: &str,
) -> Checks {
    let mut checks = Vec::new();
    let message = child(operation, WSDL, way).and_then(|it| named(definitions, "message", it.attribute("message")));
    let binding = child(bound, WSDL, way);
    let whole = message.is_some() && binding.is_some();
    checks.push((format!("{wanted} has an {way} with a message: there are no one-way services"), whole));
    let (Some(message), Some(binding)) = (message, binding) else { return checks };
    let body = child(binding, SOAP, "body");
    let literal =
        body.is_some_and(|it| it.attribute("use") == Some("literal") && it.attribute("encodingStyle").is_none());
    checks.push((format!("the body of {wanted} is literal"), literal));
    let headers: Vec<_> = elements(binding).filter(|it| is(*it, SOAP, "header")).collect();
    // The parts of the message that are not headers make the body.
    let parts: Vec<_> = elements(message).filter(|it| is(*it, WSDL, "part")).collect();
    let chosen = body.and_then(|it| it.attribute("parts"));
    let in_header = |name: Option<&str>| {
        headers.iter().any(|it| {
            it.attribute("part") == name && named(definitions, "message", it.attribute("message")) == Some(message)
        })
    };
    let of_body: Vec<_> = parts
        .iter()
        .filter(|it| match chosen {
            Some(chosen) => chosen.split_whitespace().any(|name| it.attribute("name") == Some(name)),
            None => !in_header(it.attribute("name")),
        })
        .collect();
    let [part] = of_body.as_slice() else {
        checks.push((format!("one part makes the body of {wanted}; there are {}", of_body.len()), false));
        return checks;
    };
    let element = part.attribute("element");
    checks.push((
        format!("the body of {wanted} is an element, not a type"),
        element.is_some() && part.attribute("type").is_none(),
    ));
    let (prefix, name) = split(element.unwrap_or_default());
    checks.push((format!("the wrapper is named {wanted}"), name == wanted));
    let namespace = part.lookup_namespace_uri(prefix).unwrap_or_default();
    checks.push((format!("{wanted} is declared in a schema of the document"), schema.declares(namespace, name)));
    let mut described = Vec::new();
    for header in headers {
        let part = named(definitions, "message", header.attribute("message")).and_then(|it| {
            elements(it).find(|it| is(*it, WSDL, "part") && it.attribute("name") == header.attribute("part"))
        });
        described.extend(part.and_then(|it| it.attribute("element")).map(|it| split(it).1.to_owned()));
    }
    let all = FIELDS.iter().all(|field| described.iter().any(|it| it == field));
    checks.push((format!("{wanted} describes the headers {}", FIELDS.join(", ")), all));
    checks.push((format!("{wanted} does not describe requestHash"), !described.iter().any(|it| it == "requestHash")));
    checks
}

/// A top-level component by its qualified name.
fn named<'a, 'i>(definitions: Node<'a, 'i>, kind: &str, name: Option<&str>) -> Option<Node<'a, 'i>> {
    let (_, local) = split(name?);
    elements(definitions).find(|it| is(*it, WSDL, kind) && it.attribute("name") == Some(local))
}

fn split(name: &str) -> (Option<&str>, &str) {
    name.split_once(':').map_or((None, name), |(prefix, local)| (Some(prefix), local))
}
