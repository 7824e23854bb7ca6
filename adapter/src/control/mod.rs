//! The operator's door: a Unix socket on which the command line speaks to the running process.
//!
//! One request line of JSON, one answer line of JSON, one of each per connection. The socket's mode is 0600: whoever can
//! open it may do everything, and there is no other check. What a command does, the [`Operator`] decides; commands that
//! only read the store are answered by [`reads`], with or without a running process.

mod client;
pub mod reads;
mod server;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::pin::Pin;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use client::call;
pub use server::Server;

use crate::model::class_map::MapEntry;
pub use crate::ptv::apply::SavedStep;

/// What may be asked. The wire form is `{"command": "ptv.sync", "tenant": "turku"}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "command", deny_unknown_fields)]
pub enum Command {
    /// Version, addresses, tenants: what runs.
    #[serde(rename = "status")]
    Status {},
    /// Where tenants stand with PTV; one, or all of them.
    #[serde(rename = "ptv.status")]
    PtvStatus {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tenant: Option<String>,
    },
    /// Compare every twin with its entity again. Answered when the wishes are committed, not when they are done.
    #[serde(rename = "ptv.sync")]
    PtvSync { tenant: String },
    /// What the next sync would do.
    #[serde(rename = "ptv.plan")]
    PtvPlan { tenant: String },
    #[serde(rename = "ptv.contract")]
    PtvContract { tenant: String },
    /// What was sent to PTV since a time (RFC 3339), and what became of it.
    #[serde(rename = "ptv.report")]
    PtvReport {
        tenant: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        since: Option<String>,
    },
    /// A page of what PTV has of one kind of twins, in the order of their codes, after a code.
    #[serde(rename = "ptv.report.rows")]
    PtvReportRows {
        tenant: String,
        kind: String,
        #[serde(default)]
        after: String,
    },
    /// How the general descriptions of the tenant's PTV stand. With `refresh` PTV is asked first; with `accept_loss` even a
    /// list that has lost half of itself is taken.
    #[serde(rename = "ptv.descriptions")]
    PtvDescriptions {
        tenant: String,
        #[serde(default)]
        refresh: bool,
        #[serde(default)]
        accept_loss: bool,
    },
    /// Ask for what a plan says to be sent: a fresh one, or the steps of a saved one that still say the same. Answered
    /// when the wishes are committed, not when they are done.
    #[serde(rename = "ptv.apply")]
    PtvApply {
        tenant: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        steps: Option<Vec<SavedStep>>,
        /// Send also what the stop-loss holds.
        #[serde(default)]
        allow_removals: bool,
    },
    /// Make GUIDs of PTV the twins of records: those that are named, or of all records that carry one (`ptv_id`) and have no
    /// twin.
    #[serde(rename = "ptv.adopt")]
    PtvAdopt {
        tenant: String,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        twins: Vec<AdoptedTwin>,
        #[serde(default)]
        all: bool,
    },
    /// What PTV holds against what was last sent, read now and whole. With `repair`, what the tenant's policy says is done
    /// of it.
    #[serde(rename = "ptv.drift")]
    PtvDrift {
        tenant: String,
        #[serde(default)]
        repair: bool,
    },
    /// Both versions of PTV's interface compared, and what version 12 would refuse or lose.
    #[serde(rename = "ptv.shadow")]
    PtvShadow { tenant: String },
    /// Send nothing more to PTV, or go on. Kept over restarts.
    #[serde(rename = "ptv.pause")]
    PtvPause { tenant: String, paused: bool },
    /// Choose whose version stands of what was edited in PTV: `ours` or `ptv`.
    #[serde(rename = "ptv.resolve")]
    PtvResolve { tenant: String, kind: String, code: String, keep: String },
    /// «Still right»: send a record again as it is, so that PTV does not archive it for its age.
    #[serde(rename = "ptv.confirm")]
    PtvConfirm { tenant: String, kind: String, code: String },
    /// One order of letters by our id, whoever sent it. Without tenant, all are searched.
    #[serde(rename = "messages.status")]
    MessageStatus {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tenant: Option<String>,
        id: String,
    },
    /// Orders in the order of their acceptance, after an id.
    #[serde(rename = "messages.list")]
    Messages {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tenant: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<String>,
        limit: u32,
    },
    /// Try parked letters again, under the same external ids, or give them up: one letter, those of an order, or with
    /// `all` every parked one of the tenant.
    #[serde(rename = "messages.decide")]
    MessagesDecide {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tenant: Option<String>,
        /// `retry` or `abandon`.
        decision: String,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        ids: Vec<String>,
        #[serde(default)]
        all: bool,
        /// Why, for the message log.
        reason: String,
        /// The name of the system's user who asks.
        person: String,
    },
    /// Change the password of the system account that the tenant sends through. Answered when Viestit has answered.
    #[serde(rename = "messages.rotate-password")]
    MessagesRotatePassword {
        /// Without one, the only tenant that sends letters.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tenant: Option<String>,
        /// The name of the system's user who asks.
        person: String,
    },
    /// Events of feeds that are about no letter of ours, and messages of end users that are for nobody; the newest first.
    #[serde(rename = "messages.unmatched")]
    UnmatchedEvents { limit: u32 },
    /// Records for the catalogue, judged like those of any other door.
    #[serde(rename = "catalogue.import")]
    CatalogueImport {
        tenant: String,
        /// The master that the records get.
        master: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        batch: Option<String>,
        records: Vec<Value>,
    },
    /// Records of one kind as they are stored, in the order of their codes, after a code. Withdrawn ones are not among them.
    #[serde(rename = "catalogue.export")]
    CatalogueExport {
        tenant: String,
        /// By its own word or PAT's.
        kind: String,
        #[serde(default)]
        after: String,
        limit: u32,
    },
    /// Which records of the catalogue these may be. Writes nothing.
    #[serde(rename = "catalogue.match")]
    CatalogueMatch { tenant: String, records: Vec<Value> },
    /// The quality of a tenant's catalogue now. Its score is kept for the series. Without tenant, the only one there is.
    #[serde(rename = "catalogue.quality")]
    CatalogueQuality {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tenant: Option<String>,
    },
    /// How far each tenant has come: figures and grades.
    #[serde(rename = "catalogue.adoption")]
    CatalogueAdoption {},
    /// Records by the words of their names, then services by the full text search.
    #[serde(rename = "catalogue.find")]
    CatalogueFind {
        tenant: String,
        words: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kind: Option<String>,
        limit: u32,
    },
    /// One record as its master sent it, and how it stands with PTV.
    #[serde(rename = "catalogue.show")]
    CatalogueShow { tenant: String, kind: String, code: String },
    /// Silta's own fields of one record: who answers for it, and whether it is held back from PTV. What is absent stays.
    #[serde(rename = "catalogue.own")]
    CatalogueOwn {
        tenant: String,
        kind: String,
        code: String,
        /// `actor:CODE`, a name, an address, or `Name <address>`; empty for nobody but whom the record names.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        owner: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deputy: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        held: Option<bool>,
    },
    /// Subject terms by the beginning of a word, or the one of an address.
    #[serde(rename = "catalogue.keywords")]
    CatalogueKeywords {
        query: String,
        lang: String,
        limit: usize,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tenant: Option<String>,
    },
    /// Which vocabulary is in use, how old it is, how its last reading went.
    #[serde(rename = "vocabulary.status")]
    VocabularyStatus {},
    /// Read the vocabulary again now.
    #[serde(rename = "vocabulary.refresh")]
    VocabularyRefresh {},
    /// Publish the tenant's class map under a name; a new revision where something has changed.
    #[serde(rename = "map.publish")]
    MapPublish { tenant: String, name: String },
    /// Use a copy of another tenant's map, or of a file's lines.
    #[serde(rename = "map.adopt")]
    MapAdopt {
        tenant: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<String>,
        name: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        entries: Option<Vec<MapEntry>>,
    },
    /// Use an adopted map no longer; without `from`, one that came as a file.
    #[serde(rename = "map.drop")]
    MapDrop {
        tenant: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<String>,
        name: String,
    },
    /// The maps that are published, and who uses which revision.
    #[serde(rename = "map.list")]
    MapList {},
    /// The tenant's own map as it stands, as CSV.
    #[serde(rename = "map.export")]
    MapExport { tenant: String },
    /// Which general descriptions have a service, and which have none. Without tenant, the only one there is.
    #[serde(rename = "catalogue.statutory")]
    CatalogueStatutory {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tenant: Option<String>,
    },
    /// The revisions of one record, newest first. The kind by its own word or PAT's.
    #[serde(rename = "catalogue.history")]
    CatalogueHistory { tenant: String, kind: String, code: String },
    /// Give one record to another master.
    #[serde(rename = "catalogue.master")]
    CatalogueMaster { tenant: String, kind: String, code: String, to: String },
    /// Pull the sites of all tenants that have one, or of one tenant, now.
    #[serde(rename = "catalogue.pull")]
    CataloguePull {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tenant: Option<String>,
        /// Read everything and compare.
        #[serde(default)]
        full: bool,
        /// Judge, and write nothing.
        #[serde(default)]
        dry_run: bool,
        /// Let held withdrawals go.
        #[serde(default)]
        release: bool,
    },
    /// Read the whole message log and recompute it.
    #[serde(rename = "log.verify")]
    LogVerify {},
    /// The public parts of the keys that sign a tenant's receipts.
    #[serde(rename = "log.receipt-keys")]
    LogReceiptKeys {
        /// Without one, the only tenant.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tenant: Option<String>,
    },
    /// Read the configuration again.
    #[serde(rename = "reload")]
    Reload {},
    /// Drain and end.
    #[serde(rename = "shutdown")]
    Shutdown {},
}

