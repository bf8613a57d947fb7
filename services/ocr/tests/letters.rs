//! From columns to strings.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use ocr::{
    Config,
    compute::letters::{Alphabet, Reading},
};
use proptest::prelude::*;

/// Probabilities in which these columns win, each with 0.8.
fn steps(alphabet: &Alphabet, columns: &[usize]) -> Vec<f32> {
    let rest = 0.2 / (alphabet.columns() - 1) as f32;
    let step = |column: usize| {
        (0..alphabet.columns()).map(move |at| if at == column { 0.8 } else { rest })
    };
    columns.iter().flat_map(|column| step(*column)).collect()
}

fn read(alphabet: &Alphabet, columns: &[usize]) -> Reading {
    alphabet.read(&steps(alphabet, columns))
}

#[test]
fn repeated_columns_are_one_letter_and_blanks_divide() {
    let alphabet = Alphabet::parse("a\nb\né\n中");
    // Blank, four letters, space.
    assert_eq!(alphabet.columns(), 6);
    assert_eq!(
        read(&alphabet, &[1, 1, 0, 1, 2, 2, 5, 3, 0, 4, 0]).text,
        "aab é中"
    );
    assert_eq!(read(&alphabet, &[5, 1, 5]).text, "a");
    let sure = read(&alphabet, &[1, 0, 2]);
    assert!((sure.confidence - 0.8).abs() < 1e-6);
}

#[test]
fn nothing_read_is_no_confidence() {
    let alphabet = Alphabet::parse("a\nb");
    let nothing = read(&alphabet, &[0, 0, 0]);
    assert_eq!((nothing.text.as_str(), nothing.confidence), ("", 0.0));
    assert_eq!(alphabet.read(&[]).text, "");
}

#[test]
fn a_final_line_break_adds_no_letter() {
    assert_eq!(
        Alphabet::parse("a\nb\n").columns(),
        Alphabet::parse("a\nb").columns()
    );
    assert_eq!(Alphabet::parse("a\r\nb").columns(), 4);
}

#[test]
fn letters_that_only_look_latin_are_latin_among_latin_ones() {
    let alphabet = Alphabet::parse("p\na\nr\nt\nρ");
    assert_eq!(read(&alphabet, &[5, 2, 3, 4]).text, "part");
    let greek = Alphabet::parse("λ\nό\nγ\nο\nς");
    assert_eq!(read(&greek, &[1, 2, 3, 4, 5]).text, "λόγος");
}

#[test]
fn the_default_settings_are_sound() {
    assert_eq!(Config::default().validate(), Ok(()));
}

proptest! {
    #[test]
    fn any_answer_can_be_read(values in prop::collection::vec(-1.0e3_f32..1.0e3, 0..200)) {
        let alphabet = Alphabet::parse("a\nb\nc");
        let reading = alphabet.read(&values);
        prop_assert!(reading.text.chars().count() <= values.len() / alphabet.columns());
        prop_assert!(reading.confidence <= 1.0);
    }
}
