//! The stage on a store in memory.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use common::perceived::perceived;
use contracts::{
    ArtifactKey, ArtifactRef, Sha256, StageName,
    manifest::FailureClass,
    messages::{
        Decoded, Detected, EmotionsRead, Ingested, Labelled, Moderated, PeopleFound, ShotsFound,
        SoundMeasured, StageFailure, TextRead, TimelineInput, Transcribed,
    },
    moderation::SafetyRating,
    speech::SpeechStatus,
};
use stage::{Artifacts, Stage, StageError};
use testkit::Bench;
use timeline::{Brand, Limits, Timeline, compute::analyse};

fn reference(name: &str) -> ArtifactRef {
    ArtifactRef {
        key: ArtifactKey::new(format!("media/x/{name}")).unwrap(),
        digest: Sha256::of(b""),
        size_bytes: 0,
    }
}

async fn input(bench: &Bench) -> TimelineInput {
    let video = perceived();
    let store = |name: &'static str, bytes: Option<bytes::Bytes>| async move {
        let key = ArtifactKey::new(format!("jobs/test/{name}")).unwrap();
        bench.artifacts.put(&key, bytes.unwrap()).await.unwrap()
    };
    TimelineInput {
        ingested: Ingested {
            source: reference("source.mp4"),
            metadata: video.metadata,
        },
        decoded: Decoded {
            probe: video.probe.clone(),
            completeness: video.completeness,
            ..testkit::decoded(&reference("signals"), video.probe.duration)
        },
        shots: Some(ShotsFound {
            shots: store("shots.json", video.shots).await,
            shot_count: 6,
        }),
        objects: Some(Detected {
            objects: store("objects.json", video.objects).await,
            detection_count: 11,
            track_count: 5,
        }),
        sound: Some(SoundMeasured {
            sound: store("sound.json", video.sound).await,
            has_audio: true,
        }),
        transcript: Some(Transcribed {
            transcript: store("transcript.json", video.speech).await,
            srt: None,
            vtt: None,
            status: SpeechStatus::Speech,
            segment_count: 2,
        }),
        text: Some(TextRead {
            text: store("text.json", video.text).await,
            annotation_count: 4,
            track_count: 3,
        }),
        people: Some(PeopleFound {
            people: store("people.json", video.people).await,
            landmarks: reference("landmarks.mpk"),
            face_count: 4,
            face_track_count: 1,
        }),
        emotions: Some(EmotionsRead {
            emotions: store("emotions.json", video.emotions).await,
            reading_count: 4,
        }),
        labels: Some(Labelled {
            labels: store("labels.json", video.labels).await,
            embeddings: reference("embeddings.mpk"),
            label_count: 1,
        }),
        moderation: Some(Moderated {
            moderation: store("moderation.json", video.moderation).await,
            rating: Some(SafetyRating::VerySafe),
        }),
        failures: Vec::new(),
    }
}

#[tokio::test]
async fn an_analysis_of_what_was_not_measured_has_no_files_but_a_reason() {
    let bench = Bench::default();
    let mut input = input(&bench).await;
    input.transcript = None;
    input.failures.push(StageFailure {
        stage: StageName::Transcribe,
        class: FailureClass::Exhausted,
        reason: "the model could not be loaded".into(),
    });
    let stage = Timeline::new(Limits::default(), timeline::Brand::default()).unwrap();
    let analysed = stage
        .run(input, &bench.context(StageName::Timeline))
        .await
        .unwrap();
    assert_eq!(analysed.analyses.len(), 7);
    let [failed] = analysed.failed.as_slice() else {
        panic!("{:?}", analysed.failed);
    };
    assert_eq!(failed.name, "speech_analysis");
    assert!(failed.reason.contains("the model could not be loaded"));
    assert!(analysed.degraded);
}

