//! Counters that outlive the agent.
//!
//! The state is written before each snapshot is shown, so nothing that a scrape has seen can be lost when the agent is
//! killed. Two files take turns: a new state overwrites the older of the two in place and becomes valid only with its checksum,
//! so there is a whole one at every instant. In place, because the page cache then turns a write each second into one to the disk every
//! half minute, where a rename each second would be written at once.
//!
//! After a crash of the machine the files may be half a minute old. Their counters are then lower than what was already
//! scraped, which Prometheus would take for a restart from zero and count a second time in full; so such a state is set
//! aside and counters begin at 0, which it handles rightly.

use std::fs::File;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::fs::FileExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::path::PathBuf;

use nix::fcntl::Flock;
use nix::fcntl::FlockArg;
use serde::Deserialize;
use serde::Serialize;

use crate::ledger::Ledger;
use crate::ledger::LedgerState;

/// The version of the format.
const VERSION: u32 = 1;
/// A state of 100,000 workloads has some 30 MB.
const LIMIT: u64 = 256 << 20;
const SLOTS: [&str; 2] = ["state-a", "state-b"];
/// The first line has this length, so that it can be written last.
const HEADER: usize = 64;

/// The open state directory.
#[derive(Debug)]
pub struct StateFile {
    slots: [File; 2],
    sequence: u64,
    boot_id: String,
    buffer: Vec<u8>,
    _lock: Flock<File>,
}

/// What an earlier run left.
#[derive(Debug)]
pub struct Found {
    /// The ledger's state.
    pub ledger: LedgerState,
    /// The machine has not been restarted since.
    pub same_boot: bool,
}

/// A state with what surrounds it, as it is read.
#[derive(Deserialize)]
struct Envelope {
    boot_id: String,
    /// Written by an orderly stop, not between two ticks.
    clean: bool,
    ledger: LedgerState,
}

/// The same, as it is written.
#[derive(Serialize)]
struct Written<'a> {
    boot_id: &'a str,
    clean: bool,
    ledger: &'a Ledger,
}

/// What reading one slot gave.
enum Slot {
    Empty,
    Damaged(String),
    Whole(u64, Box<Envelope>),
}

/// What happened while the state was read: lines for the log.
pub type Remarks = Vec<String>;

impl StateFile {
    /// Opens `dir`, makes it if needed, and reads what an earlier run left there. A damaged file is set aside and
    /// remarked upon.
    pub fn open(dir: &Path, boot_id: &str) -> io::Result<(Self, Option<Found>, Remarks)> {
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o750)
            .create(dir)?;
        let lock = lock(dir)?;
        let mut remarks = Vec::new();
        let (sequence, found) = newest(dir, &mut remarks)?;
        let found = found.and_then(|envelope| believe(*envelope, boot_id, dir, &mut remarks));
        let state = Self {
            slots: [create(dir, SLOTS[0])?, create(dir, SLOTS[1])?],
            sequence,
            boot_id: boot_id.to_owned(),
            buffer: Vec::new(),
            _lock: lock,
        };
        Ok((state, found, remarks))
    }

    /// Writes the ledger over the older of the two files. After a failure the next attempt goes to the same one, so that the
    /// newer stays whole.
    pub fn write(&mut self, ledger: &Ledger, clean: bool) -> io::Result<()> {
        let sequence = self.sequence + 1;
        self.buffer.clear();
        self.buffer.resize(HEADER, b' ');
        serde_json::to_writer(
            &mut self.buffer,
            &Written {
                boot_id: &self.boot_id,
                clean,
                ledger,
            },
        )?;
        self.buffer.push(b'\n');
        let body = &self.buffer[HEADER..];
        let header = header(sequence, body);
        self.buffer[..header.len()].copy_from_slice(header.as_bytes());
        self.buffer[HEADER - 1] = b'\n';
        let slot = &self.slots[usize::from(sequence % 2 == 1)];
        slot.write_all_at(&self.buffer, 0)?;
        slot.set_len(self.buffer.len() as u64)?;
        self.sequence = sequence;
        if clean {
            slot.sync_data()?;
        }
        Ok(())
    }
}

