//! The dialect of PTV v11, the IN-API that takes writes today (ptv-in-api.md): its client, its reads, its writes.
//!
//! The bodies themselves are made by `map`: they are the complete desired state in v11's words, which is also what is
//! kept of a twin and compared with; v12 renders its requests from them.

mod answer;
mod client;
mod look;
mod write;

pub(in crate::ptv) use self::client::Client;
pub(in crate::ptv) use self::look::Look;
