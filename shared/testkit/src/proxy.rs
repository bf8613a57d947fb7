//! Faults on the wire: a TCP proxy that stands still, cuts, slows down and corrupts.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    task::JoinSet,
    time::sleep,
};

/// No byte is changed, no byte is the last.
const NEVER: i64 = -1;

/// One way through the proxy. What is set holds for the connections there are and for new ones.
#[derive(Debug)]
pub struct Direction {
    frozen: watch::Sender<bool>,
    delay_ms: AtomicU64,
    bytes_per_second: AtomicU64,
    flip_after: AtomicI64,
    cut_after: AtomicI64,
    passed: AtomicU64,
}

impl Default for Direction {
    fn default() -> Self {
        Self {
            frozen: watch::Sender::new(false),
            delay_ms: AtomicU64::new(0),
            bytes_per_second: AtomicU64::new(0),
            flip_after: AtomicI64::new(NEVER),
            cut_after: AtomicI64::new(NEVER),
            passed: AtomicU64::new(0),
        }
    }
}

impl Direction {
    /// Lets nothing through any more, and tells nobody.
    pub fn freeze(&self) {
        self.frozen.send_replace(true);
    }
    /// Lets through again, beginning with what was held up.
    pub fn thaw(&self) {
        self.frozen.send_replace(false);
    }
    /// Holds up each piece for this long.
    pub fn delay(&self, delay: Duration) {
        let delay_ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        self.delay_ms.store(delay_ms, Ordering::Relaxed);
    }
    /// Lets through so many bytes a second; 0 for no limit.
    pub fn rate(&self, bytes_per_second: u64) {
        self.bytes_per_second
            .store(bytes_per_second, Ordering::Relaxed);
    }
    /// Inverts the byte that follows so many more.
    pub fn flip_after(&self, bytes: u32) {
        self.flip_after.store(i64::from(bytes), Ordering::Relaxed);
    }
    /// Cuts the connection that carries so many more bytes.
    pub fn cut_after(&self, bytes: u32) {
        self.cut_after.store(i64::from(bytes), Ordering::Relaxed);
    }
    /// Bytes let through so far, over all connections.
    pub fn passed(&self) -> u64 {
        self.passed.load(Ordering::Relaxed)
    }

    /// Applies what is set to a piece; `false` if the connection ends after it.
    fn apply(&self, piece: &mut Vec<u8>) -> bool {
        let length = i64::try_from(piece.len()).unwrap_or(i64::MAX);
        let flip = self.flip_after.load(Ordering::Relaxed);
        if (0..length).contains(&flip) {
            piece[usize::try_from(flip).unwrap_or_default()] ^= 0xff;
            self.flip_after.store(NEVER, Ordering::Relaxed);
        } else if flip >= length {
            self.flip_after.store(flip - length, Ordering::Relaxed);
        }
        let cut = self.cut_after.load(Ordering::Relaxed);
        if (0..=length).contains(&cut) {
            piece.truncate(usize::try_from(cut).unwrap_or_default());
            self.cut_after.store(NEVER, Ordering::Relaxed);
            return false;
        }
        if cut > length {
            self.cut_after.store(cut - length, Ordering::Relaxed);
        }
        true
    }

    async fn hold_up(&self, bytes: usize) {
        sleep(Duration::from_millis(self.delay_ms.load(Ordering::Relaxed))).await;
        let rate = self.bytes_per_second.load(Ordering::Relaxed);
        if let Some(millis) = (bytes as u64 * 1000).checked_div(rate) {
            sleep(Duration::from_millis(millis)).await;
        }
        let mut frozen = self.frozen.subscribe();
        frozen.wait_for(|frozen| !frozen).await.ok();
    }
}

/// A proxy in front of one server. Ends with all its connections when dropped.
pub struct FaultProxy {
    address: SocketAddr,
    wire: Arc<Wire>,
    _tasks: JoinSet<()>,
}

struct Wire {
    upstream: SocketAddr,
    to_server: Direction,
    to_client: Direction,
    /// Counts cuts.
    cuts: watch::Sender<u64>,
}

impl FaultProxy {
    /// Listens on a free port of the loopback interface.
    pub async fn start(upstream: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let wire = Arc::new(Wire {
            upstream,
            to_server: Direction::default(),
            to_client: Direction::default(),
            cuts: watch::Sender::new(0),
        });
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, wire.clone()));
        Self {
            address,
            wire,
            _tasks: tasks,
        }
    }

    /// Where clients connect to.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
    /// From clients to the server.
    #[must_use]
    pub fn to_server(&self) -> &Direction {
        &self.wire.to_server
    }
    /// From the server to clients.
    #[must_use]
    pub fn to_client(&self) -> &Direction {
        &self.wire.to_client
    }
    /// Cuts every connection there is, as a reset, and discards what was held up.
    pub fn cut(&self) {
        self.wire.cuts.send_modify(|cuts| *cuts += 1);
    }
    /// Freezes both directions: a black hole.
    pub fn freeze(&self) {
        self.to_server().freeze();
        self.to_client().freeze();
    }
    /// Ends what [`FaultProxy::freeze`] began.
    pub fn thaw(&self) {
        self.to_server().thaw();
        self.to_client().thaw();
    }
}

async fn accept(listener: TcpListener, wire: Arc<Wire>) {
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        connections.spawn(carry(client, wire.clone()));
        while connections.try_join_next().is_some() {}
    }
}

async fn carry(client: TcpStream, wire: Arc<Wire>) {
    let cuts = wire.cuts.subscribe();
    let mut next_cut = cuts.clone();
    let Ok(server) = TcpStream::connect(wire.upstream).await else {
        return;
    };
    client.set_nodelay(true).ok();
    server.set_nodelay(true).ok();
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let both = async {
        tokio::try_join!(
            pump(
                &mut from_client,
                &mut to_server,
                &wire.to_server,
                cuts.clone()
            ),
            pump(
                &mut from_server,
                &mut to_client,
                &wire.to_client,
                cuts.clone()
            ),
        )
    };
    let cut = tokio::select! {
        biased;
        _ = next_cut.changed() => true,
        ended = both => ended.is_err(),
    };
    if cut {
        // With nothing left to linger for, closing is a reset and what is buffered is lost.
        for socket in [to_client.as_ref(), to_server.as_ref()] {
            socket.set_zero_linger().ok();
        }
        // Dropped as they are, they would say goodbye first.
        to_client.forget();
        to_server.forget();
    }
}

/// The connection is to be cut.
struct Cut;

/// Carries one direction to its end.
async fn pump(
    from: &mut OwnedReadHalf,
    to: &mut OwnedWriteHalf,
    direction: &Direction,
    cuts: watch::Receiver<u64>,
) -> Result<(), Cut> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let read = from.read(&mut buffer).await.unwrap_or_default();
        if read == 0 {
            to.shutdown().await.ok();
            return Ok(());
        }
        let mut piece = buffer[..read].to_vec();
        direction.hold_up(read).await;
        // Cut first and thawed afterwards: what was held up is lost, not late.
        if cuts.has_changed().unwrap_or(true) {
            return Err(Cut);
        }
        let goes_on = direction.apply(&mut piece);
        if to.write_all(&piece).await.is_err() {
            return Ok(());
        }
        direction
            .passed
            .fetch_add(piece.len() as u64, Ordering::Relaxed);
        if !goes_on {
            return Err(Cut);
        }
    }
}
