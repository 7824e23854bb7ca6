//! The metadata services of security servers, as the adapter reads them when it is a consumer (ME-11, ME-12).

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::consumer::{OwnServer, taken, text, tried};
use crate::kit::{Probe, Stop, Verdict};
use crate::security_server::soap::{IDENTIFIERS, XROAD};
use crate::security_server::{Arrived, PLACEHOLDER_ADDRESS, Play, encode_segment, hash};

/// Services as a SOAP list holds them: with and without version, of a member without subsystem, with a part that nobody
/// knows yet.
const SOAP_SERVICES: &str = "<xrd:service id:objectType=\"SERVICE\"><id:xRoadInstance>FI-TEST</id:xRoadInstance>\
    <id:memberClass>MUN</id:memberClass><id:memberCode>1234567-1</id:memberCode><id:subsystemCode>a b</id:subsystemCode>\
    <id:serviceCode>getItem</id:serviceCode><id:serviceVersion>v1</id:serviceVersion></xrd:service>\
    <xrd:service id:objectType=\"SERVICE\"><id:xRoadInstance>FI-TEST</id:xRoadInstance>\
    <id:memberClass>MUN</id:memberClass><id:memberCode>1234567-1</id:memberCode><id:subsystemCode>a b</id:subsystemCode>\
    <id:serviceCode>listItems</id:serviceCode><id:comingPart>x</id:comingPart></xrd:service>\
    <xrd:service id:objectType=\"SERVICE\"><id:xRoadInstance>FI-TEST</id:xRoadInstance>\
    <id:memberClass>MUN</id:memberClass><id:memberCode>1234567-1</id:memberCode>\
    <id:serviceCode>ofMember</id:serviceCode></xrd:service>";
const SOAP_IDS: [&str; 3] = [
    "FI-TEST/MUN/1234567-1/a%20b/getItem/v1",
    "FI-TEST/MUN/1234567-1/a%20b/listItems",
    "FI-TEST/MUN/1234567-1/ofMember",
];
const REST_IDS: [&str; 2] = ["FI-TEST/MUN/1234567-1/a%20b/items", "FI-TEST/MUN/1234567-1/a%20b/plain"];
const CLIENT_IDS: [&str; 3] =
    ["FI-TEST/MUN/1234567-1", "FI-TEST/MUN/1234567-1/a%20b", "FI-TEST/GOV/9999906-0/nameless"];

pub(super) async fn me_11(probe: &mut Probe<'_>) -> Verdict {
    let own = OwnServer::start().await?;
    let mut lacking = Vec::new();
    for what in ["listMethods", "allowedMethods"] {
        probe.step(format!("{what} by SOAP"));
        own.server.play(|it| it.served(&declared(SOAP_SERVICES)));
        let parameters = list(probe, what, json!({ "protocol": "soap" }));
        if let Some(answer) = own.may_act(probe, "list", parameters, &mut lacking).await? {
            let arrived = own.only(probe)?;
            probe.check("the service is asked for by SOAP", matches!(arrived.soap, Some(Ok(_))))?;
            taken(probe, &answer, &["response"], "")?;
            holds(probe, &answer, "services", &SOAP_IDS)?;
        }

        probe.step(format!("{what} by REST"));
        own.server.play(|it| it.rest_response(200, &[("content-type", "application/json")], rest_services()));
        let parameters = list(probe, what, json!({ "protocol": "rest" }));
        if let Some(answer) = own.may_act(probe, "list", parameters, &mut lacking).await? {
            let arrived = own.only(probe)?;
            let wanted = format!("/r1/{}/{what}", probe.target.provider.encoded());
            probe.check(format!("GET {wanted}"), arrived.method == http::Method::GET && arrived.target == wanted)?;
            taken(probe, &answer, &["response"], "")?;
            holds(probe, &answer, "services", &REST_IDS)?;
        }
    }
    for form in ["xml", "json"] {
        probe.step(format!("listClients as {form}"));
        own.server.play(move |_| clients(form == "json"));
        let parameters = list(probe, "listClients", json!({ "form": form }));
        if let Some(answer) = own.may_act(probe, "list", parameters, &mut lacking).await? {
            let arrived = own.only(probe)?;
            probe.check("GET /listClients", arrived.target.split('?').next() == Some("/listClients"))?;
            let json = arrived.values("accept").join(",").contains("application/json");
            probe.check("Accept asks for that form", json == (form == "json"))?;
            taken(probe, &answer, &["response"], "")?;
            holds(probe, &answer, "clients", &CLIENT_IDS)?;
        }
    }
    tried(probe, lacking)
}

