//! The paths of the integration platform that Turku's CMS calls: eighteen in all (pat.md §9.1).
//!
//! Under `yleiset` and `palvelukanava`, *put* creates and *update* changes a record. Under `ptv`, *post* and *put* carry no
//! body: the record of that code is to be sent to PTV, and what becomes of it follows in `verdicts` by tracking id.
//! The format of the bodies is our reconstruction (pat.md §9.3); a tenant's field map fits it to what a system sends.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::Method;
use axum::response::Response;
use axum::routing::any;
use serde_json::{Map, Value, json};

use super::super::answer::{self, Problem};
use super::super::auth::Caller;
use super::super::{Door, body, problem_of};
use super::reply::{Ptv, Reply};
use crate::catalogue::{Batch, Outcome, Presence, Verdict};
use crate::model::evidence::{EvidenceDraft, RecordKind};
use crate::model::{ChannelDetail, Code, Entity, Kind, Stored, View};
use crate::store::{Commit, intake, mirrors, twins};
use crate::telemetry::safe;

/// The set of a service's connections has a mirror of its own.
const CONNECTIONS: &str = "connections";
/// The rule of a reference to nothing.
const DANGLING: &str = "dangling-reference";
/// So often another code is tried when somebody took the free one in between.
const TRIES: usize = 5;

pub(super) fn routes(router: Router<Arc<Door>>) -> Router<Arc<Door>> {
    router
        .route("/compat/{tenant}/cxf/yleiset/{act}", any(common))
        .route("/compat/{tenant}/cxf/palvelukanava/{act}", any(offer))
        .route("/compat/{tenant}/cxf/ptv/{kind}/{act}/{code}", any(entity))
        .route("/compat/{tenant}/cxf/ptv/servicechannel/{kind}/{act}/{code}", any(channel))
}

async fn common(
    State(door): State<Arc<Door>>,
    Path((tenant, act)): Path<(String, String)>,
    request: Request,
) -> Response {
    let presence = match act.as_str() {
        "put" => Presence::New,
        "update" => Presence::Known,
        _ => return door.refuse(&Problem::PATH),
    };
    door.write(&tenant, presence, None, request).await.unwrap_or_else(|problem| door.refuse(&problem))
}

async fn offer(
    State(door): State<Arc<Door>>,
    Path((tenant, act)): Path<(String, String)>,
    request: Request,
) -> Response {
    let presence = match act.as_str() {
        "putPalvelutarjous" => Presence::New,
        "updatePalvelutarjous" => Presence::Known,
        _ => return door.refuse(&Problem::PATH),
    };
    door.write(&tenant, presence, Some(Kind::Offer), request).await.unwrap_or_else(|problem| door.refuse(&problem))
}

async fn entity(
    State(door): State<Arc<Door>>,
    Path((tenant, kind, act, code)): Path<(String, String, String, String)>,
    request: Request,
) -> Response {
    let target = match kind.as_str() {
        "organization" => Target::Organisation,
        "service" => Target::Service,
        _ => return door.refuse(&Problem::PATH),
    };
    door.mark(&tenant, target, &act, &code, request).await.unwrap_or_else(|problem| door.refuse(&problem))
}

async fn channel(
    State(door): State<Arc<Door>>,
    Path((tenant, kind, act, code)): Path<(String, String, String, String)>,
    request: Request,
) -> Response {
    let Some(target) = Target::of_channel(&kind) else { return door.refuse(&Problem::PATH) };
    door.mark(&tenant, target, &act, &code, request).await.unwrap_or_else(|problem| door.refuse(&problem))
}

/// What a path under `ptv` speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    Organisation,
    Service,
    ServicePoint,
    EChannel,
    Phone,
    PrintableForm,
    WebPage,
}

impl Target {
    fn of_channel(word: &str) -> Option<Target> {
        Some(match word {
            "echannel" => Target::EChannel,
            "phone" => Target::Phone,
            "servicelocation" => Target::ServicePoint,
            "printableform" => Target::PrintableForm,
            "webpage" => Target::WebPage,
            _ => return None,
        })
    }

    fn kind(self) -> Kind {
        match self {
            Target::Organisation => Kind::Organisation,
            Target::Service => Kind::Service,
            Target::ServicePoint => Kind::ServicePoint,
            Target::EChannel | Target::Phone | Target::PrintableForm | Target::WebPage => Kind::Channel,
        }
    }

    /// A channel's path names its kind; the code of another kind is unknown there.
    fn is(self, entity: &Entity) -> bool {
        match entity.channel().map(|channel| &channel.detail) {
            None => entity.key.kind == self.kind(),
            Some(ChannelDetail::EChannel { .. }) => self == Target::EChannel,
            Some(ChannelDetail::Phone { .. }) => self == Target::Phone,
            Some(ChannelDetail::PrintableForm { .. }) => self == Target::PrintableForm,
            Some(ChannelDetail::WebPage { .. }) => self == Target::WebPage,
        }
    }
}

