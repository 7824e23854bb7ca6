//! A whole adapter between simulated security servers and a simulated Viestit, and the means to call it and to look
//! into its store.
//!
//! Everything that the adapter answers through these means is held against its contracts: SOAP against the schemas of
//! the WSDL, REST against the OpenAPI file, headers against what a security server may get. And what it writes is searched
//! for identity codes, passwords, keys and tokens when a case ends. A test cannot forget either.
//! Tests run on one runtime of the process, so that an adapter may serve several of them.

mod adapter;
pub(crate) mod alone;
mod case;
pub(crate) mod echo;
mod judge;
mod lines;
mod mime;
mod rest;
mod said;
mod search;
mod soap;
mod victim;
pub(crate) mod wire;

use std::sync::LazyLock;

use tokio::runtime::Runtime;

pub(crate) use adapter::{Database, Ground, INTAKE_KEY, Setup, TestAdapter, VIESTIT, pki, plain_door};
pub(crate) use case::{Case, sha512};
pub(crate) use lines::lines_about;
pub(crate) use mime::Multipart;
pub(crate) use rest::{Call, messages_call, services_call};
pub(crate) use said::Said;
pub(crate) use search::Search;
pub(crate) use soap::{Order, child_text, envelope, header, order, pdf, replaced, service_request};
pub(crate) use victim::Victim;

/// The tenant's code and X-Road subsystem.
pub(crate) const TENANT: &str = "turku";
pub(crate) const PROVIDER: &str = "FI-TEST/MUN/1234567-1/palvelut";
/// May call everything.
pub(crate) const CONSUMER: &str = "FI-TEST/GOV/9999906-0/asiointi";
/// Another subsystem of the same member that may call everything.
pub(crate) const COLLEAGUE: &str = "FI-TEST/GOV/9999906-0/toinen";
/// May read the catalogue only.
pub(crate) const READER: &str = "FI-TEST/MUN/7654321-0/luku";
/// No rule of the adapter names it, though its security server lets it through.
pub(crate) const STRANGER: &str = "FI-TEST/COM/1234567-1/vieras";

/// A service, with its Finnish name, and a recipient of letters; both are there.
pub(crate) const SERVICE: (&str, &str) = ("101", "Varhaiskasvatus");
pub(crate) const RECIPIENT: &str = "010594Y9032";

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    adapter::sweep();
    lines::listen();
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
});

/// Runs a test on the process's runtime.
pub(crate) fn run<T>(test: impl Future<Output = T>) -> T {
    RUNTIME.block_on(test)
}

/// Runs a case against the adapter that all cases of a database share (default limits, Viestit up), then judges what it
/// answered.
pub(crate) fn shared(database: Database, test: impl AsyncFnOnce(&Case<'_>)) {
    run(async {
        let adapter = TestAdapter::shared(database).await;
        on(adapter, test).await;
        adapter.searched().await;
    });
}

/// Runs a case against an adapter of its own and stops it.
pub(crate) fn own(setup: Setup, test: impl AsyncFnOnce(&Case<'_>)) {
    run(async {
        let adapter = TestAdapter::start(setup).await;
        on(&adapter, test).await;
        adapter.stop().await;
    });
}

/// Runs a case, then judges what the adapter answered in it. What it has written is searched when it is stopped.
pub(crate) async fn on(adapter: &TestAdapter, test: impl AsyncFnOnce(&Case<'_>)) {
    let case = Case::new(adapter);
    test(&case).await;
    case.judge();
}
