//! The directory that a made-up host is written into.
//!
//! An agent keeps descriptors open and reads again from offset 0, so a file is rewritten in place: the same inode, the whole
//! text in one write. The length changes only by line ends at the end of the text, added before and cut off after that write;
//! a reader that comes between sees a whole text, old or new, with nothing worse than empty lines behind it.
//!
//! What no plain file can do: after a process or cgroup has gone, the kernel answers `ESRCH` or `ENODEV` on a kept
//! descriptor. Here such a descriptor reads as empty, because a file is emptied before it is removed.

use std::collections::BTreeMap;
use std::fs;
use std::fs::File;
use std::fs::OpenOptions;
use std::io;
use std::io::ErrorKind;
use std::os::unix::fs::FileExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::path::PathBuf;

use anyhow::Context;
use anyhow::Result;

/// How a path misbehaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Mask {
    /// It is not there.
    Hidden,
    /// It keeps saying what it said.
    Frozen,
    /// It says this instead.
    Garbled(Vec<u8>),
    /// Nobody may read it. Root may all the same.
    Denied,
}

/// What a path should be.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Entry {
    File(Vec<u8>),
    Link(String),
}

/// A written tree: what every path should say, what hides it, and the directory on disk.
#[derive(Debug)]
pub(super) struct Tree {
    root: PathBuf,
    entries: BTreeMap<String, Entry>,
    masks: BTreeMap<String, Mask>,
}

impl Tree {
    /// An empty tree in `root`, which is made if it is not there.
    pub(super) fn create(root: &Path) -> Result<Self> {
        fs::create_dir_all(root).with_context(|| format!("cannot make {}", root.display()))?;
        Ok(Self {
            root: root.to_path_buf(),
            entries: BTreeMap::new(),
            masks: BTreeMap::new(),
        })
    }

    /// Makes the file at `path` say `text`; without a system call where it does already.
    pub(super) fn put(&mut self, path: &str, text: &[u8]) -> Result<()> {
        let old = match self.entries.get_mut(path) {
            Some(Entry::File(held)) if held == text => return Ok(()),
            Some(Entry::File(held)) => {
                let old = held.len();
                held.clear();
                held.extend_from_slice(text);
                Some(old)
            }
            Some(Entry::Link(_)) | None => {
                self.entries.insert(path.to_owned(), Entry::File(text.to_vec()));
                None
            }
        };
        if self.mask(path).is_some() {
            return Ok(());
        }
        match old {
            Some(old) => rewrite(&self.root.join(path), text, old),
            None => create(&self.root.join(path), text),
        }
    }

    /// Makes `path` a symbolic link to `target`.
    pub(super) fn link(&mut self, path: &str, target: &str) -> Result<()> {
        let entry = Entry::Link(target.to_owned());
        if self.entries.get(path) == Some(&entry) {
            return Ok(());
        }
        self.entries.insert(path.to_owned(), entry);
        if self.mask(path).is_some() {
            Ok(())
        } else {
            self.write_out(path)
        }
    }

    /// Makes a directory that nothing need be in.
    pub(super) fn directory(&self, path: &str) -> Result<()> {
        let path = self.root.join(path);
        fs::create_dir_all(&path).with_context(|| format!("cannot make {}", path.display()))
    }

    /// Forgets `path` and all below it, and any fault there.
    pub(super) fn remove(&mut self, path: &str) -> Result<()> {
        self.erase(path)?;
        for below in self.below(path) {
            self.entries.remove(&below);
        }
        self.masks.retain(|masked, _| !covers(path, masked));
        Ok(())
    }

