//! Recognising faces that return: a few pictures of every track are looked at once more.

use crate::{
    People,
    compute::{
        Sight, Tracks,
        faces::FoundFace,
        identity::{Description, Place, choose, join},
    },
    look::unreadable,
};
use contracts::decoded::{PictureEntry, PictureSet};
use media::pictures;
use stage::{StageContext, StageError};
use std::{collections::BTreeMap, sync::Arc};
use tracking::Linked;

/// A face to be described: its track and what was found.
type Wanted = (usize, FoundFace);

impl People {
    /// The tracks with their identities. The pictures that are looked at are read again, a handful
    /// per track: keeping those of a whole video would take a gigabyte.
    pub(crate) async fn recognise(
        &self,
        linked: Vec<Linked>,
        sights: &[Sight],
        set: &PictureSet,
        context: &StageContext,
    ) -> Result<Tracks, StageError> {
        let rule = self.config.identity_rule();
        let mut described: Vec<Vec<Description>> = vec![Vec::new(); linked.len()];
        if self.networks.recognise() {
            let places = choose(sights, &linked, &rule);
            let index = pictures::load_index(context.artifacts.as_ref(), set)
                .await
                .map_err(unreadable)?;
            let entries = index.pictures.iter();
            let entries: BTreeMap<u64, PictureEntry> =
                entries.map(|entry| (entry.frame_number, *entry)).collect();
            for (at, wanted) in by_frame(sights, &places) {
                let entry = sights.get(at).and_then(|sight| entries.get(&sight.number));
                let Some(entry) = entry else { continue };
                for (track, found) in self.describe(entry, wanted, set, context).await? {
                    if let Some(all) = described.get_mut(track) {
                        all.push(found);
                    }
                }
            }
        }
        let means: Vec<_> = described.iter().map(|all| Description::mean(all)).collect();
        let identities = join(&linked, &means, rule.likeness);
        Ok(Tracks { linked, identities })
    }

    async fn describe(
        &self,
        entry: &PictureEntry,
        wanted: Vec<Wanted>,
        set: &PictureSet,
        context: &StageContext,
    ) -> Result<Vec<(usize, Description)>, StageError> {
        let jpeg = pictures::load_jpeg(context.artifacts.as_ref(), set, entry).await;
        let jpeg = jpeg.map_err(unreadable)?;
        let networks = Arc::clone(&self.networks);
        let work = move || {
            let picture = pictures::decode_jpeg(&jpeg).map_err(unreadable)?;
            let described = wanted.iter().map(|(track, face)| {
                let found = networks.describe(&picture, face)?;
                Ok(found.map(|found| (*track, found)))
            });
            let described: Result<Vec<_>, StageError> = described.collect();
            Ok(described?.into_iter().flatten().collect())
        };
        context.blocking(work).await
    }
}

/// The chosen faces of each frame, with their tracks.
fn by_frame(sights: &[Sight], places: &[Vec<Place>]) -> BTreeMap<usize, Vec<Wanted>> {
    let mut frames: BTreeMap<usize, Vec<Wanted>> = BTreeMap::new();
    for (track, places) in places.iter().enumerate() {
        for (at, place) in places {
            let seen = sights.get(*at).and_then(|sight| sight.faces.get(*place));
            if let Some(seen) = seen {
                frames
                    .entry(*at)
                    .or_default()
                    .push((track, seen.face.clone()));
            }
        }
    }
    frames
}
