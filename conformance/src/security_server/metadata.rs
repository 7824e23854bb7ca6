//! Metadata services that a provider's security server answers itself: `listMethods`, `allowedMethods` and `getWsdl` over
//! SOAP, `listMethods`, `allowedMethods` and `getOpenAPI` over REST (xroad.md §4.1–4.3). `listClients`
//! is the consumer's ([`super::members`]).

use std::fmt::Write as _;

use bytes::Bytes;
use http::{HeaderValue, Method, StatusCode, header};
use serde_json::{Value, json};

use super::config::{AccessRight, ProvidedService, ServiceKind, Tamper};
use super::errors::{Origin, Rejection, Suffix, XRoadError};
use super::hash;
use super::identifiers::ClientId;
use super::message::{Attachment, Message};
use super::provider::{METADATA_TIMEOUT, Provider};
use super::provider_soap::SoapAnswer;
use super::rest::{RestAnswer, RestRequest};
use super::rewrite;
use super::soap::{self, IDENTIFIERS, SOAP, SoapMessage, XROAD};
use super::spool::Spool;
use super::url::Target;
use crate::mime::PartHeaders;
use crate::xml::{self, child, elements, escape, is, text_of};

/// What stands for every address in a WSDL handed out by `getWsdl`.
pub const PLACEHOLDER_ADDRESS: &str = "http://example.org/xroad-endpoint";
const SOAP_ADDRESS: &str = "http://schemas.xmlsoap.org/wsdl/soap/";

impl Provider {
    /// The answer to a SOAP metadata request; `None` when it is none.
    pub(super) async fn soap_metadata(
        &self,
        message: &Message,
        parsed: &SoapMessage,
    ) -> Option<Result<SoapAnswer, XRoadError>> {
        let header = &parsed.header;
        let provider = &header.service.provider;
        let answer = match header.service.code.as_str() {
            "listMethods" => self.list(message, parsed, |s| soap_of(s, provider)),
            "allowedMethods" => self.list(message, parsed, |s| soap_of(s, provider) && visible(s, &header.client)),
            "getWsdl" => self.get_wsdl(message, provider).await,
            _ => return None,
        };
        Some(answer.map_err(|rejection| rejection.at(Origin::ServerProxy, self.inner.release)))
    }

