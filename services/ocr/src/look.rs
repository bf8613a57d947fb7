//! Showing frames to the models: pictures are opened and compared while the models look at the
//! ones before.

use crate::{
    Ocr,
    compute::{
        sampling::{Change, Mosaic, Scan, Verdict, refinement, step},
        tracks::{Look, TextLine, agree},
    },
    reader,
};
use contracts::{
    MediaTime,
    decoded::{PictureEntry, PictureIndex, PictureSet},
};
use inference::ErrorClass;
use media::{PictureError, RgbPicture, pictures};
use stage::{StageContext, StageError};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// Pictures opened while the models look at those before.
const CHUNK: usize = 8;

/// What is known of the pictures of a video, by position.
#[derive(Default)]
struct Known {
    /// Pictures whose text is known, with the one that was looked at: itself, or one it does not
    /// differ from.
    sources: BTreeMap<usize, usize>,
    lines: BTreeMap<usize, Vec<TextLine>>,
    mosaics: BTreeMap<usize, Arc<Mosaic>>,
}

/// A picture the models will look at.
struct Opened {
    at: usize,
    picture: RgbPicture,
    mosaic: Arc<Mosaic>,
}

/// Some pictures, opened and compared.
struct Ready {
    opened: Vec<Opened>,
    same: Vec<(usize, usize)>,
    scan: Option<Scan>,
}

/// The looks at a video, with what each picture looks like.
pub(crate) struct Looks {
    pub(crate) looks: Vec<Look>,
    pub(crate) mosaics: Vec<Arc<Mosaic>>,
}

/// One pass over pictures: all that has to be known to open them.
struct Pass<'a> {
    set: &'a PictureSet,
    index: &'a PictureIndex,
    change: &'a Arc<Change>,
    context: &'a StageContext,
}

impl Ocr {
    /// What is written in the frames of a video, by rising time.
    pub(crate) async fn look(
        &self,
        set: &PictureSet,
        change: Change,
        context: &StageContext,
    ) -> Result<Looks, StageError> {
        let index = pictures::load_index(context.artifacts.as_ref(), set)
            .await
            .map_err(unreadable)?;
        let pass = Pass {
            set,
            index: &index,
            change: &Arc::new(change),
            context,
        };
        let mut known = Known::default();
        let all: Vec<usize> = (0..index.pictures.len()).collect();
        self.go_through(&pass, &all, Some(self.scan(&index)), &mut known)
            .await?;
        self.refine(&pass, &mut known).await?;
        Ok(looks(&index, &known))
    }

    fn scan(&self, index: &PictureIndex) -> Scan {
        let config = &self.config.sampling;
        let last = index.pictures.last().map(|entry| entry.time);
        let step = step(
            last.unwrap_or_default(),
            config.target_looks,
            Duration::from_millis(config.shortest_step_ms),
            Duration::from_millis(config.longest_step_ms),
        );
        Scan::new(step, config.unchanged_content, config.unchanged_levels)
    }

    /// Opens pictures and reads those that a scan chooses, or all without one. At most one chunk
    /// waits while another is read; a stopped job stops between chunks.
    async fn go_through(
        &self,
        pass: &Pass<'_>,
        positions: &[usize],
        scan: Option<Scan>,
        known: &mut Known,
    ) -> Result<(), StageError> {
        let mut coming = positions.chunks(CHUNK);
        let mut done = 0;
        let mut ready = pass.open(coming.next(), scan).await?;
        while let Some(mut batch) = ready {
            let scan = batch.scan.take();
            let next = pass.open(coming.next(), scan);
            let (lines, opened) = futures::try_join!(self.read(&mut batch, pass.context), next)?;
            known.add(batch, lines);
            if positions.len() == pass.index.pictures.len() {
                done = (done + CHUNK).min(positions.len());
                pass.context.advance(done as u64, positions.len() as u64);
            }
            ready = opened;
        }
        Ok(())
    }

    /// Looks between looks that differ, until it is known well enough when they began to.
    async fn refine(&self, pass: &Pass<'_>, known: &mut Known) -> Result<(), StageError> {
        let config = &self.config.sampling;
        let times: Vec<MediaTime> = pass.index.pictures.iter().map(|entry| entry.time).collect();
        let finest = Duration::from_millis(config.refine_to_ms);
        let mut left = config.max_refinements;
        loop {
            let differing = known.differing(|a, b| !agree(a, b, &self.config.tracks));
            let mut positions = refinement(&differing, &times, finest);
            positions.truncate(left);
            if positions.is_empty() {
                return Ok(());
            }
            left -= positions.len();
            self.go_through(pass, &positions, None, known).await?;
        }
    }

