//! Tests over real loopback sockets against a scriptable adapter.

mod adapter;
mod bench;
mod connection;
mod consumer;
mod file;
mod metadata;
mod rest;
mod samples;
mod soap;
