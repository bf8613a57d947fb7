//! The networks: what names pictures, and what says what they look like.

use crate::{
    OpenError,
    compute::{
        Error, Prepared, Reader, Sight, by_classes, by_likeness, class_names, cosine, embeddings,
        for_classifier, for_clip, for_embedder, mean_over_tokens, probabilities, row, seen,
    },
    config::{ClipConfig, Config},
};
use contracts::{
    labels::{Label, LabelMethod},
    manifest::ModelStamp,
};
use inference::{
    Engine, Model, NamedTensor, OwnModel, Tensor,
    registry::{ElementType, TensorSpec},
};
use media::RgbPicture;
use ndarray::{ArrayD, IxDyn};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Names of the networks in `deploy/models.toml`.
const CLASSIFIER: &str = "efficientnet-lite3";
const CLASS_NAMES: &str = "efficientnet_labels.txt";
const TEXT_NETWORK: &str = "minilm";
const TOKENIZER: &str = "tokenizer.json";
const EMBEDDER: &str = "image-embedder";
/// What errors call them.
const THE_EMBEDDER: &str = "the embedder of pictures";
const THE_IMAGE_NETWORK: &str = "the network for pictures";
const THE_TEXT_NETWORK: &str = "the network for texts";

/// Why a network does not answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Model(#[from] inference::Error),
    #[error(transparent)]
    Answer(#[from] Error),
}

/// The networks, opened.
pub(crate) struct Networks {
    namer: Namer,
    embedder: Model,
    candidates: Vec<String>,
    /// The list as points, in its order.
    texts: Vec<Vec<f32>>,
}

/// What names pictures.
enum Namer {
    Classes(Box<Classes>),
    Pair(Pair),
}

/// A classifier, and what tells how near its names are to labels.
struct Classes {
    classifier: Model,
    names: Vec<Vec<String>>,
    text: Model,
    reader: Reader,
    /// Names of classes as points, as far as they were needed.
    known: Mutex<BTreeMap<usize, Arc<Vec<Vec<f32>>>>>,
}

/// A pair of the user's own.
struct Pair {
    image: Model,
    text: Model,
    side: u32,
    scale: f64,
}

impl Networks {
    pub(crate) fn open(engine: &Engine, config: &Config) -> Result<Self, OpenError> {
        let candidates = config.candidates.clone();
        let (namer, texts) = match &config.clip {
            Some(clip) => pair(engine, clip, &candidates)?,
            None => classes(engine, &candidates)?,
        };
        Ok(Self {
            namer,
            embedder: engine.load(EMBEDDER)?,
            candidates,
            texts,
        })
    }

    pub(crate) fn method(&self) -> LabelMethod {
        match self.namer {
            Namer::Classes(_) => LabelMethod::ClassNameSimilarity,
            Namer::Pair(_) => LabelMethod::ImageTextSimilarity,
        }
    }

    pub(crate) fn models(&self) -> [&Model; 3] {
        let (image, text) = match &self.namer {
            Namer::Classes(classes) => (&classes.classifier, &classes.text),
            Namer::Pair(pair) => (&pair.image, &pair.text),
        };
        [image, text, &self.embedder]
    }

    pub(crate) fn embedder(&self) -> ModelStamp {
        self.embedder.stamp()
    }

    pub(crate) fn prepare(&self, pictures: &[RgbPicture]) -> Result<Prepared, Error> {
        Ok(Prepared {
            named: match &self.namer {
                Namer::Classes(_) => for_classifier(pictures)?,
                Namer::Pair(pair) => vec![for_clip(pictures, pair.side)?],
            },
            embedded: for_embedder(pictures)?,
        })
    }

    pub(crate) fn look(&self, prepared: Prepared) -> Result<Vec<Sight>, Failure> {
        let count = prepared.embedded.shape().first().copied();
        let count = count.unwrap_or_default();
        let answer = run_only(&self.embedder, prepared.embedded)?;
        let embedded = embeddings(&answer, count, THE_EMBEDDER)?;
        let named = match &self.namer {
            Namer::Classes(classes) => prepared
                .named
                .into_iter()
                .map(|picture| classes.name(picture, &self.candidates, &self.texts))
                .collect::<Result<Vec<_>, _>>()?,
            Namer::Pair(pair) => {
                let points = pair.see(prepared.named, count)?;
                let labels = points
                    .iter()
                    .map(|point| by_likeness(point, &self.texts, &self.candidates, pair.scale));
                labels.map(|labels| (labels, Vec::new())).collect()
            }
        };
        let sights = named.into_iter().zip(embedded);
        Ok(sights
            .map(|((labels, classes), embedding)| Sight {
                labels,
                classes,
                embedding,
            })
            .collect())
    }
}

fn classes(engine: &Engine, candidates: &[String]) -> Result<(Namer, Vec<Vec<f32>>), OpenError> {
    let classifier = engine.load(CLASSIFIER)?;
    let text = engine.load(TEXT_NETWORK)?;
    let reader = Reader::parse(&text.companion(TOKENIZER)?)?;
    let names = classifier.companion(CLASS_NAMES)?;
    let classes = Classes {
        names: class_names(&String::from_utf8_lossy(&names)),
        classifier,
        reader,
        known: Mutex::default(),
        text,
    };
    let texts = candidates.iter().map(|label| classes.read(label));
    let texts = texts.collect::<Result<Vec<_>, _>>()?;
    Ok((Namer::Classes(Box::new(classes)), texts))
}

