//! The defences, felt from inside. One test alone in its program, because it cannot be undone.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods
)]

use nix::{
    sys::{
        resource::{Resource, setrlimit},
        signal::kill,
    },
    unistd::getppid,
};
use std::{
    fs::{self, File},
    net::{TcpListener, TcpStream, UdpSocket},
    os::unix::net::{UnixDatagram, UnixListener, UnixStream},
    process::Command,
    thread,
};

#[test]
fn a_confined_process_can_compute_and_nothing_else() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let existing = folder.path().join("existing");
    fs::write(&existing, b"before").unwrap();
    assert!(TcpStream::connect(address).is_ok());

    let confinement = decoder::confine::confine();
    assert!(confinement.system_calls, "{confinement:?}");

    assert!(TcpStream::connect(address).is_err(), "connect");
    assert!(TcpListener::bind("127.0.0.1:0").is_err(), "listen");
    assert!(UdpSocket::bind("127.0.0.1:0").is_err(), "datagrams");
    assert!(UnixDatagram::unbound().is_err(), "any socket at all");
    assert!(
        UnixListener::bind(folder.path().join("socket")).is_err(),
        "local listener"
    );
    assert!(listener.accept().is_err(), "accept");
    assert!(Command::new("/bin/true").status().is_err(), "a program");
    assert!(kill(getppid(), None).is_err(), "a signal");
    assert!(
        File::create(folder.path().join("new")).is_err(),
        "a new file"
    );
    assert!(
        File::options().append(true).open(&existing).is_err(),
        "an existing file"
    );
    assert!(fs::remove_file(&existing).is_err(), "removal");
    assert!(
        fs::rename(&existing, folder.path().join("moved")).is_err(),
        "renaming"
    );
    assert!(
        setrlimit(Resource::RLIMIT_NOFILE, 100, 100).is_err(),
        "limits"
    );
    if confinement.file_system {
        assert!(fs::read(&existing).is_err(), "reading");
        assert!(fs::read("/etc/passwd").is_err(), "reading");
        assert!(fs::read_dir("/").is_err(), "listing");
    }

    // What decoding needs still works.
    assert_eq!(thread::spawn(|| 6 * 7).join().unwrap(), 42);
    assert!(UnixStream::pair().is_ok());
    assert_eq!(
        vec![7_u8; 50_000_000]
            .iter()
            .map(|b| u64::from(*b))
            .sum::<u64>(),
        350_000_000
    );
}
