//! `quality`: what the measures rest on.

use super::{NEEDED, NEEDED_NAMES};
use crate::{
    compute::{block::Block, coverage::completeness, events::Events},
    metrics::{Range, define_metrics},
};

pub(super) fn block(events: &Events) -> Block {
    let mut block = Block::new("quality");
    block.put("dataCompleteness", completeness(events, NEEDED));
    let missing = NEEDED
        .iter()
        .filter(|modality| events.sampled(**modality).is_err());
    let missing: Vec<&str> = missing.map(|modality| modality.as_str()).collect();
    block.put("missingModalities", Ok(missing));
    block.put("brandNames", Ok(&events.brand.names));
    block.put("productNames", Ok(&events.brand.products));
    block.put("productClasses", Ok(&events.brand.product_classes));
    block
}

const SETTINGS: &str = "settings";

define_metrics!(
    "creative_measures",
    "quality",
    [
        (
            "dataCompleteness",
            "share of shots, objects, sound, speech, text, faces and emotions that were measured, times the mean share of seconds in which those were",
            "coverage",
            "1",
            Range::Share,
            "the video has no duration"
        ),
        (
            "missingModalities",
            "those of them that were not measured",
            "coverage",
            "names",
            Range::ListOf(&Range::OneOf(NEEDED_NAMES)),
            "never"
        ),
        (
            "brandNames",
            "names of the brand that were looked for",
            SETTINGS,
            "text",
            Range::ListOf(&Range::Text("any name")),
            "never"
        ),
        (
            "productNames",
            "names of products that were looked for",
            SETTINGS,
            "text",
            Range::ListOf(&Range::Text("any name")),
            "never"
        ),
        (
            "productClasses",
            "classes of objects that show a product",
            SETTINGS,
            "COCO classes",
            Range::ListOf(&Range::Text("any class")),
            "never"
        ),
        (
            "notMeasured.*",
            "why the field at this path is null",
            "coverage",
            "text",
            Range::REASON,
            "never"
        ),
    ]
);
