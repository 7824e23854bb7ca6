//! The HTTP door: plain HTTP/1.1, one fallback route, conditional requests, faults. What is answered, `answers` decides.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State as Extracted;
use axum::http::{HeaderMap, Method, Uri, header};
use axum::response::Response;
use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::answers::{self, Query, Refusal, bad_request, not_found};
use super::{FaultAction, State, World, dump};

const RDF_XML: &str = "application/rdf+xml";
const HTTP_DATE: &str = "%a, %d %b %Y %H:%M:%S GMT";

pub(super) async fn serve(listener: TcpListener, world: Arc<World>, stopped: oneshot::Receiver<()>) {
    let app = Router::new().fallback(call).with_state(world);
    let graceful = axum::serve(listener, app).with_graceful_shutdown(async {
        let _ = stopped.await;
    });
    if let Err(error) = graceful.await {
        tracing::warn!(%error, "Finto's simulator ended");
    }
}

async fn call(Extracted(world): Extracted<Arc<World>>, method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let fault = take_fault(&mut world.state(), uri.path());
    match fault {
        Some(FaultAction::Status(status)) => return text(status, "text/plain", format!("{status} : injected")),
        Some(FaultAction::Delay(time)) => tokio::time::sleep(time).await,
        Some(FaultAction::Cut) | None => {}
    }
    if method != Method::GET && method != Method::HEAD {
        return text(405, "text/plain", "405 Method Not Allowed".to_owned());
    }
    let response = answer(&world, &uri, &headers).unwrap_or_else(|Refusal(status, words, said)| {
        text(status, "text/plain; charset=utf-8", format!("{status} {words} : {said}"))
    });
    if fault == Some(FaultAction::Cut) { cut(response).await } else { response }
}

fn take_fault(state: &mut State, path: &str) -> Option<FaultAction> {
    state.requests += 1;
    let fault = state.faults.iter_mut().find(|fault| fault.times > 0 && path.contains(&fault.path_contains))?;
    fault.times -= 1;
    Some(fault.action)
}

fn answer(world: &World, uri: &Uri, headers: &HeaderMap) -> Result<Response, Refusal> {
    let query = read_query(uri.query().unwrap_or_default());
    let segments: Vec<&str> = uri.path().split('/').filter(|segment| !segment.is_empty()).collect();
    if let ["download", id, file] = segments.as_slice() {
        return download(&mut world.state(), id, file, headers);
    }
    let ["rest", "v1", path @ ..] = segments.as_slice() else { return Err(not_found("no such path")) };
    let state = world.state();
    let library = &state.library;
    if let [id, "data"] = path
        && !query.contains_key("uri")
    {
        answers::vocabulary(library, id)?;
        if not_modified(&state, headers) {
            return Ok(unmodified());
        }
        return redirect(world, id, &query, headers);
    }
    let value = match path {
        ["vocabularies"] => answers::vocabularies(library, &query)?,
        ["search"] => answers::search(library, None, &query)?,
        ["label"] => answers::label(answers::asked(library, None, &query)?, &query),
        ["data"] => data(library, None, &query)?,
        [id] => answers::information(library, id, &query)?,
        [id, rest] => {
            answers::vocabulary(library, id)?;
            if *rest != "search" && not_modified(&state, headers) {
                return Ok(unmodified());
            }
            match *rest {
                "search" => answers::search(library, Some(id), &query)?,
                "label" => answers::label(answers::asked(library, Some(id), &query)?, &query),
                "data" => data(library, Some(id), &query)?,
                "mappings" => answers::mappings(library, answers::asked(library, Some(id), &query)?, &query),
                "broader" | "narrower" => {
                    answers::relation(library, answers::asked(library, Some(id), &query)?, rest, &query)
                }
                "modified" => answers::modified(library, &state.changes, &query),
                _ => return Err(not_found("no such path")),
            }
        }
        _ => return Err(not_found("no such path")),
    };
    let mut response = text(200, "application/json; charset=utf-8", value.to_string());
    stamp(&mut response, state.modified);
    Ok(response)
}

fn data(library: &super::Library, id: Option<&str>, query: &Query) -> answers::Answer {
    let format = query.get("format").map_or("application/ld+json", String::as_str);
    if !["application/ld+json", "application/json"].contains(&format) {
        let said = "Unsupported format. Supported MIME types are: application/ld+json application/json";
        return Err(Refusal(406, "Not Acceptable", said.into()));
    }
    if !query.contains_key("uri") {
        return Err(bad_request("uri parameter missing"));
    }
    let concept = answers::asked(library, id, query);
    let concept = concept.map_err(|_| Refusal(404, "Bad Request", "no concept found with given uri".into()))?;
    Ok(answers::data(library, concept))
}

/// A whole vocabulary lies elsewhere.
fn redirect(world: &World, id: &str, query: &Query, headers: &HeaderMap) -> Result<Response, Refusal> {
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or("*/*");
    let fits = match query.get("format") {
        Some(format) => format == RDF_XML,
        None => accepted.contains(RDF_XML) || accepted.contains("*/*"),
    };
    if !fits {
        let said = format!("Unsupported format. Supported MIME types are: {RDF_XML}");
        return Err(Refusal(406, "Not Acceptable", said));
    }
    let place = format!("http://{}/download/{id}/{id}-skos.rdf", world.address);
    let response = Response::builder().status(302).header(header::LOCATION, place);
    Ok(response.body(Body::empty()).unwrap_or_default())
}

fn download(state: &mut State, id: &str, file: &str, headers: &HeaderMap) -> Result<Response, Refusal> {
    if file != format!("{id}-skos.rdf") {
        return Err(not_found("no such file"));
    }
    if not_modified(state, headers) {
        return Ok(unmodified());
    }
    let vocabulary = answers::vocabulary(&state.library, id)?;
    let content = dump::rdf_xml(id, vocabulary, &state.modified.strftime("%Y-%m-%d").to_string());
    state.downloads += 1;
    let mut response = text(200, RDF_XML, content);
    stamp(&mut response, state.modified);
    Ok(response)
}

/// By `If-Modified-Since`, in whole seconds.
fn not_modified(state: &State, headers: &HeaderMap) -> bool {
    let since = headers.get(header::IF_MODIFIED_SINCE).and_then(|value| value.to_str().ok());
    let since = since.and_then(|value| jiff::fmt::rfc2822::parse(value).ok());
    since.is_some_and(|since| since.timestamp().as_second() >= state.modified.as_second())
}

fn unmodified() -> Response {
    Response::builder().status(304).body(Body::empty()).unwrap_or_default()
}

fn stamp(response: &mut Response, modified: Timestamp) {
    if let Ok(value) = modified.strftime(HTTP_DATE).to_string().parse() {
        response.headers_mut().insert(header::LAST_MODIFIED, value);
    }
}

fn text(status: u16, kind: &'static str, content: String) -> Response {
    let response = Response::builder().status(status).header(header::CONTENT_TYPE, kind);
    response.body(Body::from(content)).unwrap_or_default()
}

/// The first half of an answer, then nothing.
async fn cut(response: Response) -> Response {
    let (parts, body) = response.into_parts();
    let whole = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    let half = whole.slice(..whole.len() / 2);
    let broken = futures_util::stream::iter([
        Ok::<Bytes, std::io::Error>(half),
        Err(std::io::ErrorKind::ConnectionReset.into()),
    ]);
    let mut response = Response::from_parts(parts, Body::from_stream(broken));
    response.headers_mut().remove(header::CONTENT_LENGTH);
    response
}

fn read_query(query: &str) -> Query {
    let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}
