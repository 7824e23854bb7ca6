//! How long a plan of the largest tenant takes: 50 000 services, and 150 000 channels and offers, with their twins.
//!
//! No PTV is needed: a twin is made from the plan itself, as a sync would leave it. What can fail is counts: what is equal
//! makes no call, and what has changed one each.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use silta::catalogue::pat;
use silta::model::{EntityKey, Kind, Lang, Master, Stored, View};
use silta::ptv::map::{self, Context, Extent};
use silta::ptv::plan::{Planned, Step, plan};
use silta::ptv::profile::Profile;
use silta::ptv::reference::Reference;
use silta::ptv::twins::{PUBLISHED, Twins};
use silta::ptv::worker::CONNECTIONS;
use silta::store::twins::Twin;

use super::report::{Section, grouped};
use super::{machine, root};

const SERVICES: usize = 50_000;
const CHANNELS: usize = 75_000;
const OFFERS: usize = 75_000;
/// One of a hundred records changes.
const CHANGED: usize = 100;
const ORGANISATION: &str = "11111111-2222-4333-8444-555555555555";

pub(crate) fn measure() -> Result<Section> {
    let sample = sample()?;
    let reference = Reference::from_dir(&root().join("tests/samples/reference"))?;
    let before = machine::memory(std::process::id(), "VmRSS")?;
    let view = View::default().with(records(&sample, &|_| false)?, 1);
    let catalogue = machine::memory(std::process::id(), "VmRSS")?;
    let twins = Twins::default();
    let written = equal(&view, &reference, &twins)?;
    let held = machine::memory(std::process::id(), "VmRSS")?;

    let (unchanged, same) = timed(&view, &reference, &twins);
    let changed = View::default().with(records(&sample, &|number| number % CHANGED == 0)?, 1);
    let (after, different) = timed(&changed, &reference, &twins);
    let calls = |steps: &[Step]| steps.iter().map(|step| step.calls).sum::<u64>();
    let due = different.iter().filter(|step| step.is_due()).count();
    // A changed offer is a changed set; those beyond the number of services fall into the sets of the first ones.
    let expected = SERVICES / CHANGED + CHANNELS / CHANGED + SERVICES / CHANGED;
    let fields: usize = different.iter().map(|step| step.changes.len()).sum();

    let seconds = |time: Duration| time.as_secs_f64();
    let number = |count: usize| grouped(f64::from(u32::try_from(count).unwrap_or(u32::MAX)));
    let megabytes = |bytes: u64| bytes / 1_000_000;
    let text = format!(
        "## The plan of a large tenant\n\n{} services, {} channels and {} offers, {} twins; the plan tells every field that \
         differs. Equal names are found once a change of the catalogue.\n\n\
         | what | measured | goal |\n|---|---|---|\n\
         | a plan, nothing changed | {:.2} s, of it equal names {:.2} s; {} calls | ≤ 3 s, 0 calls |\n\
         | a plan, one record of {CHANGED} changed | {:.2} s; {} calls for {} changed twins, {} fields | as many calls |\n\
         | the catalogue in memory | {} MB | |\n\
         | the twins in memory, with the bodies that were sent | {} MB | |\n",
        number(SERVICES),
        number(CHANNELS),
        number(OFFERS),
        number(written),
        seconds(unchanged.whole),
        seconds(unchanged.names),
        calls(&same),
        seconds(after.whole),
        number(usize::try_from(calls(&different))?),
        number(expected),
        number(fields),
        megabytes(catalogue.saturating_sub(before)),
        megabytes(held.saturating_sub(catalogue)),
    );
    let mut missed = Vec::new();
    if calls(&same) != 0 || same.iter().any(Step::is_due) {
        missed.push(format!("plan: {} calls for an unchanged catalogue", calls(&same)));
    }
    if due != expected || calls(&different) != expected as u64 {
        missed.push(format!("plan: {} calls in {due} steps for {expected} changed twins", calls(&different)));
    }
    Ok(Section { text, missed })
}

struct Time {
    whole: Duration,
    names: Duration,
}

fn timed(view: &View, reference: &Reference, twins: &Twins) -> (Time, Vec<Step>) {
    let started = Instant::now();
    let guid = |key: &EntityKey| twins.guid(key);
    let none = BTreeMap::new();
    let context = context(view, reference, &guid, &none);
    let duplicates = map::duplicates(&context);
    let names = started.elapsed();
    let steps = plan(&Context { duplicates: &duplicates, ..context }, twins);
    (Time { whole: started.elapsed(), names }, steps)
}

fn context<'a>(
    view: &'a View,
    reference: &'a Reference,
    guid: &'a (dyn Fn(&EntityKey) -> Option<String> + Sync),
    duplicates: &'a BTreeMap<EntityKey, EntityKey>,
) -> Context<'a> {
    Context {
        tenant: "suuri",
        municipality: "853",
        organisation: ORGANISATION,
        organisation_languages: &[Lang::Fi, Lang::Sv, Lang::En],
        profile: Profile::Live2026,
        reference,
        view,
        guid,
        duplicates,
        scope: map::Scope::All,
        instruction_required: false,
    }
}

