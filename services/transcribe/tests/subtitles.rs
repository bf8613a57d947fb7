//! Subtitles: shape, order, and text that does not break the format.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use contracts::speech::{SpeechSegment, SpokenWord};
use proptest::prelude::*;
use transcribe::compute::subtitles::{Cue, cues, srt, vtt};

fn segment(start: f64, end: f64, text: &str) -> SpeechSegment {
    let words: Vec<&str> = text.split_whitespace().collect();
    let step = (end - start) / words.len().max(1) as f64;
    let words = words.iter().enumerate().map(|(at, word)| SpokenWord {
        word: (*word).into(),
        start: start + step * at as f64,
        end: start + step * (at + 1) as f64,
        confidence: 0.9,
        interpolated: false,
    });
    SpeechSegment {
        id: 0,
        start,
        end,
        text: text.into(),
        confidence: 0.9,
        avg_logprob: -0.1,
        no_speech_prob: 0.0,
        words: words.collect(),
    }
}

#[test]
fn both_formats_are_written_to_the_letter() {
    let cues = cues(&[
        segment(0.322, 2.27, "And so my fellow Americans"),
        segment(3661.5, 3662.0, "ask <not> & what --> you"),
    ]);
    assert_eq!(
        srt(&cues),
        "1\n00:00:00,322 --> 00:00:02,270\nAnd so my fellow Americans\n\n\
         2\n01:01:01,500 --> 01:01:02,000\nask <not> & what -> you\n\n"
    );
    assert_eq!(
        vtt(&cues),
        "WEBVTT\n\n00:00:00.322 --> 00:00:02.270\nAnd so my fellow Americans\n\n\
         01:01:01.500 --> 01:01:02.000\nask &lt;not&gt; &amp; what --&gt; you\n\n"
    );
    assert_eq!((srt(&[]), vtt(&[])), (String::new(), "WEBVTT\n\n".into()));
}

#[test]
fn long_speech_is_cut_after_a_mark() {
    let text = "And so my fellow Americans ask not what your country can do for you, \
                ask what you can do for your country.";
    let texts: Vec<String> = cues(&[segment(0.0, 10.0, text)])
        .into_iter()
        .map(|cue| cue.text)
        .collect();
    assert_eq!(
        texts,
        [
            "And so my fellow Americans ask not what your country can do for you,",
            "ask what you can do for your country."
        ]
    );
}

#[test]
fn long_speech_is_shown_as_it_is_written() {
    let spoken = |text: &str, words: &[&str]| {
        let words = words.iter().zip(0..).map(|(word, at)| SpokenWord {
            word: (*word).into(),
            start: f64::from(at),
            end: f64::from(at + 1),
            confidence: 0.9,
            interpolated: false,
        });
        let segment = SpeechSegment {
            words: words.collect(),
            ..segment(0.0, 12.0, text)
        };
        let texts = cues(&[segment]).into_iter().map(|cue| cue.text);
        texts.collect::<Vec<String>>()
    };
    // No spaces are put between the words of a language that has none.
    assert_eq!(
        spoken(
            "今天，我们去学校。",
            &["今", "天，", "我", "们", "去", "学", "校。"]
        ),
        ["今天，我们去学校。"]
    );
    assert_eq!(
        spoken(
            "今天我们去学校，他在家。",
            &[
                "今", "天", "我", "们", "去", "学", "校，", "他", "在", "家。"
            ]
        ),
        ["今天我们去学校，", "他在家。"]
    );
    assert_eq!(
        spoken(
            "a b-c d e f g h",
            &["a", "b", "-c", "d", "e", "f", "g", "h"]
        ),
        ["a b-c d e f g", "h"]
    );
}

#[test]
fn text_is_one_line_without_control_characters() {
    let found = cues(&[segment(0.0, 1.0, " one\n\n2\u{0} \u{1b}[31mthree ")]);
    assert_eq!(found[0].text, "one 2 [31mthree");
    assert!(cues(&[segment(0.0, 1.0, " \n\t ")]).is_empty());
}

fn parse(clock: &str, point: char) -> u64 {
    let (rest, thousandths) = clock.split_once(point).unwrap();
    assert_eq!((clock.len() >= 12, thousandths.len()), (true, 3), "{clock}");
    let parts: Vec<u64> = rest.split(':').map(|part| part.parse().unwrap()).collect();
    assert_eq!(parts.len(), 3);
    assert!(parts[1] < 60 && parts[2] < 60);
    ((parts[0] * 60 + parts[1]) * 60 + parts[2]) * 1000 + thousandths.parse::<u64>().unwrap()
}

/// Times and texts of a file, read back line by line.
fn read_back(file: &str, point: char, skip: usize) -> Vec<Cue> {
    let blocks = file.split("\n\n").skip(usize::from(point == '.'));
    blocks
        .filter(|block| !block.is_empty())
        .map(|block| {
            let lines: Vec<&str> = block.lines().skip(skip).collect();
            let [times, text] = lines.as_slice() else {
                panic!("{block:?}")
            };
            let (start, end) = times.split_once(" --> ").unwrap();
            Cue {
                start_ms: parse(start, point),
                end_ms: parse(end, point),
                text: (*text).into(),
            }
        })
        .collect()
}

proptest! {
    #[test]
    fn files_read_back_as_they_were_meant(
        parts in prop::collection::vec((0.0_f64..20.0, 0.0_f64..20.0, "[ a-zA-Z<>&,.\\-\n\r\té日]{0,120}"), 0..12),
    ) {
        let mut at = 0.0;
        let segments: Vec<SpeechSegment> = parts
            .iter()
            .map(|(pause, length, text)| {
                let start = at + pause;
                at = start + length;
                segment(start, at, text)
            })
            .collect();
        let cues = cues(&segments);
        for cue in &cues {
            prop_assert!(cue.start_ms < cue.end_ms && !cue.text.is_empty());
        }
        prop_assert!(cues.windows(2).all(|pair| pair[0].end_ms <= pair[1].start_ms));
        let times = |cues: &[Cue]| -> Vec<(u64, u64)> {
            cues.iter().map(|cue| (cue.start_ms, cue.end_ms)).collect()
        };
        let (from_srt, from_vtt) = (read_back(&srt(&cues), ',', 1), read_back(&vtt(&cues), '.', 0));
        prop_assert_eq!(times(&from_srt), times(&cues));
        prop_assert_eq!(times(&from_vtt), times(&cues));
        // Every word is shown once, in order.
        let words = |texts: Vec<String>| -> Vec<String> {
            let joined = texts.join(" ");
            joined.split_whitespace().map(str::to_owned).collect()
        };
        let shown = words(cues.iter().map(|cue| cue.text.clone()).collect());
        let said = words(segments.iter().map(|segment| segment.text.clone()).collect());
        prop_assert_eq!(shown, said);
    }
}
