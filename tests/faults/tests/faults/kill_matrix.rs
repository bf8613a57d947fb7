//! Every stage dies at every point of its way, while the broker is killed now and then.

use crate::PROGRAM;
use contracts::flow::FLOW;
use faults::{FailAt, Store, Supervised, Surroundings, full_or, randomness, supervise};
use testkit::{PrivateCeph, PrivateRabbit};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use worker::FailPoint;

/// More than anyone dies here: crashes count as attempts, by design.
const ATTEMPTS: u32 = 18;

/// Every point once, in any order, each at one of the first passes.
fn kills(stage: contracts::StageName, random: &mut fastrand::Rng) -> Vec<FailAt> {
    let mut points = FailPoint::ALL;
    random.shuffle(&mut points);
    let latest = if faults::full() { 20 } else { 3 };
    points
        .map(|point| FailAt {
            stage,
            point,
            pass: random.u32(1..=latest),
        })
        .into()
}

fn start_all(
    surroundings: &Surroundings,
    random: &mut fastrand::Rng,
    stop: &CancellationToken,
) -> JoinSet<Supervised> {
    let mut workers = JoinSet::new();
    for spec in FLOW {
        let name = format!("killed-{}", spec.name);
        let mut settings = surroundings.worker(&name, &[spec.name]);
        settings.max_attempts = ATTEMPTS;
        workers.spawn(supervise(
            surroundings.starter(),
            settings,
            kills(spec.name, random),
            stop.clone(),
        ));
    }
    workers
}

#[tokio::test(flavor = "multi_thread")]
async fn row_04_every_stage_dies_at_every_point_and_the_broker_too() {
    let (Some(mut rabbit), Some(ceph)) = (PrivateRabbit::start().await, PrivateCeph::start())
    else {
        return;
    };
    let mut random = randomness();
    let mut surroundings = Surroundings::new(PROGRAM, &rabbit, Store::Ceph(&ceph)).await;
    surroundings.learn().await;
    let jobs = surroundings.submit("job", full_or(200, 24)).await;
    let stop = CancellationToken::new();
    let mut workers = start_all(&surroundings, &mut random, &stop);
    for round in 1..=full_or(4, 1) {
        let left = jobs.len() * (full_or(5, 3) - round) / full_or(5, 3);
        surroundings.until_left(&jobs, left).await;
        rabbit.restart().await;
    }
    surroundings.until_ended(&jobs).await;
    surroundings.until_idle().await;
    stop.cancel();
    let mut died = Vec::new();
    while let Some(seen) = workers.join_next().await {
        let seen = seen.unwrap();
        assert_eq!(seen.aborted, 0);
        assert!(seen.ended_otherwise.is_empty(), "{seen:?}");
        died.extend(seen.died_at);
    }
    assert_eq!(died.len(), FLOW.len() * FailPoint::ALL.len(), "{died:?}");
    surroundings.audit().await;
}
