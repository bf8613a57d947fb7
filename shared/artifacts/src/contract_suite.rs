//! What every implementation of the port must do. Call [`run`] from a test of each.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a suite of assertions")]

use bytes::Bytes;
use contracts::{ArtifactKey, ArtifactRef, Sha256};
use stage::{ArtifactError, Artifacts};
use std::sync::Arc;

fn key(text: &str) -> ArtifactKey {
    ArtifactKey::new(text).unwrap()
}

/// Checks the whole contract on an empty store.
///
/// # Panics
/// With the rule that does not hold.
pub async fn run(store: Arc<dyn Artifacts>) {
    bytes_come_back(&*store).await;
    a_key_never_changes_its_bytes(&*store).await;
    one_of_many_writers_wins(&store).await;
    reads_prove_size_and_digest(&*store).await;
    ranges_are_exact(&*store).await;
    files_go_in_and_out(&*store).await;
    a_file_is_written_once_whatever_its_size(&store).await;
    listing_is_sorted_and_complete(&*store).await;
}

async fn bytes_come_back(store: &dyn Artifacts) {
    for (name, content) in [
        ("empty", Bytes::new()),
        ("some", Bytes::from_static(b"abc")),
    ] {
        let place = key(&format!("jobs/back/x/{name}"));
        assert_eq!(
            store.find(&place).await.unwrap(),
            None,
            "nothing lies there before"
        );
        let stored = store.put(&place, content.clone()).await.unwrap();
        assert_eq!(stored.digest, Sha256::of(&content));
        assert_eq!(stored.size_bytes, content.len() as u64);
        assert_eq!(store.get(&stored).await.unwrap(), content);
        assert_eq!(store.find(&place).await.unwrap(), Some(stored));
    }
    let absent = ArtifactRef {
        key: key("jobs/back/x/absent"),
        digest: Sha256::of(b""),
        size_bytes: 0,
    };
    assert!(
        matches!(store.get(&absent).await, Err(ArtifactError::NotFound(_))),
        "absent is an error"
    );
}

async fn a_key_never_changes_its_bytes(store: &dyn Artifacts) {
    let place = key("jobs/once/x/a");
    let first = store
        .put(&place, Bytes::from_static(b"first"))
        .await
        .unwrap();
    let again = store
        .put(&place, Bytes::from_static(b"first"))
        .await
        .unwrap();
    assert_eq!(first, again, "the same bytes again succeed");
    let other = store.put(&place, Bytes::from_static(b"other")).await;
    assert!(
        matches!(other, Err(ArtifactError::Conflict { .. })),
        "other bytes are a conflict: {other:?}"
    );
    assert_eq!(
        store.get(&first).await.unwrap(),
        Bytes::from_static(b"first")
    );
}

async fn one_of_many_writers_wins(store: &Arc<dyn Artifacts>) {
    const WRITERS: u8 = 16;
    for round in 0..8 {
        let place = key(&format!("jobs/race/x/{round}"));
        let mut writers = tokio::task::JoinSet::new();
        for writer in 0..WRITERS {
            let (store, place) = (store.clone(), place.clone());
            writers.spawn(async move { store.put(&place, Bytes::from(vec![writer; 4096])).await });
        }
        let outcomes = writers.join_all().await;
        let winners: Vec<_> = outcomes
            .iter()
            .filter_map(|outcome| outcome.as_ref().ok())
            .collect();
        assert_eq!(
            winners.len(),
            1,
            "exactly one of {WRITERS} different writers wins"
        );
        store.get(winners[0]).await.unwrap();
    }
}

async fn reads_prove_size_and_digest(store: &dyn Artifacts) {
    let place = key("jobs/proof/x/a");
    let stored = store
        .put(&place, Bytes::from_static(b"truth"))
        .await
        .unwrap();
    let wrong_digest = ArtifactRef {
        digest: Sha256::of(b"lies!"),
        ..stored.clone()
    };
    let too_long = ArtifactRef {
        size_bytes: 6,
        ..stored.clone()
    };
    let too_short = ArtifactRef {
        size_bytes: 4,
        ..stored
    };
    for wrong in [wrong_digest, too_long, too_short] {
        let read = store.get(&wrong).await;
        assert!(
            matches!(read, Err(ArtifactError::Corrupt { .. })),
            "{wrong:?} gave {read:?}"
        );
    }
}

