//! Rubrics of brand and products, as far as they were named.

use super::{
    attract::heard_throughout,
    finding::{self, Finding, Judgement},
    hook::OPENING_SECONDS,
    terms,
};
use crate::compute::{
    events::Events,
    measure::{Measured, Reason},
    published::{self, Sight},
};
use contracts::TimeSpan;

const NO_BRAND: Reason = Reason::of("no brand is named: set brand.names or give --brand");
const NO_PRODUCT: Reason = Reason::of("no product is named: set brand.products or give --product");
const NO_CLASS: Reason = Reason::of(
    "no class of objects shows a product: set brand.product_classes or give --product-class",
);
const NO_LOGO: Reason = Reason::of("the name was not read, and logos are not looked for");

fn named(entries: &[String], missing: Reason) -> Measured<Vec<Vec<String>>> {
    if entries.is_empty() {
        return Err(missing);
    }
    Ok(terms::terms(entries))
}

fn opening(events: &Events) -> TimeSpan {
    finding::opening(events.clock, OPENING_SECONDS)
}

/// Where a product is seen: objects of the classes that were named.
///
/// # Errors
/// The reason, if none was named or objects were not looked for.
pub fn products_seen(events: &Events) -> Measured<Vec<Sight>> {
    let classes = &events.brand.product_classes;
    if classes.is_empty() {
        return Err(NO_CLASS);
    }
    published::objects(events, |class| classes.iter().any(|one| one == class))
}

/// `brand_visuals`: the name of the brand is read, laid over the picture or filmed.
#[must_use]
pub fn visuals(events: &Events) -> Judgement {
    brand_read(events, events.clock.span())
}

/// `brand_visuals_first_5s`.
#[must_use]
pub fn visuals_early(events: &Events) -> Judgement {
    brand_read(events, opening(events))
}

fn brand_read(events: &Events, window: TimeSpan) -> Judgement {
    match read(events, named(&events.brand.names, NO_BRAND), window) {
        Err(reason) => Judgement::unknown(reason),
        Ok(found) => Judgement::by_findings(found, Err(NO_LOGO)),
    }
}

fn read(
    events: &Events,
    names: Measured<Vec<Vec<String>>>,
    window: TimeSpan,
) -> Measured<Vec<Finding>> {
    let names = names?;
    terms::written(events, |text| terms::holds(&text.content, &names), window)
}

/// `brand_mention_speech`: the name of the brand is said.
#[must_use]
pub fn mention(events: &Events) -> Judgement {
    let names = named(&events.brand.names, NO_BRAND);
    said(events, names, events.clock.span())
}

/// `brand_mention_speech_first_5s`.
#[must_use]
pub fn mention_early(events: &Events) -> Judgement {
    let names = named(&events.brand.names, NO_BRAND);
    said(events, names, opening(events))
}

fn said(events: &Events, names: Measured<Vec<Vec<String>>>, window: TimeSpan) -> Judgement {
    let found = names.and_then(|names| match terms::spoken(events, &names, window) {
        Err(_) if !events.has_audio => Ok(Vec::new()),
        found => found,
    });
    match found {
        Err(reason) => Judgement::unknown(reason),
        Ok(found) => Judgement::by_findings(found, heard_throughout(events, window)),
    }
}

/// `product_visuals`: an object of a class that shows a product is seen.
#[must_use]
pub fn product_visuals(events: &Events) -> Judgement {
    product_seen(events, events.clock.span())
}

/// `product_visuals_first_5s`.
#[must_use]
pub fn product_visuals_early(events: &Events) -> Judgement {
    product_seen(events, opening(events))
}

fn product_seen(events: &Events, window: TimeSpan) -> Judgement {
    match products_seen(events) {
        Err(reason) => Judgement::unknown(reason),
        Ok(sights) => Judgement::by_findings(
            finding::seen("objects", &sights, window),
            finding::covers(events.objects.sampled(), window),
        ),
    }
}

/// `product_mention_text`: the name of a product is read, laid over the picture or filmed.
#[must_use]
pub fn product_text(events: &Events) -> Judgement {
    product_read(events, events.clock.span())
}

/// `product_mention_text_first_5s`.
#[must_use]
pub fn product_text_early(events: &Events) -> Judgement {
    product_read(events, opening(events))
}

fn product_read(events: &Events, window: TimeSpan) -> Judgement {
    match read(events, named(&events.brand.products, NO_PRODUCT), window) {
        Err(reason) => Judgement::unknown(reason),
        Ok(found) => Judgement::by_findings(found, finding::covers(events.text.sampled(), window)),
    }
}

/// `product_mention_speech`: the name of a product is said.
#[must_use]
pub fn product_speech(events: &Events) -> Judgement {
    let names = named(&events.brand.products, NO_PRODUCT);
    said(events, names, events.clock.span())
}

/// `product_mention_speech_first_5s`.
#[must_use]
pub fn product_speech_early(events: &Events) -> Judgement {
    let names = named(&events.brand.products, NO_PRODUCT);
    said(events, names, opening(events))
}
