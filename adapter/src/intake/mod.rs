//! The own systems' door: records pushed by a CMS, judged item by item, answered with verdicts (pat.md §9; design §3,
//! “Catalogue in”).
//!
//! It reads bytes, knows who sends them, and asks the catalogue; what a sound record is, the catalogue decides. [`pull`] is
//! the same from the other side: it asks the CMS. Letters of own systems are let in here and served by whoever serves those
//! of agencies.

mod answer;
mod auth;
mod body;
mod compat;
mod descriptions;
mod hints;
mod json;
mod keywords;
mod outlook;
pub mod pull;
mod rules;
mod sheet;
#[cfg(test)]
mod tests;

use std::fmt;
use std::pin::Pin as Pinned;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use axum::Router;
use axum::extract::{FromRequestParts, Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, get, post, put};
use jiff::tz::TimeZone;
use tokio::sync::Semaphore;

use self::answer::{Problem, RecordedBatch, Summary};
use self::auth::Caller;
pub use self::compat::{FieldMap, FieldMapError, Reader};
use self::hints::Hints;
pub use self::rules::of as form_rules;
use crate::catalogue::{Catalogue, CatalogueError, Outcome, Verdict};
use crate::config::{self, Pin};
use crate::model::{Lang, Master};
use crate::ptv::profile::Profile;
use crate::ptv::worker::Worker;
use crate::store::{CommitError, Store, StoreError, intake};
use crate::telemetry::Metrics;
use crate::world::World;

/// Told the tenant's code after a batch has changed something, so that whoever mirrors it may begin.
pub type Wake = Arc<dyn Fn(&str) + Send + Sync>;

/// The worker that mirrors a tenant to PTV, for what verdicts say of it; none where nothing is sent there.
pub type Mirrored = Arc<dyn Fn(&str) -> Option<Arc<Worker>> + Send + Sync>;

/// Answers a request about letters: of a tenant, by one of its systems, which was let in for it.
pub type OwnLetters =
    Arc<dyn Fn(String, Arc<str>, Request) -> Pinned<Box<dyn Future<Output = Response> + Send>> + Send + Sync>;

/// How many earlier batches `GET …/verdicts` looks through, and how many it returns by default.
const BATCHES_SEARCHED: u32 = 500;
const BATCHES_SHOWN: usize = 20;

/// What the door needs.
#[derive(Clone)]
pub struct Intake {
    pub catalogue: Catalogue,
    /// For the answers of earlier batches.
    pub store: Store,
    /// Replaced as a whole by whoever reads the configuration again.
    pub tenants: Arc<ArcSwap<Vec<IntakeTenant>>>,
    pub limits: Limits,
    pub metrics: Metrics,
    pub world: World,
    pub wake: Wake,
    pub mirrored: Mirrored,
    pub letters: OwnLetters,
}

/// The certificate that the caller has shown; put among a request's extensions by the listener.
#[derive(Clone, Copy, Debug, Default)]
pub struct Shown(pub Option<Pin>);

/// One tenant as this door knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntakeTenant {
    pub code: Arc<str>,
    /// The rules that `GET …/rules` tells are those of the tenant's PTV.
    pub profile: Profile,
    /// The languages that its content must have.
    pub languages: Vec<Lang>,
    pub keys: Vec<IntakeKey>,
    /// Who may read through the interface of Turku's store.
    pub readers: Vec<Reader>,
    /// Its own names for PAT's fields, on the paths of older systems.
    pub field_map: Option<Arc<FieldMap>>,
}

/// One system that may write.
#[derive(Clone, PartialEq, Eq)]
pub struct IntakeKey {
    /// Its name, for logs.
    pub system: Arc<str>,
    /// The master that its records get.
    pub master: Master,
    pub credential: Credential,
    /// It may send letters, and see what became of its own.
    pub letters: bool,
}

/// How a system is known.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Credential {
    /// SHA-256 of its bearer key.
    Key([u8; 32]),
    /// The certificate that it connects with.
    Certificate(Pin),
}