impl Door {
    async fn write(
        &self,
        tenant: &str,
        presence: Presence,
        kind: Option<Kind>,
        request: Request,
    ) -> Result<Response, Problem> {
        let caller = self.caller_of(tenant, &request)?;
        if !matches!(*request.method(), Method::POST | Method::PUT) {
            return Err(Problem::METHOD);
        }
        let _place = self.places.try_acquire().map_err(|_| Problem::busy())?;
        let Value::Object(mut record) = body::document(request, &self.intake.limits).await? else {
            return Err(Problem::invalid("Send one record, as an object."));
        };
        if let Some(kind) = kind {
            record.entry("laji").or_insert_with(|| kind.laji().into());
        }
        if let Some(map) = &caller.field_map {
            map.rename(&mut record);
        }
        if let Some(kind) = kind
            && record.get("laji").and_then(Value::as_str) != Some(kind.laji())
        {
            return Err(Problem::invalid("This path takes offers: leave laji out, or write palvelutarjous.").at("laji"));
        }
        let tracking = self.tracking_id()?;
        let version = record.get("lahde").and_then(|source| source.get("versio")).cloned();
        let verdict = self.take_in(tenant, &caller, presence, record).await?;
        let changed = verdict.revision.is_some();
        if changed {
            (self.intake.wake)(tenant);
        }
        let stored = self.stored(tenant, &verdict);
        let ptv = match &stored {
            Some(stored) => self.ptv_of(tenant, stored).await?,
            None => Ptv::default(),
        };
        tracing::info!(tenant, system = &*caller.key.system, %tracking, outcome = ?verdict.outcome, "esb: a record");
        let reply = Reply::to_write(&verdict, stored.as_deref(), version, ptv, tracking);
        Ok(answer::json(reply.status(), &reply))
    }

    /// A record without a code gets the one that its source's id has here already, else the next free number.
    async fn take_in(
        &self,
        tenant: &str,
        caller: &Caller,
        presence: Presence,
        mut record: Map<String, Value>,
    ) -> Result<Verdict, Problem> {
        let given = record.get("koodi").is_some_and(|code| !code.is_null() && code.as_str() != Some(""));
        for _ in 0..TRIES {
            let assigned = presence == Presence::New && !given;
            if assigned {
                let view = self.intake.catalogue.view(tenant).unwrap_or_default();
                let laji = record.get("laji").and_then(Value::as_str).unwrap_or_default();
                if let Some(kind) = Kind::from_laji(laji) {
                    let code =
                        known_by_source(&view, kind, record.get("lahde")).unwrap_or_else(|| next_code(&view, kind));
                    record.insert("koodi".into(), code.into());
                }
            }
            let records = vec![Value::Object(record.clone())];
            let batch = Batch { id: None, master: caller.key.master.clone(), records: records.into() };
            if record.get("laji").and_then(Value::as_str) == Some(Kind::Offer.laji())
                && let Some(refused) = self.refused_for_references(tenant, caller, &batch)?
            {
                return Ok(refused);
            }
            let verdicts = self.intake.catalogue.accept_if(tenant, batch, presence).await;
            let verdict = verdicts.map_err(|error| problem_of(&error, tenant, caller))?.pop();
            let verdict = verdict.ok_or_else(Problem::internal)?;
            // Somebody was faster; the same record from the same source is told as what it is.
            let view = self.intake.catalogue.view(tenant).unwrap_or_default();
            let kind = verdict.laji.as_deref().and_then(Kind::from_laji);
            let same_source =
                kind.is_some_and(|kind| known_by_source(&view, kind, record.get("lahde")) == verdict.koodi);
            if assigned && !same_source && verdict.findings.iter().any(|finding| finding.rule == "code-taken") {
                continue;
            }
            return Ok(verdict);
        }
        Err(Problem::busy())
    }

    /// The platform never took an offer of a service or a place that it did not know (pat.md §9.2, step 3).
    fn refused_for_references(&self, tenant: &str, caller: &Caller, batch: &Batch) -> Result<Option<Verdict>, Problem> {
        let verdicts = self.intake.catalogue.check(tenant, batch);
        let verdict = verdicts.map_err(|error| problem_of(&error, tenant, caller))?.pop();
        Ok(verdict.filter(|verdict| verdict.findings.iter().any(|it| it.rule == DANGLING)).map(|verdict| Verdict {
            outcome: Outcome::Refused,
            revision: None,
            ..verdict
        }))
    }