/// Parameters of the act.
fn list(probe: &Probe<'_>, what: &str, more: Value) -> Value {
    let mut parameters = json!({
        "what": what,
        "client": probe.target.client.encoded(),
        "provider": probe.target.provider.encoded(),
    });
    if let (Some(all), Value::Object(more)) = (parameters.as_object_mut(), more) {
        all.extend(more);
    }
    parameters
}

/// Exactly these ids are in the list, in any order.
fn holds(probe: &mut Probe<'_>, answer: &Value, name: &str, ids: &[&str]) -> Verdict {
    let listed = answer.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let found: BTreeSet<String> = listed
        .iter()
        .filter_map(|it| it.as_str().or_else(|| it.get("id").and_then(Value::as_str)).map(spelled))
        .collect();
    for id in ids {
        probe.check(format!("{id} is found"), found.contains(&spelled(id)))?;
    }
    probe.check("and nothing else", found.len() == ids.len() && listed.len() == ids.len())
}

/// In the kit's own spelling, for adapters may encode more than they must.
fn spelled(id: &str) -> String {
    let parts = id.split('/').map(crate::security_server::decode_segment);
    parts.map(|it| encode_segment(&it.unwrap_or_default())).collect::<Vec<_>>().join("/")
}

fn declared(services: &str) -> String {
    let declarations = format!(" xmlns:xrd=\"{XROAD}\" xmlns:id=\"{IDENTIFIERS}\" id:objectType");
    services.replace(" id:objectType", &declarations)
}

fn rest_services() -> String {
    let member = |code: &str, kind: &str| {
        json!({
            "member_class": "MUN", "member_code": "1234567-1", "object_type": "SERVICE", "service_code": code,
            "service_type": kind, "subsystem_code": "a b", "xroad_instance": "FI-TEST", "coming_member": [1, {}],
        })
    };
    let mut described = member("items", "OPENAPI");
    if let Some(members) = described.as_object_mut() {
        members.insert("endpoint_list".to_owned(), json!([{ "method": "GET", "path": "/items/*", "coming": null }]));
    }
    json!({ "service": [described, member("plain", "REST")], "coming": true }).to_string()
}

fn clients(json: bool) -> Play {
    let (kind, body) = if json {
        let id = |class: &str, code: &str, subsystem: Option<&str>| {
            let mut id = json!({ "xroad_instance": "FI-TEST", "member_class": class, "member_code": code, "object_type": "MEMBER" });
            if let (Some(members), Some(subsystem)) = (id.as_object_mut(), subsystem) {
                members.insert("subsystem_code".to_owned(), json!(subsystem));
                members.insert("object_type".to_owned(), json!("SUBSYSTEM"));
            }
            id
        };
        let list = json!({ "coming": {}, "member": [
            { "id": id("MUN", "1234567-1", None), "name": "Kunta" },
            { "id": id("MUN", "1234567-1", Some("a b")), "name": "Kunta", "subsystem_name": "Palvelut", "coming": 1 },
            { "id": id("GOV", "9999906-0", Some("nameless")) },
        ] });
        ("application/json;charset=utf-8", list.to_string())
    } else {
        let member = |class: &str, code: &str, subsystem: &str, name: &str| {
            let kind = if subsystem.is_empty() { "MEMBER" } else { "SUBSYSTEM" };
            format!(
                "<xrd:member><xrd:id id:objectType=\"{kind}\"><id:xRoadInstance>FI-TEST</id:xRoadInstance>\
                 <id:memberClass>{class}</id:memberClass><id:memberCode>{code}</id:memberCode>{subsystem}</xrd:id>{name}\
                 <xrd:coming/></xrd:member>"
            )
        };
        let subsystem = |code: &str| format!("<id:subsystemCode>{code}</id:subsystemCode>");
        let name = "<xrd:name>Kunta</xrd:name>";
        let text = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><xrd:clientList xmlns:xrd=\"{XROAD}\" xmlns:id=\"{IDENTIFIERS}\">\
             {}{}{}</xrd:clientList>",
            member("MUN", "1234567-1", "", name),
            member(
                "MUN",
                "1234567-1",
                &subsystem("a b"),
                &format!("{name}<xrd:subsystemName>Palvelut</xrd:subsystemName>")
            ),
            member("GOV", "9999906-0", &subsystem("nameless"), ""),
        );
        ("text/xml;charset=utf-8", text)
    };
    Play::Answer { status: 200, headers: vec![("content-type".to_owned(), kind.to_owned())], body: body.into() }
}

