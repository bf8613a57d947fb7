//! Showing sampled frames to a network: pictures are made ready while the network looks at the ones
//! before.

use crate::pictures::{PictureError, RgbPicture, decode_jpeg, load_index, load_jpeg};
use contracts::decoded::{PictureEntry, PictureSet};
use stage::{StageContext, StageError};

/// Which frames are shown, and how many at once.
#[derive(Debug, Clone, Copy)]
pub struct Showing<'a> {
    /// The frames there are.
    pub set: &'a PictureSet,
    /// Positions of those shown, given how many there are; each below that.
    pub choose: fn(count: usize, most: usize) -> Vec<usize>,
    /// Most frames shown.
    pub most: usize,
    /// Frames shown at once; at least one is.
    pub at_once: usize,
}

/// What was seen in each chosen frame, by rising time.
///
/// `prepare` turns pictures into what the network takes, `look` asks it and gives one answer per
/// picture; both run off the runtime's threads. At most one batch waits while another is looked
/// at, and a stopped job stops between batches. The listener is told how many frames are done.
///
/// # Errors
/// What either returns, and [`StageError::Rejected`] for pictures that are none.
pub async fn show<P, R, Prepare, Look>(
    showing: Showing<'_>,
    context: &StageContext,
    prepare: Prepare,
    look: Look,
) -> Result<Vec<(PictureEntry, R)>, StageError>
where
    P: Send + 'static,
    R: Send + 'static,
    Prepare: Fn(&[RgbPicture]) -> Result<P, StageError> + Clone + Send + 'static,
    Look: Fn(P) -> Result<Vec<R>, StageError> + Clone + Send + 'static,
{
    let index = load_index(context.artifacts.as_ref(), showing.set)
        .await
        .map_err(unreadable)?;
    let chosen: Vec<PictureEntry> = (showing.choose)(index.pictures.len(), showing.most)
        .into_iter()
        .filter_map(|at| index.pictures.get(at).copied())
        .collect();
    let mut coming = chosen.chunks(showing.at_once.max(1));
    let mut seen = Vec::with_capacity(chosen.len());
    let mut ready = load(coming.next(), showing.set, context, &prepare).await?;
    while let Some((entries, prepared)) = ready {
        let look = look.clone();
        let looking = context.blocking(move || look(prepared));
        let next = load(coming.next(), showing.set, context, &prepare);
        let (answers, following) = tokio::try_join!(looking, next)?;
        if answers.len() != entries.len() {
            return Err(StageError::rejected(format!(
                "{} answers for {} pictures",
                answers.len(),
                entries.len()
            )));
        }
        seen.extend(entries.iter().copied().zip(answers));
        context.advance(seen.len() as u64, chosen.len() as u64);
        ready = following;
    }
    Ok(seen)
}

async fn load<'a, P, Prepare>(
    entries: Option<&'a [PictureEntry]>,
    set: &PictureSet,
    context: &StageContext,
    prepare: &Prepare,
) -> Result<Option<(&'a [PictureEntry], P)>, StageError>
where
    P: Send + 'static,
    Prepare: Fn(&[RgbPicture]) -> Result<P, StageError> + Clone + Send + 'static,
{
    let Some(entries) = entries else {
        return Ok(None);
    };
    let mut jpegs = Vec::with_capacity(entries.len());
    for entry in entries {
        let jpeg = load_jpeg(context.artifacts.as_ref(), set, entry).await;
        jpegs.push(jpeg.map_err(unreadable)?);
    }
    let prepare = prepare.clone();
    let work = move || {
        let decoded = jpegs.iter().map(|jpeg| decode_jpeg(jpeg));
        let decoded: Vec<RgbPicture> = decoded.collect::<Result<_, _>>().map_err(unreadable)?;
        prepare(&decoded)
    };
    Ok(Some((entries, context.blocking(work).await?)))
}

/// The store may answer later; bytes that are no pictures stay so.
fn unreadable(error: PictureError) -> StageError {
    match error {
        PictureError::Artifact(error) => error.into(),
        other => StageError::rejected(other),
    }
}
