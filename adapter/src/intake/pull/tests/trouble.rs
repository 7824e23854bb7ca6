//! What goes wrong, and what is not concluded from it.

use conformance::drupal::{Anonymous, Fault, FaultKind};

use super::*;
use crate::catalogue::{Batch, Outcome};

#[tokio::test]
async fn whatever_breaks_leaves_the_cursor_and_the_records() {
    on_both(async |bench| {
        let site = bench.site();
        let services: Vec<Uuid> = (1..=4).map(|number| node(site, "service", &format!("Palvelu {number}"))).collect();
        bench.pull().await;
        bench.pass(MINUTE);
        site.edit(services[0], "fi", "aino", json!({"title": "Muutettu"}));
        site.delete(services[1]);
        let before = bench.puller.status().await.expect("read").read_up_to;
        // The last bundle is the one that breaks: what was read before it does not count either.
        for (kind, said) in [
            (FaultKind::Status(401), "(401). Look at username"),
            (FaultKind::Status(403), "(403). Give the account"),
            (FaultKind::Status(404), "(404). Look at url"),
            (FaultKind::Status(400), "(400): As the test asked. Look at the fields"),
            (FaultKind::Status(500), "answers 500"),
            (FaultKind::Status(503), "answers 503"),
            (FaultKind::Cut, "cut off"),
            (FaultKind::Page, "no JSON:API"),
            (FaultKind::NoData, "no list \"data\""),
            (FaultKind::Slow(Duration::from_secs(5)), "not in time"),
        ] {
            site.fail(Fault { target: "/sv/jsonapi/node/service?".into(), times: 1, kind: kind.clone() });
            let error = bench.puller.pull(Mode { full: true, ..Mode::default() }).await.expect_err("broken");
            assert!(matches!(&error, PullError::Site(text) if text.contains(said)), "{kind:?}: {error}");
            let status = bench.puller.status().await.expect("read");
            assert_eq!(status.read_up_to, before, "{kind:?}");
            assert!(status.failures > 0 && status.error.as_deref().is_some_and(|text| text.contains(said)));
            assert_eq!(bench.stored(Kind::Service, 1).expect("there").entity.name().any(), "Palvelu 1");
            assert_eq!(bench.state(Kind::Service, 2), Some(State::Active), "{kind:?}");
            site.heal();
        }
        bench.pull_all().await;
        let status = bench.puller.status().await.expect("read");
        assert_eq!((status.failures, status.error), (0, None));
        assert_eq!(bench.stored(Kind::Service, 1).expect("there").entity.name().any(), "Muutettu");
        assert_eq!(bench.state(Kind::Service, 2), Some(State::Deleted));
        assert!(bench.metrics.encode().contains("silta_pulls_total{tenant=\"turku\",outcome=\"failed\"} 10"));
    })
    .await;
}

#[tokio::test]
async fn a_site_that_is_down_is_asked_ever_more_seldom() {
    let bench = Bench::new().await;
    bench.site().fail(Fault { target: "/jsonapi".into(), times: usize::MAX, kind: FaultKind::Status(503) });
    let mut pauses = Vec::new();
    for _ in 0..9 {
        bench.puller.run_due().await.expect("told, not failed");
        assert_eq!(bench.site().take_requests().len(), 1);
        let pause = bench.puller.idle(Duration::from_hours(2)).await.expect("a time");
        pauses.push(pause.as_secs());
        bench.pass(pause.saturating_sub(Duration::from_secs(1)));
        bench.puller.run_due().await.expect("not due");
        assert_eq!(bench.site().take_requests(), []);
        bench.pass(Duration::from_secs(1));
    }
    // Never sooner than the interval, never later than an hour.
    assert_eq!(pauses, [60, 60, 120, 240, 480, 960, 1_920, 3_600, 3_600]);
}

#[tokio::test]
async fn a_mass_of_vanished_nodes_is_held_until_an_operator_lets_it_go() {
    on_both(async |bench| {
        let site = bench.site();
        let services: Vec<Uuid> = (1..=40).map(|number| node(site, "service", &format!("Palvelu {number}"))).collect();
        bench.pull().await;
        bench.pass(MINUTE);
        services[..5].iter().for_each(|service| site.delete(*service));
        let report = bench.pull_all().await;
        assert_eq!(
            (counts(&report, "service").held, counts(&report, "service").withdrawn),
            (5, 0),
            "an eighth: {report:#?}"
        );
        assert_eq!(bench.state(Kind::Service, 1), Some(State::Active));
        assert_eq!(bench.puller.status().await.expect("read").held, 5);
        assert!(bench.metrics.encode().contains("silta_pull_held{tenant=\"turku\"} 5"));
        // It stays told while nothing else changes.
        bench.pass(MINUTE);
        bench.pull().await;
        assert_eq!(bench.puller.status().await.expect("read").held, 5);
        let released = bench.puller.pull(Mode { release: true, ..Mode::default() }).await.expect("pulled");
        assert_eq!((counts(&released, "service").held, counts(&released, "service").withdrawn), (0, 5));
        assert_eq!(bench.puller.status().await.expect("read").held, 0);
        // A few, or a usual share, need nobody.
        bench.pass(MINUTE);
        services[5..8].iter().for_each(|service| site.delete(*service));
        assert_eq!(counts(&bench.pull_all().await, "service").withdrawn, 3);
    })
    .await;
}

