//! What a cgroup holds and moves: its memory and its bytes to and from block devices.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::path::PathBuf;

use crate::ParseError;
use crate::Roots;
use crate::Scratch;
use crate::allowance::Allowance;
use crate::allowance::Source;
use crate::block_devices::BlockDevices;
use crate::cgroup::parse_memory;
use crate::hierarchies::Hierarchies;
use crate::hierarchies::Hierarchy;
use crate::hierarchies::Version;
use crate::io_stat::DeviceNumber;
use crate::io_stat::ReadWrite;
use crate::io_stat::parse_io_stat;
use crate::io_stat::parse_service_bytes;
use crate::memory_stat::Memory;
use crate::memory_stat::parse_memory_stat;

/// The files of one cgroup, kept open as far as the reader may.
#[derive(Debug, Default)]
pub struct CgroupFiles {
    usage: Source,
    stat: Source,
    io: Source,
    io_name: Option<&'static str>,
}

/// Reads them, for one cgroup after the other.
#[derive(Debug)]
pub struct CgroupUsage {
    memory: Option<Hierarchy>,
    io: Option<Hierarchy>,
    allowance: Allowance,
    devices: BlockDevices,
    path: PathBuf,
}

/// Version 1 tells of all below in the first of these; older kernels have only the second, of the cgroup alone.
const SERVICE_BYTES: [&str; 2] = [
    "blkio.throttle.io_service_bytes_recursive",
    "blkio.throttle.io_service_bytes",
];

impl CgroupUsage {
    /// A reader that keeps up to `max_kept` descriptors open, and opens further files at each reading.
    pub fn new(roots: &Roots, hierarchies: &Hierarchies, max_kept: usize) -> Self {
        Self {
            memory: hierarchies.memory.clone(),
            io: hierarchies.io.clone(),
            allowance: Allowance::new(max_kept),
            devices: BlockDevices::new(roots),
            path: PathBuf::new(),
        }
    }

    /// The memory of the cgroup at `path`, which is relative to the root of each hierarchy. What no controller accounts is unknown.
    pub fn memory(&mut self, files: &mut CgroupFiles, path: &Path, scratch: &mut Scratch) -> Memory {
        let Some(at) = &self.memory else {
            return Memory::default();
        };
        let name = match at.version {
            Version::V1 => "memory.usage_in_bytes",
            Version::V2 => "memory.current",
        };
        let (buffer, allowance) = (&mut self.path, &self.allowance);
        let usage = read(
            &mut files.usage,
            (at, path, name),
            buffer,
            allowance,
            scratch,
            parse_memory,
        );
        let stat = read(
            &mut files.stat,
            (at, path, "memory.stat"),
            buffer,
            allowance,
            scratch,
            |text| parse_memory_stat(text, at.version, usage),
        );
        stat.unwrap_or_default()
    }

    /// Hands out the disks that the cgroup used with the bytes read and written; returns whether that is accounted.
    pub fn block(
        &mut self,
        files: &mut CgroupFiles,
        path: &Path,
        scratch: &mut Scratch,
        mut each: impl FnMut(DeviceNumber, ReadWrite),
    ) -> bool {
        let Some(at) = &self.io else { return false };
        let (buffer, allowance, devices) = (&mut self.path, &self.allowance, &mut self.devices);
        let disks = |device, bytes| {
            if devices.is_lowest(device) {
                each(device, bytes);
            }
        };
        let name = match (at.version, files.io_name) {
            (_, Some(name)) => name,
            (Version::V2, None) => "io.stat",
            (Version::V1, None) => match service_bytes(at, path) {
                Some(name) => name,
                None => return false,
            },
        };
        let parse = |text: &[u8]| match at.version {
            Version::V1 => parse_service_bytes(text, disks),
            Version::V2 => parse_io_stat(text, disks),
        };
        let known = read(&mut files.io, (at, path, name), buffer, allowance, scratch, parse);
        files.io_name = known.is_some().then_some(name);
        known.is_some()
    }
}

