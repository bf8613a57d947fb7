//! What must stand at the broker, made from the flow table: exchange, queues, policies, users.
//!
//! Nothing here talks to a broker. The definitions are committed in `deploy/rabbitmq`, imported by
//! whoever runs the broker, and workers may not declare anything themselves.

mod roles;

pub use roles::{Role, roles, users};

use contracts::{
    flow::{FLOW, StageName},
    queue::{self, EXCHANGE, REQUESTS, RETRY_TIERS, STRAYS, UNROUTABLE},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// The virtual host everything lies in.
pub const VHOST: &str = "rumiai";

/// Limits that the broker keeps, as policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Unsettled deliveries after which a message is a dead letter. A backstop: attempts are
    /// counted in the envelope, and end earlier.
    pub delivery_limit: u32,
    /// The same for queues of dead letters, which are looked at and put back.
    pub browse_limit: u32,
    /// Most bytes that wait in the queue of a stage, or in one of its retry tiers; then publishers
    /// are refused.
    pub max_length_bytes: u64,
    /// Most bytes that wait in a queue of dead letters.
    pub dead_max_length_bytes: u64,
    /// Most bytes of strays that are kept; then the oldest go.
    pub unroutable_max_length_bytes: u64,
}

/// What `deploy/rabbitmq` says.
pub const LIMITS: Limits = Limits {
    delivery_limit: 20,
    browse_limit: 1_000_000,
    max_length_bytes: 1 << 30,
    dead_max_length_bytes: 4 << 30,
    unroutable_max_length_bytes: 256 << 20,
};

/// A document of definitions, as RabbitMQ imports it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Definitions {
    /// Users, without passwords unless somebody puts them in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<User>,
    /// Virtual hosts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vhosts: Vec<Vhost>,
    /// What users may do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub permissions: Vec<Permission>,
    /// Exchanges.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exchanges: Vec<Exchange>,
    /// Queues.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub queues: Vec<Queue>,
    /// Which queue gets what.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bindings: Vec<Binding>,
    /// Limits and dead-lettering; unlike arguments they can be changed later.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<Policy>,
}

/// A virtual host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vhost {
    /// Its name.
    pub name: String,
}

/// A user.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Its name.
    pub name: String,
    /// Its password in clear text, for brokers of tests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// The hash of its password; with an empty one nobody gets in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_hash: Option<String>,
    /// What it may do with the management interface.
    pub tags: Vec<String>,
}

/// What a user may do in a virtual host, as patterns of names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Permission {
    /// Who.
    pub user: String,
    /// Where.
    pub vhost: String,
    /// What it may declare.
    pub configure: String,
    /// Where it may publish.
    pub write: String,
    /// What it may take from.
    pub read: String,
}

/// An exchange.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Exchange {
    /// Its name.
    pub name: String,
    /// Where.
    pub vhost: String,
    /// How it routes.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether it outlives the broker.
    pub durable: bool,
    /// Whether it goes with its last binding.
    pub auto_delete: bool,
    /// Whether only the broker publishes to it.
    pub internal: bool,
    /// Nothing: limits are policies.
    pub arguments: Map<String, Value>,
}

/// A queue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Queue {
    /// Its name.
    pub name: String,
    /// Where.
    pub vhost: String,
    /// Whether it outlives the broker.
    pub durable: bool,
    /// Whether it goes with its last consumer.
    pub auto_delete: bool,
    /// Its type; all else is policies.
    pub arguments: Map<String, Value>,
}

/// Which queue gets what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Binding {
    /// The exchange.
    pub source: String,
    /// Where.
    pub vhost: String,
    /// The queue.
    pub destination: String,
    /// Always `queue`.
    pub destination_type: String,
    /// The name of the queue.
    pub routing_key: String,
    /// Nothing.
    pub arguments: Map<String, Value>,
}

/// Limits and dead-lettering of the queues whose names fit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// Where.
    pub vhost: String,
    /// Its name.
    pub name: String,
    /// The names it is for.
    pub pattern: String,
    /// `queues` or `exchanges`.
    #[serde(rename = "apply-to")]
    pub apply_to: String,
    /// What it says.
    pub definition: Map<String, Value>,
    /// Which one is obeyed if several fit; here never two do.
    pub priority: u32,
}

impl std::fmt::Debug for User {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("User")
            .field("name", &self.name)
            .field("tags", &self.tags)
            .finish_non_exhaustive()
    }
}

