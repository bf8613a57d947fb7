//! The tier that processes share, on Redis: never waited for long, never the reason why a request
//! fails.

mod link;
mod lock;
mod sweep;

pub(crate) use link::{Told, keep};
pub(crate) use lock::Turn;

use crate::{
    breaker::Breaker,
    config::{ConfigError, RedisConfig},
    counters::{Counters, SHARED},
    frame,
    generations::Field,
    ports::Ports,
};
use link::Link;
use redis::{Cmd, ErrorKind, FromRedisValue, Pipeline, RedisError, aio::MultiplexedConnection};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::time::timeout;

/// The tier has no answer: not reachable, too slow, left alone, or it refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Away;

/// Redis, with what protects us from it.
pub(crate) struct Tier {
    pub config: RedisConfig,
    pub namespace: String,
    link: Link,
    breaker: Breaker,
    ports: Ports,
    counters: Arc<Counters>,
}

/// One round trip.
enum Trip<'a> {
    One(&'a Cmd),
    Several(&'a Pipeline),
}

impl Trip<'_> {
    async fn run<T: FromRedisValue>(
        &self,
        connection: &mut MultiplexedConnection,
    ) -> Result<T, RedisError> {
        match self {
            Self::One(command) => command.query_async(connection).await,
            Self::Several(pipeline) => pipeline.query_async(connection).await,
        }
    }
}

impl Tier {
    pub fn new(
        config: RedisConfig,
        namespace: String,
        ports: Ports,
        counters: Arc<Counters>,
    ) -> Result<Self, ConfigError> {
        Ok(Self {
            link: Link::new(&config.url)?,
            breaker: Breaker::new(config.breaker_failures, config.breaker_open),
            config,
            namespace,
            ports,
            counters,
        })
    }

    /// Whether the tier is left alone.
    pub fn is_away(&self) -> bool {
        self.breaker.is_open() || self.link.connection().is_none()
    }

    pub fn name(&self, rest: &str) -> String {
        format!("{}:{rest}", self.namespace)
    }

    async fn one<T: FromRedisValue>(&self, op: &'static str, command: &Cmd) -> Result<T, Away> {
        self.trip(op, &Trip::One(command), self.config.op_timeout)
            .await
    }
    async fn several(&self, op: &'static str, pipeline: &Pipeline) -> Result<(), Away> {
        self.trip(op, &Trip::Several(pipeline), self.config.op_timeout)
            .await
    }

    /// One round trip whatever the breaker says, which hears nothing of it: for what must be known
    /// before a new connection is used.
    async fn first<T: FromRedisValue>(&self, op: &'static str, command: &Cmd) -> Result<T, Away> {
        let mut connection = self.link.new_connection().ok_or(Away)?;
        let limit = self.config.connect_timeout;
        match timeout(limit, Trip::One(command).run(&mut connection)).await {
            Ok(Ok(value)) => Ok(value),
            _ => {
                self.counters.error(op);
                Err(Away)
            }
        }
    }

    /// One round trip within its time, noted by the breaker.
    async fn trip<T: FromRedisValue>(
        &self,
        op: &'static str,
        trip: &Trip<'_>,
        limit: Duration,
    ) -> Result<T, Away> {
        let Some(mut connection) = self.link.connection() else {
            return Err(Away);
        };
        let began = self.ports.clock.monotonic();
        if !self.breaker.allows(began) {
            return Err(Away);
        }
        let ended = timeout(limit, trip.run(&mut connection)).await;
        self.counters.took(&*self.ports.clock, SHARED, op, began);
        match ended {
            Ok(Ok(value)) => {
                self.works();
                Ok(value)
            }
            Ok(Err(error)) if is_an_answer(&error) => {
                tracing::debug!(op, %error, "redis refuses");
                self.counters.error(op);
                self.works();
                Err(Away)
            }
            Ok(Err(_)) | Err(_) => {
                self.counters.error(op);
                self.fails(ended.is_ok());
                Err(Away)
            }
        }
    }

    fn works(&self) {
        if self.breaker.is_open() {
            tracing::info!("redis answers again");
        }
        self.breaker.succeeded();
        self.counters.degraded(false);
    }

    /// Notes a failure; a connection that is broken, or silent too often, is made anew.
    fn fails(&self, broken: bool) {
        let opens = self.breaker.failed(self.ports.clock.monotonic());
        if opens {
            tracing::warn!(
                pause_ms = crate::ports::millis(self.config.breaker_open),
                "redis fails too often; this process goes on without it"
            );
            self.counters.degraded(true);
        }
        if opens || broken {
            self.link.renew();
        }
    }

