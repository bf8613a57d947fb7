//! Rules of thumb about a signal, each with its range. They know words, not meaning.

use super::{
    lexicon::Lexicon,
    score::Adjustment,
    text::{count_words, length, normalised},
};

/// Days after which a post is old.
const FRESH_DAYS: i64 = 30;
/// Most points an old post costs.
const MAX_AGE_PENALTY: i64 = 20;
/// What a missing company costs.
const NO_COMPANY: f64 = -10.0;
/// Below this many characters a text says little.
const SHORT_CHARS: usize = 100;
/// What that costs.
const SHORT: f64 = -5.0;
/// Above this many characters it says too much.
const LONG_CHARS: usize = 5000;
/// What that costs.
const LONG: f64 = -3.0;
/// What a form that nobody filled in costs.
const TEMPLATE: f64 = -15.0;
/// What each family of phrases of a first marketer brings.
const FIRST_MARKETER: f64 = 5.0;
/// What they bring at most.
const MAX_FIRST_MARKETER: f64 = 15.0;
/// Above this share of founders' words somebody writes for themselves.
const FOUNDER_ABOVE: f64 = 0.6;
/// Below this share a department does.
const FOUNDER_BELOW: f64 = 0.4;
/// What each silver bullet costs.
const SILVER_BULLET: f64 = -8.0;
/// What they cost at most.
const MIN_SILVER_BULLET: f64 = -20.0;
/// What each phrase of spam costs.
const SPAM: f64 = -15.0;
/// What they cost at most.
const MIN_SPAM: f64 = -40.0;
/// What each pain of the industry brings.
const INDUSTRY: f64 = 3.0;
/// What they bring at most.
const MAX_INDUSTRY: f64 = 12.0;
/// Phrases of spam from which on a signal is not shown to a model.
pub const SPAM_HITS: usize = 2;
/// The sum from which on, downwards, it is not either.
pub const RULES_FLOOR: f64 = -30.0;

/// What the rules look at.
#[derive(Debug, Clone, Copy, Default)]
pub struct Facts<'a> {
    /// The signal.
    pub text: &'a str,
    /// Whose it is, where that is known.
    pub company_name: Option<&'a str>,
    /// How many days ago it was posted, where that is known.
    pub age_days: Option<i64>,
    /// Its industry, where somebody says; else it is looked for in the text.
    pub industry: Option<&'a str>,
    /// What funding is worth, if this very company raised money shortly before the post.
    pub funding_points: Option<f64>,
}

/// What the rules found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Findings {
    /// What is added and taken away.
    pub adjustments: Vec<Adjustment>,
    /// How many different phrases of spam there are.
    pub spam_hits: usize,
}

impl Findings {
    /// The sum.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.adjustments.iter().map(|one| one.adjustment).sum()
    }

    /// Whether no model needs to see it.
    #[must_use]
    pub fn is_hopeless(&self) -> bool {
        self.spam_hits >= SPAM_HITS || self.total() <= RULES_FLOOR
    }
}

/// A text in the two forms in which words are looked for.
struct Haystack<'a> {
    written: &'a str,
    folded: String,
}

impl Haystack<'_> {
    /// Acronyms are looked for in capitals: `SQL` is a stage of sales, `sql` a language.
    fn count(&self, entry: &str) -> usize {
        let acronym = entry.chars().count() > 1 && entry.chars().all(|c| c.is_ascii_uppercase());
        if acronym {
            count_words(self.written, entry)
        } else {
            count_words(&self.folded, &normalised(entry))
        }
    }

    fn hits<'e>(&self, entries: &'e [String]) -> Vec<&'e str> {
        let found = entries.iter().filter(|entry| self.count(entry) > 0);
        found.map(String::as_str).collect()
    }
}

/// Applies every rule.
#[must_use]
pub fn find(lexicon: &Lexicon, facts: Facts<'_>) -> Findings {
    let text = Haystack {
        written: facts.text,
        folded: normalised(facts.text),
    };
    let spam = text.hits(&lexicon.spam);
    let mut adjustments = ghost_job(lexicon, &text, facts);
    adjustments.extend(first_marketer(lexicon, &text));
    adjustments.extend(tone(lexicon, &text));
    adjustments.extend(phrases(
        "silver_bullet",
        &text.hits(&lexicon.silver_bullets),
        SILVER_BULLET,
        MIN_SILVER_BULLET,
    ));
    adjustments.extend(phrases("spam", &spam, SPAM, MIN_SPAM));
    adjustments.extend(industry(lexicon, &text, facts.industry));
    adjustments.extend(funding(facts.funding_points));
    Findings {
        adjustments,
        spam_hits: spam.len(),
    }
}

fn adjustment(category: &str, points: f64, reason: String, confidence: f64) -> Adjustment {
    Adjustment {
        category: category.into(),
        adjustment: points,
        reason,
        confidence,
    }
}

