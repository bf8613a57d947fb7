//! Names of brands and products: what is accepted, and what is found.
#![allow(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;
use timeline::{
    Brand, Error, Limits, MAX_ENTRIES, MAX_ENTRY_CHARS, Timeline,
    compute::creative::terms::{holds, places, terms, words},
};

fn finds(name: &str, text: &str) -> bool {
    holds(text, &terms(&[name.to_owned()]))
}

#[test]
fn words_are_folded_whole_words() {
    assert_eq!(words("Don\u{2019}t STOP-now"), ["don't", "stop", "now"]);
    assert_eq!(words("Stra\u{df}e"), ["strasse"]);
    assert_eq!(
        words("\u{ff21}\u{ff23}\u{ff2d}\u{ff25}"),
        ["acme"],
        "full width"
    );
    assert_eq!(words("caf\u{e9}"), words("CAFE\u{301}"));
    assert_eq!(words("\u{2121}"), ["tel"], "one sign for several letters");
    assert_eq!(words("!? \u{1f525}"), Vec::<String>::new());
}

#[test]
fn names_are_found_as_whole_words_in_a_row() {
    assert!(finds("Acme", "I love ACME!"));
    assert!(finds("Acme", "#acme"));
    assert!(finds("Rocket Boots", "my rocket\u{a0}boots."));
    assert!(finds("STRASSE", "die stra\u{df}e"));
    assert!(finds(
        "\u{3a3}\u{399}\u{393}\u{39c}\u{391}\u{3a3}",
        "\u{3c3}\u{3b9}\u{3b3}\u{3bc}\u{3b1}\u{3c2}"
    ));
    assert!(finds("\u{82b1}\u{738b}", "\u{82b1}\u{738b}\u{306e}"));
    assert!(!finds("Acme", "acmes and pacme"));
    assert!(!finds("Rocket Boots", "rocket and boots"));
    assert!(!finds("Rocket Boots", "boots rocket"));
    assert!(!holds("anything", &[]));
}

#[test]
fn of_names_that_begin_together_the_longest_counts() {
    let names = terms(&["Acme".to_owned(), "Acme Rocket".to_owned()]);
    assert_eq!(
        places(&words("the acme rocket, acme"), &names),
        [(1, 2), (3, 1)]
    );
}

fn problem(brand: Brand) -> String {
    Timeline::new(Limits::default(), brand)
        .err()
        .map(|error| error.to_string())
        .unwrap_or_default()
}

#[test]
fn what_cannot_be_looked_for_is_refused() {
    let names = |names: Vec<String>| Brand {
        names,
        ..Brand::default()
    };
    assert_eq!(problem(names(vec!["x".repeat(MAX_ENTRY_CHARS)])), "");
    assert_eq!(problem(names(vec!["x".into(); MAX_ENTRIES])), "");
    assert_eq!(
        problem(names(vec!["x".repeat(MAX_ENTRY_CHARS + 1)])),
        "brand.names has an entry of more than 64 characters"
    );
    assert_eq!(
        problem(names(vec!["x".into(); MAX_ENTRIES + 1])),
        "brand.names has 65 entries, at most 64"
    );
    for nothing in ["", "  ", "!?", "\u{1f525}"] {
        let brand = Brand {
            products: vec![nothing.into()],
            ..Brand::default()
        };
        let error = brand.validate().unwrap_err();
        assert!(matches!(
            error,
            Error::Brand {
                key: "brand.products",
                ..
            }
        ));
        assert!(error.to_string().contains("no letter or digit"), "{error}");
    }
    let classes = Brand {
        product_classes: vec!["-".into()],
        ..Brand::default()
    };
    assert!(problem(classes).starts_with("brand.product_classes"));
}

proptest! {
    #[test]
    fn a_name_is_found_in_any_text_that_has_it_between_spaces(
        name in "[a-zA-Z\u{e0}-\u{f6}]{1,12}",
        before in "[a-z ]{0,12}",
        after in "[a-z ]{0,12}",
    ) {
        let text = format!("{before} {} {after}", name.to_uppercase());
        prop_assert!(finds(&name, &text));
    }

    #[test]
    fn no_text_and_no_name_make_it_panic(text in any::<String>(), name in any::<String>()) {
        let found = places(&words(&text), &terms(&[name]));
        for (first, count) in found {
            prop_assert!(count > 0 && first + count <= words(&text).len());
        }
    }
}
