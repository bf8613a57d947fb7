//! Requests that anyone may publish become jobs.
//!
//! A request that names itself (a job id in it, or a message id) is the same job however often it
//! is delivered. One without a name gets a fresh id, which is written down beside the digest of
//! its bytes until it is settled, so that its redelivery finds the id again.

use bytes::Bytes;
use contracts::{
    ArtifactKey, JobId, Sha256,
    artifact::InvalidKey,
    flow::{FLOW, StageName},
    job::Job,
    request::Request,
};
use stage::{ArtifactError, Artifacts};
use std::sync::Arc;

/// Makes ids of jobs; randomness is handed in.
pub type NewJobId = Arc<dyn Fn() -> JobId + Send + Sync>;

/// Where requests without a name are remembered until they are settled.
pub(crate) struct Intake {
    pub(crate) store: Arc<dyn Artifacts>,
    pub(crate) new_id: NewJobId,
}

/// A request without a name, under the id it was given.
pub(crate) struct Named {
    pub(crate) id: JobId,
    /// Where it is noted that it is settled; `None` if the request names itself.
    settled: Option<ArtifactKey>,
}

impl Intake {
    /// The id of a request, the same for every delivery of it.
    pub(crate) async fn name(
        &self,
        request: &Request,
        message_id: Option<&str>,
        body: &[u8],
        redelivered: bool,
    ) -> Result<Named, ArtifactError> {
        if let Some(id) = &request.job_id {
            return Ok(Named {
                id: id.clone(),
                settled: None,
            });
        }
        if let Some(name) = message_id.filter(|name| !name.is_empty()) {
            return Ok(Named {
                id: JobId::of_request(name),
                settled: None,
            });
        }
        let folder = format!("intake/{}", Sha256::of(body));
        let earlier = match redelivered {
            true => self.unsettled(&folder).await?,
            false => None,
        };
        let id = match earlier {
            Some(id) => id,
            None => {
                let id = (self.new_id)();
                self.store
                    .put(&key(&folder, &id, "begun")?, Bytes::new())
                    .await?;
                id
            }
        };
        let settled = Some(key(&folder, &id, "settled")?);
        Ok(Named { id, settled })
    }

    /// Notes that the delivery is settled: the same bytes delivered anew are another request.
    pub(crate) async fn settle(&self, named: &Named) -> Result<(), ArtifactError> {
        if let Some(key) = &named.settled {
            self.store.put(key, Bytes::new()).await?;
        }
        Ok(())
    }

    async fn unsettled(&self, folder: &str) -> Result<Option<JobId>, ArtifactError> {
        let keys = self.store.list(&format!("{folder}/")).await?;
        let noted = |name: &str| {
            keys.iter()
                .filter(|key| key.file_name() == name)
                .filter_map(|key| JobId::new(key.as_str().split('/').nth(2)?).ok())
                .collect::<Vec<_>>()
        };
        let settled = noted("settled");
        Ok(noted("begun").into_iter().find(|id| !settled.contains(id)))
    }
}

fn key(folder: &str, id: &JobId, name: &str) -> Result<ArtifactKey, ArtifactError> {
    ArtifactKey::new(format!("{folder}/{id}/{name}")).map_err(|error: InvalidKey| {
        ArtifactError::Io {
            action: "name",
            key: folder.into(),
            source: std::io::Error::other(error),
        }
    })
}

/// The job of a request.
///
/// # Errors
/// The stage without which there is no result, if it was to be left out.
pub(crate) fn job_of(request: Request, id: JobId) -> Result<Job, StageName> {
    let needed = FLOW
        .iter()
        .find(|spec| !spec.optional && request.without.contains(&spec.name));
    match needed {
        Some(spec) => Err(spec.name),
        None => Ok(request.into_job(id)),
    }
}
