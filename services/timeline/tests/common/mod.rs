//! Constructed videos for tests.
#![allow(dead_code, clippy::unwrap_used, reason = "shared by several tests")]

pub mod built;
pub mod everything;
pub mod generated;
pub mod perceived;
pub mod said;

use bytes::Bytes;
use contracts::{
    MediaTime, Sha256, StageName, VideoId,
    decoded::{AudioStream, Completeness, Container, Probe, VideoStream},
    job::VideoMetadata,
    manifest::{FailureClass, ModelStamp},
    messages::StageFailure,
    objects::{ObjectAnnotation, ObjectDetections, ObjectMetadata, ObjectTrack},
    shots::{Boundary, BoundaryKind, Flash, Shot, ShotList, ShotMetadata},
    sound::{BurstPattern, Interval, SoundEnergy, SoundMetadata},
};
use serde_json::Value;
use testkit::Schemas;
use timeline::{
    Limits,
    compute::{Input, Output, analyse},
};

/// A video of which nothing was measured yet.
pub fn video(seconds: f64) -> Input {
    let duration = MediaTime::from_seconds(seconds);
    Input {
        metadata: VideoMetadata {
            description: Some("caf\u{e9} \u{1f525} #fyp".into()),
            ..VideoMetadata::unknown(VideoId::new("clip_1").unwrap())
        },
        probe: Probe {
            container: Container::Mp4,
            duration,
            video: VideoStream {
                codec: "h264".into(),
                width: 1080,
                height: 1920,
                rotation_degrees: 0,
                frame_rate: None,
            },
            audio: Some(AudioStream {
                codec: "aac".into(),
                channels: 2,
                sample_rate_hz: 44_100,
            }),
            size_bytes: 1_000_000,
        },
        completeness: Completeness {
            complete: true,
            video_until: duration,
            frames_decoded: (seconds * 30.0) as u64,
            problems: Vec::new(),
        },
        shots: None,
        objects: None,
        sound: None,
        speech: None,
        text: None,
        people: None,
        emotions: None,
        labels: None,
        moderation: None,
        failures: Vec::new(),
        style: timeline::Style::default(),
        brand: timeline::Brand::default(),
    }
}

pub fn json(value: &impl serde::Serialize) -> Option<Bytes> {
    Some(serde_json::to_vec(value).unwrap().into())
}

pub fn boundary(time: f64, kind: BoundaryKind) -> Boundary {
    Boundary {
        time,
        transition_start: time,
        kind,
        score: 41.5,
        threshold: 27.0,
    }
}

/// Shots between hard cuts.
pub fn shots(seconds: f64, cuts: &[f64]) -> ShotList {
    shots_between(
        seconds,
        cuts.iter()
            .map(|time| boundary(*time, BoundaryKind::Cut))
            .collect(),
    )
}

pub fn shots_between(seconds: f64, boundaries: Vec<Boundary>) -> ShotList {
    let mut edges = vec![0.0];
    edges.extend(boundaries.iter().map(|boundary| boundary.time));
    edges.push(seconds);
    let scenes: Vec<Shot> = edges
        .windows(2)
        .zip(1..)
        .map(|(edge, scene_number)| Shot {
            scene_number,
            start_time: edge[0],
            end_time: edge[1],
            duration: edge[1] - edge[0],
        })
        .collect();
    ShotList {
        total_scenes: scenes.len() as u32,
        scenes,
        scene_changes: boundaries.iter().map(|boundary| boundary.time).collect(),
        boundaries,
        flashes: vec![Flash {
            time: seconds / 2.0,
            score: 60.0,
        }],
        metadata: ShotMetadata {
            processed: true,
            method: "adaptive-hsv".into(),
            frames_analyzed: (seconds * 30.0) as u64,
        },
    }
}

/// Detections `(time, class, track)` in frames sampled at `rate` per second.
pub fn objects(seconds: f64, rate: f64, found: &[(f64, &str, Option<u32>)]) -> ObjectDetections {
    let frame_times: Vec<f64> = (0..(seconds * rate).ceil() as u32)
        .map(|index| f64::from(index) / rate)
        .collect();
    let annotations: Vec<ObjectAnnotation> = found
        .iter()
        .zip(0..)
        .map(|((time, class, track), index)| ObjectAnnotation {
            track_id: track.map(|number| format!("obj_{number}")),
            class_name: (*class).into(),
            confidence: 0.9 - f64::from(index % 4) / 10.0,
            timestamp: *time,
            bbox: [10.0, 20.0, 110.0, 220.0],
            bbox_normalized: [0.1, 0.2, 0.3, 0.4],
            frame_number: (time * 30.0) as u64,
        })
        .collect();
    let mut numbers: Vec<u32> = found.iter().filter_map(|one| one.2).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let track = |number: u32| {
        let times = || found.iter().filter(move |one| one.2 == Some(number));
        ObjectTrack {
            track_id: format!("obj_{number}"),
            class_name: times().next().unwrap().1.into(),
            confidence: 0.8,
            first_seen: times().map(|one| one.0).fold(f64::MAX, f64::min),
            last_seen: times().map(|one| one.0).fold(0.0, f64::max),
            frames: times().count() as u32,
            scene_number: Some(1),
        }
    };
    ObjectDetections {
        metadata: ObjectMetadata {
            model: ModelStamp {
                name: "yolox-s".into(),
                version: "made-up-models 1.0".into(),
                digest: Sha256::of(b"weights"),
            },
            processed: true,
            frames_analyzed: frame_times.len() as u32,
            frame_times,
            objects_detected: annotations.len() as u32,
            total_tracks: numbers.len() as u32,
            confidence_threshold: 0.25,
        },
        object_annotations: annotations,
        tracks: numbers.into_iter().map(track).collect(),
    }
}

