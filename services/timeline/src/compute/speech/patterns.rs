//! `speechPatterns`: how it is said.

use super::{
    Evidence, LISTED, NEVER, NOTHING_SAID, NULL_CONFIDENCE, SPEECH, Spoken, emphasis, interactions,
    rhythm,
    wording::{self, LIX_LANGUAGES},
};
use crate::{
    compute::{
        block::Block,
        coverage::Modality,
        measure::{Measured, NO_DEFINITION, Reason},
        phrases::{self, DIRECT_ADDRESS, INCLUSIVE_ADDRESS, Phrase, SPOKEN_HOOKS},
    },
    metrics::{Range, define_metrics},
};
use serde::Serialize;
use std::collections::BTreeMap;

/// Lengths of the phrases whose repetition counts, in words.
pub(super) const PHRASE_WORDS: [usize; 2] = [2, 3];
const GESTURE_SHARE: f64 = 0.5;

/// A phrase that makes listeners stay.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct VerbalHook {
    /// When its first word begins, in seconds.
    pub timestamp: f64,
    /// The phrase.
    pub phrase: &'static str,
    /// How it does.
    #[serde(rename = "type")]
    pub kind: &'static str,
}

/// Share (0–1) of the phrases of two and three words within a segment that are said more than
/// once; `None` if no segment has two words.
#[must_use]
pub fn repetition(spoken: &Spoken) -> Option<f64> {
    let rows: Vec<Vec<&str>> = spoken
        .all()
        .iter()
        .map(|said| said.words.iter().map(|word| word.text.as_str()).collect())
        .collect();
    let mut counts: BTreeMap<&[&str], usize> = BTreeMap::new();
    for row in &rows {
        for length in PHRASE_WORDS {
            for phrase in row.windows(length) {
                *counts.entry(phrase).or_insert(0) += 1;
            }
        }
    }
    let all: usize = counts.values().sum();
    let repeated: usize = counts.values().filter(|count| **count > 1).sum();
    (all > 0).then(|| repeated as f64 / all as f64)
}

/// Phrases that make listeners stay, by time; greetings count as the first words only.
#[must_use]
pub fn hooks(spoken: &Spoken) -> Vec<VerbalHook> {
    let words: Vec<_> = spoken.words().collect();
    let row: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
    phrases::find(&row, SPOKEN_HOOKS)
        .into_iter()
        .map(|found| VerbalHook {
            timestamp: words[found.first].span.start.seconds(),
            phrase: found.phrase.text,
            kind: found.phrase.kind,
        })
        .collect()
}

/// How often words of a list are said.
#[must_use]
pub fn mentions(spoken: &Spoken, list: &[Phrase]) -> usize {
    let row: Vec<&str> = spoken.words().map(|word| word.text.as_str()).collect();
    phrases::find(&row, list).len()
}

/// Number of question marks.
#[must_use]
pub fn questions(spoken: &Spoken) -> usize {
    let marks = |text: &str| {
        text.chars()
            .filter(|c| matches!(c, '?' | '？' | '؟'))
            .count()
    };
    spoken.all().iter().map(|said| marks(&said.text)).sum()
}

