#![allow(clippy::unwrap_used, reason = "tests")]
use testkit::PrivateRabbit;
use tokio::time::Instant;
#[tokio::test(flavor = "multi_thread")]
async fn timing() {
    let t = Instant::now();
    let shared = PrivateRabbit::shared().await.unwrap();
    eprintln!("shared {:?}", t.elapsed());
    for i in 0..3 {
    let t = Instant::now();
    shared.another(&format!("v{i}")).await;
    eprintln!("vhost {:?}", t.elapsed());
    }
    let (_,v)=shared.api("GET","queues/rumiai/detect",None).await; eprintln!("{v}");
    let (_,v)=shared.api("GET","queues/rumiai/detect.retry.5s",None).await; eprintln!("{}",v["effective_policy_definition"]);
}
