//! The socket side and the test's hand: requests answered in order, faults, and edits of the site.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use axum::Router;
use axum::body::Body;
use axum::extract::{Request as HttpRequest, State};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::StreamExt as _;
use http::header::{
    ACCEPT, AUTHORIZATION, CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_TYPE, DATE, ETAG, EXPIRES, IF_NONE_MATCH, VARY,
    WWW_AUTHENTICATE,
};
use http::{HeaderMap, Method};
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::MEDIA_TYPE;
use super::document::Light;
use super::error::{Refusal, version};
use super::query::Query;
use super::site::{Anonymous, DrupalConfig, Entity, Fields, Site, Translation, Viewer};

/// A running simulator. Dropping it stops it.
pub struct DrupalSimulator {
    /// `http://address:port`, without a slash at the end.
    pub base_url: String,
    /// What a test does to the site and asks of it.
    pub control: Control,
    task: JoinHandle<()>,
}

impl DrupalSimulator {
    /// Binds and serves. Fails only when the address cannot be taken.
    pub async fn start(config: DrupalConfig) -> std::io::Result<Self> {
        let listener = TcpListener::bind(config.listen).await?;
        let base_url = format!("http://{}", listener.local_addr()?);
        let shared = Arc::new(Shared {
            config,
            site: Mutex::default(),
            requests: Mutex::default(),
            faults: Mutex::default(),
            interruptions: Mutex::default(),
        });
        let control = Control(Arc::clone(&shared));
        let router = Router::new().fallback(answer).with_state(control.clone());
        let task = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::warn!(kind = ?error.kind(), "drupal simulator: ended");
            }
        });
        Ok(Self { base_url, control, task })
    }
}

impl Drop for DrupalSimulator {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Shared {
    config: DrupalConfig,
    site: Mutex<Site>,
    requests: Mutex<Vec<Request>>,
    faults: Mutex<Vec<Fault>>,
    interruptions: Mutex<Vec<(String, Interruption)>>,
}

type Interruption = Box<dyn FnOnce(&Control) + Send>;

/// A request that came, and how it was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Path and query, as they came.
    pub target: String,
    /// The account, if there was one.
    pub user: Option<String>,
    pub status: u16,
}

/// Something that goes wrong with the next requests whose target contains a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub target: String,
    pub times: usize,
    pub kind: FaultKind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultKind {
    /// The answer comes late.
    Slow(Duration),
    /// This status, in JSON:API's form below 500 and as core's plain page from 500 on.
    Status(u16),
    /// The answer ends in its middle, with its connection.
    Cut,
    /// A page of a front with status 200.
    Page,
    /// The document without its member `data`.
    NoData,
}

/// What a test does to a site. Cheap to clone.
#[derive(Clone)]
pub struct Control(Arc<Shared>);

impl Control {
    /// A new entity in its original language, published: `node--service`.
    pub fn create(&self, kind: &str, language: &str, editor: &str, fields: Value) -> Uuid {
        let now = self.now();
        let mut site = self.site();
        let family = kind.split_once("--").map_or(kind, |(family, _)| family).to_owned();
        let number = site.next(&family);
        let revision = site.next(&format!("{family} revision"));
        // By number: the same test makes the same site.
        let uuid = Uuid::from_u64_pair(0x5117_a000_0000_4000, (0x8000 << 48) | fnv(kind, number));
        let translation = Translation { published: true, changed: now, fields: members(fields) };
        let entity = Entity {
            uuid,
            kind: kind.to_owned(),
            number,
            revision,
            language: language.to_owned(),
            shared: Fields::new(),
            translations: [(language.to_owned(), translation)].into(),
            relations: std::collections::BTreeMap::new(),
            created: now,
            editor: editor.to_owned(),
        };
        site.entities.insert(uuid, entity);
        uuid
    }

    /// Saves fields of one translation, which is made if it is not there.
    pub fn edit(&self, uuid: Uuid, language: &str, editor: &str, fields: Value) {
        let now = self.now();
        self.change(uuid, Some(language), editor, |entity| {
            let fresh = || Translation { published: true, changed: now, fields: Fields::new() };
            let translation = entity.translations.entry(language.to_owned()).or_insert_with(fresh);
            translation.fields.extend(members(fields));
        });
    }

