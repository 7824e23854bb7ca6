//! How the bench compares its ratios with the recorded ones: tested here, because a bench has no test harness.

#[path = "../benches/measured/recorded.rs"]
mod bench;

use bench::{Ratios, fallen, kept};

#[test]
fn a_ratio_may_be_fifteen_percent_below_the_recorded_one_and_no_more() {
    let recorded = Ratios::from([(16, 0.1), (64, 0.2)]);
    for (now, missed) in [
        (&[(16, 0.1), (64, 0.2)][..], &[][..]),
        (&[(16, 0.0851), (64, 0.1701)], &[]),
        (&[(16, 0.3), (64, 0.3)], &[]),
        (&[(16, 0.0849), (64, 0.1701)], &["16 connections: ratio 0.085 "]),
        (&[(16, 0.0851), (64, 0.1699)], &["64 connections: ratio 0.170 "]),
        (&[(16, 0.01), (64, 0.01)], &["16 connections: ", "64 connections: "]),
        (&[(256, 0.01)], &[]),
    ] {
        let said = fallen(&now.iter().copied().collect(), &recorded);
        assert_eq!(said.len(), missed.len(), "{now:?}: {said:?}");
        assert!(said.iter().zip(missed).all(|(said, begin)| said.starts_with(begin)), "{said:?}");
    }
    let said = fallen(&Ratios::from([(64, 0.1)]), &recorded);
    assert_eq!(
        said,
        ["64 connections: ratio 0.100 is more than 15 % below the recorded 0.200; at least 0.170 is expected"]
    );
}

#[test]
fn a_run_replaces_nothing_that_was_recorded() {
    let recorded = Ratios::from([(16, 0.1), (64, 0.2)]);
    let now = Ratios::from([(16, 0.09), (64, 0.3), (256, 0.4)]);
    assert_eq!(kept(now, recorded), Ratios::from([(16, 0.1), (64, 0.2), (256, 0.4)]));
}
