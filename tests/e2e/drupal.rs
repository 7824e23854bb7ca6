//! A whole adapter that pulls from a Drupal site by itself: what editors save there, other agencies read over X-Road.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use conformance::drupal::{DrupalConfig, DrupalSimulator};
use conformance::security_server::{RawBody, RawRequest};
use http::Method;
use serde_json::{Value, json};
use silta::config::{Config, Drupal, Period, SecretFile};
use silta::control::{Command, call};
use tempfile::TempDir;

use super::own;
use crate::harness::{self, INTAKE_KEY, TENANT, plain_door, services_call};
use crate::tidy;

/// The site's address and the folder of its password.
static SITE: OnceLock<(String, TempDir)> = OnceLock::new();

/// A copy of the sample mapping, which a test may change.
fn mapping(folder: &Path) -> PathBuf {
    let copy = folder.join("turku.toml");
    if !copy.exists() {
        std::fs::copy(tidy::root().join("tests/samples/drupal/turku.toml"), &copy).expect("copied");
    }
    copy
}

fn pulls(config: &mut Config) {
    let (url, folder) = SITE.get().expect("a site");
    let password = folder.path().join("drupal-password");
    std::fs::write(&password, "not-a-real-password").expect("written");
    // What a reload finds, the look at the files has not found before.
    config.control.watch = Period(Duration::from_hours(1));
    config.tenants[0].drupal = Some(Drupal {
        url: url.clone(),
        username: "silta".into(),
        password_file: SecretFile(password),
        mapping: mapping(folder.path()),
        // The master of the own system, whose key reads the verdicts.
        master: "cms".into(),
        interval: Period(Duration::from_millis(300)),
        ..Drupal::default()
    });
}

/// A site whose fields relate as the sample mapping says.
fn site() -> DrupalSimulator {
    let site = harness::run(async {
        let mut config = DrupalConfig::new(Arc::new(jiff::Timestamp::now), "silta", "not-a-real-password");
        config.relate("node--organisation", &["field_parent"]);
        config.relate("node--service", &["field_classification[]", "field_keywords[]", "field_target_audience[]"]);
        config.relate("node--service", &["field_organisation", "field_parent_service"]);
        config.relate("node--place", &["field_organisation", "field_opening_hours[]", "field_telephone_numbers[]"]);
        config.relate("node--service_offer", &["field_offered_service[]", "field_provided_at"]);
        DrupalSimulator::start(config).await.expect("a site")
    });
    SITE.set((site.base_url.clone(), TempDir::new().expect("a folder"))).expect("set once");
    site
}

#[test]
fn seed_b1_what_an_editor_saves_is_read_over_x_road_within_seconds() {
    let site = site();
    own(pulls, async |case| {
        let editors = &site.control;
        let saved = Instant::now();
        let service = editors.create("node--service", "fi", "aino", json!({"title": "Kirjasto haettuna"}));
        editors.edit(service, "sv", "bertil", json!({"title": "Hämtat bibliotek"}));
        let refused = editors.create("node--service", "sv", "bertil", json!({"title": "Utan finska"}));
        let code = editors.number(service).expect("there");
        let name = loop {
            let answer = case.rest(services_call(&format!("/{code}"))).await;
            if answer.status == 200 {
                let read: Value = serde_json::from_slice(&answer.body).expect("JSON");
                if read["name"]["sv"].is_string() {
                    break read["name"].clone();
                }
            }
            assert!(saved.elapsed() < Duration::from_secs(10), "nothing came in: {}", answer.text());
            tokio::time::sleep(Duration::from_millis(100)).await;
        };
        assert_eq!(name, json!({"fi": "Kirjasto haettuna", "sv": "Hämtat bibliotek"}));

        // The verdict of the refused one is read like those of a push.
        let ask = RawRequest {
            method: Method::GET,
            url: format!("{}/intake/v1/{TENANT}/verdicts", case.adapter.intake),
            headers: vec![("authorization".into(), format!("Bearer {INTAKE_KEY}").into_bytes())],
            body: RawBody::None,
        };
        let verdicts = plain_door().send(ask).await.expect("answered");
        let verdicts: Value = serde_json::from_slice(&verdicts.body).expect("JSON");
        let all = verdicts["batches"].as_array().expect("batches").iter().filter_map(|it| it["verdicts"].as_array());
        let source = format!("node/service/{refused}");
        let told = all.flatten().find(|it| it["source"] == source.as_str()).unwrap_or_else(|| panic!("{verdicts:#}"));
        assert_eq!((&told["outcome"], &told["findings"][0]["field"]), (&json!("refused"), &json!("title")));

        // What the operator sees and does.
        let socket = &case.adapter.socket;
        let status = call(socket, &Command::Status {}).await.expect("answered");
        assert_eq!(status["drupal"][TENANT]["failures"], 0, "{status:#}");
        assert_eq!(status["drupal"][TENANT]["master"], "cms");
        let pull = Command::CataloguePull { tenant: Some(TENANT.into()), full: true, dry_run: true, release: false };
        let report = call(socket, &pull).await.expect("answered");
        let counts = &report[TENANT]["bundles"]["service"];
        assert_eq!(
            (&counts["read"], &counts["refused"], &counts["changed"]),
            (&json!(2), &json!(1), &json!(0)),
            "{report:#}"
        );
        let metrics = case.adapter.metrics().await;
        assert!(metrics.contains("silta_pulled_nodes_total{tenant=\"turku\",outcome=\"refused\"}"), "{metrics}");
    });
}

