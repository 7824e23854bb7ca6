//! Reading of what metadata services answer (PR-META 2–4, PR-MREST 4–5). No IO. `None` is an answer of another kind; one
//! entry that names nobody is passed over, for the rest of the list is good.

use serde::Deserialize;
use xroad::id::{ClientId, ServiceId};
use xroad::soap::{NS_ID, NS_XRD};
use xroad::xml::{self, Element, Limits};

/// What a security server writes over the addresses in a WSDL.
pub const PLACEHOLDER: &str = "http://example.org/xroad-endpoint";

const NS_WSDL_SOAP: &str = "http://schemas.xmlsoap.org/wsdl/soap/";

/// One entry of `listClients`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// A member, or one of its subsystems.
    pub id: ClientId,
    /// The member's name.
    pub name: Option<String>,
    /// The subsystem's own name, from newer security servers.
    pub subsystem_name: Option<String>,
}

/// One entry of a REST `listMethods`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestService {
    pub id: ServiceId,
    /// `REST` or `OPENAPI`.
    pub kind: Option<String>,
    /// Path globs, as access rights use them.
    pub endpoints: Vec<Endpoint>,
}

/// One endpoint of a REST service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Endpoint {
    pub method: String,
    pub path: String,
}

/// The services of a SOAP `listMethodsResponse` or `allowedMethodsResponse`.
pub fn soap_services(body: &Element) -> Option<Vec<ServiceId>> {
    let known = body.is(NS_XRD, "listMethodsResponse") || body.is(NS_XRD, "allowedMethodsResponse");
    known.then(|| body.children.iter().filter(|child| child.is(NS_XRD, "service")).filter_map(service).collect())
}

fn service(element: &Element) -> Option<ServiceId> {
    ServiceId::new(client(element)?, part(element, "serviceCode")?, part(element, "serviceVersion")).ok()
}

fn client(element: &Element) -> Option<ClientId> {
    let must = |name| part(element, name);
    let subsystem = part(element, "subsystemCode");
    ClientId::new(must("xRoadInstance")?, must("memberClass")?, must("memberCode")?, subsystem).ok()
}

fn part(element: &Element, name: &str) -> Option<String> {
    element.child(NS_ID, name).map(|child| child.text.clone())
}

/// `xrd:clientList`.
pub fn clients_from_xml(bytes: &[u8]) -> Option<Vec<Listed>> {
    // A whole instance has thousands of entries; the answer's own limit bounds them.
    let limits = Limits { bytes: usize::MAX, elements: bytes.len().max(1), ..Limits::default() };
    let list = xml::parse(bytes, None, &limits).ok().filter(|list| list.is(NS_XRD, "clientList"))?;
    let text = |member: &Element, name| member.child(NS_XRD, name).map(|child| child.text.clone());
    let listed = list.children.iter().filter(|child| child.is(NS_XRD, "member")).filter_map(|member| {
        let id = client(member.child(NS_XRD, "id")?)?;
        Some(Listed { id, name: text(member, "name"), subsystem_name: text(member, "subsystemName") })
    });
    Some(listed.collect())
}

#[derive(Deserialize)]
struct JsonClients {
    member: Vec<JsonMember>,
}

#[derive(Deserialize)]
struct JsonMember {
    id: JsonId,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    subsystem_name: Option<String>,
}

#[derive(Deserialize)]
struct JsonId {
    xroad_instance: Option<String>,
    member_class: Option<String>,
    member_code: Option<String>,
    subsystem_code: Option<String>,
}

impl JsonId {
    fn client(self) -> Option<ClientId> {
        ClientId::new(self.xroad_instance?, self.member_class?, self.member_code?, self.subsystem_code).ok()
    }
}

/// The same in JSON.
pub fn clients_from_json(bytes: &[u8]) -> Option<Vec<Listed>> {
    let list: JsonClients = serde_json::from_slice(bytes).ok()?;
    let listed = list
        .member
        .into_iter()
        .filter_map(|JsonMember { id, name, subsystem_name }| Some(Listed { id: id.client()?, name, subsystem_name }));
    Some(listed.collect())
}

#[derive(Deserialize)]
struct JsonServices {
    service: Vec<JsonService>,
}

#[derive(Deserialize)]
struct JsonService {
    #[serde(flatten)]
    id: JsonId,
    service_code: Option<String>,
    service_type: Option<String>,
    #[serde(default)]
    endpoint_list: Option<Vec<Endpoint>>,
}

/// The services of a REST `listMethods` or `allowedMethods`.
pub fn rest_services(bytes: &[u8]) -> Option<Vec<RestService>> {
    let list: JsonServices = serde_json::from_slice(bytes).ok()?;
    let services =
        list.service.into_iter().filter_map(|JsonService { id, service_code, service_type, endpoint_list }| {
            let id = ServiceId::new(id.client()?, service_code?, None).ok()?;
            Some(RestService { id, kind: service_type, endpoints: endpoint_list.unwrap_or_default() })
        });
    Some(services.collect())
}

/// The `soap:address` locations of a WSDL, in order.
pub(super) fn addresses(wsdl: &[u8]) -> Option<Vec<String>> {
    let root = xml::parse(wsdl, None, &Limits::default()).ok().filter(|root| &*root.name == "definitions")?;
    let mut found = Vec::new();
    collect(&root, &mut found);
    Some(found)
}

fn collect(element: &Element, found: &mut Vec<String>) {
    if element.is(NS_WSDL_SOAP, "address") {
        found.extend(element.attribute("", "location").map(str::to_owned));
    }
    for child in &element.children {
        collect(child, found);
    }
}
