//! What a text is for, and what speaks for it.

pub mod captions;
pub mod patterns;
mod phrases;

pub use captions::Speech;

use super::{geometry::BoundingBox, position};
use crate::config::RoleConfig;
use contracts::{
    MediaTime, TimeSpan,
    text::{Evidence, EvidenceValue, TextPosition, TextRole, TextSize},
};

/// What is known of one text.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// What it says.
    pub text: String,
    /// Its words, folded.
    pub words: Vec<String>,
    /// Confidence of reading, 0–1.
    pub confidence: f64,
    /// When it is visible.
    pub intervals: Vec<TimeSpan>,
    /// Its upright box, averaged, as shares of the picture.
    pub bbox: BoundingBox,
    /// Height of the line as a share of the picture's height.
    pub height_share: f64,
    /// Its size by that share.
    pub size: TextSize,
    /// Direction of reading in degrees clockwise from left to right.
    pub rotation_degrees: f64,
    /// How far its middle strays from its mean while visible, as a share of the picture; `None`
    /// if it was seen once.
    pub drift: Option<f64>,
    /// Boundaries between shots across which it stayed; `None` if shots are not known.
    pub cuts_crossed: Option<u32>,
    /// Of the beginnings and ends of its intervals, those that lie inside a shot and inside the
    /// video, and not at the edge of the picture; `None` if shots are not known.
    pub ends_inside_shots: Option<u32>,
    /// How much the picture right around it changes from look to look (0–255) while it is
    /// visible; `None` if it was seen once.
    pub surroundings_change: Option<f64>,
}

impl Facts {
    fn visible_s(&self) -> f64 {
        let each = self.intervals.iter().map(|span| span.duration());
        each.map(|length| length.as_secs_f64()).sum()
    }
    fn first(&self) -> MediaTime {
        self.intervals
            .first()
            .map(|span| span.start)
            .unwrap_or_default()
    }
}

/// A judgement on one text.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// Whether it was laid over the picture; `None` if nothing tells.
    pub overlay: Option<bool>,
    /// What it is for.
    pub role: TextRole,
    /// How sure that is, 0–1.
    pub confidence: f64,
    /// What speaks for both.
    pub evidence: Vec<Evidence>,
    /// The calls in it.
    pub calls: Vec<String>,
}

/// A role with what speaks for it and how strong that is, 0–1.
type Ruling = (TextRole, f64, Vec<Evidence>);

fn number(name: &str, value: f64) -> Evidence {
    Evidence {
        name: name.into(),
        value: EvidenceValue::Number(super::rounded(value, 4)),
    }
}

fn words_of(name: &str, value: &str) -> Evidence {
    Evidence {
        name: name.into(),
        value: EvidenceValue::Text(value.into()),
    }
}

/// Judges all texts of a video of this length; `speech` is what is said, if that is known.
#[must_use]
pub fn judge(
    texts: &[Facts],
    speech: Option<&[Speech]>,
    duration: MediaTime,
    config: &RoleConfig,
) -> Vec<Judgement> {
    let following = match speech {
        Some(speech) => captions::following(texts, speech, config),
        None => vec![None; texts.len()],
    };
    let sequences = captions::sequences(texts);
    let each = texts.iter().zip(following).zip(sequences);
    each.map(|((text, following), sequence)| {
        let (overlay, mut evidence) = overlay(text, config);
        let calls = patterns::calls(&text.text);
        let ruling = following
            .map(follows_speech)
            .or_else(|| says_of_itself(text))
            .or_else(|| watermark(text, duration, config))
            .or_else(|| call(&calls))
            // Without speech to compare with, a run of short texts is a caption's habit.
            .or_else(|| sequence.filter(|_| speech.is_none()).map(runs_on))
            .or_else(|| hook_title(text, texts, overlay, config))
            .or_else(|| filmed(overlay, &evidence));
        let (role, strength, reasons) = ruling.unwrap_or((TextRole::Other, 0.0, Vec::new()));
        evidence.extend(reasons);
        Judgement {
            overlay,
            role,
            confidence: strength * text.confidence,
            evidence,
            calls,
        }
    })
    .collect()
}

/// Whether a text was laid over the picture: what stays where it is across cuts, or while the
/// picture moves, or comes and goes within a shot, was; what moves with the picture or stands
/// askew was filmed.
fn overlay(text: &Facts, config: &RoleConfig) -> (Option<bool>, Vec<Evidence>) {
    let still = text.drift.is_some_and(|drift| drift <= config.still_drift);
    let mut laid_over = Vec::new();
    if let Some(cuts) = text.cuts_crossed.filter(|cuts| still && *cuts > 0) {
        laid_over.push(number("cuts_crossed", f64::from(cuts)));
    }
    let moving = |change: &f64| still && *change >= config.moving_surroundings;
    if let Some(change) = text.surroundings_change.filter(moving) {
        laid_over.push(number("still_while_surroundings_change_by", change));
    }
    if let Some(ends) = text.ends_inside_shots.filter(|ends| still && *ends > 0) {
        laid_over.push(number("begins_or_ends_inside_shots", f64::from(ends)));
    }
    if !laid_over.is_empty() {
        return (Some(true), laid_over);
    }
    let mut in_scene = Vec::new();
    if let Some(drift) = text.drift.filter(|drift| *drift >= config.moving_drift) {
        in_scene.push(number("drift_share", drift));
    }
    if text.rotation_degrees.abs() >= config.askew_degrees {
        in_scene.push(number("rotation_degrees", text.rotation_degrees));
    }
    let overlay = (!in_scene.is_empty()).then_some(false);
    (overlay, in_scene)
}

