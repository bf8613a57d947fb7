//! Whether results obey their format.

use crate::{
    Error,
    folder::{Kind, Video, open},
};
use contracts::analysis::{ANALYSES, AnalysisName, CREATIVE_MEASURES};
use jsonschema::Validator;
use serde::Serialize;
use serde_json::{Map, Value};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// Issues of one file that are listed; a broken file may have thousands.
const LISTED_ISSUES: usize = 20;
/// Value of `version` in files of the first layout.
const FIRST_LAYOUT: &str = "1.0";
/// Name of the file that sums up comments.
const REPORT: &str = "report";
/// Files beside the folders of the analyses that have a schema of their own.
const SINGLE_FILES: [&str; 2] = ["summary", CREATIVE_MEASURES.name];

/// Something wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Issue {
    /// Which file, or where one is missing.
    pub path: PathBuf,
    /// Where in it, as a JSON pointer; empty for the whole.
    pub place: String,
    /// What is wrong.
    pub problem: String,
}

/// What was found for one video.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// What the video is called.
    pub video_id: String,
    /// Files that were read.
    pub files: usize,
    /// Analyses that have no files, and the reason the summary gives.
    pub without_files: BTreeMap<String, String>,
    /// What is wrong.
    pub issues: Vec<Issue>,
}

/// Schemas, ready to be used.
pub struct Schemas(BTreeMap<String, Validator>);

impl Schemas {
    /// Prepares schemas, given by name.
    ///
    /// # Errors
    /// [`Error::Schema`] naming the first that is none.
    pub fn new<'a>(all: impl IntoIterator<Item = (&'a str, &'a Value)>) -> Result<Self, Error> {
        let mut validators = BTreeMap::new();
        for (name, schema) in all {
            let validator = jsonschema::validator_for(schema).map_err(|problem| Error::Schema {
                name: name.to_owned(),
                problem: problem.to_string(),
            })?;
            validators.insert(name.to_owned(), validator);
        }
        Ok(Self(validators))
    }
}

/// Verifies every video in a folder of results.
///
/// # Errors
/// As [`open`].
pub fn verify(folder: &Path, schemas: &Schemas) -> Result<Vec<Verified>, Error> {
    let videos = open(folder)?;
    Ok(videos
        .iter()
        .map(|video| Inspection::new(schemas).video(video))
        .collect())
}

/// The work on one video.
struct Inspection<'a> {
    schemas: &'a Schemas,
    files: usize,
    issues: Vec<Issue>,
}

impl<'a> Inspection<'a> {
    const fn new(schemas: &'a Schemas) -> Self {
        Self {
            schemas,
            files: 0,
            issues: Vec::new(),
        }
    }

    fn issue(&mut self, path: &Path, place: &str, problem: impl Into<String>) {
        self.issues.push(Issue {
            path: path.to_owned(),
            place: place.to_owned(),
            problem: problem.into(),
        });
    }

    fn video(mut self, video: &Video) -> Verified {
        if let Some(unified) = &video.unified {
            let found = self.obeying(unified, "unified_analysis");
            self.named(unified, found.as_ref(), &video.id);
        }
        let mut without_files = BTreeMap::new();
        for name in SINGLE_FILES {
            let path = video.file(&format!("{name}.json"));
            if let Some(found) = self.obeying(&path, name)
                && name == "summary"
            {
                self.named(&path, Some(&found), &video.id);
                without_files = reasons(&found);
            }
        }
        for path in &video.strangers {
            self.issue(path, "", "no file of an analysis is named like this");
        }
        for analysis in ANALYSES {
            match video.analyses.get(analysis.name) {
                Some(runs) => {
                    for (stamp, files) in runs {
                        self.run(video, analysis, stamp, files);
                    }
                }
                None if without_files.contains_key(analysis.name) => {}
                None => self.issue(
                    &video.file(analysis.name),
                    "",
                    "there are no files, and the summary gives no reason",
                ),
            }
        }
        self.one_time(video);
        self.comments(video);
        self.issues.sort();
        Verified {
            video_id: video.id.clone(),
            files: self.files,
            without_files,
            issues: self.issues,
        }
    }

    /// A report, and a record for every analysis that was commented on.
    fn comments(&mut self, video: &Video) {
        for (name, path) in &video.comments {
            if name == REPORT {
                self.obeying(path, "insight_report");
            } else if AnalysisName::find(name).is_none() {
                self.issue(path, "", "comments on no analysis");
            } else if let Some(record) = self.obeying(path, "insight_record")
                && record["prompt_type"] != *name
            {
                self.issue(path, "/prompt_type", format!("is not '{name}'"));
            }
        }
        if !video.comments.is_empty() && !video.comments.contains_key(REPORT) {
            let path = video.file(&format!("insight/{REPORT}.json"));
            self.issue(&path, "", "is missing beside the comments");
        }
    }