    /// Saves fields that all languages share.
    pub fn edit_shared(&self, uuid: Uuid, editor: &str, fields: Value) {
        self.change(uuid, None, editor, |entity| entity.shared.extend(members(fields)));
    }

    /// Saves what a relationship field names; `many` for a field of several values.
    pub fn relate(&self, uuid: Uuid, editor: &str, field: &str, many: bool, targets: &[Uuid]) {
        self.change(uuid, None, editor, |entity| {
            entity.relations.insert(field.to_owned(), (many, targets.to_vec()));
        });
    }

    /// Saves without any change.
    pub fn save(&self, uuid: Uuid, editor: &str) {
        self.change(uuid, None, editor, |_| {});
    }

    /// Publishes or unpublishes one translation.
    pub fn publish(&self, uuid: Uuid, language: &str, editor: &str, published: bool) {
        self.change(uuid, Some(language), editor, |entity| {
            if let Some(translation) = entity.translations.get_mut(language) {
                translation.published = published;
            }
        });
    }

    /// Takes a translation away. The other ones keep their times, as in Drupal.
    pub fn delete_translation(&self, uuid: Uuid, language: &str) {
        if let Some(entity) = self.site().entities.get_mut(&uuid)
            && entity.language != language
        {
            entity.translations.remove(language);
            entity.revision += 1;
        }
    }

    /// Deletes an entity. JSON:API has no trace of it.
    pub fn delete(&self, uuid: Uuid) {
        self.site().entities.remove(&uuid);
    }

    /// Who saved an entity last.
    pub fn editor(&self, uuid: Uuid) -> Option<String> {
        self.site().entities.get(&uuid).map(|entity| entity.editor.clone())
    }

    /// The number (nid, tid) of an entity.
    pub fn number(&self, uuid: Uuid) -> Option<u64> {
        self.site().entities.get(&uuid).map(|entity| entity.number)
    }

    /// Does this once, just before the next request whose target contains a text is answered.
    pub fn before(&self, target: &str, act: impl FnOnce(&Control) + Send + 'static) {
        let mut interruptions = self.0.interruptions.lock().unwrap_or_else(PoisonError::into_inner);
        interruptions.push((target.to_owned(), Box::new(act)));
    }

    pub fn fail(&self, fault: Fault) {
        self.0.faults.lock().unwrap_or_else(PoisonError::into_inner).push(fault);
    }

