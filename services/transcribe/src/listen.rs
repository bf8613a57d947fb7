//! Showing the sound to the networks, window by window.

use crate::{
    Transcribe,
    compute::{
        SAMPLE_RATE_HZ, Stretch, activity, samples_of,
        transcript::{self, Heard, Language, Scene, passed_over},
        windows::{Window, pack},
    },
    networks::Failure,
};
use contracts::{decoded::AudioTrack, speech::SpeechTranscript};
use inference::Kept;
use media::audio;
use stage::{StageContext, StageError};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

/// Windows the language is judged by.
const LANGUAGE_WINDOWS: usize = 3;

/// What a stage cannot take.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("audio has {0} samples per second, expected {SAMPLE_RATE_HZ}; decode the video again")]
    Rate(u32),
    #[error(
        "speech fills {found} windows of 30 seconds, limit is {limit}; raise `transcribe.windows.max_windows` if the video deserves it"
    )]
    TooMuch { found: usize, limit: usize },
}

/// The audio and where a voice is active in it.
#[derive(Clone)]
struct Sound {
    samples: Arc<[f32]>,
    voice: Arc<[Stretch]>,
}

/// A window and what the recogniser sees in it, if it has looked already.
struct Waiting {
    window: Window,
    seen: Option<Kept>,
}

impl Transcribe {
    /// Finds where a voice is active, and what it says.
    pub(crate) async fn listen(
        &self,
        track: &AudioTrack,
        context: &StageContext,
    ) -> Result<SpeechTranscript, StageError> {
        if track.sample_rate_hz != SAMPLE_RATE_HZ {
            return Err(StageError::rejected(Refused::Rate(track.sample_rate_hz)));
        }
        let samples = self.samples(track, context).await?;
        let voice: Arc<[Stretch]> = self.voice(&samples, context).await?.into();
        let windows = pack(&voice, samples.len(), &self.config.windows);
        let limit = self.config.windows.max_windows;
        if windows.len() > limit {
            let found = windows.len();
            return Err(StageError::rejected(Refused::TooMuch { found, limit }));
        }
        let mut scene = Scene {
            length: samples.len(),
            voice: voice.to_vec(),
            language: None,
            recogniser: self.config.model.name().into(),
            models: self.networks.stamps(),
            windows: 0,
            recognised: 0,
        };
        let sound = Sound { samples, voice };
        let heard = self.hear_all(windows, &sound, &mut scene, context).await?;
        let config = self.config.clone();
        context
            .blocking(move || Ok(transcript::transcript(heard, &scene, &config)))
            .await
    }

    /// What is said in each window, by time, and in what they passed over.
    async fn hear_all(
        &self,
        windows: Vec<Window>,
        sound: &Sound,
        scene: &mut Scene,
        context: &StageContext,
    ) -> Result<Vec<Heard>, StageError> {
        let mut heard = Vec::new();
        if windows.is_empty() {
            return Ok(heard);
        }
        let unseen = |window| Waiting { window, seen: None };
        let mut waiting: VecDeque<Waiting> = windows.into_iter().map(unseen).collect();
        let language = self.language(&mut waiting, sound, context).await?;
        scene.language = Some(language.clone());
        let least = samples_of(self.config.windows.min_repeated_ms);
        while let Some(next) = waiting.pop_front() {
            let window = next.window.clone();
            scene.windows += 1;
            scene.recognised += window.length();
            let mut found = self.hear(next, sound, &language.code, context).await?;
            let until = waiting.front().map(|next| next.window.start());
            let rest = passed_over(&found, &window, &sound.voice, until, least);
            if let Some(rest) = rest {
                found.end = rest.start();
                waiting.push_front(unseen(rest));
            }
            heard.push(found);
            let done = scene.windows as u64;
            context.advance(done, done + waiting.len() as u64);
        }
        Ok(heard)
    }

    async fn samples(
        &self,
        track: &AudioTrack,
        context: &StageContext,
    ) -> Result<Arc<[f32]>, StageError> {
        let bytes = context.artifacts.get(&track.samples).await?;
        let track = track.clone();
        context
            .blocking(move || {
                let samples = audio::samples(&bytes, &track).map_err(StageError::rejected)?;
                Ok(samples.into())
            })
            .await
    }

    async fn voice(
        &self,
        samples: &Arc<[f32]>,
        context: &StageContext,
    ) -> Result<Vec<Stretch>, StageError> {
        let (networks, samples) = (self.networks.clone(), samples.clone());
        let (config, cancel) = (self.config.clone(), context.cancel.clone());
        context
            .blocking(move || {
                let probabilities = networks.voice(&samples, &cancel)?;
                let length = samples.len();
                Ok(activity::stretches(
                    &probabilities,
                    length,
                    &config.activity,
                ))
            })
            .await
    }

    /// The language: the prescribed one, or the most probable one over the first windows, in each
    /// of which the recogniser looks only once.
    async fn language(
        &self,
        waiting: &mut VecDeque<Waiting>,
        sound: &Sound,
        context: &StageContext,
    ) -> Result<Language, StageError> {
        if let Some(code) = &self.config.language {
            return Ok(Language {
                code: code.clone(),
                probability: None,
            });
        }
        let mut sums: BTreeMap<String, f64> = BTreeMap::new();
        let mut judged = 0.0;
        for next in waiting.iter_mut().take(LANGUAGE_WINDOWS) {
            let (networks, samples) = (self.networks.clone(), sound.samples.clone());
            let window = next.window.clone();
            let (seen, found) = context
                .blocking(move || {
                    let seen = networks.encode(&window.cut(&samples))?;
                    let found = networks.languages(&seen)?;
                    Ok((seen, found))
                })
                .await?;
            let weight = next.window.length() as f64;
            judged += weight;
            for (code, probability) in found {
                *sums.entry(code).or_default() += weight * probability;
            }
            next.seen = Some(seen);
        }
        let best = sums
            .into_iter()
            .reduce(|best, next| if next.1 > best.1 { next } else { best });
        let (code, sum) = best.ok_or(Failure::Answer("no language".into()))?;
        Ok(Language {
            code,
            probability: Some(sum / judged),
        })
    }

    /// What is said in a window.
    async fn hear(
        &self,
        next: Waiting,
        sound: &Sound,
        language: &str,
        context: &StageContext,
    ) -> Result<Heard, StageError> {
        let (networks, cancel) = (self.networks.clone(), context.cancel.clone());
        let Sound { samples, voice } = sound.clone();
        let code = language.to_owned();
        context
            .blocking(move || {
                let Waiting { window, seen } = next;
                let seen = match seen {
                    Some(seen) => seen,
                    None => networks.encode(&window.cut(&samples))?,
                };
                let vocabulary = &networks.vocabulary;
                let token = vocabulary.special().languages.get(&code);
                let unknown = || Failure::Answer(format!("no language '{code}'"));
                let token = token.copied().ok_or_else(unknown)?;
                let found = networks.write(&seen, token, &cancel)?;
                Ok(transcript::hear(&found, &window, &voice, vocabulary, &code))
            })
            .await
    }
}
