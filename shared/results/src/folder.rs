//! What lies in a folder of results.

use crate::Error;
use contracts::analysis::ANALYSES;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

const INSIGHTS: &str = "insights";
/// The folder of a language model's comments.
const COMMENTS: &str = "insight";
const UNIFIED: &str = "unified_analysis";
/// `YYYYmmdd_HHMMSS`.
const STAMP_DIGITS: (usize, usize) = (8, 6);

/// One of the three files of an analysis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Both others, wrapped.
    Complete,
    /// Blocks with generic names.
    Ml,
    /// Blocks with prefixed names.
    Result,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Complete, Self::Ml, Self::Result];

    /// Its name in the names of files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Ml => "ml",
            Self::Result => "result",
        }
    }
}

/// The results of one video.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Video {
    /// What it is called.
    pub id: String,
    /// Its folder in `insights`.
    pub insights: PathBuf,
    /// Where its unified analysis belongs; `None` if only the folder in `insights` was named.
    pub unified: Option<PathBuf>,
    /// Files by analysis, then by the time in their names.
    pub analyses: BTreeMap<String, BTreeMap<String, BTreeMap<Kind, PathBuf>>>,
    /// What a language model said: files by their names without the ending.
    pub comments: BTreeMap<String, PathBuf>,
    /// Files that no analysis claims, in folders of analyses.
    pub strangers: Vec<PathBuf>,
}

impl Video {
    /// The newest files of an analysis, with the time in their names.
    #[must_use]
    pub fn newest(&self, analysis: &str) -> Option<(&str, &BTreeMap<Kind, PathBuf>)> {
        let (stamp, files) = self.analyses.get(analysis)?.last_key_value()?;
        Some((stamp, files))
    }

    /// A file beside the folders of the analyses.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.insights.join(name)
    }
}

/// The videos in a folder of results, by id.
///
/// # Errors
/// [`Error::Unreadable`] if it cannot be read, [`Error::NoResults`] if there are none in it.
pub fn open(folder: &Path) -> Result<Vec<Video>, Error> {
    let names = entries(folder)?;
    let is_analysis = |name: &String| ANALYSES.iter().any(|one| one.name == *name);
    let videos = if names.contains(INSIGHTS) {
        let insights = folder.join(INSIGHTS);
        let mut videos = Vec::new();
        for id in entries(&insights)? {
            if !insights.join(&id).is_dir() {
                continue;
            }
            let unified = folder.join(UNIFIED).join(format!("{id}.json"));
            videos.push(video(&insights.join(&id), id, Some(unified))?);
        }
        videos
    } else if names.iter().any(is_analysis) {
        let absolute = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
        let id = absolute.file_name().unwrap_or_default().to_string_lossy();
        vec![video(folder, id.into_owned(), None)?]
    } else {
        Vec::new()
    };
    if videos.is_empty() {
        return Err(Error::NoResults {
            path: folder.to_owned(),
        });
    }
    Ok(videos)
}

/// Names in a folder, sorted; hidden ones are those of unfinished writes.
fn entries(folder: &Path) -> Result<BTreeSet<String>, Error> {
    let unreadable = |source| Error::Unreadable {
        path: folder.to_owned(),
        source,
    };
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let name = entry.map_err(unreadable)?.file_name();
        let name = name.to_string_lossy().into_owned();
        if !name.starts_with('.') {
            names.insert(name);
        }
    }
    Ok(names)
}

fn video(insights: &Path, id: String, unified: Option<PathBuf>) -> Result<Video, Error> {
    let mut found = Video {
        id,
        insights: insights.to_owned(),
        unified,
        analyses: BTreeMap::new(),
        comments: BTreeMap::new(),
        strangers: Vec::new(),
    };
    for analysis in entries(insights)? {
        let folder = insights.join(&analysis);
        if !folder.is_dir() {
            continue;
        }
        for name in entries(&folder)? {
            let path = folder.join(&name);
            if let (COMMENTS, Some(stem)) = (analysis.as_str(), name.strip_suffix(".json")) {
                found.comments.insert(stem.to_owned(), path);
                continue;
            }
            match parse(&analysis, &name) {
                Some((kind, stamp)) => {
                    let runs = found.analyses.entry(analysis.clone()).or_default();
                    runs.entry(stamp.to_owned()).or_default().insert(kind, path);
                }
                None => found.strangers.push(path),
            }
        }
    }
    Ok(found)
}

/// Kind and time of `<analysis>_<kind>_<YYYYmmdd_HHMMSS>.json`.
fn parse<'a>(analysis: &str, name: &'a str) -> Option<(Kind, &'a str)> {
    let rest = name.strip_prefix(analysis)?.strip_prefix('_')?;
    let (kind, stamp) = rest.strip_suffix(".json")?.split_once('_')?;
    let kind = Kind::ALL.into_iter().find(|one| one.as_str() == kind)?;
    let (day, time) = stamp.split_once('_')?;
    let digits =
        |text: &str, count| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    (digits(day, STAMP_DIGITS.0) && digits(time, STAMP_DIGITS.1)).then_some((kind, stamp))
}
