//! Made scenes with boxes that cross, and how often their tracks change.

use contracts::MediaTime;
use tracking::{BoundingBox, Detection, Frame, TrackConfig, link};

/// One kind of scene.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scene {
    /// What happens.
    pub name: &'static str,
    /// Boxes.
    pub boxes: usize,
    /// How they move.
    pub motion: Motion,
    /// Whether what stands behind another box (overlap of half) is not detected.
    pub covered: bool,
}

/// How boxes move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Motion {
    /// Straight across the picture, from both sides, each with its own speed.
    Across,
    /// All to the right, the later ones faster.
    Overtaking,
    /// Back and forth about their places, as people who stand.
    Swaying,
}

/// The scenes that are measured.
pub const SCENES: [Scene; 5] = [
    Scene {
        name: "two cross",
        boxes: 2,
        motion: Motion::Across,
        covered: false,
    },
    Scene {
        name: "two cross, one covers the other",
        boxes: 2,
        motion: Motion::Across,
        covered: true,
    },
    Scene {
        name: "one overtakes another, covering it",
        boxes: 2,
        motion: Motion::Overtaking,
        covered: true,
    },
    Scene {
        name: "six cross, covering each other",
        boxes: 6,
        motion: Motion::Across,
        covered: true,
    },
    Scene {
        name: "four stand side by side and sway",
        boxes: 4,
        motion: Motion::Swaying,
        covered: true,
    },
];

/// Length of a scene, in seconds.
const SECONDS: f64 = 8.0;
/// Standard deviation of a detected edge, as a share of the box.
const NOISE: f64 = 0.03;
/// Share of boxes that are not detected.
const MISSED: f64 = 0.1;
/// Frames of every box that are missed in a row once, as behind a pillar.
const GAP_SECONDS: f64 = 0.8;
/// Overlap from which the farther box is not detected.
const COVERED: f64 = 0.5;
const WIDTH: f64 = 0.12;
const HEIGHT: f64 = 0.35;

/// What came of many scenes of a kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Boxes shown.
    pub boxes: u32,
    /// Detections shown to the tracker.
    pub detections: u32,
    /// Detections without a track.
    pub without: u32,
    /// Changes of a box's track from one detection to the next (identity switches as in CLEAR MOT:
    /// Bernardin & Stiefelhagen, 2008).
    pub switches: u32,
    /// Boxes that kept one track throughout.
    pub whole: u32,
}

/// Numbers without a pattern: SplitMix64 (Steele, Lea & Flood, "Fast splittable pseudorandom
/// number generators", 2014). A crate would bring more than these lines, and change with versions.
struct Random(u64);

impl Random {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.next()
    }
    /// Normally distributed about 0 with deviation 1, by twelve even ones.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.next()).sum::<f64>() - 6.0
    }
}

/// The path of one box: its middle at a time.
struct Path {
    start: (f64, f64),
    speed: f64,
    sway: (f64, f64),
    gap: f64,
}

impl Path {
    fn new(scene: &Scene, number: usize, random: &mut Random) -> Self {
        let share = number as f64 / scene.boxes as f64;
        let from_left = number.is_multiple_of(2);
        let (start, speed) = match scene.motion {
            Motion::Across if from_left => (random.between(0.05, 0.15), random.between(0.08, 0.2)),
            Motion::Across => (random.between(0.85, 0.95), -random.between(0.08, 0.2)),
            Motion::Overtaking if from_left => (0.3, 0.04),
            Motion::Overtaking => (0.08, random.between(0.1, 0.13)),
            Motion::Swaying => (0.15 + 0.75 * share, 0.0),
        };
        let sway = match scene.motion {
            Motion::Swaying => (random.between(0.02, 0.06), random.between(0.5, 2.0)),
            Motion::Across | Motion::Overtaking => (0.0, 1.0),
        };
        Self {
            start: (start, 0.5 + random.between(-0.04, 0.04)),
            speed,
            sway,
            gap: random.between(0.5, SECONDS - 1.5),
        }
    }