    /// The bytes of an entry, no more of them than an entry has: somebody else may have put anything
    /// there. There is none without bytes.
    pub async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, Away> {
        let mut command = redis::cmd("GETRANGE");
        command.arg(name).arg(0).arg(frame::MAX_BYTES);
        let bytes: Vec<u8> = self.one("get", &command).await?;
        Ok(Some(bytes).filter(|bytes| !bytes.is_empty()))
    }

    /// Stores bytes, and lists them for whom they are about.
    pub async fn set(
        &self,
        name: &str,
        bytes: &[u8],
        subjects: &[String],
        ttl_ms: u64,
    ) -> Result<(), Away> {
        let mut pipeline = redis::pipe();
        self.list(&mut pipeline, name, subjects, ttl_ms);
        pipeline
            .cmd("SET")
            .arg(name)
            .arg(bytes)
            .arg("PX")
            .arg(ttl_ms)
            .ignore();
        self.several("set", &pipeline).await
    }

    /// Lists an entry for others whom it is about.
    pub async fn tag(&self, name: &str, subjects: &[String], ttl_ms: u64) -> Result<(), Away> {
        let mut pipeline = redis::pipe();
        self.list(&mut pipeline, name, subjects, ttl_ms);
        self.several("tag", &pipeline).await
    }

    /// Before the entry itself, so that there is none that nobody finds. The list lives as long as
    /// the last of its entries.
    fn list(&self, pipeline: &mut Pipeline, name: &str, subjects: &[String], ttl_ms: u64) {
        for subject in subjects {
            let list = self.subject(subject);
            pipeline.cmd("SADD").arg(&list).arg(name).ignore();
            for condition in ["NX", "GT"] {
                pipeline
                    .cmd("PEXPIRE")
                    .arg(&list)
                    .arg(ttl_ms)
                    .arg(condition)
                    .ignore();
            }
        }
    }

    fn subject(&self, digest: &str) -> String {
        self.name(&format!("subject:{digest}"))
    }

    /// Names of the entries about somebody.
    pub async fn about(&self, digest: &str) -> Result<Vec<String>, Away> {
        let list = self.subject(digest);
        self.one("about", redis::cmd("SMEMBERS").arg(list)).await
    }

    /// Removes the list of entries about somebody.
    pub async fn unlist(&self, digest: &str) -> Result<(), Away> {
        self.unlink(&[self.subject(digest)]).await.map(|_| ())
    }

    /// Removes entries; how many there were.
    pub async fn unlink(&self, names: &[String]) -> Result<u64, Away> {
        if names.is_empty() {
            return Ok(0);
        }
        self.one("unlink", redis::cmd("UNLINK").arg(names)).await
    }

    pub async fn publish(&self, text: &str) -> Result<(), Away> {
        let channel = self.channel();
        self.one("publish", redis::cmd("PUBLISH").arg(channel).arg(text))
            .await
    }

    fn channel(&self) -> String {
        self.name("invalidate")
    }
    fn counts(&self) -> String {
        self.name("generations")
    }

    /// Counts a clear for everybody; the count.
    pub async fn bump(&self, field: &Field) -> Result<u64, Away> {
        self.one("bump", &self.increment(field, 1)).await
    }

    /// As [`Tier::bump`], on a new connection.
    pub async fn bump_first(&self, field: &Field) -> Result<u64, Away> {
        self.first("bump", &self.increment(field, 1)).await
    }

    fn increment(&self, field: &Field, by: u64) -> Cmd {
        let mut command = redis::cmd("HINCRBY");
        command.arg(self.counts()).arg(field.name()).arg(by);
        command
    }

    /// Puts back a count that the tier has forgotten, or knows lower. Never lowers one: should several
    /// processes do it at once, the count is too high, which is one more clear.
    pub async fn restore(&self, field: &Field, known: Option<u64>, to: u64) -> Result<(), Away> {
        let command = if let Some(known) = known {
            self.increment(field, to.saturating_sub(known))
        } else {
            let mut command = redis::cmd("HSETNX");
            command.arg(self.counts()).arg(field.name()).arg(to);
            command
        };
        self.first("restore", &command).await
    }

    /// All counts of clears.
    pub async fn generations(&self) -> Result<BTreeMap<Field, u64>, Away> {
        let mut command = redis::cmd("HGETALL");
        command.arg(self.counts());
        let counts: BTreeMap<String, u64> = self.first("generations", &command).await?;
        let known = counts
            .into_iter()
            .filter_map(|(name, count)| Some((Field::parse(&name)?, count)));
        Ok(known.collect())
    }
}

/// Whether somebody answered, if with a refusal: no room, no right, read-only, another type.
fn is_an_answer(error: &RedisError) -> bool {
    error.code().is_some() || error.kind() == ErrorKind::TypeError
}
