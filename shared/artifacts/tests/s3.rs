//! A bucket on a server that fails.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use artifacts::{ConditionalWrites, S3, S3Config};
use bytes::Bytes;
use contracts::{ArtifactKey, ArtifactRef, Sha256};
use stage::{ArtifactError, Artifacts, StageError};
use std::{io, path::Path};
use testkit::{FakeS3, S3Conditions, S3Fault, S3Request, SmallDisk};

/// Bytes that do not fit into one frame of a connection.
const LONG: usize = 300_000;

async fn server() -> (FakeS3, S3) {
    let server = FakeS3::start().await;
    let store = S3::open(&server.config()).unwrap();
    (server, store)
}

fn key(text: &str) -> ArtifactKey {
    ArtifactKey::new(text).unwrap()
}

async fn long(store: &S3) -> (ArtifactRef, Bytes) {
    let content: Bytes = (0..LONG).map(|n| (n % 239) as u8).collect();
    let stored = store.put(&key("jobs/j/s/long"), content.clone()).await;
    (stored.unwrap(), content)
}

/// What every failure of the store must be to a stage.
fn assert_transient<T: std::fmt::Debug>(outcome: Result<T, ArtifactError>) -> io::Error {
    match outcome {
        Err(ArtifactError::Io { source, .. }) => source,
        other => panic!("expected a failure of the store, got {other:?}"),
    }
}

#[tokio::test]
async fn row_07_errors_that_pass_are_not_seen() {
    let (server, store) = server().await;
    let passing = [
        S3Fault::Status(500, "InternalError"),
        S3Fault::Status(503, "SlowDown"),
        S3Fault::Cut,
    ];
    server.fail(S3Request::Put, passing.clone());
    let stored = store.put(&key("jobs/j/s/a"), "abc".into()).await.unwrap();
    assert_eq!(
        server.count(S3Request::Put),
        4,
        "each fault costs one attempt"
    );

    server.fail(S3Request::Get, passing.clone());
    assert_eq!(store.get(&stored).await.unwrap(), "abc");
    server.fail(S3Request::Head, passing.clone());
    assert!(store.find(&stored.key).await.unwrap().is_some());
    server.fail(S3Request::List, passing);
    assert_eq!(store.list("jobs/").await.unwrap(), [stored.key]);
}

#[tokio::test]
async fn row_07_errors_that_stay_are_transient_after_a_bounded_number_of_attempts() {
    let (server, store) = server().await;
    let stored = store.put(&key("jobs/j/s/a"), "abc".into()).await.unwrap();
    let always = || std::iter::repeat_n(S3Fault::Status(503, "SlowDown"), 100);
    for request in [
        S3Request::Put,
        S3Request::Get,
        S3Request::Head,
        S3Request::List,
    ] {
        server.fail(request, always());
    }
    let before = server.count(S3Request::Put);
    let said = assert_transient(store.put(&key("jobs/j/s/b"), "b".into()).await);
    assert!(said.to_string().contains("503 SlowDown"), "{said}");
    assert_eq!(server.count(S3Request::Put) - before, 4);
    assert_transient(store.get(&stored).await);
    assert_transient(store.get_range(&stored, 0..2).await);
    assert_transient(store.find(&stored.key).await);
    assert_transient(store.list("").await);
    assert_eq!(server.count(S3Request::Get), 8);
    let class = StageError::from(store.get(&stored).await.unwrap_err());
    assert!(matches!(class, StageError::Transient { .. }), "{class:?}");
}

#[tokio::test]
async fn row_07_a_server_that_is_not_there_or_silent_is_transient() {
    let (server, store) = server().await;
    server.fail(S3Request::Head, std::iter::repeat_n(S3Fault::Silence, 4));
    let said = assert_transient(store.find(&key("jobs/j/s/a")).await);
    assert_eq!(said.kind(), io::ErrorKind::TimedOut, "{said}");
    let config = server.config();
    drop(server);
    let gone = S3::open(&config).unwrap();
    assert_transient(gone.find(&key("jobs/j/s/a")).await);
}