fn follows_speech(found: captions::Following) -> Ruling {
    // One text that repeats the speech may do so by chance; each further one halves the doubt.
    let doubt = 0.5_f64.powi(i32::try_from(found.in_band).unwrap_or(i32::MAX));
    let evidence = vec![
        number("spoken_share", found.spoken_share),
        number("texts_following_speech_here", found.in_band as f64),
    ];
    (
        TextRole::Caption,
        found.spoken_share * (1.0 - doubt),
        evidence,
    )
}

fn runs_on(length: usize) -> Ruling {
    let strength = 1.0 - 1.0 / length as f64;
    let evidence = vec![number("texts_in_sequence", length as f64)];
    (TextRole::Caption, strength, evidence)
}

fn says_of_itself(text: &Facts) -> Option<Ruling> {
    if let Some(name) = patterns::handle(&text.text) {
        return Some((TextRole::Handle, 1.0, vec![words_of("handle", name)]));
    }
    if let Some(tags) = patterns::hashtags(&text.text) {
        return Some((TextRole::Hashtag, 1.0, vec![words_of("hashtags", &tags)]));
    }
    let price = patterns::price(&text.text)?;
    Some((TextRole::Price, 1.0, vec![words_of("price", &price)]))
}

fn watermark(text: &Facts, duration: MediaTime, config: &RoleConfig) -> Option<Ruling> {
    let share = (text.visible_s() / duration.seconds().max(f64::EPSILON)).min(1.0);
    let mark = patterns::mark(&text.text);
    let small = text.size == TextSize::Small;
    let stays = text.cuts_crossed.unwrap_or(0) > 0 && share >= config.watermark_share;
    let signs = [
        mark.is_some(),
        stays,
        text.drift.is_some_and(|drift| drift <= config.still_drift),
        position(text.bbox.centre()) != TextPosition::MiddleCenter,
    ];
    let unnamed = signs.iter().skip(1).all(|sign| *sign);
    if !small || !(mark.is_some() || unnamed) {
        return None;
    }
    let mut evidence = vec![
        number("visible_share", share),
        number("height_share", text.height_share),
    ];
    evidence.extend(mark.as_deref().map(|mark| words_of("mark", mark)));
    let held = signs.iter().filter(|sign| **sign).count();
    Some((
        TextRole::Watermark,
        held as f64 / signs.len() as f64,
        evidence,
    ))
}

fn call(calls: &[String]) -> Option<Ruling> {
    let evidence: Vec<Evidence> = calls.iter().map(|call| words_of("keyword", call)).collect();
    let doubt = 0.5_f64.powi(i32::try_from(1 + calls.len()).unwrap_or(i32::MAX));
    (!calls.is_empty()).then_some((TextRole::Cta, 1.0 - doubt, evidence))
}

fn hook_title(
    text: &Facts,
    all: &[Facts],
    overlay: Option<bool>,
    config: &RoleConfig,
) -> Option<Ruling> {
    let limit = MediaTime::from_seconds(config.hook_window_s);
    let early = |one: &Facts| one.first() < limit;
    if !early(text) || overlay == Some(false) || text.words.len() < 2 {
        return None;
    }
    let largest = all
        .iter()
        .filter(|one| early(one))
        .all(|one| one.height_share <= text.height_share);
    let phrase = patterns::hook(&text.text);
    let large = text.size != TextSize::Small;
    let signs = [
        large,
        largest && large,
        phrase.is_some(),
        overlay == Some(true),
    ];
    let held = signs.iter().filter(|sign| **sign).count();
    if held < 2 {
        return None;
    }
    let mut evidence = vec![
        number("first_seen_s", text.first().seconds()),
        number("height_share", text.height_share),
    ];
    evidence.extend(phrase.as_deref().map(|phrase| words_of("hook", phrase)));
    Some((
        TextRole::HookTitle,
        held as f64 / signs.len() as f64,
        evidence,
    ))
}

/// The role of what was filmed; the evidence is already given.
fn filmed(overlay: Option<bool>, evidence: &[Evidence]) -> Option<Ruling> {
    let doubt = 0.5_f64.powi(i32::try_from(evidence.len()).unwrap_or(i32::MAX));
    (overlay == Some(false)).then_some((TextRole::SceneText, 1.0 - doubt, Vec::new()))
}
