//! The contract on every implementation here, and what only a directory does.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use artifacts::{Directory, Memory, contract_suite};
use bytes::Bytes;
use contracts::{ArtifactKey, Sha256};
use stage::{ArtifactError, Artifacts};
use std::{
    fs,
    sync::Arc,
    time::{Duration, SystemTime},
};

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
