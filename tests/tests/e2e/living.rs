//! A made-up host that lives beside the test.

use std::path::Path;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::sync::mpsc::RecvTimeoutError;
use std::sync::mpsc::Sender;
use std::thread::JoinHandle;
use std::time::Duration;

use tempfile::TempDir;
use wattle_tests::fakehost::Host;
use wattle_tests::fakehost::Spec;
use wattle_tests::fakehost::Truth;

const STEP: Duration = Duration::from_millis(50);

/// A host that lives in real time until it is dropped.
#[derive(Debug)]
pub(crate) struct Living {
    dir: TempDir,
    host: Arc<Mutex<Host>>,
    held: Arc<AtomicBool>,
    end: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Living {
    /// A host in which nothing happens yet.
    pub(crate) fn held(spec: Spec) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let host = Arc::new(Mutex::new(Host::create(dir.path(), spec).unwrap()));
        let held = Arc::new(AtomicBool::new(true));
        let (sender, receiver) = mpsc::channel();
        let (lives, is_held) = (host.clone(), held.clone());
        let thread = std::thread::spawn(move || {
            while receiver.recv_timeout(STEP) == Err(RecvTimeoutError::Timeout) {
                if !is_held.load(Ordering::SeqCst) {
                    lives.lock().unwrap().step(STEP).unwrap();
                }
            }
        });
        let end = Some((sender, thread));
        Self { dir, host, held, end }
    }

    /// A host in which something happens.
    pub(crate) fn start(spec: Spec) -> Self {
        let host = Self::held(spec);
        host.let_go();
        host
    }

    /// Its time stands still from now on.
    pub(crate) fn hold(&self) {
        self.held.store(true, Ordering::SeqCst);
        // A step that is under way ends before the lock is given.
        drop(self.host.lock().unwrap());
    }

    pub(crate) fn let_go(&self) {
        self.held.store(false, Ordering::SeqCst);
    }

    /// Makes something go wrong, in the words of the `fakehost` command.
    pub(crate) fn apply(&self, fault: &str) {
        self.host.lock().unwrap().apply(&fault.parse().unwrap()).unwrap();
    }

    pub(crate) fn truth(&self) -> Truth {
        self.host.lock().unwrap().truth()
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// The flags that make an agent read it, then `more`.
    pub(crate) fn flags(&self, more: &[&str]) -> Vec<String> {
        flags(self.path(), more)
    }
}

impl Drop for Living {
    fn drop(&mut self) {
        let (sender, thread) = self.end.take().unwrap();
        drop(sender);
        // It has panicked only if the test fails anyway.
        let _ = thread.join();
    }
}

/// The flags that make an agent read the host below `root`, then `more`.
pub(crate) fn flags(root: &Path, more: &[&str]) -> Vec<String> {
    let root = root.to_str().unwrap();
    [
        ("--path.procfs", "/proc"),
        ("--path.sysfs", "/sys"),
        ("--path.cgroup", "/sys/fs/cgroup"),
        ("--path.rootfs", ""),
    ]
    .iter()
    .flat_map(|(flag, below)| [(*flag).to_owned(), format!("{root}{below}")])
    .chain(more.iter().map(|&flag| flag.to_owned()))
    .collect()
}