#[tokio::test]
async fn row_07_a_body_that_breaks_off_or_stalls_is_asked_for_again() {
    let (server, store) = server().await;
    let (stored, content) = long(&store).await;
    let scratch = tempfile::tempdir().unwrap();
    let breaks = || {
        [
            S3Fault::BodyCut(0),
            S3Fault::BodyCut(100_000),
            S3Fault::BodyStalls(70_000),
        ]
    };
    server.fail(S3Request::Get, breaks());
    assert_eq!(store.get(&stored).await.unwrap(), content);
    server.fail(
        S3Request::Get,
        [S3Fault::BodyCut(500), S3Fault::BodyStalls(0)],
    );
    let range = store.get_range(&stored, 1000..200_000).await.unwrap();
    assert_eq!(range, content.slice(1000..200_000));
    server.fail(S3Request::Get, breaks());
    let local = store.local_file(&stored, scratch.path()).await.unwrap();
    assert_eq!(std::fs::read(&local).unwrap(), content);
    assert_eq!(files(scratch.path()), [local]);
}

#[tokio::test]
async fn row_07_a_body_that_never_arrives_whole_is_transient_and_leaves_no_file() {
    let (server, store) = server().await;
    let (stored, _) = long(&store).await;
    let scratch = tempfile::tempdir().unwrap();
    let cuts = || std::iter::repeat_n(S3Fault::BodyCut(LONG - 1), 4);
    server.fail(S3Request::Get, cuts());
    assert_transient(store.get(&stored).await);
    server.fail(S3Request::Get, cuts());
    assert_transient(store.get_range(&stored, 0..LONG as u64).await);
    server.fail(S3Request::Get, cuts());
    assert_transient(store.local_file(&stored, scratch.path()).await);
    assert_eq!(server.count(S3Request::Get), 12);
    assert!(files(scratch.path()).is_empty());
}

#[tokio::test]
async fn row_07_bytes_that_are_not_those_named_are_never_handed_out() {
    let (server, store) = server().await;
    let (stored, _) = long(&store).await;
    let scratch = tempfile::tempdir().unwrap();
    for fault in [
        S3Fault::BodyDamaged,
        S3Fault::BodyShort(LONG - 1),
        S3Fault::BodyShort(0),
    ] {
        server.fail(S3Request::Get, [fault.clone(), fault.clone()]);
        let read = store.get(&stored).await;
        assert!(
            matches!(read, Err(ArtifactError::Corrupt { .. })),
            "{fault:?}: {read:?}"
        );
        let local = store.local_file(&stored, scratch.path()).await;
        assert!(
            matches!(local, Err(ArtifactError::Corrupt { .. })),
            "{fault:?}: {local:?}"
        );
    }
    server.fail(
        S3Request::Get,
        std::iter::repeat_n(S3Fault::BodyShort(5), 4),
    );
    assert_transient(store.get_range(&stored, 0..10).await);
    assert!(
        files(scratch.path()).is_empty(),
        "no half file is read later"
    );
}

#[tokio::test]
async fn row_07_an_answer_that_is_lost_after_the_work_is_success() {
    let (server, store) = server().await;
    server.fail(S3Request::Put, [S3Fault::AnswerLost]);
    let stored = store.put(&key("jobs/j/s/a"), "abc".into()).await.unwrap();
    assert_eq!(
        server.count(S3Request::Put),
        2,
        "it was sent again, and lay there"
    );
    assert_eq!(store.get(&stored).await.unwrap(), "abc");
}

#[tokio::test]
async fn row_08_two_writers_of_the_same_bytes_both_succeed() {
    let (server, store) = server().await;
    server.meet(S3Request::Put, 2);
    let place = key("jobs/j/s/manifest.json");
    let (one, two) = tokio::join!(
        store.put(&place, "same".into()),
        store.put(&place, "same".into())
    );
    assert_eq!(one.unwrap(), two.unwrap());
    assert_eq!(server.keys(), [place.as_str()]);
}

#[tokio::test]
async fn row_08_of_two_writers_of_different_bytes_one_is_told() {
    let (server, store) = server().await;
    server.meet(S3Request::Put, 2);
    let place = key("jobs/j/s/manifest.json");
    let (one, two) = tokio::join!(
        store.put(&place, "this".into()),
        store.put(&place, "that".into())
    );
    let (won, lost) = if one.is_ok() { (one, two) } else { (two, one) };
    assert!(
        matches!(lost, Err(ArtifactError::Conflict { .. })),
        "{lost:?}"
    );
    let lying = store.find(&place).await.unwrap();
    assert_eq!(lying, Some(won.unwrap()));
}

