//! Showing faces to the network: pictures are made ready while those before are looked at.

use crate::{
    Emotion,
    compute::{Error, Frame, Reading, network},
};
use contracts::{
    MediaTime,
    decoded::{PictureEntry, PictureIndex, PictureSet},
    emotion::EmotionScores,
    people::{Face, People, Rectangle},
};
use inference::ErrorClass;
use media::{PictureError, pictures};
use stage::{StageContext, StageError};
use std::collections::BTreeMap;

/// Pictures made ready at once.
const BATCH_FRAMES: usize = 8;

/// A face that is going to be read: the frame's place in the plan, the face, and where it is.
struct Planned {
    frame: usize,
    face: Face,
}

/// Pictures of one batch with the faces to read in each.
struct Ready {
    faces: Vec<Planned>,
    crops: Vec<Vec<u8>>,
}

/// What is to be done: every sampled frame, and of those with faces that can be read the picture
/// and the faces.
struct Plan {
    frames: Vec<Frame>,
    work: Vec<(PictureEntry, Vec<Planned>)>,
}

impl Emotion {
    /// What the network says of the faces in the sampled frames, by rising time. At most one batch
    /// waits while another is looked at; a stopped job stops between batches.
    pub(crate) async fn look(
        &self,
        set: &PictureSet,
        people: &People,
        context: &StageContext,
    ) -> Result<Vec<Frame>, StageError> {
        let index = pictures::load_index(context.artifacts.as_ref(), set)
            .await
            .map_err(unreadable)?;
        let Plan { mut frames, work } = self.plan(&index, people)?;
        let total = work.len() as u64;
        let mut batches = Vec::new();
        let mut coming = work.into_iter();
        loop {
            let batch: Vec<_> = coming.by_ref().take(BATCH_FRAMES).collect();
            if batch.is_empty() {
                break;
            }
            batches.push(batch);
        }
        let mut coming = batches.into_iter();
        let mut done = 0;
        let mut ready = prepare(coming.next(), set, context).await?;
        while let Some((count, batch)) = ready {
            let next = prepare(coming.next(), set, context);
            let (read, prepared) = futures::try_join!(self.read(batch, context), next)?;
            for (frame, reading) in read {
                if let Some(frame) = frames.get_mut(frame) {
                    frame.readings.push(reading);
                }
            }
            done += count as u64;
            context.advance(done, total);
            ready = prepared;
        }
        Ok(frames)
    }

    /// Chooses the faces: of each frame the largest that are large enough.
    fn plan(&self, index: &PictureIndex, people: &People) -> Result<Plan, StageError> {
        let pictures = index.pictures.iter();
        let pictures: BTreeMap<u64, PictureEntry> =
            pictures.map(|entry| (entry.frame_number, *entry)).collect();
        let mut by_frame: BTreeMap<u64, Vec<&Face>> = BTreeMap::new();
        for face in &people.faces {
            by_frame.entry(face.frame_number).or_default().push(face);
        }
        let size = (f64::from(index.width), f64::from(index.height));
        let least = f64::from(self.config.min_face_pixels);
        let mut plan = Plan {
            frames: Vec::with_capacity(people.presence.len()),
            work: Vec::new(),
        };
        for (at, one) in people.presence.iter().enumerate() {
            let faces = by_frame.get(&one.frame_number).cloned().unwrap_or_default();
            let chosen: Vec<Planned> = faces
                .iter()
                .filter(|face| longer_side(face.bbox, size) >= least)
                .take(self.config.max_faces)
                .map(|face| Planned {
                    frame: at,
                    face: (*face).clone(),
                })
                .collect();
            if !chosen.is_empty() {
                let entry = pictures.get(&one.frame_number).ok_or_else(|| {
                    let number = one.frame_number;
                    StageError::rejected(Inconsistent(number))
                })?;
                plan.work.push((*entry, chosen));
            }
            plan.frames.push(Frame {
                time: MediaTime::from_seconds(one.timestamp),
                number: one.frame_number,
                faces: u32::try_from(faces.len()).unwrap_or(u32::MAX),
                readings: Vec::new(),
            });
        }
        Ok(plan)
    }

    async fn read(
        &self,
        batch: Ready,
        context: &StageContext,
    ) -> Result<Vec<(usize, Reading)>, StageError> {
        let (model, most) = (self.model.clone(), self.config.batch_faces);
        let Ready { faces, crops } = batch;
        let work = move || -> Result<Vec<EmotionScores>, StageError> {
            let mut all = Vec::with_capacity(crops.len());
            for batch in crops.chunks(most) {
                let tensor = network::tensor(batch).map_err(StageError::rejected)?;
                let answer = model.run(vec![(network::INPUT, tensor)]).map_err(failed)?;
                all.extend(network::read(&answer, batch.len()).map_err(StageError::rejected)?);
            }
            Ok(all)
        };
        let scores = context.blocking(work).await?;
        let pairs = faces.into_iter().zip(scores);
        Ok(pairs
            .map(|(planned, scores)| (planned.frame, reading(planned.face, scores)))
            .collect())
    }
}

/// People were looked for in another set of pictures.
#[derive(Debug, thiserror::Error)]
#[error("people were seen in frame {0}, of which there is no picture")]
struct Inconsistent(u64);

fn longer_side(bbox: Rectangle, (width, height): (f64, f64)) -> f64 {
    (bbox.width * width).max(bbox.height * height)
}

fn reading(face: Face, scores: EmotionScores) -> Reading {
    let Rectangle {
        x,
        y,
        width,
        height,
    } = face.bbox_pixels;
    Reading {
        rank: face.rank,
        track_id: face.track_id,
        scores,
        face_bbox: [x, y, width, height],
    }
}

async fn prepare(
    batch: Option<Vec<(PictureEntry, Vec<Planned>)>>,
    set: &PictureSet,
    context: &StageContext,
) -> Result<Option<(usize, Ready)>, StageError> {
    let Some(batch) = batch else {
        return Ok(None);
    };
    let count = batch.len();
    let mut loaded = Vec::with_capacity(count);
    for (entry, faces) in batch {
        let jpeg = pictures::load_jpeg(context.artifacts.as_ref(), set, &entry).await;
        loaded.push((jpeg.map_err(unreadable)?, faces));
    }
    let work = move || {
        let mut ready = Ready {
            faces: Vec::new(),
            crops: Vec::new(),
        };
        for (jpeg, faces) in loaded {
            let picture = pictures::decode_jpeg(&jpeg).map_err(unreadable)?;
            for planned in faces {
                let crop = network::face(&picture, planned.face.bbox).map_err(no_face)?;
                ready.crops.push(crop);
                ready.faces.push(planned);
            }
        }
        Ok(Some((count, ready)))
    };
    context.blocking(work).await
}

fn no_face(error: Error) -> StageError {
    StageError::rejected(error)
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
