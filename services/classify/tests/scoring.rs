//! Totals, buckets and rules of thumb.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use classify::compute::{
    classification::{self, Classification},
    filter::{self, SignalInput},
    heuristics::{self, Facts, Findings},
    icp::{self, Profile},
    lexicon::Lexicon,
    presets,
    score::{self, Adjustment, Bucket, Weights},
    statistics::{StageName, Statistics},
};
use proptest::prelude::*;
use std::time::Duration;

const SEED_SAMPLE: &str = "Looking for marketing manager";
/// Long enough to cost nothing, of nobody in particular.
const PLAIN: &str = "The search is on for a person with a good hand for words and numbers, who likes \
    to plan campaigns and to see them through to their end.";

fn of(fit: f64, pain: f64, quality: f64) -> Classification {
    classification::check(&common::answer(fit, pain, quality), "")
        .unwrap()
        .0
}

fn adjustment(points: f64) -> Adjustment {
    Adjustment {
        category: "test".into(),
        adjustment: points,
        reason: String::new(),
        confidence: 1.0,
    }
}

fn find(facts: Facts<'_>) -> Findings {
    heuristics::find(&Lexicon::builtin().unwrap(), facts)
}

fn found(text: &str) -> Findings {
    find(Facts {
        text,
        company_name: Some("SkinLab"),
        ..Facts::default()
    })
}

fn points(findings: &Findings, category: &str) -> f64 {
    let of_it = findings
        .adjustments
        .iter()
        .filter(|one| one.category == category);
    of_it.map(|one| one.adjustment).sum()
}

#[test]
fn promise_14_boundaries_belong_to_the_bucket_above() {
    for (total, bucket) in [
        (100.0, Bucket::RedHot),
        (80.0, Bucket::RedHot),
        (79.9, Bucket::Warm),
        (60.0, Bucket::Warm),
        (59.9, Bucket::Nurture),
        (40.0, Bucket::Nurture),
        (39.9, Bucket::Parked),
        (0.0, Bucket::Parked),
    ] {
        assert_eq!(Bucket::of(total), bucket, "{total}");
    }
    assert!(filter::is_below(19.9, 20.0) && !filter::is_below(20.0, 20.0));
    assert!(filter::deserves_dossier(70.1, 70.0) && !filter::deserves_dossier(70.0, 70.0));
}

#[test]
fn a_total_that_rounds_up_to_a_boundary_is_told_as_it_is_judged() {
    let explained = score::explain(&of(50.0, 29.96, 0.0), Weights::default(), &[]);
    assert_eq!(explained.final_score, 80.0);
    assert_eq!(explained.score_bucket, Bucket::RedHot);
}

#[test]
fn promise_05_d15_weights_and_adjustments_are_part_of_the_total() {
    let weights = Weights {
        icp_fit: 0.5,
        marketing_pain: 1.0,
        data_quality: 2.0,
    };
    let explained = score::explain(&of(40.0, 20.0, 5.0), weights, &[adjustment(-8.0)]);
    assert_eq!(explained.base_total, 50.0);
    assert_eq!(explained.adjustment_total, -8.0);
    assert_eq!(explained.final_score, 42.0);
    assert_eq!(explained.score_bucket, Bucket::Nurture);
}

#[test]
fn the_first_sample_of_all_costs_fifteen() {
    let findings = find(Facts {
        text: SEED_SAMPLE,
        ..Facts::default()
    });
    assert_eq!(points(&findings, "ghost_job"), -15.0);
    assert_eq!(findings.total(), -15.0, "{findings:?}");
    assert!(!findings.is_hopeless());
}

#[test]
fn a_plain_post_is_worth_nothing_and_costs_nothing() {
    assert_eq!(found(PLAIN), Findings::default());
}

#[test]
fn old_posts_cost_a_point_a_day_up_to_twenty() {
    for (days, cost) in [(30, 0.0), (31, -1.0), (50, -20.0), (4000, -20.0), (-3, 0.0)] {
        let findings = find(Facts {
            text: PLAIN,
            company_name: Some("SkinLab"),
            age_days: Some(days),
            ..Facts::default()
        });
        assert_eq!(points(&findings, "ghost_job"), cost, "{days}");
    }
}

#[test]
fn promise_05_d15_placeholders_are_whole_words() {
    assert_eq!(
        points(&found(&format!("{PLAIN} OUTBDAY")), "ghost_job"),
        0.0
    );
    assert_eq!(
        points(&found(&format!("{PLAIN} Place TBD")), "ghost_job"),
        -15.0
    );
    assert_eq!(
        points(&found(&format!("{PLAIN} {{{{city}}}}")), "ghost_job"),
        -15.0
    );
    let named = |name| {
        let findings = find(Facts {
            text: PLAIN,
            company_name: name,
            ..Facts::default()
        });
        points(&findings, "ghost_job")
    };
    assert_eq!(named(Some("Confidential ")), -10.0);
    assert_eq!(named(None), -10.0);
    assert_eq!(named(Some("Confidential Coffee")), 0.0);
}

