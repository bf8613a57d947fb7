//! A bucket behind TLS.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
#![allow(
    clippy::disallowed_methods,
    reason = "certificates are read once per process, so a second process is told by variables"
)]

use artifacts::{S3, S3Config};
use contracts::ArtifactKey;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use stage::{ArtifactError, Artifacts};
use std::{net::SocketAddr, sync::Arc};
use testkit::FakeS3;
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    process::Command,
    task::JoinSet,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::ring, pki_types::PrivatePkcs8KeyDer},
};

/// Tells the second process where the server is.
const ENDPOINT: &str = "TEST_S3_ENDPOINT";

/// Ends TLS in front of a server.
async fn terminate(listener: TcpListener, acceptor: TlsAcceptor, server: SocketAddr) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let acceptor = acceptor.clone();
        connections.spawn(async move {
            // A client that does not trust the certificate goes away.
            if let Ok(mut stream) = acceptor.accept(stream).await {
                let mut behind = TcpStream::connect(server).await.unwrap();
                drop(copy_bidirectional(&mut stream, &mut behind).await);
            }
        });
    }
}

fn acceptor(certified: &CertifiedKey<rcgen::KeyPair>) -> TlsAcceptor {
    let key = PrivatePkcs8KeyDer::from(certified.signing_key.serialize_der());
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certified.cert.der().clone()], key.into())
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

async fn store_at(endpoint: String) -> Result<(), ArtifactError> {
    let mut config = S3Config {
        endpoint: Some(endpoint),
        bucket: "artifacts".into(),
        access_key: "key".into(),
        secret_key: "secret".into(),
        ..S3Config::default()
    };
    config.limits.base_delay_ms = 1;
    let store = S3::open(&config).unwrap();
    let key = ArtifactKey::new("jobs/j/s/a").unwrap();
    let stored = store.put(&key, "abc".into()).await?;
    assert_eq!(store.get(&stored).await?, "abc");
    Ok(())
}

#[tokio::test]
async fn a_bucket_behind_tls_is_used_if_its_certificate_is_trusted() {
    if let Ok(endpoint) = std::env::var(ENDPOINT) {
        return store_at(endpoint).await.unwrap();
    }
    let server = FakeS3::start().await;
    let certified = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!(
        "https://localhost:{}",
        listener.local_addr().unwrap().port()
    );
    let mut background = JoinSet::new();
    background.spawn(terminate(listener, acceptor(&certified), server.address()));

    let stranger = store_at(endpoint.clone()).await;
    assert!(
        matches!(stranger, Err(ArtifactError::Io { .. })),
        "a certificate of nobody's is not trusted: {stranger:?}"
    );
    assert!(server.keys().is_empty());

    let folder = tempfile::tempdir().unwrap();
    let trusted = folder.path().join("trusted.pem");
    std::fs::write(&trusted, certified.cert.pem()).unwrap();
    let second = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "a_bucket_behind_tls_is_used_if_its_certificate_is_trusted",
        ])
        .env(ENDPOINT, endpoint)
        .env("SSL_CERT_FILE", trusted)
        .output()
        .await
        .unwrap();
    assert!(second.status.success(), "{second:?}");
    assert_eq!(server.keys(), ["jobs/j/s/a"]);
}
