//! What shapes an answer, as bytes: the same request gives the same ones, whoever makes it.

use super::Inner;
use crate::{error::Failure, request::Request};
use contracts::{Sha256, canonical_json};
use serde_json::{Value, json};
use std::sync::Arc;

/// Version of the form.
const VERSION: u32 = 1;
/// What is sent with a question and does not shape its answer.
const SHAPELESS: [&str; 4] = ["stream", "metadata", "keep_alive", "request_id"];

impl Inner {
    pub(super) fn fingerprint(
        &self,
        request: &Request,
        normaliser: &str,
    ) -> Result<Vec<u8>, Failure> {
        let chain = self.chain(&request.alias)?;
        let Some(lane) = chain.first() else {
            return Ok(Vec::new());
        };
        let schema = request.output_schema.as_ref();
        let row = lane.row();
        let ask = super::plan::ask(&row, request, schema.map(|schema| Arc::new(schema.clone())));
        let prepared = lane.provider.prepare(&ask);
        let mut body = prepared.body;
        if let Some(fields) = body.as_object_mut() {
            for name in SHAPELESS {
                fields.shift_remove(name);
            }
        }
        let digest = schema.map(|schema| Sha256::of(canonical_json(schema).as_bytes()).to_string());
        let whole: Value = json!({
            "kv": VERSION,
            "provider": lane.provider.name(),
            "model_id": lane.id,
            "model_digest": lane.provider.model_digest(&lane.id),
            "api_version": prepared.api_version,
            "body": body,
            "schema_sha256": digest,
            "normaliser": normaliser,
        });
        Ok(canonical_json(&whole).into_bytes())
    }
}