#[test]
fn promise_05_d15_working_from_home_is_no_spam() {
    assert_eq!(
        points(&found(&format!("{PLAIN} Work from home.")), "spam"),
        0.0
    );
    let one = found(&format!("{PLAIN} Financial freedom awaits."));
    assert_eq!((points(&one, "spam"), one.is_hopeless()), (-15.0, false));
    let text = format!("{PLAIN} Easy money, passive income, registration fee, be your own boss.");
    let many = found(&text);
    assert_eq!((points(&many, "spam"), many.is_hopeless()), (-40.0, true));
}

#[test]
fn promise_05_d16_each_family_of_a_first_marketer_counts_once() {
    let text = format!("{PLAIN} First marketing hire, founding marketer.");
    assert_eq!(points(&found(&text), "first_marketer"), 5.0);
    let text = format!(
        "{text} Build marketing from scratch. No marketing team. Wear many hats. From zero."
    );
    assert_eq!(points(&found(&text), "first_marketer"), 15.0);
}

#[test]
fn the_share_of_founders_words_is_the_tone() {
    let tone = |words: &str| points(&found(&format!("{PLAIN} {words}")), "tone");
    assert_eq!(tone("we we we"), 10.0);
    assert_eq!(tone("we we stakeholders"), 6.0);
    assert_eq!(tone("we stakeholders"), 0.0);
    assert_eq!(tone("stakeholders department incumbent"), -5.0);
    assert_eq!(tone("we stakeholders department incumbent"), -3.0);
}

#[test]
fn acronyms_are_looked_for_in_capitals() {
    let industry = |text: &str| {
        let text = format!("{PLAIN} {text}");
        let findings = find(Facts {
            text: &text,
            company_name: Some("SkinLab"),
            industry: Some("SaaS"),
            ..Facts::default()
        });
        points(&findings, "industry")
    };
    assert_eq!(industry("writes sql"), 0.0);
    assert_eq!(industry("more SQL and MQL"), 6.0);
    assert_eq!(
        industry("churn activation onboarding free trial lead generation"),
        12.0
    );
}

#[test]
fn the_industry_is_found_in_the_text_if_nobody_says() {
    let findings = found(&format!("{PLAIN} Our skincare brand sees retention fall."));
    assert_eq!(points(&findings, "industry"), 3.0);
}

#[test]
fn silver_bullets_cost_eight_each_down_to_twenty() {
    let cost = |text: &str| points(&found(&format!("{PLAIN} {text}")), "silver_bullet");
    assert_eq!(cost("a growth hacker"), -8.0);
    assert_eq!(
        cost("growth hacker, marketing ninja, unicorn marketer"),
        -20.0
    );
}

#[test]
fn texts_of_every_length_are_measured_in_what_a_reader_sees() {
    let length = |text: &str| points(&found(text), "ghost_job");
    assert_eq!(length(&"e\u{301}".repeat(99)), -5.0);
    assert_eq!(length(&"e\u{301}".repeat(100)), 0.0);
    assert_eq!(length(&"ab ".repeat(1700)), -3.0);
}

#[test]
fn promise_05_d05_descriptions_are_told_the_same_whatever_their_order() {
    let one = presets::preset("solo-founder").unwrap();
    let two = presets::preset("small-d2c").unwrap();
    let mut turned = two.clone();
    turned.industries.reverse();
    turned.pain_keywords.extend(two.pain_keywords.clone());
    let forth = icp::context(&[one.clone(), two]);
    assert_eq!(icp::context(&[turned, one]), forth);
    assert!(icp::context(&[]).contains("not said"));
    assert!(presets::preset("unknown").is_none());
    for name in presets::NAMES {
        presets::preset(name).unwrap().check().unwrap();
    }
}

#[test]
fn descriptions_match_by_whole_keywords() {
    let profile = |word: &str| Profile {
        name: word.into(),
        pain_keywords: vec![word.into()],
        ..Profile::default()
    };
    let all = [
        (1, profile("roas")),
        (2, profile("Scaling Ads")),
        (3, profile("roast")),
    ];
    assert_eq!(
        icp::matches_by_keyword("Our ROAS falls, scaling  ads is hard", &all),
        [1, 2]
    );
}

#[test]
fn vectors_without_a_direction_cannot_be_compared() {
    assert!(icp::cosine(&[0.0, 0.0], &[1.0, 0.0]).is_err());
    assert!(icp::cosine(&[1.0], &[1.0, 0.0]).is_err());
    assert!(icp::cosine(&[], &[]).is_err());
    assert!(icp::cosine(&[f32::NAN], &[1.0]).is_err());
    assert!((icp::cosine(&[2.0, 0.0], &[5.0, 0.0]).unwrap() - 1.0).abs() < 1e-9);
}