fn techniques(evidence: &Evidence<'_>) -> Measured<Vec<&'static str>> {
    let gestures = interactions::gesture_share(evidence);
    let bursts = emphasis::measured_bursts(evidence);
    evidence.of(|spoken| {
        let pauses = rhythm::pauses(spoken.voiced());
        let paused = |kind: &str| pauses.iter().any(|pause| pause.kind == kind);
        [
            ("strategic_pauses", paused("strategic")),
            ("dramatic_pauses", paused("dramatic")),
            (
                "repetition",
                repetition(spoken).is_some_and(|share| share > 0.0),
            ),
            (
                "gestures",
                gestures.is_ok_and(|share| share > GESTURE_SHARE),
            ),
            (
                "energy_bursts",
                bursts.is_ok_and(|bursts| !bursts.is_empty()),
            ),
        ]
        .into_iter()
        .filter(|(_, holds)| *holds)
        .map(|(name, _)| name)
        .collect()
    })
}

pub(super) fn block(evidence: &Evidence<'_>) -> Block {
    let mut block = Block::new("speechPatterns");
    let repetition = evidence.some_of_voiced(|spoken| {
        repetition(spoken).ok_or_else(|| Reason::from("no segment has two words"))
    });
    block.put("repetitionRate", repetition);
    let techniques = techniques(evidence);
    block.put("emphasisTechniques", techniques.clone());
    block.put("speechTechniques", techniques);
    block.put::<&str>("narrativeStyle", Err(NO_DEFINITION));
    block.put("verbalHooks", evidence.in_english(hooks));
    block.put("questionCount", evidence.of(questions));
    let direct = evidence.in_english(|spoken| mentions(spoken, DIRECT_ADDRESS));
    block.put("directAddressCount", direct);
    let inclusive = evidence.in_english(|spoken| mentions(spoken, INCLUSIVE_ADDRESS));
    block.put("inclusiveAddressCount", inclusive);
    let fillers = evidence.in_english(wording::filler_ratio);
    let fillers = fillers.and_then(|share| share.ok_or_else(|| Reason::from(NOTHING_SAID)));
    block.put("fillerRatio", fillers);
    let opening = evidence.in_english(wording::opening_strength);
    block.put("openingHookStrength", opening);
    let complexity = evidence.some_of_voiced(|spoken| {
        if let Some(other) = spoken.language().filter(|one| !LIX_LANGUAGES.contains(one)) {
            return Err(Reason::new(format!(
                "LIX was not compared in the language, which is {other}"
            )));
        }
        let lix = wording::lix(spoken);
        lix.map(wording::complexity)
            .ok_or_else(|| Reason::from(NOTHING_SAID))
    });
    block.put("linguisticComplexity", complexity);
    evidence.put_confidence(&mut block, &[Modality::Speech]);
    block
}

const NULL_ENGLISH: &str = "as totalWords; the language is known and is not English";

/// What speakers do to be listened to.
const TECHNIQUES: Range = Range::ListOf(&Range::OneOf(&[
    "strategic_pauses",
    "dramatic_pauses",
    "repetition",
    "gestures",
    "energy_bursts",
]));

define_metrics!(
    "speech_analysis",
    "speechPatterns",
    [
        (
            "repetitionRate",
            "phrases of 2 and 3 words within a segment that are said more than once / all such phrases, each as often as it is said",
            SPEECH,
            "1",
            Range::Share,
            "as totalWords; no segment has two words"
        ),
        (
            "emphasisTechniques",
            "those that hold: strategic_pauses (gap in S of 1 to 2 s), dramatic_pauses (2 to 3 s), repetition (repetitionRate > 0), gestures (speechGestureSync > 0.5), energy_bursts (a speechBurst)",
            "speech, gestures, sound",
            "names",
            TECHNIQUES,
            super::NULL_SPEECH
        ),
        (
            "speechTechniques",
            "as emphasisTechniques",
            "speech, gestures, sound",
            "names",
            TECHNIQUES,
            super::NULL_SPEECH
        ),
        (
            "narrativeStyle",
            "none",
            "nothing",
            "name",
            Range::Nothing,
            NEVER
        ),
        (
            "verbalHooks[].timestamp",
            "beginning of the first word of a phrase that makes listeners stay; by time; the list is null where the language is known and is not English",
            SPEECH,
            "s",
            Range::WITHIN_MEASURED,
            LISTED
        ),
        (
            "verbalHooks[].phrase",
            "the phrase: did you know, guess what, wait for it, watch this, check this out; amazing, incredible, mind-blowing, shocking, unbelievable; you won't believe, you need to see, this will change; hey, hi, hello, what's up as the first words; secret, trick, hack, tip",
            SPEECH,
            "text",
            Range::Text("one of the list"),
            LISTED
        ),
        (
            "verbalHooks[].type",
            "how it does",
            SPEECH,
            "name",
            Range::OneOf(&["question", "hyperbole", "promise", "greeting", "value_prop"]),
            LISTED
        ),
        (
            "questionCount",
            "question marks in what is said, as the recogniser writes it",
            SPEECH,
            "questions",
            Range::COUNT,
            super::NULL_SPEECH
        ),
        (
            "directAddressCount",
            "you, your, you're, you'll and you've in W",
            SPEECH,
            "words",
            Range::COUNT,
            NULL_ENGLISH
        ),
        (
            "inclusiveAddressCount",
            "we, us, our and let's in W",
            SPEECH,
            "words",
            Range::COUNT,
            NULL_ENGLISH
        ),
        (
            "fillerRatio",
            "words of um, uh, like, you know, basically, literally and actually / |W|; like counts in every meaning",
            SPEECH,
            "1",
            Range::Share,
            "as directAddressCount; nothing is said"
        ),
        (
            "openingHookStrength",
            "min(1, verbalHooks before 3 s / 2)",
            SPEECH,
            "1",
            Range::Share,
            NULL_ENGLISH
        ),
        (
            "linguisticComplexity",
            "by LIX, |W| / sentences + 100 × words of more than 6 letters / |W|, with sentences as Unicode divides each segment: simple below 40, moderate below 50, else complex",
            SPEECH,
            "name",
            Range::OneOf(&["simple", "moderate", "complex"]),
            "as totalWords; nothing is said, or the language is known and is none in which LIX was compared: Danish, English, Finnish, French, German, Italian, Norwegian, Portuguese, Russian, Spanish, Swedish"
        ),
        (
            "confidence",
            "share of seconds listened to × mean confidence of the segments",
            "coverage, speech",
            "1",
            Range::Share,
            NULL_CONFIDENCE
        ),
    ]
);
