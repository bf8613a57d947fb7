//! What the parent makes of children that misbehave. The children are shell scripts, so that each
//! can misbehave in its own way.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use contracts::{
    MediaTime,
    decoded::{ChangeSignals, Completeness, Container, Probe, VideoStream},
};
use media::{
    DecodeParameters, DecodedMedia, Decoder, DecoderCommand, Error, Limits,
    protocol::{
        Confinement, Finished, Hello, PROTOCOL_VERSION, Picture, PictureKind, Record, Usage,
        write_record,
    },
};
use stage::StageError;
use std::{
    fs::{self, File},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::Duration,
};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

struct Bench {
    folder: TempDir,
    limits: Limits,
}

impl Bench {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            limits: Limits::default(),
        }
    }
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
    /// A child that runs this script. `$0` is its path; its environment is empty.
    fn script(&self, body: &str) -> PathBuf {
        let path = self.path("child.sh");
        fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }
    /// A child that answers with these records and then runs this script.
    fn answering(&self, records: &[Record], then: &str) -> PathBuf {
        let mut bytes = Vec::new();
        for record in records {
            write_record(&mut bytes, record).unwrap();
        }
        let answer = self.path("answer");
        fs::write(&answer, bytes).unwrap();
        self.script(&format!("/bin/cat '{}'\n{then}", answer.display()))
    }
    async fn run(
        &self,
        program: PathBuf,
        cancel: &CancellationToken,
    ) -> Result<DecodedMedia, Error> {
        let command = DecoderCommand::at(program);
        let parameters = DecodeParameters::default();
        let decoder = Decoder::new(command, parameters, self.limits.clone()).unwrap();
        let output = self.path("output");
        fs::create_dir_all(&output).unwrap();
        fs::write(self.path("clip"), b"clip").unwrap();
        let input = File::open(self.path("clip")).unwrap();
        let outcome = decoder.decode(&input, &output, cancel, &|_| {}).await;
        if outcome.is_err() {
            assert_eq!(fs::read_dir(&output).unwrap().count(), 0, "files are left");
        }
        outcome
    }
    async fn decode(&self, program: PathBuf) -> Result<DecodedMedia, Error> {
        self.run(program, &CancellationToken::new()).await
    }
    /// How often the script has written a line to the file `runs`.
    fn runs(&self) -> usize {
        fs::read_to_string(self.path("runs"))
            .unwrap()
            .lines()
            .count()
    }
    fn count_run(&self) -> String {
        format!("echo run >> '{}'", self.path("runs").display())
    }
}

fn hello() -> Record {
    Record::Hello(Hello {
        protocol: PROTOCOL_VERSION,
        program: "0".into(),
        library: "none".into(),
        confinement: Confinement::default(),
    })
}
fn probe(width: u32) -> Record {
    Record::Probed(Probe {
        container: Container::Mp4,
        duration: MediaTime::from_seconds(1.0),
        video: VideoStream {
            codec: "h264".into(),
            width,
            height: 100,
            rotation_degrees: 0,
            frame_rate: None,
        },
        audio: None,
        size_bytes: 4,
    })
}
fn picture(kind: PictureKind, frame_number: u64) -> Record {
    Record::Picture(Picture {
        kind,
        time: MediaTime::from_nanos(frame_number * 1000),
        frame_number,
        width: 100,
        height: 100,
        jpeg: vec![7; 1000],
    })
}
fn signals(frames: u64) -> Record {
    let zeros = || vec![0.0; frames as usize];
    Record::Signals(ChangeSignals {
        times: (0..frames)
            .map(|n| MediaTime::from_nanos(n * 1000))
            .collect(),
        delta_hue: zeros(),
        delta_saturation: zeros(),
        delta_value: zeros(),
        delta_luma_two_back: zeros(),
        mean_value: zeros(),
        value_deviation: zeros(),
    })
}
fn finished(frames_decoded: u64, damaged: bool) -> Record {
    Record::Finished(Finished {
        completeness: Completeness {
            complete: true,
            video_until: MediaTime::from_seconds(1.0),
            frames_decoded,
            problems: Vec::new(),
        },
        damaged,
        frame_rate_varies: false,
        usage: Usage::default(),
    })
}
fn good(damaged: bool) -> Vec<Record> {
    let (frame, thumbnail) = (PictureKind::Frame, PictureKind::Thumbnail);
    let pictures = [picture(frame, 0), picture(frame, 1), picture(thumbnail, 0)];
    let start = [hello(), probe(100)];
    let end = [
        signals(2),
        Record::Audio(vec![0; 400]),
        finished(2, damaged),
    ];
    start.into_iter().chain(pictures).chain(end).collect()
}

