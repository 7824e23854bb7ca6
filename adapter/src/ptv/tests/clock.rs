//! A clock an hour off: ours against PTV's. Tokens end at another time than ours says, and the change feed goes by PTV's
//! clock alone; nothing is lost and nothing is there twice.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::super::profile::Profile;
use super::{Bench, find, slice};
use crate::model::Kind;

/// PTV's clock against ours.
const SKEWS: [SignedDuration; 4] = [
    SignedDuration::from_hours(-1),
    SignedDuration::from_hours(1),
    SignedDuration::from_secs(-3_599),
    SignedDuration::from_secs(90),
];

async fn skewed(skew: SignedDuration) -> Bench {
    Bench::of(Profile::Live2026, |config| {
        let clock = Arc::clone(&config.clock);
        config.clock = Arc::new(move || clock() + skew);
        // About an hour in production: with a clock an hour off a token may seem dead at its birth, or alive at its end.
        config.token_lifetime = SignedDuration::from_hours(1);
    })
    .await
}

fn summary(text: &str) -> Vec<Value> {
    let mut all = slice(&["101"]);
    find(&mut all, "palvelu", "101")["tiivistelma_kieliversiot"]["fi"] = text.into();
    all
}

fn posts(bench: &Bench) -> u64 {
    bench.sim.writes().0.iter().filter(|((_, how, _), _)| how == "POST").map(|(_, count)| count).sum()
}

/// A person's edit, at PTV's present moment.
fn edit(bench: &Bench, text: &str) {
    let held = bench.entity(Kind::Service, "101")["content"]["serviceDescriptions"].clone();
    let mut texts = held.as_array().cloned().expect("texts");
    for one in texts.iter_mut().filter(|it| it["type"] == "Summary" && it["language"] == "fi") {
        one["value"] = text.into();
    }
    assert!(bench.sim.edit(&bench.guid(Kind::Service, "101"), "serviceDescriptions", json!(texts)));
}

fn holds(bench: &Bench, text: &str) -> bool {
    bench.entity(Kind::Service, "101")["content"]["serviceDescriptions"].to_string().contains(text)
}

#[tokio::test]
async fn with_a_clock_an_hour_off_tokens_end_and_nothing_is_sent_twice() {
    for skew in SKEWS {
        let bench = skewed(skew).await;
        bench.sync(slice(&["101"])).await;
        let (made, logins) = (posts(&bench), bench.sim.logins());
        for round in 0..6_u64 {
            // Across the end of the token, at each side of it.
            bench.hand.advance(Duration::from_secs(59 * 60 + 30 * (round % 3)));
            let writes = bench.sim.writes();
            bench.sync(summary(&format!("Varhaiskasvatusta, kierros {round}."))).await;
            let accepted = bench.sim.writes().accepted() - writes.accepted();
            assert_eq!((accepted, bench.refused()), (1, vec![]), "{skew}: one call for one change");
            assert!(holds(&bench, &format!("kierros {round}.")), "{skew}");
        }
        assert_eq!(posts(&bench), made, "{skew}: nothing is made anew");
        assert!(bench.sim.logins() > logins && bench.sim.logins() <= logins + 7, "{skew}: {}", bench.sim.logins());
        assert_eq!(bench.troubles().await, [], "{skew}");
    }
}

#[tokio::test]
async fn with_a_clock_an_hour_off_the_feed_shows_every_edit_once() {
    for skew in SKEWS {
        let bench = skewed(skew).await;
        bench.sync(slice(&["101", "102"])).await;
        let (made, connections) = (posts(&bench), bench.connections());
        assert!(!bench.worker.reconcile_due().await.expect("looks"), "planned for the night");
        bench.hand.advance(Duration::from_hours(24));
        assert!(bench.worker.reconcile_due().await.expect("looks"), "{skew}: the first look");
        bench.run().await;
        let ours = "Varhaiskasvatusta";
        bench.sync(summary("Varhaiskasvatusta kaikille lapsille.")).await;
        // One edit a day: at once after our own write, within the second of the look before, and at any other time.
        for (day, pause) in [0, 0, 1, 1_800, 3_599, 3_600, 3_601, 7_200].into_iter().enumerate() {
            bench.hand.advance(Duration::from_secs(pause));
            edit(&bench, &format!("Muutettu {day}."));
            bench.hand.advance(Duration::from_secs(86_400 - pause));
            let writes = bench.sim.writes().accepted();
            assert!(bench.worker.reconcile_due().await.expect("looks"), "{skew}, day {day}");
            bench.run().await;
            assert!(holds(&bench, ours), "{skew}, day {day}: the edit was found");
            assert_eq!(bench.sim.writes().accepted(), writes + 1, "{skew}, day {day}: sent again once");
            // And the next look finds nothing that it would send once more.
            let report = bench.worker.look(None).await.expect("looks");
            assert!(report.drift.is_empty(), "{skew}, day {day}: {:?}", report.drift);
        }
        // Quiet nights send nothing.
        let writes = bench.sim.writes().total();
        for _ in 0..3 {
            bench.hand.advance(Duration::from_hours(24));
            bench.worker.reconcile_due().await.expect("looks");
            bench.run().await;
        }
        assert_eq!((bench.sim.writes().total(), posts(&bench)), (writes, made), "{skew}");
        assert_eq!(bench.connections(), connections, "{skew}");
        assert!(bench.worker.open_drift().is_empty(), "{skew}");
    }
}
