//! Whether two results say the same.

mod values;

use crate::{
    Error,
    folder::{Kind, Video, open},
};
use contracts::analysis::ANALYSES;
use serde::Serialize;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};
pub use values::{Difference, Strictness, tolerance};

/// Share of equal fields from which on two results agree.
const PASSES: f64 = 0.9;
/// Share from which on they almost do.
const MARGINAL: f64 = 0.75;
/// Maps whose keys depend on the video: they are no part of the structure.
const OPEN_MAPS: [&str; 2] = ["notMeasured", "elementCooccurrence"];

/// How strictly to compare.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Options {
    /// Only these analyses; all if empty.
    pub analyses: Vec<String>,
    /// When values agree.
    pub strictness: Strictness,
}

/// How far two results agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// At least nine fields of ten, and the structure is the same.
    Pass,
    /// At least three of four, and the structure is the same.
    Marginal,
    /// Less, or the structure differs.
    Fail,
}

/// A key that only one side has.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Lopsided {
    /// The analysis, or `unified_analysis`.
    pub analysis: String,
    /// The kind of file.
    pub file: String,
    /// Path of the key, `[]` after lists; empty if the whole file is missing.
    pub path: String,
    /// Which side has it: `a` or `b`.
    pub only_in: char,
}

/// What became of the fields of one analysis.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Fields {
    /// Fields compared.
    pub compared: usize,
    /// Those that are equal, or differ within the tolerance.
    pub equal: usize,
    /// The others.
    pub differences: Vec<Difference>,
}

/// Two results beside each other.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Compared {
    /// What the video is called on the first side.
    pub a: String,
    /// What it is called on the second side.
    pub b: String,
    /// How far they agree.
    pub verdict: Verdict,
    /// Share of fields that are equal; null if there is nothing to compare.
    pub share_equal: Option<f64>,
    /// Keys that only one side has.
    pub structure: Vec<Lopsided>,
    /// Fields by analysis.
    pub analyses: BTreeMap<String, Fields>,
}

/// Two folders beside each other.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// Videos both have.
    pub videos: Vec<Compared>,
    /// Videos only the first has.
    pub only_in_a: Vec<String>,
    /// Videos only the second has.
    pub only_in_b: Vec<String>,
}

impl Comparison {
    /// Whether every video passes and none is missing.
    #[must_use]
    pub fn passes(&self) -> bool {
        self.only_in_a.is_empty()
            && self.only_in_b.is_empty()
            && self.videos.iter().all(|one| one.verdict == Verdict::Pass)
    }
}

/// Compares two folders of results. Videos are paired by name; two folders of one video each are
/// paired whatever it is called.
///
/// # Errors
/// As [`open`].
pub fn compare(a: &Path, b: &Path, options: &Options) -> Result<Comparison, Error> {
    let (a, b) = (open(a)?, open(b)?);
    if let ([only_a], [only_b]) = (a.as_slice(), b.as_slice()) {
        return Ok(Comparison {
            videos: vec![beside(only_a, only_b, options)],
            only_in_a: Vec::new(),
            only_in_b: Vec::new(),
        });
    }
    let without = |all: &[Video], others: &[Video]| -> Vec<String> {
        let ids: BTreeSet<&str> = others.iter().map(|one| one.id.as_str()).collect();
        let lonely = all.iter().filter(|one| !ids.contains(one.id.as_str()));
        lonely.map(|one| one.id.clone()).collect()
    };
    let pairs = a.iter().filter_map(|first| {
        let second = b.iter().find(|second| second.id == first.id)?;
        Some(beside(first, second, options))
    });
    Ok(Comparison {
        videos: pairs.collect(),
        only_in_a: without(&a, &b),
        only_in_b: without(&b, &a),
    })
}

fn beside(a: &Video, b: &Video, options: &Options) -> Compared {
    let wanted =
        |name: &str| options.analyses.is_empty() || options.analyses.iter().any(|one| one == name);
    let mut structure = Vec::new();
    let mut analyses = BTreeMap::new();
    for analysis in ANALYSES.iter().filter(|one| wanted(one.name)) {
        for kind in Kind::ALL {
            let files = [a, b].map(|video| {
                let (_, files) = video.newest(analysis.name)?;
                read(files.get(&kind)?)
            });
            lopsided((analysis.name, kind.as_str()), &files, &mut structure);
            if let (Kind::Ml, [Some(first), Some(second)]) = (kind, &files) {
                let fields = values::fields(first, second, options.strictness);
                analyses.insert(analysis.name.to_owned(), fields);
            }
        }
    }
    if let (Some(first), Some(second), true) = (&a.unified, &b.unified, options.analyses.is_empty())
    {
        // Lists of single sightings are evidence, not metrics: their shape is all they share.
        let files = [read(first), read(second)];
        lopsided(("unified_analysis", "unified"), &files, &mut structure);
    }
    let compared: usize = analyses.values().map(|one: &Fields| one.compared).sum();
    let equal: usize = analyses.values().map(|one| one.equal).sum();
    let share_equal = (compared > 0).then(|| equal as f64 / compared as f64);
    Compared {
        a: a.id.clone(),
        b: b.id.clone(),
        verdict: verdict(share_equal, structure.is_empty()),
        share_equal,
        structure,
        analyses,
    }
}

fn verdict(share_equal: Option<f64>, same_structure: bool) -> Verdict {
    match share_equal {
        Some(share) if same_structure && share >= PASSES => Verdict::Pass,
        Some(share) if same_structure && share >= MARGINAL => Verdict::Marginal,
        _ => Verdict::Fail,
    }
}

fn read(path: &Path) -> Option<Value> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

/// Notes the keys that only one of two files has.
fn lopsided(
    (analysis, file): (&str, &str),
    files: &[Option<Value>; 2],
    structure: &mut Vec<Lopsided>,
) {
    let mut note = |path: &str, only_in| {
        structure.push(Lopsided {
            analysis: analysis.to_owned(),
            file: file.to_owned(),
            path: path.to_owned(),
            only_in,
        });
    };
    match files {
        [Some(a), Some(b)] => {
            let keys = [a, b].map(|value| {
                let mut found = BTreeSet::new();
                keys("", value, &mut found);
                found
            });
            keys[0]
                .difference(&keys[1])
                .for_each(|path| note(path, 'a'));
            keys[1]
                .difference(&keys[0])
                .for_each(|path| note(path, 'b'));
        }
        [Some(_), None] => note("", 'a'),
        [None, Some(_)] => note("", 'b'),
        [None, None] => {}
    }
}

/// Paths of all keys of objects outside lists and open maps. What lies in lists depends on the
/// video: an empty one has no keys.
fn keys(path: &str, value: &Value, found: &mut BTreeSet<String>) {
    let Value::Object(fields) = value else {
        return;
    };
    for (name, field) in fields {
        let path = if path.is_empty() {
            name.clone()
        } else {
            format!("{path}.{name}")
        };
        found.insert(path.clone());
        let timed = path.ends_with("Timeline") || path == "processing_metadata.dropped_items";
        if !OPEN_MAPS.contains(&name.as_str()) && !timed {
            keys(&path, field, found);
        }
    }
}