    /// Makes `path` and all below it misbehave until it is healed.
    pub(super) fn spoil(&mut self, path: &str, mask: Mask) -> Result<()> {
        if mask == Mask::Hidden {
            self.erase(path)?;
        }
        for file in self.below(path) {
            let full = self.root.join(&file);
            match (&mask, self.entries.get(&file)) {
                (Mask::Garbled(text), Some(Entry::File(_))) => overwrite(&full, text)?,
                (Mask::Denied, Some(Entry::File(_))) => set_mode(&full, 0)?,
                _ => {}
            }
        }
        self.masks.insert(path.to_owned(), mask);
        Ok(())
    }

    /// Makes `path` and all below it say what they should.
    pub(super) fn heal(&mut self, path: &str) -> Result<()> {
        self.masks.retain(|masked, _| !covers(path, masked));
        for file in self.below(path) {
            self.write_out(&file)?;
        }
        Ok(())
    }

    /// Which paths are known to be files or links at `path` or below it.
    pub(super) fn below(&self, path: &str) -> Vec<String> {
        let from = self.entries.range(path.to_owned()..);
        // Names that merely begin alike, as `intel-rapl:0` and `intel-rapl:0:0`, may stand in between.
        let alike = from.map(|(key, _)| key).take_while(|key| key.starts_with(path));
        alike.filter(|key| covers(path, key)).cloned().collect()
    }

    fn mask(&self, path: &str) -> Option<&Mask> {
        self.masks
            .iter()
            .find(|(masked, _)| covers(masked, path))
            .map(|(_, mask)| mask)
    }

    fn write_out(&self, path: &str) -> Result<()> {
        let full = self.root.join(path);
        match self.entries.get(path) {
            Some(Entry::Link(target)) => relink(&full, target),
            Some(Entry::File(text)) if full.exists() => {
                set_mode(&full, 0o644)?;
                overwrite(&full, text)
            }
            Some(Entry::File(text)) => create(&full, text),
            None => Ok(()),
        }
    }

    fn erase(&self, path: &str) -> Result<()> {
        for file in self.below(path) {
            if let (Some(Entry::File(_)), Ok(open)) = (
                self.entries.get(&file),
                OpenOptions::new().write(true).open(self.root.join(&file)),
            ) {
                open.set_len(0).with_context(|| format!("cannot empty {file}"))?;
            }
        }
        let full = self.root.join(path);
        let erased = match fs::symlink_metadata(&full) {
            Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(&full),
            Ok(_) => fs::remove_file(&full),
            Err(error) => Err(error),
        };
        match erased {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(error).with_context(|| format!("cannot remove {}", full.display()))
            }
            _ => Ok(()),
        }
    }
}