#[tokio::test]
async fn row_08_a_conflict_that_passes_is_asked_again_and_one_that_stays_is_transient() {
    let (server, store) = server().await;
    let busy = S3Fault::Status(409, "ConditionalRequestConflict");
    server.fail(S3Request::Put, [busy.clone(), busy.clone()]);
    let stored = store.put(&key("jobs/j/s/a"), "abc".into()).await.unwrap();
    assert_eq!(server.count(S3Request::Put), 3);
    assert_eq!(store.get(&stored).await.unwrap(), "abc");
    server.fail(S3Request::Put, std::iter::repeat_n(busy, 100));
    assert_transient(store.put(&key("jobs/j/s/b"), "b".into()).await);
    assert_eq!(server.count(S3Request::Put), 3 + 4);
}

#[tokio::test]
async fn row_08_a_place_that_was_taken_and_is_free_again_is_asked_again() {
    let (server, store) = server().await;
    server.fail(S3Request::Put, [S3Fault::Status(412, "PreconditionFailed")]);
    let stored = store.put(&key("jobs/j/s/a"), "abc".into()).await.unwrap();
    assert_eq!(store.get(&stored).await.unwrap(), "abc");
}

/// A store that sends files above 5 MiB in parts, and such a file.
async fn in_parts() -> (FakeS3, S3, tempfile::TempDir, std::path::PathBuf) {
    let server = FakeS3::start().await;
    let mut config = server.config();
    config.limits.part_bytes = 5 << 20;
    config.limits.attempt_timeout_s = 10;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large");
    std::fs::write(&path, vec![7; (10 << 20) + 1]).unwrap();
    (server, S3::open(&config).unwrap(), folder, path)
}

#[tokio::test]
async fn row_07_a_large_file_survives_errors_that_pass() {
    let (server, store, _folder, path) = in_parts().await;
    let place = key("media/m/source.mp4");
    for request in [S3Request::Begin, S3Request::Part, S3Request::Complete] {
        server.fail(request, [S3Fault::Status(503, "SlowDown"), S3Fault::Cut]);
    }
    let stored = store.put_file(&place, &path).await.unwrap();
    assert_eq!(server.count(S3Request::Part), 3 + 2);
    assert_eq!(stored.digest, Sha256::of(&std::fs::read(&path).unwrap()));
    store.get(&stored).await.unwrap();
    assert_eq!(server.unfinished_uploads(), 0);
}

#[tokio::test]
async fn row_07_a_large_file_that_fails_leaves_no_parts_and_no_object() {
    for request in [S3Request::Begin, S3Request::Part, S3Request::Complete] {
        let (server, store, _folder, path) = in_parts().await;
        server.fail(
            request,
            std::iter::repeat_n(S3Fault::Status(500, "InternalError"), 4),
        );
        assert_transient(store.put_file(&key("media/m/source.mp4"), &path).await);
        assert_eq!(server.unfinished_uploads(), 0, "after {request:?} failed");
        assert!(server.keys().is_empty(), "after {request:?} failed");
    }
}

#[tokio::test]
async fn row_07_a_large_file_whose_last_answer_is_lost_is_stored() {
    let (server, store, _folder, path) = in_parts().await;
    server.fail(S3Request::Complete, [S3Fault::AnswerLost]);
    let stored = store
        .put_file(&key("media/m/source.mp4"), &path)
        .await
        .unwrap();
    store.get(&stored).await.unwrap();
}

#[tokio::test]
async fn row_08_two_writers_of_one_large_file_both_succeed_and_of_two_one_is_told() {
    let (server, store, folder, path) = in_parts().await;
    server.meet(S3Request::Complete, 2);
    let place = key("media/m/source.mp4");
    let (one, two) = tokio::join!(store.put_file(&place, &path), store.put_file(&place, &path));
    assert_eq!(one.unwrap(), two.unwrap());

    let other = folder.path().join("other");
    std::fs::write(&other, vec![8; (10 << 20) + 1]).unwrap();
    let place = key("media/n/source.mp4");
    let (one, two) = tokio::join!(
        store.put_file(&place, &path),
        store.put_file(&place, &other)
    );
    let (won, lost) = if one.is_ok() { (one, two) } else { (two, one) };
    assert!(
        matches!(lost, Err(ArtifactError::Conflict { .. })),
        "{lost:?}"
    );
    store.get(&won.unwrap()).await.unwrap();
    assert_eq!(server.unfinished_uploads(), 0);
}