/// Which file of version 1 speaks for the whole cgroup; none where it has others below that no file covers.
fn service_bytes(at: &Hierarchy, path: &Path) -> Option<&'static str> {
    let dir = at.dir.join(path);
    let [recursive, alone] = SERVICE_BYTES;
    if dir.join(recursive).exists() {
        return Some(recursive);
    }
    // A directory has one link for itself, one for its name, and one for each directory in it.
    let is_leaf = fs::metadata(&dir).is_ok_and(|metadata| metadata.nlink() <= 2);
    is_leaf.then_some(alone)
}

/// Reads a file of a cgroup; one that is not there or not understood tells nothing and is opened again the next time.
fn read<T>(
    source: &mut Source,
    (at, path, name): (&Hierarchy, &Path, &str),
    buffer: &mut PathBuf,
    allowance: &Allowance,
    scratch: &mut Scratch,
    parse: impl FnOnce(&[u8]) -> Result<T, ParseError>,
) -> Option<T> {
    let text = source.read_all_if_there(
        || {
            buffer.as_mut_os_string().clear();
            buffer.push(&at.dir);
            buffer.push(path);
            buffer.push(name);
            buffer
        },
        allowance,
        scratch,
    );
    let value = text.and_then(|text| parse(text).ok());
    if value.is_none() {
        *source = Source::default();
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn make(dir: &Path, files: &[(&str, &str)]) {
        for (name, text) in files {
            let path = dir.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }

    fn read_all(roots: &Roots, path: &str) -> (Memory, Option<ReadWrite>) {
        let hierarchies = Hierarchies::detect(roots).unwrap();
        let mut reader = CgroupUsage::new(roots, &hierarchies, 9);
        let (mut files, mut scratch) = (CgroupFiles::default(), Scratch::default());
        let memory = reader.memory(&mut files, Path::new(path), &mut scratch);
        let mut sum = [0, 0];
        let known = reader.block(&mut files, Path::new(path), &mut scratch, |_, [read, write]| {
            sum = [sum[0] + read, sum[1] + write];
        });
        (memory, known.then_some(sum))
    }

    #[test]
    fn version_2_tells_memory_and_blocks() {
        let dir = tempfile::tempdir().unwrap();
        let roots = Roots::below(dir.path());
        make(
            &roots.cgroup,
            &[
                ("cgroup.controllers", "cpu io memory\n"),
                ("a/memory.current", "1000\n"),
                ("a/memory.stat", "anon 600\ninactive_file 100\n"),
                ("a/io.stat", "8:0 rbytes=1 wbytes=2\n8:16 rbytes=10 wbytes=20\n"),
                ("b/cgroup.procs", ""),
            ],
        );
        let (memory, block) = read_all(&roots, "a");
        assert_eq!(
            (memory.anonymous_bytes, memory.working_set_bytes),
            (Some(600), Some(900))
        );
        assert_eq!(block, Some([11, 22]));
        assert_eq!(read_all(&roots, "b"), (Memory::default(), None));
    }

    #[test]
    fn a_file_of_version_1_that_leaves_out_what_is_below_is_not_taken_for_the_whole() {
        let dir = tempfile::tempdir().unwrap();
        let roots = Roots::below(dir.path());
        let (alone, recursive) = (
            "blkio.throttle.io_service_bytes",
            "blkio.throttle.io_service_bytes_recursive",
        );
        let text = "8:0 Read 1\n8:0 Write 2\nTotal 3\n";
        make(
            &roots.cgroup.join("blkio"),
            &[
                (&format!("leaf/{alone}"), text),
                (&format!("tree/{alone}"), text),
                (&format!("tree/child/{alone}"), text),
                (&format!("new/child/{alone}"), text),
                (&format!("new/{recursive}"), "8:0 Read 5\n8:0 Write 6\nTotal 11\n"),
            ],
        );
        for (path, expected) in [("leaf", Some([1, 2])), ("tree", None), ("new", Some([5, 6]))] {
            assert_eq!(read_all(&roots, path).1, expected, "{path}");
        }
    }
}