/// Makes the twins that a sync would leave, in its order, until there is nothing to do. Returns how many.
fn equal(view: &View, reference: &Reference, twins: &Twins) -> Result<usize> {
    let mut written = 0;
    for _ in 0..8 {
        let guid = |key: &EntityKey| twins.guid(key);
        let none = BTreeMap::new();
        let context = context(view, reference, &guid, &none);
        let steps = plan(&context, twins);
        if let Some(withheld) = steps.iter().find(|step| step.act == Planned::Withheld) {
            bail!("{} is withheld: {:?}", withheld.key, withheld.findings);
        }
        let due: Vec<Step> = steps.into_iter().filter(|step| step.is_due() && step.digest.is_some()).collect();
        if due.is_empty() {
            return Ok(written);
        }
        let mut made = Vec::with_capacity(due.len());
        for step in due {
            made.push(twin(step, &context, twins, written + made.len())?);
        }
        written += made.len();
        for twin in made {
            twins.put(twin);
        }
    }
    bail!("the plan never rests")
}

fn twin(step: Step, context: &Context<'_>, twins: &Twins, number: usize) -> Result<Twin> {
    let entity = &context.view.find(&step.key).context("a record")?.entity;
    let (guid, body, languages) = if step.kind == CONNECTIONS {
        let set = map::connections(entity, &twins.languages(&step.key), context);
        (twins.guid(&step.key).context("its service is there")?, set.body, Vec::new())
    } else {
        let mapped = map::map(entity, context, Extent::Sound).context("a twin")?;
        (format!("00000000-0000-4000-8000-{number:012}"), mapped.body.context("a body")?, mapped.languages)
    };
    Ok(Twin {
        kind: step.kind.to_owned(),
        code: step.key.code.to_string(),
        guid: Some(guid),
        source_id: String::new(),
        status: PUBLISHED.to_owned(),
        pushed_digest: step.digest,
        pushed_body: Some(serde_json::to_vec(&body)?),
        languages: languages.iter().map(|lang| lang.code()).collect::<Vec<_>>().join(","),
        updated_at: 0,
    })
}

/// What the generated records are made from.
struct Sample {
    /// Organisations and classes, as they are.
    kept: Vec<Value>,
    service: Value,
    channel: Value,
    offer: Value,
}

fn sample() -> Result<Sample> {
    let text = std::fs::read(root().join(Path::new("tests/samples/catalogue/turku.json")))?;
    let sample: Value = serde_json::from_slice(&text)?;
    let all = sample.get("entities").and_then(Value::as_array).context("records")?;
    let of =
        |laji: &str| all.iter().filter(|it| it.get("laji").is_some_and(|it| it == laji)).cloned().collect::<Vec<_>>();
    let coded = |laji: &str, code: &str| {
        let found = of(laji).into_iter().find(|it| it.get("koodi").is_some_and(|it| it == code));
        found.with_context(|| format!("{laji} {code} in the sample"))
    };
    let offer =
        of("palvelutarjous").into_iter().find(|it| it.get("palvelukanavat").is_some_and(|it| it != &Value::Null));
    Ok(Sample {
        kept: [of("organisaatio"), of("palveluluokka")].concat(),
        service: coded("palvelu", "101")?,
        channel: coded("palvelukanava", "302")?,
        offer: offer.context("an offer of a channel")?,
    })
}

/// Every record; those of the numbers that are chosen say something else.
fn records(sample: &Sample, is_changed: &dyn Fn(usize) -> bool) -> Result<Vec<Arc<Stored>>> {
    let mut all = Vec::with_capacity(SERVICES + CHANNELS + OFFERS + sample.kept.len());
    let mut put = |record: &Value| -> Result<()> {
        let entity = pat::read(record).entity.context("a record that is read")?;
        let sequence = u64::try_from(all.len() + 1)?;
        let changed_at = jiff::Timestamp::UNIX_EPOCH;
        all.push(Arc::new(Stored { entity, revision: 1, sequence, master: Master("cms".into()), changed_at }));
        Ok(())
    };
    for record in &sample.kept {
        put(record)?;
    }
    for (template, count) in [(&sample.service, SERVICES), (&sample.channel, CHANNELS)] {
        for number in 0..count {
            let mut record = template.clone();
            let members = record.as_object_mut().context("an object")?;
            members.insert("koodi".into(), number.to_string().into());
            for (_, name) in members.get_mut("nimi_kieliversiot").and_then(Value::as_object_mut).context("names")? {
                *name = format!("{} {number}", name.as_str().unwrap_or_default()).into();
            }
            if is_changed(number) {
                say(members.get_mut("tiivistelma_kieliversiot"))?;
            }
            put(&record)?;
        }
    }
    for number in 0..OFFERS {
        let mut record = sample.offer.clone();
        let members = record.as_object_mut().context("an object")?;
        // Each offer has a channel of its own, and a service as far as they go.
        members.insert("koodi".into(), number.to_string().into());
        members.insert("palvelut".into(), serde_json::json!([{"koodi": (number % SERVICES).to_string()}]));
        members.insert("palvelukanavat".into(), serde_json::json!([{"koodi": number.to_string()}]));
        members.remove("palvelupiste");
        members.insert("kuvaus_kieliversiot".into(), serde_json::json!({"fi": "Varaa aika puhelimitse."}));
        if is_changed(number) {
            say(members.get_mut("kuvaus_kieliversiot"))?;
        }
        put(&record)?;
    }
    if all.iter().filter(|it| it.entity.key.kind == Kind::Offer && it.entity.is_active()).count() != OFFERS {
        bail!("an offer is not active");
    }
    Ok(all)
}

fn say(texts: Option<&mut Value>) -> Result<()> {
    let texts = texts.and_then(Value::as_object_mut).context("texts")?;
    texts.insert("fi".into(), "Tämä teksti on toinen kuin ennen.".into());
    Ok(())
}
