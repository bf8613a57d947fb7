//! How much memory this process holds, looked at again and again.

/// Share of the run that is its beginning: caches fill, pools open.
const BEGINNING: f64 = 0.25;
/// How far memory may be from what it was after the beginning, as a share of it.
const MAY_DIFFER: f64 = 0.10;
/// Parts of the run after the beginning, each of which is told by its median.
const PARTS: usize = 10;
const MIB: f64 = 1_048_576.0;

/// Resident bytes, look by look.
#[derive(Default)]
pub struct Memory(Vec<u64>);

/// The medians of the parts after the beginning, in MiB.
pub struct Settled(Vec<f64>);

impl Memory {
    /// Notes how much it is.
    pub fn look(&mut self) {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:"));
        let kib = line.and_then(|line| line.split_whitespace().nth(1));
        self.0.push(1024 * kib.unwrap().parse::<u64>().unwrap());
    }

    /// What it was after the beginning.
    pub fn settled(&self) -> Settled {
        let beginning = (self.0.len() as f64 * BEGINNING) as usize;
        let after = self.0.get(beginning..).unwrap_or_default();
        let parts = after.chunks((after.len() / PARTS).max(1)).take(PARTS);
        Settled(parts.map(median).collect())
    }
}

fn median(part: &[u64]) -> f64 {
    let mut sorted = part.to_vec();
    sorted.sort_unstable();
    sorted[sorted.len() / 2] as f64 / MIB
}

impl Settled {
    pub fn print(&self) {
        let medians: Vec<String> = self.0.iter().map(|mib| format!("{mib:.1}")).collect();
        println!("memory, MiB, tenths of the rest: {}", medians.join(" "));
    }

    /// What is not as it should be.
    pub fn wrong(&self) -> Option<String> {
        let first = self.0.first()?;
        let off = self.0.iter().map(|mib| (mib - first).abs() / first);
        let most = off.fold(0.0, f64::max);
        (most > MAY_DIFFER).then(|| format!("memory is off by {:.1} %", 100.0 * most))
    }
}
