//! The table of models while the program runs: its files are looked at again and again, and what
//! they say holds from the next call on.

use super::Client;
use crate::{
    catalogue::{Catalogue, CatalogueError},
    settings::LlmSettings,
};
use contracts::Sha256;
use std::{
    fs,
    path::Path,
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};
use tokio_util::sync::CancellationToken;

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// The table that holds, and what its files were when they were looked at last.
pub(super) struct Table {
    current: RwLock<Arc<Catalogue>>,
    seen: Mutex<Option<Sha256>>,
}

impl Table {
    pub(super) fn new(catalogue: Catalogue) -> Self {
        Self {
            current: RwLock::new(Arc::new(catalogue)),
            seen: Mutex::default(),
        }
    }

    pub(super) fn current(&self) -> Arc<Catalogue> {
        self.current
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Looks at the files. Gives the table they make if it is another than the one that holds;
    /// files that were looked at before make none, so that what is wrong is told once.
    fn look(&self, settings: &LlmSettings) -> Result<Option<Arc<Catalogue>>, CatalogueError> {
        let files = Files::read(settings);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let digest = files.digest();
        if seen.replace(digest) == Some(digest) {
            return Ok(None);
        }
        let found = files.catalogue()?;
        if found == *self.current() {
            return Ok(None);
        }
        let found = Arc::new(found);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = found.clone();
        Ok(Some(found))
    }
}

/// The table as the settings say.
pub(super) fn read(settings: &LlmSettings) -> Result<Catalogue, CatalogueError> {
    Files::read(settings).catalogue()
}

/// One file, or why there is none.
struct File {
    name: String,
    text: std::io::Result<String>,
}

impl File {
    fn read(path: &Path) -> Self {
        Self {
            name: path.display().to_string(),
            text: fs::read_to_string(path),
        }
    }

    /// What distinguishes it from what it was before.
    fn state(&self) -> Sha256 {
        match &self.text {
            Ok(text) => Sha256::of(text.as_bytes()),
            Err(error) => Sha256::of(format!("{:?}", error.kind()).as_bytes()),
        }
    }

    fn catalogue(self) -> Result<Catalogue, CatalogueError> {
        match self.text {
            Ok(text) => Catalogue::parse(&self.name, &text),
            Err(error) => Err(CatalogueError::Read(self.name, error)),
        }
    }
}

struct Files {
    capable: Option<File>,
    priced: Option<File>,
}

impl Files {
    fn read(settings: &LlmSettings) -> Self {
        Self {
            capable: settings.llm_capability_file.as_deref().map(File::read),
            priced: settings.llm_price_file.as_deref().map(File::read),
        }
    }

    fn digest(&self) -> Sha256 {
        let states = [&self.capable, &self.priced].map(|file| file.as_ref().map(File::state));
        Sha256::of(format!("{states:?}").as_bytes())
    }

    fn catalogue(self) -> Result<Catalogue, CatalogueError> {
        let capable = match self.capable {
            Some(file) => file.catalogue()?,
            None => Catalogue::built_in()?,
        };
        Ok(match self.priced {
            Some(file) => capable.with_prices_of(&file.catalogue()?),
            None => capable,
        })
    }
}

impl Client {
    /// Looks at the files of the table of models, and takes what they say for every call from now
    /// on; calls that are out go on with what they began with. Says whether anything changed.
    /// Which models answer stays as it was: that one of them has ended is told by its health. Reads
    /// files, and so blocks.
    ///
    /// # Errors
    /// [`CatalogueError`] if a file is not right, once: the table that held holds on, and the same
    /// file is not complained of again.
    pub fn reload_catalogue(&self) -> Result<bool, CatalogueError> {
        let Some(found) = self.0.table.look(&self.0.settings)? else {
            return Ok(false);
        };
        for (target, lane) in &self.0.lanes {
            lane.set_row(found.row(&target.provider, &target.model));
        }
        Ok(true)
    }

    /// Takes the table anew whenever its files change, until it is called off. Returns at once if
    /// the table is the one that is built in.
    pub async fn watch_catalogue(&self, cancel: &CancellationToken) {
        let settings = &self.0.settings;
        if settings.llm_price_file.is_none() && settings.llm_capability_file.is_none() {
            return;
        }
        loop {
            let client = self.clone();
            match tokio::task::spawn_blocking(move || client.reload_catalogue()).await {
                Ok(Ok(false)) => {}
                Ok(Ok(true)) => {
                    let as_of = self.catalogue();
                    tracing::info!(as_of = as_of.as_of(), "table of models taken anew");
                }
                Ok(Err(error)) => {
                    let cause = std::error::Error::source(&error).map(ToString::to_string);
                    tracing::warn!(%error, cause, "the table of models stays as it is");
                }
                Err(error) => tracing::error!(%error, "reading the table of models fell over"),
            }
            tokio::select! {
                () = cancel.cancelled() => return,
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }
}
