//! Keys and blobs.

use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use futures_util::future::join_all;

use super::super::{Body, Commit, CommitmentKey, Store, StoreError, letters, release_blob};
use super::{Scratch, on_both};
use crate::model::digested::Digested;
use crate::world::World;

const CONTEXT: &str = "letter_order/1";

#[tokio::test]
async fn sealed_data_opens_with_the_same_tenant_and_context_only() {
    let scratch = Scratch::sqlite().await.unwrap();
    let turku = scratch.store.tenant_keys("turku").await.unwrap();
    let helsinki = scratch.store.tenant_keys("helsinki").await.unwrap();
    let sealed = turku.seal(&scratch.world, b"secret", CONTEXT).unwrap();
    assert_eq!(turku.open(&sealed, CONTEXT).unwrap(), b"secret");
    assert_ne!(sealed, turku.seal(&scratch.world, b"secret", CONTEXT).unwrap(), "every seal has a nonce of its own");
    for (keys, context) in [(&turku, "letter_order/2"), (&helsinki, CONTEXT)] {
        assert!(matches!(keys.open(&sealed, context), Err(StoreError::Sealed)));
    }
    for index in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[index] ^= 1;
        assert!(matches!(turku.open(&changed, CONTEXT), Err(StoreError::Sealed)), "byte {index}");
    }
    for length in 0..sealed.len() {
        assert!(turku.open(&sealed[..length], CONTEXT).is_err());
    }
}

#[tokio::test]
async fn digests_tell_tenants_and_purposes_apart() {
    let scratch = Scratch::sqlite().await.unwrap();
    let turku = scratch.store.tenant_keys("turku").await.unwrap();
    let helsinki = scratch.store.tenant_keys("helsinki").await.unwrap();
    let digest = turku.digest("userId", b"010190-999P");
    assert_eq!(digest, turku.digest("userId", b"010190-999P"));
    assert_ne!(digest, turku.digest("issue", b"010190-999P"));
    assert_ne!(digest, helsinki.digest("userId", b"010190-999P"));
    assert_ne!(turku.salt(), helsinki.salt());
    assert_eq!(format!("{turku:?}"), "TenantKeys");
}

#[tokio::test]
async fn tenant_keys_outlive_a_restart() {
    on_both(async |scratch| {
        let before = scratch.store.tenant_keys("turku").await.unwrap();
        let sealed = before.seal(&scratch.world, b"secret", CONTEXT).unwrap();
        scratch.reopen().await.unwrap();
        let after = scratch.store.tenant_keys("turku").await.unwrap();
        assert_eq!(after.open(&sealed, CONTEXT).unwrap(), b"secret");
        assert_eq!(after.salt(), before.salt());
    })
    .await;
}

#[tokio::test]
async fn commitments_need_their_key() {
    let scratch = Scratch::sqlite().await.unwrap();
    let (one, two) = (CommitmentKey::new(&scratch.world).unwrap(), CommitmentKey::new(&scratch.world).unwrap());
    let commitment = one.commit("recipient", b"010190-999P");
    assert_eq!(CommitmentKey::from_bytes(one.expose()).unwrap().commit("recipient", b"010190-999P"), commitment);
    assert_ne!(two.commit("recipient", b"010190-999P"), commitment);
    assert_ne!(one.commit("content", b"010190-999P"), commitment);
    assert!(CommitmentKey::from_bytes(b"short").is_none());
    assert_eq!(format!("{one:?}"), "CommitmentKey");
}

#[tokio::test]
async fn the_key_file_is_the_owners_alone_and_never_made_twice() {
    let scratch = Scratch::sqlite().await.unwrap();
    let path = scratch.folder().join("keys/master.key");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    scratch.store.tenant_keys("turku").await.unwrap();
    scratch.store.close().await;
    let open = async || Store::open(scratch.config.clone(), &scratch.world).await;
    let refused = async |why: &str| match open().await {
        Err(StoreError::Keys(text)) => assert!(text.contains(why), "{text}"),
        other => panic!("{why}: {other:?}"),
    };

    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    refused("mode 640").await;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    open().await.unwrap().close().await;

    let good = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, "not a key").unwrap();
    refused("is not a key file").await;
    std::fs::write(&path, format!("silta-master-key-1 {}\n", "ab".repeat(32))).unwrap();
    refused("was not wrapped by this key file").await;
    std::fs::remove_file(&path).unwrap();
    refused("is missing").await;
    assert!(!path.exists(), "a new key would hide the loss of the old one");
    std::fs::write(&path, good).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    open().await.unwrap();
}

