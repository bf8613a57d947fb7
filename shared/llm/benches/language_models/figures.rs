//! Times, made into rows of a table.

use std::{fmt::Write, fs, time::Duration};

/// Shares of which the times are told, in thousandths.
const SHARES: [usize; 4] = [500, 900, 990, 999];

/// Times of many calls of one kind.
#[derive(Default)]
pub struct Times(pub Vec<Duration>);

impl Times {
    /// The time that this share of all calls, in thousandths, stayed within.
    pub fn within(&self, share: usize) -> Duration {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let last = sorted.len().saturating_sub(1);
        sorted.get(last * share / 1000).copied().unwrap_or_default()
    }

    /// p50, p90, p99 and p99.9, in microseconds.
    pub fn cells(&self) -> String {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let last = sorted.len().saturating_sub(1);
        SHARES.iter().fold(String::new(), |mut cells, share| {
            let time = sorted.get(last * share / 1000).copied();
            write!(cells, " {} |", us(time.unwrap_or_default())).unwrap();
            cells
        })
    }
}

/// Microseconds, with a tenth below a hundred.
pub fn us(time: Duration) -> String {
    let micros = time.as_secs_f64() * 1e6;
    if micros < 100.0 {
        format!("{micros:.1}")
    } else {
        format!("{micros:.0}")
    }
}

/// The middle of some figures, and their range.
pub fn middle(values: impl IntoIterator<Item = f64>) -> (f64, f64, f64) {
    let mut sorted: Vec<f64> = values.into_iter().collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let (first, last) = (sorted[0], sorted[sorted.len() - 1]);
    (sorted[sorted.len() / 2], first, last)
}

/// Threads that were running or waiting for a core during the last minute, and now.
pub fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let mut words = text.split(' ');
    let one = words.next().unwrap_or("?");
    let now = words.nth(2).and_then(|pair| pair.split('/').next());
    format!("{one} ({} runnable)", now.unwrap_or("?"))
}

/// Time that this process has had of all cores, in steps of ten milliseconds.
pub fn cpu() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after = stat.rsplit(')').next().unwrap_or_default();
    let ticks = after.split_whitespace().skip(11).take(2);
    let ticks: u64 = ticks.filter_map(|text| text.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

/// Where and when it was measured, and beside what.
pub fn conditions(load_before: &str) -> String {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let model = read("/proc/cpuinfo");
    let model = model
        .lines()
        .find_map(|line| line.strip_prefix("model name"));
    let model = model.map_or("unknown", |text| text.trim_start_matches(['\t', ' ', ':']));
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    // `/autogroup-7 nice -15`
    let group = read("/proc/self/autogroup");
    let ahead = match group
        .rsplit(' ')
        .next()
        .and_then(|nice| nice.trim().parse::<i32>().ok())
    {
        Some(nice) if nice < 0 => format!(
            "The bench and the servers it started were scheduled before the other work on the \
             machine (nice {nice} as a group)."
        ),
        _ => "The bench had no precedence over the other work on the machine.".into(),
    };
    let today = llm::catalogue::day(std::time::SystemTime::now());
    format!(
        "{today}; {cores} cores ({model}); release build. Beside each figure stands the load: threads \
         that were running or waiting for a core on average during the last minute, the bench's own \
         included, and at that moment. Before it began it was {load_before}. {ahead}\n"
    )
}