impl fmt::Debug for IntakeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IntakeKey").field("system", &self.system).field("master", &self.master).finish_non_exhaustive()
    }
}

/// The limits of this door; the first three are keys under `[limits]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// `intake_body`: bytes of a request's body. Default 64 MiB.
    pub body: usize,
    /// `body`: the time for a whole body. Default 60 s.
    pub body_time: Duration,
    /// `json_depth`: how deep values may nest, from 1. Default 64; the reader itself ends at 127.
    pub json_depth: usize,
    /// Requests with a body at the same time; a further one is answered 503. A record in memory is several times its
    /// text, so that this bounds memory. `in_flight`, at most [`Limits::MOST_AT_ONCE`].
    pub at_once: usize,
}

impl Limits {
    pub const MOST_AT_ONCE: usize = 8;

    pub fn new(limits: &config::Limits) -> Self {
        Self {
            body: limits.intake_body.0,
            body_time: limits.body.0,
            json_depth: limits.json_depth,
            at_once: limits.in_flight.min(Self::MOST_AT_ONCE),
        }
    }
}

/// The door as a service. Routes of `/intake/v1/{tenant}`, `/own/v1/{tenant}` and `/compat/{tenant}`; everything else is
/// answered 404.
pub fn router(intake: Intake) -> Router {
    let places = Semaphore::new(intake.limits.at_once);
    let door = Arc::new(Door { intake, places });
    let own = Router::new()
        .route("/intake/v1/{tenant}/entities", put(entities))
        .route("/intake/v1/{tenant}/check", post(check))
        .route("/intake/v1/{tenant}/verdicts", get(verdicts))
        .route("/intake/v1/{tenant}/rules", get(rules))
        .route("/intake/v1/{tenant}/keywords", get(keywords))
        .route("/intake/v1/{tenant}/general-descriptions", get(general_descriptions))
        // What a widget made for Finto adds to the address that it is given.
        .route("/intake/v1/{tenant}/keywords/search", get(keywords))
        .route("/own/v1/{tenant}/{*path}", any(letters));
    compat::routes(own)
        .method_not_allowed_fallback(|| async { Problem::METHOD.into_response() })
        .fallback(|| async { Problem::PATH.into_response() })
        .with_state(door)
}

struct Door {
    intake: Intake,
    places: Semaphore,
}

async fn entities(State(door): State<Arc<Door>>, known: Known, request: Request) -> Response {
    door.entities(&known, request).await.unwrap_or_else(|problem| door.refuse(&problem))
}

async fn check(State(door): State<Arc<Door>>, known: Known, request: Request) -> Response {
    door.check(&known, request).await.unwrap_or_else(|problem| door.refuse(&problem))
}

async fn verdicts(State(door): State<Arc<Door>>, known: Known, uri: Uri) -> Response {
    door.verdicts(&known.tenant, &known.caller, &uri).await.unwrap_or_else(|problem| door.refuse(&problem))
}

async fn rules(Known { caller, .. }: Known) -> Response {
    answer::json(200, &rules::of(caller.profile))
}

async fn keywords(State(door): State<Arc<Door>>, _: Known, headers: HeaderMap, uri: Uri) -> Response {
    let vocabulary = door.intake.catalogue.vocabulary();
    keywords::answer(vocabulary.as_deref(), &uri, &headers).unwrap_or_else(|problem| door.refuse(&problem))
}

async fn general_descriptions(State(door): State<Arc<Door>>, known: Known, headers: HeaderMap, uri: Uri) -> Response {
    let catalogue = door.intake.catalogue.clone();
    let matching = move || descriptions::answer(&catalogue, &known.tenant, &uri, &headers);
    let answered = off_the_runtime(matching).await.and_then(|answered| answered);
    answered.unwrap_or_else(|problem| door.refuse(&problem))
}

