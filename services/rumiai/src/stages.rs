//! Opening the stages of the flow: the one place that knows what each is made of.

use crate::{
    analyze::Failure,
    exit::{Exit, chain},
    language_models::{self, LanguageModels},
    settings::Settings,
};
use contracts::{StageName, flow::FLOW};
use decode::Decode;
use detect::Detect;
use emotion::Emotion;
use inference::{Engine, Served};
use ingest::Ingest;
use insight::{Commentator, Insight};
use label::LabelScenes;
use moderate::Moderate;
use ocr::Ocr;
use people::People;
use shots::Shots;
use sound::{Classifier, Sound};
use stage::Stage;
use std::{cell::OnceCell, error::Error, sync::Arc};
use timeline::Timeline;
use transcribe::Transcribe;
use worker::{AnyStage, SystemClock, erase, unavailable};

/// What stages are opened with. The library behind networks is only loaded if a stage wants one.
pub struct Opener<'a> {
    settings: &'a Settings,
    engine: OnceCell<Result<Engine, String>>,
    language_models: tokio::sync::OnceCell<LanguageModels>,
}

impl<'a> Opener<'a> {
    /// An opener with these settings.
    #[must_use]
    pub fn new(settings: &'a Settings) -> Self {
        Self {
            settings,
            engine: OnceCell::new(),
            language_models: tokio::sync::OnceCell::new(),
        }
    }

    /// Opens every stage for which `wanted` is true, in the order of the flow.
    ///
    /// # Errors
    /// [`Failure`] if a stage that every result needs cannot be opened.
    pub async fn all(
        &self,
        wanted: impl Fn(StageName) -> bool,
    ) -> Result<Vec<Arc<dyn AnyStage>>, Failure> {
        let names = FLOW.iter().map(|spec| spec.name);
        let mut opened = Vec::new();
        for name in names.filter(|name| wanted(*name)) {
            opened.push(self.open(name).await?);
        }
        Ok(opened)
    }

    /// Opens a stage. One that looks or listens through a network and cannot be opened is replaced
    /// by a stand-in that leaves a failed manifest, so that the result says what is missing.
    ///
    /// # Errors
    /// [`Failure`] if a stage that every result needs cannot be opened.
    pub async fn open(&self, name: StageName) -> Result<Arc<dyn AnyStage>, Failure> {
        let settings = self.settings;
        Ok(match name {
            StageName::Ingest => checked(Ingest::new(settings.ingest.clone()))?,
            StageName::Decode => erase(
                Decode::new(settings.decode.clone())
                    .map_err(|error| Failure::new(Exit::Failure, "DecoderError", &error))?,
            ),
            StageName::Shots => checked(Shots::new(settings.shots.clone()))?,
            StageName::Timeline => checked(
                Timeline::new(settings.timeline, settings.brand.clone())
                    .map(|timeline| timeline.with_style(settings.output.style())),
            )?,
            StageName::Insight => self.insight().await?,
            StageName::Sound => self.sound()?,
            StageName::Detect => self.with_engine(|e| Detect::open(e, settings.detect.clone())),
            StageName::People => self.with_engine(|e| People::open(e, settings.people.clone())),
            StageName::Emotion => self.with_engine(|e| Emotion::open(e, settings.emotion.clone())),
            StageName::Ocr => self.with_engine(|e| Ocr::open(e, settings.ocr.clone())),
            StageName::Transcribe => {
                self.with_engine(|e| Transcribe::open(e, settings.transcribe.clone()))
            }
            StageName::Moderate => {
                self.with_engine(|e| Moderate::open(e, settings.moderate.clone()))
            }
            StageName::Label => {
                self.with_engine(|e| LabelScenes::open(e, settings.label.clone()).map_err(Box::new))
            }
        })
    }

    /// What runs networks.
    ///
    /// # Errors
    /// Why it cannot be started, and what mends it.
    pub fn engine(&self) -> Result<&Engine, String> {
        let start = || {
            let cache = self.settings.cache().map_err(|error| error.to_string())?;
            Engine::start(cache, self.settings.models.clone()).map_err(|error| chain(&error))
        };
        self.engine
            .get_or_init(start)
            .as_ref()
            .map_err(Clone::clone)
    }

    /// The models that were opened and what they run on; none if no stage wanted one.
    #[must_use]
    pub fn served(&self) -> Vec<Served> {
        match self.engine.get() {
            Some(Ok(engine)) => engine.served(),
            _ => Vec::new(),
        }
    }

    fn with_engine<S: Stage, E: Error>(
        &self,
        open: impl FnOnce(&Engine) -> Result<S, E>,
    ) -> Arc<dyn AnyStage> {
        let opened = self
            .engine()
            .and_then(|engine| open(engine).map_err(|error| chain(&error)));
        match opened {
            Ok(stage) => erase(stage),
            Err(reason) => unavailable(S::NAME, reason),
        }
    }

    /// The stage that asks language models; a stand-in where none can be asked.
    async fn insight(&self) -> Result<Arc<dyn AnyStage>, Failure> {
        let settings = self.settings;
        let claude = settings.insight.commentator == Commentator::Claude;
        if claude && settings.llm.claude_key().is_none() {
            return Ok(unavailable(StageName::Insight, insight::Off.to_string()));
        }
        let models = self.language_models.get_or_try_init(|| async {
            language_models::warn_of_unknown(&settings.unknown_variables);
            let clock = Arc::new(SystemClock::start());
            let (answers, prompts) = (&settings.response_cache, &settings.prompts);
            let opened = language_models::open(&settings.llm, answers, prompts, clock).await;
            opened.map_err(|error| Failure::new(Exit::Settings, "SettingsError", error.as_ref()))
        });
        let models = models.await?;
        let parts = insight::Parts {
            models: models.cached.clone(),
            templates: models.templates.clone(),
            marks: models.marks.clone(),
        };
        checked(Insight::new(settings.insight.clone(), parts))
    }

    /// The language models, if a stage asks them.
    #[must_use]
    pub fn into_language_models(self) -> Option<LanguageModels> {
        self.language_models.into_inner()
    }

    fn sound(&self) -> Result<Arc<dyn AnyStage>, Failure> {
        let sound = Sound::new(self.settings.sound.clone())
            .map_err(|error| Failure::new(Exit::Settings, "SettingsError", &error))?;
        if !self.settings.sound.classify {
            let off = Classifier::without("switched off by sound.classify");
            return Ok(erase(sound.with_classifier(off)));
        }
        let classifier = self.engine().map(Classifier::open);
        let missing = match &classifier {
            Ok(classifier) => classifier.missing().map(str::to_owned),
            Err(reason) => Some(reason.clone()),
        };
        Ok(match (classifier, missing) {
            (Ok(classifier), None) => erase(sound.with_classifier(classifier)),
            (_, reason) => unavailable(
                StageName::Sound,
                format!(
                    "{}; or set sound.classify = false to do without",
                    reason.unwrap_or_default()
                ),
            ),
        })
    }
}

fn checked<S: Stage, E: Error>(stage: Result<S, E>) -> Result<Arc<dyn AnyStage>, Failure> {
    stage
        .map(erase)
        .map_err(|error| Failure::new(Exit::Settings, "SettingsError", &error))
}