    fn place(&self, seconds: f64) -> Option<BoundingBox> {
        let (reach, pace) = self.sway;
        let x = self.start.0 + self.speed * seconds + reach * (pace * seconds).sin();
        let inside = (WIDTH / 2.0..1.0 - WIDTH / 2.0).contains(&x);
        let whole = BoundingBox {
            left: 0.0,
            top: 0.0,
            right: WIDTH,
            bottom: HEIGHT,
        };
        inside.then(|| whole.centred_at((x, self.start.1)))
    }
}

fn noisy(place: BoundingBox, random: &mut Random) -> Option<BoundingBox> {
    let (across, down) = (NOISE * place.width(), NOISE * place.height());
    BoundingBox::clipped([
        place.left + across * random.normal(),
        place.top + down * random.normal(),
        place.right + across * random.normal(),
        place.bottom + down * random.normal(),
    ])
}

/// The frames of one scene, and for each detection the box it is of.
fn made(scene: &Scene, rate: f64, random: &mut Random) -> (Vec<Frame>, Vec<Vec<usize>>) {
    let paths: Vec<Path> = (0..scene.boxes)
        .map(|number| Path::new(scene, number, random))
        .collect();
    let (mut frames, mut truth) = (Vec::new(), Vec::new());
    for number in 0..(SECONDS * rate) as u32 {
        let seconds = f64::from(number) / rate;
        let mut seen: Vec<(Detection, usize)> = Vec::new();
        // Boxes of lower number stand in front.
        for (at, path) in paths.iter().enumerate() {
            let missed = random.next() < MISSED;
            let behind = (path.gap..path.gap + GAP_SECONDS).contains(&seconds);
            let Some(place) = path.place(seconds) else {
                continue;
            };
            let front = paths
                .iter()
                .take(at)
                .filter_map(|other| other.place(seconds));
            let covered =
                scene.covered && front.into_iter().any(|one| one.overlap(place) > COVERED);
            let bbox = noisy(place, random);
            let confidence = random.between(0.45, 0.95);
            if let (false, false, false, Some(bbox)) = (missed, behind, covered, bbox) {
                let found = Detection {
                    class: 0,
                    confidence,
                    bbox,
                };
                seen.push((found, at));
            }
        }
        seen.sort_by(|a, b| a.0.order(&b.0));
        truth.push(seen.iter().map(|(_, at)| *at).collect());
        frames.push(Frame {
            time: MediaTime::from_seconds(seconds),
            number: u64::from(number),
            detections: seen.into_iter().map(|(found, _)| found).collect(),
        });
    }
    (frames, truth)
}

/// Shows `scenes` scenes of a kind, sampled `rate` times a second, to the tracker.
#[must_use]
pub fn measure(scene: &Scene, rate: f64, scenes: u64) -> Outcome {
    let mut outcome = Outcome::default();
    for seed in 0..scenes {
        let (frames, truth) = made(scene, rate, &mut Random(seed));
        let linked = link(&frames, None, &TrackConfig::default());
        let track_of = |sight: (usize, usize)| {
            let mut all = linked.iter();
            all.position(|track| track.sights.contains(&sight))
        };
        for number in 0..scene.boxes {
            let tracks: Vec<Option<usize>> = truth
                .iter()
                .enumerate()
                .filter_map(|(at, frame)| {
                    let place = frame.iter().position(|one| *one == number)?;
                    Some(track_of((at, place)))
                })
                .collect();
            let known: Vec<usize> = tracks.iter().copied().flatten().collect();
            let changes = known.windows(2).filter(|pair| pair[0] != pair[1]).count();
            let count = |length: usize| u32::try_from(length).unwrap();
            outcome.boxes += 1;
            outcome.detections += count(tracks.len());
            outcome.without += count(tracks.len() - known.len());
            outcome.switches += count(changes);
            outcome.whole += u32::from(changes == 0);
        }
    }
    outcome
}
