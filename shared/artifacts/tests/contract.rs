//! The contract on every implementation here, and what only a directory does.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use artifacts::{ConditionalWrites, Directory, Memory, S3, S3Config, contract_suite};
use bytes::Bytes;
use contracts::{ArtifactKey, Sha256};
use stage::{ArtifactError, Artifacts};
use std::{
    fs,
    sync::Arc,
    time::{Duration, SystemTime},
};
use testkit::{FakeS3, PrivateCeph};

#[tokio::test]
async fn memory_keeps_the_contract() {
    contract_suite::run(Arc::new(Memory::default())).await;
}

#[tokio::test]
async fn a_directory_keeps_the_contract() {
    let root = tempfile::tempdir().unwrap();
    contract_suite::run(Arc::new(Directory::open(root.path()).unwrap())).await;
    assert_eq!(
        fs::read_dir(root.path().join("partial")).unwrap().count(),
        0,
        "no partial file remains"
    );
}

/// A store that sends what the suite calls a large file in three parts.
fn in_parts(mut config: S3Config) -> S3 {
    config.limits.part_bytes = 5 << 20;
    S3::open(&config).unwrap()
}

#[tokio::test]
async fn a_bucket_keeps_the_contract() {
    let server = FakeS3::start().await;
    contract_suite::run(Arc::new(in_parts(server.config()))).await;
    assert_eq!(server.unfinished_uploads(), 0, "no part remains");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bucket_of_a_real_server_keeps_the_contract() {
    let Some(server) = PrivateCeph::start() else {
        return;
    };
    let whole = server.bucket().await;
    contract_suite::run(Arc::new(in_parts(whole.clone()))).await;

    let folder = S3Config {
        prefix: "some/folder".into(),
        ..server.bucket().await
    };
    contract_suite::run(Arc::new(in_parts(folder))).await;

    let store = S3::open(&whole).unwrap();
    let promise = store.probe("contract").await.unwrap();
    assert_eq!(promise, ConditionalWrites::Honoured);
    assert_eq!(store.list("probe/").await.unwrap(), []);

    let stranger = S3Config {
        secret_key: "another".into(),
        ..whole
    };
    let refused = S3::open(&stranger).unwrap().list("").await;
    assert!(
        matches!(&refused, Err(ArtifactError::Io { source, .. })
            if source.kind() == std::io::ErrorKind::PermissionDenied),
        "a wrong secret is refused: {refused:?}"
    );
}

#[tokio::test]
async fn damage_on_disk_is_noticed() {
    let root = tempfile::tempdir().unwrap();
    let store = Directory::open(root.path()).unwrap();
    let key = ArtifactKey::new("jobs/j/s/a").unwrap();
    let stored = store.put(&key, Bytes::from_static(b"good")).await.unwrap();
    fs::write(root.path().join("jobs/j/s/a"), b"evil").unwrap();
    assert!(matches!(
        store.get(&stored).await,
        Err(ArtifactError::Corrupt { .. })
    ));
    assert!(matches!(
        store.local_file(&stored, root.path()).await,
        Err(ArtifactError::Corrupt { .. })
    ));
}

#[tokio::test]
async fn what_is_stored_survives_the_process() {
    let root = tempfile::tempdir().unwrap();
    let key = ArtifactKey::new("media/m/source.mp4").unwrap();
    let stored = Directory::open(root.path())
        .unwrap()
        .put(&key, Bytes::from_static(b"v"))
        .await
        .unwrap();
    assert_eq!(
        Directory::open(root.path())
            .unwrap()
            .get(&stored)
            .await
            .unwrap(),
        "v"
    );
}

async fn store_media(store: &Directory, content: &'static [u8], used: SystemTime) -> Sha256 {
    let digest = Sha256::of(content);
    store
        .put(
            &ArtifactKey::of_media(digest, "source.mp4").unwrap(),
            Bytes::from_static(content),
        )
        .await
        .unwrap();
    store.touch_media(digest, used).unwrap();
    digest
}

#[tokio::test]
async fn media_used_longest_ago_go_first_and_leftovers_always() {
    let root = tempfile::tempdir().unwrap();
    let store = Directory::open(root.path()).unwrap();
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
    let recent = store_media(&store, b"recent", now).await;
    let old = store_media(&store, b"old!!!", now - Duration::from_secs(60)).await;
    store
        .put(
            &ArtifactKey::new("jobs/dead/s/a").unwrap(),
            Bytes::from_static(b"left"),
        )
        .await
        .unwrap();

    let tidied = store.tidy(6).unwrap();

    assert_eq!(
        (tidied.kept_bytes, tidied.removed_bytes, tidied.in_use),
        (6, 10, false)
    );
    assert!(root.path().join(format!("media/{recent}")).exists());
    assert!(!root.path().join(format!("media/{old}")).exists());
    assert!(store.list("jobs/").await.unwrap().is_empty());
}

#[tokio::test]
async fn nothing_is_tidied_while_another_run_uses_the_directory() {
    let root = tempfile::tempdir().unwrap();
    let store = Directory::open(root.path()).unwrap();
    let other = Directory::open(root.path()).unwrap();
    store_media(&store, b"bytes", SystemTime::UNIX_EPOCH).await;
    assert!(store.tidy(0).unwrap().in_use);
    drop(other);
    assert_eq!(store.tidy(0).unwrap().removed_bytes, 5);
}
