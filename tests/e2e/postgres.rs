//! PostgreSQL for end-to-end tests: Debian's binaries, started by the store's own means for tests.
//!
//! One server for all test processes, stopped when the last has ended; every test gets a schema of its own. A machine without
//! PostgreSQL fails these tests instead of passing them by: tests/run installs it.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use secrecy::ExposeSecret as _;
use silta::store::testing::PostgresServer;

/// Makes a new, empty schema and writes its address to a file in `folder`, as `store.url_file` names one.
pub(crate) async fn url_file(folder: &Path) -> PathBuf {
    let server = PostgresServer::shared().expect("PostgreSQL starts");
    let server = server.expect("PostgreSQL is not installed; tests/run installs it");
    let address = server.fresh_schema().await.expect("a schema");
    let path = folder.join("store-url");
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(0o600).open(&path).expect("a new file");
    file.write_all(address.expose_secret().as_bytes()).expect("written");
    path
}

#[tokio::test]
async fn every_test_has_a_database_of_its_own() {
    use silta::store::entities::{NewRevision, changes, put};
    use silta::store::{Commit, Store, StoreConfig};
    use silta::world::World;

    for _ in 0..2 {
        let folder = tempfile::tempdir().expect("a folder");
        let address = std::fs::read_to_string(url_file(folder.path()).await).expect("read back");
        let config = StoreConfig::postgres(address.into(), folder.path());
        let store = Store::open(config, &World::system()).await.expect("a store");
        assert!(changes(&store, "turku", 0, 10).await.expect("a feed").is_empty());
        let revision = NewRevision {
            tenant: "turku",
            kind: "service",
            code: "740",
            after: 0,
            state: "active",
            master: "cms",
            deleted: false,
            changed_at: 1,
            changed_by: "cms",
            body: b"{}",
        };
        store.commit(Commit::new().with(put(&revision))).await.expect("committed");
        assert_eq!(changes(&store, "turku", 0, 10).await.expect("a feed").len(), 1);
        store.close().await;
    }
}
