//! A whole adapter that pulls from a Drupal site by itself: what editors save there, other agencies read over X-Road.

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

fn pulls(config: &mut Config) {
    let (url, folder) = SITE.get().expect("a site");
    let password = folder.path().join("drupal-password");
    std::fs::write(&password, "not-a-real-password").expect("written");
    config.tenants[0].drupal = Some(Drupal {
        url: url.clone(),
        username: "silta".into(),
        password_file: SecretFile(password),
        mapping: tidy::root().join("tests/samples/drupal/turku.toml"),
        // The master of the own system, whose key reads the verdicts.
        master: "cms".into(),
        interval: Period(Duration::from_millis(300)),
        ..Drupal::default()
    });
}

#[test]
fn seed_b1_what_an_editor_saves_is_read_over_x_road_within_seconds() {
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
