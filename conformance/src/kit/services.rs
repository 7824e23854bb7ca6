//! What the adapter offers, by its own descriptions: SOAP operations with their wrappers, REST operations with their
//! parameters. Only so much of WSDL, XSD and OpenAPI is read as a case needs; a judgement of the descriptions themselves
//! is the metadata family's.

use serde_json::Value;

use super::tree::Element;
use crate::xml::XmlError;

const WSDL: &str = "http://schemas.xmlsoap.org/wsdl/";
const SOAP_BINDING: &str = "http://schemas.xmlsoap.org/wsdl/soap/";
const XSD: &str = "http://www.w3.org/2001/XMLSchema";

/// All that was read.
#[derive(Debug, Clone, Default)]
pub struct Services {
    /// SOAP operations of all WSDL documents.
    pub soap: Vec<SoapOperation>,
    /// One for each OpenAPI document.
    pub rest: Vec<RestService>,
    /// The documents as they came: address, Content-Type, bytes.
    pub documents: Vec<(String, String, Vec<u8>)>,
}

/// A SOAP operation.
#[derive(Debug, Clone)]
pub struct SoapOperation {
    /// Service code.
    pub code: String,
    /// Service version, if the description names one.
    pub version: Option<String>,
    /// Where its messages go.
    pub url: String,
    /// Namespace of the request's wrapper.
    pub namespace: String,
    /// Whether child elements stand in that namespace.
    pub qualified: bool,
    /// Names of the wrapper's children that must be there.
    pub required: Vec<String>,
    /// The description that names it.
    pub wsdl: String,
}

/// A REST service.
#[derive(Debug, Clone)]
pub struct RestService {
    /// Base address, no slash at its end.
    pub base: String,
    /// Its operations.
    pub operations: Vec<RestOperation>,
    /// The description.
    pub openapi: String,
}

/// A REST operation.
#[derive(Debug, Clone)]
pub struct RestOperation {
    /// Method, in capitals.
    pub method: String,
    /// Path template below the base.
    pub path: String,
    /// Required query parameters.
    pub required: Vec<String>,
    /// All query parameters.
    pub query: Vec<String>,
    /// The operation's description as JSON.
    pub described: Value,
}

impl Services {
    /// Adds a description, whichever of the two it is. `url` is where it was fetched: the services are taken to be at
    /// the same host and port, whatever host the description names, as an administrator of a security server may set.
    pub fn add(&mut self, url: &str, content_type: &str, bytes: &[u8]) -> Result<(), String> {
        self.documents.push((url.to_owned(), content_type.to_owned(), bytes.to_vec()));
        if bytes.trim_ascii_start().starts_with(b"{") {
            let document: Value =
                serde_json::from_slice(bytes).map_err(|error| format!("{url} is no JSON document: {error}"))?;
            self.rest.push(openapi(url, &document)?);
            return Ok(());
        }
        let document = match Element::read(bytes) {
            // That there is one is a case's matter.
            Err(XmlError::Doctype) => Element::read(&without_doctype(bytes)),
            other => other,
        };
        let document = document.map_err(|error| format!("{url} is no XML document: {error}"))?;
        if !document.is(WSDL, "definitions") {
            return Err(format!("{url} is neither a WSDL 1.1 nor an OpenAPI (JSON) document"));
        }
        self.soap.extend(wsdl(url, &document)?);
        Ok(())
    }

    /// A SOAP operation by its code.
    pub fn operation(&self, code: &str) -> Option<&SoapOperation> {
        self.soap.iter().find(|it| it.code == code)
    }
}

/// A document without its DOCTYPE, as far as no entity of it is used.
fn without_doctype(bytes: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes);
    let Some((before, rest)) = text.split_once("<!DOCTYPE") else { return bytes.to_vec() };
    let end = match (rest.find('['), rest.find('>')) {
        (Some(subset), Some(end)) if subset < end => {
            rest.find(']').and_then(|at| Some(at + rest.get(at..)?.find('>')?))
        }
        (_, end) => end,
    };
    let after = end.and_then(|at| rest.get(at + 1..)).unwrap_or_default();
    format!("{before}{after}").into_bytes()
}

/// The address with the scheme and authority of `like`.
fn at_authority(address: &str, like: &str) -> Result<String, String> {
    let path = match address.split_once("://") {
        Some((_, rest)) => rest.find('/').and_then(|at| rest.get(at..)).unwrap_or_default(),
        None => address,
    };
    let (scheme, rest) = like.split_once("://").ok_or_else(|| format!("{like} is no address"))?;
    let authority = rest.split('/').next().unwrap_or_default();
    Ok(format!("{scheme}://{authority}{path}"))
}

fn wsdl(url: &str, document: &Element) -> Result<Vec<SoapOperation>, String> {
    let attribute = |element: &Element, name: &str| {
        element.attributes.iter().find(|(ns, n, _)| ns.is_empty() && n == name).map(|(_, _, value)| value.clone())
    };
    let local = |name: String| name.rsplit(':').next().unwrap_or_default().to_owned();
    let named = |kind: &str, name: &str| {
        let wanted = Some(name.to_owned());
        document.children.iter().find(|it| it.is(WSDL, kind) && attribute(it, "name") == wanted)
    };
    let mut found = Vec::new();
    for port in document.children.iter().filter(|it| it.is(WSDL, "service")).flat_map(|it| &it.children) {
        let Some(address) = port.child(SOAP_BINDING, "address").and_then(|it| attribute(it, "location")) else {
            continue;
        };
        let Some(binding) = attribute(port, "binding").and_then(|name| named("binding", &local(name))) else {
            continue;
        };
        let port_type = attribute(binding, "type").and_then(|name| named("portType", &local(name)));
        for operation in binding.children.iter().filter(|it| it.is(WSDL, "operation")) {
            let Some(code) = attribute(operation, "name") else { continue };
            let version = operation.children.iter().find(|it| it.name == "version").map(|it| it.text.trim().to_owned());
            let element = port_type
                .and_then(|it| it.children.iter().find(|it| attribute(it, "name").as_deref() == Some(&code)))
                .and_then(|it| it.child(WSDL, "input"))
                .and_then(|it| attribute(it, "message"))
                .and_then(|name| named("message", &local(name)))
                .and_then(|it| it.child(WSDL, "part"))
                .and_then(|it| attribute(it, "element"))
                .map(&local);
            let Some(wrapper) = element.and_then(|name| wrapper(document, &name)) else { continue };
            found.push(SoapOperation {
                code,
                version,
                url: at_authority(&address, url)?,
                namespace: wrapper.0,
                qualified: wrapper.1,
                required: wrapper.2,
                wsdl: url.to_owned(),
            });
        }
    }
    Ok(found)
}

