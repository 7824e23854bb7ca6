//! Holds our PTV rules against those of the simulator, which were written apart from them: every service is offered,
//! findings ignored, to a throw-away PTV that holds the organisation and the channels already.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLock};

use conformance::ptv::{PtvConfig, PtvOrganization, PtvProfile, PtvSimulator, PtvUser, Reference};
use serde_json::Value;

#[cfg(test)]
use crate::model::Stored;
use crate::model::{Code, Entity, EntityKey, Finding, Kind, Lang, Level, View};
use crate::ptv::Settings;
use crate::ptv::map::{self, Context, Extent};
use crate::ptv::profile::Profile;
use crate::ptv::reference::Live;
use crate::sandbox::place::Place;

/// Where the two sets of rules differ.
#[derive(Debug, Default)]
pub struct Probe {
    pub probed: usize,
    /// PTV refused what we would send: code and PTV's answer.
    pub unforeseen: Vec<(Code, Value)>,
    /// A rule of ours withheld or left out what PTV accepts: code and our findings.
    pub overstrict: Vec<(Code, Vec<String>)>,
    /// Withheld by what the municipality wants of its content, not by a rule of PTV's: rule → how many.
    pub by_policy: BTreeMap<String, usize>,
    /// Sub-organisations and channels whose sound body was refused.
    pub refused_before: Vec<(EntityKey, Value)>,
}

const USER: &str = "probe@silta.example";

/// What the two sets of rules say of one entity.
#[derive(Debug)]
pub(super) enum Agreement {
    /// Sent and taken.
    Accepted,
    /// Withheld, and PTV would refuse it.
    Withheld,
    /// PTV refused what we would send.
    Unforeseen(Value),
    /// We withhold it, and PTV takes it.
    Overstrict(Vec<String>),
    /// We leave something of it out, and PTV takes the whole.
    Lost(Vec<String>),
    /// We withhold what PTV takes, for what the municipality wants: the rules.
    ByPolicy(Vec<String>),
}

/// Two PTVs that hold the same: one gets what we would send, the other everything, findings or not.
pub(super) struct Judge<'s> {
    settings: &'s Settings,
    data: Arc<crate::ptv::reference::Reference>,
    sound: PtvSimulator,
    whole: PtvSimulator,
    guids: RwLock<BTreeMap<EntityKey, [String; 2]>>,
}

