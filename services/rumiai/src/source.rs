//! What people mean when they name a video.

use contracts::job::Source;
use std::path::Path;

/// A URL or the bare id of a video if it looks like one, else a file.
#[must_use]
pub fn source_of(input: &str) -> Source {
    let bare_id = ingest::is_bare_id(input) && !Path::new(input).exists();
    if input.contains("://") || bare_id {
        return Source::Url(input.to_owned());
    }
    let absolute = std::path::absolute(input).unwrap_or_else(|_| Path::new(input).to_owned());
    Source::LocalFile(absolute.to_string_lossy().into_owned())
}
