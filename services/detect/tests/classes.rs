//! The classes of COCO.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use detect::compute::classes;

#[test]
fn columns_stand_for_the_classes_of_coco() {
    let named = |column| classes::of_column(column).and_then(classes::name);
    assert_eq!(named(0), Some("person"));
    assert_eq!(named(10), Some("fire hydrant"));
    assert_eq!(named(11), None, "id 12 was planned and has no pictures");
    assert_eq!(named(12), Some("stop sign"));
    assert_eq!(named(31), Some("tie"));
    assert_eq!(named(66), Some("dining table"));
    assert_eq!(named(69), Some("toilet"));
    assert_eq!(named(89), Some("toothbrush"));
    assert_eq!(named(90), None);
    let known: Vec<usize> = (0..100).filter_map(classes::of_column).collect();
    assert_eq!(known, (0..80).collect::<Vec<_>>());
}
