//! The acts `call` and `list`: Silta as a consumer, through the client library that `silta xroad` uses. What an error is
//! taken for is said in the words of docs/conformance.md.

use std::path::PathBuf;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use conformance::kit::ActError;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use serde::Deserialize;
use serde_json::{Value, json};
use silta_client::consumer::metadata::{ClientListForm, Listed, Which};
use silta_client::consumer::tls::{Tls, http_client, pin};
use silta_client::consumer::{CallError, Consumer, Part};
use xroad::id::{ClientId, ServiceId};
use xroad::soap::classify::Delivery;

/// How long a call may take when the case does not say.
const TIMEOUT: u64 = 30;

/// Parameters of both acts.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Wish {
    protocol: String,
    security_server: String,
    certificate: PathBuf,
    client: String,
    service: String,
    version: Option<String>,
    method: String,
    path: String,
    body: String,
    attachments: Vec<Attached>,
    user_id: Option<String>,
    issue: Option<String>,
    security_server_target: Option<String>,
    timeout_seconds: Option<u64>,
    what: String,
    form: String,
    provider: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Attached {
    content_id: String,
    content_type: String,
    content: String,
}

/// One call of a service.
pub(super) async fn call(parameters: &Value) -> Result<Value, ActError> {
    let wish = Wish::read(parameters)?;
    let consumer = wish.consumer()?;
    if wish.protocol == "soap" { wish.soap(&consumer).await } else { wish.rest(&consumer).await }
}

/// One question to a metadata service.
pub(super) async fn list(parameters: &Value) -> Result<Value, ActError> {
    let wish = Wish::read(parameters)?;
    let consumer = wish.consumer()?;
    let listed = match wish.what.as_str() {
        "listClients" => wish.clients(&consumer).await,
        "getWsdl" => {
            let service = ServiceId::new(wish.provider()?, wish.service.as_str(), wish.version.clone());
            let wsdl = consumer.wsdl(&service.map_err(|error| failed("service", &error))?).await;
            wsdl.map(|it| json!({ "document": String::from_utf8_lossy(&it.document), "anonymous": it.is_anonymous() }))
        }
        "listMethods" => wish.services(&consumer, Which::All).await?,
        "allowedMethods" => wish.services(&consumer, Which::Allowed).await?,
        other => return Err(ActError::Missing(format!("Silta's act list knows no {other}"))),
    };
    Ok(match listed {
        Ok(mut answer) => {
            if let Some(members) = answer.as_object_mut() {
                members.insert("outcome".to_owned(), json!("response"));
            }
            answer
        }
        Err(error) => {
            let soap = wish.protocol == "soap" || wish.what == "getWsdl";
            told(&error, if soap { "fault" } else { "problem" })
        }
    })
}

impl Wish {
    fn read(parameters: &Value) -> Result<Self, ActError> {
        serde_json::from_value(parameters.clone()).map_err(|error| failed("parameters", &error))
    }

    fn consumer(&self) -> Result<Consumer, ActError> {
        let certificate =
            CertificateDer::from_pem_file(&self.certificate).map_err(|error| failed("certificate", &error))?;
        let tls = Tls { identity: None, pins: vec![pin(&certificate)] };
        let timeout = Duration::from_secs(self.timeout_seconds.unwrap_or(TIMEOUT));
        let http = http_client(Some(tls), timeout).map_err(|error| failed("TLS", &error))?;
        let client = self.client.parse().map_err(|error| failed("client", &error))?;
        let mut consumer = Consumer::new(self.security_server.as_str(), client, http);
        consumer.user_id.clone_from(&self.user_id);
        consumer.issue.clone_from(&self.issue);
        let target = self.security_server_target.as_deref().map(str::parse).transpose();
        consumer.security_server = target.map_err(|error| failed("securityServerTarget", &error))?;
        Ok(consumer)
    }

    fn service(&self, version: Option<String>) -> Result<ServiceId, ActError> {
        let service: ServiceId = self.service.parse().map_err(|error| failed("service", &error))?;
        let versioned = ServiceId::new(service.provider().clone(), service.service_code(), version);
        versioned.map_err(|error| failed("version", &error))
    }

    fn provider(&self) -> Result<ClientId, ActError> {
        self.provider.parse().map_err(|error| failed("provider", &error))
    }

