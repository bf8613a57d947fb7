//! The figures as a page for people.

use crate::{
    crossing::{Outcome, Scene},
    identity::Measured,
};
use std::fmt::Write;

/// Markdown: both tables. `limit` is the least likeness of two tracks of one face.
#[must_use]
pub fn page(crossings: &[(Scene, f64, Outcome)], identities: &[Measured], limit: f64) -> String {
    let mut page = String::from(HEAD);
    for (scene, rate, outcome) in crossings {
        let per = |count: u32, of: u32| f64::from(count) / f64::from(of.max(1));
        let _ = writeln!(
            page,
            "| {} | {rate} | {} | {} | {} | {:.2} | {:.2} | {:.3} |",
            scene.name,
            outcome.boxes,
            outcome.detections,
            outcome.switches,
            1000.0 * per(outcome.switches, outcome.detections),
            per(outcome.whole, outcome.boxes),
            per(outcome.without, outcome.detections),
        );
    }
    page.push_str(MIDDLE);
    for one in identities {
        let side = one
            .side
            .map_or("as they are".into(), |side| format!("{side} px"));
        let (equal_at, equal) = one.pictures.equal_error();
        let _ = writeln!(
            page,
            "| {side} | {:.3} (at {equal_at:.2}) | {:.2} | {:.2} | {} of {} | {} of {} |",
            equal,
            one.groups.same.first().copied().unwrap_or_default(),
            one.groups.other.last().copied().unwrap_or_default(),
            (one.groups.confused(limit) * one.groups.other.len() as f64).round(),
            one.groups.other.len(),
            (one.groups.missed(limit) * one.groups.same.len() as f64).round(),
            one.groups.same.len(),
        );
    }
    let _ = write!(page, "\nThe limit in use is {limit}.\n{FOOT}");
    page
}

const HEAD: &str = "# Tracks and identities

Written by `cargo run --release -p tracking-accuracy -- docs/accuracy/tracking.md`.

## Boxes that cross

Made scenes of eight seconds, 200 of each kind, sampled five times a second, as a video of 24
seconds is, or twice, as one of a minute is. Detections have noise (edges 3 % of the box), one in ten is missed, each box
once is out of sight for 0.8 seconds, and confidences vary from 0.45 to 0.95. *Covered* means that
the farther box is not detected while the nearer overlaps it by more than half. A switch is a change
of a box's track from one of its detections to the next (as in CLEAR MOT).

| scene | frames a second | boxes | detections | switches | per 1000 detections | boxes with one track | detections without a track |
|---|---|---|---|---|---|---|---|
";

const MIDDLE: &str = "
Poor is what happens where many cross in one line: at two frames a second a walker moves by more
than its width from one frame to the next, and boxes alone cannot tell who is who. Tracks know boxes
and motion, not looks. What would help where switches are many: more frames a
second (`effort.max_frames`), and for faces the identities below, which join tracks that broke.

## Faces that return

Ten made people (package openpeople 0.1.2, MIT), sixteen expressions each, found by YuNet and
described by the network FaceRes (1024 numbers; likeness is their cosine). Picture by picture: 1200
pairs of one person, 11520 of two. Tracks are described by up to five pictures; groups of four
pictures of one row stand for them: 60 pairs of one person, 720 of two.

| faces | equal error, single pictures | least alike groups of one person | most alike groups of two | taken for one, wrongly | not joined |
|---|---|---|---|---|---|
";

const FOOT: &str = "
The limit was chosen on these groups, so they say little about its errors on others. Real people are
further apart than these: of eight people on the photographs and in the films that `make setup`
fetches, no two were more alike than 0.47, while tracks of one man out of one film, minutes apart
and at two sizes, were by at least 0.83. Photographs of one man from different occasions (package
face_recognition 1.3.0) were by 0.69 to 0.74, below the limit: faces are recognised within a video,
not between videos, and where in doubt they stay apart. Nothing was measured on children, twins or
masks. What would help: weights trained for recognition alone under a permissive licence.
";
