//! What runs networks in tests.

use crate::{cache_dir, cache_file};
use inference::{CacheDir, Engine, EngineConfig, ModelSet, Provider};
use std::sync::{Mutex, PoisonError};

/// The engine on the CPU with the weights of `set` that `make setup` fetches.
///
/// # Panics
/// If they are not there.
#[must_use]
pub fn engine(set: ModelSet) -> Engine {
    // ONNX Runtime is loaded once per process, whichever test comes first.
    static LOADING: Mutex<()> = Mutex::new(());
    let _alone = LOADING.lock().unwrap_or_else(PoisonError::into_inner);
    assert!(cache_file("models").is_dir());
    let settings = EngineConfig {
        set,
        providers: vec![Provider::Cpu],
        ..EngineConfig::default()
    };
    Engine::start(CacheDir::new(cache_dir()), settings).unwrap()
}
