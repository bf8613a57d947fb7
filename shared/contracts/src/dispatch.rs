//! From what has ended to the message of what comes next.

use crate::{
    codec::{EncodeError, Envelope},
    flow::StageName,
    job::Job,
    manifest::{GatherError, Upstream},
    messages::{
        DecodeInput, DetectInput, EmotionInput, IngestInput, InsightInput, LabelInput,
        ModerateInput, OcrInput, PeopleInput, ShotsInput, SoundInput, StageInput, TimelineInput,
        TranscribeInput,
    },
};

/// Why the message of a stage cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// An output it needs is missing or unreadable.
    #[error(transparent)]
    Gather(#[from] GatherError),
    /// It is too large.
    #[error(transparent)]
    Encode(#[from] EncodeError),
}

/// The message that makes `stage` work on `job`: its input, gathered from what came before, with
/// what the job says of deadline, priority and trace.
///
/// # Errors
/// [`SealError`] if an output it needs is missing, unreadable, or the whole is too large.
pub fn seal_input(stage: StageName, job: &Job, upstream: &Upstream) -> Result<Envelope, SealError> {
    let seal = match stage {
        StageName::Ingest => of::<IngestInput>,
        StageName::Decode => of::<DecodeInput>,
        StageName::Shots => of::<ShotsInput>,
        StageName::Detect => of::<DetectInput>,
        StageName::People => of::<PeopleInput>,
        StageName::Emotion => of::<EmotionInput>,
        StageName::Sound => of::<SoundInput>,
        StageName::Transcribe => of::<TranscribeInput>,
        StageName::Ocr => of::<OcrInput>,
        StageName::Moderate => of::<ModerateInput>,
        StageName::Label => of::<LabelInput>,
        StageName::Timeline => of::<TimelineInput>,
        StageName::Insight => of::<InsightInput>,
    };
    let sealed = seal(stage, job, upstream)?;
    Ok(Envelope {
        deadline_unix_ms: job.deadline_unix_ms,
        priority: job.priority,
        traceparent: job.traceparent.clone(),
        ..sealed
    })
}

fn of<I: StageInput>(
    stage: StageName,
    job: &Job,
    upstream: &Upstream,
) -> Result<Envelope, SealError> {
    let input = I::gather(job, upstream)?;
    Ok(Envelope::seal(&job.job_id, stage.as_str(), &input)?)
}
