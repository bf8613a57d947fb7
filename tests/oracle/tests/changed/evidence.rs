//! What the definitions of fields name as their inputs, and which services measure that.

/// What stands in the inputs of definitions, and the services that measure it.
pub const EVIDENCE: &[(&str, &[&str])] = &[
    ("text", &["ocr"]),
    ("sticker", &["ocr"]),
    ("object", &["yolo"]),
    ("bod", &["mediapipe"]),
    ("gesture", &["mediapipe"]),
    ("face", &["mediapipe"]),
    ("persons", &["mediapipe"]),
    ("gaze", &["mediapipe"]),
    ("shot", &["scene_detection"]),
    ("transition", &["scene_detection"]),
    ("speech", &["whisper"]),
    ("sound", &["audio_energy"]),
    ("emotion", &["emotion_detection"]),
    ("expression", &["emotion_detection"]),
    (
        "density",
        &[
            "ocr",
            "yolo",
            "mediapipe",
            "scene_detection",
            "emotion_detection",
        ],
    ),
    (
        "all kinds of marks",
        &[
            "ocr",
            "yolo",
            "mediapipe",
            "scene_detection",
            "emotion_detection",
            "whisper",
        ],
    ),
    (
        "all modalities",
        &[
            "ocr",
            "yolo",
            "mediapipe",
            "scene_detection",
            "emotion_detection",
            "whisper",
            "audio_energy",
        ],
    ),
    ("settings", &[]),
    ("definition", &[]),
    ("caption", &[]),
    ("metadata", &[]),
    ("probe", &[]),
    ("clock", &[]),
    ("duration", &[]),
    ("nothing", &[]),
];

/// What coverage and detections of an analysis are of.
pub const COVERED: &[(&str, &[&str])] = &[
    (
        "creative_density",
        &[
            "ocr",
            "yolo",
            "mediapipe",
            "scene_detection",
            "emotion_detection",
        ],
    ),
    (
        "emotional_journey",
        &["emotion_detection", "mediapipe", "audio_energy"],
    ),
    (
        "person_framing",
        &["mediapipe", "whisper", "yolo", "emotion_detection"],
    ),
    ("scene_pacing", &["scene_detection", "audio_energy", "yolo"]),
    (
        "speech_analysis",
        &[
            "whisper",
            "audio_energy",
            "mediapipe",
            "ocr",
            "emotion_detection",
        ],
    ),
    ("visual_overlay_analysis", &["ocr", "whisper", "mediapipe"]),
    ("metadata_analysis", &[]),
    (
        "temporal_markers",
        &[
            "ocr",
            "yolo",
            "mediapipe",
            "scene_detection",
            "emotion_detection",
            "whisper",
        ],
    ),
    (
        "creative_measures",
        &[
            "ocr",
            "yolo",
            "mediapipe",
            "scene_detection",
            "emotion_detection",
            "whisper",
            "audio_energy",
        ],
    ),
];
