//! Finding and starting the decoder program.

use crate::{
    error::Error,
    protocol::{REGISTRY_VARIABLE, Request},
};
use std::{
    env,
    fs::File,
    path::{Path, PathBuf},
    process::Stdio,
};
use tokio::process::{Child, Command};

/// File name of the decoder program.
pub const PROGRAM_NAME: &str = "rumiai-decoder";

/// Keeps the C library from reserving 64 MiB of address space for every thread.
const MALLOC_ARENAS: (&str, &str) = ("MALLOC_ARENA_MAX", "2");

/// Which program decodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecoderCommand {
    program: PathBuf,
}

impl DecoderCommand {
    /// Takes this program and no other.
    #[must_use]
    pub fn at(program: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
        }
    }

    /// Finds the program: at the configured path, else beside the running executable (for a
    /// test executable, one directory up), else on the search path.
    ///
    /// # Errors
    /// [`Error::Missing`] naming where it was looked for and what to do.
    pub fn locate(configured: Option<&Path>) -> Result<Self, Error> {
        if let Some(program) = configured {
            return Self::existing(program.into(), "at the configured path");
        }
        beside_executable()
            .into_iter()
            .chain(search_path())
            .map(|directory| directory.join(PROGRAM_NAME))
            .find(|program| program.is_file())
            .map(Self::at)
            .ok_or_else(|| Error::Missing {
                program: PROGRAM_NAME.into(),
                looked: "beside the running executable and in PATH".into(),
            })
    }

    fn existing(program: PathBuf, looked: &str) -> Result<Self, Error> {
        if program.is_file() {
            return Ok(Self { program });
        }
        Err(Error::Missing {
            program,
            looked: looked.into(),
        })
    }

    /// The program's path.
    #[must_use]
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// Starts a child: nothing in its environment but two fixed variables, the file as its
    /// standard input, its own process group.
    pub(crate) fn spawn(&self, request: &Request, input: &File) -> Result<Child, Error> {
        let request = serde_json::to_string(request)
            .map_err(|error| Error::io("write the decoder's request")(error.into()))?;
        let input = input
            .try_clone()
            .map_err(Error::io("hand the file to the decoder"))?;
        let mut command = Command::new(&self.program);
        command
            .arg(request)
            .env_clear()
            .env(REGISTRY_VARIABLE.0, REGISTRY_VARIABLE.1)
            .env(MALLOC_ARENAS.0, MALLOC_ARENAS.1)
            .current_dir("/")
            .stdin(Stdio::from(input))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        command.spawn().map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => Error::Missing {
                program: self.program.clone(),
                looked: "at exactly this path".into(),
            },
            _ => Error::io("start the decoder")(error),
        })
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "PATH is where programs lie, not a setting"
)]
fn search_path() -> Vec<PathBuf> {
    let path = env::var_os("PATH");
    path.map(|path| env::split_paths(&path).collect())
        .unwrap_or_default()
}

fn beside_executable() -> Vec<PathBuf> {
    let Ok(executable) = env::current_exe() else {
        return Vec::new();
    };
    let Some(directory) = executable.parent() else {
        return Vec::new();
    };
    let mut directories = vec![directory.to_path_buf()];
    if directory.ends_with("deps") {
        directories.extend(directory.parent().map(Path::to_path_buf));
    }
    directories
}