#[tokio::test]
async fn row_18_a_full_disk_is_transient_and_keeps_no_half_file() {
    let Some(disk) = SmallDisk::mount(1 << 20) else {
        return;
    };
    let (_server, store) = server().await;
    let large = Bytes::from(vec![5; 2 << 20]);
    let large = store.put(&key("jobs/j/s/large"), large).await.unwrap();
    let said = assert_transient(store.local_file(&large, disk.path()).await);
    assert_eq!(said.kind(), io::ErrorKind::StorageFull, "{said}");
    assert!(files(disk.path()).is_empty());
    let (fits, content) = long(&store).await;
    let local = store.local_file(&fits, disk.path()).await.unwrap();
    assert_eq!(std::fs::read(local).unwrap(), content);
}

#[tokio::test]
async fn what_others_stored_is_read_for_its_digest() {
    let (server, store) = server().await;
    server.plant("jobs/j/s/theirs", "from elsewhere");
    let place = key("jobs/j/s/theirs");
    server.fail(S3Request::Get, [S3Fault::BodyCut(3)]);
    let found = store.find(&place).await.unwrap().unwrap();
    assert_eq!(found.digest, Sha256::of(b"from elsewhere"));
    assert_eq!(found.size_bytes, 14);
    store.put(&place, "from elsewhere".into()).await.unwrap();
    let other = store.put(&place, "ours".into()).await;
    assert!(
        matches!(other, Err(ArtifactError::Conflict { .. })),
        "{other:?}"
    );
}

#[tokio::test]
async fn lists_are_read_to_their_last_page_and_foreign_names_are_left_out() {
    let (server, store) = server().await;
    server.set_page(3);
    for number in 0..10 {
        server.plant(&format!("jobs/j/s/{number}"), "x");
    }
    server.plant("jobs/j/s/not a key", "x");
    let keys = store.list("jobs/j/").await.unwrap();
    assert_eq!(keys.len(), 10);
    assert!(keys.is_sorted());
    assert_eq!(server.count(S3Request::List), 4);
}

#[tokio::test]
async fn a_folder_of_the_bucket_is_all_that_is_seen() {
    let (server, whole) = server().await;
    let config = S3Config {
        prefix: "tenant/".into(),
        ..server.config()
    };
    let folder = S3::open(&config).unwrap();
    let stored = folder.put(&key("jobs/j/s/a"), "abc".into()).await.unwrap();
    whole.put(&key("jobs/j/s/b"), "b".into()).await.unwrap();
    assert_eq!(folder.list("").await.unwrap(), [stored.key]);
    assert_eq!(server.keys(), ["jobs/j/s/b", "tenant/jobs/j/s/a"]);
}

#[tokio::test]
async fn a_local_copy_is_used_again_unless_it_is_damaged() {
    let (server, store) = server().await;
    let (stored, content) = long(&store).await;
    let scratch = tempfile::tempdir().unwrap();
    let local = store.local_file(&stored, scratch.path()).await.unwrap();
    store.local_file(&stored, scratch.path()).await.unwrap();
    assert_eq!(server.count(S3Request::Get), 1);
    std::fs::write(&local, b"half").unwrap();
    store.local_file(&stored, scratch.path()).await.unwrap();
    assert_eq!(std::fs::read(local).unwrap(), content);
}

#[tokio::test]
async fn the_probe_tells_what_a_server_makes_of_conditions() {
    let (server, store) = server().await;
    for (conditions, expected) in [
        (S3Conditions::Honoured, ConditionalWrites::Honoured),
        (S3Conditions::Ignored, ConditionalWrites::Ignored),
        (S3Conditions::NotAtomic, ConditionalWrites::NotAtomic),
    ] {
        server.set_conditions(conditions);
        assert_eq!(store.probe("test").await.unwrap(), expected);
        assert!(server.keys().is_empty(), "the probe cleans up");
    }
    server.fail(S3Request::Put, [S3Fault::Status(403, "AccessDenied")]);
    let refused = assert_transient(store.probe("test").await);
    assert_eq!(refused.kind(), io::ErrorKind::PermissionDenied);
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}
