//! Templates, for those who look after them.

use super::ModelAdmin;
use crate::ports::{
    AdminError, Preview, TemplateDetails, TemplateProblem, TemplateSet, TemplateVersion,
};
use prompts::{Failure, Kind, Origin, ReloadError, Repository, Set, Template, Variables};
use serde_json::Value;
use std::{collections::BTreeMap, sync::Arc};

/// The unit of a preview: whoever looks gets the version that most would.
const PREVIEW: &str = "preview";

impl ModelAdmin {
    fn repository(&self) -> &Arc<Repository> {
        &self.asker.parts().templates
    }

    pub(super) fn has_custom_templates(&self) -> bool {
        self.repository().settings().folder.is_some()
    }

    /// The templates in use.
    pub(super) fn template_set(&self) -> TemplateSet {
        let set = self.repository().set();
        telemetry::signals::templates_in_use(set.generation, set.len());
        told(&set, &self.repository().failures())
    }

    pub(super) async fn reload(&self) -> Result<TemplateSet, AdminError> {
        let repository = self.repository().clone();
        let reloaded = tokio::task::spawn_blocking(move || repository.reload()).await;
        let fell_over = |_| AdminError::Unknown("answer: loading templates fell over".into());
        let outcome = match reloaded.map_err(fell_over)? {
            Ok(_) => self.taken(),
            Err(ReloadError::Disabled) => Err(AdminError::CustomOff),
            Err(error) => Err(AdminError::NoneUsable(vec![TemplateProblem {
                file: String::new(),
                message: error.to_string(),
            }])),
        };
        telemetry::signals::templates_reloaded(match &outcome {
            Ok(set) if set.errors.is_empty() => "ok",
            Ok(_) => "partial",
            Err(_) => "failed",
        });
        outcome
    }

    /// What was loaded, if any file could be used.
    fn taken(&self) -> Result<TemplateSet, AdminError> {
        let told = self.template_set();
        let set = self.repository().set();
        let of_files = |name: &str| {
            let mut versions = set.versions(name).iter();
            versions.any(|one| matches!(one.origin, Origin::File(_)))
        };
        if !told.errors.is_empty() && !set.names().any(of_files) {
            return Err(AdminError::NoneUsable(told.errors));
        }
        Ok(told)
    }

    pub(super) fn details(
        &self,
        name: &str,
        with_text: bool,
    ) -> Result<TemplateDetails, AdminError> {
        let set = self.repository().set();
        let versions = set.versions(name);
        let first = versions
            .first()
            .ok_or_else(|| AdminError::Unknown(format!("template {name}")))?;
        Ok(TemplateDetails {
            name: name.into(),
            variables: first.variables.keys().cloned().collect(),
            versions: versions.iter().map(|one| version(one, with_text)).collect(),
        })
    }

    pub(super) fn preview(
        &self,
        name: &str,
        variables: &BTreeMap<String, String>,
    ) -> Result<Preview, AdminError> {
        let set = self.repository().set();
        if set.versions(name).is_empty() {
            return Err(AdminError::Unknown(format!("template {name}")));
        }
        let unrendered = |error: prompts::TemplateError| AdminError::Render(error.to_string());
        let template = set.choose(name, PREVIEW).map_err(unrendered)?.template;
        let rendered = template.render(&typed(&template, variables), &self.asker.parts().marks);
        let rendered = rendered.map_err(unrendered)?;
        Ok(Preview {
            template: rendered.identity.to_string(),
            system: rendered.system.unwrap_or_default(),
            user: rendered.user,
        })
    }
}

fn told(set: &Set, failures: &[Failure]) -> TemplateSet {
    let problems = failures.iter().map(|failure| TemplateProblem {
        file: failure
            .file
            .as_ref()
            .map(|file| file.display().to_string())
            .unwrap_or_default(),
        message: if failure.keeps_previous {
            format!("{}; its templates from before stay", failure.message)
        } else {
            failure.message.clone()
        },
    });
    TemplateSet {
        templates: set.names().map(str::to_owned).collect(),
        generation: set.generation,
        set_sha256: set.hash.clone(),
        errors: problems.collect(),
    }
}

fn version(template: &Template, with_text: bool) -> TemplateVersion {
    let (system, user) = template.texts();
    TemplateVersion {
        version: template.identity.version.clone(),
        weight: template.weight.into(),
        status: template.status.name().into(),
        sha256: template.identity.digest.clone(),
        system: system.filter(|_| with_text).map(str::to_owned),
        user: with_text.then(|| user.to_owned()),
    }
}

/// Texts as what the template declares: one that is no number or no JSON stays a text, and the
/// template says what it wants.
fn typed(template: &Template, variables: &BTreeMap<String, String>) -> Variables {
    let typed = |(name, text): (&String, &String)| {
        let kind = template.variables.get(name).map(|one| one.kind);
        let text_kind = matches!(kind, None | Some(Kind::String));
        let parsed = (!text_kind)
            .then(|| serde_json::from_str(text).ok())
            .flatten();
        (
            name.clone(),
            parsed.unwrap_or_else(|| Value::from(text.as_str())),
        )
    };
    variables.iter().map(typed).collect()
}
