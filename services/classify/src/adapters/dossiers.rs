//! Writing dossiers with the deep model.

use super::{
    DOSSIER,
    asker::{Asker, Filling, Kind},
};
use crate::{
    compute::dossier,
    failure::{Code, Failure},
    ports::{Answer, DossierRequest, Dossiers},
};
use async_trait::async_trait;
use cache::Mode;
use llm::{Aliases, request::Sampling};
use prompts::DossierContext;
use serde_json::{Value, json};

/// Writes dossiers with the deep model.
pub struct ModelDossiers {
    asker: Asker,
    kind: Kind,
}

impl ModelDossiers {
    /// A writer that asks the alias of deep models.
    #[must_use]
    pub fn new(asker: Asker) -> Self {
        let asking = &asker.parts().asking;
        let kind = Kind {
            task: DOSSIER,
            alias: Aliases::DEEP,
            max_output_tokens: asking.max_output_tokens_dossier,
            schema: dossier::schema(),
            sampling: Sampling {
                temperature: Some(asking.temperature_4b),
                top_p: Some(asking.top_p),
                ..Sampling::default()
            },
        };
        Self { asker, kind }
    }
}

/// What a model is told, besides what was published: the facts, and the rest of the classification.
fn told(request: &DossierRequest) -> Result<DossierContext, Failure> {
    let unwritable =
        |error: serde_json::Error| Failure::new(Code::TemplateError, error.to_string());
    let mut facts = serde_json::to_value(&request.facts).map_err(unwritable)?;
    if let Some(facts) = facts.as_object_mut() {
        facts.shift_remove("snippets");
    }
    let mut classification = request.classification.clone();
    if let (Value::Object(whole), Value::Object(facts)) = (&mut classification, facts) {
        whole.extend(facts);
    } else {
        classification = json!(request.facts);
    }
    Ok(DossierContext {
        signal_text: request.facts.snippets.join("\n\n"),
        classification,
    })
}

#[async_trait]
impl Dossiers for ModelDossiers {
    async fn write(&self, request: &DossierRequest) -> Result<Answer, Failure> {
        let told = told(request)?;
        let filling = Filling {
            unit: request.signal_digest.clone(),
            named: told.clone(),
            told,
        };
        let prompt = self.asker.prompt(&filling, &self.kind, Mode::On)?;
        let check = |raw: &Value| {
            let checked = dossier::check(raw);
            checked
                .map(drop)
                .map_err(|violation| vec![violation.to_string()])
        };
        self.asker.ask(&prompt, &check, None).await
    }
}
