//! `listClients` (xroad.md §4.1, PR-META 2): who is in an instance, to everybody who asks.

use std::fmt::Write as _;

use http::{HeaderMap, Response, StatusCode, header};
use serde_json::{Value, json};

use super::config::Member;
use super::consumer::{Inner, plain};
use super::errors::{Origin, Rejection, Suffix};
use super::identifiers::ClientId;
use super::leg::OutBody;
use super::soap::{IDENTIFIERS, XROAD};
use crate::xml::escape;

impl Inner {
    /// The list of one instance; of the own one when the query names none.
    pub(super) fn list_clients(&self, query: Option<&str>, headers: &HeaderMap) -> Response<OutBody> {
        let members = self.members();
        let asked = query
            .into_iter()
            .flat_map(|query| query.split('&'))
            .filter_map(|pair| pair.split_once('='))
            .find(|(name, _)| *name == "xRoadInstance")
            .map(|(_, value)| percent_encoding::percent_decode_str(value).decode_utf8_lossy().into_owned());
        let own = members.first().map(|member| member.id.instance.clone()).unwrap_or_default();
        let instance = asked.unwrap_or(own);
        let listed: Vec<&Member> = members.iter().filter(|member| member.id.instance == instance).collect();
        if listed.is_empty() {
            let error = self.error(Rejection::new(Suffix::InternalError, "unknown instance"), Origin::ClientProxy);
            self.failed(&error);
            return plain(StatusCode::INTERNAL_SERVER_ERROR, "text/xml;charset=utf-8", error.to_soap());
        }
        let json = headers
            .get_all(header::ACCEPT)
            .iter()
            .any(|value| value.to_str().is_ok_and(|text| text.contains("application/json")));
        if json {
            plain(StatusCode::OK, "application/json;charset=utf-8", as_json(&listed))
        } else {
            plain(StatusCode::OK, "text/xml;charset=utf-8", as_xml(&listed))
        }
    }

    /// The members configured; else those that clients and services show.
    fn members(&self) -> Vec<Member> {
        if !self.config.members.is_empty() {
            return self.config.members.clone();
        }
        let clients = self.config.clients.iter().map(|client| client.id.clone());
        let providers = self.provider.services().into_iter().map(|service| service.id.provider);
        let mut ids: Vec<ClientId> = clients.chain(providers).collect();
        let owners: Vec<ClientId> = ids.iter().map(|id| ClientId { subsystem: None, ..id.clone() }).collect();
        ids.extend(owners);
        ids.sort();
        ids.dedup();
        ids.into_iter().map(|id| Member { name: id.member_code.clone(), subsystem_name: None, id }).collect()
    }
}

fn kind(id: &ClientId) -> &'static str {
    if id.subsystem.is_some() { "SUBSYSTEM" } else { "MEMBER" }
}

fn as_xml(members: &[&Member]) -> String {
    let mut out = format!(
        r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?><ns2:clientList xmlns:ns1="{IDENTIFIERS}" xmlns:ns2="{XROAD}">"#
    );
    for member in members {
        let id = &member.id;
        // Writing to a String cannot fail.
        let _ = write!(out, r#"<ns2:member><ns2:id ns1:objectType="{}">"#, kind(id));
        let parts = [
            ("xRoadInstance", Some(&id.instance)),
            ("memberClass", Some(&id.member_class)),
            ("memberCode", Some(&id.member_code)),
            ("subsystemCode", id.subsystem.as_ref()),
        ];
        for (name, value) in parts {
            if let Some(value) = value {
                let _ = write!(out, "<ns1:{name}>{}</ns1:{name}>", escape(value));
            }
        }
        let _ = write!(out, "</ns2:id><ns2:name>{}</ns2:name>", escape(&member.name));
        if let Some(name) = &member.subsystem_name {
            let _ = write!(out, "<ns2:subsystemName>{}</ns2:subsystemName>", escape(name));
        }
        out.push_str("</ns2:member>");
    }
    out.push_str("</ns2:clientList>");
    out
}

fn add(object: &mut Value, name: &str, value: &str) {
    if let Some(members) = object.as_object_mut() {
        members.insert(name.to_owned(), Value::from(value));
    }
}

fn as_json(members: &[&Member]) -> String {
    let members: Vec<_> = members
        .iter()
        .map(|member| {
            let id = &member.id;
            let mut object = json!({
                "xroad_instance": id.instance,
                "member_class": id.member_class,
                "member_code": id.member_code,
                "object_type": kind(id),
            });
            if let Some(code) = &id.subsystem {
                add(&mut object, "subsystem_code", code);
            }
            let mut member_object = json!({ "id": object, "name": member.name });
            if let Some(name) = &member.subsystem_name {
                add(&mut member_object, "subsystem_name", name);
            }
            member_object
        })
        .collect();
    json!({ "member": members }).to_string()
}
