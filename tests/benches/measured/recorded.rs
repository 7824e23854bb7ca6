//! The ratios that an earlier run recorded, and how far below them this run may be.
//!
//! A ratio is of two servers in one run, so it may be compared with one of another day. What has fallen is not
//! recorded, else the next run would find nothing wrong.

use std::collections::BTreeMap;

/// Ratios by the number of connections.
pub(crate) type Ratios = BTreeMap<usize, f64>;

/// A ratio more than this share below the recorded one fails (issue 3, “Measured”).
const FALL: f64 = 0.15;

/// What has fallen too far, each in words. A number of connections of which nothing was recorded cannot fall.
pub(crate) fn fallen(now: &Ratios, recorded: &Ratios) -> Vec<String> {
    let pairs = now.iter().filter_map(|(connections, now)| Some((connections, now, recorded.get(connections)?)));
    pairs
        .filter(|(_, now, before)| **now < lowest(**before))
        .map(|(connections, now, before)| {
            format!(
                "{connections} connections: ratio {now:.3} is more than {:.0} % below the recorded {before:.3}; at \
                 least {:.3} is expected",
                FALL * 100.0,
                lowest(*before)
            )
        })
        .collect()
}

fn lowest(recorded: f64) -> f64 {
    recorded * (1.0 - FALL)
}

/// These run with the end-to-end tests, because a bench has no test harness.
#[cfg(test)]
mod tests {
    use super::{Ratios, fallen};

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
}
