//! Contract types of the family `catalogue`, v1: `wsdl/catalogue/v1/`. JSON and XML have the same names and nesting;
//! members stand in the order of the schema. No rule of the catalogue is checked here.

mod blocks;
mod errand;
mod operations;
mod records;
mod service;

pub use blocks::*;
pub use errand::*;
pub use operations::*;
pub use records::*;
pub use service::*;

use serde::{Deserialize, Serialize};
use yaserde::{YaDeserialize, YaSerialize};

/// Namespace of every element of the family.
pub const NAMESPACE: &str = "urn:silta:catalogue:v1";

/// Why a request was not carried out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:catalogue:v1" })]
pub struct Error {
    /// Error code; the change policy lists them all.
    #[yaserde(prefix = "c")]
    pub code: String,
    /// What is wrong, in English, for the log of the caller. Never holds personal data.
    #[yaserde(prefix = "c")]
    pub message: String,
    /// The member at fault, such as recipients[0].id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub field: Option<String>,
}

crate::common::error_from!(Error);
