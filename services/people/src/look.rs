//! Showing frames to the networks: pictures are made ready while those before are looked at, and
//! faces, hands and bodies are looked for side by side.

use crate::{
    People,
    compute::{Error, Person, Persons, SeenBody, SeenHand, Sight, bodies, faces, palms},
    config::Config,
    networks::{FacesSeen, Networks, Placed, Seen},
};
use contracts::{
    decoded::{PictureEntry, PictureSet},
    people::LeftOut,
};
use media::{PictureError, RgbPicture, pictures};
use stage::{StageContext, StageError};
use std::sync::Arc;
use tracking::evenly;

/// Frames that are ready for the networks.
struct Ready {
    entries: Vec<PictureEntry>,
    pictures: Arc<Vec<RgbPicture>>,
    persons: Vec<Option<Vec<Person>>>,
    for_faces: Vec<Placed>,
    for_palms: Vec<Placed>,
    for_bodies: Vec<Option<Placed>>,
}

impl People {
    /// What the networks see in the sampled frames, by rising time. At most one batch waits while
    /// another is looked at; a stopped job stops between batches.
    pub(crate) async fn look(
        &self,
        set: &PictureSet,
        persons: &Persons,
        context: &StageContext,
    ) -> Result<Vec<Sight>, StageError> {
        let index = pictures::load_index(context.artifacts.as_ref(), set)
            .await
            .map_err(unreadable)?;
        let chosen: Vec<PictureEntry> = evenly(index.pictures.len(), self.config.effort.max_frames)
            .into_iter()
            .filter_map(|at| index.pictures.get(at).copied())
            .collect();
        let mut coming = chosen.chunks(self.config.effort.batch_frames);
        let mut sights = Vec::with_capacity(chosen.len());
        let mut ready = self.prepare(coming.next(), set, persons, context).await?;
        while let Some(batch) = ready {
            let next = self.prepare(coming.next(), set, persons, context);
            let (seen, prepared) = futures::try_join!(self.see(batch, context), next)?;
            sights.extend(seen);
            context.advance(sights.len() as u64, chosen.len() as u64);
            ready = prepared;
        }
        Ok(sights)
    }

    async fn prepare(
        &self,
        entries: Option<&[PictureEntry]>,
        set: &PictureSet,
        persons: &Persons,
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
        let whole = self.networks.find_persons();
        let mut ready = Ready {
            entries: entries.to_vec(),
            pictures: Arc::default(),
            persons: entries.iter().map(|entry| persons.at(entry.time)).collect(),
            for_faces: Vec::new(),
            for_palms: Vec::new(),
            for_bodies: Vec::new(),
        };
        let work = move || {
            let decoded = jpegs.iter().map(|jpeg| pictures::decode_jpeg(jpeg));
            let decoded: Vec<RgbPicture> = decoded.collect::<Result<_, _>>().map_err(unreadable)?;
            let prepared = decoded.iter().try_for_each(|picture| -> Result<(), Error> {
                ready.for_faces.push(faces::prepare(picture)?);
                ready.for_palms.push(palms::prepare(picture)?);
                let body = whole.then(|| bodies::prepare_yolo(picture)).transpose()?;
                ready.for_bodies.push(body);
                Ok(())
            });
            prepared.map_err(StageError::rejected)?;
            ready.pictures = Arc::new(decoded);
            Ok(ready)
        };
        context.blocking(work).await.map(Some)
    }

    async fn see(&self, batch: Ready, context: &StageContext) -> Result<Vec<Sight>, StageError> {
        let Ready {
            entries,
            pictures,
            persons,
            for_faces,
            for_palms,
            for_bodies,
        } = batch;
        let persons = Arc::new(persons);
        let task = || Looking {
            networks: self.networks.clone(),
            config: self.config.clone(),
            pictures: pictures.clone(),
        };
        let (face_task, hand_task, body_task) = (task(), task(), task());
        let known = persons.clone();
        let (faces, hands, bodies) = futures::try_join!(
            context.blocking(move || face_task.faces(for_faces)),
            context.blocking(move || hand_task.hands(for_palms)),
            context.blocking(move || body_task.bodies(for_bodies, &known)),
        )?;
        let seen = faces.into_iter().zip(hands).zip(bodies);
        let sizes = pictures.iter().map(|one| (one.width, one.height));
        let frames = entries.iter().zip(sizes).zip(persons.iter());
        Ok(frames
            .zip(seen)
            .map(|(((entry, size), persons), ((faces, hands), bodies))| {
                sight(entry, size, persons.clone(), faces, hands, bodies)
            })
            .collect())
    }
}

fn sight(
    entry: &PictureEntry,
    size: (u32, u32),
    persons: Option<Vec<Person>>,
    faces: FacesSeen,
    hands: Seen<SeenHand>,
    bodies: Option<Seen<SeenBody>>,
) -> Sight {
    Sight {
        time: entry.time,
        number: entry.frame_number,
        size,
        persons,
        left_out: LeftOut {
            faces: faces.left_out,
            meshes: faces.without_mesh,
            bodies: bodies.as_ref().map_or(0, |bodies| bodies.left_out),
            hands: hands.left_out,
        },
        faces: faces.faces,
        bodies: bodies.map(|bodies| bodies.found),
        hands: hands.found,
    }
}

/// What one chain of networks needs, away from the runtime's threads.
struct Looking {
    networks: Arc<Networks>,
    config: Config,
    pictures: Arc<Vec<RgbPicture>>,
}

impl Looking {
    fn faces(self, prepared: Vec<Placed>) -> Result<Vec<FacesSeen>, StageError> {
        let pairs = self.pictures.iter().zip(prepared);
        let seen = pairs.map(|(picture, one)| self.networks.faces_in(picture, one, &self.config));
        seen.collect()
    }

    fn hands(self, prepared: Vec<Placed>) -> Result<Vec<Seen<SeenHand>>, StageError> {
        let pairs = self.pictures.iter().zip(prepared);
        let seen = pairs.map(|(picture, one)| self.networks.hands_in(picture, one, &self.config));
        seen.collect()
    }

    fn bodies(
        self,
        prepared: Vec<Option<Placed>>,
        persons: &[Option<Vec<Person>>],
    ) -> Result<Vec<Option<Seen<SeenBody>>>, StageError> {
        let frames = self.pictures.iter().zip(prepared).zip(persons);
        let seen = frames.map(|((picture, one), persons)| {
            let persons = persons.as_deref();
            self.networks.bodies_in(picture, one, persons, &self.config)
        });
        seen.collect()
    }
}

/// The store may answer later; bytes that are no pictures stay so.
pub(crate) fn unreadable(error: PictureError) -> StageError {
    match error {
        PictureError::Artifact(error) => error.into(),
        other => StageError::rejected(other),
    }
}