impl<'s> Judge<'s> {
    pub(super) fn new(settings: &'s Settings, reference: Arc<Reference>) -> Judge<'s> {
        let profile = settings.profile.word().parse::<PtvProfile>().unwrap_or_default();
        let names: Vec<(&str, &str)> =
            settings.organisation_languages.iter().map(|lang| (lang.code(), "Kunta Kommun Municipality")).collect();
        let organisation = PtvOrganization::municipality(&settings.organisation, &settings.municipality, &names);
        let config = PtvConfig {
            users: vec![PtvUser::api(USER, "probe", &settings.organisation)],
            organizations: vec![organisation],
            user_instruction_required: settings.instruction_required,
            ..PtvConfig::new(profile, reference)
        };
        let sound = PtvSimulator::without_server(config.clone());
        Judge {
            settings,
            data: settings.reference.now(),
            sound,
            whole: PtvSimulator::without_server(config),
            guids: RwLock::default(),
        }
    }

    fn in_context<T>(
        &self,
        which: usize,
        view: &View,
        duplicates: &BTreeMap<EntityKey, EntityKey>,
        with: impl FnOnce(&Context<'_>) -> T,
    ) -> T {
        let guids = self.guids.read().unwrap_or_else(PoisonError::into_inner);
        let guid = |key: &EntityKey| guids.get(key)?.get(which).cloned();
        with(&Context { guid: &guid, duplicates, ..bare(self.settings, &self.data, view, &|_| None, duplicates) })
    }

    fn offer(&self, which: usize, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let simulator = if which == 0 { &self.sound } else { &self.whole };
        let token = simulator.token_for(USER);
        simulator.handle(method, &format!("/api/v11/{path}"), token.as_deref(), Some(body))
    }

    fn is_there(&self, key: &EntityKey) -> bool {
        self.guids.read().unwrap_or_else(PoisonError::into_inner).contains_key(key)
    }

    /// Puts the sound body of an entity into both; the answer of a PTV that refuses it.
    pub(super) fn bring(&self, entity: &Entity, view: &View) -> Option<Value> {
        let none = BTreeMap::new();
        let top = entity.organisation().is_some_and(|it| it.parent.is_none());
        let mut found = [String::new(), String::new()];
        for (which, guid) in found.iter_mut().enumerate() {
            let body = self.in_context(which, view, &none, |context| {
                map::map(entity, context, Extent::Sound).and_then(|mapped| mapped.body)
            });
            let (Some(path), Some(body)) = (map::path_of(entity), body) else { return None };
            let (status, answer) = if top {
                self.offer(which, "PUT", &format!("Organization/{}", self.settings.organisation), &body)
            } else {
                self.offer(which, "POST", path, &body)
            };
            match answer.get("id").and_then(Value::as_str) {
                Some(id) if status == 200 => id.clone_into(guid),
                _ => return Some(answer),
            }
        }
        self.guids.write().unwrap_or_else(PoisonError::into_inner).insert(entity.key.clone(), found);
        None
    }

    /// Offers a new entity to both.
    #[cfg(test)]
    pub(super) fn entity(&self, entity: &Entity, view: &View) -> Agreement {
        self.among(entity, view, &BTreeMap::new())
    }

    fn among(&self, entity: &Entity, view: &View, duplicates: &BTreeMap<EntityKey, EntityKey>) -> Agreement {
        let path = map::path_of(entity).unwrap_or_default();
        let mapped =
            |which, extent| self.in_context(which, view, duplicates, |context| map::map(entity, context, extent));
        let (Some(sound), Some(whole)) = (mapped(0, Extent::Sound), mapped(1, Extent::Everything)) else {
            return Agreement::Withheld;
        };
        if let Some(body) = &sound.body {
            let (status, answer) = self.offer(0, "POST", path, body);
            if status != 200 {
                return Agreement::Unforeseen(answer);
            }
        }
        let left_out = sound.withheld || sound.languages != whole.languages;
        let Some(body) = whole.body.filter(|_| left_out) else {
            return if sound.body.is_some() { Agreement::Accepted } else { Agreement::Withheld };
        };
        let (mut status, answer) = self.offer(1, "POST", path, &body);
        // Some rules stand before a PUT alone, and what is sent once is sent again.
        if let Some(guid) = answer.get("id").and_then(Value::as_str) {
            status = self.offer(1, "PUT", &format!("{path}/{guid}"), &body).0;
        }
        let findings = || sound.findings.iter().map(ToString::to_string).collect();
        match (status, sound.withheld) {
            (200, true) => {
                let rules = of_policy(entity, &sound.findings);
                if rules.is_empty() { Agreement::Overstrict(findings()) } else { Agreement::ByPolicy(rules) }
            }
            (200, false) => {
                let rules = of_policy(entity, &sound.findings);
                if rules.is_empty() { Agreement::Lost(findings()) } else { Agreement::ByPolicy(rules) }
            }
            (_, true) => Agreement::Withheld,
            (_, false) => Agreement::Accepted,
        }
    }

    /// Sends the connection set of a service that is there.
    #[cfg(test)]
    pub(super) fn connections(&self, service: &Stored, view: &View) -> Agreement {
        let none = BTreeMap::new();
        let set = self.in_context(0, view, &none, |context| {
            let languages =
                map::map(&service.entity, context, Extent::Sound).map(|it| it.languages).unwrap_or_default();
            map::connections(&service.entity, &languages, context)
        });
        let guids = self.guids.read().unwrap_or_else(PoisonError::into_inner);
        let guid = guids.get(&service.entity.key).map(|both| both[0].clone()).unwrap_or_default();
        match self.offer(0, "PUT", &format!("Connection/serviceId/{guid}"), &set.body) {
            (200, _) => Agreement::Accepted,
            (_, answer) => Agreement::Unforeseen(answer),
        }
    }
}

/// Among the reasons for withholding those that are no rule of PTV's, where there are no others: Finnish, which PTV does
/// not ask for (ptv-in-api.md §3.0.1, pat.md §6.2), and names of organisations, which PTV cuts silently and we never do.
fn of_policy(entity: &Entity, findings: &[Finding]) -> Vec<String> {
    let name = entity.name().get(Lang::Fi);
    let policy = |it: &Finding| match (it.rule, it.lang) {
        ("Q01", Some(Lang::Fi)) if name.is_none() => Some("Q01.fi"),
        ("Q01", Some(_)) if entity.key.kind == Kind::Organisation && it.field.starts_with("nimi_") => Some("Q01.cut"),
        _ => None,
    };
    let errors = findings.iter().filter(|it| it.level == Level::Error);
    let rules: Option<BTreeSet<&str>> = errors.map(policy).collect();
    rules.unwrap_or_default().into_iter().map(str::to_owned).collect()
}

fn bare<'a>(
    settings: &'a Settings,
    data: &'a crate::ptv::reference::Reference,
    view: &'a View,
    guid: &'a (dyn Fn(&EntityKey) -> Option<String> + Sync),
    duplicates: &'a BTreeMap<EntityKey, EntityKey>,
) -> Context<'a> {
    Context {
        tenant: &settings.tenant,
        municipality: &settings.municipality,
        organisation: &settings.organisation,
        organisation_languages: &settings.organisation_languages,
        profile: settings.profile,
        reference: data,
        view,
        guid,
        duplicates,
        scope: settings.scope,
        instruction_required: settings.instruction_required,
    }
}

