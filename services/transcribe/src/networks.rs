//! The networks: what hears a voice, and what writes down what it says.

use crate::{
    compute::{
        WINDOW_SAMPLES,
        activity::CHUNK,
        mel::{BANDS, FRAMES, LogMel},
        search::{Continue, Found, Rules, Step, greedy, languages},
        vocabulary::{Generation, InvalidVocabulary, Vocabulary},
    },
    config::Recogniser,
};
use contracts::manifest::ModelStamp;
use inference::{Engine, ErrorClass, Input, Kept, Model, NamedTensor, Tensor};
use ndarray::{ArrayD, IxDyn, ShapeError};
use stage::StageError;
use tokio_util::sync::CancellationToken;

/// Name of the voice detector in `deploy/models.toml`.
const VOICE_DETECTOR: &str = "silero-vad";
/// Samples before a chunk that the voice detector looks at too.
const CONTEXT: usize = 64;
/// Chunks shown to the voice detector at once: half a minute.
const CHUNKS_AT_ONCE: usize = 1024;
/// Extent of each of the voice detector's two memories.
const MEMORY: [usize; 3] = [1, 1, 128];

/// Why a network does not answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Model(#[from] inference::Error),
    #[error("recogniser answered with {0}; fetch the models again")]
    Answer(String),
    #[error("tensor has another size than stated")]
    Shape(#[from] ShapeError),
    #[error("cancelled")]
    Cancelled,
}

impl From<Failure> for StageError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Cancelled => Self::Cancelled,
            Failure::Model(error) if error.class() == ErrorClass::Environment => {
                Self::transient(error)
            }
            other => Self::rejected(other),
        }
    }
}

/// Why the networks cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A setting makes no sense.
    #[error(transparent)]
    Config(#[from] crate::InvalidConfig),
    /// A network cannot be opened.
    #[error("cannot open the recogniser of speech")]
    Model(#[from] inference::Error),
    /// A file beside the weights is not usable.
    #[error(transparent)]
    Vocabulary(#[from] InvalidVocabulary),
    /// The recogniser does not know the language asked for.
    #[error(
        "setting transcribe.language: the recogniser knows no language '{0}'; leave it out to have it found out"
    )]
    UnknownLanguage(String),
}

/// The networks, opened.
pub(crate) struct Networks {
    voice: Model,
    encoder: Model,
    decoder: Model,
    past: Past,
    rules: Rules,
    heads: Vec<(usize, usize)>,
    mel: LogMel,
    pub(crate) vocabulary: Vocabulary,
}

/// Names of what the decoder remembers, read from its declaration.
struct Past {
    /// Inputs, and the outputs that become them.
    text: Vec<(String, String)>,
    /// The same for what it remembers of the sound.
    sound: Vec<(String, String)>,
    /// Extent of an empty memory.
    empty: Vec<usize>,
}

impl Networks {
    pub(crate) fn open(engine: &Engine, recogniser: Recogniser) -> Result<Self, OpenError> {
        let name = recogniser.name();
        let encoder = engine.load(&format!("{name}-encoder"))?;
        let decoder = engine.load(&format!("{name}-decoder"))?;
        let vocabulary = Vocabulary::parse(&decoder.companion("tokenizer.json")?)?;
        let generation = Generation::parse(&decoder.companion("generation_config.json")?)?;
        let declared = |layer: usize| {
            let wanted = attention_name(layer);
            let mut outputs = decoder.entry().outputs.iter();
            outputs.any(|output| output.name == wanted)
        };
        let heads = generation.alignment_heads.iter().copied();
        Ok(Self {
            voice: engine.load(VOICE_DETECTOR)?,
            past: Past::of(&decoder),
            rules: Rules::new(vocabulary.special(), &generation),
            heads: heads.filter(|(layer, _)| declared(*layer)).collect(),
            mel: LogMel::default(),
            encoder,
            decoder,
            vocabulary,
        })
    }

    pub(crate) fn stamps(&self) -> Vec<ModelStamp> {
        let models = [&self.voice, &self.encoder, &self.decoder];
        models.into_iter().map(Model::stamp).collect()
    }

    pub(crate) fn models(&self) -> [&Model; 3] {
        [&self.voice, &self.encoder, &self.decoder]
    }

