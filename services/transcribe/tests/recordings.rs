//! What the real networks hear.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{RATE, input, noise, piano, recording, silence, stage, text, transcribe};
use contracts::{
    StageName,
    speech::{SpeechStatus, SpeechTranscript},
};
use stage::{ProgressEvent, Stage, StageError};
use testkit::Bench;
use transcribe::{ActivityConfig, Config, WindowConfig};

const SAID: &str = "And so my fellow Americans ask not what your country can do for you, \
                    ask what you can do for your country.";
/// Word, first and last instant, as heard and seen in the waveform; 0.15 s either way.
const PLACES: [(&str, f64, f64); 8] = [
    ("And", 0.32, 0.52),
    ("Americans", 1.56, 2.24),
    ("ask", 3.30, 3.72),
    ("your", 5.41, 5.76),
    ("you,", 7.06, 7.65),
    ("ask", 8.19, 8.46),
    ("do", 9.32, 9.56),
    ("country.", 9.94, 10.53),
];

fn orderly(transcript: &SpeechTranscript) {
    let words: Vec<_> = transcript
        .segments
        .iter()
        .flat_map(|segment| &segment.words)
        .collect();
    assert!(words.iter().all(|word| word.start <= word.end));
    assert!(words.windows(2).all(|pair| pair[0].end <= pair[1].start));
    assert!(
        words
            .iter()
            .all(|word| (0.0..=1.0).contains(&word.confidence))
    );
    for segment in &transcript.segments {
        let joined: Vec<_> = segment
            .words
            .iter()
            .map(|word| word.word.as_str())
            .collect();
        assert_eq!(segment.text, joined.join(" "));
        assert_eq!(segment.start, segment.words[0].start);
        assert_eq!(segment.end, segment.words.last().unwrap().end);
    }
}

#[tokio::test]
async fn a_speech_is_written_down_word_by_word() {
    let samples = recording("jfk.wav");
    let stage = stage(Config::default());
    let (output, transcript, bench) = transcribe(&stage, Some(&samples)).await;
    assert_eq!(transcript.text, SAID);
    assert_eq!(transcript.language.as_deref(), Some("en"));
    assert!(transcript.language_probability.unwrap() > 0.85);
    assert_eq!(transcript.duration, Some(11.0));
    assert_eq!(output.status, SpeechStatus::Speech);
    assert_eq!(output.segment_count as usize, transcript.segments.len());
    orderly(&transcript);

    let words: Vec<_> = transcript
        .segments
        .iter()
        .flat_map(|segment| &segment.words)
        .collect();
    assert!(words.iter().all(|word| !word.interpolated) && transcript.metadata.words_aligned);
    for (word, start, end) in PLACES {
        let close = |found: f64, expected: f64| (found - expected).abs() <= 0.15;
        let found = words
            .iter()
            .any(|one| one.word == word && close(one.start, start) && close(one.end, end));
        assert!(found, "{word} at {start} to {end}: {words:#?}");
    }
    let voice = &transcript.voice_activity;
    assert!((voice[0].start - 0.35).abs() < 0.1 && (voice.last().unwrap().end - 10.6).abs() < 0.1);

    let vtt = text(&bench, output.vtt.as_ref().unwrap()).await;
    assert!(vtt.starts_with("WEBVTT\n\n00:00:00.3") && vtt.contains("can do for\n"));
    let srt = text(&bench, output.srt.as_ref().unwrap()).await;
    assert!(srt.starts_with("1\n00:00:00,3") && srt.contains("\n2\n"));
    assert_eq!(
        output.transcript.key.as_str(),
        "jobs/test/transcribe/transcript.json"
    );

    // The same bytes in, the same bytes out.
    let (again, _, _) = transcribe(&stage, Some(&samples)).await;
    assert_eq!(again, output);
}

#[tokio::test]
async fn what_is_no_speech_has_a_result_that_says_so() {
    let stage = stage(Config::default());
    for samples in [silence(4.0), noise(6.0, 0.05), piano(8.0), Vec::new()] {
        let (output, transcript, _) = transcribe(&stage, Some(&samples)).await;
        assert_eq!(output.status, SpeechStatus::NoSpeech);
        assert_eq!(transcript.status, SpeechStatus::NoSpeech);
        assert!(transcript.segments.is_empty() && transcript.text.is_empty());
        assert!(output.srt.is_none() && output.vtt.is_none());
        assert_eq!(
            (transcript.language, transcript.language_probability),
            (None, None)
        );
        assert_eq!(transcript.voice_seconds, Some(0.0));
        assert!(transcript.metadata.processed);
    }
    let (output, transcript, _) = transcribe(&stage, None).await;
    assert_eq!(output.status, SpeechStatus::NoAudio);
    assert_eq!(
        (transcript.duration, transcript.voice_seconds),
        (None, None)
    );
    assert!(!transcript.metadata.processed && transcript.metadata.success);
}

