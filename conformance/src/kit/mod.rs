//! The kit: judges any X-Road adapter by the cases in [`crate::cases`].
//!
//! The kit stands where a security server stands. It reads from the adapter's own WSDL and OpenAPI what can be called
//! ([`Services`]), takes what no description says from a file ([`Settings`]), and asks the adapter itself through acts
//! ([`Acts`]) where a case needs its inside. A case gets a [`Probe`], through which it sends, and which writes down what
//! was sent, what came and what was expected. It never looks at an adapter's code, files or database.

mod acts;
mod probe;
mod reply;
mod request;
mod run;
mod schema;
mod services;
mod settings;
mod show;
mod target;
#[cfg(test)]
mod tests;
mod tree;
mod turned;

pub use acts::{ACTS, ActError, Acts, Commands, NoActs};
pub use probe::{Probe, Step, Stop, TEXT_XML, Verdict};
pub use reply::{Fault, SoapReply};
pub use request::{Envelope, Multipart, Part, RestCall, block};
pub use run::{Done, Outcome, Selection, TIME_LIMIT, run, run_until};
pub use schema::{Invalid, Schema};
pub use services::{RestOperation, RestService, Services, SoapOperation};
pub use settings::{Limited, Limits, Sample, Settings, SettingsError, Upload};
pub use show::printable;
pub use target::{Target, TargetError};
pub use tree::Element;
