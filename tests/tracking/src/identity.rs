//! How well described faces tell people apart.

use image::{RgbImage, imageops::FilterType};
use inference::{CacheDir, Engine, EngineConfig, Model, Provider};
use media::RgbPicture;
use people::compute::{
    faces::{self, FoundFace},
    identity::{self, Description},
};

/// Sheets, one per person.
pub const SHEETS: usize = 10;
/// Pictures on a side of a sheet.
const SIDE: u32 = 4;
/// Place of the first picture of a sheet, distance to the next and extent, in shares of the
/// sheet's width.
const ACROSS: (f64, f64, f64) = (0.035, 0.2345, 0.22);
/// The same in shares of its height.
const DOWN: (f64, f64, f64) = (0.06, 0.237, 0.2);
const FACE_CONFIDENCE: f64 = 0.7;

/// Likenesses of pairs of one person and of two.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Likenesses {
    /// Of one person.
    pub same: Vec<f64>,
    /// Of two.
    pub other: Vec<f64>,
}

impl Likenesses {
    fn of(all: &[(usize, Description)]) -> Self {
        let mut found = Self::default();
        for (at, (person, one)) in all.iter().enumerate() {
            for (other, two) in all.iter().skip(at + 1) {
                let list = if person == other {
                    &mut found.same
                } else {
                    &mut found.other
                };
                list.push(one.likeness(two));
            }
        }
        found.same.sort_by(f64::total_cmp);
        found.other.sort_by(f64::total_cmp);
        found
    }

    /// Share of pairs of one person below a limit.
    #[must_use]
    pub fn missed(&self, limit: f64) -> f64 {
        let below = self.same.partition_point(|likeness| *likeness < limit);
        below as f64 / self.same.len() as f64
    }

    /// Share of pairs of two people at or above a limit.
    #[must_use]
    pub fn confused(&self, limit: f64) -> f64 {
        let below = self.other.partition_point(|likeness| *likeness < limit);
        (self.other.len() - below) as f64 / self.other.len() as f64
    }

    /// Where both shares are equal: the limit and the mean of the shares there.
    #[must_use]
    pub fn equal_error(&self) -> (f64, f64) {
        let limits = (0..=1000).map(|step| f64::from(step) / 1000.0);
        let apart = |limit: f64| (self.missed(limit) - self.confused(limit)).abs();
        let best = limits.reduce(|best, next| {
            if apart(next) < apart(best) {
                next
            } else {
                best
            }
        });
        let limit = best.unwrap_or_default();
        (limit, self.missed(limit).midpoint(self.confused(limit)))
    }
}

/// What is known of faces of one size.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// Longer side of the faces, in pixels; `None` as they are.
    pub side: Option<u32>,
    /// Picture by picture.
    pub pictures: Likenesses,
    /// Groups of four pictures, as a track has them.
    pub groups: Likenesses,
}

struct Networks {
    faces: Model,
    describer: Model,
}

/// Describes every face of every sheet, made smaller to each of these sides.
///
/// # Errors
/// If weights are missing.
///
/// # Panics
/// If a sheet is missing or a face is not found; the message names `make setup`.
pub fn measure(sides: &[Option<u32>]) -> anyhow::Result<Vec<Measured>> {
    let settings = EngineConfig {
        providers: vec![Provider::Cpu],
        ..EngineConfig::default()
    };
    let engine = Engine::start(CacheDir::new(testkit::cache_dir()), settings)?;
    let networks = Networks {
        faces: engine.load(faces::MODEL)?,
        describer: engine.load(identity::MODEL)?,
    };
    let pictures = pictures();
    let measured = sides.iter().map(|side| {
        let described = pictures.iter().map(|(person, picture)| {
            let found = networks.describe(picture, *side)?;
            Ok((*person, found))
        });
        let described: Vec<(usize, Description)> = described.collect::<anyhow::Result<_>>()?;
        let groups = described.chunks(SIDE as usize).map(|group| {
            let (person, _) = group[0];
            let all: Vec<Description> = group.iter().map(|(_, one)| one.clone()).collect();
            (person, Description::mean(&all).unwrap())
        });
        let groups: Vec<_> = groups.collect();
        Ok(Measured {
            side: *side,
            pictures: Likenesses::of(&described),
            groups: Likenesses::of(&groups),
        })
    });
    measured.collect()
}

/// Person and picture, row by row.
fn pictures() -> Vec<(usize, RgbImage)> {
    let mut all = Vec::new();
    for person in 1..=SHEETS {
        let name = format!("media/openpeople-{person:02}-expressions.jpg");
        let sheet = image::open(testkit::cache_file(&name)).unwrap().into_rgb8();
        let place = |(first, step, extent): (f64, f64, f64), number: u32, side: u32| {
            let from = (first + step * f64::from(number)) * f64::from(side);
            (from as u32, (extent * f64::from(side)) as u32)
        };
        for row in 0..SIDE {
            for column in 0..SIDE {
                let (x, width) = place(ACROSS, column, sheet.width());
                let (y, height) = place(DOWN, row, sheet.height());
                let cut = image::imageops::crop_imm(&sheet, x, y, width, height).to_image();
                all.push((person, cut));
            }
        }
    }
    all
}

fn opened(picture: &RgbImage) -> RgbPicture {
    RgbPicture {
        width: picture.width(),
        height: picture.height(),
        data: picture.as_raw().clone(),
    }
}

impl Networks {
    fn largest(&self, picture: &RgbPicture) -> anyhow::Result<FoundFace> {
        let (tensor, place) = faces::prepare(picture)?;
        let answer = self.faces.run(vec![(faces::INPUT, tensor)])?;
        let mut found = faces::read(&answer, &place, FACE_CONFIDENCE)?;
        assert!(!found.is_empty(), "every picture of a sheet has a face");
        Ok(found.swap_remove(0))
    }

    fn describe(&self, picture: &RgbImage, side: Option<u32>) -> anyhow::Result<Description> {
        let whole = opened(picture);
        let mut face = self.largest(&whole)?;
        let mut shown = whole;
        if let Some(side) = side {
            let scale = side as f32 / face.side();
            let smaller = |extent: u32| (extent as f32 * scale).round().max(1.0) as u32;
            let (width, height) = (smaller(picture.width()), smaller(picture.height()));
            let small = image::imageops::resize(picture, width, height, FilterType::Triangle);
            shown = opened(&small);
            face.edges = face.edges.map(|edge| edge * scale);
            face.points = face.points.map(|(x, y)| (x * scale, y * scale));
        }
        let tensor = identity::tensor(identity::cut(&shown, &face)?)?;
        let answer = self.describer.run(vec![(identity::INPUT, tensor)])?;
        Ok(Description::read(&answer)?.unwrap())
    }
}
