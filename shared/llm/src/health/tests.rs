use super::*;

const NOW: SystemTime = SystemTime::UNIX_EPOCH;
const QUICK: Duration = Duration::from_millis(5);

fn health() -> Health {
    Health::new(HealthPolicy::from(&LlmSettings::default()))
}

fn probed(health: &mut Health, took: Duration, missing: &[&str]) -> HealthState {
    let missing = missing.iter().map(|name| (*name).to_owned()).collect();
    health.probed(took, Vec::new(), missing, NOW);
    health.update(BreakerState::Closed, NOW);
    health.state()
}

fn failed(health: &mut Health, code: Code) -> HealthState {
    health.failed(&Failure::new(code, "no"));
    health.update(BreakerState::Closed, NOW);
    health.state()
}

#[test]
fn it_falls_after_three_failures_and_rises_after_two_successes() {
    let mut health = health();
    assert_eq!(health.update(BreakerState::Closed, NOW), None);
    for _ in 0..40 {
        assert_eq!(probed(&mut health, QUICK, &[]), HealthState::Healthy);
    }
    let states: Vec<_> = (0..3).map(|_| failed(&mut health, Code::Network)).collect();
    assert_eq!(
        states,
        [
            HealthState::Healthy,
            HealthState::Healthy,
            HealthState::Unhealthy
        ]
    );
    assert_eq!(probed(&mut health, QUICK, &[]), HealthState::Unhealthy);
    assert_eq!(probed(&mut health, QUICK, &[]), HealthState::Healthy);
}

#[test]
fn failures_that_are_not_the_providers_say_nothing() {
    let mut health = health();
    for code in [
        Code::BadRequest,
        Code::RateLimited,
        Code::Refused,
        Code::Cancelled,
    ] {
        assert_eq!(failed(&mut health, code), HealthState::Unknown);
    }
    assert_eq!(failed(&mut health, Code::Auth), HealthState::Degraded);
}

#[test]
fn whatever_is_wrong_degrades_it() {
    let mut slow = health();
    assert_eq!(
        probed(&mut slow, Duration::from_millis(501), &[]),
        HealthState::Degraded
    );
    let mut missing = health();
    assert_eq!(
        probed(&mut missing, QUICK, &["gemma3:1b"]),
        HealthState::Degraded
    );
    assert_eq!(probed(&mut missing, QUICK, &[]), HealthState::Healthy);
    let mut ending = health();
    ending.retires_in(Some(30));
    assert_eq!(probed(&mut ending, QUICK, &[]), HealthState::Degraded);
    ending.retires_in(Some(31));
    assert_eq!(probed(&mut ending, QUICK, &[]), HealthState::Healthy);
    let mut failing = health();
    for _ in 0..9 {
        probed(&mut failing, QUICK, &[]);
    }
    assert_eq!(
        failed(&mut failing, Code::Network),
        HealthState::Healthy,
        "nine of ten"
    );
    failed(&mut failing, Code::Network);
    assert_eq!(failing.state(), HealthState::Degraded);
    assert_eq!(
        failing.update(BreakerState::Open, NOW),
        Some(HealthState::Unhealthy)
    );
}

#[test]
fn it_is_asked_more_often_while_it_is_not_well() {
    let mut health = health();
    assert_eq!(health.next_probe(0.5), SOON);
    probed(&mut health, QUICK, &[]);
    assert_eq!(health.next_probe(0.5), Duration::from_secs(300));
    assert_eq!(health.next_probe(0.0), Duration::from_secs(270));
    assert_eq!(health.next_probe(1.0), Duration::from_secs(330));
}

#[test]
fn the_report_says_what_was_seen_and_nothing_else() {
    let around = Surroundings {
        provider: "ollama".into(),
        model: "gemma3:1b".into(),
        in_flight: 1,
        queue_depth: 2,
        breaker: BreakerState::Closed,
        rate_limit: None,
    };
    let empty = health().report(around.clone());
    assert_eq!(
        (empty.success_rate_percent, empty.latency.p50),
        (None, None)
    );
    let mut health = health();
    for nth in 1..=100 {
        health.answered(Duration::from_millis(nth), None, Some(10.0));
    }
    failed(&mut health, Code::ServerError);
    let report = health.report(around);
    assert_eq!(
        (
            report.success_count,
            report.error_count,
            report.total_checks
        ),
        (100, 1, 101)
    );
    let latency = report.latency;
    assert_eq!(
        (latency.p50, latency.p95, latency.p99),
        (Some(50.0), Some(95.0), Some(99.0))
    );
    assert_eq!(report.tokens_per_s, Some(10.0));
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["last_error"]["code"], "ServerError");
    assert_eq!(
        (&json["state"], &json["breaker"]),
        (&"healthy".into(), &"closed".into())
    );
}
