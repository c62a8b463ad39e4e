use std::ffi::OsStr;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::SocketAddr;
use std::os::unix::net::UnixDatagram;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;

use crate::manager::Condition;
use crate::manager::Manager;
use crate::repeats::Repeats;

/// What a manager has heard since it was asked last.
fn heard(socket: &UnixDatagram) -> Vec<String> {
    socket.set_nonblocking(true).unwrap();
    let mut heard = Vec::new();
    let mut buffer = [0; 512];
    while let Ok(length) = socket.recv(&mut buffer) {
        heard.push(String::from_utf8(buffer[..length].to_vec()).unwrap());
    }
    heard
}

#[test]
fn the_manager_is_found_by_path_and_by_abstract_name() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("notify");
    let by_path = UnixDatagram::bind(&path).unwrap();
    let name = format!("wattle-daemon-{}", std::process::id());
    let by_name = UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
    for (socket, address) in [
        (by_path, path.into_os_string()),
        (by_name, format!("@{name}").into()),
    ] {
        let manager = Manager::at(&address, None).unwrap();
        manager.stopping();
        assert_eq!(heard(&socket), ["STOPPING=1\nSTATUS=ending"]);
        manager.reloading();
        let told = heard(&socket).concat();
        let (word, since) = told.split_once("\nMONOTONIC_USEC=").unwrap();
        assert_eq!(word, "RELOADING=1");
        assert!(since.parse::<u64>().unwrap() > 0);
    }
    assert!(Manager::at(OsStr::new("vsock:2:1"), None).is_err());
}

#[test]
fn a_manager_that_is_gone_or_never_was_disturbs_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let manager = Manager::at(dir.path().join("nobody").as_os_str(), None).unwrap();
    manager.stopping();
    Manager::default().stopping();
}

#[tokio::test(start_paused = true)]
async fn the_watchdog_is_fed_only_while_the_service_is_well() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    let manager = Manager::at(path.as_os_str(), Some(Duration::from_secs(30))).unwrap();
    let now = Arc::new(Mutex::new(Condition::Starting));
    let asked = Arc::clone(&now);
    tokio::spawn(async move { manager.attend("serving", || asked.lock().unwrap().clone()).await });
    let set = |condition| *now.lock().unwrap() = condition;
    let pass = |seconds| tokio::time::sleep(Duration::from_secs(seconds));

    pass(60).await;
    assert_eq!(heard(&socket), [""; 0], "not ready, and nothing is said");
    set(Condition::Well);
    pass(1).await;
    assert_eq!(heard(&socket), ["READY=1\nSTATUS=serving"]);
    pass(30).await;
    assert_eq!(heard(&socket), ["WATCHDOG=1"; 3]);
    set(Condition::Ill("the last tick\nwas 31 s ago".to_owned()));
    pass(20).await;
    assert_eq!(heard(&socket), ["STATUS=not well: the last tick was 31 s ago"; 2]);
    set(Condition::Well);
    pass(20).await;
    assert_eq!(heard(&socket), ["WATCHDOG=1\nSTATUS=serving", "WATCHDOG=1"]);
}

static SECONDS: AtomicU64 = AtomicU64::new(0);
static LINES: AtomicUsize = AtomicUsize::new(0);
static TOLD: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// Counts lines and keeps them.
struct Counting;

impl std::io::Write for Counting {
    fn write(&mut self, text: &[u8]) -> std::io::Result<usize> {
        LINES.fetch_add(1, Ordering::Relaxed);
        TOLD.lock().unwrap().extend(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn what_is_said_again_and_again_is_counted_instead() {
    let clock = || Duration::from_secs(SECONDS.load(Ordering::Relaxed));
    let layer = fmt::layer().with_ansi(false).with_writer(|| Counting);
    let subscriber = tracing_subscriber::registry()
        .with(Repeats::new(clock))
        .with(layer);
    let lines = || LINES.swap(0, Ordering::Relaxed);
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let complain = |peer: u32| tracing::warn!(peer, "no answer");

    (0..100).for_each(|_| complain(1));
    assert_eq!(lines(), 5, "the same words and fields");
    (2..6).for_each(complain);
    assert_eq!(lines(), 4, "other fields are something else");
    (6..500).for_each(complain);
    assert!(lines() <= 60, "unless there are too many of them");
    tracing::warn!("a different matter");
    assert_eq!(lines(), 1);

    SECONDS.store(61, Ordering::Relaxed);
    TOLD.lock().unwrap().clear();
    complain(1);
    let told = String::from_utf8(TOLD.lock().unwrap().clone()).unwrap();
    assert_eq!(lines(), 2, "{told}");
    assert!(told.contains("held=95") && told.contains("peer=1"), "{told}");
    complain(1);
    assert_eq!(lines(), 1, "and it may be said again");
}
