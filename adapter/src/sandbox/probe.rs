//! Holds our PTV rules against those of the simulator, which were written apart from them: every service is offered,
//! findings ignored, to a throw-away PTV that holds the organisation and the channels already.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use conformance::ptv::{PtvConfig, PtvOrganization, PtvProfile, PtvSimulator, PtvUser, Reference};
use serde_json::Value;

use crate::model::{Code, EntityKey, Kind, Lang, View};
use crate::ptv::Settings;
use crate::ptv::map::{self, Context, Extent};

/// Where the two sets of rules differ.
#[derive(Debug, Default)]
pub struct Probe {
    pub probed: usize,
    /// PTV refused and we had found nothing: code and PTV's answer.
    pub unforeseen: Vec<(Code, Value)>,
    /// We withheld and PTV accepts: code and our findings.
    pub overstrict: Vec<(Code, Vec<String>)>,
    /// Sub-organisations and channels whose sound body was refused.
    pub refused_before: Vec<(EntityKey, Value)>,
}

const USER: &str = "probe@silta.example";

/// `reference` is the simulator's own reading of the code lists.
pub fn probe(view: &View, settings: &Settings, reference: Arc<Reference>) -> Probe {
    let profile = settings.profile.word().parse::<PtvProfile>().unwrap_or_default();
    let names: Vec<(&str, &str)> =
        settings.organisation_languages.iter().map(|lang| (lang.code(), "Kunta Kommun Municipality")).collect();
    let organisation = PtvOrganization::municipality(&settings.organisation, &settings.municipality, &names);
    let simulator = PtvSimulator::without_server(PtvConfig {
        users: vec![PtvUser::api(USER, "probe", &settings.organisation)],
        organizations: vec![organisation],
        ..PtvConfig::new(profile, reference)
    });
    let token = simulator.token_for(USER);
    let guids: RwLock<BTreeMap<EntityKey, String>> = RwLock::default();
    let guid = |key: &EntityKey| guids.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned();
    let (none, data) = (BTreeMap::new(), settings.reference.now());
    let bare = Context {
        tenant: &settings.tenant,
        municipality: &settings.municipality,
        organisation: &settings.organisation,
        organisation_languages: &settings.organisation_languages,
        profile: settings.profile,
        reference: &data,
        view,
        guid: &guid,
        duplicates: &none,
        scope: settings.scope,
    };
    let any = |_: &EntityKey| Some(String::new());
    let duplicates = map::duplicates(&Context { guid: &any, ..bare });
    let context = Context { duplicates: &duplicates, ..bare };
    let mut probe = Probe::default();

    let offer =
        |path: &str, body: &Value| simulator.handle("POST", &format!("/api/v11/{path}"), token.as_deref(), Some(body));
    // Organisations in the order of their tree: what waits for its parent goes in the next round.
    for kind in [Kind::Organisation, Kind::Organisation, Kind::Organisation, Kind::Channel, Kind::ServicePoint] {
        for stored in view.active_after(kind, None) {
            let entity = &stored.entity;
            let top = entity.organisation().is_some_and(|it| it.parent.is_none());
            if guid(&entity.key).is_some() {
                continue;
            }
            let mapped = map::map(entity, &context, Extent::Sound);
            let (Some(path), Some(body)) = (map::path_of(entity), mapped.and_then(|mapped| mapped.body)) else {
                continue;
            };
            let (status, answer) = if top {
                let path = format!("/api/v11/Organization/{}", settings.organisation);
                simulator.handle("PUT", &path, token.as_deref(), Some(&body))
            } else {
                offer(path, &body)
            };
            match answer.get("id").and_then(Value::as_str) {
                Some(id) if status == 200 => {
                    guids.write().unwrap_or_else(PoisonError::into_inner).insert(entity.key.clone(), id.to_owned());
                }
                _ => probe.refused_before.push((entity.key.clone(), answer)),
            }
        }
    }
    for stored in view.active_after(Kind::Service, None) {
        let entity = &stored.entity;
        let Some(sound) = map::map(entity, &context, Extent::Sound) else { continue };
        let Some(body) = map::map(entity, &context, Extent::Everything).and_then(|mapped| mapped.body) else {
            continue;
        };
        probe.probed += 1;
        let (status, answer) = offer("Service", &body);
        let code = &entity.key.code;
        if status != 200 && sound.findings.is_empty() {
            probe.unforeseen.push((code.clone(), answer));
        } else if status == 200 && sound.withheld {
            probe.overstrict.push((code.clone(), sound.findings.iter().map(ToString::to_string).collect()));
        }
    }
    probe
}

/// The languages of the sandbox's organisation where no record describes it.
pub const LANGUAGES: [Lang; 3] = [Lang::Fi, Lang::Sv, Lang::En];

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};
    use std::sync::Arc;

    use super::{LANGUAGES, Probe, probe};
    use crate::catalogue::{import, pat};
    use crate::model::{Master, Stored, View};
    use crate::ptv::Settings;
    use crate::ptv::profile::Profile;
    use crate::ptv::reference::{Live, Reference};

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

    fn run(catalogue: &Path, reference: &Path, municipality: &str, profile: Profile) -> Probe {
        let settings = Settings {
            tenant: "helsinki".into(),
            municipality: municipality.into(),
            organisation: "11111111-2222-4333-8444-555555555555".into(),
            organisation_languages: LANGUAGES.to_vec(),
            profile,
            url: String::new(),
            login_url: String::new(),
            username: String::new(),
            password: String::new().into(),
            pace_per_second: 1,
            asked_only: false,
            stop_loss_percent: 5,
            reference: Live::new(Arc::new(Reference::from_dir(reference).expect("lists"))),
            scope: crate::ptv::map::Scope::All,
            versions: crate::ptv::Versions::default(),
        };
        let theirs = conformance::ptv::Reference::from_dir(reference).expect("lists");
        probe(&view(catalogue), &settings, Arc::new(theirs))
    }

    fn assert_agreement(probe: &Probe) {
        for (key, answer) in &probe.refused_before {
            println!("refused {key}: {answer}");
        }
        for (code, answer) in &probe.unforeseen {
            println!("unforeseen {code}: {answer}");
        }
        for (code, findings) in &probe.overstrict {
            println!("overstrict {code}: {findings:?}");
        }
        assert_eq!((probe.refused_before.len(), probe.unforeseen.len(), probe.overstrict.len()), (0, 0, 0));
    }

    #[test]
    fn our_rules_and_the_simulators_agree_on_every_service_of_the_register() {
        let Some(specs) = shared() else { return };
        for profile in [Profile::Live2026, Profile::Source34] {
            let probe = run(&specs.join("pat/tpr/services-2025-09-25.json"), &specs, "091", profile);
            assert_eq!(probe.probed, 592);
            assert_agreement(&probe);
        }
    }

    #[test]
    fn our_rules_and_the_simulators_agree_on_the_sample_catalogue() {
        let samples = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/samples"));
        for profile in [Profile::Live2026, Profile::Source34] {
            let probe = run(&samples.join("catalogue/turku.json"), &samples.join("reference"), "853", profile);
            assert_eq!(probe.probed, 58);
            assert_agreement(&probe);
        }
    }
}
