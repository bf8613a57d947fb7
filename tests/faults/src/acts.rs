//! What a stub worker does with jobs of certain names.

use crate::settings::WorkerSettings;
use contracts::StageName;
use stage::{StageContext, StageError};
use std::{fs, io::Write, path::Path, sync::Arc, time::Duration};
use testkit::stubs::Act;

/// Where jobs get what their names ask for.
pub const STAGE: StageName = StageName::Decode;
/// What jobs named `disk-` write to their scratch.
const SCRATCH_BYTES: usize = 1 << 20;
/// The attempt in which jobs named `flaky-` are worked on.
const GOOD_ATTEMPT: u32 = 3;

/// Notes the run if there is a file for it, then does what the name of the job asks for.
#[must_use]
pub fn act(settings: &WorkerSettings) -> Act {
    let slow = Duration::from_millis(settings.slow_ms);
    let runs = settings.runs.clone();
    Arc::new(move |context| {
        let runs = runs.clone();
        Box::pin(async move {
            if let Some(runs) = &runs {
                note(runs, context).map_err(StageError::transient)?;
            }
            match context.stage {
                STAGE => by_name(context, slow).await,
                _ => Ok(()),
            }
        })
    })
}

/// One line for one run: the job, the stage, the attempt.
fn note(runs: &Path, context: &StageContext) -> std::io::Result<()> {
    let line = format!("{} {} {}\n", context.job, context.stage, context.attempt);
    let mut file = fs::File::options().create(true).append(true).open(runs)?;
    file.write_all(line.as_bytes())
}

async fn by_name(context: &StageContext, slow: Duration) -> Result<(), StageError> {
    let name = context.job.as_str();
    let (kind, _) = name.split_once('-').unwrap_or((name, ""));
    match kind {
        "poison" => std::process::abort(),
        "reject" => Err(StageError::rejected("this video is refused")),
        "fail" => Err(StageError::transient("a neighbour is down")),
        "flaky" if context.attempt < GOOD_ATTEMPT => Err(StageError::transient("not yet")),
        "panic" => panic!("a wheel came off"),
        "hang" if context.attempt == 1 => {
            context
                .blocking(|| {
                    loop {
                        std::hint::spin_loop();
                    }
                })
                .await
        }
        "slow" => {
            tokio::time::sleep(slow).await;
            Ok(())
        }
        "disk" => {
            let path = context.scratch.join("frames");
            fs::write(path, vec![0; SCRATCH_BYTES]).map_err(StageError::transient)
        }
        _ => Ok(()),
    }
}