async fn ranges_are_exact(store: &dyn Artifacts) {
    let stored = store
        .put(&key("jobs/range/x/a"), Bytes::from_static(b"0123456789"))
        .await
        .unwrap();
    for (range, expected) in [(0..10, "0123456789"), (3..5, "34"), (10..10, "")] {
        assert_eq!(
            store.get_range(&stored, range).await.unwrap(),
            expected.as_bytes()
        );
    }
    let past = store.get_range(&stored, 5..11).await;
    assert!(
        matches!(past, Err(ArtifactError::OutOfRange { .. })),
        "past the end gave {past:?}"
    );
    #[allow(clippy::reversed_empty_ranges, reason = "a hostile index may hold one")]
    let reversed = store.get_range(&stored, 5..3).await;
    assert!(
        matches!(reversed, Err(ArtifactError::OutOfRange { .. })),
        "reversed gave {reversed:?}"
    );
}

async fn files_go_in_and_out(store: &dyn Artifacts) {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("in");
    let content: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
    std::fs::write(&path, &content).unwrap();
    let stored = store
        .put_file(&key("jobs/file/x/a.bin"), &path)
        .await
        .unwrap();
    assert_eq!(stored.digest, Sha256::of(&content));
    std::fs::write(&path, b"changed afterwards").unwrap();
    let local = store.local_file(&stored, scratch.path()).await.unwrap();
    assert_eq!(
        std::fs::read(local).unwrap(),
        content,
        "later changes of the source do not reach the store"
    );
}

/// Files on both sides of the size from which a store may send them in parts.
async fn a_file_is_written_once_whatever_its_size(store: &Arc<dyn Artifacts>) {
    const WRITERS: usize = 4;
    for (name, size) in [("empty", 0), ("small", 1000), ("large", (11 << 20) + 1)] {
        let scratch = tempfile::tempdir().unwrap();
        let path = scratch.path().join("in");
        let content: Vec<u8> = (0..size).map(|n: u32| (n % 241) as u8).collect();
        std::fs::write(&path, &content).unwrap();
        let place = key(&format!("jobs/once/file/{name}"));
        let mut writers = tokio::task::JoinSet::new();
        for _ in 0..WRITERS {
            let (store, place, path) = (store.clone(), place.clone(), path.clone());
            writers.spawn(async move { store.put_file(&place, &path).await });
        }
        let stored: Vec<_> = writers
            .join_all()
            .await
            .into_iter()
            .map(Result::unwrap)
            .collect();
        assert!(
            stored
                .iter()
                .all(|stored| stored.digest == Sha256::of(&content)),
            "all {WRITERS} writers of one {name} file succeed: {stored:?}"
        );
        assert_eq!(store.find(&place).await.unwrap().as_ref(), stored.first());
        assert_eq!(store.get(&stored[0]).await.unwrap(), content);
        let other = vec![b'o'; content.len() + 1];
        std::fs::write(&path, &other).unwrap();
        let refused = store.put_file(&place, &path).await;
        assert!(
            matches!(refused, Err(ArtifactError::Conflict { .. })),
            "another {name} file is a conflict: {refused:?}"
        );
        assert_eq!(store.get(&stored[0]).await.unwrap(), content);
    }
}

async fn listing_is_sorted_and_complete(store: &dyn Artifacts) {
    for name in ["b/manifest.json", "a/one", "a/manifest.json"] {
        store
            .put(&key(&format!("jobs/list/{name}")), Bytes::from_static(b"x"))
            .await
            .unwrap();
    }
    store
        .put(&key("jobs/list2/a/one"), Bytes::from_static(b"x"))
        .await
        .unwrap();
    let names = |keys: Vec<ArtifactKey>| keys.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(
        names(store.list("jobs/list/").await.unwrap()),
        [
            "jobs/list/a/manifest.json",
            "jobs/list/a/one",
            "jobs/list/b/manifest.json"
        ]
    );
    assert_eq!(
        names(store.list("jobs/list/a/m").await.unwrap()),
        ["jobs/list/a/manifest.json"]
    );
    assert!(store.list("jobs/nothing/").await.unwrap().is_empty());
}
