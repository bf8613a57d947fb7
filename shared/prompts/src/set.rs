//! All templates at one moment. A set never changes: whoever holds one renders from it, whatever
//! is loaded meanwhile.

use crate::{
    choice::{bucket, is_sampled},
    context::Context,
    error::TemplateError,
    framing::Marks,
    identity::Digest,
    template::{Rendered, Status, Template},
};
use std::{collections::BTreeMap, sync::Arc};

/// All templates at one moment.
#[derive(Debug, Clone)]
pub struct Set {
    /// How many times templates were loaded.
    pub generation: u64,
    /// SHA-256 of everything in it, in hexadecimal: two processes with the same hash make the same
    /// prompts.
    pub hash: String,
    /// Those of the files, where there are any; else the built-in ones.
    templates: BTreeMap<String, Vec<Arc<Template>>>,
    /// The built-in ones that files stand before; they can be pinned.
    replaced: BTreeMap<String, Vec<Arc<Template>>>,
    rules: Rules,
}

/// How versions are chosen.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Rules {
    /// The version that is used of a template, whatever the weights.
    pub(crate) pins: BTreeMap<String, String>,
    /// What distinguishes this experiment from another.
    pub(crate) salt: String,
    /// Share of the units that also run the shadow versions.
    pub(crate) shadow_rate: f64,
}

/// The version that was chosen.
#[derive(Debug, Clone)]
pub struct Choice {
    /// It.
    pub template: Arc<Template>,
    /// Shadow versions that run beside it, and whose answers are never returned.
    pub shadows: Vec<Arc<Template>>,
}

type ByName = BTreeMap<String, Vec<Arc<Template>>>;

fn by_name(templates: Vec<Arc<Template>>) -> ByName {
    let mut named = ByName::new();
    for template in templates {
        let name = template.identity.name.clone();
        named.entry(name).or_default().push(template);
    }
    for versions in named.values_mut() {
        versions.sort_by(|a, b| a.identity.cmp(&b.identity));
    }
    named
}

impl Set {
    pub(crate) fn new(
        generation: u64,
        builtin: Vec<Arc<Template>>,
        files: Vec<Arc<Template>>,
        rules: Rules,
    ) -> Self {
        let mut templates = by_name(builtin);
        let mut replaced = ByName::new();
        for (name, versions) in by_name(files) {
            if let Some(before) = templates.insert(name.clone(), versions) {
                replaced.insert(name, before);
            }
        }
        let hash = hash(&templates, &rules);
        Self {
            generation,
            hash,
            templates,
            replaced,
            rules,
        }
    }

    /// Names of all templates.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.templates.keys().map(String::as_str)
    }

    /// All versions of a template, by version; none if there is no such template.
    #[must_use]
    pub fn versions(&self, name: &str) -> &[Arc<Template>] {
        self.templates.get(name).map_or(&[], Vec::as_slice)
    }

    /// Number of versions of all templates.
    #[must_use]
    pub fn len(&self) -> usize {
        self.templates.values().map(Vec::len).sum()
    }

    /// Whether there is no template at all; there always are the built-in ones.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.templates.is_empty()
    }

    /// The version of a template that a unit gets: the pinned one, else by weight; always the same
    /// for the same unit.
    ///
    /// # Errors
    /// [`TemplateError`] if there is no such template, the pinned version is not there, or no
    /// version has a weight.
    pub fn choose(&self, name: &str, unit: &str) -> Result<Choice, TemplateError> {
        let versions = self.versions(name);
        if versions.is_empty() {
            return Err(TemplateError::Unknown(name.to_owned()));
        }
        let template = match self.rules.pins.get(name) {
            Some(version) => self.pinned(name, version)?,
            None => self.weighted(name, unit, versions)?,
        };
        let Rules {
            salt, shadow_rate, ..
        } = &self.rules;
        let shadows = if is_sampled(name, salt, unit, *shadow_rate) {
            let is_shadow = |one: &&Arc<Template>| {
                one.status == Status::Shadow && one.identity != template.identity
            };
            versions.iter().filter(is_shadow).cloned().collect()
        } else {
            Vec::new()
        };
        Ok(Choice { template, shadows })
    }

    /// Chooses a version for a unit and makes its prompt.
    ///
    /// # Errors
    /// As [`Set::choose`] and [`Template::render`].
    pub fn render(
        &self,
        context: &impl Context,
        unit: &str,
        marks: &Marks,
    ) -> Result<Rendered, TemplateError> {
        let choice = self.choose(context.template(), unit)?;
        choice.template.render(&context.variables(), marks)
    }

    /// Names of templates whose pinned version is not there.
    pub(crate) fn broken_pins(&self) -> impl Iterator<Item = TemplateError> {
        let pins = self.rules.pins.iter();
        pins.filter_map(|(name, version)| self.pinned(name, version).err())
    }

    fn pinned(&self, name: &str, version: &str) -> Result<Arc<Template>, TemplateError> {
        let replaced = self.replaced.get(name).into_iter().flatten();
        let mut usable = self.versions(name).iter().chain(replaced);
        let found =
            usable.find(|one| one.identity.version == version && one.status != Status::Disabled);
        found.cloned().ok_or_else(|| TemplateError::Pinned {
            name: name.to_owned(),
            version: version.to_owned(),
        })
    }

    fn weighted(
        &self,
        name: &str,
        unit: &str,
        versions: &[Arc<Template>],
    ) -> Result<Arc<Template>, TemplateError> {
        let active = || versions.iter().filter(|one| one.status == Status::Active);
        let total = active().map(|one| u64::from(one.weight)).sum();
        let mut place = bucket(name, &self.rules.salt, unit, total);
        let chosen = active().find(|one| {
            let weight = u64::from(one.weight);
            let is_here = place.is_some_and(|place| place < weight);
            place = place.and_then(|place| place.checked_sub(weight));
            is_here
        });
        chosen
            .cloned()
            .ok_or_else(|| TemplateError::NoWeight(name.to_owned()))
    }
}

fn hash(templates: &ByName, rules: &Rules) -> String {
    let mut digest = Digest::new("rumiai prompt set");
    for template in templates.values().flatten() {
        digest.part(template.identity.to_string().as_bytes());
        digest.part(template.status.name().as_bytes());
        digest.part(&template.weight.to_be_bytes());
        digest.part(template.task.as_deref().unwrap_or_default().as_bytes());
    }
    digest.part(rules.salt.as_bytes());
    digest.part(&rules.shadow_rate.to_be_bytes());
    for (name, version) in &rules.pins {
        digest.part(name.as_bytes());
        digest.part(version.as_bytes());
    }
    hex::encode(digest.bytes())
}