fn ghost_job(lexicon: &Lexicon, text: &Haystack<'_>, facts: Facts<'_>) -> Vec<Adjustment> {
    let ghost =
        |points, reason: String, confidence| adjustment("ghost_job", points, reason, confidence);
    let mut found = Vec::new();
    if let Some(days) = facts.age_days.filter(|days| *days > FRESH_DAYS) {
        let points = (days - FRESH_DAYS).min(MAX_AGE_PENALTY);
        // At most 20, so nothing is lost.
        #[allow(clippy::cast_precision_loss, reason = "at most twenty")]
        let points = -(points as f64);
        found.push(ghost(points, format!("posted {days} days ago"), 0.8));
    }
    if is_no_company(lexicon, facts.company_name) {
        found.push(ghost(NO_COMPANY, "no company is named".into(), 0.7));
    }
    let length = length(facts.text.trim());
    if length < SHORT_CHARS {
        found.push(ghost(SHORT, format!("only {length} characters"), 0.6));
    } else if length > LONG_CHARS {
        found.push(ghost(LONG, format!("{length} characters"), 0.5));
    }
    if !text.hits(&lexicon.template_placeholders).is_empty() {
        found.push(ghost(TEMPLATE, "a form that nobody filled in".into(), 0.9));
    }
    found
}

fn is_no_company(lexicon: &Lexicon, name: Option<&str>) -> bool {
    let name = normalised(name.unwrap_or_default());
    name.is_empty() || lexicon.company_placeholders.contains(&name)
}

fn first_marketer(lexicon: &Lexicon, text: &Haystack<'_>) -> Option<Adjustment> {
    let families = lexicon.first_marketer.iter();
    let families = families.filter(|(_, phrases)| !text.hits(phrases).is_empty());
    let names: Vec<&str> = families.map(|(name, _)| name.as_str()).collect();
    let points = counted(names.len(), FIRST_MARKETER).min(MAX_FIRST_MARKETER);
    let reason = || format!("speaks of a first marketer: {}", names.join(", "));
    (points > 0.0).then(|| adjustment("first_marketer", points, reason(), 0.8))
}

/// How often something was found, times its points.
fn counted(hits: usize, points: f64) -> f64 {
    f64::from(u32::try_from(hits).unwrap_or(u32::MAX)) * points
}

fn tone(lexicon: &Lexicon, text: &Haystack<'_>) -> Option<Adjustment> {
    let count = |entries: &[String]| -> usize { entries.iter().map(|e| text.count(e)).sum() };
    let founder = counted(count(&lexicon.founder_words), 1.0);
    let corporate = counted(count(&lexicon.corporate_words), 1.0);
    let all = founder + corporate;
    // Without any such word there is no share, not one of zero.
    if all <= 0.0 {
        return None;
    }
    let share = founder / all;
    let (points, reason) = match share {
        share if share > FOUNDER_ABOVE => ((10.0 * share).floor(), "written by founders"),
        share if share < FOUNDER_BELOW => {
            (-(5.0 * (1.0 - share)).floor(), "written by a department")
        }
        _ => return None,
    };
    Some(adjustment("tone", points, reason.into(), 0.6))
}

fn phrases(category: &str, found: &[&str], points: f64, floor: f64) -> Option<Adjustment> {
    let sum = counted(found.len(), points).max(floor);
    let reason = || format!("says: {}", found.join(", "));
    (!found.is_empty()).then(|| adjustment(category, sum, reason(), 0.8))
}

fn industry(lexicon: &Lexicon, text: &Haystack<'_>, given: Option<&str>) -> Option<Adjustment> {
    let given = given.map(normalised).filter(|name| !name.is_empty());
    let known = match &given {
        Some(name) => lexicon.industries.get_key_value(name),
        None => detected(lexicon, text),
    };
    let (name, industry) = known?;
    let pains = text.hits(&industry.pains);
    let points = counted(pains.len(), INDUSTRY).min(MAX_INDUSTRY);
    let confidence = if given.is_some() { 0.8 } else { 0.5 };
    let reason = || format!("pains of {name}: {}", pains.join(", "));
    (points > 0.0).then(|| adjustment("industry", points, reason(), confidence))
}

/// The industry with most signs; of several, the first by name.
fn detected<'l>(
    lexicon: &'l Lexicon,
    text: &Haystack<'_>,
) -> Option<(&'l String, &'l super::lexicon::Industry)> {
    let counted = lexicon
        .industries
        .iter()
        .map(|(name, industry)| (text.hits(&industry.signs).len(), name, industry));
    let best = counted
        .filter(|(hits, ..)| *hits > 0)
        .reduce(|best, next| if next.0 > best.0 { next } else { best });
    best.map(|(_, name, industry)| (name, industry))
}

fn funding(points: Option<f64>) -> Option<Adjustment> {
    let reason = "this company raised money shortly before";
    points.map(|points| adjustment("funding", points, reason.into(), 0.9))
}
