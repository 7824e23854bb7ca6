//! A whole adapter that reads PTV's general descriptions by itself, and one that starts again while PTV is away.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use conformance::ptv::{Fault, FaultAction, PtvConfig, PtvOrganization, PtvProfile, PtvSimulator, PtvUser, Reference};
use conformance::security_server::{RawBody, RawRequest};
use http::Method;
use serde_json::{Value, json};
use silta::config::{Config, Ptv, PtvApply, SecretFile};
use silta::control::{Command, call};
use silta::world::World;
use silta::{Adapter, Extras};
use tempfile::TempDir;

use super::database;
use crate::harness::{self, INTAKE_KEY, Setup, TENANT, TestAdapter, plain_door};
use crate::tidy;

const ORGANISATION: &str = "11111111-2222-4333-8444-555555555555";
const NEW: &str = "aaaaaaaa-1111-4222-8333-444455556666";

/// PTV's address and the folder of the password.
static PTV: OnceLock<(String, TempDir)> = OnceLock::new();

fn lists() -> PathBuf {
    tidy::root().join("tests/samples/reference")
}

fn with_ptv(config: &mut Config) {
    let (url, folder) = PTV.get().expect("a PTV");
    let password = folder.path().join("ptv-password");
    std::fs::write(&password, "not-a-real-password").expect("written");
    config.tenants[0].ptv = Some(Ptv {
        url: url.clone(),
        login_url: format!("{url}/api/auth/api-login"),
        username: "api@turku.example".into(),
        password_file: SecretFile(password),
        organisation_id: ORGANISATION.into(),
        reference_dir: Some(lists()),
        pace_per_second: 1000,
        profile: "live-2026".into(),
        stop_loss_percent: 5,
        apply: PtvApply::Asked,
        ..Ptv::default()
    });
}

async fn ask(socket: &Path, refresh: bool) -> Result<Value, String> {
    let command = Command::PtvDescriptions { tenant: TENANT.into(), refresh, accept_loss: false };
    call(socket, &command).await.map_err(|error| error.to_string())
}

async fn covered(socket: &Path) -> Value {
    let command = Command::CatalogueStatutory { tenant: Some(TENANT.into()) };
    call(socket, &command).await.expect("a report")["descriptions"].clone()
}

/// Names of what is suggested for a word.
async fn suggested(intake: &str, word: &str) -> Vec<String> {
    let request = RawRequest {
        method: Method::GET,
        url: format!("{intake}/intake/v1/{TENANT}/general-descriptions?q={word}"),
        headers: vec![("authorization".into(), format!("Bearer {INTAKE_KEY}").into_bytes())],
        body: RawBody::None,
    };
    let answer = plain_door().send(request).await.expect("answered");
    let answer: Value = serde_json::from_slice(&answer.body).expect("JSON");
    let all = answer["suggestions"].as_array().unwrap_or_else(|| panic!("{answer:#}"));
    all.iter().map(|it| it["name"].as_str().expect("a name").to_owned()).collect()
}

#[test]
fn general_descriptions_are_ptvs_own_live_and_after_a_start_without_ptv() {
    harness::run(async {
        let clock = Arc::new(jiff::Timestamp::now);
        let simulated = Arc::new(Reference::from_dir(lists()).expect("lists"));
        let ptv = PtvSimulator::start(PtvConfig {
            users: vec![PtvUser::api("api@turku.example", "not-a-real-password", ORGANISATION)],
            organizations: vec![PtvOrganization::municipality(ORGANISATION, "853", &[("fi", "Turku"), ("sv", "Åbo")])],
            clock,
            ..PtvConfig::new(PtvProfile::Live2026, simulated)
        });
        let ptv = ptv.await.expect("a PTV");
        PTV.set((ptv.base_url.clone(), TempDir::new().expect("a folder"))).expect("set once");
        let adapter = TestAdapter::start(Setup::with(database(), with_ptv)).await;
        let (socket, started) = (adapter.socket.clone(), Instant::now());
        let count = loop {
            let status = call(&socket, &Command::PtvStatus { tenant: None }).await.expect("answered");
            let described = &status[TENANT]["generalDescriptions"];
            if let Some(count) = described["count"].as_u64() {
                assert_eq!(described["failure"], Value::Null, "{described:#}");
                break count;
            }
            assert!(started.elapsed() < Duration::from_secs(20), "PTV was not read: {status:#}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        };
        assert_eq!(covered(&socket).await, json!(count));
        assert!(!suggested(&adapter.intake, "avaruusmatkailu").await.contains(&"Avaruusmatkailu".to_owned()));

        // Somebody at DVV publishes one: it is suggested and counted without a restart.
        let names = json!([{"language": "fi", "type": "Name", "value": "Avaruusmatkailu"}]);
        ptv.publish_general_description(NEW, &serde_json::Map::from_iter([("names".to_owned(), names)]));
        assert_eq!(ask(&socket, true).await.expect("read")["changed"], 1);
        assert_eq!(
            suggested(&adapter.intake, "avaruusmatkailu").await.first().map(String::as_str),
            Some("Avaruusmatkailu")
        );
        assert_eq!(covered(&socket).await, json!(count + 1));
        assert_eq!(
            adapter.acts("vocabulary").await,
            [
                format!("{count} general descriptions, {count} of them changed"),
                format!("{} general descriptions, 1 of them changed", count + 1)
            ]
        );

        // A page for people instead of an answer: nothing changes but the note.
        ptv.inject(Fault {
            method: None,
            path_contains: "/GeneralDescription".into(),
            times: 1,
            action: FaultAction::Status(200, "<html>huoltokatko</html>".into()),
        });
        let refused = ask(&socket, true).await.expect_err("garbage");
        assert!(refused.contains("What was kept stays in use"), "{refused}");
        assert!(ask(&socket, false).await.expect("told")["failure"].is_string());
        assert_eq!(covered(&socket).await, json!(count + 1));

        // And again from the store alone.
        ptv.stop().await;
        let (folder, _) = adapter.stop_and_keep().await;
        let config = Config::load(&folder.path().join("silta.toml")).expect("the file").config;
        let running = Adapter::start(config, World::system(), Extras::default()).await.expect("starts without PTV");
        assert_eq!(covered(&running.socket).await, json!(count + 1));
        assert_eq!(ask(&running.socket, false).await.expect("told")["count"], json!(count + 1));
        running.shutdown().await;
    });
}
