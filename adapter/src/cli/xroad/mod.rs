//! `silta xroad …`: X-Road calls as a consumer, through the own security server.

mod body;
mod list;
mod pretty;

use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use clap::{Args, Subcommand};
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::{Value, json};
use silta_client::consumer::tls::{Pin, Tls, http_client, pin};
use silta_client::consumer::{CallError, Consumer, Part};
use xroad::id::{ClientId, ServerId, ServiceId};
use xroad::soap::classify::Delivery;

use self::body::{Field, File};
use self::list::ListArgs;
use super::output::Output;
use super::{FINE, Failure, PROBLEM};
use crate::operations::registry::{Family, OPERATIONS};
use crate::world::World;

#[derive(Debug, Subcommand)]
pub(super) enum XroadCommand {
    /// Call one service and print its answer. Exit code 1 when the service or X-Road refuses.
    #[command(after_help = "Examples:
  silta xroad call --server http://127.0.0.1:8080 --client FI-TEST/GOV/9999906-0/asiointi \\
    --service FI-TEST/MUN/1234567-1/palvelut/getService/v1 --body code=1
  silta xroad call --server http://127.0.0.1:8080 --client FI-TEST/GOV/9999906-0/asiointi \\
    --service FI-TEST/MUN/1234567-1/palvelut/catalogue 'services?limit=5'")]
    Call(CallArgs),
    /// What a provider offers (listMethods, allowedMethods), its WSDL or OpenAPI, or who is there (listClients).
    #[command(after_help = "Examples:
  silta xroad list --server http://127.0.0.1:8080 --client FI-TEST/GOV/9999906-0/asiointi \\
    --provider FI-TEST/MUN/1234567-1/palvelut --allowed
  silta xroad list --server http://127.0.0.1:8080 --client FI-TEST/GOV/9999906-0/asiointi \\
    --provider FI-TEST/MUN/1234567-1/palvelut --wsdl getService/v1
  silta xroad list --server http://127.0.0.1:8080 --client FI-TEST/GOV/9999906-0/asiointi --clients")]
    List(ListArgs),
}

/// The way to the own security server.
#[derive(Args, Debug)]
struct Way {
    /// The own security server: scheme, host and port.
    #[arg(long, value_name = "URL")]
    server: String,
    /// The own subsystem: INSTANCE/CLASS/CODE/SUBSYSTEM.
    #[arg(long, value_name = "ID")]
    client: ClientId,
    /// The certificate (PEM or DER) that the security server shows; with https one is needed, several may be given.
    #[arg(long, value_name = "FILE")]
    server_certificate: Vec<PathBuf>,
    /// The own certificate (PEM) to show to the security server.
    #[arg(long, value_name = "FILE", requires = "key")]
    certificate: Option<PathBuf>,
    /// The key (PEM) of the own certificate.
    #[arg(long, value_name = "FILE", requires = "certificate")]
    key: Option<PathBuf>,
    /// The one security server of the provider that must answer: INSTANCE/CLASS/CODE/SERVER. Named only when given.
    #[arg(long, value_name = "ID")]
    security_server: Option<ServerId>,
    /// Seconds until the call is given up.
    #[arg(long, value_name = "SECONDS", default_value_t = 90)]
    timeout: u64,
}

