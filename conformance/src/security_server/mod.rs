//! Security server simulators: the provider's, which calls an adapter, and the consumer's, which an information system
//! calls.
//!
//! A message goes consumer → [`Consumer`] → [`Provider`] → adapter and back. The transport between the two servers, their
//! signatures and their message logs are left out; what an information system can see of a security server is here as
//! `specs/xroad.md` has it (§2–§6, §8.3). Every rule is this package's own: no code is shared with the adapter.
//!
//! How cases reach what they need:
//!
//! | wanted | door |
//! | --- | --- |
//! | a whole exchange, as a consumer sees it | [`Consumer::call_soap`], [`Consumer::call_rest`], or HTTP to [`Consumer::address`] |
//! | a SOAP message that no security server lets through, sent as one sends it | [`Provider::post_soap`] |
//! | "the security server accepts this answer" | [`Provider::accepts`] |
//! | any HTTP request with the server's certificate (doubled or forged headers, odd MIME) | [`Provider::door`], [`Door::send`] |
//! | any bytes (framing, slow senders) | [`Door::send_bytes`], [`Door::connect`] |
//! | another, a stolen or no certificate | [`Door::new`] with [`crate::ca::hostile`] |
//! | descriptions | [`Provider::add_wsdl`], [`Provider::add_openapi`], [`Provider::fetch_description`], `getWsdl` and `getOpenAPI` calls |
//! | slow, cut or corrupt messages | [`Provider::set_faults`], [`Consumer::set_faults`] |
//! | a server that answers a consumer as the case decides | [`Scripted`] |
//! | both servers from one file | [`Files::read`], [`Files::start`] |
//! | a rotated certificate, changed rights, a broken request hash | [`Provider::set_identity`], [`Provider::change_service`], [`Provider::set_tamper`] |
//!
//! Known differences from the real thing: HTTP header names are sent in lower case; an adapter that answers before it
//! has read the whole request and closes is treated more kindly than by a blocking client; YAML descriptions are
//! not there; the 30 s limit for the SOAP part of a consumer's request is not kept. Message bodies are
//! never logged.

mod access;
mod answer;
mod config;
mod consumer;
mod consumer_rest;
mod consumer_soap;
mod cookies;
pub(crate) mod description;
mod encoding;
mod errors;
mod fault;
mod file;
pub mod hash;
mod identifiers;
mod leg;
mod members;
mod message;
mod metadata;
mod provider;
mod provider_rest;
mod provider_soap;
mod raw;
mod rest;
mod rewrite;
mod scripted;
pub mod soap;
mod spool;
mod stats;
#[cfg(test)]
mod tests;
mod tls;
mod url;

pub use access::Glob;
pub use answer::Answer;
pub use config::{
    AccessRight, ConnectionType, ConsumerClient, ConsumerConfig, DEFAULT_TIMEOUT, Member, MessageLog, ProvidedService,
    ProviderConfig, ServiceKind, Tamper,
};
pub use consumer::Consumer;
pub use description::{DescriptionError, NOT_ENABLED, OpenApi, WsdlOperation, read_openapi, read_wsdl};
pub use errors::{Origin, Rejection, Release, Suffix, XRoadError};
pub use fault::{Fault, Flow, Harm};
pub use file::{FileError, Files, Pair};
pub use identifiers::{ClientId, ServiceId, decode_segment, encode_segment};
pub use leg::Handshake;
pub use message::{Attachment, Message};
pub use metadata::{PLACEHOLDER_ADDRESS, anonymised_openapi, anonymised_wsdl};
pub use provider::{Provider, StartError};
pub use provider_soap::SoapAnswer;
pub use raw::{AdapterStream, Door, RawBody, RawRequest};
pub use rest::{RestAnswer, RestRequest};
pub use scripted::{Arrived, Play, Scripted, rest_error, soap_error};
pub use spool::Spool;
pub use stats::Stats;
pub use tls::TlsTweaks;
