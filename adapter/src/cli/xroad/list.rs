//! `silta xroad list`: the metadata services of a provider's and of the own security server.

use clap::Args;
use serde_json::{Value, json};
use silta_client::consumer::Consumer;
use silta_client::consumer::metadata::{ClientListForm, Listed, Which};
use xroad::id::{ClientId, ServiceId};

use super::{Way, consumer, failed};
use crate::cli::output::{Output, plain};
use crate::cli::{FINE, Failure};

#[derive(Args, Debug)]
pub(in crate::cli) struct ListArgs {
    #[command(flatten)]
    way: Way,
    /// The provider's subsystem: INSTANCE/CLASS/CODE/SUBSYSTEM.
    #[arg(long, value_name = "ID", required_unless_present = "clients", conflicts_with = "clients")]
    provider: Option<ClientId>,
    /// Only what this client may call.
    #[arg(long, conflicts_with_all = ["wsdl", "openapi", "clients"])]
    allowed: bool,
    /// Print the WSDL that describes a SOAP service: its code and version.
    #[arg(long, value_name = "CODE/VERSION", conflicts_with_all = ["openapi", "clients"])]
    wsdl: Option<String>,
    /// Print the OpenAPI document of a REST service.
    #[arg(long, value_name = "CODE", conflicts_with = "clients")]
    openapi: Option<String>,
    /// The members and subsystems that there are.
    #[arg(long)]
    clients: bool,
    /// With --clients: another instance than the own one.
    #[arg(long, value_name = "INSTANCE", requires = "clients")]
    instance: Option<String>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: ListArgs, output: &mut Output) -> Result<u8, Failure> {
    let consumer = consumer(&args.way)?;
    let Some(provider) = &args.provider else {
        return clients(&consumer, &args, output).await;
    };
    if let Some(wanted) = &args.wsdl {
        return wsdl(&consumer, &service(provider, wanted)?, args.json, output).await;
    }
    if let Some(wanted) = &args.openapi {
        return openapi(&consumer, &service(provider, wanted)?, args.json, output).await;
    }
    services(&consumer, provider, &args, output).await
}

async fn services(
    consumer: &Consumer,
    provider: &ClientId,
    args: &ListArgs,
    output: &mut Output,
) -> Result<u8, Failure> {
    let which = if args.allowed { Which::Allowed } else { Which::All };
    let soap = consumer.soap_services(provider, which).await.map_err(|error| failed(&error))?;
    // REST cannot address a member without a subsystem (xroad.md §1.3).
    let rest = match provider.subsystem() {
        Some(_) => consumer.rest_services(provider, which).await.map_err(|error| failed(&error))?,
        None => Vec::new(),
    };
    if args.json {
        let soap: Vec<Value> =
            soap.iter().map(|id| json!({"service": id.service_code(), "version": id.version()})).collect();
        let rest: Vec<Value> = rest
            .iter()
            .map(|service| {
                let endpoints: Vec<Value> =
                    service.endpoints.iter().map(|one| json!({"method": one.method, "path": one.path})).collect();
                json!({"service": service.id.service_code(), "type": service.kind, "endpoints": endpoints})
            })
            .collect();
        output.json(&json!({"soap": soap, "rest": rest}))?;
        return Ok(FINE);
    }
    let mut rows = Vec::new();
    for id in &soap {
        let version = id.version().unwrap_or_default();
        rows.push(vec![plain("SOAP"), plain(id.service_code()), plain(version), plain("")]);
    }
    for service in &rest {
        let kind = service.kind.as_deref().unwrap_or("REST");
        let endpoints = service.endpoints.len().to_string();
        rows.push(vec![plain(kind), plain(service.id.service_code()), plain(""), plain(endpoints)]);
    }
    if rows.is_empty() {
        let whom = if args.allowed { " that this client may call" } else { "" };
        writeln!(output.err(), "silta: the provider has no service{whom}")?;
        return Ok(FINE);
    }
    output.table(&["type", "service", "version", "endpoints"], &rows)?;
    Ok(FINE)
}

async fn wsdl(consumer: &Consumer, service: &ServiceId, json: bool, output: &mut Output) -> Result<u8, Failure> {
    let wsdl = consumer.wsdl(service).await.map_err(|error| failed(&error))?;
    if json {
        let text = String::from_utf8_lossy(&wsdl.document);
        output.json(&json!({"wsdl": text, "addresses": wsdl.addresses, "anonymous": wsdl.is_anonymous()}))?;
    } else {
        output.raw(&wsdl.document)?;
    }
    Ok(FINE)
}

async fn openapi(consumer: &Consumer, service: &ServiceId, json: bool, output: &mut Output) -> Result<u8, Failure> {
    let openapi = consumer.openapi(service).await.map_err(|error| failed(&error))?;
    if json {
        let text = String::from_utf8_lossy(&openapi.document);
        let document = serde_json::from_slice(&openapi.document).unwrap_or_else(|_| json!(text));
        output.json(&json!({"contentType": openapi.content_type, "openapi": document}))?;
    } else {
        output.raw(&openapi.document)?;
    }
    Ok(FINE)
}

async fn clients(consumer: &Consumer, args: &ListArgs, output: &mut Output) -> Result<u8, Failure> {
    let listed = consumer.clients(args.instance.as_deref(), ClientListForm::Json).await;
    let listed: Vec<Listed> = listed.map_err(|error| failed(&error))?;
    if args.json {
        let clients: Vec<Value> = listed
            .iter()
            .map(|one| json!({"id": one.id.to_rest(), "name": one.name, "subsystemName": one.subsystem_name}))
            .collect();
        output.json(&json!({"clients": clients}))?;
        return Ok(FINE);
    }
    let cell = |text: &Option<String>| plain(text.as_deref().unwrap_or_default());
    let rows: Vec<_> =
        listed.iter().map(|one| vec![plain(one.id.to_rest()), cell(&one.name), cell(&one.subsystem_name)]).collect();
    output.table(&["client", "member", "subsystem"], &rows)?;
    Ok(FINE)
}

/// `CODE` or `CODE/VERSION` of a provider.
fn service(provider: &ClientId, text: &str) -> Result<ServiceId, Failure> {
    let (code, version) = match text.split_once('/') {
        Some((code, version)) => (code, Some(version.to_owned())),
        None => (text, None),
    };
    ServiceId::new(provider.clone(), code, version).map_err(|error| Failure::usage(format!("the service code {error}")))
}
