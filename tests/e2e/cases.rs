//! The end-to-end cases. `main.rs` mounts this file once for each database: the tests are `sqlite::…` and
//! `postgresql::…`.

mod descriptions;
mod drupal;
mod evidence;
mod killed;
mod letters;
mod own;
mod quality;
mod receipts;
mod reload;
mod replies;
mod secrets;
mod steward;
mod xroad;

use silta::config::Config;

use crate::harness::{self, Case, Database, Setup, TestAdapter};

/// Where this copy of the cases runs.
fn database() -> Database {
    if module_path!().ends_with("::postgresql") { Database::Postgres } else { Database::Sqlite }
}

/// Runs a case against the adapter that all cases of this database share, then judges what it answered.
fn shared(test: impl AsyncFnOnce(&Case<'_>)) {
    harness::shared(database(), test);
}

/// Runs a case against an adapter of its own with an adjusted configuration, and stops it.
fn own(adjust: fn(&mut Config), test: impl AsyncFnOnce(&Case<'_>)) {
    harness::own(Setup::with(database(), adjust), test);
}

/// An adapter with default settings that the test stops itself.
async fn start() -> TestAdapter {
    TestAdapter::start(Setup::on(database())).await
}
