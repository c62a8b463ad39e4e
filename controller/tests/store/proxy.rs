//! A network that does what the test says, between a store and its etcd.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedReadHalf;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::sync::watch;
use tokio::task::JoinHandle;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Forward,
    /// Requests arrive, answers do not.
    LoseAnswers,
    /// Requests wait until the mode changes, even if the client has gone by then.
    HoldRequests,
    /// Nothing arrives anywhere, and what was sent is lost.
    Partition,
}

#[derive(Debug)]
pub(crate) struct Proxy {
    pub(crate) url: String,
    mode: watch::Sender<Mode>,
    counts: Arc<Counts>,
    task: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Counts {
    held: AtomicU64,
    answered: AtomicU64,
    /// Something was counted.
    changed: tokio::sync::Notify,
}

impl Proxy {
    pub(crate) async fn start(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (mode, modes) = watch::channel(Mode::Forward);
        let counts = Arc::new(Counts::default());
        let shared = Arc::clone(&counts);
        let task = tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(client, port, modes.clone(), Arc::clone(&shared)));
            }
        });
        Self {
            url,
            mode,
            counts,
            task,
        }
    }

    pub(crate) fn set(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }

    /// Waits until a request is held.
    pub(crate) async fn wait_for_held(&self) {
        self.wait_for(|counts| counts.held.load(Ordering::SeqCst) > 0)
            .await;
    }

    pub(crate) fn answered(&self) -> u64 {
        self.counts.answered.load(Ordering::SeqCst)
    }

    /// Waits until etcd has answered something more, whoever gets to see it.
    pub(crate) async fn wait_for_answer(&self, after: u64) {
        self.wait_for(|counts| counts.answered.load(Ordering::SeqCst) > after)
            .await;
    }

    async fn wait_for(&self, is_so: impl Fn(&Counts) -> bool) {
        loop {
            let changed = self.counts.changed.notified();
            if is_so(&self.counts) {
                return;
            }
            changed.await;
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(client: TcpStream, port: u16, modes: watch::Receiver<Mode>, counts: Arc<Counts>) {
    let Ok(server) = TcpStream::connect(("127.0.0.1", port)).await else {
        return;
    };
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let requests = requests(from_client, to_server, modes.clone(), Arc::clone(&counts));
    let answers = answers(from_server, to_client, modes, counts);
    tokio::join!(requests, answers);
}

async fn requests(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut modes: watch::Receiver<Mode>,
    counts: Arc<Counts>,
) {
    let mut buffer = vec![0; 1 << 16];
    let mut torn = false;
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        // A stream never goes on behind a gap.
        torn |= *modes.borrow() == Mode::Partition;
        if torn {
            continue;
        }
        if *modes.borrow() == Mode::HoldRequests {
            counts.held.fetch_add(1, Ordering::SeqCst);
            counts.changed.notify_waiters();
            let released = modes.wait_for(|mode| *mode != Mode::HoldRequests);
            if released.await.is_err() {
                return;
            }
        }
        if to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
    // Kept open until etcd has closed its side: a client that has gone does not take its requests with it.
    let _ = modes.wait_for(|_| false).await;
}

async fn answers(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    modes: watch::Receiver<Mode>,
    counts: Arc<Counts>,
) {
    let mut buffer = vec![0; 1 << 16];
    let mut torn = false;
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        counts.answered.fetch_add(1, Ordering::SeqCst);
        counts.changed.notify_waiters();
        torn |= matches!(*modes.borrow(), Mode::LoseAnswers | Mode::Partition);
        if !torn {
            // A client that has gone is no reason to stop reading.
            let _ = to.write_all(&buffer[..length]).await;
        }
    }
}
