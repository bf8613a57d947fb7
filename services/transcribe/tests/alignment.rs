//! When tokens are said, from where the recogniser looks.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;
use transcribe::compute::alignment::token_times;

const FRAMES: usize = 1500;

/// Attention of `heads` heads that look at frames `from..to` for each token.
fn looking(at: &[(usize, usize)], heads: usize) -> Vec<Vec<Vec<f32>>> {
    at.iter()
        .map(|(from, to)| {
            let mut row = vec![1e-4; FRAMES];
            row[*from..*to].fill(1.0);
            vec![row; heads]
        })
        .collect()
}

fn starts(rows: &[Vec<Vec<f32>>], frames: usize) -> Option<Vec<usize>> {
    let slices: Vec<&[Vec<f32>]> = rows.iter().map(Vec::as_slice).collect();
    let times = token_times(&slices, frames)?;
    Some((0..rows.len()).map(|at| times.start(at)).collect())
}

#[test]
fn tokens_begin_where_they_are_looked_at() {
    let rows = looking(&[(0, 20), (20, 50), (50, 90), (90, 100)], 3);
    assert_eq!(starts(&rows, 100).unwrap(), [0, 20, 50, 90]);
}

#[test]
fn what_lies_beyond_the_sound_does_not_count() {
    let rows = looking(&[(0, 20), (20, 50), (50, 60), (1400, 1500)], 1);
    let found = starts(&rows, 60).unwrap();
    assert_eq!(found[..3], [0, 20, 50]);
    assert!(found[3] < 60);
}

#[test]
fn without_attention_there_are_no_times() {
    assert_eq!(starts(&[Vec::new(), Vec::new()], 100), None);
    assert_eq!(starts(&looking(&[(0, 10)], 1), 100), None);
    assert_eq!(starts(&looking(&[(0, 10), (10, 20)], 1), 0), None);
    assert_eq!(starts(&[], 100), None);
}

proptest! {
    #[test]
    fn tokens_keep_their_order_whatever_is_looked_at(
        rows in (1_usize..4, 2_usize..8, 1_usize..60).prop_flat_map(|(heads, tokens, frames)| {
            let row = prop::collection::vec(0.0_f32..1.0, frames);
            prop::collection::vec(prop::collection::vec(row, heads), tokens)
        }),
    ) {
        let frames = rows[0][0].len();
        let found = starts(&rows, frames).unwrap();
        prop_assert_eq!(found[0], 0);
        prop_assert!(found.windows(2).all(|pair| pair[0] <= pair[1]));
        prop_assert!(found.iter().all(|start| *start < frames));
    }
}
