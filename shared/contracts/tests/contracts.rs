//! Ids, codec, time and flow through the public API.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use contracts::{
    ArtifactKey, ArtifactRef, DecodeError, Envelope, JobId, MediaTime, Message, MessageId, Outcome,
    Sha256, StageName, TimeSpan, Upstream, VideoId,
    codec::{MAX_MESSAGE_BYTES, decode_exact, encode},
    flow::{FLOW, Readiness},
    job::{Job, Source},
    manifest::FailureClass,
    messages::{Analysed, AnalysisFiles, IngestInput},
};
use proptest::prelude::*;

fn job_id() -> JobId {
    JobId::new("job-1").unwrap()
}
fn message() -> IngestInput {
    IngestInput {
        job: Job::new(job_id(), Source::Url("https://example.com/a.mp4".into())),
    }
}
fn sealed() -> Vec<u8> {
    encode(&Envelope::seal(&job_id(), "ingest", &message()).unwrap()).unwrap()
}

#[test]
fn a_message_comes_back_as_it_went() {
    let envelope: Envelope = decode_exact(&sealed()).unwrap();
    assert_eq!(envelope.open::<IngestInput>().unwrap(), message());
    assert_eq!(envelope.attempt, 1);
}

#[test]
fn every_truncation_and_any_trailing_byte_is_refused() {
    let good = sealed();
    for length in 0..good.len() {
        assert!(
            decode_exact::<Envelope>(&good[..length]).is_err(),
            "{length} bytes were accepted"
        );
    }
    let longer = [good.as_slice(), b"!"].concat();
    assert!(matches!(
        decode_exact::<Envelope>(&longer),
        Err(DecodeError::TrailingBytes(1))
    ));
}

#[test]
fn another_kind_and_a_newer_version_are_not_guessed_at() {
    let mut envelope = Envelope::seal(&job_id(), "ingest", &message()).unwrap();
    envelope.version = IngestInput::VERSION + 1;
    assert!(matches!(
        envelope.open::<IngestInput>(),
        Err(DecodeError::UnknownSchema { .. })
    ));
    envelope.version = IngestInput::VERSION;
    envelope.kind = "other".into();
    assert!(matches!(
        envelope.open::<IngestInput>(),
        Err(DecodeError::UnknownSchema { .. })
    ));
}

#[test]
fn the_size_limit_holds_at_its_edge() {
    // A MessagePack string of this many bytes has a five-byte header.
    let largest = "x".repeat(MAX_MESSAGE_BYTES - 5);
    let bytes = encode(&largest).unwrap();
    assert_eq!(bytes.len(), MAX_MESSAGE_BYTES);
    assert_eq!(decode_exact::<String>(&bytes).unwrap(), largest);
    assert!(encode(&"x".repeat(MAX_MESSAGE_BYTES - 4)).is_err());
    let mut longer = bytes;
    longer.push(0);
    assert!(matches!(
        decode_exact::<String>(&longer),
        Err(DecodeError::TooLarge { .. })
    ));
}

#[test]
fn row_32_a_newer_writer_may_add_fields() {
    #[derive(serde::Serialize)]
    struct Newer {
        job: Job,
        added_later: u32,
    }
    let bytes = encode(&Newer {
        job: message().job,
        added_later: 7,
    })
    .unwrap();
    assert_eq!(decode_exact::<IngestInput>(&bytes).unwrap(), message());
}

#[test]
fn row_32_an_older_writer_knows_no_creative_measures() {
    #[derive(serde::Serialize)]
    struct Older {
        video_id: VideoId,
        unified: ArtifactRef,
        analyses: Vec<AnalysisFiles>,
        degraded: bool,
    }
    let unified = ArtifactRef {
        key: ArtifactKey::new("jobs/job-1/timeline/unified_analysis.json").unwrap(),
        digest: Sha256::of(b"{}"),
        size_bytes: 2,
    };
    let bytes = encode(&Older {
        video_id: VideoId::new("clip_1").unwrap(),
        unified: unified.clone(),
        analyses: Vec::new(),
        degraded: false,
    })
    .unwrap();
    let read: Analysed = decode_exact(&bytes).unwrap();
    assert_eq!(read.creative, None);
    let newer = Analysed {
        creative: Some(unified),
        ..read
    };
    let again: Analysed = decode_exact(&encode(&newer).unwrap()).unwrap();
    assert_eq!(again, newer);
}

#[test]
fn a_replay_has_the_same_message_id_and_another_stage_has_not() {
    let id = MessageId::derive(&job_id(), "decode", 1);
    assert_eq!(id, MessageId::derive(&job_id(), "decode", 1));
    assert_ne!(id, MessageId::derive(&job_id(), "shots", 1));
    assert_ne!(id, MessageId::derive(&job_id(), "decode", 2));
}