#[tokio::test]
async fn stores_what_it_computes_and_says_where() {
    let bench = Bench::default();
    let context = bench.context(StageName::Timeline);
    let stage = Timeline::new(Limits::default(), Brand::default()).unwrap();
    let analysed = stage.run(input(&bench).await, &context).await.unwrap();
    let expected = analyse(&perceived(), &Limits::default()).unwrap();
    assert!(!analysed.degraded);
    assert_eq!(analysed.video_id.as_str(), "clip_1");
    let stored = bench.artifacts.get(&analysed.unified).await.unwrap();
    assert_eq!(stored, expected.unified);
    let creative = analysed.creative.unwrap();
    let creative = bench.artifacts.get(&creative).await.unwrap();
    assert_eq!(Some(creative.as_ref()), expected.creative.as_deref());
    let names: Vec<&str> = analysed.analyses.iter().map(|a| a.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "creative_density",
            "emotional_journey",
            "person_framing",
            "scene_pacing",
            "speech_analysis",
            "visual_overlay_analysis",
            "metadata_analysis",
            "temporal_markers",
        ]
    );
    for (files, expected) in analysed.analyses.iter().zip(expected.analyses) {
        assert_eq!(
            bench.artifacts.get(&files.result).await.unwrap(),
            expected.result
        );
        assert_eq!(bench.artifacts.get(&files.ml).await.unwrap(), expected.ml);
        assert_eq!(
            bench.artifacts.get(&files.complete).await.unwrap(),
            expected.complete
        );
    }
    let files: Vec<_> = context
        .stored()
        .iter()
        .map(|r| r.key.file_name().to_owned())
        .collect();
    assert_eq!(
        files,
        [
            "creative_density_complete.json",
            "creative_density_ml.json",
            "creative_density_result.json",
            "creative_measures.json",
            "emotional_journey_complete.json",
            "emotional_journey_ml.json",
            "emotional_journey_result.json",
            "metadata_analysis_complete.json",
            "metadata_analysis_ml.json",
            "metadata_analysis_result.json",
            "person_framing_complete.json",
            "person_framing_ml.json",
            "person_framing_result.json",
            "scene_pacing_complete.json",
            "scene_pacing_ml.json",
            "scene_pacing_result.json",
            "speech_analysis_complete.json",
            "speech_analysis_ml.json",
            "speech_analysis_result.json",
            "temporal_markers_complete.json",
            "temporal_markers_ml.json",
            "temporal_markers_result.json",
            "unified_analysis.json",
            "visual_overlay_analysis_complete.json",
            "visual_overlay_analysis_ml.json",
            "visual_overlay_analysis_result.json",
        ]
    );
}

#[tokio::test]
async fn running_again_stores_the_same() {
    let bench = Bench::default();
    let stage = Timeline::default();
    let message = input(&bench).await;
    let context = bench.context(StageName::Timeline);
    let first = stage.run(message.clone(), &context).await.unwrap();
    let again = bench.context(StageName::Timeline);
    assert_eq!(stage.run(message, &again).await.unwrap(), first);
}

#[tokio::test]
async fn a_result_over_the_limit_degrades_and_a_missing_one_is_tried_again() {
    let bench = Bench::default();
    let context = bench.context(StageName::Timeline);
    let mut message = input(&bench).await;
    let limits = Limits {
        max_result_bytes: message.objects.as_ref().unwrap().objects.size_bytes - 1,
        ..Limits::default()
    };
    let analysed = Timeline::new(limits, Brand::default())
        .unwrap()
        .run(message.clone(), &context)
        .await
        .unwrap();
    assert!(analysed.degraded);
    message.shots.as_mut().unwrap().shots = reference("nowhere");
    let context = bench.context(StageName::Timeline);
    let error = Timeline::default()
        .run(message, &context)
        .await
        .unwrap_err();
    assert!(matches!(error, StageError::Transient { .. }));
}

#[tokio::test]
async fn a_video_over_the_limit_is_rejected() {
    let bench = Bench::default();
    let context = bench.context(StageName::Timeline);
    let limits = Limits {
        max_duration_seconds: 5,
        ..Limits::default()
    };
    let stage = Timeline::new(limits, Brand::default()).unwrap();
    let error = stage.run(input(&bench).await, &context).await.unwrap_err();
    assert!(matches!(&error, StageError::Rejected(_)));
    assert_eq!(
        error.reason(),
        "video lasts 11 s, limit is 5 s; cut it into parts"
    );
}
