//! Four commands to paste into another terminal.

use super::{Report, Stage};

/// The addresses and the commands, as they are printed.
pub fn commands(stage: &Stage, _report: &Report) -> String {
    let _ = stage.consumer.url();
    String::new()
}