    /// Ends all faults.
    pub fn heal(&self) {
        self.0.faults.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The requests since this was last asked.
    pub fn take_requests(&self) -> Vec<Request> {
        std::mem::take(&mut *self.0.requests.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn change(&self, uuid: Uuid, language: Option<&str>, editor: &str, change: impl FnOnce(&mut Entity)) {
        let now = self.now();
        let mut site = self.site();
        if let Some(entity) = site.entities.get_mut(&uuid) {
            change(entity);
        }
        site.save(uuid, language, editor, now);
    }

    fn now(&self) -> i64 {
        (self.0.config.clock)().as_second()
    }

    fn site(&self) -> MutexGuard<'_, Site> {
        self.0.site.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next_fault(&self, target: &str) -> Option<FaultKind> {
        let mut faults = self.0.faults.lock().unwrap_or_else(PoisonError::into_inner);
        let fault = faults.iter_mut().find(|fault| fault.times > 0 && target.contains(&fault.target))?;
        fault.times -= 1;
        Some(fault.kind.clone())
    }

    fn next_interruption(&self, target: &str) -> Option<Interruption> {
        let mut waiting = self.0.interruptions.lock().unwrap_or_else(PoisonError::into_inner);
        let at = waiting.iter().position(|(part, _)| target.contains(part))?;
        Some(waiting.remove(at).1)
    }

    /// Who asks. Wrong credentials make nobody: core logs no failure into the answer.
    fn viewer(&self, headers: &HeaderMap) -> Option<Viewer> {
        let given = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let given = given.and_then(|text| text.strip_prefix("Basic "));
        let given = given.and_then(|text| STANDARD.decode(text.trim()).ok());
        let given = given.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
        let account = given.split_once(':').and_then(|(name, password)| {
            self.0.config.accounts.iter().find(|it| it.name == name && it.password == password)
        });
        match (account, self.0.config.anonymous) {
            (Some(account), _) => Some(Viewer {
                name: Some(account.name.clone()),
                sees_content: account.views_content,
                sees_unpublished: account.views_unpublished,
            }),
            (None, Anonymous::Refused) => None,
            (None, anonymous) => {
                let sees_content = anonymous == Anonymous::Sees;
                Some(Viewer { name: None, sees_content, sees_unpublished: false })
            }
        }
    }

    fn read(&self, request: &HttpRequest, url: &str, viewer: Option<&Viewer>) -> Result<(Value, String), Refusal> {
        let config = &self.0.config;
        let default = config.languages.first().map(|(code, _)| code.as_str()).unwrap_or_default();
        let segments: Vec<&str> = request.uri().path().split('/').filter(|part| !part.is_empty()).collect();
        let prefixed = segments
            .first()
            .and_then(|first| config.languages.iter().find(|(_, prefix)| prefix == first))
            .map(|(code, prefix)| (code.as_str(), Some(prefix.as_str())));
        let (language, prefix) = prefixed.unwrap_or((default, None));
        let rest = segments.get(usize::from(prefix.is_some())..).unwrap_or_default();
        let unknown = || Refusal::new(404, format!("No route found for \"GET {url}\""));
        let [root, rest @ ..] = rest else { return Err(unknown()) };
        if *root != "jsonapi" {
            return Err(unknown());
        }
        let viewer = viewer.ok_or_else(|| Refusal::new(401, "No authentication credentials provided."))?;
        if *request.method() != Method::GET && *request.method() != Method::HEAD {
            let kind = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
            if kind != Some(MEDIA_TYPE) {
                let text = format!("No route found that matches \"Content-Type: {}\"", kind.unwrap_or_default());
                return Err(Refusal::new(415, text));
            }
            let text = "JSON:API is configured to accept only read operations. Site administrators can configure this at /admin/config/services/jsonapi.";
            return Err(Refusal::new(405, text));
        }
        // The format's media type with a parameter is another one (JSON:API 1.0, content negotiation).
        let accepted = request.headers().get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or("*/*");
        let sound = accepted.split(',').map(str::trim).any(|part| part == MEDIA_TYPE || !part.starts_with(MEDIA_TYPE));
        if !sound {
            return Err(Refusal::new(406, "Media type parameters are not supported."));
        }
        let host = url.split("//").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or_default();
        let root = match prefix {
            Some(prefix) => format!("http://{host}/{prefix}/jsonapi"),
            None => format!("http://{host}/jsonapi"),
        };
        let site = self.site();
        let known = |kind: &str| config.types.iter().any(|it| it == kind) || site.of_kind(kind).next().is_some();
        let light = Light {
            site: &site,
            viewer,
            languages: &config.languages,
            language,
            relationships: &config.relationships,
            root: &root,
            url,
        };
        let query = request.uri().query().unwrap_or_default();
        let document = match rest {
            [] => {
                let links: Map<String, Value> = config
                    .types
                    .iter()
                    .map(|kind| (kind.clone(), json!({"href": format!("{root}/{}", kind.replace("--", "/"))})))
                    .collect();
                json!({"jsonapi": version(), "data": [], "links": links})
            }
            [family, bundle] if known(&format!("{family}--{bundle}")) => {
                light.collection(&format!("{family}--{bundle}"), &Query::read(query)?)?
            }
            [family, bundle, id] if known(&format!("{family}--{bundle}")) => {
                let uuid: Uuid = id.parse().map_err(|_| unknown())?;
                let entity = site.entities.get(&uuid).filter(|entity| entity.kind == format!("{family}--{bundle}"));
                let missing = || Refusal::new(404, "The \"entity\" parameter was not converted for the path.");
                light.individual(entity.ok_or_else(missing)?, &Query::read(query)?)?
            }
            _ => return Err(unknown()),
        };
        Ok((document, language.to_owned()))
    }
}

async fn answer(State(control): State<Control>, request: HttpRequest) -> Response {
    let target = request.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
    let host = request.headers().get("host").and_then(|value| value.to_str().ok()).unwrap_or("localhost").to_owned();
    let url = format!("http://{host}{target}");
    if let Some(act) = control.next_interruption(&target) {
        act(&control);
    }
    let fault = control.next_fault(&target);
    if let Some(FaultKind::Slow(time)) = fault {
        tokio::time::sleep(time).await;
    }
    let viewer = control.viewer(request.headers());
    let response = match &fault {
        Some(FaultKind::Status(status)) if *status >= 500 => {
            page(*status, "The website encountered an unexpected error.")
        }
        Some(FaultKind::Status(status)) => refuse(&control, &Refusal::new(*status, "As the test asked."), &url),
        Some(FaultKind::Page) => page(200, "<!DOCTYPE html><title>Huoltokatko</title>"),
        _ => match control.read(&request, &url, viewer.as_ref()) {
            Ok((mut document, language)) => {
                if fault == Some(FaultKind::NoData)
                    && let Some(members) = document.as_object_mut()
                {
                    members.remove("data");
                }
                let cut = fault == Some(FaultKind::Cut);
                send(&control, &document, &language, request.headers(), viewer.as_ref(), cut)
            }
            Err(refusal) => refuse(&control, &refusal, &url),
        },
    };
    let user = viewer.and_then(|viewer| viewer.name);
    let seen = Request { target, user, status: response.status().as_u16() };
    control.0.requests.lock().unwrap_or_else(PoisonError::into_inner).push(seen);
    response
}

fn send(
    control: &Control,
    document: &Value,
    language: &str,
    headers: &HeaderMap,
    viewer: Option<&Viewer>,
    cut: bool,
) -> Response {
    let body = serde_json::to_vec(document).unwrap_or_default();
    let mut response = Response::new(Body::empty());
    dress(control, response.headers_mut());
    set(response.headers_mut(), CONTENT_LANGUAGE, language);
    set(response.headers_mut(), CONTENT_TYPE, MEDIA_TYPE);
    // Only what anybody may see is cached and has a tag.
    if viewer.is_none_or(|viewer| viewer.name.is_none()) {
        let tag = format!("\"{}\"", hex::encode(digest(&SHA256, &body).as_ref()));
        set(response.headers_mut(), CACHE_CONTROL, "max-age=900, public");
        set(response.headers_mut(), VARY, "Cookie");
        let known = headers.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok()) == Some(tag.as_str());
        set(response.headers_mut(), ETAG, &tag);
        if known {
            *response.status_mut() = http::StatusCode::NOT_MODIFIED;
            return response;
        }
    }
    *response.body_mut() = if cut {
        let half = body.get(..body.len() / 2).unwrap_or_default().to_vec();
        let parts = futures_util::stream::iter([Ok(half), Err(std::io::Error::other("cut"))]);
        // What was sent before the end arrives.
        Body::from_stream(parts.then(async |part| {
            if part.is_err() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            part
        }))
    } else {
        Body::from(body)
    };
    response
}

fn refuse(control: &Control, refusal: &Refusal, url: &str) -> Response {
    let mut response = Response::new(Body::from(serde_json::to_vec(&refusal.document(url)).unwrap_or_default()));
    *response.status_mut() = http::StatusCode::from_u16(refusal.status).unwrap_or_default();
    dress(control, response.headers_mut());
    set(response.headers_mut(), CONTENT_TYPE, MEDIA_TYPE);
    if refusal.status == 401 {
        set(response.headers_mut(), WWW_AUTHENTICATE, "Basic realm=\"Drupal\"");
    }
    response
}

/// What core and its front say without JSON:API.
fn page(status: u16, text: &str) -> Response {
    let mut response = Response::new(Body::from(text.to_owned()));
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or_default();
    set(response.headers_mut(), CONTENT_TYPE, "text/html; charset=UTF-8");
    response
}

fn dress(control: &Control, headers: &mut HeaderMap) {
    let now = (control.0.config.clock)();
    set(headers, DATE, &now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string());
    set(headers, CACHE_CONTROL, "must-revalidate, no-cache, private");
    set(headers, EXPIRES, "Sun, 19 Nov 1978 05:00:00 GMT");
    for (name, value) in [("x-generator", "Drupal 11 (https://www.drupal.org)"), ("x-content-type-options", "nosniff")]
    {
        if let Ok(value) = value.parse() {
            headers.insert(name, value);
        }
    }
}

fn set(headers: &mut HeaderMap, name: http::HeaderName, value: &str) {
    if let Ok(value) = value.parse() {
        headers.insert(name, value);
    }
}

fn members(fields: Value) -> Fields {
    match fields {
        Value::Object(members) => members,
        _ => Fields::new(),
    }
}

/// Spreads the ids of kinds and numbers (FNV-1a, 48 bits).
fn fnv(kind: &str, number: u64) -> u64 {
    let bytes = kind.bytes().chain(number.to_be_bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)) >> 16
}