#[test]
fn signals_are_the_same_with_another_case_but_not_of_another_company() {
    let key = |text: &str, company: Option<&str>| {
        let input = SignalInput {
            signal_text: text.into(),
            company_name: company.map(str::to_owned),
            ..SignalInput::default()
        };
        filter::same_as(&filter::check(&input, 100).unwrap())
    };
    assert_eq!(key("Hiring  now", Some("A")), key("hiring NOW ", Some("a")));
    assert_ne!(key("hiring now", Some("a")), key("hiring now", Some("b")));
    assert_ne!(key("hiring now", None), key("hiring now", Some("a")));
}

#[test]
fn what_cannot_be_classified_says_why() {
    let check = |change: fn(&mut SignalInput)| {
        let mut input = SignalInput {
            signal_text: "text".into(),
            ..SignalInput::default()
        };
        change(&mut input);
        filter::check(&input, 10).map_err(|unusable| unusable.field)
    };
    assert!(check(|_| {}).is_ok());
    assert_eq!(
        check(|i| i.signal_text = " \n".into()).unwrap_err(),
        "signal_text"
    );
    assert_eq!(
        check(|i| i.signal_text = "x".repeat(11)).unwrap_err(),
        "signal_text"
    );
    assert_eq!(
        check(|i| i.source_type = Some("fax".into())).unwrap_err(),
        "source_type"
    );
    assert_eq!(
        check(|i| i.post_date = Some("soon".into())).unwrap_err(),
        "post_date"
    );
    assert_eq!(
        check(|i| i.cache = Some("maybe".into())).unwrap_err(),
        "cache"
    );
    let website = |text: &str| filter::website_host(Some(text)).map_err(|error| error.field);
    assert_eq!(
        website("https://WWW.Skinlab.example./x").unwrap().unwrap(),
        "skinlab.example"
    );
    assert_eq!(
        website("skinlab.example").unwrap().unwrap(),
        "skinlab.example"
    );
    assert_eq!(website("javascript://x").unwrap_err(), "company_website");
    let dated = check(|i| i.post_date = Some("2026-01-31".into())).unwrap();
    assert_eq!(dated.posted_at_s, Some(1_769_817_600));
}

#[test]
fn statistics_count_what_came_and_what_went_on() {
    let mut statistics = Statistics::default();
    statistics.note(StageName::Rules, true, Duration::from_millis(2));
    statistics.note(StageName::Rules, false, Duration::from_millis(3));
    let report = statistics.report();
    assert_eq!(report.len(), StageName::ALL.len());
    let rules = report
        .iter()
        .find(|one| one.name == StageName::Rules)
        .unwrap();
    assert_eq!((rules.entered, rules.out, rules.ms), (2, 1, 5));
}

proptest! {
    #[test]
    fn every_rule_keeps_its_range(
        text in "[a-zA-Z .]{0,40}(easy money|growth hacker|we|stakeholders|first marketer|TBD|CAC|ROAS|d2c| ){0,12}",
        company in proptest::option::of("[a-z]{0,8}"),
        age in proptest::option::of(-1000i64..100_000),
        raised in any::<bool>(),
    ) {
        let findings = find(Facts {
            text: &text,
            company_name: company.as_deref(),
            age_days: age,
            industry: None,
            funding_points: raised.then_some(10.0),
        });
        let within = |category: &str, least: f64, most: f64| {
            let points = points(&findings, category);
            (least..=most).contains(&points)
        };
        prop_assert!(within("ghost_job", -50.0, 0.0));
        prop_assert!(within("first_marketer", 0.0, 15.0));
        prop_assert!(within("tone", -5.0, 10.0));
        prop_assert!(within("silver_bullet", -20.0, 0.0));
        prop_assert!(within("spam", -40.0, 0.0));
        prop_assert!(within("industry", 0.0, 12.0));
        let funding = if raised { 10.0 } else { 0.0 };
        prop_assert_eq!(points(&findings, "funding"), funding);
        prop_assert!(findings.adjustments.iter().all(|one| (0.0..=1.0).contains(&one.confidence)));
    }

    #[test]
    fn totals_are_bounded_rounded_and_explained(
        fit in 0.0f64..50.0, pain in 0.0f64..40.0, quality in 0.0f64..10.0,
        weight in 0.0f64..3.0, added in -100.0f64..100.0,
    ) {
        let weights = Weights { icp_fit: weight, ..Weights::default() };
        let explained = score::explain(&of(fit, pain, quality), weights, &[adjustment(added)]);
        let total = explained.final_score;
        prop_assert!((0.0..=100.0).contains(&total));
        prop_assert_eq!(total, score::one_decimal(total));
        prop_assert_eq!(explained.score_bucket, Bucket::of(total));
        let sum = explained.base_total + explained.adjustment_total;
        prop_assert!((sum.clamp(0.0, 100.0) - total).abs() <= 0.151);
    }

    #[test]
    fn cosines_are_within_one(a in proptest::collection::vec(-1e3f32..1e3, 4), b in proptest::collection::vec(-1e3f32..1e3, 4)) {
        if let Ok(cosine) = icp::cosine(&a, &b) {
            prop_assert!((-1.0..=1.0).contains(&cosine));
        }
    }
}
