//! Who is who: which tracks of a video show the same face, by the network `FaceRes` of the library
//! `human`, which describes a face by what tells it from others.

use super::{Error, MeshOutcome, SeenFace, Sight, answers::values, faces::FoundFace};
use inference::{
    NamedTensor, Tensor,
    image::{self, ChannelOrder, Crop, Layout, Normalisation, Outside, Sampling},
};
use media::RgbPicture;
use tracking::{Linked, evenly};

/// Name in `deploy/models.toml`.
pub const MODEL: &str = "face-description";
/// Name of the input.
pub const INPUT: &str = "input_1:0";
/// Side of the square the network looks at, in pixels.
pub const SIDE: u32 = 224;
const OUTPUT: &str = "global_pooling/Mean";
/// Numbers that describe a face.
const LENGTH: usize = 1024;
/// The square it is shown is this many times as large as the longer side of the face; 1.0 and 1.4
/// tell faces apart less well.
const MARGIN: f32 = 1.2;
/// What the network was trained to have taken off: the means of blue, green and red over ImageNet.
const MEANS: Normalisation = Normalisation {
    mean: [103.939, 116.779, 123.68],
    deviation: [1.0; 3],
};

/// What counts as one face.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct IdentityRule {
    /// Least likeness (-1–1) of two tracks of one face.
    pub likeness: f64,
    /// Most tracks described, the longest first.
    pub max_tracks: usize,
    /// Most pictures of one track that are looked at.
    pub faces_per_track: usize,
    /// Least longer side of a face that is described, in pixels.
    pub least_pixels: f32,
}

/// A face in a frame, both by position.
pub type Place = (usize, usize);

/// Which pictures of each track are described: up to as many as the rule says, spread evenly over
/// those in which the face is large enough and turned to the camera so far that a mesh lies on it.
#[must_use]
pub fn choose(sights: &[Sight], linked: &[Linked], rule: &IdentityRule) -> Vec<Vec<Place>> {
    let fit = |(at, place): &Place| {
        let seen = sights.get(*at).and_then(|sight| sight.faces.get(*place));
        seen.is_some_and(|seen| can_be_described(seen, rule))
    };
    let mut longest: Vec<usize> = (0..linked.len()).collect();
    // A stable sort: of equally long ones the earlier.
    longest.sort_by_key(|track| {
        let length = linked.get(*track).map_or(0, |one| one.sights.len());
        std::cmp::Reverse(length)
    });
    longest.truncate(rule.max_tracks);
    let chosen = linked.iter().enumerate().map(|(track, one)| {
        if !longest.contains(&track) {
            return Vec::new();
        }
        let all: Vec<Place> = one.sights.iter().copied().filter(fit).collect();
        let spread = evenly(all.len(), rule.faces_per_track).into_iter();
        spread.filter_map(|at| all.get(at).copied()).collect()
    });
    chosen.collect()
}

fn can_be_described(seen: &SeenFace, rule: &IdentityRule) -> bool {
    matches!(seen.mesh, MeshOutcome::Laid { .. }) && seen.face.side() >= rule.least_pixels
}

/// A face as the network wants it: with a margin, its eyes level.
///
/// # Errors
/// [`Error::Picture`] if the face has no extent or the picture no pixels.
pub fn cut(picture: &RgbPicture, face: &FoundFace) -> Result<Vec<u8>, Error> {
    // First as it is, then smaller with every pixel counting: a large face cut straight to 224
    // pixels would be grainy.
    let longer = (face.side() * MARGIN).round().max(1.0);
    let own = (longer as u32).clamp(1, image::MAX_SIDE);
    let crop = Crop::square(face.edges, MARGIN, face.tilt(), own)?;
    let size = (picture.width, picture.height);
    let pixels = image::crop(&picture.data, size, &crop, Outside::Nearest)?;
    let sampling = if own > SIDE {
        Sampling::Antialiased
    } else {
        Sampling::Bilinear
    };
    Ok(image::resize(&pixels, (own, own), (SIDE, SIDE), sampling)?)
}

/// A face in the network's form.
///
/// # Errors
/// [`Error::Picture`] if it has another size than [`cut`] gives.
pub fn tensor(face: Vec<u8>) -> Result<Tensor, Error> {
    let (layout, order) = (Layout::Nhwc, ChannelOrder::Bgr);
    Ok(image::numbers(
        &[face],
        (SIDE, SIDE),
        layout,
        order,
        &MEANS,
    )?)
}

