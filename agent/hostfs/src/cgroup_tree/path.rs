//! Where a cgroup stands below the root of its hierarchy.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::path::PathBuf;

use crate::hierarchies::Hierarchy;

/// The path of a cgroup, the same in every hierarchy.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CgroupPath {
    relative: Box<Path>,
    text: Box<str>,
}

impl CgroupPath {
    pub(super) fn root() -> Self {
        Self {
            relative: Path::new("").into(),
            text: "/".into(),
        }
    }

    pub(super) fn join(&self, name: &OsStr) -> Self {
        let relative = self.relative.join(name);
        let text = format!("/{}", relative.to_string_lossy()).into();
        Self {
            relative: relative.into(),
            text,
        }
    }

    /// From the root on, as in `/system.slice/a.service`, with what is not UTF-8 replaced.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The last part; of the root, nothing.
    pub fn name(&self) -> &str {
        self.text.rsplit('/').next().unwrap_or_default()
    }

    /// The bytes that the file system knows, without a leading slash.
    pub fn as_bytes(&self) -> &[u8] {
        self.relative.as_os_str().as_bytes()
    }

    /// The same as a path.
    pub fn relative(&self) -> &Path {
        &self.relative
    }

    pub(super) fn file_name(&self) -> &OsStr {
        self.relative.file_name().unwrap_or_default()
    }

    /// One of its files, put together in `buffer`.
    pub(super) fn file<'b>(&self, hierarchy: &Hierarchy, name: &str, buffer: &'b mut PathBuf) -> &'b Path {
        buffer.as_mut_os_string().clear();
        buffer.push(&hierarchy.dir);
        buffer.push(&self.relative);
        buffer.push(name);
        buffer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_keeps_its_bytes_and_shows_text() {
        let path = CgroupPath::root()
            .join(OsStr::new("a.slice"))
            .join(OsStr::from_bytes(b"b\xff"));
        assert_eq!((path.as_str(), path.name()), ("/a.slice/b\u{fffd}", "b\u{fffd}"));
        assert_eq!(path.relative().as_os_str().as_bytes(), b"a.slice/b\xff");
        assert_eq!(
            (CgroupPath::root().as_str(), CgroupPath::root().name()),
            ("/", "")
        );
    }
}
