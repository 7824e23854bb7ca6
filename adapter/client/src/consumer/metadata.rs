//! The metadata services of security servers (xroad.md §4.1): who is there, what a provider offers, and its descriptions.
//!
//! The answers are read leniently: unknown members are passed over, names and subsystems may be absent. A REST metadata
//! answer echoes the request's own headers, so nothing secret is ever sent with one.

mod read;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method};
use xroad::id::{ClientId, ServiceId, percent_encode};
use xroad::soap::NS_XRD;
use xroad::xml::Element;

pub use read::{
    Endpoint, Listed, PLACEHOLDER, RestService, clients_from_json, clients_from_xml, rest_services, soap_services,
};

use super::{CallError, Consumer};

/// Which of a provider's services are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// `listMethods`: all.
    All,
    /// `allowedMethods`: those that this client may call.
    Allowed,
}

impl Which {
    fn code(self) -> &'static str {
        match self {
            Which::All => "listMethods",
            Which::Allowed => "allowedMethods",
        }
    }
}

/// The form in which `listClients` answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientListForm {
    Xml,
    Json,
}

/// A WSDL as a security server hands it out.
#[derive(Debug)]
pub struct Wsdl {
    pub document: Bytes,
    /// The addresses of its ports. A security server writes [`PLACEHOLDER`] over the provider's own.
    pub addresses: Vec<String>,
}

impl Wsdl {
    /// Whether every address is the placeholder: calls go to the own security server, whatever stands here.
    pub fn is_anonymous(&self) -> bool {
        self.addresses.iter().all(|address| address == PLACEHOLDER)
    }
}

/// An OpenAPI document as a security server hands it out.
#[derive(Debug)]
pub struct OpenApi {
    /// The provider's own, e.g. `application/json`.
    pub content_type: String,
    pub document: Bytes,
}

impl Consumer {
    /// The SOAP services of a provider.
    pub async fn soap_services(&self, provider: &ClientId, which: Which) -> Result<Vec<ServiceId>, CallError> {
        let service = metadata(provider, which.code())?;
        let answer = self.bare().soap(&service, &Element::new(NS_XRD, which.code()).to_xml(), &[]).await?;
        soap_services(&answer.envelope.body).ok_or(CallError::Metadata("list of services"))
    }

    /// The REST services of a provider.
    pub async fn rest_services(&self, provider: &ClientId, which: Which) -> Result<Vec<RestService>, CallError> {
        let answer = self.metadata_get(&metadata(provider, which.code())?, "").await?;
        rest_services(&answer.document).ok_or(CallError::Metadata("list of services"))
    }

    /// The WSDL in which a SOAP service is described.
    pub async fn wsdl(&self, service: &ServiceId) -> Result<Wsdl, CallError> {
        let mut body = Element::new(NS_XRD, "getWsdl");
        let wanted = [("serviceCode", Some(service.service_code())), ("serviceVersion", service.version())];
        for (name, value) in wanted {
            if let Some(value) = value {
                let mut child = Element::new(NS_XRD, name);
                value.clone_into(&mut child.text);
                body.children.push(child);
            }
        }
        let answer = self.bare().soap(&metadata(service.provider(), "getWsdl")?, &body.to_xml(), &[]).await?;
        let attachment = answer.attachments.into_iter().next().ok_or(CallError::Metadata("message with a WSDL"))?;
        let addresses = read::addresses(&attachment.data).ok_or(CallError::Metadata("WSDL"))?;
        Ok(Wsdl { document: Bytes::from(attachment.data), addresses })
    }

    /// The OpenAPI document of a REST service. Its version, if any, does not count.
    pub async fn openapi(&self, service: &ServiceId) -> Result<OpenApi, CallError> {
        let query = format!("?serviceCode={}", percent_encode(service.service_code()));
        self.metadata_get(&metadata(service.provider(), "getOpenAPI")?, &query).await
    }

    /// The members and subsystems of an instance; of the own one when `instance` is absent. Nobody is asked who calls.
    pub async fn clients(&self, instance: Option<&str>, form: ClientListForm) -> Result<Vec<Listed>, CallError> {
        let query = instance.map(|code| format!("?xRoadInstance={}", percent_encode(code))).unwrap_or_default();
        let accept = match form {
            ClientListForm::Xml => "text/xml",
            ClientListForm::Json => "application/json",
        };
        let url = format!("{}/listClients{query}", self.base_url);
        let mut tries = self.tries();
        let (json, body) = loop {
            let outcome = self.client_list(&url, accept).await;
            if !tries.again(&outcome) {
                break outcome?;
            }
            tokio::time::sleep(self.pause).await;
        };
        // By what came: an older security server knows XML only.
        let read = if json { clients_from_json(&body) } else { clients_from_xml(&body) };
        read.ok_or(CallError::Metadata("list of clients"))
    }

    /// The body, and whether it is JSON.
    async fn client_list(&self, url: &str, accept: &str) -> Result<(bool, Bytes), CallError> {
        let response = self.http.get(url).header(ACCEPT, accept).send().await.map_err(CallError::transport)?;
        if response.status() != http::StatusCode::OK {
            return Err(CallError::MetadataStatus(response.status().as_u16()));
        }
        let kind = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let json = kind.is_some_and(|kind| kind.to_ascii_lowercase().contains("json"));
        Ok((json, self.body(response).await?))
    }

    /// This consumer without what concerns a person or somebody represented: a security server needs none of it.
    fn bare(&self) -> Self {
        Self { user_id: None, issue: None, represented_party: None, ..self.clone() }
    }

    async fn metadata_get(&self, service: &ServiceId, query: &str) -> Result<OpenApi, CallError> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        let answer = self.bare().rest(Method::GET, service, query, headers, Bytes::new()).await?;
        if answer.status != http::StatusCode::OK {
            return Err(CallError::MetadataStatus(answer.status.as_u16()));
        }
        let content_type = answer.header("content-type").unwrap_or_default().to_owned();
        Ok(OpenApi { content_type, document: answer.body })
    }
}

fn metadata(provider: &ClientId, code: &str) -> Result<ServiceId, CallError> {
    ServiceId::new(provider.clone(), code, None).map_err(|cause| CallError::Identifier { cause })
}
