//! Descriptions to begin with.

use super::icp::Profile;

/// Names under which they are asked for.
pub const NAMES: [&str; 2] = ["solo-founder", "small-d2c"];

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// The preset of that name.
#[must_use]
pub fn preset(name: &str) -> Option<Profile> {
    match name {
        "solo-founder" => Some(solo_founder()),
        "small-d2c" => Some(small_d2c()),
        _ => None,
    }
}

fn solo_founder() -> Profile {
    Profile {
        name: "Solo founder".into(),
        description: Some(
            "One person who built a product, sells it alone, and has no hours left for marketing"
                .into(),
        ),
        size_buckets: owned(&["1", "2-5"]),
        industries: owned(&["b2b software", "saas", "services"]),
        locations: owned(&["india"]),
        stages: owned(&["bootstrapped", "pre-seed"]),
        hiring_keywords: owned(&[
            "first marketer",
            "first marketing hire",
            "marketing freelancer",
            "marketing generalist",
        ]),
        pain_keywords: owned(&[
            "founder-led marketing",
            "no leads",
            "no marketing team",
            "no time for marketing",
        ]),
        channel_preferences: owned(&["email", "linkedin"]),
        budget_signals: owned(&["first revenue", "raised a round"]),
    }
}

fn small_d2c() -> Profile {
    Profile {
        name: "Small D2C brand".into(),
        description: Some(
            "A young brand that sells its own goods online, lives from paid reach, and wants to depend on it less"
                .into(),
        ),
        size_buckets: owned(&["2-5", "6-10", "11-20"]),
        industries: owned(&["beauty", "d2c", "ecommerce", "fashion", "food"]),
        locations: owned(&["india"]),
        stages: owned(&["early revenue", "seed"]),
        hiring_keywords: owned(&[
            "d2c marketer",
            "growth marketer",
            "performance marketer",
            "replace our agency",
        ]),
        pain_keywords: owned(&[
            "agency is not working",
            "cost per acquisition",
            "rising ad costs",
            "roas",
            "scaling ads",
        ]),
        channel_preferences: owned(&["email", "instagram"]),
        budget_signals: owned(&["agency retainer", "monthly ad spend"]),
    }
}
