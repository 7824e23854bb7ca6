//! Faults that a test orders for a path, and the record of calls. The record has no body, no header and no id of a person.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;

/// What goes wrong with one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// This status with `{"reason": …}`; nothing is stored.
    Status(u16),
    /// The call is carried out and stored, then answered with this status all the same.
    StatusAfterCommit(u16),
    /// The call waits this long (real time), then goes on as usual.
    Delay(Duration),
    /// The connection is cut before anything is stored.
    CutBeforeCommit,
    /// The call is carried out and stored; the connection is cut instead of an answer.
    CutAfterCommit,
    /// 413 with a plain text, as the front gives it.
    TooLargeText,
    /// 429 with `Retry-After` in seconds, or without when `None`.
    TooManyRequests(Option<u64>),
    /// An HTML page with this status, as a proxy on the way gives it.
    HtmlPage(u16),
    /// The call is carried out; the answer has its status, but its JSON breaks off in the middle.
    BrokenJson,
}

/// One call that arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The path as the description writes it, such as `/v2/messages/{id}`; empty for a path that does not exist.
    pub path: String,
    /// When it came.
    pub at: Timestamp,
    /// The status of the answer; `None` while it runs and when the connection was cut.
    pub status: Option<u16>,
    /// The `traceId` of the answer.
    pub trace_id: Uuid,
}

/// The faults that still wait, in order.
#[derive(Debug, Default)]
pub(super) struct FaultPlan(VecDeque<Planned>);

#[derive(Debug)]
struct Planned {
    path: String,
    fault: Fault,
    left: usize,
}

impl FaultPlan {
    pub(super) fn add(&mut self, path: &str, fault: Fault, times: usize) {
        if times > 0 {
            self.0.push_back(Planned { path: path.to_owned(), fault, left: times });
        }
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Takes the next fault of `path`; faults of one path come in the order in which they were added.
    pub(super) fn take(&mut self, path: &str) -> Option<Fault> {
        let at = self.0.iter().position(|planned| planned.path == path)?;
        let planned = self.0.get_mut(at)?;
        planned.left -= 1;
        let fault = planned.fault.clone();
        if planned.left == 0 {
            self.0.remove(at);
        }
        Some(fault)
    }
}
