//! The classes of COCO: 80 that have pictures, numbered with gaps up to 90.

/// Names of the 80 classes in the order in which YOLO models number them.
pub const NAMES: [&str; 80] = [
    "person",
    "bicycle",
    "car",
    "motorcycle",
    "airplane",
    "bus",
    "train",
    "truck",
    "boat",
    "traffic light",
    "fire hydrant",
    "stop sign",
    "parking meter",
    "bench",
    "bird",
    "cat",
    "dog",
    "horse",
    "sheep",
    "cow",
    "elephant",
    "bear",
    "zebra",
    "giraffe",
    "backpack",
    "umbrella",
    "handbag",
    "tie",
    "suitcase",
    "frisbee",
    "skis",
    "snowboard",
    "sports ball",
    "kite",
    "baseball bat",
    "baseball glove",
    "skateboard",
    "surfboard",
    "tennis racket",
    "bottle",
    "wine glass",
    "cup",
    "fork",
    "knife",
    "spoon",
    "bowl",
    "banana",
    "apple",
    "sandwich",
    "orange",
    "broccoli",
    "carrot",
    "hot dog",
    "pizza",
    "donut",
    "cake",
    "chair",
    "couch",
    "potted plant",
    "bed",
    "dining table",
    "toilet",
    "tv",
    "laptop",
    "mouse",
    "remote",
    "keyboard",
    "cell phone",
    "microwave",
    "oven",
    "toaster",
    "sink",
    "refrigerator",
    "book",
    "clock",
    "vase",
    "scissors",
    "teddy bear",
    "hair drier",
    "toothbrush",
];

/// Ids up to 90 that were planned and never got a picture.
const UNUSED_IDS: [usize; 10] = [12, 26, 29, 30, 45, 66, 68, 69, 71, 83];

/// Number of the class, from 0 to 79, that column `column` of 90 stands for; column `i` is COCO
/// id `i + 1`. `None` for an id without pictures, or none at all.
#[must_use]
pub fn of_column(column: usize) -> Option<usize> {
    let id = column + 1;
    let skipped = UNUSED_IDS.iter().filter(|unused| **unused < id).count();
    (id <= NAMES.len() + UNUSED_IDS.len() && !UNUSED_IDS.contains(&id)).then(|| column - skipped)
}

/// Name of class `class`, from 0 to 79.
#[must_use]
pub fn name(class: usize) -> Option<&'static str> {
    NAMES.get(class).copied()
}