/// A record, and the GUID that PTV has for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdoptedTwin {
    /// By its own word or PAT's.
    pub kind: String,
    pub code: String,
    pub guid: String,
}

/// Who carries commands out.
pub trait Operator: Send + Sync + 'static {
    fn run(&self, command: Command) -> Answering<'_>;
}

/// The answer to come.
pub type Answering<'a> = Pin<Box<dyn Future<Output = Result<Value, OperatorError>> + Send + 'a>>;

/// A command that was not carried out. The message is for the person at the terminal: what is wrong and what helps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct OperatorError {
    pub kind: ErrorKind,
    pub message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorKind {
    /// The command is wrong or names what is not configured. Do not repeat it.
    Usage,
    /// What it asks for is not there.
    NotFound,
    /// It was tried and failed; the message says whether to try again.
    Failed,
}

impl OperatorError {
    pub fn usage(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Usage, message: message.into() }
    }

    pub fn unknown_tenant(tenant: &str) -> Self {
        Self::usage(format!("tenant {tenant:?} is not configured. `silta status` lists the tenants"))
    }

    pub fn not_found(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::NotFound, message: message.into() }
    }

    pub fn failed(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Failed, message: message.into() }
    }
}

/// The limits of the socket. None is a configuration key: only the operator's own user reaches it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a request line. An import comes in one line, so it is the intake's body limit: 64 MiB.
    pub request: usize,
    /// Bytes of an answer line that the client reads: 256 MiB.
    pub answer: usize,
    /// Connections at the same time: 16.
    pub connections: usize,
    /// The time for a request line, and again for taking the answer: 30 s.
    pub line: Duration,
    /// The time for a command: 15 min.
    pub command: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            request: 64 << 20,
            answer: 256 << 20,
            connections: 16,
            line: Duration::from_secs(30),
            command: Duration::from_mins(15),
        }
    }
}

/// Why a command got no answer.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// Nobody listens. The operator's to settle.
    #[error("no running process at {}: start `silta serve` or give --data DIR", path.display())]
    NotRunning { path: PathBuf },
    #[error("{}: another process listens on this socket already", path.display())]
    Taken { path: PathBuf },
    /// The file is another user's.
    #[error("{}: permission denied. Run the command as the user that runs Silta", path.display())]
    Denied { path: PathBuf },
    #[error("{}: {source}", path.display())]
    Socket { path: PathBuf, source: std::io::Error },
    #[error("the request is larger than {limit} bytes. Import the file in parts")]
    RequestTooLarge { limit: usize },
    #[error("the answer is larger than {limit} bytes")]
    AnswerTooLarge { limit: usize },
    /// The process ended before it answered; what was asked may have been done.
    #[error("the connection ended without an answer. See the log of the process")]
    BrokenOff,
    #[error("the answer cannot be read: is the process of another version? ({0})")]
    Malformed(serde_json::Error),
    #[error(transparent)]
    Refused(#[from] OperatorError),
}

/// The wire form of an answer.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Reply {
    Ok(Value),
    Error(OperatorError),
}
