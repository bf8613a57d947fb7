//! Calls of the ordinary package clients. Which host they ask, through which proxy and with which
//! credentials is their configuration, not ours.

use crate::{
    error::{Error, Result},
    registry::{Registry, Source},
};
use std::{
    ffi::OsStr,
    fs::File,
    io::ErrorKind,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

/// How much of a failed program's last words an error repeats, in characters.
const LAST_WORDS: usize = 600;
const NETWORK_REMEDY: &str = "check the network and the client's own settings, then run it again";

/// The programs that are called; names are looked up on the path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tools {
    /// Python 3 with pip.
    pub python: PathBuf,
    /// npm.
    pub npm: PathBuf,
    /// Debian's apt-get.
    pub apt: PathBuf,
    /// Debian's dpkg-deb, which opens its packages.
    pub dpkg: PathBuf,
}
impl Default for Tools {
    fn default() -> Self {
        Self {
            python: "python3".into(),
            npm: "npm".into(),
            apt: "apt-get".into(),
            dpkg: "dpkg-deb".into(),
        }
    }
}

/// Downloads the package into the empty folder `into` and returns the archive.
pub(crate) fn download(source: &Source, tools: &Tools, into: &Path) -> Result<PathBuf> {
    let mut command = match source.registry {
        Registry::Pypi => pip_download(source, tools, into),
        Registry::Npm => npm_pack(source, tools, into),
        Registry::Debian => apt_download(source, tools, into),
        Registry::Own => {
            return Err(Error::Archive {
                package: source.to_string(),
                message: "it is a file of yours, which nothing fetches".into(),
            });
        }
    };
    let purpose = format!("to download {source}");
    let remedy = match source.registry {
        Registry::Pypi => "install it with `apt-get install python3-pip`",
        Registry::Npm => "install it with `apt-get install npm`",
        Registry::Debian => "only Debian and what is made of it can fetch this",
        Registry::Own => "nothing fetches it",
    };
    let output = run(&mut command, &purpose, remedy)?;
    succeed(&command, output, |words| {
        if words.contains("No module named pip") {
            remedy
        } else if source.registry == Registry::Debian {
            "check the network and run `apt-get update`, then run it again"
        } else {
            NETWORK_REMEDY
        }
    })?;
    let file = only_file(into, source)?;
    if source.registry == Registry::Debian {
        unwrap_deb(&file, tools, into)
    } else {
        Ok(file)
    }
}

fn pip_download(source: &Source, tools: &Tools, into: &Path) -> Command {
    let mut command = Command::new(&tools.python);
    command.args([
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-input",
        "--disable-pip-version-check",
    ]);
    // Never a source archive: pip runs the build code of one to read its name.
    command.args(["--no-deps", "--only-binary=:all:"]);
    if let Some(python) = &source.python {
        command.args(["--python-version", python]);
    }
    if let Some(platform) = &source.platform {
        command.args(["--platform", platform]);
    }
    command.arg("--dest").arg(into);
    command.arg(format!("{}=={}", source.package, source.version));
    command
}

fn npm_pack(source: &Source, tools: &Tools, into: &Path) -> Command {
    let mut command = Command::new(&tools.npm);
    command.args([
        "pack",
        "--silent",
        "--ignore-scripts",
        "--no-update-notifier",
    ]);
    command.arg("--pack-destination").arg(into);
    command.arg(format!("{}@{}", source.package, source.version));
    command
}

/// Into the working folder: apt-get knows no other.
fn apt_download(source: &Source, tools: &Tools, into: &Path) -> Command {
    let mut command = Command::new(&tools.apt);
    command.current_dir(into).args(["--quiet", "download"]);
    command.arg(format!("{}={}", source.package, source.version));
    command
}

/// A Debian package is an `ar` archive around a compressed `tar` archive; `dpkg-deb` gives the
/// latter, of which files are taken as of any other.
fn unwrap_deb(package: &Path, tools: &Tools, into: &Path) -> Result<PathBuf> {
    let path = into.join("package.tar");
    let file = File::create(&path).map_err(Error::file("create", &path))?;
    let mut command = Command::new(&tools.dpkg);
    command.arg("--fsys-tarfile").arg(package).stdout(file);
    let remedy = "only Debian and what is made of it can fetch this";
    let output = run(&mut command, "to open a Debian package", remedy)?;
    succeed(&command, output, |_| "the package is damaged; run it again")?;
    Ok(path)
}

fn only_file(folder: &Path, source: &Source) -> Result<PathBuf> {
    let entries = std::fs::read_dir(folder).map_err(Error::file("list", folder))?;
    let files: Vec<_> = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()
        .map_err(Error::file("list", folder))?;
    match <[PathBuf; 1]>::try_from(files) {
        Ok([file]) => Ok(file),
        Err(files) => Err(Error::Archive {
            package: source.to_string(),
            message: format!(
                "the client left {} files where one was expected",
                files.len()
            ),
        }),
    }
}

/// Runs a program without input and keeps what it says.
pub(crate) fn run(command: &mut Command, purpose: &str, remedy: &str) -> Result<Output> {
    command.stdin(Stdio::null()).output().map_err(|error| {
        let tool = command.get_program().to_string_lossy().into_owned();
        if error.kind() == ErrorKind::NotFound {
            Error::ToolMissing {
                tool,
                purpose: purpose.into(),
                remedy: remedy.into(),
            }
        } else {
            Error::ToolFailed {
                command: tool,
                message: error.to_string(),
                remedy: remedy.into(),
            }
        }
    })
}

/// Turns a failed exit into an error; `remedy` reads what the program said.
pub(crate) fn succeed(
    command: &Command,
    output: Output,
    remedy: impl FnOnce(&str) -> &'static str,
) -> Result<()> {
    if output.status.success() {
        return Ok(());
    }
    let words = String::from_utf8_lossy(&output.stderr).into_owned()
        + &String::from_utf8_lossy(&output.stdout);
    let skipped = words.chars().count().saturating_sub(LAST_WORDS);
    let line: Vec<_> = std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(OsStr::to_string_lossy)
        .collect();
    Err(Error::ToolFailed {
        command: line.join(" "),
        message: words
            .chars()
            .skip(skipped)
            .collect::<String>()
            .trim()
            .into(),
        remedy: remedy(&words).into(),
    })
}