#[test]
fn ids_and_keys_hold_no_way_out_of_their_folder() {
    for bad in ["", "a/b", "..", "a b", "é", "a\0", &"x".repeat(65)] {
        assert!(JobId::new(bad).is_err(), "{bad:?} is no id");
    }
    assert!(JobId::new("x".repeat(64)).is_ok());
    for bad in [
        "",
        "/a",
        "a/",
        "a//b",
        "a/../b",
        "a/./b",
        "a/...",
        "a b",
        "a\\b",
        &"x".repeat(513),
    ] {
        assert!(ArtifactKey::new(bad).is_err(), "{bad:?} is no key");
    }
    assert!(ArtifactKey::new("media/ab/decoded@12/frames.bin").is_ok());
}

#[test]
fn a_video_id_can_be_made_of_any_file_name() {
    let id = |name| VideoId::from_name(name).to_string();
    assert_eq!(id("7280654844715666731"), "7280654844715666731");
    assert_eq!(id("my clip (1)"), "my_clip__1_");
    assert_eq!(id("日本"), "video");
    assert_eq!(id(""), "video");
    assert_eq!(id(&"x".repeat(100)).len(), 64);
}

#[test]
fn the_digest_is_sha256() {
    // FIPS 180-4, example of the one-block message "abc".
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(Sha256::of(b"abc").to_string(), abc);
    assert_eq!(abc.parse::<Sha256>().unwrap(), Sha256::of(b"abc"));
    assert!("abc".parse::<Sha256>().is_err());
}

#[test]
fn every_stage_of_the_flow_follows_what_it_needs() {
    for (position, spec) in FLOW.iter().enumerate() {
        for needed in spec.requires.iter().chain(spec.uses) {
            let earlier = FLOW.iter().position(|other| other.name == *needed).unwrap();
            assert!(earlier < position, "{} comes before {needed}", spec.name);
        }
        assert_eq!(spec.name.as_str().parse::<StageName>().unwrap(), spec.name);
        assert_eq!(
            FLOW.iter().filter(|other| other.name == spec.name).count(),
            1
        );
    }
    assert!(
        "no-such-stage"
            .parse::<StageName>()
            .unwrap_err()
            .to_string()
            .contains("timeline")
    );
}

#[test]
fn a_stage_waits_for_what_it_uses_and_is_blocked_by_what_it_needs() {
    let done = || Outcome::Done {
        output: serde_json::Value::Null,
    };
    let failed = || Outcome::Failed {
        reason: "x".into(),
        class: FailureClass::Rejected,
    };
    let detect = StageName::Detect.spec().unwrap();
    let mut upstream = Upstream::default();
    assert_eq!(detect.readiness(&upstream), Readiness::Waiting);
    upstream.record(StageName::Decode, done());
    assert_eq!(
        detect.readiness(&upstream),
        Readiness::Waiting,
        "shots has not ended"
    );
    upstream.record(StageName::Shots, failed());
    assert_eq!(
        detect.readiness(&upstream),
        Readiness::Ready,
        "it can do without shots"
    );
    upstream.record(StageName::Decode, failed());
    assert_eq!(
        detect.readiness(&upstream),
        Readiness::Blocked(StageName::Decode)
    );
}

proptest! {
    #[test]
    fn no_bytes_make_the_decoder_panic(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
        if let Ok(envelope) = decode_exact::<Envelope>(&bytes) {
            let _ = envelope.open::<IngestInput>();
        }
    }

    #[test]
    fn flipping_bits_never_panics(position in 0usize..200, bit in 0u8..8) {
        let mut bytes = sealed();
        let position = position % bytes.len();
        bytes[position] ^= 1 << bit;
        if let Ok(envelope) = decode_exact::<Envelope>(&bytes) {
            let _ = envelope.open::<IngestInput>();
        }
    }

    #[test]
    fn seconds_keep_nanoseconds_for_any_short_video(nanos in 0u64..4_000_000_000_000_000) {
        prop_assert_eq!(MediaTime::from_seconds(MediaTime::from_nanos(nanos).seconds()).nanos(), nanos);
    }

    #[test]
    fn a_span_contains_its_start_and_not_its_end(start in any::<u32>(), length in 1u32..) {
        let start = MediaTime::from_nanos(u64::from(start));
        let end = MediaTime::from_nanos(start.nanos() + u64::from(length));
        let span = TimeSpan::new(start, end);
        prop_assert!(span.contains(start) && !span.contains(end));
        prop_assert_eq!(span.duration().as_nanos(), u128::from(length));
        prop_assert_eq!(TimeSpan::new(end, start).duration().as_nanos(), 0);
    }
}