/// `reference` is the simulator's own reading of the code lists.
pub fn probe(view: &View, settings: &Settings, reference: Arc<Reference>) -> Probe {
    let judge = Judge::new(settings, reference);
    let none = BTreeMap::new();
    let any = |_: &EntityKey| Some(String::new());
    let duplicates = map::duplicates(&bare(settings, &judge.data, view, &any, &none));
    let mut probe = Probe::default();
    // Organisations in the order of their tree: what waits for its parent goes in the next round.
    for kind in [Kind::Organisation, Kind::Organisation, Kind::Organisation, Kind::Channel, Kind::ServicePoint] {
        for stored in view.active_after(kind, None).filter(|stored| !judge.is_there(&stored.entity.key)) {
            let refused = judge.bring(&stored.entity, view);
            probe.refused_before.extend(refused.map(|answer| (stored.entity.key.clone(), answer)));
        }
    }
    for stored in view.active_after(Kind::Service, None) {
        probe.probed += 1;
        let code = stored.entity.key.code.clone();
        match judge.among(&stored.entity, view, &duplicates) {
            Agreement::Accepted | Agreement::Withheld => {}
            Agreement::Unforeseen(answer) => probe.unforeseen.push((code, answer)),
            Agreement::Overstrict(findings) | Agreement::Lost(findings) => probe.overstrict.push((code, findings)),
            Agreement::ByPolicy(rules) => {
                for rule in rules {
                    *probe.by_policy.entry(rule).or_default() += 1;
                }
            }
        }
    }
    probe
}

/// Settings of a tenant whose PTV is a throw-away one.
pub(super) fn settings(place: &Place, profile: Profile, reference: Live, instruction_required: bool) -> Settings {
    Settings {
        tenant: place.tenant.into(),
        municipality: place.municipality.to_owned(),
        organisation: place.organisation.to_owned(),
        organisation_languages: LANGUAGES.to_vec(),
        profile,
        url: String::new(),
        login_url: String::new(),
        username: String::new(),
        password: String::new().into(),
        pace_per_second: 1,
        asked_only: false,
        stop_loss_percent: 5,
        reference,
        scope: map::Scope::All,
        instruction_required,
        versions: crate::ptv::Versions::default(),
    }
}

