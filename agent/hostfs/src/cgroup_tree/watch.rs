//! Word of what comes and goes in directories, so that they need not be listed: inotify(7).
//!
//! The kernel sends it for cgroups of both versions as for any directory. It is a shortcut and nothing to rely on: there
//! is a limit to the watches of a user and one to the events in a queue, and a file system may send none at all.

use std::collections::HashMap;
use std::fmt;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::inotify;
use rustix::fs::inotify::CreateFlags;
use rustix::fs::inotify::ReadFlags;
use rustix::fs::inotify::WatchFlags;

/// Directories that are watched at most; each costs the kernel about a kilobyte.
const MOST: usize = 16_384;
/// Enough for a hundred events at once.
const BUFFER: usize = 8 << 10;

/// What the kernel had to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// Something came or went in the directory with this key.
    Changed(u64),
    /// The directory with this key is watched no longer.
    Ended(u64),
    /// Some words were lost.
    Lost,
}

/// Directories, by the caller's keys, that the kernel speaks of.
pub(super) struct Watches {
    queue: Option<OwnedFd>,
    keys: HashMap<i32, u64>,
    buffer: Box<[MaybeUninit<u8>]>,
}

impl fmt::Debug for Watches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watches")
            .field("queue", &self.queue)
            .field("watched", &self.keys.len())
            .finish_non_exhaustive()
    }
}

impl Watches {
    /// Without a queue to be had, nothing can be watched.
    pub(super) fn new() -> Self {
        Self {
            queue: inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC).ok(),
            keys: HashMap::new(),
            buffer: vec![MaybeUninit::uninit(); BUFFER].into(),
        }
    }

    /// None of the directories is watched any more, nor will any be.
    pub(super) fn give_up(&mut self) {
        self.queue = None;
        self.keys = HashMap::new();
    }

    /// Watches a directory from now on; what is in it already has to be listed. `None` where that cannot be.
    pub(super) fn add(&mut self, dir: &Path, key: u64) -> Option<i32> {
        let queue = self.queue.as_ref().filter(|_| self.keys.len() < MOST)?;
        let events = WatchFlags::CREATE | WatchFlags::DELETE | WatchFlags::MOVE;
        let watch = inotify::add_watch(queue, dir, events | WatchFlags::ONLYDIR).ok()?;
        self.keys.insert(watch, key);
        Some(watch)
    }

    /// Ends a watch. That of a removed directory has ended by itself.
    pub(super) fn remove(&mut self, watch: i32) {
        if let (Some(queue), Some(_)) = (&self.queue, self.keys.remove(&watch)) {
            let _ = inotify::remove_watch(queue, watch);
        }
    }

    /// Takes all words that there are, without waiting for any.
    pub(super) fn drain(&mut self, mut each: impl FnMut(Word)) {
        let Some(queue) = &self.queue else { return };
        let mut reader = inotify::Reader::new(queue, &mut self.buffer);
        // It ends when there are no more for now, or with an error that will be there at the next tick too.
        while let Ok(event) = reader.next() {
            let watch = event.wd();
            if event.events().contains(ReadFlags::QUEUE_OVERFLOW) {
                each(Word::Lost);
            } else if event.events().contains(ReadFlags::IGNORED) {
                self.keys
                    .remove(&watch)
                    .map(Word::Ended)
                    .into_iter()
                    .for_each(&mut each);
            } else if let Some(&key) = self.keys.get(&watch) {
                each(Word::Changed(key));
            }
        }
    }

    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.keys.len()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn words(watches: &mut Watches) -> Vec<Word> {
        let mut words = Vec::new();
        watches.drain(|word| words.push(word));
        words.dedup();
        words
    }

    #[test]
    fn what_comes_and_goes_is_told_and_the_end_of_the_directory_too() {
        let tree = tempfile::tempdir().unwrap();
        let dir = tree.path().join("dir");
        fs::create_dir(&dir).unwrap();
        let mut watches = Watches::new();
        if watches.add(&dir, 7).is_none() {
            eprintln!("skipped: no inotify here");
            return;
        }
        assert_eq!(words(&mut watches), []);
        fs::create_dir(dir.join("a")).unwrap();
        assert_eq!(words(&mut watches), [Word::Changed(7)]);
        fs::rename(dir.join("a"), dir.join("b")).unwrap();
        assert_eq!(words(&mut watches), [Word::Changed(7)]);
        fs::remove_dir(dir.join("b")).unwrap();
        fs::remove_dir(&dir).unwrap();
        assert_eq!(words(&mut watches), [Word::Changed(7), Word::Ended(7)]);
        assert_eq!(watches.count(), 0);
    }

    #[test]
    fn a_watch_that_was_ended_tells_nothing_more() {
        let tree = tempfile::tempdir().unwrap();
        let mut watches = Watches::new();
        let Some(watch) = watches.add(tree.path(), 1) else {
            eprintln!("skipped: no inotify here");
            return;
        };
        watches.remove(watch);
        fs::create_dir(tree.path().join("a")).unwrap();
        assert_eq!(words(&mut watches), []);
        watches.give_up();
        assert_eq!(watches.add(tree.path(), 1), None);
    }

    #[test]
    fn more_events_than_the_queue_holds_are_told_as_lost() {
        let most = fs::read_to_string("/proc/sys/fs/inotify/max_queued_events");
        let Some(most) = most
            .ok()
            .and_then(|text| text.trim().parse::<usize>().ok())
            .filter(|&most| most <= 1 << 16)
        else {
            eprintln!("skipped: the queue is too long to fill");
            return;
        };
        let tree = tempfile::tempdir().unwrap();
        let mut watches = Watches::new();
        if watches.add(tree.path(), 1).is_none() {
            eprintln!("skipped: no inotify here");
            return;
        }
        for turn in 0..=most / 2 {
            let name = tree.path().join((turn % 2).to_string());
            fs::create_dir(&name).unwrap();
            fs::remove_dir(&name).unwrap();
        }
        assert!(words(&mut watches).contains(&Word::Lost));
    }
}