    fn list(
        &self,
        message: &Message,
        parsed: &SoapMessage,
        wanted: impl Fn(&ProvidedService) -> bool,
    ) -> Result<SoapAnswer, Rejection> {
        let name = format!("{}Response", parsed.header.service.code);
        let mut body = format!(r#"<xrd:{name} xmlns:xrd="{XROAD}" xmlns:id="{IDENTIFIERS}">"#);
        for service in self.services().iter().filter(|service| wanted(service)) {
            body.push_str(&service_element(service));
        }
        let _ = write!(body, "</xrd:{name}>");
        let soap = with_body(&message.soap, |_| body.clone())?;
        let soap = self.metadata_soap(&message.soap, &soap)?;
        Ok(SoapAnswer::Message(Box::new(Message {
            parsed: soap::parse(&soap)?,
            soap,
            content_type: "text/xml; charset=UTF-8".to_owned(),
            soap_headers: None,
            attachments: Vec::new(),
        })))
    }

    async fn get_wsdl(&self, message: &Message, provider: &ClientId) -> Result<SoapAnswer, Rejection> {
        let (code, version) = wsdl_wanted(&message.soap)?;
        let service = self
            .find(|s| soap_of(s, provider) && s.id.code == code && s.id.version == version)
            .ok_or_else(|| Rejection::new(Suffix::UnknownService, "no WSDL for this service"))?;
        let (_, wsdl) = self.description(&service).await?;
        let wsdl = anonymised_wsdl(&wsdl)?;
        let soap = with_body(&message.soap, renamed)?;
        let soap = self.metadata_soap(&message.soap, &soap)?;
        let mut soap_headers = PartHeaders::default();
        soap_headers.set("content-type", "text/xml; charset=UTF-8");
        let mut headers = PartHeaders::default();
        headers.set("content-type", "text/xml");
        let body = Spool::from_bytes(wsdl.as_bytes())
            .map_err(|error| Rejection::new(Suffix::InternalError, error.kind().to_string()))?;
        Ok(SoapAnswer::Message(Box::new(Message {
            parsed: soap::parse(&soap)?,
            soap,
            content_type: format!(
                "multipart/related; type=\"text/xml\"; charset=UTF-8; boundary=xroad{}",
                uuid::Uuid::new_v4().simple()
            ),
            soap_headers: Some(soap_headers),
            attachments: vec![Attachment { headers, body }],
        })))
    }

    /// The live document behind a service: status 200, no redirects, the service's own certificate rule.
    async fn description(&self, service: &ProvidedService) -> Result<(http::HeaderMap, Vec<u8>), Rejection> {
        let url = service
            .description_url
            .as_ref()
            .ok_or_else(|| Rejection::new(Suffix::UnknownService, "the service has no description"))?;
        let verify = self.verification(service);
        match self.get(url, &verify, METADATA_TIMEOUT).await {
            Ok((StatusCode::OK, headers, bytes)) => Ok((headers, bytes)),
            Ok((status, ..)) => Err(Rejection::new(
                Suffix::InternalError,
                format!("the description was answered with status {}", status.as_u16()),
            )),
            Err(error) => Err(Rejection::new(Suffix::InternalError, error.to_string())),
        }
    }

    fn metadata_soap(&self, request: &[u8], response: &str) -> Result<Bytes, Rejection> {
        let hash = match self.tamper() {
            Tamper::None => Some(hash::soap(request)),
            Tamper::WrongHash => Some(hash::soap(b"something else")),
            Tamper::NoHash => None,
        };
        Ok(rewrite::reserialise(response.as_bytes(), hash.as_deref(), None)?.into())
    }

    /// The answer to a REST metadata request; `None` when it is none. Only GET counts.
    pub(super) async fn rest_metadata(&self, message: &RestRequest) -> Option<Result<RestAnswer, Rejection>> {
        if message.method != Method::GET {
            return None;
        }
        let provider = &message.service.provider;
        match message.service.code.as_str() {
            "listMethods" => Some(self.rest_list(message, |s| rest_of(s, provider))),
            "allowedMethods" => Some(self.rest_list(message, |s| rest_of(s, provider) && visible(s, &message.client))),
            "getOpenAPI" => Some(self.get_openapi(message, provider).await),
            _ => None,
        }
    }

    fn rest_list(
        &self,
        message: &RestRequest,
        wanted: impl Fn(&ProvidedService) -> bool,
    ) -> Result<RestAnswer, Rejection> {
        let services: Vec<Value> = self.services().iter().filter(|service| wanted(service)).map(service_json).collect();
        let body = json!({ "service": services }).to_string();
        self.metadata_answer(message, "application/json;charset=utf-8", body.as_bytes())
    }

    async fn get_openapi(&self, message: &RestRequest, provider: &ClientId) -> Result<RestAnswer, Rejection> {
        let wanted = message
            .query
            .as_deref()
            .into_iter()
            .flat_map(|query| query.split('&'))
            .filter_map(|pair| pair.split_once('='))
            .find(|(name, _)| name.eq_ignore_ascii_case("serviceCode"))
            .and_then(|(_, value)| percent_encoding::percent_decode_str(value).decode_utf8().ok())
            .ok_or_else(|| Rejection::new(Suffix::InvalidRequest, "query parameter serviceCode is missing"))?;
        let service = self
            .find(|s| rest_of(s, provider) && s.id.code.eq_ignore_ascii_case(&wanted))
            .ok_or_else(|| Rejection::new(Suffix::UnknownService, "no OpenAPI for this service"))?;
        let (headers, bytes) = self.description(&service).await?;
        let text = anonymised_openapi(&bytes)?;
        let content_type = headers
            .get(header::CONTENT_TYPE)
            .map_or("text/yaml".to_owned(), |value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        self.metadata_answer(message, &content_type, text.as_bytes())
    }

    /// Quirk: the request's own headers come back as response headers (xroad.md §4.1).
    fn metadata_answer(&self, message: &RestRequest, content_type: &str, body: &[u8]) -> Result<RestAnswer, Rejection> {
        let internal = |text: &str| Rejection::new(Suffix::InternalError, text);
        let mut headers = message.response_headers(&message.headers, self.rest_hash(message).as_deref())?;
        let value = HeaderValue::from_str(content_type).map_err(|_| internal("odd Content-Type"))?;
        headers.insert(header::CONTENT_TYPE, value);
        Ok(RestAnswer {
            status: StatusCode::OK,
            reason: None,
            headers,
            body: Spool::from_bytes(body).map_err(|error| internal(&error.kind().to_string()))?,
        })
    }
}

fn soap_of(service: &ProvidedService, provider: &ClientId) -> bool {
    service.kind == ServiceKind::Soap && service.id.provider == *provider
}

fn rest_of(service: &ProvidedService, provider: &ClientId) -> bool {
    service.kind == ServiceKind::Rest && service.id.provider == *provider
}

fn visible(service: &ProvidedService, client: &ClientId) -> bool {
    service.access.iter().any(|right: &AccessRight| right.client.as_ref().is_none_or(|allowed| allowed == client))
}

fn service_element(service: &ProvidedService) -> String {
    let provider = &service.id.provider;
    let mut element = String::from(r#"<xrd:service id:objectType="SERVICE">"#);
    let mut part = |name: &str, value: Option<&String>| {
        if let Some(value) = value {
            let _ = write!(element, "<id:{name}>{}</id:{name}>", escape(value));
        }
    };
    part("xRoadInstance", Some(&provider.instance));
    part("memberClass", Some(&provider.member_class));
    part("memberCode", Some(&provider.member_code));
    part("subsystemCode", provider.subsystem.as_ref());
    part("serviceCode", Some(&service.id.code));
    part("serviceVersion", service.id.version.as_ref());
    element.push_str("</xrd:service>");
    element
}

fn service_json(service: &ProvidedService) -> Value {
    let provider = &service.id.provider;
    let endpoints: Vec<Value> =
        service.endpoints.iter().map(|(method, path)| json!({ "method": method, "path": path.as_str() })).collect();
    json!({
        "member_class": provider.member_class,
        "member_code": provider.member_code,
        "object_type": "SERVICE",
        "service_code": service.id.code,
        "service_type": if service.description_url.is_some() { "OPENAPI" } else { "REST" },
        "subsystem_code": provider.subsystem,
        "xroad_instance": provider.instance,
        "endpoint_list": endpoints,
    })
}

/// Service code and version that a `getWsdl` request asks for.
fn wsdl_wanted(request: &[u8]) -> Result<(String, Option<String>), Rejection> {
    let broken = |error: xml::XmlError| Rejection::new(Suffix::InvalidSoap, error.to_string());
    let text = xml::decode(request).map_err(broken)?;
    let document = xml::parse(&text).map_err(broken)?;
    let wanted = child(document.root_element(), SOAP, "Body")
        .and_then(|body| child(body, XROAD, "getWsdl"))
        .ok_or_else(|| Rejection::new(Suffix::InvalidRequest, "the body is no getWsdl request"))?;
    let code = child(wanted, XROAD, "serviceCode")
        .map(text_of)
        .ok_or_else(|| Rejection::new(Suffix::InvalidRequest, "serviceCode is missing"))?;
    Ok((code, child(wanted, XROAD, "serviceVersion").map(text_of)))
}

/// The request with its body's child replaced.
pub(super) fn with_body(request: &[u8], replace: impl FnOnce(&str) -> String) -> Result<String, Rejection> {
    let broken = |error: xml::XmlError| Rejection::new(Suffix::InvalidSoap, error.to_string());
    let text = xml::decode(request).map_err(broken)?;
    let document = xml::parse(&text).map_err(broken)?;
    let range = child(document.root_element(), SOAP, "Body")
        .and_then(|body| elements(body).next())
        .map(|node| node.range())
        .ok_or_else(|| Rejection::new(Suffix::InvalidBody, "the body is empty"))?;
    let part = |range: std::ops::Range<usize>| text.get(range).unwrap_or_default();
    let replaced = replace(part(range.clone()));
    Ok(format!("{}{replaced}{}", part(0..range.start), part(range.end..text.len())))
}

/// The element under its name with `Response` behind.
fn renamed(element: &str) -> String {
    let name: String = element.chars().skip(1).take_while(|c| !c.is_whitespace() && !matches!(c, '/' | '>')).collect();
    let rest = element.get(1 + name.len()..).unwrap_or_default();
    let renamed = format!("<{name}Response{rest}");
    let end = format!("</{name}");
    match renamed.rfind(&end) {
        Some(at) => {
            let (before, after) = renamed.split_at(at);
            let after = after.get(end.len()..).unwrap_or_default();
            format!("{before}</{name}Response{after}")
        }
        None => renamed,
    }
}

/// Puts the placeholder in the place of every `soap:address/@location`; nothing else changes.
pub fn anonymised_wsdl(bytes: &[u8]) -> Result<String, Rejection> {
    let broken = |error: xml::XmlError| Rejection::new(Suffix::InternalError, format!("WSDL: {error}"));
    let text = xml::decode(bytes).map_err(broken)?;
    let document = xml::parse(&text).map_err(broken)?;
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for address in document.descendants().filter(|node| is(*node, SOAP_ADDRESS, "address")) {
        let Some(location) = address.attribute_node("location") else { continue };
        let range = location.range_value();
        out.push_str(text.get(done..range.start).unwrap_or_default());
        out.push_str(PLACEHOLDER_ADDRESS);
        done = range.end;
    }
    out.push_str(text.get(done..).unwrap_or_default());
    Ok(out)
}

/// Replaces every server URL without variables by its path and writes the document anew.
pub fn anonymised_openapi(bytes: &[u8]) -> Result<String, Rejection> {
    let mut document: Value = serde_json::from_slice(bytes).map_err(|_| {
        Rejection::new(Suffix::InternalError, "the OpenAPI description is not JSON; YAML is not read here")
    })?;
    let version = document.get("openapi").and_then(Value::as_str).unwrap_or_default();
    if !(version.starts_with("3.0") || version == "3.1.0") {
        return Err(Rejection::new(Suffix::InternalError, "unsupported OpenAPI version"));
    }
    for server in document.get_mut("servers").and_then(Value::as_array_mut).into_iter().flatten() {
        let Some(url) = server.get_mut("url") else { continue };
        let text = url.as_str().unwrap_or_default().to_owned();
        if text.contains('{') {
            continue;
        }
        if let Ok(target) = Target::parse(&text) {
            *url = Value::String(if target.path.is_empty() { "/".to_owned() } else { target.path });
        }
    }
    serde_json::to_string_pretty(&document)
        .map_err(|_| Rejection::new(Suffix::InternalError, "the OpenAPI description cannot be written"))
}
