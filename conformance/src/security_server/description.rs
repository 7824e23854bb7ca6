//! Reading of the descriptions that an adapter hosts, as a security server's administration does when a service is added
//! (xroad.md §4.2, §4.3). `wsdl:import` is not followed; of OpenAPI only JSON is read.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use http_body_util::{BodyExt as _, Empty};
use roxmltree::Node;
use serde_json::Value;

use super::access::Glob;
use super::config::{ProvidedService, ServiceKind};
use super::identifiers::{ClientId, ServiceId};
use super::leg::Verify;
use super::message::next_data;
use super::provider::{METADATA_TIMEOUT, Provider, USER_AGENT, request};
use super::url::Target;
use crate::xml::{self, elements, text_of};

const WSDL: &str = "http://schemas.xmlsoap.org/wsdl/";
const SOAP_BINDINGS: [&str; 2] = ["http://schemas.xmlsoap.org/wsdl/soap/", "http://schemas.xmlsoap.org/wsdl/soap12/"];
const HTTP_TRANSPORT: &str = "http://schemas.xmlsoap.org/soap/http";
const SIZE_LIMIT: usize = 10 * 1024 * 1024;
const REDIRECT_LIMIT: usize = 5;
/// Service codes that belong to security servers (xroad.md §1.4).
pub(crate) const RESERVED: [&str; 8] = [
    "listClients",
    "listMethods",
    "allowedMethods",
    "getWsdl",
    "getOpenAPI",
    "getSecurityServerMetrics",
    "getSecurityServerOperationalData",
    "getSecurityServerHealthData",
];

/// Notice of a service that was added and not enabled yet.
pub const NOT_ENABLED: &str = "Out of order";

/// Why a description was refused. The adapter's fault, unless the caller gave a wrong address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DescriptionError {
    /// It could not be fetched.
    #[error("cannot fetch the description: {0}")]
    Fetch(String),
    /// It is not a document of its kind.
    #[error("cannot read the description: {0}")]
    Read(String),
    /// It says something that the administration refuses.
    #[error("the description is refused: {0}")]
    Refused(String),
}

/// An operation found in a WSDL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WsdlOperation {
    /// Service code.
    pub code: String,
    /// Service version, if the binding operation names one.
    pub version: Option<String>,
    /// Title, if the port type's documentation has one.
    pub title: Option<String>,
    /// Address of the port.
    pub url: String,
}

/// What was found in an OpenAPI description.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenApi {
    /// Base URL of the service.
    pub url: String,
    /// Method and path glob of each endpoint.
    pub endpoints: Vec<(String, Glob)>,
}

impl Provider {
    /// Adds every operation of a WSDL as a service of the subsystem. They are disabled and nobody may call them, as
    /// after a real addition; see [`Provider::open_to`]. Services known by the same identifier keep their access rights
    /// and their URL.
    pub async fn add_wsdl(&self, subsystem: &ClientId, url: &str) -> Result<Vec<ServiceId>, DescriptionError> {
        let (_, bytes) = self.fetch_description(url).await?;
        let mut added = Vec::new();
        for operation in read_wsdl(&bytes)? {
            let id = ServiceId::new(subsystem.clone(), &operation.code, operation.version.as_deref());
            let description = Some(url.to_owned());
            let refreshed = self.change_service(&id, |service| {
                service.title.clone_from(&operation.title);
                service.description_url.clone_from(&description);
            });
            if !refreshed {
                self.put_service(ProvidedService {
                    disabled: Some(NOT_ENABLED.to_owned()),
                    description_url: description,
                    title: operation.title,
                    ..ProvidedService::new(ServiceKind::Soap, id.clone(), &operation.url)
                });
            }
            added.push(id);
        }
        Ok(added)
    }

    /// Adds a REST service from its OpenAPI (JSON) description; disabled and closed as with WSDL.
    pub async fn add_openapi(
        &self,
        subsystem: &ClientId,
        service_code: &str,
        url: &str,
    ) -> Result<ServiceId, DescriptionError> {
        strict(service_code, "service code")?;
        let (_, bytes) = self.fetch_description(url).await?;
        let found = read_openapi(&bytes, url)?;
        let id = ServiceId::new(subsystem.clone(), service_code, None);
        self.put_service(ProvidedService {
            disabled: Some(NOT_ENABLED.to_owned()),
            description_url: Some(url.to_owned()),
            endpoints: found.endpoints,
            ..ProvidedService::new(ServiceKind::Rest, id.clone(), &found.url)
        });
        Ok(id)
    }