    /// Probability of a voice in every chunk of `audio`; the last one is filled up with silence.
    pub(crate) fn voice(
        &self,
        audio: &[f32],
        cancel: &CancellationToken,
    ) -> Result<Vec<f32>, Failure> {
        let extent: usize = MEMORY.iter().product();
        let (mut hidden, mut cell) = (vec![0.0; extent], vec![0.0; extent]);
        let mut probabilities = Vec::with_capacity(audio.len().div_ceil(CHUNK));
        for start in (0..audio.len()).step_by(CHUNK * CHUNKS_AT_ONCE) {
            check(cancel)?;
            let rows = chunks(audio, start);
            let count = rows.len() / (CONTEXT + CHUNK);
            let answer = self.voice.run(vec![
                ("input", floats(&[count, CONTEXT + CHUNK], rows)?),
                ("h", floats(&MEMORY, hidden)?),
                ("c", floats(&MEMORY, cell)?),
            ])?;
            let found = values(&answer, "speech_probs")?;
            if found.len() != count {
                let message = format!("{} probabilities for {count} chunks", found.len());
                return Err(Failure::Answer(message));
            }
            probabilities.extend_from_slice(found);
            hidden = values(&answer, "hn")?.to_vec();
            cell = values(&answer, "cn")?.to_vec();
        }
        Ok(probabilities)
    }

    /// What the recogniser sees in a window of sound.
    pub(crate) fn encode(&self, window: &[f32]) -> Result<Kept, Failure> {
        debug_assert!(window.len() <= WINDOW_SAMPLES);
        let spectrogram = floats(&[1, BANDS, FRAMES], self.mel.spectrogram(window))?;
        let inputs = vec![("input_features", Input::from(spectrogram))];
        let (_, kept) = self
            .encoder
            .run_keeping(inputs, &[], &["last_hidden_state"])?;
        let mut kept = kept.into_iter();
        kept.next()
            .ok_or_else(|| Failure::Answer("no hidden state".into()))
    }

    /// Probability of every language in what was seen.
    pub(crate) fn languages(&self, seen: &Kept) -> Result<Vec<(String, f64)>, Failure> {
        let special = self.vocabulary.special();
        let never = CancellationToken::new();
        let step = Reader::new(self, seen, &never).read(&[special.start])?;
        Ok(languages(&step.next, special))
    }

    /// Writes down what was seen.
    pub(crate) fn write(
        &self,
        seen: &Kept,
        language: u32,
        cancel: &CancellationToken,
    ) -> Result<Found, Failure> {
        let prompt = self.vocabulary.special().prompt(language);
        greedy(&mut Reader::new(self, seen, cancel), &prompt, &self.rules)
    }
}

fn attention_name(layer: usize) -> String {
    format!("cross_attentions.{layer}")
}

impl Past {
    fn of(decoder: &Model) -> Self {
        let declared = decoder.entry().inputs.iter();
        let memories = declared.filter(|spec| spec.name.starts_with("past_key_values."));
        let empty = memories.clone().next().map(|spec| {
            let extents = spec.shape.iter().enumerate();
            let extent = |(axis, extent): (usize, &i64)| match axis {
                0 => 1,
                _ => usize::try_from(*extent).unwrap_or_default(),
            };
            extents.map(extent).collect()
        });
        let pair = |name: &str| {
            let output = name.replacen("past_key_values", "present", 1);
            (name.to_owned(), output)
        };
        let (sound, text) = memories
            .map(|spec| pair(&spec.name))
            .partition(|(name, _)| name.contains(".encoder."));
        Self {
            text,
            sound,
            empty: empty.unwrap_or_default(),
        }
    }
}

/// The decoder while it reads one window.
struct Reader<'a> {
    networks: &'a Networks,
    seen: &'a Kept,
    text: Vec<Kept>,
    sound: Vec<Kept>,
    cancel: &'a CancellationToken,
}

impl<'a> Reader<'a> {
    const fn new(networks: &'a Networks, seen: &'a Kept, cancel: &'a CancellationToken) -> Self {
        Self {
            networks,
            seen,
            text: Vec::new(),
            sound: Vec::new(),
            cancel,
        }
    }

    fn inputs(&self, tokens: &[u32]) -> Result<Vec<(&'a str, Input<'_>)>, Failure> {
        let past = &self.networks.past;
        let ids: Vec<i64> = tokens.iter().copied().map(i64::from).collect();
        let ids = ArrayD::from_shape_vec(IxDyn(&[1, ids.len()]), ids)?;
        let continues = !self.sound.is_empty();
        let mut inputs = vec![
            ("input_ids", Input::from(Tensor::I64(ids))),
            ("encoder_hidden_states", Input::from(self.seen)),
            (
                "use_cache_branch",
                Tensor::Bool(ArrayD::from_elem(IxDyn(&[1]), continues)).into(),
            ),
        ];
        let names = past.text.iter().chain(&past.sound);
        let mut kept = self.text.iter().chain(&self.sound);
        for (name, _) in names {
            let memory = match kept.next() {
                Some(kept) => Input::from(kept),
                None => floats(&past.empty, Vec::new())?.into(),
            };
            inputs.push((name.as_str(), memory));
        }
        Ok(inputs)
    }
}

