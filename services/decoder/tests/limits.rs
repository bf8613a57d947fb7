//! Limits that are only met while decoding.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use media::{DecodedMedia, Error, Limits};
use std::path::PathBuf;
use support::Bench;
use testkit::clips::{H264, VIDEO};

/// Decodes under other limits than the usual ones.
fn limited(
    limits: Limits,
    make: fn(&Bench) -> PathBuf,
) -> impl Future<Output = Result<DecodedMedia, Error>> {
    let bench = Bench {
        limits,
        ..Bench::default()
    };
    async move {
        let clip = make(&bench);
        bench.decode(&clip).await
    }
}

#[tokio::test]
async fn a_file_over_the_size_limit_is_refused_unopened() {
    let limits = Limits {
        file_bytes: 1000,
        ..Limits::default()
    };
    let outcome = limited(limits, |bench| bench.mp4()).await;
    assert!(
        matches!(&outcome, Err(Error::Refused(r)) if r.contains("limit is 1000")),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn row_24_frames_are_counted_whatever_the_header_says() {
    let limits = Limits {
        frames: 60,
        ..Limits::default()
    };
    let outcome = limited(limits, |bench| {
        let clip = bench.ffmpeg(&format!("{VIDEO} {H264} clip.mp4"));
        let mut bytes = std::fs::read(clip).unwrap();
        // The movie header claims one second of the four: its duration, in milliseconds, stands
        // 20 bytes after its type (ISO/IEC 14496-12 §8.2.2).
        let at = bytes.windows(4).position(|w| w == b"mvhd").unwrap() + 20;
        assert_eq!(bytes[at..at + 4], 4000_u32.to_be_bytes());
        bytes[at..at + 4].copy_from_slice(&1000_u32.to_be_bytes());
        bench.file("clip.mp4", &bytes)
    })
    .await;
    assert!(
        matches!(&outcome, Err(Error::Refused(r)) if r == "over 60 frames"),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn row_24_time_runs_out() {
    let limits = Limits {
        wall_time_s: 1,
        ..Limits::default()
    };
    let outcome = limited(limits, |bench| {
        bench.ffmpeg(&format!(
            "-f lavfi -i testsrc2=s=3840x2160:r=30:d=8 {H264} clip.mp4"
        ))
    })
    .await;
    assert!(
        matches!(outcome, Err(Error::TooExpensive(_))),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn row_24_processor_time_runs_out() {
    let limits = Limits {
        cpu_time_s: 1,
        ..Limits::default()
    };
    let outcome = limited(limits, |bench| {
        bench.ffmpeg(&format!(
            "-f lavfi -i testsrc2=s=3840x2160:r=30:d=8 {H264} clip.mp4"
        ))
    })
    .await;
    assert!(
        matches!(outcome, Err(Error::TooExpensive(_))),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn row_24_data_beyond_the_output_limit_is_not_taken() {
    let limits = Limits {
        output_bytes: 50_000,
        ..Limits::default()
    };
    let outcome = limited(limits, |bench| bench.mp4()).await;
    assert!(
        matches!(outcome, Err(Error::TooExpensive(_))),
        "{outcome:?}"
    );
}
