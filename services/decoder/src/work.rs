//! The whole of one run: confine, probe, decode, sum up.

use crate::{
    answer::Answer,
    audio::send_audio,
    confine,
    container::{Outline, outline},
    elements::{INPUT, codecs, count_reported_errors, load_plugins, reported_errors},
    failure::Failure,
    graph::Graph,
    probe::probe,
    video::{VideoSummary, send_video},
};
use contracts::{
    MediaTime,
    decoded::{Completeness, Probe},
};
use media::{
    Claim,
    protocol::{
        AUDIO_RATE_HZ, Finished, Hello, Inventory, PROTOCOL_VERSION, Record, Request, Task, Usage,
    },
};
use nix::sys::resource::{UsageWho, getrusage};
use std::{fs::File, time::Duration};

/// What decoding may fall short of the stated duration and still be all there was: encoders
/// state durations that are a frame or an audio packet off.
const DURATION_TOLERANCE: Duration = Duration::from_millis(500);

/// Answers one request.
///
/// # Errors
/// [`Failure`], which names the exit code.
pub fn answer(request: &Request, answer: &Answer) -> Result<(), Failure> {
    confine::limit_resources(&request.limits)?;
    gst::init().map_err(|error| Failure::Unavailable(error.to_string()))?;
    count_reported_errors();
    let missing = load_plugins(request.task)?;
    let confinement = confine::confine();
    confine::end_with_listener();
    let (major, minor, micro, _) = gst::version();
    answer.send_now(&Record::Hello(Hello {
        protocol: PROTOCOL_VERSION,
        program: env!("CARGO_PKG_VERSION").into(),
        library: format!("GStreamer {major}.{minor}.{micro}"),
        confinement,
    }))?;
    if request.task == Task::Check {
        let inventory = Inventory {
            codecs: codecs(),
            missing_plugins: missing,
        };
        return answer.send_now(&Record::Checked(inventory));
    }
    let (outline, probe) = inspect(request)?;
    answer.send_now(&Record::Probed(probe.clone()))?;
    if request.task == Task::Probe {
        return Ok(());
    }
    match decode(request, &outline, &probe, answer) {
        Err(Failure::Unavailable(what)) => {
            let why: Vec<_> = std::iter::once(what).chain(missing).collect();
            Err(Failure::Unavailable(why.join("; ")))
        }
        outcome => outcome,
    }
}

fn inspect(request: &Request) -> Result<(Outline, Probe), Failure> {
    let unreadable = |error| Failure::Internal(format!("the file cannot be read: {error}"));
    let file = File::open(INPUT).map_err(unreadable)?;
    let size = file.metadata().map_err(unreadable)?.len();
    if size == 0 {
        return Err(Failure::Refused("the file is empty".into()));
    }
    let outline = outline(&file).map_err(unreadable)?.ok_or_else(|| {
        Failure::Refused("neither MP4/MOV nor Matroska/WebM by its first bytes".into())
    })?;
    let probe = probe(&outline, size, &request.limits)?;
    request
        .limits
        .admit(&Claim::from(&probe))
        .map_err(Failure::Refused)?;
    Ok((outline, probe))
}

fn decode(
    request: &Request,
    outline: &Outline,
    probe: &Probe,
    answer: &Answer,
) -> Result<(), Failure> {
    let threads = request.parameters.decoder_threads;
    let graph = Graph::start(outline.container, probe, threads)?;
    let (video, samples) = std::thread::scope(|scope| {
        let audio = scope.spawn(|| {
            let Some(sink) = &graph.audio else {
                return Ok(0);
            };
            send_audio(&graph, sink, &request.limits, answer).inspect_err(|_| graph.stop())
        });
        let video = send_video(&graph, probe, request, answer).inspect_err(|_| graph.stop());
        let audio = audio
            .join()
            .map_err(|_| Failure::Internal("the audio thread failed".into()));
        (video, audio.and_then(|samples| samples))
    });
    let (video, samples) = (video?, samples?);
    let has_audio_sink = graph.audio.is_some();
    let mut problems = graph.finish()?;
    if video.frames == 0 {
        let why = problems.first().map_or("", String::as_str);
        return Err(Failure::Refused(format!("no frame could be decoded {why}")));
    }
    let reported = reported_errors();
    if reported > 0 {
        problems.push(format!(
            "the codec library reports {reported} errors in the streams"
        ));
    }
    let damaged = !problems.is_empty() || video.damaged > 0 || video.misplaced > 0;
    problems.extend(shortfalls(outline, probe, &video, samples, has_audio_sink));
    let completeness = Completeness {
        complete: problems.is_empty(),
        video_until: video.until,
        frames_decoded: video.frames,
        problems,
    };
    answer.send_now(&Record::Finished(Finished {
        completeness,
        damaged,
        frame_rate_varies: video.rate_varies,
        usage: usage(),
    }))
}

/// What is missing although no element complained.
fn shortfalls(
    outline: &Outline,
    probe: &Probe,
    video: &VideoSummary,
    samples: u64,
    has_audio_sink: bool,
) -> Vec<String> {
    let mut found = Vec::new();
    if outline.missing_bytes > 0 {
        found.push(format!(
            "the file is cut off: {} bytes are missing",
            outline.missing_bytes
        ));
    }
    let audio_until = MediaTime::from_seconds(samples as f64 / f64::from(AUDIO_RATE_HZ));
    let until = video.until.max(audio_until);
    if probe.duration.since(until) > DURATION_TOLERANCE {
        found.push(format!(
            "{:.3} s of {:.3} s could be decoded",
            until.seconds(),
            probe.duration.seconds()
        ));
    }
    if video.damaged > 0 {
        found.push(format!("{} frames are damaged", video.damaged));
    }
    if video.misplaced > 0 {
        found.push(format!("{} frames have no place in time", video.misplaced));
    }
    match &probe.audio {
        Some(audio) if !has_audio_sink => {
            found.push(format!("audio in {} is not decoded", audio.codec));
        }
        Some(_) if samples == 0 => found.push("the audio stream holds no sound".into()),
        _ => {}
    }
    found
}

fn usage() -> Usage {
    let Ok(usage) = getrusage(UsageWho::RUSAGE_SELF) else {
        return Usage::default();
    };
    let (user, system) = (usage.user_time(), usage.system_time());
    let milliseconds = |time: nix::sys::time::TimeVal| time.tv_sec() * 1000 + time.tv_usec() / 1000;
    Usage {
        peak_memory_bytes: u64::try_from(usage.max_rss()).unwrap_or(0) * 1024,
        cpu_time_ms: u64::try_from(milliseconds(user) + milliseconds(system)).unwrap_or(0),
    }
}
