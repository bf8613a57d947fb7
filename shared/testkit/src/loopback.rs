//! Places on the loopback interface.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};

/// A port on the loopback interface that nobody listens on.
///
/// # Panics
/// If there is none.
#[must_use]
pub fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap()
}
