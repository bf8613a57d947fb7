//! The provider, in a process of its own so that its memory is not counted, and who asks it.

use cache::{Cache, CacheConfig, Ports};
use llm::{Cached, Client, settings::LlmSettings};
use stage::Clock;
use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};
use testkit::fake_llm::{ContentFault, FakeLlm, Fault, ResetPoint, RetryAfter, Rule, StreamFault};

/// The word after which this program is the provider.
pub const SERVE: &str = "--serve";
/// Share of requests that go wrong in each way; a tenth in all.
const SHARE: f64 = 0.01;

/// The machine's time.
struct Machine(Instant);

impl Machine {
    fn start() -> Arc<Self> {
        Arc::new(Self(Instant::now()))
    }
}

impl Clock for Machine {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }
    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }
}

impl cache::Clock for Machine {
    fn unix_ms(&self) -> u64 {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        u64::try_from(since.unwrap().as_millis()).unwrap()
    }
    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }
}

fn faults() -> Vec<Fault> {
    vec![
        Fault::status(529).into(),
        Fault::status(500).html().into(),
        Fault::status(429).retry_after(RetryAfter::Ms(5)).into(),
        Fault::Reset {
            at: ResetPoint::BeforeHeaders,
        },
        Fault::Reset {
            at: ResetPoint::MidBody,
        },
        Fault::stream(StreamFault::EofMidFrame),
        Fault::content(ContentFault::Truncated),
        Fault::content(ContentFault::ExtraField),
        Fault::content(ContentFault::Empty),
        Fault::Late { by_ms: 300 },
    ]
}

/// Is the provider until whoever started it closes its input.
pub fn serve() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let fake = FakeLlm::start_on(0, Machine::start()).await;
        fake.ollama(|server| {
            server.load_ms = 0;
            server.parallel = 8;
        });
        for fault in faults() {
            fake.script(Rule::new(fault).path("/*").chance(SHARE));
        }
        println!("{}", fake.base_url());
        let closed = tokio::task::spawn_blocking(|| {
            let mut line = String::new();
            std::io::stdin().read_line(&mut line).map(drop)
        });
        closed.await.unwrap().unwrap();
    });
}

/// The process, which ends with its value.
pub struct Provider {
    child: Child,
    url: String,
}

impl Provider {
    pub fn start() -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .arg(SERVE)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut url = String::new();
        let mut told = BufReader::new(child.stdout.take().unwrap());
        told.read_line(&mut url).unwrap();
        Self {
            child,
            url: url.trim().to_owned(),
        }
    }

    /// A client of the provider with a small cache before it, so that entries come and go.
    pub async fn cached(&self) -> Cached {
        let settings = LlmSettings {
            claude_base_url: self.url.clone(),
            ollama_base_url: self.url.clone(),
            claude_api_key: Some(FakeLlm::api_key().into()),
            llm_retry_base_ms: 5,
            llm_ttft_timeout: 5,
            llm_idle_timeout: 5,
            // Faults come at random, and not because the provider is down.
            llm_breaker_ratio: 0.9,
            claude_slow_start: 0,
            claude_rpm: 60_000_000,
            claude_itpm: 60_000_000_000,
            claude_otpm: 60_000_000_000,
            batch_concurrency_limit: 8,
            ollama_num_parallel_hint: 8,
            ..LlmSettings::default()
        };
        let clock = Machine::start();
        let random: llm::Random = Arc::new(fastrand::f64);
        let client = Client::from_settings(settings, clock.clone(), random.clone()).unwrap();
        let config = CacheConfig {
            max_entries: 300,
            ..CacheConfig::default()
        };
        let cache = Cache::open(config, Ports { clock, random }).await.unwrap();
        Cached::new(client, Arc::new(cache))
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
