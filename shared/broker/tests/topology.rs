//! What is committed in `deploy/rabbitmq` is what the flow table says. `UPDATE_DEFINITIONS=1` writes
//! it anew.
#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(
    clippy::disallowed_methods,
    reason = "whoever runs the test says that files are to be written"
)]

use broker::topology::{self, Definitions, LIMITS, Role, VHOST};
use contracts::{
    StageName,
    flow::FLOW,
    queue::{self, RETRY_TIERS},
};
use serde_json::json;
use std::{collections::BTreeSet, fs, path::PathBuf};

fn folder() -> PathBuf {
    PathBuf::from(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../deploy/rabbitmq"
    ))
}

fn check(file: &str, definitions: &Definitions) {
    let path = folder().join(file);
    let wanted = serde_json::to_string_pretty(definitions).unwrap() + "\n";
    if std::env::var_os("UPDATE_DEFINITIONS").is_some() {
        fs::write(&path, &wanted).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == wanted,
        "{file} is not what the flow table says; run UPDATE_DEFINITIONS=1 cargo nextest run -p broker --test topology"
    );
}

#[test]
fn committed_definitions_are_those_of_the_flow_table() {
    check("definitions.json", &topology::definitions(VHOST));
    check("users.json", &topology::users(VHOST, |_| None));
}

#[test]
fn no_committed_user_can_log_in() {
    for user in topology::users(VHOST, |_| None).users {
        assert_eq!(
            (user.password, user.password_hash),
            (None, Some(String::new()))
        );
    }
}

#[test]
fn every_queue_has_one_policy_and_one_binding() {
    let all = topology::definitions(VHOST);
    for queue in &all.queues {
        let exact = format!("^{}$", queue.name.replace('.', "\\."));
        let fits = |pattern: &str| {
            pattern == exact || (pattern == "\\.dead$" && queue.name.ends_with(".dead"))
        };
        let policies = all.policies.iter().filter(|policy| fits(&policy.pattern));
        assert_eq!(policies.count(), 1, "{}", queue.name);
        let bound = all.bindings.iter().filter(|binding| {
            binding.source == queue::EXCHANGE
                && binding.destination == queue.name
                && binding.routing_key == queue.name
        });
        assert_eq!(bound.count(), 1, "{}", queue.name);
        assert_eq!(json!(queue.arguments), json!({ "x-queue-type": "quorum" }));
    }
    let names: BTreeSet<_> = all.queues.iter().map(|queue| queue.name.clone()).collect();
    assert_eq!(names, queue::all().into_iter().collect());
}

#[test]
fn dead_letters_go_where_they_belong_and_never_in_a_circle() {
    let all = topology::definitions(VHOST);
    let policy = |name: &str| {
        let found = all.policies.iter().find(|policy| policy.name == name);
        json!(found.unwrap().definition)
    };
    for spec in FLOW {
        let work = policy(queue::work(spec.name));
        assert_eq!(work["dead-letter-exchange"], "flow");
        assert_eq!(
            work["dead-letter-routing-key"],
            json!(queue::dead(spec.name))
        );
        assert_eq!(work["dead-letter-strategy"], "at-least-once");
        assert_eq!(work["overflow"], "reject-publish", "at-least-once needs it");
        assert_eq!(work["delivery-limit"], json!(LIMITS.delivery_limit));
        for tier in RETRY_TIERS {
            let retry = policy(&queue::retry(spec.name, tier));
            assert_eq!(retry["message-ttl"], json!(tier.delay.as_millis() as u64));
            assert_eq!(
                retry["dead-letter-routing-key"],
                json!(queue::work(spec.name))
            );
            assert_eq!(retry["dead-letter-strategy"], "at-least-once");
            assert_eq!(retry["overflow"], "reject-publish");
        }
    }
    let dead = policy("dead");
    assert!(
        dead.get("dead-letter-exchange").is_none(),
        "the end of the line"
    );
    assert!(dead["delivery-limit"].as_u64() > Some(100_000));
}

#[test]
fn a_worker_takes_from_its_own_queue_and_configures_nothing() {
    let users = topology::users(VHOST, |role| Some(role.user()));
    assert_eq!(users.users.len(), FLOW.len() + 3);
    assert!(users.permissions.iter().all(|one| one.configure == "^$"));
    let detect = Role::Worker(StageName::Detect).permission(VHOST);
    assert_eq!(
        (detect.write.as_str(), detect.read.as_str()),
        ("^flow$", "^detect$")
    );
    assert_eq!(Role::Submit.permission(VHOST).read, "^$");
    assert_eq!(Role::Monitor.permission(VHOST).write, "^$");
    assert!(!format!("{users:?}").contains("password"), "never shown");
}