#[tokio::test]
async fn small_bodies_lie_in_the_row_and_large_ones_beside_it() {
    on_both(async |scratch| {
        let store = &scratch.store;
        let limit = scratch.config.limits.inline_body;
        for (size, beside) in [(0, false), (limit, false), (limit + 1, true), (3 * limit, true)] {
            let content = vec![7_u8; size];
            let kept = store.keep_body("turku", &content, CONTEXT).await.unwrap();
            assert_eq!(kept.body.blob.is_some(), beside, "{size}");
            assert_eq!(kept.statements.len(), usize::from(beside));
            store.commit(Commit::new().with(kept.statements)).await.unwrap();
            assert_eq!(store.body("turku", &kept.body, CONTEXT).await.unwrap(), content);
        }
    })
    .await;
}

fn files(scratch: &Scratch) -> Vec<std::path::PathBuf> {
    std::fs::read_dir(scratch.folder().join("blobs"))
        .unwrap()
        .flat_map(|folder| std::fs::read_dir(folder.unwrap().path()).unwrap())
        .map(|file| file.unwrap().path())
        .collect()
}

#[tokio::test]
async fn a_blob_shows_nothing_and_is_one_for_equal_content() {
    let mut scratch = Scratch::sqlite().await.unwrap();
    scratch.config.limits.inline_body = 16;
    scratch.reopen().await.unwrap();
    let store = &scratch.store;
    let content = b"a letter that nobody else may read";
    let one = store.keep_body("turku", content, "letter_order/1").await.unwrap();
    let two = store.keep_body("turku", content, "letter_order/2").await.unwrap();
    let other = store.keep_body("helsinki", content, "letter_order/3").await.unwrap();
    assert_eq!(one.body, two.body);
    assert_ne!(one.body, other.body, "the name of another tenant's blob tells nothing");
    assert_eq!(files(&scratch).len(), 2);
    for file in files(&scratch) {
        let bytes = std::fs::read(file).unwrap();
        assert!(!bytes.windows(6).any(|window| window == b"letter"));
    }
    assert!(store.body("helsinki", &one.body, "letter_order/1").await.is_err());
}