#[tokio::test]
async fn a_good_answer_is_kept() {
    let bench = Bench::new();
    let media = bench
        .decode(bench.answering(&good(false), ""))
        .await
        .unwrap();
    assert_eq!(media.frames.index.pictures.len(), 2);
    assert_eq!(media.frames.index.pictures[1].offset, 1000);
    assert_eq!(fs::read(&media.frames.path).unwrap(), [7; 2000]);
    assert_eq!(media.audio.unwrap().sample_count, 100);
}

#[tokio::test]
async fn the_child_has_nothing_in_its_environment_but_two_constants() {
    let bench = Bench::new();
    let seen = bench.path("seen");
    let script = format!("/usr/bin/env > '{}'", seen.display());
    let outcome = bench.decode(bench.script(&script)).await;
    assert!(matches!(outcome, Err(Error::Protocol(_))), "{outcome:?}");
    let seen = fs::read_to_string(seen).unwrap();
    let mut names: Vec<&str> = seen
        .lines()
        .map(|line| line.split('=').next().unwrap())
        .collect();
    // What the shell adds by itself.
    names.retain(|name| !["PWD", "OLDPWD", "SHLVL", "_"].contains(name));
    names.sort_unstable();
    assert_eq!(names, ["GST_REGISTRY_DISABLE", "MALLOC_ARENA_MAX"]);
}

/// Which of the noted requests asked for one thread.
fn on_one_thread(requests: &Path) -> Vec<bool> {
    let requests = fs::read_to_string(requests).unwrap();
    let asks = |request: &str| request.contains("\"decoder_threads\":1");
    requests.lines().map(asks).collect()
}

#[tokio::test]
async fn damaged_streams_are_decoded_again_on_one_thread() {
    let bench = Bench::new();
    let requests = bench.path("runs");
    let note = format!("echo \"$1\" >> '{}'", requests.display());
    let media = bench
        .decode(bench.answering(&good(true), &note))
        .await
        .unwrap();
    assert!(media.damaged);
    assert_eq!(on_one_thread(&requests), [false, true]);
}

#[tokio::test]
async fn row_09_a_crash_is_tried_once_more() {
    for crash in [
        "kill -SEGV $$",
        "kill -ABRT $$",
        "kill -TRAP $$",
        "exit 70",
        "exit 101",
    ] {
        let bench = Bench::new();
        let script = format!("{}\necho why >&2\n{crash}", bench.count_run());
        let outcome = bench.decode(bench.script(&script)).await;
        let Err(Error::Crashed(reason)) = outcome else {
            panic!("{crash}: {outcome:?}");
        };
        assert!(reason.contains("why"), "{reason}");
        assert_eq!(bench.runs(), 2);
        assert!(matches!(
            StageError::from(Error::Crashed(reason)),
            StageError::Rejected(_)
        ));
    }
}

#[tokio::test]
async fn row_09_a_second_child_may_succeed() {
    let bench = Bench::new();
    let mark = bench.path("mark");
    bench.answering(&good(false), "");
    let script = format!(
        "[ -e '{0}' ] || {{ : > '{0}'; kill -SEGV $$; }}\n/bin/cat '{1}'",
        mark.display(),
        bench.path("answer").display()
    );
    assert!(bench.decode(bench.script(&script)).await.is_ok());
}