    /// Fetches a description as the administration does: any certificate, own certificate shown, at most 10 MiB,
    /// redirects within the protocol followed, 2xx required. Returns headers and bytes.
    pub async fn fetch_description(&self, url: &str) -> Result<(HeaderMap, Vec<u8>), DescriptionError> {
        let mut url = url.to_owned();
        for _ in 0..=REDIRECT_LIMIT {
            let (status, headers, body) = self.get(&url, &Verify::Any, METADATA_TIMEOUT).await?;
            if status.is_success() {
                return Ok((headers, body));
            }
            let location = headers.get(header::LOCATION).and_then(|value| value.to_str().ok());
            match location.map(|location| resolve(&url, location)) {
                Some(next) if status.is_redirection() && scheme(&next) == scheme(&url) => url = next,
                _ => return Err(DescriptionError::Fetch(format!("status {}", status.as_u16()))),
            }
        }
        Err(DescriptionError::Fetch("too many redirects".to_owned()))
    }

    /// One GET without redirects.
    pub(super) async fn get(
        &self,
        url: &str,
        verify: &Verify,
        timeout: Duration,
    ) -> Result<(StatusCode, HeaderMap, Vec<u8>), DescriptionError> {
        let failed = |rejection: super::errors::Rejection| DescriptionError::Fetch(rejection.to_string());
        let target = Target::parse(url).map_err(failed)?;
        let mut headers = HeaderMap::new();
        let host =
            HeaderValue::from_str(&target.authority()).map_err(|_| DescriptionError::Fetch("bad host".to_owned()))?;
        headers.insert(header::HOST, host);
        headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
        let body = Empty::<Bytes>::new().map_err(|never| match never {}).boxed_unsync();
        let request = request(Method::GET, &target.path_and_query(), headers, body).map_err(failed)?;
        let exchange = self.inner.leg.send(&target, verify, timeout, true, request).await.map_err(failed)?;
        let (response, kept) = exchange.split();
        let (head, body) = response.into_parts();
        let mut body = std::pin::pin!(body);
        let mut bytes = Vec::new();
        while let Some(data) = next_data(&mut body).await.map_err(failed)? {
            bytes.extend_from_slice(&data);
            if bytes.len() > SIZE_LIMIT {
                return Err(DescriptionError::Fetch("larger than 10 MiB".to_owned()));
            }
        }
        self.inner.leg.finish(kept);
        Ok((head.status, head.headers, bytes))
    }
}

/// Reads a WSDL 1.1 document as a security server's parser does: by the ports of the document itself.
pub fn read_wsdl(bytes: &[u8]) -> Result<Vec<WsdlOperation>, DescriptionError> {
    let unreadable = |error: xml::XmlError| DescriptionError::Read(error.to_string());
    let text = xml::decode(bytes).map_err(unreadable)?;
    let document = xml::parse(&text).map_err(unreadable)?;
    let definitions = document.root_element();
    if !xml::is(definitions, WSDL, "definitions") {
        return Err(DescriptionError::Read("not a WSDL 1.1 document".to_owned()));
    }
    let named = |kind: &'static str, name: &str| {
        elements(definitions).find(|node| xml::is(*node, WSDL, kind) && node.attribute("name") == Some(name))
    };
    let mut found: Vec<WsdlOperation> = Vec::new();
    let ports = elements(definitions)
        .filter(|node| xml::is(*node, WSDL, "service"))
        .flat_map(|service| elements(service).filter(|node| xml::is(*node, WSDL, "port")).collect::<Vec<_>>());
    for port in ports {
        let Some(binding) = port.attribute("binding").and_then(|name| named("binding", local(name))) else {
            continue;
        };
        let over_http =
            extension(binding, "binding").is_some_and(|binding| binding.attribute("transport") == Some(HTTP_TRANSPORT));
        let Some(address) = extension(port, "address").filter(|_| over_http) else { continue };
        let url = address.attribute("location").unwrap_or_default().to_owned();
        if Target::parse(&url).is_err() {
            return Err(DescriptionError::Refused("an address is not an http or https URL".to_owned()));
        }
        let port_type = binding.attribute("type").and_then(|name| named("portType", local(name)));
        if let Some(port_type) = port_type {
            refuse_overloads(port_type)?;
        }
        for operation in elements(binding).filter(|node| xml::is(*node, WSDL, "operation")) {
            let code = operation.attribute("name").unwrap_or_default().to_owned();
            strict(&code, "operation name")?;
            let version = elements(operation).find(|node| node.tag_name().name() == "version").map(text_of);
            if let Some(version) = &version {
                strict(version, "service version")?;
            }
            let title = port_type.and_then(|port_type| title_of(port_type, &code));
            found.retain(|known| known.code != code || known.version != version);
            found.push(WsdlOperation { code, version, title, url: url.clone() });
        }
    }
    Ok(found)
}

