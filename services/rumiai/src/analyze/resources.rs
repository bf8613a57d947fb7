//! What a run took of the machine: memory, processor time, accelerators.

use inference::{Provider, Served};
use nix::sys::resource::{Usage, UsageWho, getrusage};
use procfs::{Current, Meminfo, process::Process};
use schemars::JsonSchema;
use serde::Serialize;
use std::{collections::BTreeMap, fs, time::Duration};

/// Where the driver of NVIDIA describes its devices.
const GPUS: &str = "/proc/driver/nvidia/gpus";

/// Memory; null where the system does not tell.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct Memory {
    /// Resident memory of this process now, in bytes.
    pub resident_bytes: Option<u64>,
    /// Largest resident memory of this process so far, in bytes.
    pub peak_bytes: Option<u64>,
    /// Largest resident memory of any process it started and that has ended, in bytes: of the
    /// decoder; null if none ran.
    pub decoder_peak_bytes: Option<u64>,
    /// Memory of the whole machine that is not available, in percent.
    pub system_percent: Option<f64>,
}

impl Memory {
    /// As it is now.
    #[must_use]
    pub fn now() -> Self {
        let system = Meminfo::current().ok();
        Self {
            resident_bytes: resident_bytes(),
            peak_bytes: usage(UsageWho::RUSAGE_SELF).and_then(|usage| peak_bytes(&usage)),
            decoder_peak_bytes: usage(UsageWho::RUSAGE_CHILDREN)
                .and_then(|usage| peak_bytes(&usage)),
            system_percent: system.and_then(|system| {
                let available = system.mem_available? as f64;
                let total = system.mem_total as f64;
                (total > 0.0).then(|| 100.0 * (1.0 - available / total))
            }),
        }
    }
}

fn resident_bytes() -> Option<u64> {
    let pages = Process::myself().ok()?.statm().ok()?.resident;
    Some(pages * procfs::page_size())
}

fn usage(who: UsageWho) -> Option<Usage> {
    getrusage(who).ok()
}

fn peak_bytes(usage: &Usage) -> Option<u64> {
    let kibibytes = u64::try_from(usage.max_rss()).ok()?;
    (kibibytes > 0).then_some(kibibytes * 1024)
}

/// Processor time of this process, and of the processes it started that have ended; `None` if the
/// system does not tell.
#[must_use]
pub fn processor_time() -> Option<Duration> {
    let mut total = Duration::ZERO;
    for who in [UsageWho::RUSAGE_SELF, UsageWho::RUSAGE_CHILDREN] {
        let usage = usage(who)?;
        for time in [usage.user_time(), usage.system_time()] {
            total += Duration::from_secs(u64::try_from(time.tv_sec()).ok()?);
            total += Duration::from_micros(u64::try_from(time.tv_usec()).ok()?);
        }
    }
    Some(total)
}

/// Whether models ran on an accelerator, and if not, why.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Gpu {
    /// Whether at least one model ran on one.
    pub used: bool,
    /// Accelerators of this machine, as their driver calls them.
    pub devices: Vec<String>,
    /// The models that were opened, by what they ran on.
    pub models_by_provider: BTreeMap<String, Vec<String>>,
    /// Why providers that were to be preferred did not serve.
    pub passed_over: BTreeMap<String, String>,
}

impl Gpu {
    /// What the models that were opened run on.
    #[must_use]
    pub fn of(served: &[Served]) -> Self {
        let mut gpu = Self {
            devices: devices(),
            ..Self::default()
        };
        for one in served {
            gpu.used |= one.provider != Provider::Cpu;
            gpu.models_by_provider
                .entry(one.provider.to_string())
                .or_default()
                .push(one.model.clone());
            for other in &one.passed_over {
                gpu.passed_over
                    .entry(other.provider.to_string())
                    .or_insert_with(|| other.reason.clone());
            }
        }
        gpu
    }

    /// The line of the protocol that says what there is.
    #[must_use]
    pub fn line(&self) -> String {
        if self.used && !self.devices.is_empty() {
            format!("🎮 GPU: {}", self.devices.join(", "))
        } else {
            "⚠️ WARNING: No GPU detected, processing will be slower".into()
        }
    }
}

/// Names of the devices the driver knows; none without a driver.
fn devices() -> Vec<String> {
    let folders = fs::read_dir(GPUS).into_iter().flatten().flatten();
    let mut names: Vec<String> = folders
        .filter_map(|folder| {
            let text = fs::read_to_string(folder.path().join("information")).ok()?;
            let model = text.lines().find_map(|line| line.strip_prefix("Model:"))?;
            Some(model.trim().to_owned())
        })
        .collect();
    names.sort();
    names
}
