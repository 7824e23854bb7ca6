//! What the operator asks of a running process about its catalogues: quality with its course, and adoption.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use silta::config::{AccessRule, Config, Operations, Tenant, TenantKind, XRoadAddress};
use silta::control::{Command, call};

use super::own;
use crate::harness::{TENANT, TestAdapter, services_call};

async fn ask(adapter: &TestAdapter, command: &Command) -> Value {
    call(&adapter.socket, command).await.expect("answered")
}

async fn report(adapter: &TestAdapter) -> Value {
    ask(adapter, &Command::CatalogueQuality { tenant: Some(TENANT.into()) }).await
}

async fn push(adapter: &TestAdapter, record: Value) {
    let import =
        Command::CatalogueImport { tenant: TENANT.into(), master: "cms".into(), batch: None, records: vec![record] };
    let answer = ask(adapter, &import).await;
    assert_ne!(answer["verdicts"][0]["outcome"], "refused", "{answer:#}");
}

fn rules_of(report: &Value, code: &str) -> BTreeSet<String> {
    let findings = report["findings"].as_array().expect("a list").iter();
    let of_it = findings.filter(|finding| finding["laji"] == "palvelu" && finding["koodi"] == code);
    of_it.map(|finding| finding["rule"].as_str().expect("a rule").to_owned()).collect()
}

#[test]
fn the_quality_of_the_running_catalogue_follows_its_revisions_and_is_kept() {
    own(
        |_| {},
        async |case| {
            let adapter = case.adapter;
            let mut service = json!({"laji": "palvelu", "koodi": "q1",
                "nimi_kieliversiot": {"fi": "Laatukoe", "sv": "Kvalitetsprov"},
                "tiivistelma_kieliversiot": {"fi": "Lyhyt tiivistelmä.", "sv": "Kort sammanfattning."},
                "kuvaus_kieliversiot": {"fi": "Kuvaus suomeksi.", "sv": "Beskrivning på svenska."}});
            push(adapter, service.clone()).await;
            let first = report(adapter).await;
            assert!(!rules_of(&first, "q1").contains("Q24a"), "{:?}", rules_of(&first, "q1"));
            assert!(rules_of(&first, "q1").contains("Q20a"), "the store keeps owners, and there is none");

            service["kuvaus_kieliversiot"]["fi"] = "Uusi kuvaus suomeksi.".into();
            push(adapter, service.clone()).await;
            let second = report(adapter).await;
            assert!(rules_of(&second, "q1").contains("Q24a"));
            assert_eq!(second["byRuleLanguage"]["Q24a"]["sv"], json!(1));

            service["kuvaus_kieliversiot"]["sv"] = "Ny beskrivning på svenska.".into();
            push(adapter, service).await;
            let third = report(adapter).await;
            assert!(!rules_of(&third, "q1").contains("Q24a"));

            // One day, one score: the last.
            let series = third["series"].as_array().expect("a series");
            assert_eq!((series.len(), &series[0]["score"]), (1, &third["score"]));
            assert!(third["score"].as_f64().is_some_and(|score| score > 0.0 && score < 100.0));
            let refused = call(&adapter.socket, &Command::CatalogueQuality { tenant: Some("nowhere".into()) }).await;
            assert!(refused.expect_err("refused").to_string().contains("\"nowhere\" is not configured"));
            let only = ask(adapter, &Command::CatalogueQuality { tenant: None }).await;
            assert_eq!(only["services"], third["services"], "the only tenant need not be named");
        },
    );
}

fn three_tenants(config: &mut Config) {
    let tenant = |code: &str, kind, access| Tenant {
        code: code.into(),
        name: code.into(),
        kind: Some(kind),
        xroad: XRoadAddress {
            instance: "FI-TEST".into(),
            member_class: "MUN".into(),
            member_code: "7654321-2".into(),
            subsystem: code.into(),
        },
        access,
        ..Tenant::default()
    };
    let rule = AccessRule { client: "*".into(), operations: Operations::all(), represented: false };
    config.tenants[0].kind = Some(TenantKind::Kaupunki);
    config.tenants.push(tenant("koulutus", TenantKind::Kuntayhtyma, vec![rule]));
    config.tenants.push(tenant("vesi", TenantKind::Liikelaitos, Vec::new()));
}

#[test]
fn seed_a10_a12_a16_a17_three_tenants_are_told_apart() {
    own(three_tenants, async |case| {
        let adapter = case.adapter;
        let before = ask(adapter, &Command::CatalogueAdoption {}).await;
        assert_eq!(case.rest(services_call("/101")).await.status, 200);
        let after = ask(adapter, &Command::CatalogueAdoption {}).await;
        // A10: one line a tenant, from our own records.
        let shown = |report: &Value, tenant: &str, member: &str| report["tenants"][tenant][member].clone();
        let turku = &after["tenants"]["turku"]["catalogue"];
        assert!(turku["services"].as_u64().is_some_and(|count| count >= 10), "{turku:#}");
        assert_eq!(turku["grade"], "suppea");
        assert_eq!(after["tenants"]["vesi"]["catalogue"]["grade"], "passiivinen");
        // A12: the headline figures, as metrics too.
        assert_eq!((&after["joined"], &after["published"]), (&json!(3), &json!(1)));
        let metrics = adapter.metrics().await;
        for line in ["silta_tenants{state=\"joined\"} 3", "silta_tenants{state=\"published\"} 1"] {
            assert!(metrics.lines().any(|it| it == line), "{line}: {metrics}");
        }
        // A16: sorts of organisations.
        assert_eq!(after["byKind"], json!({"kaupunki": 1, "kuntayhtyma": 1, "liikelaitos": 1}));
        // A17: the grade changes with traffic.
        assert_eq!(shown(&before, "turku", "xroad"), "capable");
        assert_eq!(shown(&after, "turku", "xroad"), "active");
        assert_eq!(after["byXroad"], json!({"active": 1, "passive": 1, "project": 1}));
    });
}