/// Whose letters these are is settled here; what is in the request concerns whoever answers it.
async fn letters(
    State(door): State<Arc<Door>>,
    Path((tenant, _)): Path<(String, String)>,
    request: Request,
) -> Response {
    match door.caller_of(&tenant, &request) {
        Ok(caller) if caller.key.letters => (door.intake.letters)(tenant, caller.key.system, request).await,
        Ok(_) => door.refuse(&Problem::new(403, "not-allowed", "This system may not send letters (letters = true).")),
        Err(problem) => door.refuse(&problem),
    }
}

/// The tenant of the path and the system that asks: every path of our own needs both before anything else.
struct Known {
    tenant: String,
    caller: Caller,
}

impl FromRequestParts<Arc<Door>> for Known {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, door: &Arc<Door>) -> Result<Known, Problem> {
        let path = Path::<String>::from_request_parts(parts, door).await;
        let Path(tenant) = path.map_err(|_| Problem::PATH)?;
        let caller = door.caller(&tenant, &parts.headers, parts.extensions.get::<Shown>().copied())?;
        Ok(Known { tenant, caller })
    }
}

impl Door {
    fn caller(&self, tenant: &str, headers: &HeaderMap, shown: Option<Shown>) -> Result<Caller, Problem> {
        auth::caller(&self.intake.tenants.load(), tenant, headers, shown.unwrap_or_default().0)
    }

    fn caller_of(&self, tenant: &str, request: &Request) -> Result<Caller, Problem> {
        self.caller(tenant, request.headers(), request.extensions().get::<Shown>().copied())
    }

    fn refuse(&self, problem: &Problem) -> Response {
        if let Some(limit) = problem.limit {
            self.intake.metrics.limit_hit(limit);
        }
        problem.into_response()
    }

    async fn entities(&self, Known { tenant, caller }: &Known, request: Request) -> Result<Response, Problem> {
        let _place = self.places.try_acquire().map_err(|_| Problem::busy())?;
        let batch = body::read(request, &self.intake.limits, &caller.key.master).await?;
        let id = batch.id.clone();
        let judged = self.intake.catalogue.accept(tenant, batch).await;
        let verdicts = judged.map_err(|error| problem_of(&error, tenant, caller))?;
        if verdicts.iter().any(|verdict| matches!(verdict.outcome, Outcome::Created | Outcome::Updated)) {
            (self.intake.wake)(tenant);
        }
        let hints = self.hints(tenant, caller);
        let (verdicts, hints) = off_the_runtime(move || {
            let hints = hints.of_written(&verdicts);
            (verdicts, hints)
        })
        .await?;
        let summary = Summary::new(id, self.told(tenant, verdicts).await).with(hints);
        tracing::info!(
            tenant,
            system = &*caller.key.system,
            accepted = summary.accepted,
            refused = summary.refused,
            "intake: a batch"
        );
        Ok(answer::summary(&summary))
    }

    async fn check(&self, Known { tenant, caller }: &Known, request: Request) -> Result<Response, Problem> {
        let _place = self.places.try_acquire().map_err(|_| Problem::busy())?;
        let batch = body::read(request, &self.intake.limits, &caller.key.master).await?;
        let id = batch.id.clone();
        let (catalogue, code) = (self.intake.catalogue.clone(), tenant.clone());
        let hints = self.hints(tenant, caller);
        let judged = off_the_runtime(move || {
            let verdicts = catalogue.check(&code, &batch)?;
            let hints = hints.of_tried(&verdicts, &batch.records);
            Ok((verdicts, hints))
        });
        let (verdicts, hints) = judged.await?.map_err(|error| problem_of(&error, tenant, caller))?;
        Ok(answer::summary(&Summary::new(id, self.foretold(tenant, verdicts).await).with(hints)))
    }

    fn hints(&self, tenant: &str, caller: &Caller) -> Hints {
        let view = self.intake.catalogue.view(tenant).unwrap_or_default();
        let today = self.intake.world.now().to_zoned(TimeZone::UTC).date();
        let terms_told = self.intake.catalogue.vocabulary().is_some();
        Hints { view, languages: caller.languages.clone(), today, terms_told }
    }

