//! What is found in a text.
#![allow(clippy::unwrap_used, reason = "tests")]

use llm::grounding::{Mention, mentions};
use proptest::prelude::*;

/// A short form: kind, value, half of the last digit.
fn found(text: &str) -> Vec<String> {
    let written = |kind: &str, one: &llm::grounding::Written| {
        format!("{kind} {} ±{}", round(one.value), round(one.half))
    };
    let told = |mention: &Mention| match mention {
        Mention::Quote(quote) => format!("quote {quote}"),
        Mention::Id(id) => format!("id {id}"),
        Mention::Instant(one) => written("instant", one),
        Mention::Seconds(one) => written("seconds", one),
        Mention::Percent(one) => written("percent", one),
        Mention::Number(one, noun) => written(
            &format!("number of {}", noun.as_deref().unwrap_or("-")),
            one,
        ),
        Mention::Unclear(one) => written("unclear", one),
    };
    mentions(text).iter().map(told).collect()
}

fn round(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

#[test]
fn times_shares_numbers_ids_and_quotations_are_found() {
    let cases: [(&str, &[&str]); 40] = [
        ("nothing to see", &[]),
        ("It turns at 0:12.", &["instant 12 ±0.5"]),
        ("(1:02:03.5)", &["instant 3723.5 ±0.05"]),
        ("from 0:03 to 0:05", &["instant 3 ±0.5", "instant 5 ±0.5"]),
        ("lasts 12.4 s", &["seconds 12.4 ±0.05"]),
        ("12.40s", &["seconds 12.4 ±0.005"]),
        ("at 12 seconds", &["instant 12 ±0.5"]),
        ("At 12", &["unclear 12 ±0.5"]),
        ("in second 3", &["instant 3 ±0.5"]),
        ("seconds 3 to 5", &["instant 3 ±0.5", "instant 5 ±0.5"]),
        ("between 3 and 5 s", &["seconds 3 ±0.5", "seconds 5 ±0.5"]),
        (
            "from 3.0 to 5.25 seconds",
            &["seconds 3 ±0.05", "seconds 5.25 ±0.005"],
        ),
        ("3-5s", &["seconds 3 ±0.5", "seconds 5 ±0.5"]),
        ("3–5 s", &["seconds 3 ±0.5", "seconds 5 ±0.5"]),
        ("a 12-second shot", &["seconds 12 ±0.5"]),
        ("800 ms", &["seconds 0.8 ±0.0005"]),
        ("2 minutes", &["seconds 120 ±30"]),
        ("1 minute and 12 seconds", &["seconds 72 ±0.5"]),
        ("1 min 12.5 s", &["seconds 72.5 ±0.05"]),
        ("until 4.5 s", &["instant 4.5 ±0.05"]),
        ("@3.4 and t=5", &["instant 3.4 ±0.05", "instant 5 ±0.5"]),
        ("two seconds", &["seconds 2 ±0.5"]),
        ("at twelve seconds", &["instant 12 ±0.5"]),
        (
            "three to five seconds",
            &["seconds 3 ±0.5", "seconds 5 ±0.5"],
        ),
        ("two people", &[]),
        ("twelve percent", &["percent 12 ±0.5"]),
        (
            "45 %, 4.5% and 12 per cent",
            &["percent 45 ±0.5", "percent 4.5 ±0.05", "percent 12 ±0.5"],
        ),
        ("30 to 45 %", &["percent 30 ±0.5", "percent 45 ±0.5"]),
        ("6 scenes", &["number of scenes 6 ±0.5"]),
        ("28.85 per minute", &["number of per 28.85 ±0.005"]),
        ("1,234,567 views", &["number of views 1234567 ±0.5"]),
        (
            "1,2 and 3",
            &[
                "number of - 1 ±0.5",
                "number of and 2 ±0.5",
                "number of - 3 ±0.5",
            ],
        ),
        (
            "by -0.75 (-2)",
            &["number of - -0.75 ±0.005", "number of - -2 ±0.5"],
        ),
        (
            "the 3rd, 60fps",
            &["number of rd 3 ±0.5", "number of fps 60 ±0.5"],
        ),
        (
            "shot_3 and text_12, not text_a",
            &["id shot_3", "id text_12"],
        ),
        ("h264 v2 mp4", &[]),
        (
            "It says \"3 THINGS\" then “Follow”.",
            &["quote 3 THINGS", "quote Follow"],
        ),
        ("one \" alone at 3 s", &["instant 3 ±0.5"]),
        ("\"!\" \"\"", &[]),
        ("2.", &["number of - 2 ±0.5"]),
    ];
    for (text, expected) in cases {
        assert_eq!(found(text), expected, "{text}");
    }
}

proptest! {
    #[test]
    fn any_text_is_read(text in any::<String>()) {
        for mention in mentions(&text) {
            if let Mention::Instant(one) | Mention::Seconds(one) | Mention::Number(one, _) = mention {
                prop_assert!(one.half > 0.0 || one.said.len() > 300, "{one:?}");
            }
        }
    }

    #[test]
    fn every_way_to_write_a_time_is_read(tenths in 0_u32..36_000, before in "[a-z ]{0,10}", after in "[a-z ]{0,10}") {
        let seconds = f64::from(tenths) / 10.0;
        let (minutes, rest) = (tenths / 600, f64::from(tenths % 600) / 10.0);
        for said in [
            format!("at {seconds} s"), format!("{seconds}s"), format!("{seconds:.1} seconds"),
            format!("{minutes}:{rest:04.1}"), format!("second {seconds}"), format!("{seconds:.1}-second"),
            format!("{seconds:.2} sec"),
        ] {
            let text = format!("{before} . {said} . {after}");
            let read = mentions(&text);
            let [Mention::Instant(one) | Mention::Seconds(one)] = &read[..] else {
                return Err(TestCaseError::fail(format!("{text}: {read:?}")));
            };
            prop_assert!((one.value - seconds).abs() < 1e-6, "{text}: {one:?}");
        }
    }
}