#[derive(Args, Debug)]
pub(super) struct CallArgs {
    #[command(flatten)]
    way: Way,
    /// The service: INSTANCE/CLASS/CODE/SUBSYSTEM/SERVICE, for SOAP with /VERSION (v1 when left out).
    #[arg(long, value_name = "ID")]
    service: String,
    /// Call by SOAP: the default when no PATH is given.
    #[arg(long, conflicts_with = "rest")]
    soap: bool,
    /// Call by REST: the default when a PATH is given.
    #[arg(long)]
    rest: bool,
    /// REST: what follows the service code, percent-encoded, with its query.
    #[arg(conflicts_with = "soap")]
    path: Option<String>,
    /// REST: the method; GET without a body, POST with one.
    #[arg(long, value_name = "METHOD")]
    method: Option<Method>,
    /// Members of the request: code=1, recipients[0].id=…; :=JSON gives a number or true; @NAME refers to a file.
    #[arg(long, value_name = "KEY=VALUE", num_args = 1..)]
    body: Vec<Field>,
    /// The whole request instead: the wrapper element (SOAP) or the JSON body (REST).
    #[arg(long, value_name = "FILE", conflicts_with = "body")]
    body_file: Option<PathBuf>,
    /// Send a file along: NAME=PATH, or PATH (its name is then the file's).
    #[arg(long, value_name = "FILE")]
    file: Vec<File>,
    /// SOAP: the namespace of the wrapper; known for our own services.
    #[arg(long, value_name = "URN")]
    namespace: Option<String>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(command: XroadCommand, output: &mut Output) -> Result<u8, Failure> {
    match command {
        XroadCommand::Call(args) if args.rest || args.path.is_some() => call_rest(args, output).await,
        XroadCommand::Call(args) => call_soap(args, output).await,
        XroadCommand::List(args) => list::run(args, output).await,
    }
}

async fn call_soap(args: CallArgs, output: &mut Output) -> Result<u8, Failure> {
    if args.method.is_some() {
        return Err(Failure::usage("--method is REST's: give a PATH or --rest"));
    }
    let service = service(&args.service, true)?;
    let wrapper = if let Some(path) = &args.body_file {
        text_of(path)?
    } else {
        let namespace = args.namespace.clone().or_else(|| namespace_of(service.service_code()));
        let unknown = || Failure::usage("the service is none of ours: give --namespace or --body-file");
        body::xml(&namespace.ok_or_else(unknown)?, service.service_code(), &args.body)?
    };
    let mut parts = Vec::new();
    for file in &args.file {
        parts.push(Part {
            content_id: file.name.clone(),
            media_type: file.media_type().to_owned(),
            data: Bytes::from(bytes_of(&file.path)?),
        });
    }
    let consumer = consumer(&args.way)?;
    let answer = consumer.soap(&service, &wrapper, &parts).await.map_err(|error| failed(&error))?;
    let body = &answer.envelope.body;
    let refused = body.children.iter().any(|child| &*child.name == "error");
    let shown = pretty::xml(body);
    if args.json {
        let value =
            json!({"protocol": "soap", "refused": refused, "xml": shown, "attachments": answer.attachments.len()});
        output.json(&value)?;
    } else {
        output.raw(shown.as_bytes())?;
    }
    Ok(if refused { PROBLEM } else { FINE })
}

async fn call_rest(args: CallArgs, output: &mut Output) -> Result<u8, Failure> {
    let service = service(&args.service, false)?;
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    let json_body = match &args.body_file {
        Some(path) => Some(bytes_of(path)?),
        None if args.body.is_empty() => None,
        None => Some(body::json(&args.body)?.to_string().into_bytes()),
    };
    let has_body = json_body.is_some() || !args.file.is_empty();
    let content = if args.file.is_empty() {
        if has_body {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        json_body.unwrap_or_default()
    } else {
        let mut files = Vec::new();
        for file in &args.file {
            files.push((file, bytes_of(&file.path)?));
        }
        let id = World::system().id().map_err(|error| Failure::problem(error.to_string()))?;
        let boundary = format!("silta-{}", id.simple());
        let (media_type, content) = body::multipart(&boundary, json_body.as_deref(), &files);
        let media_type = HeaderValue::from_str(&media_type);
        headers.insert(CONTENT_TYPE, media_type.map_err(|_| Failure::usage("--file: a name is not ASCII"))?);
        content
    };
    let method = args.method.clone().unwrap_or(if has_body { Method::POST } else { Method::GET });
    let path = args.path.as_deref().unwrap_or_default();
    let consumer = consumer(&args.way)?;
    let answer = consumer.rest(method, &service, path, headers, content.into()).await;
    let answer = answer.map_err(|error| failed(&error))?;
    let parsed: Option<Value> = serde_json::from_slice(&answer.body).ok();
    let code = if answer.status.is_success() { FINE } else { PROBLEM };
    if args.json {
        let text = String::from_utf8_lossy(&answer.body);
        let body = parsed.unwrap_or_else(|| json!(text));
        output.json(&json!({"protocol": "rest", "status": answer.status.as_u16(), "body": body}))?;
        return Ok(code);
    }
    if code != FINE {
        writeln!(output.err(), "silta: the service answered with status {}", answer.status.as_u16())?;
    }
    match parsed {
        Some(value) => output.json(&value)?,
        None => output.raw(&answer.body)?,
    }
    Ok(code)
}

/// Five parts, or six with the version that only SOAP has.
fn service(text: &str, soap: bool) -> Result<ServiceId, Failure> {
    let wrong = |error: xroad::id::IdError| Failure::usage(format!("--service: it {error}"));
    let (five, version) = match text.match_indices('/').nth(4) {
        Some((end, _)) => (text.get(..end).unwrap_or_default(), text.get(end + 1..)),
        None => (text, None),
    };
    let service: ServiceId = five.parse().map_err(wrong)?;
    if !soap {
        return match version {
            None => Ok(service),
            Some(_) => Err(Failure::usage("--service: REST services have no version")),
        };
    }
    let version = version.unwrap_or("v1").to_owned();
    ServiceId::new(service.provider().clone(), service.service_code(), Some(version)).map_err(wrong)
}

fn namespace_of(code: &str) -> Option<String> {
    let known = OPERATIONS.iter().find(|operation| operation.name == code)?;
    Some(Family::namespace(known.family).to_owned())
}

fn consumer(way: &Way) -> Result<Consumer, Failure> {
    let mut pins: Vec<Pin> = Vec::new();
    for path in &way.server_certificate {
        let bytes = bytes_of(path)?;
        let certificate = CertificateDer::from_pem_slice(&bytes).unwrap_or_else(|_| CertificateDer::from(bytes));
        pins.push(pin(&certificate));
    }
    if way.server.starts_with("https://") && pins.is_empty() {
        return Err(Failure::usage(
            "with https, give --server-certificate FILE: a security server's certificate is self-signed and is known by itself",
        ));
    }
    let identity = match (&way.certificate, &way.key) {
        (Some(chain), Some(key)) => {
            let unread = |path: &Path, error: rustls_pki_types::pem::Error| {
                Failure::usage(format!("{}: {error}", path.display()))
            };
            let certificates = CertificateDer::pem_file_iter(chain).and_then(Iterator::collect::<Result<Vec<_>, _>>);
            let certificates = certificates.map_err(|error| unread(chain, error))?;
            let private = PrivateKeyDer::from_pem_file(key).map_err(|error| unread(key, error))?;
            Some((certificates, private))
        }
        _ => None,
    };
    let client = http_client(Some(Tls { identity, pins }), Duration::from_secs(way.timeout));
    let client = client.map_err(|error| Failure::usage(error.to_string()))?;
    let mut consumer = Consumer::new(way.server.clone(), way.client.clone(), client);
    consumer.security_server.clone_from(&way.security_server);
    Ok(consumer)
}

/// An error of a call, and whether the provider may have got the request.
fn failed(error: &CallError) -> Failure {
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default();
    let delivery = match error.delivery() {
        Delivery::NotDelivered => "The provider has not got the request",
        Delivery::Unknown => "The provider may have got the request",
    };
    let message = match error {
        CallError::XRoad { message, .. } if !message.is_empty() => format!("\n{}", crate::telemetry::safe(message)),
        CallError::Fault(fault) => format!("\n{}", crate::telemetry::safe(&fault.text)),
        _ => String::new(),
    };
    Failure::problem(format!("{error}{cause}. {delivery}.{message}"))
}

fn bytes_of(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|error| Failure::usage(format!("{}: {error}", path.display())))
}

fn text_of(path: &Path) -> Result<String, Failure> {
    String::from_utf8(bytes_of(path)?).map_err(|_| Failure::usage(format!("{}: is not UTF-8", path.display())))
}
