//! One version of one template: checked when it is made, strict when it is rendered.

use crate::{
    contract::expected,
    engine::{Compiled, Engine, Inserted, Refused},
    error::{LoadProblem, TemplateError},
    framing::{Mark, Marks},
    identity::{Digest, Identity},
    variable::{Declaration, Kind, Variables, is_name},
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

/// Longest version, in bytes.
const MAX_VERSION_BYTES: usize = 64;

/// Whether a version is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// By its weight.
    #[default]
    Active,
    /// Beside the one that is used, for a sample, and never returned.
    Shadow,
    /// Not at all.
    Disabled,
}

impl Status {
    /// Its name in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Shadow => "shadow",
            Self::Disabled => "disabled",
        }
    }
}

/// Where a template comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Compiled into the program.
    Builtin,
    /// A file, below the folder of templates.
    File(PathBuf),
}

/// A template as it was written.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) weight: u32,
    pub(crate) status: Status,
    pub(crate) engine: Engine,
    pub(crate) task: Option<String>,
    pub(crate) output_schema: Option<String>,
    pub(crate) system: Option<String>,
    pub(crate) user: String,
    /// `None`: every place is a variable.
    pub(crate) variables: Option<BTreeMap<String, Declaration>>,
    /// The text has no places; the variables follow it as sections.
    pub(crate) has_sections: bool,
}

/// One version of one template.
#[derive(Debug, Clone)]
pub struct Template {
    /// Its name, version and digest.
    pub identity: Identity,
    /// What it is for.
    pub task: Option<String>,
    /// Name of the schema its answers follow.
    pub output_schema: Option<String>,
    /// Whether it is used.
    pub status: Status,
    /// Its share among the active versions.
    pub weight: u32,
    /// Where it comes from.
    pub origin: Origin,
    /// What it is given.
    pub variables: BTreeMap<String, Declaration>,
    /// Variables it may be handed and has no use for.
    unused: BTreeSet<String>,
    system: Option<Compiled>,
    user: Compiled,
    /// Both parts as they were written.
    written: (Option<String>, String),
    max_prompt_bytes: usize,
}

/// A prompt, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// What it was made of.
    pub identity: Identity,
    /// What it is for.
    pub task: Option<String>,
    /// Name of the schema its answer follows.
    pub output_schema: Option<String>,
    /// What the model is told of its task, and of data from outside.
    pub system: Option<String>,
    /// The request.
    pub user: String,
}

impl Template {
    /// Checks a draft and makes a template of it.
    pub(crate) fn new(
        draft: Draft,
        origin: Origin,
        max_prompt_bytes: usize,
    ) -> Result<Self, LoadProblem> {
        let place = format!("{}@{}", draft.name, draft.version);
        check_names(&draft, &place)?;
        let known = expected(&draft.name);
        let (system, user) = compiled(&draft, &place)?;
        let placed_in_system = system.as_ref().map(Compiled::variables).unwrap_or_default();
        let placed: BTreeSet<String> = user
            .variables()
            .into_iter()
            .chain(placed_in_system.clone())
            .collect();
        let declared = draft
            .variables
            .clone()
            .unwrap_or_else(|| derived(&draft.name, &placed));
        check_places(&place, &placed, &placed_in_system, &declared)?;
        if let Some(known) = known {
            known.check(&place, &declared)?;
        }
        let handed = known.map_or(&[][..], |known| known.variables);
        let unused = handed
            .iter()
            .map(|handed| handed.name.to_owned())
            .filter(|name| !declared.contains_key(name));
        let template = Self {
            written: (draft.system.clone(), draft.user.clone()),
            identity: Identity::new(&draft.name, &draft.version, digest(&draft, &declared)),
            task: draft
                .task
                .or_else(|| known.map(|known| known.task.to_owned())),
            output_schema: draft.output_schema,
            status: draft.status,
            weight: draft.weight,
            origin,
            unused: unused.collect(),
            variables: declared,
            system,
            user,
            max_prompt_bytes,
        };
        template.try_out(&place)?;
        Ok(template)
    }

    /// The system part and the user part, as they were written.
    #[must_use]
    pub fn texts(&self) -> (Option<&str>, &str) {
        (self.written.0.as_deref(), &self.written.1)
    }

    /// Makes a prompt of the template.
    ///
    /// # Errors
    /// [`TemplateError`] if a variable is missing, not declared, of another type or too long, or
    /// the prompt would be too large. Nothing half-rendered is ever given.
    pub fn render(&self, variables: &Variables, marks: &Marks) -> Result<Rendered, TemplateError> {
        let identity = self.identity.to_string();
        let is_extra =
            |name: &&String| !self.variables.contains_key(*name) && !self.unused.contains(*name);
        if let Some(extra) = variables.keys().find(is_extra) {
            return Err(TemplateError::Extra {
                identity,
                variable: extra.clone(),
            });
        }
        let mark = marks.mark(&identity, variables);
        let values = self.values(&identity, variables, &mark)?;
        let is_framed = values
            .values()
            .any(|value| matches!(value, Inserted::Framed(_)));
        let fill = |text: &Compiled| {
            text.fill(&values, self.max_prompt_bytes)
                .map_err(|refused| self.refused(refused))
        };
        let system = self.system.as_ref().map(fill).transpose()?;
        let notice = is_framed.then(|| mark.notice());
        let system: Vec<String> = system.into_iter().chain(notice).collect();
        let user = fill(&self.user)?;
        let bytes = user.len() + system.iter().map(String::len).sum::<usize>();
        if bytes > self.max_prompt_bytes {
            return Err(self.refused(Refused::TooLarge));
        }
        Ok(Rendered {
            identity: self.identity.clone(),
            task: self.task.clone(),
            output_schema: self.output_schema.clone(),
            system: (!system.is_empty()).then(|| system.join("\n\n")),
            user,
        })
    }

