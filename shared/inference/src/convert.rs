//! Conversion of weights that are not published as ONNX, in a virtual environment of our own.

use crate::{
    cache::CacheDir,
    error::{Error, Result},
    packages::{Tools, run, succeed},
    registry::{Conversion, ModelEntry},
};
use contracts::ids::Sha256;
use std::{
    path::{Path, PathBuf},
    process::Command,
};

const TFJS: &str = include_str!("../../../deploy/setup/convert_tfjs.py");
const TFLITE: &str = include_str!("../../../deploy/setup/convert_tflite.py");
const KERAS: &str = include_str!("../../../deploy/setup/convert_keras.py");
const FACE_API: &str = include_str!("../../../deploy/setup/convert_face_api.py");
const REQUIREMENTS: &str = include_str!("../../../deploy/setup/convert-requirements.txt");
/// The Python the pinned packages exist for.
const PYTHON_VERSION: &str = "3.11";
const PYTHON_REMEDY: &str = "install it with `apt-get install python3 python3-venv python3-pip`";

/// The converter, installed when it is first needed.
pub(crate) struct Converter {
    python: PathBuf,
}

impl Converter {
    /// Uses the virtual environment in the cache, making it if it is missing, unfinished or of
    /// other requirements. `on_install` is called before the part that takes minutes.
    pub(crate) fn prepare(
        cache: &CacheDir,
        tools: &Tools,
        on_install: impl FnOnce(),
    ) -> Result<Self> {
        let folder = cache.tools().join("convert-venv");
        let converter = Self {
            python: folder.join("bin/python"),
        };
        let marker = folder.join("complete");
        let wanted = Sha256::of(REQUIREMENTS.as_bytes()).to_string();
        if std::fs::read_to_string(&marker).is_ok_and(|found| found == wanted) {
            return Ok(converter);
        }
        on_install();
        let python = interpreter(tools)?;
        if folder.exists() {
            std::fs::remove_dir_all(&folder).map_err(Error::file("remove", &folder))?;
        }
        std::fs::create_dir_all(cache.tools()).map_err(Error::file("create", cache.tools()))?;
        converter.install(&python, &folder)?;
        write(&marker, &wanted)?;
        Ok(converter)
    }

    fn install(&self, python: &Path, folder: &Path) -> Result<()> {
        let mut command = Command::new(python);
        command.args(["-m", "venv"]).arg(folder);
        let output = run(&mut command, "to convert models", PYTHON_REMEDY)?;
        succeed(&command, output, |_| PYTHON_REMEDY)?;
        let requirements = folder.join("requirements.txt");
        write(&requirements, REQUIREMENTS)?;
        let mut command = Command::new(&self.python);
        command.args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-input",
            "--disable-pip-version-check",
        ]);
        command
            .args(["--no-deps", "--only-binary=:all:", "--requirement"])
            .arg(requirements);
        let output = run(&mut command, "to convert models", PYTHON_REMEDY)?;
        succeed(
            &command,
            output,
            |_| "check the network, pip's settings and the free space",
        )
    }

    /// Converts what was fetched for `model` into `folder`, and returns the new file in it. Every
    /// script takes the file to read and the file to write.
    pub(crate) fn convert(&self, model: &ModelEntry, folder: &Path) -> Result<PathBuf> {
        let (text, from) = match model.conversion {
            Conversion::None => return Ok(folder.join(&model.weights)),
            Conversion::TfjsToOnnx => (TFJS, ".json"),
            Conversion::TfliteToOnnx => (TFLITE, ".tflite"),
            Conversion::KerasToOnnx => (KERAS, ".hdf5"),
            Conversion::FaceApiToOnnx => (FACE_API, ".json"),
        };
        let mut files = model.source.files.iter();
        let from = files.find(|file| file.name.ends_with(from));
        let from = folder.join(from.map_or("", |file| &file.name));
        let (script, target) = (folder.join("convert.py"), folder.join("converted.onnx"));
        write(&script, text)?;
        let mut command = Command::new(&self.python);
        command.arg(&script).arg(from).arg(&target);
        let output = run(&mut command, "to convert models", PYTHON_REMEDY)?;
        succeed(
            &command,
            output,
            |_| "remove tools/convert-venv from the cache directory and run it again",
        )?;
        Ok(target)
    }
}

fn write(path: &Path, text: &str) -> Result<()> {
    std::fs::write(path, text).map_err(Error::file("write", path))
}

/// The configured Python if it is the right one, else the one called by its version.
fn interpreter(tools: &Tools) -> Result<PathBuf> {
    let named = PathBuf::from(format!("python{PYTHON_VERSION}"));
    let mut found = Vec::new();
    for python in [tools.python.clone(), named] {
        let mut command = Command::new(&python);
        command.args(["-c", "import sys; print('%d.%d' % sys.version_info[:2])"]);
        let Ok(output) = run(&mut command, "to convert models", PYTHON_REMEDY) else {
            continue;
        };
        let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        if version == PYTHON_VERSION {
            return Ok(python);
        }
        found.push(version);
    }
    Err(Error::ToolMissing {
        tool: format!("Python {PYTHON_VERSION}"),
        purpose: format!("to convert models (found: {})", found.join(", ")),
        remedy: PYTHON_REMEDY.into(),
    })
}