    async fn mark(
        &self,
        tenant: &str,
        target: Target,
        act: &str,
        code: &str,
        request: Request,
    ) -> Result<Response, Problem> {
        let caller = self.caller_of(tenant, &request)?;
        match (act, request.method()) {
            ("post" | "put", &Method::POST) | ("put", &Method::PUT) => {}
            ("post" | "put", _) => return Err(Problem::METHOD),
            _ => return Err(Problem::PATH),
        }
        let tracking = self.tracking_id()?;
        let view = self.intake.catalogue.view(tenant).unwrap_or_default();
        let kind = target.kind();
        let known = code.parse::<Code>().ok().and_then(|code| view.get(kind, &code).cloned());
        let Some(stored) = known.filter(|stored| target.is(&stored.entity)) else {
            tracing::info!(tenant, code = %safe(code), "esb: a code that nobody has");
            let reply = Reply::unknown_code(kind, code, tracking);
            return Ok(answer::json(reply.status(), &reply));
        };
        let now = self.intake.world.now();
        let micros = now.as_microsecond();
        let code = stored.entity.key.code.as_str();
        let mark = intake::Mark {
            master: caller.key.master.to_string(),
            kind: kind.word().to_owned(),
            code: code.to_owned(),
            at: micros,
        };
        let mut wishes = vec![mirrors::want(mirrors::Key { tenant, kind: kind.word(), code }, micros, micros)];
        if kind == Kind::Service {
            wishes.push(mirrors::want(mirrors::Key { tenant, kind: CONNECTIONS, code }, micros, micros));
        }
        let mut draft = EvidenceDraft::new(RecordKind::Intake, tenant, now, self.intake.world.now());
        draft.actor = Some(caller.key.master.to_string());
        draft.outcome = Some("to be sent".into());
        draft.subject = Some(stored.entity.key.to_string());
        let commit = Commit::new().with(wishes).with([intake::mark(tenant, &tracking, &mark)]).and(draft);
        self.intake.store.commit(commit).await.map_err(|error| problem_of(&error.into(), tenant, &caller))?;
        (self.intake.wake)(tenant);
        let ptv = self.ptv_of(tenant, &stored).await?;
        let reply = Reply::to_mark(&stored, ptv, tracking);
        Ok(answer::json(202, &reply))
    }

    /// What became of a mark, for `GET …/verdicts?tracking=ID`.
    pub(in crate::intake) async fn tracked(
        &self,
        tenant: &str,
        caller: &Caller,
        id: &str,
    ) -> Result<Response, Problem> {
        let unread = |error: crate::store::StoreError| problem_of(&error.into(), tenant, caller);
        let mark = intake::marked(&self.intake.store, tenant, id).await.map_err(unread)?;
        let absent = || Problem::new(404, "not-found", "This master was given no such tracking id.").at("tracking");
        let mark = mark.filter(|mark| mark.master == *caller.key.master.0).ok_or_else(absent)?;
        let view = self.intake.catalogue.view(tenant).unwrap_or_default();
        let kind = Kind::from_word(&mark.kind).ok_or_else(Problem::internal)?;
        let code: Code = mark.code.parse().map_err(|_| Problem::internal())?;
        let stored = view.get(kind, &code).cloned().ok_or_else(Problem::internal)?;
        let ptv = self.ptv_of(tenant, &stored).await?;
        Ok(answer::json(200, &json!({"tracking": id, "laji": kind.laji(), "koodi": mark.code, "ptv": ptv})))
    }

    async fn ptv_of(&self, tenant: &str, stored: &Stored) -> Result<Ptv, Problem> {
        let (kind, code) = (stored.entity.key.kind.word(), stored.entity.key.code.as_str());
        let store = &self.intake.store;
        let read = async {
            let twin = twins::get(store, tenant, kind, code).await?;
            let mirror = mirrors::get(store, mirrors::Key { tenant, kind, code }).await?;
            Ok::<_, crate::store::StoreError>((twin, mirror))
        };
        let (twin, mirror) = read.await.map_err(|error| {
            tracing::error!(tenant, "esb: {error}");
            Problem::unavailable()
        })?;
        Ok(Ptv::of(twin.as_ref(), mirror.as_ref()))
    }

    fn stored(&self, tenant: &str, verdict: &Verdict) -> Option<Arc<Stored>> {
        let kind = Kind::from_laji(verdict.laji.as_deref()?)?;
        let code: Code = verdict.koodi.as_deref()?.parse().ok()?;
        self.intake.catalogue.view(tenant)?.get(kind, &code).cloned()
    }

    fn tracking_id(&self) -> Result<String, Problem> {
        self.intake.world.id().map(|id| id.to_string()).map_err(|error| {
            tracing::error!("esb: no id: {error}");
            Problem::internal()
        })
    }
}

/// The code that a record of this source's id has here.
fn known_by_source(view: &View, kind: Kind, source: Option<&Value>) -> Option<String> {
    let source = source?;
    let text = |member| source.get(member).and_then(Value::as_str);
    let (system, id) = (text("jarjestelma"), text("id")?);
    let is_it = |stored: &&Arc<Stored>| {
        let known = stored.entity.source.as_ref();
        known.is_some_and(|known| known.id.as_deref() == Some(id) && known.system.as_deref() == system)
    };
    view.all(kind).find(is_it).map(|stored| stored.entity.key.code.to_string())
}

/// One more than the greatest number that any record of the kind has, withdrawn ones too.
fn next_code(view: &View, kind: Kind) -> String {
    let numbers = view.all(kind).filter_map(|stored| stored.entity.key.code.as_str().parse::<u64>().ok());
    let kinds = [kind];
    let unreadable = view.unreadable(&kinds).filter_map(|key| key.code.as_str().parse::<u64>().ok());
    numbers.chain(unreadable).max().unwrap_or(0).saturating_add(1).to_string()
}
