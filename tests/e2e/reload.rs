//! What changes without a restart, in a whole adapter: rules, pins, own systems' certificates, our own certificate. Each
//! change is evidence, and no request fails for it.

use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use conformance::ca::{CertificateSpec, Identity};
use conformance::security_server::{ClientId, Door, RawBody, RawRequest, Suffix, TlsTweaks};
use http::Method;
use silta::config::{AccessRule, Config, IntakeKey, Operations, Period, Pin, PinSource};

use super::own;
use crate::harness::{Call, Case, PROVIDER, READER, TENANT, pki, services_call};

/// Other certificates than those of the shared set-up, made once: RSA keys take their time.
fn identity(name: &'static str) -> &'static Identity {
    static MADE: OnceLock<Vec<(&str, Identity)>> = OnceLock::new();
    let made = MADE.get_or_init(|| {
        let today = "2026-01-01".parse().expect("a date");
        let names = ["localhost", "127.0.0.1", "::1"];
        let server = CertificateSpec::server("adapter.example.fi", &names, today);
        let internal = CertificateSpec::internal("ss1.example.fi", &names, today);
        [
            ("adapter", server),
            ("security server", internal.clone()),
            ("own system", internal.clone()),
            ("stranger", internal),
        ]
        .map(|(name, spec)| (name, spec.issue().expect("a certificate")))
        .into()
    });
    &made.iter().find(|(known, _)| *known == name).expect("a known name").1
}

fn pin(identity: &Identity) -> PinSource {
    PinSource::Digest(Pin::of(identity.certificate()))
}

fn of_reader(call: Call) -> Call {
    call.without("X-Road-Client").with("X-Road-Client", READER)
}

#[test]
fn rules_change_with_a_reload_and_leave_a_record() {
    own(
        |_| {},
        async |case| {
            let adapter = case.adapter;
            assert_eq!(case.rest(of_reader(services_call("/101"))).await.status, 200);
            adapter.configure(|config| config.tenants[0].access.retain(|rule| rule.client != READER));
            assert_eq!(case.rest(of_reader(services_call("/101"))).await.status, 200, "not before the reload");
            assert_eq!(adapter.reload().await, Ok(vec![format!("{TENANT}: access +0 -1")]));
            assert_eq!(Case::problem(&case.rest(of_reader(services_call("/101"))).await, 403).code, "not-allowed");
            assert_eq!(adapter.reload().await, Ok(Vec::new()), "nothing has changed, nothing is recorded");
            // What cannot be read changes nothing, and says where.
            let good = std::fs::read_to_string(&adapter.file).expect("the file");
            std::fs::write(&adapter.file, format!("{good}\n[xroad.nonsense]\n")).expect("written");
            let error = adapter.reload().await.expect_err("refused");
            assert!(error.contains("silta.toml:") && error.contains("nonsense"), "{error}");
            assert_eq!(case.rest(services_call("/101")).await.status, 200);
            // Nor does what a start would refuse.
            std::fs::write(&adapter.file, &good).expect("written");
            adapter.configure(|config| {
                let rule = AccessRule { client: "everybody".into(), operations: Operations::all(), represented: false };
                config.tenants[0].access.push(rule);
            });
            let error = adapter.reload().await.expect_err("refused");
            assert!(error.contains("silta.toml:") && error.contains("tenants[0].access"), "{error}");
            // A tenant that the file names no more is nobody's to call; other changes wait for a start.
            std::fs::write(&adapter.file, good).expect("written");
            adapter.configure(|config| {
                config.limits.in_flight = 7;
                let rule = AccessRule { client: READER.into(), operations: Operations::all(), represented: false };
                config.tenants[0].access = vec![rule];
            });
            assert_eq!(adapter.reload().await, Ok(vec![format!("{TENANT}: access +1 -2")]));
            assert_eq!(case.rest(of_reader(services_call("/101"))).await.status, 200);
            assert_eq!(Case::problem(&case.rest(services_call("/101")).await, 403).code, "not-allowed");
            adapter.configure(|config| config.tenants.clear());
            assert_eq!(adapter.reload().await, Ok(vec![format!("{TENANT}: pins +0 -1, access +0 -1, systems +0 -1")]));
            assert!(adapter.provider.door().send(request(&adapter.url)).await.is_err(), "no pin is left");
            let subjects = adapter.reloads().await;
            let expected = ["access +0 -1", "access +1 -2", "pins +0 -1, access +0 -1, systems +0 -1"];
            assert_eq!(subjects, expected.map(|subject| (TENANT.to_owned(), subject.to_owned())));
            assert_eq!(adapter.verify_log().await["clean"], true);
        },
    );
}

fn request(url: &str) -> RawRequest {
    let headers = vec![("x-road-client".to_owned(), READER.as_bytes().to_vec())];
    RawRequest {
        method: Method::GET,
        url: format!("{url}/{TENANT}/catalogue/rest/v1/services"),
        headers,
        body: RawBody::None,
    }
}

/// The whole renewal of a security server's certificate under traffic: both pinned, the server switches, the old one goes.
#[test]
fn xroad_tl_06_a_security_servers_certificate_changes_without_a_failed_request() {
    own(
        |_| {},
        async |case| {
            let (adapter, renewed) = (case.adapter, identity("security server"));
            let (busy, silent) = (AtomicBool::new(true), AtomicBool::new(false));
            let calling = async {
                let mut calls = 0;
                while busy.load(Ordering::SeqCst) {
                    while silent.load(Ordering::SeqCst) {
                        tokio::time::sleep(Duration::from_millis(10)).await;
                    }
                    let answer = case.consume_rest(Method::GET, "catalogue", "/services/101", &[], "").await;
                    assert_eq!(answer.status, 200, "call {calls}: {}", answer.text());
                    calls += 1;
                }
                calls
            };
            let renewing = async {
                let pause = || tokio::time::sleep(Duration::from_millis(300));
                pause().await;
                adapter.configure(|config| config.tenants[0].pins.push(pin(renewed)));
                assert_eq!(adapter.reload().await, Ok(vec![format!("{TENANT}: pins +1 -0")]));
                pause().await;
                adapter.provider.set_identity(renewed).expect("renewed");
                // The old pin goes when no connection shows it any more: security servers close idle ones after 50 ms. One that
                // stayed in use would meet its 403.
                silent.store(true, Ordering::SeqCst);
                pause().await;
                adapter.configure(|config| config.tenants[0].pins.retain(|known| *known == pin(renewed)));
                assert_eq!(adapter.reload().await, Ok(vec![format!("{TENANT}: pins +0 -1")]));
                silent.store(false, Ordering::SeqCst);
                pause().await;
                busy.store(false, Ordering::SeqCst);
            };
            let (calls, ()) = tokio::join!(calling, renewing);
            assert!(calls > 4, "{calls} calls");
            let old = Door::new(Some(&pki().security_server), TlsTweaks::default()).expect("a door");
            assert!(old.send(request(&adapter.url)).await.is_err(), "the old certificate is out");
        },
    );
}

/// Certificate and key are replaced on disk, one after the other, and nobody asks for a reload.
#[test]
fn xroad_tl_10_a_new_certificate_on_disk_comes_into_force_by_itself() {
    let setup = |config: &mut silta::config::Config| config.control.watch = Period(Duration::from_millis(50));
    own(setup, async |case| {
        let (adapter, renewed) = (case.adapter, identity("adapter"));
        let subsystem = ClientId::from_header(PROVIDER).expect("an identifier");
        // First the administrator uploads the new one; without that the security server would refuse it.
        let config = Config::load(&adapter.file).expect("the file").config;
        let (certificate, key) = (config.xroad.certificate.expect("a path"), config.xroad.key.expect("a path"));
        adapter.provider.upload_certificate(subsystem.clone(), renewed.certificate().clone());
        let door = adapter.provider.door();
        let (only_new, only_old) = (
            door.clone().pinned(vec![renewed.certificate().clone()]),
            door.pinned(vec![pki().adapter.certificate().clone()]),
        );
        assert_eq!(only_old.send(request(&adapter.url)).await.expect("an answer").status, 200);
        std::fs::write(&key, renewed.key_pem()).expect("written");
        // Half a change is none: the old pair serves on.
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!(only_old.send(request(&adapter.url)).await.expect("an answer").status, 200);
        std::fs::write(&certificate, renewed.certificate_pem()).expect("written");
        wait_for(async || only_new.send(request(&adapter.url)).await.is_ok()).await;
        let mismatch = only_old.send(request(&adapter.url)).await.expect_err("the new leaf");
        assert_eq!(mismatch.suffix, Suffix::SslAuthenticationFailed);
        let answer = case.consume_rest(Method::GET, "catalogue", "/services/101", &[], "").await;
        assert_eq!(answer.status, 200);
        let expected = format!("xroad.certificate {}", Pin::of(renewed.certificate()));
        assert_eq!(adapter.reloads().await, [(String::new(), expected)]);
        assert_eq!(adapter.verify_log().await["clean"], true);
    });
}

/// Waits at most ten seconds.
async fn wait_for(mut done: impl AsyncFnMut() -> bool) {
    for _ in 0..200 {
        if done().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it did not come about");
}

fn with_own_systems(config: &mut Config) {
    let folder = config.data.dir.parent().expect("a folder");
    let written = pki().adapter.write(folder, "intake").expect("written");
    config.intake.certificate = Some(written.certificate);
    config.intake.key = Some(written.key);
    let certificate = write(folder, identity("own system"));
    let key = IntakeKey { system: "case-system".into(), certificate: Some(certificate), ..IntakeKey::default() };
    config.tenants[0].intake_keys.push(key);
}

fn write(folder: &Path, identity: &Identity) -> PinSource {
    let path = folder.join("own-system.pem");
    std::fs::write(&path, identity.certificate_pem()).expect("written");
    PinSource::Certificate(path)
}

#[test]
fn own_systems_come_with_a_key_or_with_a_certificate() {
    own(with_own_systems, async |case| {
        let adapter = case.adapter;
        let status = async |identity: Option<&Identity>, bearer: Option<&str>| {
            let door = Door::new(identity, TlsTweaks::default()).expect("a door");
            let headers = bearer.map(|key| ("authorization".to_owned(), format!("Bearer {key}").into_bytes()));
            let url = format!("{}/intake/v1/{TENANT}/verdicts", adapter.intake);
            let request =
                RawRequest { method: Method::GET, url, headers: headers.into_iter().collect(), body: RawBody::None };
            door.send(request).await.ok().map(|answer| answer.status.as_u16())
        };
        let (system, stranger) = (identity("own system"), identity("stranger"));
        for (shows, bearer, expected) in [
            (None, None, Some(401)),
            (None, Some("e2e-intake-key"), Some(200)),
            (Some(system), None, Some(200)),
            (Some(system), Some("e2e-intake-key"), Some(200)),
            // Whoever shows a key is judged by it.
            (Some(system), Some("wrong"), Some(401)),
            (Some(stranger), None, None),
            (Some(stranger), Some("e2e-intake-key"), None),
            (Some(&pki().security_server), None, None),
        ] {
            assert_eq!(status(shows, bearer).await, expected, "{bearer:?}");
        }
        // The system's own master: what the CMS holds is not its to change.
        let record = r#"{"entities": [{"laji": "palvelu", "koodi": "101", "nimi_kieliversiot": {"fi": "Toinen"}}]}"#;
        let request = RawRequest {
            method: Method::PUT,
            url: format!("{}/intake/v1/{TENANT}/entities", adapter.intake),
            headers: vec![("content-type".to_owned(), b"application/json".to_vec())],
            body: RawBody::Sized(record.into()),
        };
        let answer =
            Door::new(Some(system), TlsTweaks::default()).expect("a door").send(request).await.expect("an answer");
        assert_eq!(answer.status, 422);
        assert!(answer.text().contains("\"refused\":1"), "{}", answer.text());
        // Revoked without a restart.
        adapter.configure(|config| {
            config.tenants[0].intake_keys.pop();
        });
        assert_eq!(adapter.reload().await, Ok(vec![format!("{TENANT}: systems +0 -1")]));
        assert_eq!(status(Some(system), None).await, None);
        assert_eq!(status(None, Some("e2e-intake-key")).await, Some(200));
    });
}