impl Continue for Reader<'_> {
    type Error = Failure;

    fn read(&mut self, tokens: &[u32]) -> Result<Step, Failure> {
        check(self.cancel)?;
        let networks = self.networks;
        let first = self.sound.is_empty();
        let names = networks.past.text.iter();
        // What it remembers of the sound is only told at the first step, and does not change.
        let sound = networks.past.sound.iter().filter(|_| first);
        let keep: Vec<&str> = names.chain(sound).map(|(_, name)| name.as_str()).collect();
        let layers: Vec<String> = layers(&networks.heads);
        let mut read = vec!["logits"];
        read.extend(layers.iter().map(String::as_str));
        let inputs = self.inputs(tokens)?;
        let (answer, mut kept) = networks.decoder.run_keeping(inputs, &read, &keep)?;
        if first {
            self.sound = kept.split_off(networks.past.text.len());
        }
        self.text = kept;
        let scores = values(&answer, "logits")?;
        let one = scores.len() / tokens.len().max(1);
        let part = |at: usize| scores.get(at..at + one).unwrap_or_default().to_vec();
        Ok(Step {
            next: part(scores.len() - one),
            after_first: if first { part(0) } else { Vec::new() },
            attention: attention(&answer, &networks.heads)?,
        })
    }
}

/// Names of the outputs that hold the attention of the aligned heads, each once.
fn layers(heads: &[(usize, usize)]) -> Vec<String> {
    let mut layers: Vec<usize> = heads.iter().map(|(layer, _)| *layer).collect();
    layers.sort_unstable();
    layers.dedup();
    layers.into_iter().map(attention_name).collect()
}

/// Where each aligned head looks at the last token read.
fn attention(answer: &[NamedTensor], heads: &[(usize, usize)]) -> Result<Vec<Vec<f32>>, Failure> {
    heads
        .iter()
        .map(|(layer, head)| {
            let output = find(answer, &attention_name(*layer))?;
            let shape = output.tensor.shape();
            let row = match (shape, output.tensor.as_slice()) {
                ([1, _, tokens, frames], Some(values)) => {
                    // Rows lie token by token within a head.
                    let start = (head + 1) * tokens * frames;
                    values.get(start.saturating_sub(*frames)..start)
                }
                _ => None,
            };
            row.map(<[f32]>::to_vec)
                .ok_or_else(|| Failure::Answer(format!("attention of shape {shape:?}")))
        })
        .collect()
}

fn find<'a>(answer: &'a [NamedTensor], name: &str) -> Result<&'a NamedTensor, Failure> {
    let mut outputs = answer.iter();
    outputs
        .find(|output| output.name == name)
        .ok_or_else(|| Failure::Answer(format!("no output '{name}'")))
}

fn values<'a>(answer: &'a [NamedTensor], name: &str) -> Result<&'a [f32], Failure> {
    Ok(find(answer, name)?.tensor.as_slice().unwrap_or_default())
}

fn floats(shape: &[usize], values: Vec<f32>) -> Result<Tensor, Failure> {
    Ok(Tensor::F32(ArrayD::from_shape_vec(IxDyn(shape), values)?))
}

/// Rows for the voice detector from sample `start` on: what lies before a chunk, and the chunk.
fn chunks(audio: &[f32], start: usize) -> Vec<f32> {
    let rest = audio.len().saturating_sub(start).div_ceil(CHUNK);
    let mut rows = Vec::new();
    for chunk in 0..rest.min(CHUNKS_AT_ONCE) {
        let from = start + chunk * CHUNK;
        let before = audio.get(from.saturating_sub(CONTEXT)..from);
        let before = before.unwrap_or_default();
        rows.resize(rows.len() + CONTEXT - before.len(), 0.0);
        rows.extend_from_slice(before);
        let until = (from + CHUNK).min(audio.len());
        let own = audio.get(from..until).unwrap_or_default();
        rows.extend_from_slice(own);
        rows.resize(rows.len() + CHUNK - own.len(), 0.0);
    }
    rows
}

fn check(cancel: &CancellationToken) -> Result<(), Failure> {
    if cancel.is_cancelled() {
        return Err(Failure::Cancelled);
    }
    Ok(())
}
