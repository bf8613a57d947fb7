//! What is decided about signals, as values in and values out.

pub mod classification;
pub mod dossier;
pub mod fields;
pub mod filter;
pub mod heuristics;
pub mod icp;
pub mod lexicon;
pub mod presets;
pub mod score;
pub mod statistics;
pub mod text;
pub mod trim;
pub mod violation;
