//! The templates compiled into the program: the files of `prompt_templates/` in its repository.

use crate::{
    error::{LoadProblem, ReloadError},
    file::drafts,
    template::{Origin, Template},
};
use std::{fs, io, path::Path, sync::Arc};

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("../../../prompt_templates/", $name)))),*]
    };
}

/// The files, by name.
const FILES: [(&str, &str); 8] = files![
    "signals.yaml",
    "creative_density_v2.txt",
    "emotional_journey_v2.txt",
    "metadata_analysis_v2.txt",
    "person_framing_v2.txt",
    "scene_pacing_v2.txt",
    "speech_analysis_v2.txt",
    "visual_overlay_analysis_v2.txt",
];

/// The templates of all built-in files.
pub(crate) fn templates(max_prompt_bytes: usize) -> Result<Vec<Arc<Template>>, ReloadError> {
    let mut templates = Vec::new();
    for (name, text) in FILES {
        let named = |problem: LoadProblem| {
            ReloadError::Builtin(LoadProblem {
                place: format!("{name}: {}", problem.place),
                what: problem.what,
            })
        };
        for draft in drafts(Path::new(name), text.as_bytes()).map_err(named)? {
            let template = Template::new(draft, Origin::Builtin, max_prompt_bytes);
            templates.push(Arc::new(template.map_err(named)?));
        }
    }
    Ok(templates)
}

/// Writes the built-in templates into a folder that holds nothing yet; gives whether it did.
///
/// # Errors
/// If the folder cannot be made, read or written.
pub fn write_defaults(folder: &Path) -> io::Result<bool> {
    fs::create_dir_all(folder)?;
    if fs::read_dir(folder)?.next().is_some() {
        return Ok(false);
    }
    for (name, text) in FILES {
        fs::write(folder.join(name), text)?;
    }
    Ok(true)
}