/// Namespace, whether children are qualified, and required children of a global element.
fn wrapper(document: &Element, name: &str) -> Option<(String, bool, Vec<String>)> {
    let attribute = |element: &Element, name: &str| {
        element.attributes.iter().find(|(_, n, _)| n == name).map(|(_, _, value)| value.clone())
    };
    let types = document.child(WSDL, "types")?;
    for schema in types.children.iter().filter(|it| it.is(XSD, "schema")) {
        let global = |kind: &str, name: &str| {
            schema.children.iter().find(|it| it.is(XSD, kind) && attribute(it, "name").as_deref() == Some(name))
        };
        let Some(element) = global("element", name) else { continue };
        let named = attribute(element, "type").map(|it| it.rsplit(':').next().unwrap_or_default().to_owned());
        let content = element.child(XSD, "complexType").or_else(|| named.and_then(|it| global("complexType", &it)));
        let sequence = content.and_then(|it| it.child(XSD, "sequence"));
        let required = sequence
            .map(|it| it.children.iter())
            .into_iter()
            .flatten()
            .filter(|it| attribute(it, "minOccurs").as_deref() != Some("0"))
            .map(|it| attribute(it, "name").or_else(|| attribute(it, "ref")).unwrap_or_else(|| it.name.clone()))
            .collect();
        let qualified = attribute(schema, "elementFormDefault").as_deref() == Some("qualified");
        return Some((attribute(schema, "targetNamespace").unwrap_or_default(), qualified, required));
    }
    None
}

fn openapi(url: &str, document: &Value) -> Result<RestService, String> {
    if document.get("openapi").is_none() {
        return Err(format!("{url} is JSON, but no OpenAPI document"));
    }
    let server = document.pointer("/servers/0/url").and_then(Value::as_str).unwrap_or("/");
    let base = at_authority(server, url)?.trim_end_matches('/').to_owned();
    let mut operations = Vec::new();
    for (path, item) in document.get("paths").and_then(Value::as_object).into_iter().flatten() {
        let shared = item.get("parameters").and_then(Value::as_array);
        for (method, described) in item.as_object().into_iter().flatten() {
            if !["get", "put", "post", "delete", "options", "head", "patch", "trace"].contains(&method.as_str()) {
                continue;
            }
            let own = described.get("parameters").and_then(Value::as_array);
            let parameters: Vec<&Value> = shared
                .into_iter()
                .flatten()
                .chain(own.into_iter().flatten())
                .map(|it| resolved(document, it))
                .collect();
            let query = |required: bool| {
                parameters
                    .iter()
                    .filter(|it| it.get("in").and_then(Value::as_str) == Some("query"))
                    .filter(|it| !required || it.get("required").and_then(Value::as_bool) == Some(true))
                    .filter_map(|it| it.get("name").and_then(Value::as_str).map(str::to_owned))
                    .collect()
            };
            operations.push(RestOperation {
                method: method.to_uppercase(),
                path: path.clone(),
                required: query(true),
                query: query(false),
                described: described.clone(),
            });
        }
    }
    Ok(RestService { base, operations, openapi: url.to_owned() })
}

/// A local `$ref` followed once.
fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let reference = value.get("$ref").and_then(Value::as_str).and_then(|it| it.strip_prefix('#'));
    reference.and_then(|it| document.pointer(it)).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::{Services, at_authority};

    #[test]
    fn the_services_are_where_the_description_was() {
        let at = |address| at_authority(address, "https://a:1/x?wsdl").unwrap();
        assert_eq!(at("http://other.example/soap?x"), "https://a:1/soap?x");
        assert_eq!(at("/rest/v1"), "https://a:1/rest/v1");
        assert_eq!(at("https://other.example"), "https://a:1");
    }

    #[test]
    fn reads_our_own_kind_of_description_and_no_other() {
        let mut services = Services::default();
        let json = br##"{"openapi":"3.0.3","servers":[{"url":"https://h/r"}],"components":{"parameters":{"q":
            {"name":"q","in":"query","required":true}}},"paths":{"/a/{b}":{"get":{"parameters":[
            {"$ref":"#/components/parameters/q"},{"name":"n","in":"query"}]}}}}"##;
        services.add("https://a/openapi.json", "application/json", json).unwrap();
        let service = services.rest.first().unwrap();
        assert_eq!(service.base, "https://a/r");
        let operation = service.operations.first().unwrap();
        assert_eq!((operation.method.as_str(), operation.path.as_str()), ("GET", "/a/{b}"));
        assert_eq!((operation.required.len(), operation.query.len()), (1, 2));
        assert!(services.add("https://a/x", "text/html", b"<html/>").is_err());
        assert!(services.add("https://a/x", "application/json", b"{}").is_err());
    }
}