pub fn sound(seconds: f64, onsets: &[f64]) -> SoundEnergy {
    let windows = (0..(seconds / 5.0).ceil() as u32)
        .map(|index| (format!("{}-{}s", index * 5, index * 5 + 5), 0.5))
        .collect();
    SoundEnergy {
        has_audio: true,
        energy_level_windows: windows,
        energy_variance: Some(0.002),
        climax_timestamp: Some(seconds / 3.0),
        burst_pattern: BurstPattern::Steady,
        duration: Some(seconds),
        integrated_loudness_lufs: Some(-14.2),
        onsets: onsets.to_vec(),
        silences: vec![Interval {
            start: 0.0,
            end: seconds / 10.0,
        }],
        classes: None,
        classes_reason: Some("not classified".into()),
        tempo_bpm: None,
        tempo_confidence: None,
        tempo_reason: Some("no beat returns".into()),
        metadata: SoundMetadata {
            processed: true,
            success: true,
            method: "rms".into(),
            sample_rate: 16_000,
            window_seconds: 5,
        },
    }
}

pub fn no_audio() -> SoundEnergy {
    SoundEnergy {
        has_audio: false,
        energy_level_windows: Default::default(),
        energy_variance: None,
        climax_timestamp: None,
        burst_pattern: BurstPattern::Unknown,
        duration: None,
        integrated_loudness_lufs: None,
        onsets: Vec::new(),
        silences: Vec::new(),
        ..sound(1.0, &[])
    }
}

pub fn failure(stage: StageName, class: FailureClass, reason: &str) -> StageFailure {
    StageFailure {
        stage,
        class,
        reason: reason.into(),
    }
}

pub fn run(input: &Input) -> Output {
    analyse(input, &Limits::default()).unwrap()
}

pub fn parse(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

pub fn unified(input: &Input) -> Value {
    parse(&run(input).unified)
}

/// The prefixed blocks of one analysis.
pub fn result(input: &Input, name: &str) -> Value {
    let output = run(input);
    let files = output.analyses.iter().find(|files| files.name == name);
    parse(&files.unwrap().result)
}

/// Ten seconds with shots, objects and sound.
pub fn rich() -> Input {
    let boundaries = vec![
        boundary(2.0, BoundaryKind::Cut),
        boundary(2.5, BoundaryKind::Cut),
        boundary(3.0, BoundaryKind::Fade),
        boundary(3.4, BoundaryKind::Cut),
        boundary(8.6, BoundaryKind::Dissolve),
    ];
    let found = [
        (0.0, "person", Some(1)),
        (0.5, "person", Some(1)),
        (0.5, "cup", Some(2)),
        (1.0, "person", Some(1)),
        (2.0, "person", Some(3)),
        (2.0, "person", Some(4)),
        (2.0, "dog", None),
        (2.5, "person", Some(3)),
        (3.0, "cup", None),
        (3.0, "cup", None),
        (9.5, "person", Some(5)),
    ];
    Input {
        shots: json(&shots_between(10.4, boundaries)),
        objects: json(&objects(10.4, 2.0, &found)),
        sound: json(&sound(10.4, &[0.2, 1.95, 3.05, 6.0, 8.45])),
        ..video(10.4)
    }
}

/// An even rhythm: one cut every two seconds.
pub fn even_cuts() -> Input {
    let cuts: Vec<f64> = (1..10).map(|index| f64::from(index) * 2.0).collect();
    Input {
        shots: json(&shots(20.0, &cuts)),
        sound: json(&no_audio()),
        failures: vec![failure(
            StageName::Detect,
            FailureClass::Exhausted,
            "model file is missing",
        )],
        ..video(20.0)
    }
}

/// Sixty shots in ten seconds.
pub fn rapid_cuts() -> Input {
    let cuts: Vec<f64> = (1..60).map(|index| f64::from(index) / 6.0).collect();
    Input {
        shots: json(&shots(10.0, &cuts)),
        objects: json(&objects(10.0, 5.0, &[])),
        sound: json(&sound(10.0, &cuts)),
        ..video(10.0)
    }
}

/// Less than a second.
pub fn short() -> Input {
    Input {
        shots: json(&shots(0.7, &[])),
        objects: json(&objects(0.7, 5.0, &[(0.0, "person", None)])),
        sound: json(&sound(0.7, &[0.1])),
        ..video(0.7)
    }
}

/// The schemas of everything the stage writes.
pub fn schemas() -> Schemas {
    let all = timeline::schemas().into_iter();
    Schemas::new(all.map(|file| (file.name, file.schema)))
}
