//! Which tracks are of one face: on made descriptions, and with real weights on made people.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{decoded, run, usual};
use contracts::{MediaTime, StageName, messages::PeopleInput};
use inference::Tensor;
use people::compute::identity::{self, Description, join};
use proptest::prelude::*;
use testkit::Bench;
use tracking::Linked;

const LEAST: f64 = 0.82;

/// A track seen in these frames.
fn track(frames: &[usize]) -> Linked {
    Linked {
        sights: frames.iter().map(|at| (*at, 0)).collect(),
        scene_number: None,
    }
}

/// A face in a plane, so that the likeness of two is the cosine of the angle between them.
fn face(degrees: f64) -> Option<Description> {
    let (sine, cosine) = degrees.to_radians().sin_cos();
    Description::new(&[cosine, sine])
}

#[test]
fn tracks_of_alike_faces_are_one_identity() {
    let linked = [track(&[0, 1]), track(&[2, 3]), track(&[4]), track(&[5])];
    let described = [face(0.0), face(80.0), face(10.0), None];
    assert_eq!(
        join(&linked, &described, LEAST),
        [Some(1), Some(2), Some(1), None]
    );
}

#[test]
fn faces_of_one_frame_are_two_people_however_alike() {
    let linked = [track(&[0, 1, 2]), track(&[2, 3]), track(&[4])];
    let described = [face(0.0), face(0.0), face(1.0)];
    assert_eq!(
        join(&linked, &described, LEAST),
        [Some(1), Some(2), Some(1)]
    );
}

#[test]
fn a_chain_of_alike_faces_is_not_one_identity() {
    // 30 degrees are a likeness of 0.87, 60 one of 0.5.
    let linked = [track(&[0]), track(&[1]), track(&[2])];
    let described = [face(0.0), face(30.0), face(60.0)];
    assert_eq!(
        join(&linked, &described, LEAST),
        [Some(1), Some(1), Some(2)]
    );
}

/// Blue comes first, and each channel has its own mean taken off.
#[test]
fn a_red_face_is_red_to_the_network() {
    let side = identity::SIDE as usize;
    let red = [200, 0, 0].repeat(side * side);
    let Tensor::F32(tensor) = identity::tensor(red).unwrap() else {
        panic!("the network takes numbers");
    };
    assert_eq!(tensor.shape(), [1, side, side, 3]);
    let first: Vec<f32> = tensor.iter().copied().take(3).collect();
    let expected = [-103.939, -116.779, 200.0 - 123.68];
    let pairs = first.iter().zip(expected);
    assert!(
        pairs.clone().all(|(a, b)| (a - b).abs() < 1e-3),
        "{first:?}"
    );
}

#[test]
fn a_description_of_nothing_is_none() {
    assert_eq!(Description::new(&[0.0, 0.0]), None);
    assert_eq!(Description::new(&[f64::NAN, 1.0]), None);
    assert_eq!(Description::mean(&[]), None);
}

proptest! {
    /// Whatever is described: no identity holds two tracks of one frame, numbers are without gaps
    /// and rise by first track, and only tracks without a description have none.
    #[test]
    fn identities_keep_their_promises(
        tracks in prop::collection::vec((0_usize..6, prop::option::of(0.0_f64..360.0)), 0..12),
    ) {
        let linked: Vec<Linked> = tracks.iter().map(|(frame, _)| track(&[*frame])).collect();
        let described: Vec<_> = tracks.iter().map(|(_, angle)| angle.and_then(face)).collect();
        let found = join(&linked, &described, LEAST);
        prop_assert_eq!(found.len(), tracks.len());
        let mut next = 1;
        for (number, one) in found.iter().zip(&described) {
            prop_assert_eq!(number.is_some(), one.is_some());
            if let Some(number) = number {
                prop_assert!(*number <= next);
                next = next.max(number + 1);
            }
        }
        for (a, first) in found.iter().enumerate() {
            for (b, second) in found.iter().enumerate().skip(a + 1) {
                prop_assert!(first.is_none() || first != second || tracks[a].0 != tracks[b].0);
            }
        }
    }
}

/// The first rows of the first three sheets: three made people, neutral, glad, sad and angry, one
/// shot each; then the first two once more.
#[tokio::test]
async fn people_are_recognised_from_shot_to_shot() {
    let cell = |sheet: &image::RgbImage, column: u32| {
        let at = |share: f64, side: u32| (share * f64::from(side)) as u32;
        let x = at(0.035 + 0.2345 * f64::from(column), sheet.width());
        let y = at(0.06, sheet.height());
        let (width, height) = (at(0.22, sheet.width()), at(0.2, sheet.height()));
        image::imageops::crop_imm(sheet, x, y, width, height).to_image()
    };
    let mut shown: Vec<(u64, Vec<u8>)> = Vec::new();
    let mut cuts: Vec<MediaTime> = Vec::new();
    for (shot, number) in (0_u64..).zip([1, 2, 3, 1, 2]) {
        let name = format!("media/openpeople-{number:02}-expressions.jpg");
        let sheet = image::open(testkit::cache_file(&name)).unwrap().into_rgb8();
        // Not the pictures of the first time.
        let columns = if shot < 3 { [0, 1] } else { [2, 3] };
        for (place, column) in (0_u64..).zip(columns) {
            let milliseconds = shot * 400 + place * 200;
            shown.push((milliseconds, common::jpeg(&cell(&sheet, column))));
        }
        cuts.push(MediaTime::from_nanos(shot * 400_000_000));
    }
    let bench = Bench::default();
    let all: Vec<(u64, &[u8])> = shown
        .iter()
        .map(|(at, jpeg)| (*at, jpeg.as_slice()))
        .collect();
    let size = (528, 358);
    let frames = bench.pictures(size, &all).await;
    let changes: Vec<f64> = cuts.iter().skip(1).map(|cut| cut.seconds()).collect();
    let input = PeopleInput {
        decoded: decoded(frames, size),
        shots: Some(common::shots(&bench, &changes).await),
        objects: None,
    };
    let (people, _) = run(&usual(), input, &bench.context(StageName::People)).await;
    let identities: Vec<_> = people
        .face_tracks
        .iter()
        .map(|one| one.identity.as_deref())
        .collect();
    let expected = [1, 2, 3, 1, 2].map(|number| Some(format!("identity_{number}")));
    let expected: Vec<_> = expected.iter().map(Option::as_deref).collect();
    assert_eq!(identities, expected);
}
