//! The results say of themselves how right they are; this measures it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use contracts::emotion::EmotionLabel;
use emotion::compute::network::accuracy;

#[tokio::test]
async fn results_state_the_accuracy_that_is_measured() {
    let outcomes = emotion_accuracy::measure().await;
    assert_eq!(outcomes.len(), 80);
    let stated = accuracy();
    assert_eq!(stated.faces, 80);
    let right = |label: Option<EmotionLabel>| {
        let of = outcomes
            .iter()
            .filter(|one| label.is_none_or(|label| one.meant == label));
        let read = of.clone().filter(|one| {
            let read = one.read.map(|(label, _)| label);
            read == Some(one.meant)
        });
        read.count() as f64 / of.count() as f64
    };
    // Another processor may turn a face that stands between two labels: one of eighty, or of ten.
    assert!(
        (right(None) - stated.share_correct).abs() <= 0.02,
        "{}\n{}",
        right(None),
        emotion_accuracy::table(&outcomes)
    );
    for label in EmotionLabel::ALL {
        let name = serde_name(label);
        let found = right(Some(label));
        assert!(
            (found - stated.by_label[&name]).abs() <= 0.11,
            "{name} {found}"
        );
    }
    assert!(
        outcomes.iter().all(|one| one.read.is_some()),
        "every face is found"
    );
}

fn serde_name(label: EmotionLabel) -> String {
    format!("{label:?}").to_lowercase()
}
