//! ONNX Runtime's shared library: found, checked, loaded once.

use crate::{
    cache::{CacheDir, digest_of},
    elf,
    error::{Error, Result},
    registry::{Manifest, RuntimeEntry},
};
use ort::environment::{Environment, EnvironmentBuilder};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

enum State {
    /// Nothing yet; a refused file leaves it so.
    Empty,
    /// In use.
    Loaded(PathBuf, Environment),
    /// It got as far as being mapped and failed then. It cannot be unloaded.
    Spoiled(PathBuf),
}

/// A process has one library and one environment, for good.
static STATE: Mutex<State> = Mutex::new(State::Empty);

/// Loads the library at `configured`, or the pinned one out of the cache after comparing its
/// digest. A library that was loaded already is used again.
pub(crate) fn load(
    cache: &CacheDir,
    manifest: &Manifest,
    configured: Option<&Path>,
) -> Result<Environment> {
    let (path, pinned) = match configured {
        Some(path) => (path.to_path_buf(), None),
        None => {
            let pinned = manifest.runtime()?;
            (cache.runtime_library(&pinned.version), Some(pinned))
        }
    };
    let mut state = STATE.lock().unwrap_or_else(PoisonError::into_inner);
    match &*state {
        State::Loaded(loaded, environment) if *loaded == path => return Ok(environment.clone()),
        State::Loaded(loaded, _) | State::Spoiled(loaded) => {
            return Err(Error::LibraryAlreadyLoaded {
                loaded: loaded.clone(),
                asked: path,
            });
        }
        State::Empty => {}
    }
    if let Some(pinned) = pinned {
        check_pinned(&path, pinned)?;
    }
    let builder = map(&path)?;
    *state = State::Spoiled(path.clone());
    let environment = build(&path, builder)?;
    tracing::info!(library = %path.display(), "ONNX Runtime loaded");
    *state = State::Loaded(path, environment.clone());
    Ok(environment)
}

fn check_pinned(path: &Path, pinned: &RuntimeEntry) -> Result<()> {
    let expected = pinned.source.files.first().map(|file| file.sha256);
    match (digest_of(path)?, expected) {
        (None, _) => Err(Error::Missing {
            what: "ONNX Runtime".into(),
            path: path.into(),
            group: None,
        }),
        (Some(found), Some(expected)) if found != expected => Err(Error::WrongDigest {
            path: path.into(),
            expected,
            found,
        }),
        _ => Ok(()),
    }
}

fn refuse(path: &Path, message: impl ToString) -> Error {
    Error::Library {
        path: path.into(),
        message: message.to_string(),
    }
}

/// Nothing of `ort` is called before its own checked entry, and nothing is given to that before
/// the file looks whole.
fn map(path: &Path) -> Result<EnvironmentBuilder> {
    elf::check_library(path).map_err(|message| refuse(path, message))?;
    // Relative paths are taken against the executable's folder by `ort`, not the working folder.
    let absolute = std::path::absolute(path).map_err(|error| refuse(path, error))?;
    ort::init_from(&absolute).map_err(|error| refuse(path, error))
}

/// `ort` panics where a library that called itself new enough does not give its functions; that
/// is one more bad library, not a mistake of the program, so it becomes an error as well.
fn build(path: &Path, builder: EnvironmentBuilder) -> Result<Environment> {
    let builder = builder.with_name("rumiai").with_telemetry(false);
    match catch_unwind(AssertUnwindSafe(|| builder.build())) {
        Ok(built) => built.map_err(|error| refuse(path, error)),
        Err(_) => Err(refuse(
            path,
            "it does not give the functions of its stated version",
        )),
    }
}
