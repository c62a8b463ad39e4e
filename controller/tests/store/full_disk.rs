//! A file system without room.

use std::fs;
use std::path::Path;
use std::process::Command;

use wattle_controller::store::Embedded;
use wattle_controller::store::Store;
use wattle_controller::store::StoreError;

use crate::homes::options;
use crate::transactions::put;
use crate::transactions::write;
use crate::transactions::written;

/// A small file system of its own.
struct Mounted<'a>(&'a Path);

impl<'a> Mounted<'a> {
    fn new(at: &'a Path, size: &str) -> Result<Self, String> {
        let mut mount = Command::new("mount");
        mount
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"])
            .arg(at);
        match mount.output() {
            Ok(output) if output.status.success() => Ok(Self(at)),
            Ok(output) => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
            Err(error) => Err(error.to_string()),
        }
    }
}

impl Drop for Mounted<'_> {
    fn drop(&mut self) {
        // Nothing more can be done about it.
        let _ = Command::new("umount").arg("--lazy").arg(self.0).status();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_loses_nothing_and_can_be_emptied() {
    if !crate::skip::is_root() {
        skip!("needs root, to mount a small file system");
    }
    let dir = tempfile::tempdir().unwrap();
    let _mounted = match Mounted::new(dir.path(), "6m") {
        Ok(mounted) => mounted,
        Err(error) => skip!("cannot mount a tmpfs: {}", error.trim()),
    };
    let ballast = dir.path().join("ballast");
    fs::write(&ballast, vec![1; 2 << 20]).unwrap();
    let store = Embedded::open(&dir.path().join("store"), options())
        .await
        .unwrap();
    let start = store.list("").await.unwrap().revision;
    let mut watch = store.watch("", start).await.unwrap();
    let mut made = 0;
    for _ in 0..3 {
        made = fill(&store, made).await;
    }
    assert!(made > 0);
    let listing = store.list("").await.unwrap();
    assert_eq!(listing.entries.len(), made);
    fs::remove_file(&ballast).unwrap();
    store.check().await.unwrap();
    let more = fill(&store, made).await;
    assert!(more > made);
    let revision = store.list("").await.unwrap().revision;
    store.close().await;

    // Each was told once, and those that failed not at all.
    for n in 0..more {
        assert_eq!(watch.next().await.unwrap().changes[0].key, key(n));
    }
    let store = Embedded::open(&dir.path().join("store"), options())
        .await
        .unwrap();
    let listing = store.list("").await.unwrap();
    assert_eq!((listing.entries.len(), listing.revision), (more, revision));
    // Room is made by removing, too.
    for n in 0..more {
        written(&store, [crate::transactions::remove(&key(n))]).await;
    }
    fill(&store, 0).await;
}

fn key(n: usize) -> String {
    format!("{n:04}")
}

/// Writes until there is no room; says how many there are.
async fn fill(store: &dyn Store, from: usize) -> usize {
    let mut next = from;
    loop {
        match store.commit(write([put(&key(next), vec![7; 30_000])])).await {
            Ok(_) => next += 1,
            Err(error) => {
                assert!(matches!(error, StoreError::Unavailable { .. }), "{error}");
                assert!(error.to_string().contains("make room"), "{error}");
                let health = store.check().await;
                if let Err(error) = health {
                    assert!(matches!(error, StoreError::Unavailable { .. }), "{error}");
                }
                return next;
            }
        }
    }
}
