//! What the proxy does to a connection.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::{io::ErrorKind, time::Duration};
use testkit::FaultProxy;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::{Instant, timeout},
};

const PATIENCE: Duration = Duration::from_secs(10);
const QUIET: Duration = Duration::from_millis(200);

/// A client and the server's end of its connection.
async fn connected() -> (FaultProxy, TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = FaultProxy::start(listener.local_addr().unwrap()).await;
    let client = TcpStream::connect(proxy.address()).await.unwrap();
    let (server, _) = listener.accept().await.unwrap();
    (proxy, client, server)
}

async fn receive(stream: &mut TcpStream, bytes: usize) -> Vec<u8> {
    let mut buffer = vec![0; bytes];
    let reading = timeout(PATIENCE, stream.read_exact(&mut buffer));
    reading.await.unwrap().unwrap();
    buffer
}

#[tokio::test]
async fn both_directions_carry_and_an_end_is_passed_on() {
    let (proxy, mut client, mut server) = connected().await;
    client.write_all(b"there").await.unwrap();
    assert_eq!(receive(&mut server, 5).await, b"there");
    server.write_all(b"back").await.unwrap();
    assert_eq!(receive(&mut client, 4).await, b"back");
    assert_eq!(proxy.to_server().passed(), 5);
    client.shutdown().await.unwrap();
    let mut rest = Vec::new();
    timeout(PATIENCE, server.read_to_end(&mut rest))
        .await
        .unwrap()
        .unwrap();
    assert!(rest.is_empty());
}

#[tokio::test]
async fn a_frozen_direction_holds_back_and_the_other_goes_on() {
    let (proxy, mut client, mut server) = connected().await;
    proxy.to_client().freeze();
    server.write_all(b"held").await.unwrap();
    let mut byte = [0];
    assert!(timeout(QUIET, client.read(&mut byte)).await.is_err());
    client.write_all(b"there").await.unwrap();
    assert_eq!(receive(&mut server, 5).await, b"there");
    proxy.to_client().thaw();
    assert_eq!(receive(&mut client, 4).await, b"held");
}

#[tokio::test]
async fn a_cut_is_a_reset_that_discards_what_was_held() {
    let (proxy, mut client, mut server) = connected().await;
    proxy.to_client().freeze();
    server.write_all(b"lost").await.unwrap();
    // One byte the other way: the connection is known to stand.
    client.write_all(b"x").await.unwrap();
    receive(&mut server, 1).await;
    proxy.cut();
    proxy.to_client().thaw();
    for end in [&mut client, &mut server] {
        let mut buffer = Vec::new();
        let ended = timeout(PATIENCE, end.read_to_end(&mut buffer))
            .await
            .unwrap();
        assert_eq!(ended.unwrap_err().kind(), ErrorKind::ConnectionReset);
        assert!(buffer.is_empty(), "discarded: {buffer:?}");
    }
}

#[tokio::test]
async fn the_byte_that_was_asked_for_is_changed() {
    let (proxy, mut client, mut server) = connected().await;
    proxy.to_server().flip_after(6);
    client.write_all(b"abcd").await.unwrap();
    assert_eq!(receive(&mut server, 4).await, b"abcd");
    client.write_all(b"efgh").await.unwrap();
    assert_eq!(
        receive(&mut server, 4).await,
        [b'e', b'f', b'g' ^ 0xff, b'h']
    );
}

#[tokio::test]
async fn a_connection_is_cut_after_so_many_bytes() {
    let (proxy, mut client, mut server) = connected().await;
    proxy.to_server().cut_after(3);
    client.write_all(b"abcd").await.unwrap();
    let mut buffer = Vec::new();
    timeout(PATIENCE, server.read_to_end(&mut buffer))
        .await
        .unwrap()
        .ok();
    assert!(b"abc".starts_with(&buffer[..]), "{buffer:?}");
    assert!(
        timeout(PATIENCE, client.read_to_end(&mut Vec::new()))
            .await
            .unwrap()
            .is_err()
    );
    assert_eq!(proxy.to_server().passed(), 3);
}

#[tokio::test]
async fn delay_and_rate_hold_up() {
    let (proxy, mut client, mut server) = connected().await;
    proxy.to_server().delay(Duration::from_millis(150));
    let before = Instant::now();
    client.write_all(b"a").await.unwrap();
    receive(&mut server, 1).await;
    assert!(before.elapsed() >= Duration::from_millis(150));
    proxy.to_server().delay(Duration::ZERO);
    proxy.to_server().rate(1000);
    let before = Instant::now();
    client.write_all(&[0; 200]).await.unwrap();
    receive(&mut server, 200).await;
    assert!(before.elapsed() >= Duration::from_millis(190));
}
