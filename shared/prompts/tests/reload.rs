//! Templates replaced while they are in use.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use common::{folder, marks, open, rendered, settings, signal, write};
use prompts::{NAMES, ReloadError, Repository, Settings};
use std::{
    fs,
    os::unix::fs::symlink,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

fn mine(word: &str) -> String {
    format!("signal_embedding: '{word} {{signal_text}} {word}'\n")
}

fn first_word(repository: &Repository) -> String {
    let text = rendered(repository, "unit");
    text.split(' ').next().unwrap().to_owned()
}

#[test]
fn a_reload_takes_what_changed_and_counts() {
    let folder = folder(&[("a.yaml", &mine("one"))]);
    let (repository, report) = open(folder.path());
    assert_eq!((report.generation, report.is_changed), (1, true));
    assert_eq!(first_word(&repository), "one");
    write(folder.path(), "a.yaml", &mine("two"));
    assert_eq!(first_word(&repository), "one");
    let report = repository.reload().unwrap();
    assert_eq!((report.generation, report.is_changed), (2, true));
    assert_eq!(first_word(&repository), "two");
    let again = repository.reload().unwrap();
    assert_eq!((again.generation, again.is_changed), (3, false));
    assert_eq!(again.hash, report.hash);
    assert_eq!(repository.reload_if_changed().unwrap(), None);
    fs::remove_file(folder.path().join("a.yaml")).unwrap();
    assert_eq!(
        repository.reload_if_changed().unwrap().unwrap().generation,
        4
    );
    let (builtin, _) = Repository::open(Settings::default()).unwrap();
    assert_eq!(repository.set().hash, builtin.set().hash);
}

#[test]
fn two_processes_with_the_same_files_have_the_same_hash() {
    let (one, other) = (
        folder(&[("a.yaml", &mine("one"))]),
        folder(&[("z.yml", &mine("one"))]),
    );
    assert_eq!(open(one.path()).1.hash, open(other.path()).1.hash);
    write(
        other.path(),
        "z.yml",
        &mine("one").replace("signal_embedding", "greeting"),
    );
    assert_ne!(open(one.path()).1.hash, open(other.path()).1.hash);
}

#[test]
fn promise_10_a_bad_file_keeps_its_templates_from_before() {
    let folder = folder(&[("a.yaml", &mine("one")), ("b.yaml", "greeting: one")]);
    let (repository, _) = open(folder.path());
    for bad in [
        "signal_embedding: '{signal_text'",
        ": [",
        "\u{0}",
        "signal_embedding: 1",
    ] {
        write(folder.path(), "a.yaml", bad);
        write(
            folder.path(),
            "b.yaml",
            &format!("greeting: {:?}", bad.len().to_string()),
        );
        let report = repository.reload().unwrap();
        let [failure] = &report.failures[..] else {
            panic!("{report:?}")
        };
        assert_eq!(failure.file.as_deref(), Some(Path::new("a.yaml")));
        assert!(failure.keeps_previous);
        assert_eq!(first_word(&repository), "one");
        let greeting = repository.set().choose("greeting", "unit").unwrap();
        let greeting = greeting
            .template
            .render(&Default::default(), &marks())
            .unwrap();
        assert_eq!(
            (greeting.user, greeting.system),
            (bad.len().to_string(), None)
        );
        assert_eq!(
            repository.reload_if_changed().unwrap(),
            None,
            "it is told once"
        );
    }
    write(folder.path(), "a.yaml", &mine("two"));
    assert_eq!(repository.reload().unwrap().failures, []);
    assert_eq!(first_word(&repository), "two");
}

#[test]
fn a_file_that_was_never_right_leaves_the_built_in_template() {
    let folder = folder(&[
        ("a.yaml", "signal_embedding: '{signal_text'"),
        ("b.yaml", &"x".repeat(300_000)),
    ]);
    let (repository, report) = open(folder.path());
    assert_eq!(report.failures.len(), 2);
    assert!(
        report
            .failures
            .iter()
            .all(|failure| !failure.keeps_previous)
    );
    assert!(
        report.failures[1].message.contains("exceeds 262144 bytes"),
        "{report:?}"
    );
    assert_eq!(report.templates, NAMES.len());
    assert!(rendered(&repository, "unit").starts_with("<data"));
}

#[test]
fn the_same_version_in_two_files_is_the_fault_of_the_second() {
    let folder = folder(&[("a.yaml", &mine("one")), ("b.yaml", &mine("two"))]);
    let (repository, report) = open(folder.path());
    assert_eq!(
        report.failures[0].file.as_deref(),
        Some(Path::new("b.yaml"))
    );
    assert!(
        report.failures[0]
            .message
            .starts_with("signal_embedding@1: this version is there already")
    );
    assert_eq!(first_word(&repository), "one");
    let other = "signal_embedding: {variables: {signal_text: {}}, versions: [{version: '2', user: 'two {signal_text}'}]}";
    write(folder.path(), "b.yaml", other);
    assert_eq!(repository.reload().unwrap().failures, []);
    assert_eq!(repository.set().versions("signal_embedding").len(), 2);
}

#[test]
fn a_folder_that_cannot_be_read_changes_nothing() {
    let folder = folder(&[("prompts/a.yaml", &mine("one"))]);
    let path = folder.path().join("prompts");
    let (repository, _) = open(&path);
    fs::rename(&path, folder.path().join("away")).unwrap();
    assert!(matches!(
        repository.reload(),
        Err(ReloadError::Unreadable { .. })
    ));
    assert_eq!(
        (
            first_word(&repository).as_str(),
            repository.set().generation
        ),
        ("one", 1)
    );
    assert!(matches!(
        Repository::open(settings(&path)),
        Err(ReloadError::Unreadable { .. })
    ));
    fs::rename(folder.path().join("away"), &path).unwrap();
    let mut small = settings(&path);
    small.limits.max_entries = 0;
    assert!(matches!(
        Repository::open(small),
        Err(ReloadError::TooMuch { .. })
    ));
}

#[test]
fn promise_05_d11_without_a_folder_there_is_nothing_to_reload() {
    let (repository, _) = Repository::open(Settings::default()).unwrap();
    assert_eq!(repository.reload(), Err(ReloadError::Disabled));
    assert_eq!(repository.reload_if_changed(), Err(ReloadError::Disabled));
}

/// Files as an orchestrator mounts them: links to a folder behind a link that is swung.
#[test]
fn a_swung_link_is_read_as_one_generation() {
    let mount = folder(&[
        ("..1/a.yaml", &mine("one")),
        ("..1/b.yaml", "greeting: one"),
        ("..2/a.yaml", &mine("two")),
        ("..2/b.yaml", "greeting: two"),
    ]);
    let root = mount.path();
    symlink("..1", root.join("..data")).unwrap();
    for file in ["a.yaml", "b.yaml"] {
        symlink(format!("..data/{file}"), root.join(file)).unwrap();
    }
    let (repository, report) = open(root);
    assert_eq!(
        (report.failures.len(), first_word(&repository).as_str()),
        (0, "one")
    );
    symlink("..2", root.join("..tmp")).unwrap();
    fs::rename(root.join("..tmp"), root.join("..data")).unwrap();
    fs::remove_dir_all(root.join("..1")).unwrap();
    let report = repository.reload_if_changed().unwrap().unwrap();
    assert_eq!(
        (report.failures.len(), first_word(&repository).as_str()),
        (0, "two")
    );
}

/// However often the link is swung while files are read, they are of one generation.
#[test]
fn promise_10_generations_are_never_mixed() {
    let mount = folder(&[("..0/a.yaml", &mine("v0")), ("..0/b.yaml", "greeting: v0")]);
    let root = mount.path().to_owned();
    symlink("..0", root.join("..data")).unwrap();
    for file in ["a.yaml", "b.yaml"] {
        symlink(format!("..data/{file}"), root.join(file)).unwrap();
    }
    let (repository, _) = open(&root);
    let swing = thread::spawn({
        let root = root.clone();
        move || {
            for generation in 1..=300 {
                let word = format!("v{generation}");
                let folder = format!("..{generation}");
                write(&root, &format!("{folder}/a.yaml"), &mine(&word));
                write(
                    &root,
                    &format!("{folder}/b.yaml"),
                    &format!("greeting: {word}"),
                );
                symlink(&folder, root.join("..tmp")).unwrap();
                fs::rename(root.join("..tmp"), root.join("..data")).unwrap();
            }
        }
    });
    while !swing.is_finished() {
        match repository.reload() {
            Ok(report) => assert_eq!(report.failures, []),
            Err(error) => assert!(matches!(error, ReloadError::Unsettled { .. }), "{error}"),
        }
        let set = repository.set();
        let greeting = set.choose("greeting", "unit").unwrap().template;
        let greeting = greeting.render(&Default::default(), &marks()).unwrap().user;
        assert_eq!(first_word(&repository), greeting);
    }
    swing.join().unwrap();
    repository.reload().unwrap();
    assert_eq!(first_word(&repository), "v300");
}

/// Renders go on while the set is replaced a hundred times; each is of one version whole.
#[test]
fn promise_10_no_render_is_torn_by_a_reload() {
    let folder = folder(&[("a.yaml", &mine("v0"))]);
    let (repository, _) = open(folder.path());
    let stop = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = (0..3)
        .map(|_| {
            let (repository, stop) = (Arc::clone(&repository), Arc::clone(&stop));
            thread::spawn(move || {
                let mut renders = 0;
                while !stop.load(Ordering::Relaxed) || renders == 0 {
                    let set = repository.set();
                    let rendered = set.render(&signal("hello"), "unit", &marks()).unwrap();
                    let words: Vec<&str> = rendered.user.split([' ', '\n']).collect();
                    assert_eq!(words.first(), words.last(), "{}", rendered.user);
                    let template = &set.versions("signal_embedding")[0];
                    assert_eq!(rendered.identity, template.identity);
                    renders += 1;
                }
                renders
            })
        })
        .collect();
    for round in 1..=100 {
        let text = if round % 10 == 0 {
            ": [".to_owned()
        } else {
            mine(&format!("v{round}"))
        };
        write(folder.path(), "a.yaml", &text);
        repository.reload().unwrap();
    }
    stop.store(true, Ordering::Relaxed);
    for reader in readers {
        assert!(reader.join().unwrap() > 0);
    }
    assert_eq!(repository.set().generation, 101);
    assert_eq!(first_word(&repository), "v99");
}
