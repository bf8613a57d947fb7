//! Row 29: a receiver of spans that hangs.

use crate::on_shared;
use faults::{PATIENCE, Store, WorkerSettings};
use tokio::{net::TcpListener, task::JoinSet};

#[tokio::test(flavor = "multi_thread")]
async fn row_29_a_receiver_that_hangs_costs_no_job_anything() {
    let Some(mut surroundings) = on_shared("deaf", Store::Folder).await else {
        return;
    };
    surroundings.learn().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (told, mut heard) = tokio::sync::watch::channel(0);
    let mut receiver = JoinSet::new();
    receiver.spawn(async move {
        // Taken, never read, never answered.
        let mut held = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            held.push(stream);
            told.send_replace(held.len());
        }
    });
    let settings = WorkerSettings {
        otlp_endpoint: Some(format!("http://{address}")),
        ..surroundings.worker_for_all("unheard")
    };
    let mut worker = surroundings.start(&settings).await;
    let jobs = surroundings.submit("job", 20).await;
    surroundings.until_ended(&jobs).await;
    let tried = tokio::time::timeout(PATIENCE, heard.wait_for(|count| *count > 0)).await;
    assert!(tried.unwrap().is_ok(), "spans were to be sent");
    surroundings.until_idle().await;
    worker.term();
    assert!(
        worker.wait(PATIENCE).await.success(),
        "it ends all the same"
    );
    surroundings.audit().await;
    for id in &jobs {
        let attempts = surroundings.attempts(id).await;
        assert!(attempts.values().all(|count| *count == 1), "{attempts:?}");
    }
}
