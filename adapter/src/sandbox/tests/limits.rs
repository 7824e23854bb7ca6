//! 5 000 generated entities around every limit of PTV's, in both profiles: ours and the simulator's rules must agree on
//! each (`unforeseen` and `overstrict` 0).
#![allow(clippy::indexing_slicing)]

mod mutations;
mod records;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use self::mutations::Mutation;
use self::records::Sort;
use super::super::probe::{Agreement, Judge};
use crate::catalogue::pat;
use crate::model::{Entity, Kind, Lang, Master, Stored, View};
use crate::ptv::profile::Profile;
use crate::ptv::reference::{Live, Reference};
use crate::sandbox::place::TURKU;

const ENTITIES: usize = 5_000;
/// A fresh PTV after so many: it compares every name with every other.
const CHUNK: usize = 200;

/// Reproducible numbers (splitmix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((z ^ (z >> 31)) % sides as u64).expect("small")
    }
}

/// A record of the run with what was done to it.
struct Generated {
    sort: Sort,
    record: Value,
    done: Vec<String>,
}

fn generate() -> Vec<Generated> {
    let all = mutations::all();
    let mut dice = Dice(2026);
    let mut made = Vec::new();
    let one = |index: usize, sort: Sort, chosen: &[&Mutation]| {
        let code = format!("g{index}");
        let mut record = records::sound(sort, &code);
        for mutation in chosen {
            mutation.apply(&mut record, &code);
        }
        let text = record.to_string().replace("CODE", &code);
        let record = serde_json::from_str(&text).expect("JSON");
        Generated { sort, record, done: chosen.iter().map(|it| it.name.clone()).collect() }
    };
    // Every single one as far as they fit, in an order that mixes them; then two and three at once.
    let mut order: Vec<usize> = (0..all.len()).collect();
    for at in (1..order.len()).rev() {
        order.swap(at, dice.roll(at + 1));
    }
    let singles = order.len().min(ENTITIES * 9 / 10);
    for index in order.into_iter().take(singles) {
        made.push(one(made.len(), all[index].sort, &[&all[index]]));
    }
    while made.len() < ENTITIES {
        let sort = Sort::ALL[dice.roll(Sort::ALL.len())];
        let of_sort: Vec<&Mutation> = all.iter().filter(|it| it.sort == sort).collect();
        let chosen: Vec<&Mutation> = (0..2 + dice.roll(2)).map(|_| of_sort[dice.roll(of_sort.len())]).collect();
        made.push(one(made.len(), sort, &chosen));
    }
    println!("{} mutations, {singles} of them alone", all.len());
    made
}

fn stored(entity: Entity, sequence: u64) -> Arc<Stored> {
    let changed_at = jiff::Timestamp::UNIX_EPOCH;
    Arc::new(Stored { entity, revision: 1, sequence, master: Master("cms".into()), changed_at })
}

#[derive(Default)]
struct Figures {
    refused_at_intake: usize,
    sent: usize,
    withheld: usize,
    unforeseen: Vec<String>,
    overstrict: Vec<String>,
    lost: Vec<String>,
    by_policy: BTreeMap<String, usize>,
}

fn measure(generated: &[Generated], profile: Profile) -> Figures {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/samples/reference");
    let ours = Arc::new(Reference::from_dir(&folder).expect("lists"));
    let theirs = Arc::new(conformance::ptv::Reference::from_dir(&folder).expect("lists"));
    let ground: Vec<Arc<Stored>> = records::ground()
        .iter()
        .zip(1..)
        .map(|(record, sequence)| {
            let reading = pat::read(record);
            stored(reading.entity.unwrap_or_else(|| panic!("{record} {:?}", reading.findings)), sequence)
        })
        .collect();
    let view = View::default().with(ground.iter().cloned(), 1);
    let settings = super::super::probe::settings(&TURKU, profile, Live::new(Arc::clone(&ours)), false);
    let mut figures = Figures::default();
    for chunk in generated.chunks(CHUNK) {
        let judge = Judge::new(&settings, Arc::clone(&theirs));
        for stored in ground.iter().filter(|it| !matches!(it.entity.key.kind, Kind::Class)) {
            let refused = judge.bring(&stored.entity, &view);
            assert!(refused.is_none(), "{}: {refused:?}", stored.entity.key);
        }
        for one in chunk {
            let Some(entity) = pat::read(&one.record).entity else {
                figures.refused_at_intake += 1;
                continue;
            };
            let view = view.with([stored(entity.clone(), 1_000)], 1_000);
            let told = |what: &dyn std::fmt::Debug| format!("{:?} {:?} → {what:?}", one.sort, one.done);
            let agreement = if one.sort == Sort::Offer {
                judge.connections(view.find(&ground.last().expect("a service").entity.key).expect("there"), &view)
            } else {
                judge.entity(&entity, &view)
            };
            match agreement {
                Agreement::Accepted => figures.sent += 1,
                Agreement::Withheld => figures.withheld += 1,
                Agreement::Unforeseen(answer) => figures.unforeseen.push(told(&answer)),
                Agreement::Overstrict(findings) => figures.overstrict.push(told(&findings)),
                Agreement::Lost(findings) => figures.lost.push(told(&findings)),
                Agreement::ByPolicy(rules) => {
                    for rule in rules {
                        *figures.by_policy.entry(rule).or_default() += 1;
                    }
                }
            }
        }
    }
    figures
}

#[test]
fn ours_and_the_simulators_rules_agree_on_5000_entities_around_every_limit() {
    let generated = generate();
    let mut wrong = 0;
    for profile in [Profile::Live2026, Profile::Source34] {
        let figures = measure(&generated, profile);
        for (what, list) in [
            ("unforeseen", &figures.unforeseen),
            ("overstrict", &figures.overstrict),
            ("left out for nothing", &figures.lost),
        ] {
            list.iter().take(400).for_each(|one| println!("{}: {what}: {one}", profile.word()));
        }
        println!(
            "generated, {}: {} entities, {} refused at the intake, {} sent, {} withheld rightly, unforeseen {}, overstrict {}, \
             left out for nothing {}, byPolicy {:?}",
            profile.word(),
            generated.len(),
            figures.refused_at_intake,
            figures.sent,
            figures.withheld,
            figures.unforeseen.len(),
            figures.overstrict.len(),
            figures.lost.len(),
            figures.by_policy,
        );
        wrong += figures.unforeseen.len() + figures.overstrict.len() + figures.lost.len();
        assert!(figures.sent > ENTITIES / 3, "{}", figures.sent);
    }
    assert_eq!(wrong, 0);
}

/// The languages of the ground.
#[test]
fn the_ground_is_sound() {
    for record in records::ground() {
        let reading = pat::read(&record);
        assert!(reading.entity.is_some(), "{record} {:?}", reading.findings);
        let name = reading.entity.expect("checked").name().clone();
        assert!(name.get(Lang::Fi).is_some());
    }
}
