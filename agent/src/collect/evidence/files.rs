//! Files below the host's root, read without trust.

use std::fs::File;
use std::io::Read;
use std::path::Component;
use std::path::Path;
use std::path::PathBuf;

use nix::errno::Errno;
use nix::fcntl::AT_FDCWD;
use nix::fcntl::OFlag;
use nix::fcntl::OpenHow;
use nix::fcntl::ResolveFlag;
use nix::fcntl::openat2;

/// How many names in a directory are looked at.
const MOST_NAMES: usize = 20_000;

/// The host's files.
#[derive(Debug)]
pub(super) struct Files<'r> {
    root: &'r Path,
}

impl<'r> Files<'r> {
    pub(super) fn new(root: &'r Path) -> Self {
        Self { root }
    }

    /// The text of a file, with what is not UTF-8 replaced.
    pub(super) fn text(&self, parts: &[&str], limit: u64) -> Option<String> {
        self.bytes(parts, limit)
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    /// A regular file of up to `limit` bytes. The last of `parts` may be any text: one that is no plain name has no file.
    pub(super) fn bytes(&self, parts: &[&str], limit: u64) -> Option<Vec<u8>> {
        let mut file = self.open(&relative(parts)?)?;
        let metadata = file.metadata().ok()?;
        if !metadata.is_file() || metadata.len() > limit {
            return None;
        }
        let mut bytes = Vec::new();
        Read::by_ref(&mut file).take(limit).read_to_end(&mut bytes).ok()?;
        Some(bytes)
    }

    /// The first name in a directory that `choose` makes something of.
    pub(super) fn find<T>(&self, dir: &str, choose: impl Fn(&str) -> Option<T>) -> Option<T> {
        let entries = std::fs::read_dir(self.root.join(dir)).ok()?;
        entries
            .take(MOST_NAMES)
            .flatten()
            .find_map(|entry| choose(entry.file_name().to_str()?))
    }

    /// Symbolic links are followed within the root only: openat2(2). A pipe does not make the reader wait.
    fn open(&self, path: &Path) -> Option<File> {
        let flags = OFlag::O_RDONLY | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK | OFlag::O_NOCTTY;
        let root = File::open(self.root).ok()?;
        let how = OpenHow::new()
            .flags(flags)
            .resolve(ResolveFlag::RESOLVE_IN_ROOT | ResolveFlag::RESOLVE_NO_MAGICLINKS);
        match openat2(&root, path, how) {
            Ok(file) => Some(file.into()),
            // Before Linux 5.6, or where a filter of system calls does not know it.
            Err(Errno::ENOSYS | Errno::EPERM) => {
                let flags = flags | OFlag::O_NOFOLLOW;
                let mode = nix::sys::stat::Mode::empty();
                let file = nix::fcntl::openat(AT_FDCWD, &self.root.join(path), flags, mode);
                file.ok().map(File::from)
            }
            Err(_) => None,
        }
    }
}

/// The parts as one relative path, if none but the first, which is the agent's own word, has more than one component.
fn relative(parts: &[&str]) -> Option<PathBuf> {
    let (dir, names) = parts.split_first()?;
    let mut path = PathBuf::from(dir);
    for name in names {
        let mut components = Path::new(name).components();
        match (components.next(), components.next()) {
            (Some(Component::Normal(plain)), None) if plain == std::ffi::OsStr::new(name) => path.push(plain),
            _ => return None,
        }
    }
    Some(path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn names_that_lead_elsewhere_have_no_file() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("run/x")).unwrap();
        std::fs::write(dir.path().join("run/x/a"), "one").unwrap();
        std::fs::write(dir.path().join("run/b"), "two").unwrap();
        let files = Files::new(dir.path());
        assert_eq!(files.text(&["run/x", "a"], 9).as_deref(), Some("one"));
        assert_eq!(files.text(&["run/x", "a"], 2), None);
        for name in [
            "../b",
            "..",
            ".",
            "",
            "/run/b",
            "a/",
            "x/../a",
            "a\0",
            &"a".repeat(10_000),
        ] {
            assert_eq!(files.text(&["run/x", name], 9), None, "{name:?}");
        }
    }

    #[test]
    fn links_are_followed_within_the_root_and_pipes_are_not_read() {
        let outside = tempfile::tempdir().unwrap();
        std::fs::write(outside.path().join("secret"), "secret").unwrap();
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("inside"), "inside").unwrap();
        symlink(outside.path().join("secret"), dir.path().join("out")).unwrap();
        symlink("/inside", dir.path().join("in")).unwrap();
        nix::unistd::mkfifo(&dir.path().join("pipe"), nix::sys::stat::Mode::S_IRWXU).unwrap();
        let files = Files::new(dir.path());
        assert_eq!(files.text(&["out"], 99), None);
        assert_eq!(files.text(&["pipe"], 99), None);
        match files.text(&["in"], 99) {
            Some(text) => assert_eq!(text, "inside"),
            None => println!("not tested: no openat2 here"),
        }
    }
}
