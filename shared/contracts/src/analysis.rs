//! Names of the analyses, and of their blocks: the one table that names are taken from and turned
//! by.

/// What an analysis and its blocks are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnalysisName {
    /// Of the analysis, its folder and its files, as `scene_pacing`.
    pub name: &'static str,
    /// What the names of its blocks begin with in result files; empty if they have no prefix.
    pub prefix: &'static str,
}

const fn named(name: &'static str, prefix: &'static str) -> AnalysisName {
    AnalysisName { name, prefix }
}

/// How much happens per second.
pub const CREATIVE_DENSITY: AnalysisName = named("creative_density", "density");
/// What faces show, over time.
pub const EMOTIONAL_JOURNEY: AnalysisName = named("emotional_journey", "emotional");
/// Who is in the picture, how near, looking where.
pub const PERSON_FRAMING: AnalysisName = named("person_framing", "personFraming");
/// How it is cut.
pub const SCENE_PACING: AnalysisName = named("scene_pacing", "scenePacing");
/// What is said, and how.
pub const SPEECH_ANALYSIS: AnalysisName = named("speech_analysis", "speech");
/// What is laid over the picture.
pub const VISUAL_OVERLAY_ANALYSIS: AnalysisName = named("visual_overlay_analysis", "visualOverlay");
/// What the source tells.
pub const METADATA_ANALYSIS: AnalysisName = named("metadata_analysis", "metadata");
/// What happens when: opening, closing, peaks.
pub const TEMPORAL_MARKERS: AnalysisName = named("temporal_markers", "");
/// The hook, what a video is made of, and a rubric: one file beside the analyses, none of them.
pub const CREATIVE_MEASURES: AnalysisName = named("creative_measures", "");

/// All analyses, in the order in which they are reported.
pub const ANALYSES: [AnalysisName; 8] = [
    CREATIVE_DENSITY,
    EMOTIONAL_JOURNEY,
    PERSON_FRAMING,
    SCENE_PACING,
    SPEECH_ANALYSIS,
    VISUAL_OVERLAY_ANALYSIS,
    METADATA_ANALYSIS,
    TEMPORAL_MARKERS,
];

impl AnalysisName {
    /// The analysis called `name`.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        ANALYSES.into_iter().find(|one| one.name == name)
    }

    /// The generic name of a block: without the prefix, first letter upper-cased; unchanged if it
    /// does not begin with the prefix.
    #[must_use]
    pub fn generic_block(self, block: &str) -> String {
        generic_block(self.prefix, block)
    }
}

/// The generic name of a block whose analysis has this prefix.
#[must_use]
pub fn generic_block(prefix: &str, block: &str) -> String {
    let without = Some(prefix)
        .filter(|prefix| !prefix.is_empty())
        .and_then(|prefix| block.strip_prefix(prefix));
    let Some(rest) = without else {
        return block.to_owned();
    };
    let mut letters = rest.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}
