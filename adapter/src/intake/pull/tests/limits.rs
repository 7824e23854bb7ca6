//! Each limit of a pull, gone beyond, and what is told. The shares of what vanishes, the pauses and the usual deadline stand
//! in `trouble`.

use conformance::drupal::{Fault, FaultKind};

use super::*;

/// What a reading that fails says; nothing of it has come in.
async fn told(bench: &Bench, services: usize) -> String {
    let error = bench.puller.pull(Mode { full: true, ..Mode::default() }).await.expect_err("beyond the limit");
    let PullError::Site(told) = error else { panic!("{error}") };
    let status = bench.puller.status().await.expect("read");
    assert_eq!(status.error.as_deref(), Some(told.as_str()), "the status says the same");
    assert!(status.failures > 0);
    let view = bench.catalogue.view("turku").expect("a view");
    assert_eq!(view.active_after(Kind::Service, None).count(), services, "nothing is concluded");
    told
}

#[tokio::test]
async fn an_answer_of_more_than_thirty_two_mebibytes_is_not_read() {
    let bench = Bench::new().await;
    let site = bench.site();
    node(site, "service", "Kirjasto");
    bench.pull().await;
    let large = node(site, "service", "Uimahalli");
    site.edit(large, "fi", "aino", json!({"field_summary": "x".repeat(33 << 20)}));
    bench.pass(MINUTE);
    let said = told(&bench, 1).await;
    assert_eq!(said, "an answer of the site for service is larger than 33554432 bytes. Make page smaller");
    site.edit(large, "fi", "aino", json!({"field_summary": "Ui."}));
    bench.pull_all().await;
    assert_eq!(bench.state(Kind::Service, 2), Some(State::Active), "and what is mended comes in");
}

#[tokio::test]
async fn more_nodes_than_one_reading_takes_are_refused_whole() {
    let scratch = Scratch::sqlite().await.expect("a store");
    let bench = Bench::of(scratch, |_| {}, |settings| (settings.most_nodes, settings.page) = (12, 5)).await;
    let site = bench.site();
    for number in 1..=10 {
        node(site, "service", &format!("Palvelu {number}"));
    }
    bench.pull().await;
    // The limit is of all bundles together.
    node(site, "place", "Paikka 1");
    node(site, "place", "Paikka 2");
    bench.pull_all().await;
    node(site, "place", "Paikka 3");
    bench.pass(MINUTE);
    assert_eq!(told(&bench, 10).await, "the site has more than 12 nodes of the mapped bundles");
}

#[tokio::test]
async fn pages_that_show_nothing_have_an_end() {
    let scratch = Scratch::sqlite().await.expect("a store");
    let tune = |settings: &mut Settings| (settings.most_nodes, settings.page) = (20, 5);
    let bench = Bench::of(scratch, |_| {}, tune).await;
    let site = bench.site();
    for number in 1..=30 {
        let hidden = node(site, "service", &format!("Luonnos {number}"));
        site.publish(hidden, "fi", "aino", false);
    }
    assert_eq!(told(&bench, 0).await, "the site has more than 20 nodes of the mapped bundles");
}

#[test]
fn the_limit_of_the_product_is_fifty_thousand_nodes() {
    assert_eq!(MOST_NODES, 50_000);
}

#[tokio::test]
async fn a_lease_that_has_ended_leaves_the_site_to_whoever_took_it() {
    on_both(async |bench| {
        let site = bench.site();
        node(site, "service", "Kirjasto");
        let second = bench.second();
        site.fail(Fault {
            target: "/fi/jsonapi/node/place".into(),
            times: 1,
            kind: FaultKind::Slow(Duration::from_millis(900)),
        });
        let first = bench.puller.pull(Mode::default());
        let late = async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            let early = second.pull(Mode::default()).await;
            assert!(matches!(early, Err(PullError::Taken)), "{early:?}");
            bench.pass(Duration::from_secs(299));
            let early = second.pull(Mode::default()).await;
            assert!(matches!(early, Err(PullError::Taken)), "{early:?}");
            // Five minutes without a word of the holder.
            bench.pass(Duration::from_secs(1));
            second.pull(Mode::default()).await
        };
        let (first, second) = tokio::join!(first, late);
        let report = second.expect("the lease was free");
        assert_eq!(counts(&report, "service").accepted, 1);
        // The first goes on where nobody else has it then; it never says that the site is to blame.
        assert!(matches!(first, Ok(_) | Err(PullError::Taken)), "{first:?}");
        let status = bench.puller.status().await.expect("read");
        assert_eq!((status.failures, status.error), (0, None), "what the second has found stands");
    })
    .await;
}

#[tokio::test]
async fn an_answer_that_trickles_meets_its_deadline() {
    let bench = Bench::new().await;
    bench.site().fail(Fault {
        target: "/jsonapi/node/organisation".into(),
        times: 1,
        kind: FaultKind::Slow(Duration::from_secs(3)),
    });
    assert_eq!(told(&bench, 0).await, "the site does not answer (not in time). Nothing is lost; it is asked again");
}