#[test]
fn a_changed_mapping_is_in_force_without_a_restart_and_a_broken_one_is_not() {
    let site = site();
    let file = SITE.get().expect("a site").1.path().join("turku.toml");
    own(pulls, async |case| {
        let editors = &site.control;
        let fields =
            json!({"title": "Kirjasto", "field_summary": "Lainaa kirjoja.", "field_extra": "Uusi tiivistelmä"});
        let service = editors.create("node--service", "fi", "aino", fields);
        let code = editors.number(service).expect("there");
        let summary = async |expected: &str| {
            let asked = Instant::now();
            loop {
                let answer = case.rest(services_call(&format!("/{code}"))).await;
                let read: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
                if read["summary"]["fi"] == expected {
                    return;
                }
                assert!(asked.elapsed() < Duration::from_secs(10), "{expected}: {}", answer.text());
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        summary("Lainaa kirjoja.").await;
        let socket = &case.adapter.socket;
        let full =
            async || call(socket, &Command::Status {}).await.expect("answered")["drupal"][TENANT]["lastFull"].clone();
        let first = full().await;

        // One with a mistake: file, line and key are told, and the old one goes on.
        let sound = std::fs::read_to_string(&file).expect("the mapping");
        let old = "tiivistelma_kieliversiot = \"attributes.field_summary\"";
        let line = sound.lines().position(|line| line == "[bundles.service.fields]").expect("there") + 4;
        assert_eq!(sound.lines().nth(line - 1), Some(old));
        let (head, tail) = sound.split_at(sound.find("[bundles.service.fields]").expect("there"));
        let write =
            |with: &str| std::fs::write(&file, format!("{head}{}", tail.replacen(old, with, 1))).expect("written");
        write("tiivistelma_kieliversiot = \"field_extra\"");
        let refused = case.adapter.reload().await.expect_err("broken");
        let place = format!("turku.toml:{line}: ");
        assert!(refused.contains(&place) && refused.contains("tiivistelma_kieliversiot"), "{refused}");
        let other =
            editors.create("node--service", "fi", "aino", json!({"title": "Uimahalli", "field_summary": "Ui."}));
        let other = editors.number(other).expect("there");
        let asked = Instant::now();
        while case.rest(services_call(&format!("/{other}"))).await.status != 200 {
            assert!(asked.elapsed() < Duration::from_secs(10), "the old mapping does not work on");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert_eq!(full().await, first, "the old mapping is in force");

        // A sound one: everything is read again by it, nothing was edited.
        write("tiivistelma_kieliversiot = \"attributes.field_extra\"");
        assert_eq!(case.adapter.reload().await.expect("sound"), ["turku: drupal mapping"]);
        summary("Uusi tiivistelmä").await;
        assert_ne!(full().await, first);
        assert_eq!(case.adapter.reloads().await, [(TENANT.to_owned(), "drupal mapping".to_owned())]);
        assert_eq!(case.adapter.reload().await.expect("the same"), Vec::<String>::new());
    });
}