#[tokio::test]
async fn an_account_that_sees_nothing_any_more_withdraws_nothing() {
    let scratch = Scratch::sqlite().await.expect("a store");
    let bench = Bench::of(scratch, |site| site.anonymous = Anonymous::SeesNothing, |_| {}).await;
    node(bench.site(), "service", "Kirjasto");
    node(bench.site(), "service", "Uimahalli");
    bench.pull().await;
    // Drupal takes a wrong password for nobody, and answers 200.
    let mut settings = bench.puller.settings().clone();
    settings.password = "changed".to_owned().into();
    let stranger = puller(settings, &bench.scratch, &bench.catalogue, &bench.metrics, &bench.woken);
    let report = stranger.pull(Mode { full: true, ..Mode::default() }).await.expect("answered");
    assert_eq!((counts(&report, "service").read, counts(&report, "service").held), (0, 2));
    assert_eq!(bench.state(Kind::Service, 1), Some(State::Active));
}

#[tokio::test]
async fn a_refused_node_is_told_by_the_site_s_own_names_and_once() {
    let bench = Bench::new().await;
    let site = bench.site();
    let swedish = site.create("node--service", "sv", "bertil", json!({"title": "Bibliotek"}));
    let charged = node(site, "service", "Uimahalli");
    site.edit_shared(charged, "aino", json!({"field_charge": "sometimes"}));
    let nameless = node(site, "organisation", "Toimiala");
    let report = bench.pull().await;
    assert_eq!((counts(&report, "service").refused, counts(&report, "organisation").refused), (2, 1));
    let verdicts = bench.verdicts().await;
    assert_eq!(verdicts.len(), 1);
    let of = |bundle: &str, uuid: Uuid| {
        let source = format!("node/{bundle}/{uuid}");
        verdicts[0].iter().find(|it| it.source.as_deref() == Some(&*source)).unwrap_or_else(|| panic!("{verdicts:#?}"))
    };
    let said = |verdict: &Verdict| -> Vec<(String, String)> {
        assert_eq!(verdict.outcome, Outcome::Refused);
        verdict.findings.iter().map(|it| (it.field.clone(), it.rule.clone())).collect()
    };
    let pair = |field: &str, rule: &str| vec![(field.to_owned(), rule.to_owned())];
    assert_eq!(said(of("service", swedish)), pair("title", "required"));
    assert_eq!(said(of("service", charged)), pair("field_charge", "unmapped-value"));
    assert!(said(of("organisation", nameless)).contains(&("field_code".to_owned(), "required".to_owned())));

    // Told once, though it is read again; mended, it comes in.
    bench.pass(MINUTE);
    assert_eq!(bench.pull().await.batch, None);
    site.edit_shared(charged, "aino", json!({"field_charge": "charged"}));
    let report = bench.pull().await;
    assert_eq!(counts(&report, "service").changed, 1);
    assert_eq!(bench.state(Kind::Service, 2), Some(State::Active));
}

#[tokio::test]
async fn records_of_another_master_stay_its_own() {
    let bench = Bench::new().await;
    let record = json!({"laji": "palvelu", "koodi": "1", "nimi_kieliversiot": {"fi": "Oma"}});
    let batch = Batch { id: None, master: Master("steward".into()), records: vec![record].into() };
    bench.catalogue.accept("turku", batch).await.expect("accepted");
    node(bench.site(), "service", "Kirjasto");
    let report = bench.pull().await;
    assert_eq!(counts(&report, "service").refused, 1);
    let verdicts = bench.verdicts().await;
    let finding = &verdicts[0][0].findings[0];
    assert_eq!((finding.rule.as_str(), finding.field.as_str()), ("other-master", "drupal_internal__nid"));
    assert!(finding.en.contains("steward"));
    assert_eq!(counts(&bench.pull_all().await, "service").withdrawn, 0);
}

#[tokio::test]
async fn references_to_what_is_gone_or_hidden_are_left_out_and_told() {
    let bench = Bench::new().await;
    let site = bench.site();
    let library = library(site);
    let draft = node(site, "service", "Luonnos");
    let gone = node(site, "service", "Poistettu");
    site.publish(draft, "fi", "aino", false);
    site.relate(library.offer, "aino", "field_offered_service", true, &[library.service, draft, gone]);
    site.delete(gone);
    bench.pull().await;
    let code = |uuid| json!({"koodi": site.number(uuid).expect("there").to_string()});
    let offer = bench.body(Kind::Offer, &site.number(library.offer).expect("there").to_string()).await;
    // The number of a hidden node is its code, and the catalogue says that nothing stands there yet.
    assert_eq!(offer["palvelut"], json!([code(library.service), code(draft)]));
    let verdicts = bench.verdicts().await;
    let offer = verdicts[0].iter().find(|it| it.laji.as_deref() == Some("palvelutarjous")).expect("told");
    let said: Vec<(&str, &str)> = offer.findings.iter().map(|it| (it.field.as_str(), it.rule.as_str())).collect();
    assert_eq!(said, [("field_offered_service", "dangling-reference"), ("field_offered_service", "deleted-target")]);
}

#[tokio::test]
async fn one_process_at_a_time_reads_a_site() {
    on_both(async |bench| {
        node(bench.site(), "service", "Kirjasto");
        let second = bench.second();
        bench.site().fail(Fault {
            target: "/fi/jsonapi/node/place".into(),
            times: 1,
            kind: FaultKind::Slow(Duration::from_millis(800)),
        });
        let first = bench.puller.pull(Mode::default());
        let late = async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            second.pull(Mode::default()).await
        };
        let (first, second) = tokio::join!(first, late);
        first.expect("the holder goes on");
        assert!(matches!(second, Err(PullError::Taken)), "{second:?}");
        bench.second().pull(Mode::default()).await.expect("the lease is given back");
    })
    .await;
}