    fn values(
        &self,
        identity: &str,
        variables: &Variables,
        mark: &Mark,
    ) -> Result<BTreeMap<String, Inserted>, TemplateError> {
        let mut values = BTreeMap::new();
        for (name, declaration) in &self.variables {
            let text = declaration.written(identity, name, variables.get(name))?;
            let value = match text {
                Some(text) if declaration.is_framed() => Inserted::Framed(mark.frame(name, &text)),
                text => Inserted::Plain(text.unwrap_or_default()),
            };
            values.insert(name.clone(), value);
        }
        Ok(values)
    }

    fn refused(&self, refused: Refused) -> TemplateError {
        let identity = self.identity.to_string();
        match refused {
            Refused::TooLarge => TemplateError::TooLarge {
                identity,
                limit: self.max_prompt_bytes,
            },
            Refused::Engine(message) => TemplateError::Engine { identity, message },
        }
    }

    /// Renders it with all variables, and with those only that it needs.
    fn try_out(&self, place: &str) -> Result<(), LoadProblem> {
        let marks = Marks::seeded([0; 32]);
        for is_all in [true, false] {
            let given = self
                .variables
                .iter()
                .filter(|(_, one)| is_all || one.required);
            let samples = given.map(|(name, one)| (name.clone(), sample(one.kind)));
            self.render(&samples.collect(), &marks).map_err(|error| {
                LoadProblem::new(place, format!("it cannot be rendered: {error}"))
            })?;
        }
        Ok(())
    }
}

fn check_names(draft: &Draft, place: &str) -> Result<(), LoadProblem> {
    let problem = |what| Err(LoadProblem::new(place, what));
    if !is_name(&draft.name) {
        return problem("a name is small letters, digits and underscores, at most 64");
    }
    let is_version = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    let length = draft.version.len();
    if length == 0 || length > MAX_VERSION_BYTES || !draft.version.bytes().all(is_version) {
        return problem("a version is letters, digits, '.', '-' and '_', 1 to 64 of them");
    }
    let declared = draft.variables.iter().flatten();
    if let Some((name, _)) = declared.into_iter().find(|(name, _)| !is_name(name)) {
        let what = format!("'{name}' is no name of a variable");
        return Err(LoadProblem::new(place, what));
    }
    if draft.user.trim().is_empty() {
        return problem("it has no user text");
    }
    Ok(())
}

fn compiled(draft: &Draft, place: &str) -> Result<(Option<Compiled>, Compiled), LoadProblem> {
    let part = |name: &str| format!("{place}, {name}");
    let system = draft.system.as_ref();
    let system = system.map(|text| Compiled::new(draft.engine, text, &part("system")));
    let user = if draft.has_sections {
        sections(&draft.name, &draft.user)
    } else {
        Compiled::new(draft.engine, &draft.user, &part("user"))?
    };
    Ok((system.transpose()?, user))
}

/// A text without places, and a section for each variable after it.
fn sections(name: &str, text: &str) -> Compiled {
    let mut compiled = Compiled::literal(text.trim_end());
    for handed in expected(name).map_or(&[][..], |known| known.variables) {
        let title = handed.name.replace('_', " ");
        compiled.append(format!("\n\n## {title}\n"), handed.name);
    }
    compiled
}

/// What the places of a template without declarations stand for.
fn derived(name: &str, placed: &BTreeSet<String>) -> BTreeMap<String, Declaration> {
    let known = expected(name);
    let declared = |variable: &String| {
        let known = known.and_then(|known| known.declaration(variable));
        (variable.clone(), known.unwrap_or_else(Declaration::text))
    };
    placed.iter().map(declared).collect()
}

fn check_places(
    place: &str,
    placed: &BTreeSet<String>,
    placed_in_system: &BTreeSet<String>,
    declared: &BTreeMap<String, Declaration>,
) -> Result<(), LoadProblem> {
    let problem = |what| Err(LoadProblem::new(place, what));
    if let Some(name) = placed.iter().find(|name| !declared.contains_key(*name)) {
        return problem(format!("'{name}' has a place and is not declared"));
    }
    if let Some(name) = declared.keys().find(|name| !placed.contains(*name)) {
        return problem(format!("'{name}' is declared and has no place"));
    }
    let framed = |name: &&String| declared.get(*name).is_some_and(Declaration::is_framed);
    if let Some(name) = placed_in_system.iter().find(framed) {
        return problem(format!(
            "'{name}' comes from outside and stands in the system part; move it to the user part"
        ));
    }
    Ok(())
}

/// The digest of all that shapes a prompt.
fn digest(draft: &Draft, declared: &BTreeMap<String, Declaration>) -> Digest {
    let mut digest = Digest::new("rumiai prompt template 1");
    digest.part(draft.engine.name().as_bytes());
    digest.part(&[
        u8::from(draft.has_sections),
        u8::from(draft.system.is_some()),
    ]);
    digest.part(draft.system.as_deref().unwrap_or_default().as_bytes());
    digest.part(draft.user.as_bytes());
    digest.part(
        draft
            .output_schema
            .as_deref()
            .unwrap_or_default()
            .as_bytes(),
    );
    for (name, one) in declared {
        digest.part(name.as_bytes());
        digest.part(one.kind.name().as_bytes());
        digest.part(&(one.max_chars as u64).to_be_bytes());
        digest.part(&[u8::from(one.required), u8::from(one.trusted)]);
    }
    digest
}

fn sample(kind: Kind) -> Value {
    match kind {
        Kind::String => json!("x"),
        Kind::Integer => json!(1),
        Kind::Number => json!(0.5),
        Kind::Boolean => json!(true),
        Kind::Json => json!({}),
    }
}
