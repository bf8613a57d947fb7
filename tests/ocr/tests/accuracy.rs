//! A floor below which the reading of overlays must not fall: four of the pages that `render.py`
//! draws, kept in `golden`, in English, Spanish, other Latin languages and Chinese.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use ocr_accuracy::{
    report::{self, Measured},
    scores::{Drawn, Page, Read, Score},
    sight,
};
use std::path::Path;

/// Least share of characters read right, over all lines.
const CHARACTERS: f64 = 0.97;

#[test]
fn few_characters_of_the_kept_pages_are_wrong() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let reader = sight::open().unwrap();
    let mut measured = Measured::default();
    for page in sight::pages(&folder).unwrap() {
        let read = sight::read(&reader, &folder.join(&page.file)).unwrap();
        measured.add(&page, &read, &[]);
    }
    let mut all = Score::default();
    for one in &measured.outcomes {
        all += Score::of(&one.drawn.text, &one.ours);
    }
    let table = report::table(&measured);
    assert_eq!((measured.pages, all.lines), (4, 24));
    assert!(
        all.character_accuracy().unwrap() >= CHARACTERS,
        "{all:?}\n{table}"
    );
    assert_eq!(measured.elsewhere, 0, "nothing is read where nothing is");
}

#[test]
fn mistakes_are_counted_by_characters() {
    let score = |drawn: &str, read: &str| {
        let score = Score::of(drawn, read);
        (score.characters, score.errors, score.exact)
    };
    assert_eq!(score("¿Qué?", "¿Qué?"), (5, 0, 1));
    assert_eq!(score("¿Qué?", "Que?"), (5, 2, 0));
    // What is read too much costs at most the line.
    assert_eq!(score("ab", "something else"), (2, 2, 0));
    assert_eq!(score("好看", ""), (2, 2, 0));
    assert_eq!(Score::default().character_accuracy(), None);
}

fn line(text: &str, top: f64) -> Drawn {
    Drawn {
        text: text.into(),
        edges: [100.0, top, 300.0, top + 20.0],
        traits: [("size".to_owned(), "20 px".to_owned())].into(),
    }
}

fn read(text: &str, left: f64, top: f64) -> Read {
    Read {
        text: text.into(),
        edges: [left, top, left + 60.0, top + 18.0],
    }
}

#[test]
fn what_is_read_counts_where_it_stands() {
    let page = Page {
        file: "page.jpg".into(),
        lines: vec![line("good morning", 10.0), line("good night", 90.0)],
    };
    // The two halves of the first line in disorder, and a text beside both lines.
    let found = [
        read("morning", 200.0, 11.0),
        read("good", 110.0, 11.0),
        read("EMT", 500.0, 300.0),
    ];
    assert_eq!(page.said(&found), ["good morning", ""]);
    assert_eq!(page.elsewhere(&found), 1);
    let mut measured = Measured::default();
    measured.add(&page, &found, &[read("good night", 150.0, 91.0)]);
    let page = report::page(&measured);
    assert!(
        page.contains("| size: 20 px | 2 | 54.5 % | 45.5 % | 50.0 % | 50.0 % |"),
        "{page}"
    );
    assert!(
        page.contains("| good night |  | good night | 20 px |"),
        "{page}"
    );
    assert!(page.contains("Of 1 lines with a mistake, 1 were not found at all"));
}