impl Classes {
    /// Labels of a picture, and the classes they come from.
    fn name(
        &self,
        picture: Tensor,
        candidates: &[String],
        texts: &[Vec<f32>],
    ) -> Result<(Vec<Label>, Vec<Label>), Failure> {
        let answer = run_only(&self.classifier, picture)?;
        let named = seen(&probabilities(&answer, self.names.len())?);
        let mut points = BTreeMap::new();
        for one in &named {
            points.insert(one.class, self.points(one.class)?);
        }
        let likeness = |class: usize, label: usize| -> f64 {
            let (Some(points), Some(text)) = (points.get(&class), texts.get(label)) else {
                return 0.0;
            };
            let likest = points.iter().map(|point| cosine(point, text));
            likest.fold(0.0, f64::max)
        };
        let labels = by_classes(&named, candidates, likeness);
        let classes = named.iter().filter_map(|one| {
            Some(Label {
                label: self.names.get(one.class)?.first()?.clone(),
                confidence: one.probability,
            })
        });
        Ok((labels, classes.collect()))
    }

    /// The names of a class as points; read once.
    fn points(&self, class: usize) -> Result<Arc<Vec<Vec<f32>>>, Failure> {
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(points) = known().get(&class) {
            return Ok(points.clone());
        }
        let names = self.names.get(class).map(Vec::as_slice).unwrap_or_default();
        let points = names.iter().map(|name| self.read(name));
        let points = Arc::new(points.collect::<Result<Vec<_>, _>>()?);
        known().insert(class, points.clone());
        Ok(points)
    }

    /// A text as a point. One at a time: what stands beside it would change its last bits.
    fn read(&self, text: &str) -> Result<Vec<f32>, Failure> {
        let tokens = self.reader.tokens(text)?;
        let same = |value: i64| Tensor::I64(ArrayD::from_elem(IxDyn(&[1, tokens.len()]), value));
        let answer = self.text.run(vec![
            ("attention_mask", same(1)),
            ("token_type_ids", same(0)),
            ("input_ids", row(tokens.clone())?),
        ])?;
        Ok(mean_over_tokens(&answer)?)
    }
}

fn pair(
    engine: &Engine,
    clip: &ClipConfig,
    candidates: &[String],
) -> Result<(Namer, Vec<Vec<f32>>), OpenError> {
    let side = i64::from(clip.side);
    let tensor = |name: &str, element, shape: &[i64]| TensorSpec {
        name: name.into(),
        element,
        shape: shape.to_vec(),
        may_be_empty: false,
        meaning: String::new(),
    };
    let image = engine.load_own(&OwnModel {
        name: "own-image".into(),
        path: clip.image.clone(),
        inputs: vec![tensor(
            "pixel_values",
            ElementType::F32,
            &[-1, 3, side, side],
        )],
        outputs: vec![tensor("image_embeds", ElementType::F32, &[-1, -1])],
    })?;
    let mut inputs = vec![tensor("input_ids", ElementType::I64, &[-1, -1])];
    if clip.attention_mask {
        inputs.push(tensor("attention_mask", ElementType::I64, &[-1, -1]));
    }
    let text = engine.load_own(&OwnModel {
        name: "own-text".into(),
        path: clip.text.clone(),
        inputs,
        outputs: vec![tensor("text_embeds", ElementType::F32, &[-1, -1])],
    })?;
    let json = std::fs::read(&clip.tokenizer).map_err(|source| OpenError::File {
        path: clip.tokenizer.clone(),
        source,
    })?;
    let reader = Reader::parse(&json)?;
    let mut texts = Vec::with_capacity(candidates.len());
    for label in candidates {
        let tokens = reader.tokens(&clip.prompt.replace("{}", label))?;
        let mask = Tensor::I64(ArrayD::from_elem(IxDyn(&[1, tokens.len()]), 1));
        let mut inputs = vec![("input_ids", row(tokens)?)];
        if clip.attention_mask {
            inputs.push(("attention_mask", mask));
        }
        let answer = text.run(inputs)?;
        texts.extend(embeddings(&answer, 1, THE_TEXT_NETWORK)?);
    }
    let pair = Pair {
        image,
        text,
        side: clip.side,
        scale: clip.scale,
    };
    Ok((Namer::Pair(pair), texts))
}

impl Pair {
    fn see(&self, pictures: Vec<Tensor>, count: usize) -> Result<Vec<Vec<f32>>, Failure> {
        let mut points = Vec::new();
        for tensor in pictures {
            let answer = run_only(&self.image, tensor)?;
            points.extend(embeddings(&answer, count, THE_IMAGE_NETWORK)?);
        }
        Ok(points)
    }
}

/// Runs a network that has one input.
fn run_only(model: &Model, input: Tensor) -> Result<Vec<NamedTensor>, inference::Error> {
    let name = model.entry().inputs.first().map(|spec| spec.name.as_str());
    model.run(vec![(name.unwrap_or_default(), input)])
}