    async fn read(
        &self,
        batch: &mut Ready,
        context: &StageContext,
    ) -> Result<Vec<Vec<TextLine>>, StageError> {
        let shown: Vec<RgbPicture> = batch
            .opened
            .iter_mut()
            .map(|one| std::mem::replace(&mut one.picture, EMPTY))
            .collect();
        let reader = self.reader.clone();
        context
            .blocking(move || reader.read(&shown).map_err(failed))
            .await
    }
}

/// What stands where a picture went to the models.
const EMPTY: RgbPicture = RgbPicture {
    width: 0,
    height: 0,
    data: Vec::new(),
};

impl Pass<'_> {
    async fn open(
        &self,
        positions: Option<&[usize]>,
        scan: Option<Scan>,
    ) -> Result<Option<Ready>, StageError> {
        let Some(positions) = positions else {
            return Ok(None);
        };
        let mut jpegs = Vec::with_capacity(positions.len());
        for at in positions {
            let Some(entry) = self.index.pictures.get(*at) else {
                continue;
            };
            let jpeg = pictures::load_jpeg(self.context.artifacts.as_ref(), self.set, entry).await;
            let next = self.index.pictures.get(at + 1).map(|entry| entry.time);
            jpegs.push((*at, *entry, next, jpeg.map_err(unreadable)?));
        }
        let change = Arc::clone(self.change);
        let open = move || {
            let mut ready = Ready {
                opened: Vec::new(),
                same: Vec::new(),
                scan,
            };
            for (at, entry, next, jpeg) in jpegs {
                ready.add(at, entry, next, &jpeg, &change)?;
            }
            Ok(ready)
        };
        self.context.blocking(open).await.map(Some)
    }
}

impl Ready {
    fn add(
        &mut self,
        at: usize,
        entry: PictureEntry,
        next: Option<MediaTime>,
        jpeg: &[u8],
        change: &Change,
    ) -> Result<(), StageError> {
        let unopened = self
            .scan
            .as_mut()
            .and_then(|scan| scan.unopened(entry.time, change));
        if let Some(Verdict::SameAs(source)) = unopened {
            self.same.push((at, source));
            return Ok(());
        }
        let picture = pictures::decode_jpeg(jpeg).map_err(unreadable)?;
        let mosaic = Arc::new(Mosaic::of(&picture).map_err(StageError::rejected)?);
        let verdict = self.scan.as_mut().map_or(Verdict::Look, |scan| {
            scan.judge((at, entry.time), next, &mosaic)
        });
        match verdict {
            Verdict::Pass => {}
            Verdict::SameAs(source) => self.same.push((at, source)),
            Verdict::Look => self.opened.push(Opened {
                at,
                picture,
                mosaic,
            }),
        }
        Ok(())
    }
}

impl Known {
    fn add(&mut self, batch: Ready, lines: Vec<Vec<TextLine>>) {
        self.sources.extend(batch.same);
        for (one, lines) in batch.opened.into_iter().zip(lines) {
            self.sources.insert(one.at, one.at);
            self.lines.insert(one.at, lines);
            self.mosaics.insert(one.at, one.mosaic);
        }
    }

    /// The known positions, and whether each differs from the one before.
    fn differing(&self, differ: impl Fn(&Look, &Look) -> bool) -> Vec<(usize, bool)> {
        let look = |source: &usize| Look {
            time: MediaTime::ZERO,
            number: 0,
            fresh: true,
            lines: self.lines.get(source).cloned().unwrap_or_default(),
        };
        let mut before: Option<usize> = None;
        let each = self.sources.iter().map(|(at, source)| {
            let differs = before
                .is_some_and(|before| before != *source && differ(&look(&before), &look(source)));
            before = Some(*source);
            (*at, differs)
        });
        each.collect()
    }
}

fn looks(index: &PictureIndex, known: &Known) -> Looks {
    let each = known.sources.iter().filter_map(|(at, source)| {
        let entry = index.pictures.get(*at)?;
        let look = Look {
            time: entry.time,
            number: entry.frame_number,
            fresh: at == source,
            lines: known.lines.get(source)?.clone(),
        };
        Some((look, Arc::clone(known.mosaics.get(source)?)))
    });
    let (looks, mosaics) = each.unzip();
    Looks { looks, mosaics }
}

/// The store may answer later; bytes that are no pictures stay so.
fn unreadable(error: PictureError) -> StageError {
    match error {
        PictureError::Artifact(error) => error.into(),
        other => StageError::rejected(other),
    }
}

fn failed(error: reader::Error) -> StageError {
    match &error {
        reader::Error::Model(inner) if inner.class() == ErrorClass::Environment => {
            StageError::transient(error)
        }
        _ => StageError::rejected(error),
    }
}
