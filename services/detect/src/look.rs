//! Showing frames to the model: pictures are made ready while the model looks at the ones before.

use crate::{
    Detect,
    compute::{Detection, Frame, Prepared, evenly},
};
use contracts::decoded::{PictureEntry, PictureSet};
use inference::{ErrorClass, image::batches};
use media::{PictureError, pictures};
use stage::{StageContext, StageError};

/// A batch that is ready for the model.
struct Ready {
    entries: Vec<PictureEntry>,
    prepared: Prepared,
}

impl Detect {
    /// What the model sees in the sampled frames, by rising time. At most one batch waits while
    /// another is looked at; a stopped job stops between batches.
    pub(crate) async fn look(
        &self,
        set: &PictureSet,
        context: &StageContext,
    ) -> Result<Vec<Frame>, StageError> {
        let index = pictures::load_index(context.artifacts.as_ref(), set)
            .await
            .map_err(unreadable)?;
        let chosen: Vec<PictureEntry> = evenly(index.pictures.len(), self.config.effort.max_frames)
            .into_iter()
            .filter_map(|at| index.pictures.get(at).copied())
            .collect();
        let pixels = u64::from(self.detector.side()).pow(2);
        let most_pixels = self.config.effort.batch_pixels(self.model.provider());
        let mut coming =
            batches(chosen.len(), pixels, most_pixels).filter_map(|range| chosen.get(range));
        let mut frames = Vec::with_capacity(chosen.len());
        let mut ready = self.prepare(coming.next(), set, context).await?;
        while let Some(batch) = ready {
            let next = self.prepare(coming.next(), set, context);
            let (found, prepared) = futures::try_join!(self.infer(batch, context), next)?;
            frames.extend(found);
            context.advance(frames.len() as u64, chosen.len() as u64);
            ready = prepared;
        }
        Ok(frames)
    }

    async fn prepare(
        &self,
        entries: Option<&[PictureEntry]>,
        set: &PictureSet,
        context: &StageContext,
    ) -> Result<Option<Ready>, StageError> {
        let Some(entries) = entries else {
            return Ok(None);
        };
        let mut jpegs = Vec::with_capacity(entries.len());
        for entry in entries {
            let jpeg = pictures::load_jpeg(context.artifacts.as_ref(), set, entry).await;
            jpegs.push(jpeg.map_err(unreadable)?);
        }
        let detector = self.detector;
        let prepare = move || {
            let decoded = jpegs.iter().map(|jpeg| pictures::decode_jpeg(jpeg));
            let decoded: Vec<_> = decoded.collect::<Result<_, _>>().map_err(unreadable)?;
            detector.prepare(&decoded).map_err(StageError::rejected)
        };
        Ok(Some(Ready {
            entries: entries.to_vec(),
            prepared: context.blocking(prepare).await?,
        }))
    }

    async fn infer(&self, batch: Ready, context: &StageContext) -> Result<Vec<Frame>, StageError> {
        let (model, detector, thinning) = (self.model.clone(), self.detector, self.thinning());
        let Ready { entries, prepared } = batch;
        let work = move || -> Result<Vec<Vec<Detection>>, StageError> {
            let (input, tensor, placement) = prepared.into_parts();
            let answer = model.run(vec![(input, tensor)]).map_err(failed)?;
            detector
                .read(&answer, &placement, thinning)
                .map_err(StageError::rejected)
        };
        let found = context.blocking(work).await?;
        let frames = entries.into_iter().zip(found);
        Ok(frames
            .map(|(entry, detections)| Frame {
                time: entry.time,
                number: entry.frame_number,
                detections,
            })
            .collect())
    }
}

/// The store may answer later; bytes that are no pictures stay so.
fn unreadable(error: PictureError) -> StageError {
    match error {
        PictureError::Artifact(error) => error.into(),
        other => StageError::rejected(other),
    }
}

fn failed(error: inference::Error) -> StageError {
    match error.class() {
        ErrorClass::Input => StageError::rejected(error),
        ErrorClass::Environment => StageError::transient(error),
    }
}