    /// Batches that had an id, of the caller's own master, newest first.
    async fn verdicts(&self, tenant: &str, caller: &Caller, uri: &Uri) -> Result<Response, Problem> {
        let VerdictQuery { batch, tracking, limit } = VerdictQuery::read(uri)?;
        if let Some(id) = tracking {
            return self.tracked(tenant, caller, &id).await;
        }
        let prefix = format!("{}/", caller.key.master);
        let store = &self.intake.store;
        let unread = |error: StoreError| problem_of(&error.into(), tenant, caller);
        let found = match &batch {
            Some(id) => intake::get(store, tenant, &format!("{prefix}{id}")).await.map(Vec::from_iter),
            None => intake::latest(store, tenant, BATCHES_SEARCHED).await,
        };
        let mut batches = Vec::new();
        for stored in found.map_err(unread)? {
            let Some(id) = stored.batch.strip_prefix(&prefix) else { continue };
            let verdicts: Vec<Verdict> = serde_json::from_slice(&stored.verdicts).map_err(|_| {
                tracing::error!(tenant, "the verdicts of a batch cannot be read back");
                Problem::internal()
            })?;
            let told = self.told(tenant, verdicts).await;
            batches.push(RecordedBatch::new(stored.at, Summary::new(Some(id.to_owned()), told)));
            if batches.len() == limit {
                break;
            }
        }
        if batch.is_some() && batches.is_empty() {
            return Err(Problem::new(404, "not-found", "This master has sent no batch with that id.").at("batch"));
        }
        Ok(answer::json(200, &serde_json::json!({ "batches": batches })))
    }
}

/// Work that keeps a processor for long leaves the runtime's threads to the sockets.
async fn off_the_runtime<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.map_err(|error| {
        tracing::error!("intake: work ended early: {error}");
        Problem::internal()
    })
}

struct VerdictQuery {
    batch: Option<String>,
    /// An id that a path of an older system was answered with.
    tracking: Option<String>,
    limit: usize,
}

impl VerdictQuery {
    fn read(uri: &Uri) -> Result<VerdictQuery, Problem> {
        let (mut batch, mut tracking, mut limit) = (None, None, None);
        for (name, value) in form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
            match &*name {
                "batch" if batch.is_none() => batch = Some(value.into_owned()),
                "tracking" if tracking.is_none() => tracking = Some(value.into_owned()),
                "limit" if limit.is_none() => {
                    let number = value.parse().ok().filter(|number| (1..=100).contains(number));
                    limit = Some(number.ok_or_else(|| Problem::invalid("A whole number from 1 to 100.").at("limit"))?);
                }
                "batch" | "limit" | "tracking" => return Err(Problem::invalid("Given more than once.").at(&name)),
                _ => return Err(Problem::new(400, "unknown-field", "There is no such parameter here.").at(&name)),
            }
        }
        if batch.is_some() && tracking.is_some() {
            return Err(Problem::invalid("Ask for a batch or for a tracking id.").at("tracking"));
        }
        Ok(VerdictQuery { batch, tracking, limit: limit.unwrap_or(BATCHES_SHOWN) })
    }
}

/// One place maps the catalogue's errors to this wire.
fn problem_of(error: &CatalogueError, tenant: &str, caller: &Caller) -> Problem {
    match error {
        CatalogueError::TooMany(_) => Problem::new(422, "too-many", error.to_string()).at("entities"),
        CatalogueError::BatchReused(_) => Problem::new(409, "batch-conflict", error.to_string()).at("batch"),
        CatalogueError::Commit(CommitError::Busy) => Problem::busy(),
        _ => {
            tracing::error!(tenant, system = &*caller.key.system, "intake: {error}");
            let passing = match error {
                CatalogueError::Store(error) => matches!(error, StoreError::Database { retry: true, .. }),
                CatalogueError::Commit(error) => {
                    matches!(error, CommitError::Closed | CommitError::Unavailable { .. } | CommitError::Unknown { .. })
                }
                _ => false,
            };
            if passing { Problem::unavailable() } else { Problem::internal() }
        }
    }
}