/// Everything but users, in a virtual host of this name.
#[must_use]
pub fn definitions(vhost: &str) -> Definitions {
    let queues = queue::all();
    Definitions {
        vhosts: vec![Vhost { name: vhost.into() }],
        exchanges: vec![
            exchange(vhost, EXCHANGE, "direct", false),
            exchange(vhost, REQUESTS, "direct", false),
            exchange(vhost, STRAYS, "fanout", true),
        ],
        bindings: bindings(vhost, &queues),
        queues: queues.iter().map(|name| quorum(vhost, name)).collect(),
        policies: policies(vhost, &LIMITS),
        ..Definitions::default()
    }
}

fn quorum(vhost: &str, name: &str) -> Queue {
    Queue {
        name: name.into(),
        vhost: vhost.into(),
        durable: true,
        auto_delete: false,
        arguments: object(json!({ "x-queue-type": "quorum" })),
    }
}

fn exchange(vhost: &str, name: &str, kind: &str, internal: bool) -> Exchange {
    Exchange {
        name: name.into(),
        vhost: vhost.into(),
        kind: kind.into(),
        durable: true,
        auto_delete: false,
        internal,
        arguments: Map::new(),
    }
}

/// Every queue at the exchange of the flow; the first stage at that of requests; strays in theirs.
fn bindings(vhost: &str, queues: &[String]) -> Vec<Binding> {
    let flow = queues.iter().map(|name| binding(vhost, EXCHANGE, name));
    let first = queue::work(StageName::Ingest);
    flow.chain([
        binding(vhost, REQUESTS, first),
        binding(vhost, STRAYS, UNROUTABLE),
    ])
    .collect()
}

fn binding(vhost: &str, exchange: &str, queue: &str) -> Binding {
    Binding {
        source: exchange.into(),
        vhost: vhost.into(),
        destination: queue.into(),
        destination_type: "queue".into(),
        routing_key: queue.into(),
        arguments: Map::new(),
    }
}

/// The policies of every queue, each for one queue by its exact name, except those of dead letters.
#[must_use]
pub fn policies(vhost: &str, limits: &Limits) -> Vec<Policy> {
    let mut all = Vec::new();
    for spec in FLOW {
        all.push(work_policy(vhost, spec.name, limits));
        all.extend(RETRY_TIERS.map(|tier| retry_policy(vhost, spec.name, tier, limits)));
    }
    all.push(policy(
        vhost,
        "dead",
        r"\.dead$".into(),
        json!({
            "delivery-limit": limits.browse_limit,
            "max-length-bytes": limits.dead_max_length_bytes,
            "overflow": "reject-publish",
        }),
    ));
    all.push(policy(
        vhost,
        UNROUTABLE,
        exactly(UNROUTABLE),
        json!({
            "delivery-limit": limits.browse_limit,
            "max-length-bytes": limits.unroutable_max_length_bytes,
        }),
    ));
    all.push(Policy {
        apply_to: "exchanges".into(),
        ..policy(
            vhost,
            REQUESTS,
            exactly(REQUESTS),
            json!({ "alternate-exchange": STRAYS }),
        )
    });
    all
}

fn work_policy(vhost: &str, stage: StageName, limits: &Limits) -> Policy {
    let name = queue::work(stage);
    let definition = json!({
        "delivery-limit": limits.delivery_limit,
        "dead-letter-exchange": EXCHANGE,
        "dead-letter-routing-key": queue::dead(stage),
        "dead-letter-strategy": "at-least-once",
        "overflow": "reject-publish",
        "max-length-bytes": limits.max_length_bytes,
    });
    policy(vhost, name, exactly(name), definition)
}

/// Messages wait here without consumers, and go back to the stage when their time is over.
fn retry_policy(vhost: &str, stage: StageName, tier: queue::RetryTier, limits: &Limits) -> Policy {
    let name = queue::retry(stage, tier);
    let delay_ms = u64::try_from(tier.delay.as_millis()).unwrap_or(u64::MAX);
    let definition = json!({
        "message-ttl": delay_ms,
        "delivery-limit": limits.browse_limit,
        "dead-letter-exchange": EXCHANGE,
        "dead-letter-routing-key": queue::work(stage),
        "dead-letter-strategy": "at-least-once",
        "overflow": "reject-publish",
        "max-length-bytes": limits.max_length_bytes,
    });
    policy(vhost, &name, exactly(&name), definition)
}

fn policy(vhost: &str, name: &str, pattern: String, definition: Value) -> Policy {
    Policy {
        vhost: vhost.into(),
        name: name.into(),
        pattern,
        apply_to: "queues".into(),
        definition: object(definition),
        priority: 0,
    }
}

/// The pattern that fits this name alone.
fn exactly(name: &str) -> String {
    format!("^{}$", name.replace('.', r"\."))
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