    /// Every run writes one time into all names.
    fn one_time(&mut self, video: &Video) {
        let newest = ANALYSES
            .iter()
            .filter_map(|one| Some(video.newest(one.name)?.0));
        let stamps: BTreeSet<&str> = newest.collect();
        if stamps.len() > 1 {
            let stamps: Vec<&str> = stamps.into_iter().collect();
            let problem = format!(
                "the newest files are of different runs: {}",
                stamps.join(", ")
            );
            self.issue(&video.insights, "", problem);
        }
    }

    fn run(
        &mut self,
        video: &Video,
        analysis: AnalysisName,
        stamp: &str,
        files: &BTreeMap<Kind, PathBuf>,
    ) {
        for kind in Kind::ALL {
            if !files.contains_key(&kind) {
                let name = format!("{0}/{0}_{1}_{stamp}.json", analysis.name, kind.as_str());
                self.issue(&video.file(&name), "", "is missing beside the others");
            }
        }
        let complete = files.get(&Kind::Complete);
        let wrapper = complete.and_then(|path| self.obeying(path, "complete"));
        // An analysis without a first layout of its own looks the same in both.
        let legacy = format!("{}_legacy", analysis.name);
        let first_layout = wrapper
            .as_ref()
            .is_some_and(|one| one["version"] == FIRST_LAYOUT)
            && self.schemas.0.contains_key(&legacy);
        let ml_schema = if first_layout { "legacy" } else { "ml" };
        let mut read = |kind: Kind, schema: &str| {
            let path = files.get(&kind)?;
            let value = self.obeying(path, &format!("{}_{schema}", analysis.name))?;
            Some((path, value))
        };
        let result = read(Kind::Result, "result");
        let ml = read(Kind::Ml, ml_schema);
        if let (Some((_, result)), Some((path, ml)), false) = (&result, &ml, first_layout) {
            self.same_blocks(analysis, result, path, ml);
        }
        if let (Some(path), Some(wrapper)) = (complete, &wrapper) {
            self.wraps(analysis, path, wrapper, [result.as_ref(), ml.as_ref()]);
        }
    }

    /// The blocks of the ml file are those of the result file under their generic names.
    fn same_blocks(&mut self, analysis: AnalysisName, result: &Value, path: &Path, ml: &Value) {
        let blocks = result.as_object().cloned().unwrap_or_default();
        let expected: Map<String, Value> = blocks
            .into_iter()
            .map(|(name, block)| (analysis.generic_block(&name), block))
            .collect();
        if *ml != Value::Object(expected) {
            let problem = "its blocks are not those of the result file under generic names";
            self.issue(path, "", problem);
        }
    }

    fn wraps(
        &mut self,
        analysis: AnalysisName,
        path: &Path,
        wrapper: &Value,
        [result, ml]: [Option<&(&PathBuf, Value)>; 2],
    ) {
        if wrapper["analysis_type"] != analysis.name {
            let problem = format!("is not '{}'", analysis.name);
            self.issue(path, "/analysis_type", problem);
        }
        let text = wrapper["result"].as_str().unwrap_or_default();
        let held: Option<Value> = serde_json::from_str(text).ok();
        if result.is_some_and(|(_, value)| held.as_ref() != Some(value)) {
            self.issue(path, "/result", "does not hold the result file");
        }
        if ml.is_some_and(|(_, value)| wrapper["parsed_response"] != *value) {
            self.issue(path, "/parsed_response", "does not hold the ml file");
        }
    }

    /// The content of a file that obeys a schema; `None`, and issues, if it does not.
    fn obeying(&mut self, path: &Path, schema: &str) -> Option<Value> {
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) => {
                self.issue(path, "", format!("cannot be read: {error}"));
                return None;
            }
        };
        self.files += 1;
        let value: Value = match serde_json::from_slice(&bytes) {
            Ok(value) => value,
            Err(error) => {
                self.issue(path, "", format!("is not JSON: {error}"));
                return None;
            }
        };
        let Some(validator) = self.schemas.0.get(schema) else {
            self.issue(path, "", format!("there is no schema called {schema}"));
            return Some(value);
        };
        let found: Vec<(String, String)> = validator
            .iter_errors(&value)
            .take(LISTED_ISSUES)
            .map(|error| (error.instance_path().to_string(), error.to_string()))
            .collect();
        for (place, problem) in found {
            self.issue(path, &place, problem);
        }
        Some(value)
    }

    fn named(&mut self, path: &Path, found: Option<&Value>, id: &str) {
        if found.is_some_and(|found| found["video_id"] != id) {
            self.issue(path, "/video_id", format!("is not '{id}'"));
        }
    }
}

/// Why analyses have no files, as the summary tells.
fn reasons(summary: &Value) -> BTreeMap<String, String> {
    let details = summary["report"]["prompt_details"].as_object();
    details
        .into_iter()
        .flatten()
        .filter_map(|(name, one)| Some((name.clone(), one["reason"].as_str()?.to_owned())))
        .collect()
}
