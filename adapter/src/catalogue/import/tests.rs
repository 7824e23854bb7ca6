//! Real files of the formats, read in place.

mod census;
mod ptv;
mod units;

use super::testing::shared;
use super::{Format, read_document, read_path};
use crate::catalogue::pat;
use crate::model::Kind;
use crate::model::errand::ErrandChannelKind;

#[test]
fn every_record_of_tpr_is_imported_or_refused_for_its_name() {
    let Some(path) = shared("pat/tpr/services-2025-09-25.json") else { return };
    let import = read_path(&path).expect("readable");
    assert_eq!(import.format, Format::Tpr);
    assert_eq!(import.records.len(), 1_047);
    let readings: Vec<_> = import.records.iter().map(pat::read).collect();
    let refused: Vec<_> = readings.iter().filter(|reading| reading.entity.is_none()).collect();
    assert_eq!(readings.len() - refused.len(), 592);
    assert_eq!(refused.len(), 455);
    for reading in refused {
        assert_eq!(reading.findings.first().map(|finding| finding.field.as_str()), Some("nimi_kieliversiot.fi"));
    }
    let described =
        readings.iter().filter_map(|reading| reading.entity.as_ref()?.service()?.general_description.as_ref());
    assert_eq!(described.count(), 115);
}

/// The counts are those of pat.md §4.9, by the Finnish version.
#[test]
fn seed_a27_every_errand_of_tpr_is_imported_with_its_channels() {
    let Some(path) = shared("pat/tpr/errandservices.json") else { return };
    let import = read_path(&path).expect("readable");
    assert_eq!((import.format, import.records.len()), (Format::Tpr, 478));
    let readings: Vec<_> = import.records.iter().map(pat::read).collect();
    let refused: Vec<_> = readings.iter().filter(|reading| reading.entity.is_none()).collect();
    assert!(refused.is_empty(), "{refused:?}");
    let source: Vec<serde_json::Value> =
        serde_json::from_slice(&std::fs::read(&path).expect("read")).expect("an array");
    for (reading, source) in readings.iter().zip(&source) {
        let errand = reading.entity.as_ref().and_then(|entity| entity.errand()).expect("an errand");
        let ids: std::collections::BTreeSet<String> = ["fi", "sv", "en"]
            .iter()
            .flat_map(|lang| source[lang]["channels"].as_array().into_iter().flatten())
            .map(|channel| channel["id"].to_string())
            .collect();
        assert_eq!(errand.channels.len(), ids.len(), "{:?}: a channel of three languages is one channel", reading.code);
        assert!(!errand.name.any().is_empty());
        let finnish = &source["fi"];
        let services: std::collections::BTreeSet<String> = ["fi", "sv", "en"]
            .iter()
            .flat_map(|lang| source[lang]["exact_descriptions"].as_array().into_iter().flatten())
            .map(ToString::to_string)
            .collect();
        assert_eq!(errand.services.len(), services.len(), "languages name the same ones, but for some");
        for (mine, theirs) in [
            (&errand.description, "description"),
            (&errand.user_instruction, "process_description"),
            (&errand.processing_time, "processing_time"),
            (&errand.validity, "expiration_time"),
            (&errand.costs, "costs"),
            (&errand.information, "information"),
        ] {
            let theirs = finnish[theirs].as_str().filter(|text| !text.trim().is_empty());
            assert_eq!(mine.get(crate::model::Lang::Fi).is_some(), theirs.is_some(), "{:?}", reading.code);
        }
    }
    let count = |kind: ErrandChannelKind| {
        let errands = readings.iter().filter_map(|reading| reading.entity.as_ref()?.errand());
        errands.flat_map(|errand| &errand.channels).filter(|channel| channel.kind == kind).count()
    };
    let most = [ErrandChannelKind::WebPage, ErrandChannelKind::EService, ErrandChannelKind::Telephone].map(count);
    assert!(most[0] >= 176 && most[1] >= 166 && most[2] >= 161, "{most:?}");
    assert_eq!([ErrandChannelKind::Local, ErrandChannelKind::Mail].map(count), [8, 8]);
}

#[test]
fn turku_pat_keeps_every_relation() {
    let Some(path) = shared("pat/turku-pat-api") else { return };
    let import = read_path(&path).expect("readable");
    assert_eq!(import.format, Format::TurkuPat);
    let readings: Vec<_> = import.records.iter().map(pat::read).collect();
    for reading in &readings {
        println!("{:?} {:?} {:?}", reading.kind, reading.code, reading.findings);
    }
    let count =
        |kind| readings.iter().filter(|r| r.entity.as_ref().is_some_and(|entity| entity.key.kind == kind)).count();
    assert_eq!((count(Kind::Service), count(Kind::Class)), (2, 2));
    assert!(count(Kind::ServicePoint) > 0);
    let tontit = readings.iter().filter_map(|r| r.entity.as_ref()).find(|entity| entity.key.kind == Kind::Service);
    assert_eq!(tontit.and_then(|entity| entity.service()).map(|service| service.classes.len()), Some(2));
}

#[test]
fn says_what_it_cannot_read() {
    let message = |text| read_document("luettelo.json", text).expect_err("refused").to_string();
    assert!(message("{").contains("luettelo.json: is not JSON"));
    assert!(message("[{\"a\": 1}]").contains("holds no record in a known format"));
}

#[test]
fn our_own_catalogue_is_accepted_whole() {
    let import =
        read_document("turku.json", include_str!("../../../../tests/samples/catalogue/turku.json")).expect("ours");
    assert_eq!(import.format, Format::Silta);
    let refused: Vec<_> = import.records.iter().map(pat::read).filter(|reading| reading.entity.is_none()).collect();
    for reading in refused.iter().take(20) {
        println!("{:?} {:?} {:?}", reading.kind, reading.code, reading.findings);
    }
    assert_eq!(refused.len(), 0);
}
