//! Templates that are loaded anew by themselves.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use common::{folder, rendered, settings, write};
use prompts::{Repository, Settings, watch};
use std::{fs, os::unix::fs::symlink, path::Path, sync::Arc, time::Duration};
use tokio::{task::JoinSet, time::timeout};
use tokio_util::sync::CancellationToken;

/// How long anything may take before a test gives up.
const PATIENCE: Duration = Duration::from_secs(20);
/// A poll that comes too late for any test.
const NEVER: Duration = Duration::from_secs(3600);

struct Watched {
    repository: Arc<Repository>,
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

fn mine(word: &str) -> String {
    format!("signal_embedding: '{word} {{signal_text}}'\n")
}

impl Watched {
    fn start(folder: &Path, debounce: Duration, poll: Duration) -> Self {
        let settings = Settings {
            debounce,
            poll,
            ..settings(folder)
        };
        let (repository, _) = Repository::open(settings).unwrap();
        let repository = Arc::new(repository);
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        tasks.spawn(watch(Arc::clone(&repository), stop.clone()));
        Self {
            repository,
            stop,
            tasks,
        }
    }

    async fn says(&self, word: &str) {
        let said = async {
            while !rendered(&self.repository, "unit").starts_with(word) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let outcome = timeout(PATIENCE, said).await;
        assert!(
            outcome.is_ok(),
            "'{word}' is never loaded: {}",
            rendered(&self.repository, "unit")
        );
    }

    async fn end(mut self) {
        self.stop.cancel();
        timeout(PATIENCE, self.tasks.join_next())
            .await
            .unwrap()
            .unwrap()
            .unwrap();
    }
}

fn by_word_of_the_system(folder: &Path) -> Watched {
    Watched::start(folder, Duration::from_millis(20), NEVER)
}

#[tokio::test]
async fn a_written_a_replaced_and_a_removed_file_are_noticed() {
    let folder = folder(&[("a.yaml", &mine("one"))]);
    let watched = by_word_of_the_system(folder.path());
    watched.says("one").await;
    write(folder.path(), "a.yaml", &mine("two"));
    watched.says("two").await;
    write(folder.path(), "a.yaml.new", &mine("three"));
    fs::rename(
        folder.path().join("a.yaml.new"),
        folder.path().join("a.yaml"),
    )
    .unwrap();
    watched.says("three").await;
    write(folder.path(), "below/b.yaml", "greeting: hello");
    fs::remove_file(folder.path().join("a.yaml")).unwrap();
    watched.says("<data").await;
    write(folder.path(), "below/c.yaml", &mine("four"));
    watched.says("four").await;
    watched.end().await;
}

#[tokio::test]
async fn promise_10_a_swung_link_is_noticed() {
    let mount = folder(&[("..1/a.yaml", &mine("one"))]);
    let root = mount.path();
    symlink("..1", root.join("..data")).unwrap();
    symlink("..data/a.yaml", root.join("a.yaml")).unwrap();
    let watched = by_word_of_the_system(root);
    for (generation, word) in [(2, "two"), (3, "three"), (4, "four")] {
        let folder = format!("..{generation}");
        write(root, &format!("{folder}/a.yaml"), &mine(word));
        symlink(&folder, root.join("..data_tmp")).unwrap();
        fs::rename(root.join("..data_tmp"), root.join("..data")).unwrap();
        fs::remove_dir_all(root.join(format!("..{}", generation - 1))).unwrap();
        watched.says(word).await;
    }
    watched.end().await;
}

#[tokio::test]
async fn a_folder_that_is_itself_a_link_or_made_anew_is_noticed() {
    let place = folder(&[("1/a.yaml", &mine("one")), ("2/a.yaml", &mine("two"))]);
    let root = place.path();
    symlink("1", root.join("prompts")).unwrap();
    let watched = by_word_of_the_system(&root.join("prompts"));
    watched.says("one").await;
    // Often enough that the first look of the watcher is not what finds it.
    for (target, word) in [("2", "two"), ("1", "one"), ("2", "two"), ("1", "one")] {
        symlink(target, root.join("next")).unwrap();
        fs::rename(root.join("next"), root.join("prompts")).unwrap();
        watched.says(word).await;
    }
    fs::remove_file(root.join("prompts")).unwrap();
    write(root, "prompts/a.yaml", &mine("three"));
    watched.says("three").await;
    watched.end().await;
}

#[tokio::test]
async fn what_the_system_does_not_tell_is_found_by_looking() {
    let place = folder(&[
        ("elsewhere/a.txt", &mine("one")),
        ("prompts/b.yaml", "greeting: hello"),
    ]);
    let root = place.path();
    symlink("../elsewhere/a.txt", root.join("prompts/a.yaml")).unwrap();
    let watched = Watched::start(
        &root.join("prompts"),
        Duration::from_millis(20),
        Duration::from_millis(20),
    );
    watched.says("one").await;
    write(root, "elsewhere/a.txt", &mine("two"));
    watched.says("two").await;
    watched.end().await;
}

#[tokio::test]
async fn a_bad_file_is_survived_and_its_repair_is_noticed() {
    let folder = folder(&[("a.yaml", &mine("one")), ("b.yaml", "greeting: hello")]);
    let watched = by_word_of_the_system(folder.path());
    write(folder.path(), "a.yaml", "signal_embedding: '{'");
    write(folder.path(), "b.yaml", "greeting: bye");
    let taken = async {
        while watched.repository.set().generation < 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, taken).await.unwrap();
    watched.says("one").await;
    write(folder.path(), "a.yaml", &mine("two"));
    watched.says("two").await;
    watched.end().await;
}

#[tokio::test]
async fn without_a_folder_nothing_is_watched() {
    let (repository, _) = Repository::open(Settings::default()).unwrap();
    let stop = CancellationToken::new();
    timeout(PATIENCE, watch(Arc::new(repository), stop))
        .await
        .unwrap();
}