#[tokio::test]
async fn a_child_that_stands_still_is_replaced_by_one_on_one_thread() {
    let mut bench = Bench::new();
    bench.limits.silence_s = 1;
    let (requests, mark) = (bench.path("runs"), bench.path("mark"));
    bench.answering(&good(true), "");
    // The first one keeps its log open and has a child of its own that does so too.
    let script = format!(
        "echo \"$1\" >> '{}'\n[ -e '{1}' ] || {{ : > '{1}'; /bin/sleep 1000 & wait; }}\n/bin/cat '{2}'",
        requests.display(),
        mark.display(),
        bench.path("answer").display()
    );
    let media = bench.decode(bench.script(&script)).await.unwrap();
    assert!(media.damaged);
    assert_eq!(on_one_thread(&requests), [false, true]);
}

#[tokio::test]
async fn row_09_one_that_stands_still_twice_has_crashed_twice() {
    let mut bench = Bench::new();
    bench.limits.silence_s = 1;
    let script = format!("{}\nexec /bin/sleep 1000", bench.count_run());
    let outcome = bench.decode(bench.script(&script)).await;
    let Err(Error::Crashed(reason)) = outcome else {
        panic!("{outcome:?}");
    };
    assert!(reason.contains("said nothing for 1 s"), "{reason}");
    assert_eq!(bench.runs(), 2);
}

#[tokio::test]
async fn what_a_limit_kills_is_too_expensive_and_not_tried_again() {
    let bodies = [
        "kill -KILL $$",
        "kill -XCPU $$",
        "echo 'failed to allocate 9 bytes' >&2; kill -TRAP $$",
    ];
    for body in bodies {
        let bench = Bench::new();
        let script = format!("{}\n{body}", bench.count_run());
        let outcome = bench.decode(bench.script(&script)).await;
        assert!(
            matches!(outcome, Err(Error::TooExpensive(_))),
            "{outcome:?}"
        );
        assert_eq!(bench.runs(), 1);
    }
}

#[tokio::test]
async fn a_refusal_is_passed_on() {
    let bench = Bench::new();
    let records = [hello(), Record::Refused("too ugly".into())];
    let outcome = bench.decode(bench.answering(&records, "exit 65")).await;
    let Err(Error::Refused(reason)) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(reason, "too ugly");
}

#[tokio::test]
async fn nonsense_is_tried_once_more_and_then_reported() {
    let mut wrong: Vec<Vec<Record>> = vec![
        vec![],
        vec![hello()],
        vec![probe(100)],
        vec![hello(), hello()],
        vec![hello(), picture(PictureKind::Frame, 0)],
        vec![hello(), probe(0)],
        vec![
            hello(),
            probe(100),
            picture(PictureKind::Frame, 1),
            picture(PictureKind::Frame, 1),
        ],
        vec![hello(), probe(100), Record::Audio(vec![0, 0, 0xc0, 0x7f])],
        vec![hello(), probe(100), Record::Audio(vec![0; 3])],
        vec![hello(), probe(100), signals(2), signals(2)],
        vec![hello(), probe(100), signals(2), finished(2, false)],
    ];
    let mut counted = good(false);
    counted.pop();
    counted.push(finished(3, false));
    wrong.push(counted);
    for records in wrong {
        let bench = Bench::new();
        let program = bench.answering(&records, &bench.count_run());
        let outcome = bench.decode(program).await;
        assert!(
            matches!(outcome, Err(Error::Protocol(_))),
            "{records:?}: {outcome:?}"
        );
    }
}

#[tokio::test]
async fn a_probe_over_a_limit_is_refused_whatever_the_child_thinks() {
    let bench = Bench::new();
    let outcome = bench
        .decode(bench.answering(&[hello(), probe(1_000_000)], ""))
        .await;
    assert!(matches!(outcome, Err(Error::Refused(_))), "{outcome:?}");
}

#[tokio::test]
async fn a_claimed_length_takes_no_memory_and_is_refused() {
    let bench = Bench::new();
    let script = bench.script("printf '\\377\\377\\377\\377abc'");
    let outcome = bench.decode(script).await;
    assert!(matches!(outcome, Err(Error::Protocol(_))), "{outcome:?}");
}

#[tokio::test]
async fn a_flood_of_log_is_read_and_forgotten() {
    let bench = Bench::new();
    let script = bench.script("/usr/bin/head -c 20000000 /dev/zero >&2; echo end >&2; exit 70");
    let Err(Error::Crashed(reason)) = bench.decode(script).await else {
        panic!("not a crash");
    };
    assert!(reason.len() < 5000 && reason.ends_with("end"));
}