/// Whether `path` is `above` or below it.
fn covers(above: &str, path: &str) -> bool {
    path.strip_prefix(above)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn create(path: &Path, text: &[u8]) -> Result<()> {
    let made = File::create(path).or_else(|error| {
        if error.kind() == ErrorKind::NotFound
            && let Some(parent) = path.parent()
        {
            fs::create_dir_all(parent)?;
            return File::create(path);
        }
        Err(error)
    });
    let written = made.and_then(|file| file.write_all_at(text, 0));
    written.with_context(|| format!("cannot write {}", path.display()))
}

fn overwrite(path: &Path, text: &[u8]) -> Result<()> {
    let old = fs::metadata(path)
        .with_context(|| format!("cannot read {}", path.display()))?
        .len();
    rewrite(path, text, usize::try_from(old).unwrap_or(usize::MAX))
}

/// Writes over a file that holds `old` bytes.
fn rewrite(path: &Path, text: &[u8], old: usize) -> Result<()> {
    let write = || -> io::Result<()> {
        let file = OpenOptions::new().write(true).open(path)?;
        if text.len() > old {
            file.write_all_at(&vec![b'\n'; text.len() - old], old as u64)?;
        }
        if text.len() >= old {
            return file.write_all_at(text, 0);
        }
        let mut padded = text.to_vec();
        padded.resize(old, b'\n');
        file.write_all_at(&padded, 0)?;
        file.set_len(text.len() as u64)
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

fn relink(path: &Path, target: &str) -> Result<()> {
    let make = || -> io::Result<()> {
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        match fs::remove_file(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => symlink(target, path),
        }
    };
    make().with_context(|| format!("cannot link {}", path.display()))
}

fn set_mode(path: &Path, mode: u32) -> Result<()> {
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
        .with_context(|| format!("cannot change the mode of {}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn tree() -> (tempfile::TempDir, Tree) {
        let dir = tempfile::tempdir().unwrap();
        let tree = Tree::create(dir.path()).unwrap();
        (dir, tree)
    }

    fn read(dir: &tempfile::TempDir, path: &str) -> String {
        fs::read_to_string(dir.path().join(path)).unwrap()
    }

    #[test]
    fn a_file_keeps_its_inode_while_its_text_grows_and_shrinks() {
        let (dir, mut tree) = tree();
        tree.put("a/b", b"12\n").unwrap();
        let kept = File::open(dir.path().join("a/b")).unwrap();
        for text in ["12345\n", "1\n", "", "123\n"] {
            tree.put("a/b", text.as_bytes()).unwrap();
            let mut buffer = [0; 16];
            let count = kept.read_at(&mut buffer, 0).unwrap();
            assert_eq!(&buffer[..count], text.as_bytes());
        }
    }

    #[test]
    fn a_kept_descriptor_of_what_is_gone_reads_as_empty() {
        let (dir, mut tree) = tree();
        tree.put("proc/7/stat", b"7 (a) S\n").unwrap();
        let mut kept = File::open(dir.path().join("proc/7/stat")).unwrap();
        tree.remove("proc/7").unwrap();
        let mut text = String::new();
        kept.read_to_string(&mut text).unwrap();
        assert_eq!(text, "");
        assert!(!dir.path().join("proc/7").exists());
    }

    #[test]
    fn what_was_hidden_comes_back_with_what_it_should_say_by_now() {
        let (dir, mut tree) = tree();
        tree.put("zone:0/energy", b"1\n").unwrap();
        tree.put("zone:0/name", b"package-0\n").unwrap();
        tree.put("zone:0:0/name", b"core\n").unwrap();
        tree.spoil("zone:0", Mask::Hidden).unwrap();
        tree.put("zone:0/energy", b"2\n").unwrap();
        assert!(!dir.path().join("zone:0").exists());
        assert_eq!(read(&dir, "zone:0:0/name"), "core\n");
        tree.heal("zone:0").unwrap();
        assert_eq!(
            (read(&dir, "zone:0/energy"), read(&dir, "zone:0/name")),
            ("2\n".into(), "package-0\n".into())
        );
    }

    #[test]
    fn garbage_and_stuck_values_last_until_they_are_healed() {
        for (mask, shown) in [
            (Mask::Garbled(b"?\xff".to_vec()), &b"?\xff"[..]),
            (Mask::Frozen, b"1\n"),
        ] {
            let (dir, mut tree) = tree();
            tree.put("energy", b"1\n").unwrap();
            tree.spoil("energy", mask).unwrap();
            tree.put("energy", b"22\n").unwrap();
            assert_eq!(fs::read(dir.path().join("energy")).unwrap(), shown);
            tree.heal("energy").unwrap();
            assert_eq!(read(&dir, "energy"), "22\n");
        }
    }

    #[test]
    fn what_may_not_be_read_has_no_mode_bits_until_it_is_healed() {
        let (dir, mut tree) = tree();
        let mode = || {
            fs::metadata(dir.path().join("energy"))
                .unwrap()
                .permissions()
                .mode()
                & 0o777
        };
        tree.put("energy", b"1\n").unwrap();
        tree.spoil("energy", Mask::Denied).unwrap();
        tree.put("energy", b"2\n").unwrap();
        assert_eq!(mode(), 0);
        tree.heal("energy").unwrap();
        assert_eq!((mode(), read(&dir, "energy")), (0o644, "2\n".into()));
    }
}
