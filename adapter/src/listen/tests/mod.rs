//! Real connections over loopback, with certificates made for the run.

mod http;
mod limits;
mod rig;
mod tls;
