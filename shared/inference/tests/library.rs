//! ONNX Runtime libraries that are none: always an error that names the remedy, never a hang, a
//! signal or a panic. Afterwards the right one still loads in the same process.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

mod support;

use inference::{CacheDir, Engine, EngineConfig, Error, ErrorClass};
use std::{path::Path, process::Command};
use support::{config, real_cache, real_library};

fn refusal(library: &Path) -> String {
    let config = EngineConfig {
        library: Some(library.into()),
        ..config()
    };
    match Engine::start(real_cache(), config) {
        Ok(_) => panic!("{} was accepted", library.display()),
        Err(error) => {
            assert!(matches!(error, Error::Library { .. }), "{error}");
            assert_eq!(error.class(), ErrorClass::Environment);
            let text = error.to_string();
            assert!(
                text.contains("rumiai models fetch") && text.contains("ORT_DYLIB_PATH"),
                "{text}"
            );
            text
        }
    }
}

/// A shared library whose `OrtGetApiBase` says that it is of `version`.
fn pretender(folder: &Path, version: &str) -> std::path::PathBuf {
    let source = folder.join("pretender.c");
    let code = format!(
        "struct base {{ const void *(*get)(unsigned); const char *(*version)(void); }};\n\
         static const void *get(unsigned number) {{ return 0; }}\n\
         static const char *version(void) {{ return \"{version}\"; }}\n\
         static const struct base base = {{ get, version }};\n\
         const struct base *OrtGetApiBase(void) {{ return &base; }}\n"
    );
    std::fs::write(&source, code).unwrap();
    let library = folder.join(format!("lib{version}.so"));
    let done = Command::new("cc")
        .args(["-shared", "-fPIC", "-o"])
        .arg(&library)
        .arg(&source)
        .status();
    assert!(
        done.expect("a C compiler, which linking needs too")
            .success()
    );
    library
}

#[test]
fn every_bad_library_gives_an_error_and_the_good_one_still_loads() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    };
    assert!(refusal(&folder.path().join("none.so")).contains("no such file"));
    assert!(refusal(folder.path()).contains("not a shared library"));
    assert!(refusal(&file("empty.so", b"")).contains("not a shared library"));
    assert!(
        refusal(&file("text.so", &b"not a library\n".repeat(100))).contains("not a shared library")
    );
    let whole = std::fs::read(real_library()).unwrap();
    for share in [2, 10, 100_000] {
        let cut = file("cut.so", &whole[..whole.len() / share]);
        assert!(refusal(&cut).contains("cut short"), "1/{share}");
    }
    let mut foreign = whole[..4096].to_vec();
    foreign[18] = 0xf3; // RISC-V
    assert!(refusal(&file("foreign.so", &foreign)).contains("another machine"));
    assert!(refusal(&pretender(folder.path(), "1.10.0")).contains("1.10.0"));
    let executable = std::env::current_exe().unwrap();
    refusal(&executable);

    let engine = Engine::start(real_cache(), config()).unwrap();
    assert!(engine.load("coco-ssd").is_ok());
}

#[test]
fn another_library_without_the_entry_point_gives_an_error() {
    // The C library's own mathematics: a whole shared library, and the wrong one.
    let known = [
        "/lib/x86_64-linux-gnu/libz.so.1",
        "/lib/x86_64-linux-gnu/libm.so.6",
        "/lib/aarch64-linux-gnu/libm.so.6",
    ];
    let found: Vec<_> = known
        .iter()
        .map(Path::new)
        .filter(|path| path.exists())
        .collect();
    assert!(!found.is_empty());
    for library in found {
        assert!(refusal(library).contains("OrtGetApiBase"));
    }
}

#[test]
fn a_cached_library_is_missing_or_altered() {
    let folder = tempfile::tempdir().unwrap();
    let cache = CacheDir::new(folder.path());
    let missing = Engine::start(cache.clone(), config()).err().unwrap();
    assert!(matches!(missing, Error::Missing { .. }), "{missing}");
    assert!(missing.to_string().contains("rumiai models fetch"));

    let version = real_library()
        .parent()
        .unwrap()
        .file_name()
        .unwrap()
        .to_owned();
    let path = cache.runtime_library(version.to_str().unwrap());
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut bytes = std::fs::read(real_library()).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let altered = Engine::start(cache, config()).err().unwrap();
    assert!(matches!(altered, Error::WrongDigest { .. }), "{altered}");
}

#[test]
fn a_second_library_in_one_process_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("libonnxruntime.so");
    std::fs::copy(real_library(), &copy).unwrap();
    let first = Engine::start(real_cache(), config());
    let second = Engine::start(
        real_cache(),
        EngineConfig {
            library: Some(copy),
            ..config()
        },
    );
    assert!(first.is_ok());
    assert!(matches!(second, Err(Error::LibraryAlreadyLoaded { .. })));
}

#[test]
fn a_library_that_only_pretends_gives_an_error_and_stays_the_one_of_its_process() {
    let folder = tempfile::tempdir().unwrap();
    assert!(refusal(&pretender(folder.path(), "1.31.0")).contains("does not give the functions"));
    let next = Engine::start(real_cache(), config());
    assert!(matches!(next, Err(Error::LibraryAlreadyLoaded { .. })));
}