/// The languages of the sandbox's organisation where no record describes it.
const LANGUAGES: [Lang; 3] = [Lang::Fi, Lang::Sv, Lang::En];

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};
    use std::sync::Arc;

    use super::{Probe, probe};
    use crate::catalogue::{import, pat};
    use crate::model::{Master, Stored, View};
    use crate::ptv::profile::Profile;
    use crate::ptv::reference::{Live, Reference};
    use crate::sandbox::place::{Place, TURKU};

    fn shared() -> Option<PathBuf> {
        let root = std::env::var_os("SILTA_SHARED")
            .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared")), PathBuf::from);
        let specs = root.join("specs");
        if !specs.exists() {
            println!("skipped: {} is absent", specs.display());
            return None;
        }
        Some(specs)
    }

    fn view(catalogue: &Path) -> View {
        let records = import::read_path(catalogue).expect("readable").records;
        let entities = records.iter().filter_map(|record| pat::read(record).entity);
        let stored = entities.zip(1..).map(|(entity, sequence)| {
            Arc::new(Stored {
                entity,
                revision: 1,
                sequence,
                master: Master("cms".into()),
                changed_at: jiff::Timestamp::UNIX_EPOCH,
            })
        });
        View::default().with(stored, 1)
    }

    fn run(
        catalogue: &Path,
        reference: &Path,
        municipality: &'static str,
        profile: Profile,
        instruction_required: bool,
    ) -> Probe {
        let place = Place { tenant: "helsinki", municipality, ..TURKU };
        let ours = Arc::new(Reference::from_dir(reference).expect("lists"));
        let settings = super::settings(&place, profile, Live::new(ours), instruction_required);
        let theirs = conformance::ptv::Reference::from_dir(reference).expect("lists");
        probe(&view(catalogue), &settings, Arc::new(theirs))
    }

    fn assert_agreement(of: &str, profile: Profile, probe: &Probe) {
        for (key, answer) in &probe.refused_before {
            println!("refused {key}: {answer}");
        }
        for (code, answer) in &probe.unforeseen {
            println!("unforeseen {code}: {answer}");
        }
        for (code, findings) in &probe.overstrict {
            println!("overstrict {code}: {findings:?}");
        }
        println!(
            "{of}, {}: {} services, unforeseen {}, overstrict {}, byPolicy {:?}",
            profile.word(),
            probe.probed,
            probe.unforeseen.len(),
            probe.overstrict.len(),
            probe.by_policy
        );
        assert_eq!((probe.refused_before.len(), probe.unforeseen.len(), probe.overstrict.len()), (0, 0, 0));
    }

    #[test]
    fn our_rules_and_the_simulators_agree_on_every_service_of_the_register() {
        let Some(specs) = shared() else { return };
        for profile in [Profile::Live2026, Profile::Source34] {
            let probe = run(&specs.join("pat/tpr/services-2025-09-25.json"), &specs, "091", profile, false);
            assert_eq!(probe.probed, 592);
            assert_agreement("the register of Helsinki", profile, &probe);
        }
    }

    #[test]
    fn our_rules_and_the_simulators_agree_on_the_sample_catalogue() {
        let samples = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/samples"));
        for profile in [Profile::Live2026, Profile::Source34] {
            let probe = run(&samples.join("catalogue/turku.json"), &samples.join("reference"), "853", profile, false);
            assert_eq!(probe.probed, 58);
            assert_agreement("our own catalogue", profile, &probe);
        }
    }

    #[test]
    fn a_demanded_user_instruction_is_demanded_by_both_in_both_profiles() {
        let samples = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/samples"));
        for profile in [Profile::Live2026, Profile::Source34] {
            let own = run(&samples.join("catalogue/turku.json"), &samples.join("reference"), "853", profile, true);
            assert_agreement("our own catalogue, instruction demanded", profile, &own);
            if let Some(specs) = shared() {
                let register = specs.join("pat/tpr/services-2025-09-25.json");
                let probe = run(&register, &specs, "091", profile, true);
                assert_agreement("the register of Helsinki, instruction demanded", profile, &probe);
            }
        }
    }
}
