//! The figures of a run: the one JSON object that `--json` prints (issue “The main job”, point 3).

use serde::Serialize;

/// What the job did. Figures of steps that were not done are zero.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    pub imported: Imported,
    pub ptv: Ptv,
    pub exchanges: Exchanges,
    pub letters: Letters,
    pub log: Log,
    /// Milliseconds from the start of the process to the first answered `listServices`, before the import.
    pub first_exchange_ms: u64,
    /// Seconds from the start of the process to the end of the job, to the millisecond.
    pub seconds: f64,
}

/// Records by what became of them at the intake.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Imported {
    pub services: usize,
    /// All five kinds: service points too.
    pub channels: usize,
    pub service_points: usize,
    pub offers: usize,
    pub organisations: usize,
    /// Records that were not stored.
    pub refused: usize,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Ptv {
    /// Services.
    pub created: u64,
    /// Services.
    pub updated: u64,
    /// Connection sets written.
    pub connections: u64,
    /// Services stored but kept from PTV by our own findings.
    pub withheld: usize,
    /// Every POST and PUT of any kind that a sync of an unchanged catalogue made.
    pub second_sync_writes: u64,
    /// Services offered to the throw-away PTV, findings ignored.
    pub probed: usize,
    /// It refused and we had found nothing.
    pub unforeseen: usize,
    /// We withheld and it accepts.
    pub overstrict: usize,
}

/// Answers that the consumer's side received.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Exchanges {
    pub soap: u64,
    pub rest: u64,
    /// Faults and errors of X-Road that were not expected.
    pub faults: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Letters {
    pub accepted: usize,
    /// In the recipient's mailbox at the Viestit simulator.
    pub delivered: usize,
    /// Our id of the first order, for `silta messages status`.
    pub first_id: Option<String>,
}

/// Records of the message log: all of them, and those in which everything was right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Log {
    pub records: u64,
    pub verified: u64,
}

#[cfg(test)]
mod tests {
    use super::Report;

    #[test]
    fn the_object_has_the_members_of_the_issue_in_their_order() {
        let expected = r#"{"imported":{"services":0,"channels":0,"servicePoints":0,"offers":0,"organisations":0,"refused":0},"ptv":{"created":0,"updated":0,"connections":0,"withheld":0,"secondSyncWrites":0,"probed":0,"unforeseen":0,"overstrict":0},"exchanges":{"soap":0,"rest":0,"faults":0},"letters":{"accepted":0,"delivered":0,"firstId":null},"log":{"records":0,"verified":0},"firstExchangeMs":0,"seconds":0.0}"#;
        assert_eq!(serde_json::to_string(&Report::default()).expect("written"), expected);
    }
}
