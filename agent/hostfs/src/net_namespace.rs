//! The devices of a process's network namespace: `/proc/PID/net/dev`, proc_pid_net(5).

use std::fs::File;
use std::os::unix::fs::MetadataExt;

use rustix::fs::Mode;
use rustix::fs::OFlags;
use rustix::fs::openat;

use crate::Error;
use crate::KeptFile;
use crate::Result;
use crate::Roots;
use crate::Scratch;
use crate::net_dev::Device;
use crate::net_dev::parse_into;
use crate::process_dir::ProcessDir;

/// Which namespace: the number of its `net/dev` file.
///
/// Each namespace has files of its own in procfs, so their numbers tell namespaces apart as well as `/proc/PID/ns/net`
/// does, which only those may look at who may trace the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NamespaceId(pub u64);

/// The host's own network namespace, that of process 1.
pub fn of_host(roots: &Roots) -> Option<NamespaceId> {
    ["1/net/dev", "net/dev"].into_iter().find_map(|name| {
        let metadata = std::fs::metadata(roots.proc.join(name)).ok()?;
        Some(NamespaceId(metadata.ino()))
    })
}

/// The devices of one namespace, open for a moment only: a descriptor that is kept would keep the namespace, and the
/// devices in it, alive after its last process has ended.
#[derive(Debug)]
pub struct NamespaceDevices {
    id: NamespaceId,
    file: KeptFile,
}

impl NamespaceDevices {
    /// Opens the namespace that `process` is in.
    pub fn open(process: &ProcessDir) -> Result<Self> {
        let failed = |source| Error::io(&process.path("net/dev"), source);
        let file = openat(
            process,
            "net/dev",
            OFlags::RDONLY | OFlags::CLOEXEC,
            Mode::empty(),
        )
        .map_err(|errno| failed(errno.into()))?;
        let file = File::from(file);
        let id = NamespaceId(file.metadata().map_err(failed)?.ino());
        Ok(Self {
            id,
            file: KeptFile::of(file, process.path("net/dev")),
        })
    }

    /// Which namespace it is.
    pub fn id(&self) -> NamespaceId {
        self.id
    }

    /// Reads its devices into `devices`, as [`parse_into`].
    pub fn read(self, scratch: &mut Scratch, devices: &mut Vec<Device>) -> Result<()> {
        let text = self.file.read_all(scratch)?;
        parse_into(text, devices).map_err(|error| error.at(self.file.path()))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_namespace_is_told_by_its_files() {
        let dir = tempfile::tempdir().unwrap();
        let roots = Roots::below(dir.path());
        let text = "a|b\nc|d\neth0: 7 0 0 0 0 0 0 0 9 0 0 0 0 0 0 0\n";
        for pid in [1, 5] {
            fs::create_dir_all(roots.proc.join(format!("{pid}/net"))).unwrap();
            fs::write(roots.proc.join(format!("{pid}/net/dev")), text).unwrap();
        }
        fs::create_dir(roots.proc.join("6")).unwrap();
        std::os::unix::fs::symlink("../1/net", roots.proc.join("6/net")).unwrap();
        let (mut scratch, mut devices) = (Scratch::default(), Vec::new());
        let mut of = |pid| {
            let found = NamespaceDevices::open(&ProcessDir::open(&roots, pid).unwrap()).unwrap();
            let id = found.id();
            found.read(&mut scratch, &mut devices).unwrap();
            id
        };
        let host = of_host(&roots).unwrap();
        assert_ne!(of(5), host);
        assert_eq!(of(6), host);
        assert_eq!((devices[0].receive.bytes, devices[0].transmit.bytes), (7, 9));
    }

    #[test]
    fn this_process_is_in_a_namespace() {
        let roots = Roots::default();
        let (mut scratch, mut devices) = (Scratch::default(), Vec::new());
        let own = ProcessDir::open(&roots, std::process::id()).unwrap();
        let found = NamespaceDevices::open(&own).unwrap();
        assert!(found.read(&mut scratch, &mut devices).is_ok());
    }
}