    async fn soap(&self, consumer: &Consumer) -> Result<Value, ActError> {
        let mut parts = Vec::new();
        for it in &self.attachments {
            let data = STANDARD.decode(&it.content).map_err(|error| failed("attachments", &error))?;
            parts.push(Part {
                content_id: it.content_id.clone(),
                media_type: it.content_type.clone(),
                data: Bytes::from(data),
            });
        }
        let answer = consumer.soap(&self.service(self.version.clone())?, &self.body, &parts).await;
        Ok(match answer {
            Ok(answer) => json!({ "outcome": "response", "status": 200, "body": answer.envelope.body.to_xml() }),
            Err(error) => told(&error, "fault"),
        })
    }

    async fn rest(&self, consumer: &Consumer) -> Result<Value, ActError> {
        let method = if self.method.is_empty() { "GET" } else { &self.method };
        let method: Method = method.parse().map_err(|error| failed("method", &error))?;
        let mut headers = HeaderMap::new();
        if !self.body.is_empty() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        let body = Bytes::from(self.body.clone());
        let answer = consumer.rest(method, &self.service(None)?, &self.path, headers, body).await;
        Ok(match answer {
            Ok(answer) => {
                let wrong = answer.status.is_client_error() || answer.status.is_server_error();
                json!({
                    "outcome": if wrong { "problem" } else { "response" },
                    "fault": wrong.then_some("provider"),
                    "status": answer.status.as_u16(),
                    "body": String::from_utf8_lossy(&answer.body),
                })
            }
            Err(error) => told(&error, "problem"),
        })
    }

    async fn services(&self, consumer: &Consumer, which: Which) -> Result<Result<Value, CallError>, ActError> {
        let provider = self.provider()?;
        let ids = if self.protocol == "rest" {
            let listed = consumer.rest_services(&provider, which).await;
            listed.map(|all| all.into_iter().map(|it| it.id).collect::<Vec<_>>())
        } else {
            consumer.soap_services(&provider, which).await
        };
        Ok(ids.map(|all| {
            let spelled = |id: &ServiceId| match id.version() {
                Some(version) => format!("{}/{}", id.to_rest(), xroad::id::percent_encode(version)),
                None => id.to_rest(),
            };
            json!({ "services": all.iter().map(spelled).collect::<Vec<_>>() })
        }))
    }

    async fn clients(&self, consumer: &Consumer) -> Result<Value, CallError> {
        let form = if self.form == "json" { ClientListForm::Json } else { ClientListForm::Xml };
        let listed = consumer.clients(None, form).await?;
        let entry = |it: &Listed| json!({ "id": it.id.to_rest(), "name": it.name, "subsystemName": it.subsystem_name });
        Ok(json!({ "clients": listed.iter().map(entry).collect::<Vec<_>>() }))
    }
}

/// An error in the words of docs/conformance.md. `answered` is what an error of somebody else's is called.
fn told(error: &CallError, answered: &str) -> Value {
    let (outcome, fault) = match error {
        CallError::XRoad { .. } | CallError::SecurityServer(_) => (answered, "x-road"),
        CallError::Fault(_) => (answered, "provider"),
        CallError::Connect(_) | CallError::Transport(_) => ("error", "network"),
        CallError::Identifier { .. } | CallError::Request(_) | CallError::Attachment(_) => ("error", "caller"),
        _ => ("error", "integrity"),
    };
    let code = match error {
        CallError::XRoad { error, .. } => {
            let leg = if error.service_failed { "servicefailed." } else { "" };
            Some(format!("{:?}.{leg}{}", error.side, error.cause).to_ascii_lowercase())
        }
        CallError::Fault(fault) => Some(fault.code.clone()),
        _ => None,
    };
    let status = match error {
        CallError::SecurityServer(status) | CallError::Status(status) | CallError::MetadataStatus(status) => {
            Some(*status)
        }
        _ => None,
    };
    let delivered = match error.delivery() {
        Delivery::NotDelivered => "no",
        Delivery::Unknown => "unknown",
    };
    json!({
        "outcome": outcome,
        "fault": fault,
        "code": code,
        "status": status,
        "delivered": delivered,
        "text": error.to_string(),
    })
}

fn failed(what: &str, error: &impl std::fmt::Display) -> ActError {
    ActError::Failed(format!("{what}: {error}"))
}