#[tokio::test]
async fn nothing_is_invented_for_a_recorded_piano() {
    let piano = recording("speech/piano.wav");
    assert!(piano.len() / RATE >= 60);
    let (output, transcript, _) = transcribe(&stage(Config::default()), Some(&piano)).await;
    assert_eq!(output.status, SpeechStatus::NoSpeech, "{transcript:?}");
    assert_eq!(
        (transcript.text.as_str(), transcript.voice_seconds),
        ("", Some(0.0))
    );
    assert!(transcript.segments.is_empty() && transcript.language.is_none());
}

#[tokio::test]
async fn spanish_is_recognised_and_written_down() {
    let samples = recording("speech/announcement-directory.wav");
    let (_, transcript, _) = transcribe(&stage(Config::default()), Some(&samples)).await;
    assert_eq!(transcript.language.as_deref(), Some("es"));
    assert!(transcript.language_probability.unwrap() > 0.8);
    let text = transcript.text.to_lowercase();
    for said in [
        "bienvenido al directorio",
        "marque las tres primeras letras del apellido de la persona que usted busca en su teclado",
        "use el número 7 para la",
        "y el número 9 para la z",
    ] {
        assert!(text.contains(said), "{said} in {text}");
    }
    orderly(&transcript);
}

#[tokio::test]
async fn only_what_holds_a_voice_is_shown_and_times_are_those_of_the_audio() {
    let speech = recording("jfk.wav");
    let samples = [silence(7.0), piano(9.0), speech, piano(12.0)].concat();
    let (_, transcript, _) = transcribe(&stage(Config::default()), Some(&samples)).await;
    assert_eq!(transcript.text, SAID);
    let first = &transcript.segments[0].words[0];
    assert!((first.start - 16.32).abs() < 0.2, "{first:?}");
    let shown = transcript.metadata.recognised_seconds;
    assert!(shown < 13.0, "{shown} seconds shown");
    assert_eq!(transcript.metadata.windows, 1);
    orderly(&transcript);
}

#[tokio::test]
async fn speech_longer_than_a_window_is_joined_without_doubling() {
    let samples = recording("speech/two-cities.wav");
    let seconds = samples.len() / RATE;
    // No pause counts, so that the windows overlap.
    let config = Config {
        activity: ActivityConfig {
            min_pause_ms: 60_000,
            ..ActivityConfig::default()
        },
        windows: WindowConfig {
            overlap_ms: 6_000,
            ..WindowConfig::default()
        },
        ..Config::default()
    };
    let (_, transcript, _) = transcribe(&stage(config), Some(&samples)).await;
    assert!(transcript.metadata.windows >= 2 && seconds >= 44);
    orderly(&transcript);
    let text = transcript.text.to_lowercase();
    for once in [
        "best of times",
        "worst of times",
        "age of wisdom",
        "age of foolishness",
        "epoch of belief",
        "season of light",
        "season of darkness",
        "spring of hope",
        "winter of despair",
        "everything before us",
        "nothing before us",
        "direct to heaven",
        "the other way",
        "in short",
        "like the present period",
        "noisiest authorities",
        "superlative degree",
    ] {
        assert_eq!(text.matches(once).count(), 1, "{once} in {text}");
    }
}

#[tokio::test]
async fn a_language_can_be_prescribed() {
    let config = Config {
        language: Some("en".into()),
        ..Config::default()
    };
    let (_, transcript, _) = transcribe(&stage(config), Some(&recording("jfk.wav"))).await;
    assert_eq!(transcript.text, SAID);
    assert_eq!(transcript.language.as_deref(), Some("en"));
    assert_eq!(transcript.language_probability, None);
}

#[tokio::test]
async fn progress_is_told_and_a_stopped_job_stops() {
    let samples = recording("jfk.wav");
    let stage = stage(Config::default());
    let bench = Bench::default();
    let input = input(&bench, Some(&samples)).await;
    let context = bench.context(StageName::Transcribe);
    stage.run(input.clone(), &context).await.unwrap();
    let told = bench.progress.events();
    assert!(matches!(
        told.as_slice(),
        [ProgressEvent::Advanced {
            done: 1,
            total: 1,
            ..
        }]
    ));
    bench.cancel.cancel();
    let ended = stage
        .run(input, &bench.context(StageName::Transcribe))
        .await;
    assert!(matches!(ended, Err(StageError::Cancelled)));
}

#[tokio::test]
async fn what_cannot_be_listened_to_is_rejected_with_its_reason() {
    let stage = stage(Config {
        windows: WindowConfig {
            max_windows: 1,
            ..WindowConfig::default()
        },
        ..Config::default()
    });
    let bench = Bench::default();
    let two = recording("speech/two-cities.wav");
    let context = bench.context(StageName::Transcribe);
    let ended = stage.run(input(&bench, Some(&two)).await, &context).await;
    match ended {
        Err(error @ StageError::Rejected(_)) => {
            assert!(error.reason().contains("limit is 1"), "{}", error.reason());
        }
        other => panic!("{other:?}"),
    }
    let bench = Bench::default();
    let context = bench.context(StageName::Transcribe);
    let mut other_rate = input(&bench, Some(&[0.0; 100])).await;
    other_rate.decoded.audio.as_mut().unwrap().sample_rate_hz = 44_100;
    let ended = stage.run(other_rate, &context).await;
    assert!(matches!(ended, Err(StageError::Rejected(_))));
}
