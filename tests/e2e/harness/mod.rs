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
mod soap;
mod victim;
pub(crate) mod wire;

use std::sync::LazyLock;

use silta::sandbox::Stage;
use tokio::runtime::Runtime;

pub(crate) use adapter::{Database, Ground, INTAKE_KEY, Setup, TestAdapter, VIESTIT, pki, plain_door};
pub(crate) use case::{Case, sha512};
pub(crate) use lines::lines_about;
pub(crate) use mime::Multipart;
pub(crate) use rest::{Call, messages_call, services_call};
pub(crate) use said::Said;
pub(crate) use silta::store::testing::Search;
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

/// Searches what a sandbox's adapter has written, and these texts beside it, each with its name; then ends the sandbox.
pub(crate) async fn close(stage: Stage, texts: &[(&str, &[u8])]) {
    // The secrets of its configuration are files, which stand in the sandbox's folder, too.
    let files = stage.data().join("secrets");
    let files = std::fs::read_dir(&files).expect("secrets").map(|file| file.expect("a file").path());
    let files = files.map(|file| ("a secret of the configuration", std::fs::read_to_string(file).expect("a secret")));
    let tokens = stage.viestit.control.tokens().into_iter().map(|token| ("a token of Viestit", token));
    let mut search = Search::of(files.chain(tokens));
    for entry in std::fs::read_dir(stage.data()).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() && !path.ends_with("secrets") {
            search.folder(&path);
        } else if path.is_file() {
            search.text(&path.display().to_string(), &std::fs::read(&path).expect("a file"));
        }
    }
    let lines = silta::sandbox::kit::log_lines().unwrap_or_default();
    for (name, text) in texts.iter().copied().chain([("the log lines", lines.as_bytes())]) {
        search.text(name, text);
    }
    search.end();
    assert!(stage.close().await, "drained");
}