#[tokio::test]
async fn equal_content_that_comes_at_once_is_one_whole_blob_that_only_its_owner_reads() {
    let mut scratch = Scratch::sqlite().await.unwrap();
    scratch.config.limits.inline_body = 16;
    scratch.reopen().await.unwrap();
    let content = vec![7; 300_000];
    let digested = Digested::of(bytes::Bytes::from(content.clone()));
    let keeping = (0..16).map(|_| scratch.store.keep_file("turku", &digested, CONTEXT));
    for kept in join_all(keeping).await {
        let body = kept.unwrap().body;
        assert_eq!(scratch.store.body("turku", &body, CONTEXT).await.unwrap(), content);
        let again = scratch.store.keep_body("turku", &content, CONTEXT).await.unwrap();
        assert_eq!(again.body, body, "whoever took the digest");
    }
    let [file] = files(&scratch).try_into().unwrap();
    assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn orphans_are_swept_and_used_blobs_are_not() {
    let mut scratch = Scratch::sqlite().await.unwrap();
    scratch.config.limits.inline_body = 16;
    scratch.config.limits.orphan_age = Duration::ZERO;
    scratch.reopen().await.unwrap();
    let store = scratch.store.clone();
    let used = store.keep_body("turku", &[1; 100], CONTEXT).await.unwrap();
    let twice = store.keep_body("turku", &[1; 100], CONTEXT).await.unwrap();
    let orphan = store.keep_body("turku", &[2; 100], CONTEXT).await.unwrap();
    store.commit(Commit::new().with(used.statements).with(twice.statements)).await.unwrap();
    // What a crash leaves of a write, before the file has its name.
    let name = orphan.body.blob.as_ref().unwrap();
    std::fs::write(scratch.folder().join("blobs").join(&name[..2]).join(format!("{name}aB3xY9")), "half").unwrap();
    assert_eq!(files(&scratch).len(), 3);

    scratch.reopen().await.unwrap();
    let store = scratch.store.clone();
    assert_eq!(files(&scratch).len(), 1);
    assert_eq!(store.body("turku", &used.body, CONTEXT).await.unwrap(), [1; 100]);
    assert!(matches!(store.body("turku", &orphan.body, CONTEXT).await, Err(StoreError::BlobMissing { .. })));

    let name = used.body.blob.unwrap();
    store.commit(Commit::new().with([release_blob(&name)])).await.unwrap();
    assert_eq!(store.sweep(Duration::ZERO).await.unwrap(), 0, "one row still uses it");
    store.commit(Commit::new().with([release_blob(&name)])).await.unwrap();
    assert_eq!(store.sweep(Duration::from_hours(1)).await.unwrap(), 0, "it is young");
    assert_eq!(store.sweep(Duration::ZERO).await.unwrap(), 1);
    assert!(store.commit(Commit::new().with([release_blob(&name)])).await.unwrap_err().is_conflict());
}

#[tokio::test]
async fn a_blob_that_was_written_again_since_the_sweep_looked_stays() {
    let mut scratch = Scratch::sqlite().await.unwrap();
    scratch.config.limits.inline_body = 16;
    scratch.reopen().await.unwrap();
    let (store, world, hour) = (&scratch.store, World::system(), Duration::from_hours(1));
    let body = store.keep_body("turku", &[1; 100], CONTEXT).await.unwrap().body;
    let name = body.blob.clone().unwrap();
    let [file] = files(&scratch).try_into().unwrap();
    let old = std::time::SystemTime::now() - Duration::from_hours(2);
    std::fs::File::options().write(true).open(&file).unwrap().set_modified(old).unwrap();
    let blobs = &store.inner.blobs;
    assert_eq!(blobs.names(&world, hour).await.unwrap(), std::slice::from_ref(&name));
    store.keep_body("turku", &[1; 100], CONTEXT).await.unwrap();
    assert!(!blobs.delete(&world, &name, hour).await.unwrap());
    assert_eq!(store.body("turku", &body, CONTEXT).await.unwrap(), [1; 100]);
    std::fs::File::options().write(true).open(&file).unwrap().set_modified(old).unwrap();
    assert!(blobs.delete(&world, &name, hour).await.unwrap());
    assert!(!blobs.delete(&world, &name, hour).await.unwrap(), "it is gone already");
}

#[tokio::test]
async fn an_order_finds_its_body_again() {
    on_both(async |scratch| {
        let store = &scratch.store;
        let kept = store.keep_body("turku", b"Hei", "letter_order/1").await.unwrap();
        let order = letters::Order {
            id: "1".into(),
            client: "FI-TEST/GOV/9999906-0/asiointi".into(),
            order_id: "o-1".into(),
            content_digest: vec![1; 32],
            body: kept.body,
            accepted_at: 5,
            bulletin_id: Some("b-1".into()),
            cost_pool: Some("POOL1".into()),
        };
        store.commit(Commit::new().with(kept.statements).with([letters::add("turku", &order)])).await.unwrap();
        let read = letters::by_order(store, "turku", &order.client, "o-1").await.unwrap().unwrap();
        assert_eq!(read, order);
        assert_eq!(store.body("turku", &read.body, "letter_order/1").await.unwrap(), b"Hei");
        assert_eq!(read.body, Body { sealed: order.body.sealed.clone(), blob: None });
        let again = store.commit(Commit::new().with([letters::add("turku", &order)])).await;
        assert!(again.unwrap_err().is_conflict());
    })
    .await;
}