/// The checksum covers the sequence number too: with a false one the older file would pass for the newer.
fn header(sequence: u64, body: &[u8]) -> String {
    let mut checksum = crc32fast::Hasher::new();
    checksum.update(&sequence.to_le_bytes());
    checksum.update(body);
    format!(
        "wattle-state {VERSION} {sequence} {} {:08x}",
        body.len(),
        checksum.finalize()
    )
}

/// A second agent with the same directory would overwrite the first one's counters.
fn lock(dir: &Path) -> io::Result<Flock<File>> {
    let file = create(dir, "lock")?;
    Flock::lock(file, FlockArg::LockExclusiveNonblock)
        .map_err(|_| io::Error::other("another agent uses it; give this one a --state-dir of its own"))
}

fn create(dir: &Path, name: &str) -> io::Result<File> {
    File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o640)
        .open(dir.join(name))
}

/// The newest whole slot. What is damaged is renamed, so that it is neither used nor lost.
fn newest(dir: &Path, remarks: &mut Remarks) -> io::Result<(u64, Option<Box<Envelope>>)> {
    let mut newest: (u64, Option<Box<Envelope>>) = (0, None);
    for name in SLOTS {
        let path = dir.join(name);
        match read(&path)? {
            Slot::Whole(sequence, envelope) if sequence >= newest.0 => newest = (sequence, Some(envelope)),
            Slot::Whole(..) | Slot::Empty => {}
            Slot::Damaged(why) => {
                let aside = set_aside(&path)?;
                remarks.push(format!(
                    "{}: {why}; set aside as {}",
                    path.display(),
                    aside.display()
                ));
            }
        }
    }
    Ok(newest)
}

/// Decides whether a state can be continued.
fn believe(envelope: Envelope, boot_id: &str, dir: &Path, remarks: &mut Remarks) -> Option<Found> {
    let same_boot = envelope.boot_id == boot_id;
    if same_boot || envelope.clean {
        return Some(Found {
            ledger: envelope.ledger,
            same_boot,
        });
    }
    let joules = envelope.ledger.host_total_uj() / 1_000_000;
    for name in SLOTS {
        // Renaming fails only for a slot that was not there; the other one holds the state.
        let _ = set_aside(&dir.join(name));
    }
    remarks.push(format!(
        "{}: the machine stopped without warning, so the last counters are not certain; \
         {joules} J are set aside and counters begin at 0",
        dir.display()
    ));
    None
}

fn set_aside(path: &Path) -> io::Result<PathBuf> {
    let aside = path.with_extension("aside");
    std::fs::rename(path, &aside)?;
    Ok(aside)
}

fn read(path: &Path) -> io::Result<Slot> {
    let bytes = match std::fs::metadata(path) {
        Ok(metadata) if metadata.len() > LIMIT => return Ok(Slot::Damaged("too long".to_owned())),
        Ok(metadata) if metadata.len() == 0 => return Ok(Slot::Empty),
        Ok(_) => std::fs::read(path)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Slot::Empty),
        Err(error) => return Err(error),
    };
    Ok(parse(&bytes).map_or_else(Slot::Damaged, |(sequence, envelope)| {
        Slot::Whole(sequence, envelope)
    }))
}

fn parse(bytes: &[u8]) -> Result<(u64, Box<Envelope>), String> {
    let (head, body) = bytes.split_at_checked(HEADER).ok_or("too short")?;
    let head = std::str::from_utf8(head).map_err(|_| "no state file")?;
    let words: Vec<&str> = head.split_ascii_whitespace().collect();
    let &["wattle-state", version, sequence, ..] = words.as_slice() else {
        return Err("no state file".to_owned());
    };
    if version != VERSION.to_string() {
        return Err(format!(
            "written in version {version}, this agent reads version {VERSION}"
        ));
    }
    let sequence: u64 = sequence.parse().map_err(|_| "no sequence number")?;
    if head.trim_end() != header(sequence, body) {
        return Err("cut off or altered: its checksum does not match".to_owned());
    }
    let envelope = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    Ok((sequence, envelope))
}