/// What a face looks like: numbers of length 1, whose product with those of another face is the
/// likeness.
#[derive(Debug, Clone, PartialEq)]
pub struct Description(Vec<f64>);

impl Description {
    /// Brings numbers to length 1; `None` of numbers without one.
    #[must_use]
    pub fn new(numbers: &[f64]) -> Option<Self> {
        let length = numbers
            .iter()
            .map(|value| value * value)
            .sum::<f64>()
            .sqrt();
        let scaled = || numbers.iter().map(|value| value / length).collect();
        (length.is_finite() && length > 0.0).then(|| Self(scaled()))
    }

    /// Reads the network's answer to one face; `None` of a face it says nothing about.
    ///
    /// # Errors
    /// [`Error::Answer`] if the tensors are not those of the network.
    pub fn read(answer: &[NamedTensor]) -> Result<Option<Self>, Error> {
        let numbers = values(answer, OUTPUT, LENGTH)?;
        let numbers: Vec<f64> = numbers.iter().copied().map(f64::from).collect();
        Ok(Self::new(&numbers))
    }

    /// The mean of several; `None` of none.
    #[must_use]
    pub fn mean(all: &[Self]) -> Option<Self> {
        let mut sum = all.first()?.0.clone();
        for one in all.iter().skip(1) {
            for (sum, value) in sum.iter_mut().zip(&one.0) {
                *sum += value;
            }
        }
        Self::new(&sum)
    }

    /// How alike two faces are, -1–1.
    #[must_use]
    pub fn likeness(&self, other: &Self) -> f64 {
        self.0.iter().zip(&other.0).map(|(a, b)| a * b).sum()
    }
}

/// The number of the identity of each track, from 1 by first track; `None` of one without a
/// description.
///
/// Average-linkage clustering (Sokal & Michener, "A statistical method for evaluating systematic
/// relationships", 1958): the two groups that are most alike on average become one, as long as
/// they are by `least`. Tracks that are seen in one frame are two people, however alike.
#[must_use]
pub fn join(
    linked: &[Linked],
    described: &[Option<Description>],
    least: f64,
) -> Vec<Option<usize>> {
    let mut groups: Vec<Vec<usize>> = described
        .iter()
        .enumerate()
        .filter(|(_, one)| one.is_some())
        .map(|(track, _)| vec![track])
        .collect();
    while let Some((first, second)) = most_alike(&groups, linked, described, least) {
        let joined = groups.remove(second);
        if let Some(group) = groups.get_mut(first) {
            group.extend(joined);
        }
    }
    let number = |track: usize| {
        let found = groups.iter().position(|group| group.contains(&track));
        found.map(|group| group + 1)
    };
    (0..linked.len()).map(number).collect()
}

/// The two groups to be joined next, the earlier one first.
fn most_alike(
    groups: &[Vec<usize>],
    linked: &[Linked],
    described: &[Option<Description>],
    least: f64,
) -> Option<(usize, usize)> {
    let pairs = (0..groups.len()).flat_map(|second| (0..second).map(move |first| (first, second)));
    let alike = pairs.filter_map(|(first, second)| {
        let (a, b) = (groups.get(first)?, groups.get(second)?);
        let likeness = mean_likeness(a, b, linked, described)?;
        (likeness >= least).then_some((likeness, (first, second)))
    });
    let best = alike.reduce(|best, next| if next.0 > best.0 { next } else { best });
    best.map(|(_, pair)| pair)
}

/// Mean likeness of the tracks of two groups; `None` if two of them are seen in one frame.
fn mean_likeness(
    a: &[usize],
    b: &[usize],
    linked: &[Linked],
    described: &[Option<Description>],
) -> Option<f64> {
    let mut sum = 0.0;
    for (one, other) in a
        .iter()
        .flat_map(|one| b.iter().map(move |other| (*one, *other)))
    {
        if meet(linked.get(one)?, linked.get(other)?) {
            return None;
        }
        let (one, other) = (
            described.get(one)?.as_ref()?,
            described.get(other)?.as_ref()?,
        );
        sum += one.likeness(other);
    }
    Some(sum / (a.len() * b.len()) as f64)
}

fn meet(a: &Linked, b: &Linked) -> bool {
    let seen_in = |frame: &usize| b.sights.binary_search_by_key(frame, |(at, _)| *at).is_ok();
    a.sights.iter().any(|(at, _)| seen_in(at))
}