/// Reads an OpenAPI description in JSON: 3.0.x or exactly 3.1.0.
pub fn read_openapi(bytes: &[u8], url: &str) -> Result<OpenApi, DescriptionError> {
    let document: Value = serde_json::from_slice(bytes)
        .map_err(|error| DescriptionError::Read(format!("not JSON (YAML is not read here): {error}")))?;
    let version = document.get("openapi").and_then(Value::as_str).unwrap_or_default();
    if !(version == "3.0" || version.starts_with("3.0.") || version == "3.1.0") {
        return Err(DescriptionError::Refused("the OpenAPI version must be 3.0.x or 3.1.0".to_owned()));
    }
    let server = document.pointer("/servers/0/url").and_then(Value::as_str).unwrap_or("/");
    let base = if server.contains('{') { server.to_owned() } else { resolve(url, server) };
    let mut endpoints = Vec::new();
    let paths = document.get("paths").and_then(Value::as_object);
    for (path, item) in paths.into_iter().flatten() {
        for method in item.as_object().into_iter().flat_map(serde_json::Map::keys) {
            let method = method.to_ascii_uppercase();
            if !matches!(method.as_str(), "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS" | "TRACE") {
                continue;
            }
            let endpoint = (method, Glob::new(&parameters_to_stars(path)));
            if endpoints.contains(&endpoint) {
                return Err(DescriptionError::Refused("an endpoint occurs twice".to_owned()));
            }
            endpoints.push(endpoint);
        }
    }
    Ok(OpenApi { url: base, endpoints })
}

/// `{param}` becomes `*`.
fn parameters_to_stars(path: &str) -> String {
    let mut glob = String::with_capacity(path.len());
    let mut inside = false;
    for c in path.chars() {
        match c {
            '{' => {
                inside = true;
                glob.push('*');
            }
            '}' => inside = false,
            other if !inside => glob.push(other),
            _ => {}
        }
    }
    glob
}

fn refuse_overloads(port_type: Node<'_, '_>) -> Result<(), DescriptionError> {
    let mut names: Vec<&str> = Vec::new();
    for operation in elements(port_type).filter(|node| xml::is(*node, WSDL, "operation")) {
        let name = operation.attribute("name").unwrap_or_default();
        if names.contains(&name) {
            return Err(DescriptionError::Refused("an operation is overloaded".to_owned()));
        }
        names.push(name);
    }
    Ok(())
}

fn title_of(port_type: Node<'_, '_>, code: &str) -> Option<String> {
    elements(port_type)
        .find(|node| xml::is(*node, WSDL, "operation") && node.attribute("name") == Some(code))
        .and_then(|operation| xml::child(operation, WSDL, "documentation"))
        .and_then(|documentation| elements(documentation).find(|node| node.tag_name().name() == "title"))
        .map(text_of)
}

fn extension<'a, 'i>(parent: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    elements(parent).find(|node| SOAP_BINDINGS.iter().any(|namespace| xml::is(*node, namespace, name)))
}

fn local(qname: &str) -> &str {
    qname.split_once(':').map_or(qname, |(_, local)| local)
}

/// The strict character set of new identifiers, and the reserved codes (xroad.md §1.4).
fn strict(value: &str, what: &str) -> Result<(), DescriptionError> {
    let legal = !value.is_empty() && value.bytes().all(|b| b.is_ascii_alphanumeric() || b"'()+,-.=?".contains(&b));
    if !legal {
        return Err(DescriptionError::Refused(format!("{what} has characters that are not allowed")));
    }
    if RESERVED.contains(&value) {
        return Err(DescriptionError::Refused(format!("{what} is reserved")));
    }
    Ok(())
}

fn scheme(url: &str) -> &str {
    url.split("://").next().unwrap_or_default()
}

/// An absolute URL from one that may be relative to another.
fn resolve(base: &str, reference: &str) -> String {
    if reference.contains("://") {
        return reference.to_owned();
    }
    let (scheme, rest) = base.split_once("://").unwrap_or(("https", base));
    let (authority, path) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
    if reference.starts_with('/') {
        return format!("{scheme}://{authority}{reference}");
    }
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let folder = path.rfind('/').and_then(|at| path.get(..=at)).unwrap_or("/");
    format!("{scheme}://{authority}{folder}{}", reference.trim_start_matches("./"))
}

#[cfg(test)]
mod tests {
    use super::{parameters_to_stars, resolve};

    #[test]
    fn urls_and_globs() {
        for (reference, expected) in [
            ("https://b/x", "https://b/x"),
            ("/rest/v1", "https://a:1/rest/v1"),
            ("v2", "https://a:1/meta/v2"),
            ("./v2", "https://a:1/meta/v2"),
        ] {
            assert_eq!(resolve("https://a:1/meta/openapi.json?x", reference), expected);
        }
        assert_eq!(resolve("https://a", "x"), "https://a/x");
        assert_eq!(parameters_to_stars("/a/{id}/b-{x}"), "/a/*/b-*");
    }
}