/// Whether a process of this number is running.
fn is_running(pid: &str) -> bool {
    let state = fs::read_to_string(format!("/proc/{}/stat", pid.trim()));
    state.is_ok_and(|stat| !stat.contains(") Z "))
}

/// Waits for a process to end: a signal is sent at once, but the kernel takes its time.
async fn assert_ends(pid: &str) {
    let ended = async {
        while is_running(pid) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let ended = tokio::time::timeout(Duration::from_secs(10), ended).await;
    assert!(ended.is_ok(), "process {pid} still runs");
}

/// A script that notes its number and never ends, and waits for it to have done so.
struct Endless {
    bench: Bench,
    program: PathBuf,
}

impl Endless {
    fn new(wall_time_s: u32) -> Self {
        let mut bench = Bench::new();
        bench.limits.wall_time_s = wall_time_s;
        let pid = bench.path("pid");
        // A grandchild, to see that the whole group goes.
        let script = format!(
            "/bin/sleep 1000 &\necho $! > '{0}.tmp'\n/bin/mv '{0}.tmp' '{0}'\nwait",
            pid.display()
        );
        let program = bench.script(&script);
        Self { bench, program }
    }
    async fn started(&self) -> String {
        loop {
            if let Ok(pid) = fs::read_to_string(self.bench.path("pid")) {
                return pid;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

#[tokio::test]
async fn a_child_that_hangs_is_killed_with_its_group() {
    let endless = Endless::new(1);
    let outcome = endless.bench.decode(endless.program.clone()).await;
    assert!(
        matches!(outcome, Err(Error::TooExpensive(_))),
        "{outcome:?}"
    );
    assert_ends(&endless.started().await).await;
}

#[tokio::test]
async fn cancelling_kills_the_child_and_removes_its_files() {
    let endless = Endless::new(600);
    let cancel = CancellationToken::new();
    let (outcome, ()) = tokio::join!(endless.bench.run(endless.program.clone(), &cancel), async {
        endless.started().await;
        cancel.cancel();
    });
    assert!(matches!(outcome, Err(Error::Cancelled)), "{outcome:?}");
    assert!(matches!(
        StageError::from(Error::Cancelled),
        StageError::Cancelled
    ));
    assert_ends(&endless.started().await).await;
}

#[tokio::test]
async fn dropping_the_work_kills_the_child_and_removes_its_files() {
    let bench = Bench::new();
    let pid = bench.path("pid");
    let script = format!(
        "echo $$ > '{0}.tmp'\n/bin/mv '{0}.tmp' '{0}'\nexec /bin/sleep 1000",
        pid.display()
    );
    let endless = Endless {
        program: bench.script(&script),
        bench,
    };
    let pid = tokio::select! {
        outcome = endless.bench.decode(endless.program.clone()) => panic!("{outcome:?}"),
        pid = endless.started() => pid,
    };
    let output = endless.bench.path("output");
    assert_eq!(fs::read_dir(output).unwrap().count(), 0);
    assert_ends(&pid).await;
}

#[tokio::test]
async fn a_missing_program_is_named_with_the_remedy() {
    let bench = Bench::new();
    let missing = bench.path("nowhere");
    let outcome = bench.decode(missing.clone()).await;
    let text = outcome.unwrap_err().to_string();
    assert!(
        text.contains("nowhere") && text.contains("cargo build -p decoder"),
        "{text}"
    );
    let located = DecoderCommand::locate(Some(&missing))
        .unwrap_err()
        .to_string();
    assert!(located.contains("nowhere"), "{located}");
}

#[tokio::test]
async fn another_protocol_version_is_no_fault_of_the_video() {
    let bench = Bench::new();
    let mut greeting = hello();
    if let Record::Hello(hello) = &mut greeting {
        hello.protocol += 1;
    }
    let error = bench
        .decode(bench.answering(&[greeting], ""))
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
    assert!(matches!(
        StageError::from(error),
        StageError::Transient { .. }
    ));
}