const WSDL: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<wsdl:definitions \
    xmlns:wsdl=\"http://schemas.xmlsoap.org/wsdl/\" xmlns:soap=\"http://schemas.xmlsoap.org/wsdl/soap/\" \
    targetNamespace=\"urn:x-road-kit:wsdl\"><wsdl:service name=\"Kit\"><wsdl:port name=\"KitPort\" binding=\"KitBinding\">\
    <soap:address location=\"{address}\"/></wsdl:port></wsdl:service></wsdl:definitions>";

pub(super) async fn me_12(probe: &mut Probe<'_>) -> Verdict {
    let own = OwnServer::start().await?;
    for (address, anonymous) in [(PLACEHOLDER_ADDRESS, true), ("https://adapter.example.fi/items", false)] {
        probe.step(format!("a WSDL with the address {address}"));
        let wsdl = WSDL.replace("{address}", address);
        let sent = wsdl.clone();
        own.server.play(move |it| with_attachment(it, &sent));
        let parameters = list(probe, "getWsdl", json!({ "service": "getItem", "version": "v1" }));
        let answer = own.act(probe, "list", parameters).await?;
        let arrived = own.only(probe)?;
        let asked = crate::kit::Element::read(&arrived.document()).map_err(|error| Stop::failed(error.to_string()))?;
        let asked = asked.find("getWsdl").cloned();
        let part = |name: &str| asked.as_ref().and_then(|it| it.child(XROAD, name)).map(|it| it.text.clone());
        let right =
            part("serviceCode").as_deref() == Some("getItem") && part("serviceVersion").as_deref() == Some("v1");
        probe.check("the request names the service and its version", right)?;
        taken(probe, &answer, &["response"], "")?;
        probe.check("the attachment is the WSDL, byte for byte", text(&answer, "document") == wsdl)?;
        let known = answer.get("anonymous").and_then(Value::as_bool);
        let expected = if anonymous {
            "the placeholder is known for what it is"
        } else {
            "an address is not taken for the placeholder"
        };
        probe.check(expected, known == Some(anonymous))?;
    }
    Ok(())
}

/// The answer of getWsdl: the request's content in the response's wrapper, and the WSDL as the second part.
fn with_attachment(it: &Arrived, wsdl: &str) -> Play {
    let inside = format!("<xrd:serviceCode xmlns:xrd=\"{XROAD}\">getItem</xrd:serviceCode>");
    let Play::Answer { body, .. } = it.soap_response(&inside, Some(&hash::soap(&it.document()))) else {
        return Play::Close;
    };
    let mut message = b"--kit\r\ncontent-type:text/xml; charset=UTF-8\r\n\r\n".to_vec();
    message.extend_from_slice(&body);
    message.extend_from_slice(b"\r\n--kit\r\ncontent-type:text/xml\r\n\r\n");
    message.extend_from_slice(wsdl.as_bytes());
    message.extend_from_slice(b"\r\n--kit--\r\n");
    let kind = "multipart/related; type=\"text/xml\"; charset=UTF-8; boundary=kit";
    Play::Answer { status: 200, headers: vec![("content-type".to_owned(), kind.to_owned())], body: message.into() }
}
