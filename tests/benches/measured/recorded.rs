//! The ratios that an earlier run recorded, and how far below them this run may be.
//!
//! A ratio is of two servers in one run, so it may be compared with one of another day.

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

/// What is recorded after a run: what was, and what is new. A ratio within the allowed fall does not take the place of the
/// recorded one, or it could fall by that much every time; nor does a lucky one. To record anew, take the file away.
pub(crate) fn kept(now: Ratios, mut recorded: Ratios) -> Ratios {
    for (connections, ratio) in now {
        recorded.entry(connections).or_insert(ratio);
    }
    recorded
}

fn lowest(recorded: f64) -> f64 {
    recorded * (1.0 - FALL)
}
