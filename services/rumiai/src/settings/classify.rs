//! What can be set of the service that classifies signals. It is read when the service starts, so
//! that `HOST` and its kind concern no other command.

use super::{Settings, SettingsError, language_models};
use ::classify::settings::{NAMES, Settings as ServiceSettings, THRESHOLD_OF};
use serde::Deserialize;
use std::{collections::BTreeMap, fmt};

/// Values by the names of their variables. Secrets are among them, so only names are ever shown.
#[derive(Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct Said(BTreeMap<String, String>);

impl fmt::Debug for Said {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}

/// Whether a variable is one of the service's.
fn is_known(name: &str) -> bool {
    NAMES.contains(&name) || name.starts_with(THRESHOLD_OF)
}

/// What variables say of the service; those in files are read.
pub(super) fn said(variables: &BTreeMap<String, String>) -> Result<Said, SettingsError> {
    let mut said = BTreeMap::new();
    let thresholds = variables
        .keys()
        .map(String::as_str)
        .filter(|name| name.starts_with(THRESHOLD_OF));
    for name in NAMES.iter().copied().chain(thresholds) {
        if let Some(value) = language_models::named(name, variables)? {
            said.insert(name.to_owned(), value);
        }
    }
    Ok(Said(said))
}

/// Refuses keys of the settings file that mean nothing.
pub(super) fn validate(file: &Said) -> Result<(), String> {
    match file.0.keys().find(|key| !is_known(&key.to_uppercase())) {
        Some(key) => Err(format!("classify.{key} is no setting")),
        None => Ok(()),
    }
}

impl Settings {
    /// What the service that classifies signals is told; `arguments` are what the command line says,
    /// by the names of variables.
    ///
    /// # Errors
    /// [`SettingsError`] naming what cannot be read.
    pub fn classify_service(
        &self,
        arguments: impl IntoIterator<Item = (&'static str, String)>,
    ) -> Result<ServiceSettings, SettingsError> {
        let shared = [
            ("LLM_MAX_CONCURRENCY", self.llm.llm_max_concurrency),
            ("BATCH_CONCURRENCY_LIMIT", self.llm.batch_concurrency_limit),
        ];
        let shared = shared.map(|(name, value)| (name.to_owned(), value.to_string()));
        let mut values: BTreeMap<String, String> = shared.into_iter().collect();
        let file = self.classify.0.iter();
        values.extend(file.map(|(key, value)| (key.to_uppercase(), value.clone())));
        values.extend(self.classify_variables.0.clone());
        values.extend(
            arguments
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value)),
        );
        let read = values
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        ServiceSettings::from_values(read)
            .map_err(|error| SettingsError::Unusable(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(file: &[(&str, &str)], variables: &[(&str, &str)]) -> Settings {
        let owned = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            let pairs = pairs.iter();
            pairs
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect()
        };
        Settings {
            classify: Said(owned(file)),
            classify_variables: said(&owned(variables)).unwrap(),
            ..Settings::default()
        }
    }

    #[test]
    fn the_command_line_outweighs_variables_and_these_files() {
        let all = settings(
            &[("port", "1"), ("auto_park_days", "7"), ("top_k", "3")],
            &[("PORT", "2"), ("AUTO_PARK_DAYS", "8"), ("HOST", "myhost")],
        );
        let arguments = [("PORT", "3".to_owned()), ("HOST", "127.0.0.2".to_owned())];
        let read = all.classify_service(arguments).unwrap();
        assert_eq!((read.port, read.auto_park_days), (3, 8));
        assert_eq!(read.asking.top_k, 3);
        let error = all.classify_service([]).unwrap_err().to_string();
        assert!(error.contains("HOST"), "{error}");
    }

    #[test]
    fn limits_of_models_are_those_of_the_service() {
        let mut all = settings(&[], &[]);
        all.llm.llm_max_concurrency = 9;
        let read = all.classify_service([]).unwrap();
        assert_eq!(read.llm_max_concurrency, 9);
    }

    #[test]
    fn unknown_keys_are_named_and_secrets_never_shown() {
        let all = settings(
            &[("prot", "1")],
            &[
                ("API_TOKENS", "admin:hidden"),
                ("EMBEDDING_SIMILARITY_THRESHOLD_X", "0.1"),
            ],
        );
        let error = validate(&all.classify).unwrap_err();
        assert!(error.contains("classify.prot"), "{error}");
        let shown = format!("{all:?}");
        assert!(shown.contains("API_TOKENS") && !shown.contains("hidden"));
        let read = all.classify_service([]).err();
        assert!(read.is_none(), "what variables say is known: {read:?}");
    }
}
