//! Finding the zones of a host.

use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::collections::btree_map::Entry;
use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;

use super::Zone;
use super::ZoneReader;
use super::id::ZoneId;
use super::zone::ZoneName;
use crate::Error;
use crate::ParseError;
use crate::Result;
use crate::Roots;
use crate::kept::read_once;
use crate::text;

/// More than the largest machine has (32 sockets of 4 dies with 4 zones each).
const MAX_ZONES: usize = 1024;
/// How far a directory is read: a zone's has about 20 files besides its subzones.
const MAX_ENTRIES: usize = 4096;
/// The kernel's `MAX_CONSTRAINTS_PER_ZONE`.
const CONSTRAINTS: u32 = 10;
/// No zone draws 100 kW; some firmware fills unused limits with ones.
const ABSURD_UW: u64 = 100_000_000_000;

/// The zones of a host, and what was wrong with some.
#[derive(Debug, Default)]
pub struct Discovery {
    /// The zones, `intel-rapl:2` before `intel-rapl:10`, a zone before its subzones.
    pub zones: Vec<ZoneReader>,
    /// Why a zone is missing above, or stands there without its range.
    pub problems: Vec<Error>,
    /// What [`list_ids`] gave at that moment; when it gives something else, it is time to discover again.
    pub ids: Vec<Box<str>>,
}

/// Finds every zone that counts energy. A machine without the framework has none, which is no error.
pub fn discover(roots: &Roots) -> Result<Discovery> {
    let mut found = Discovery::default();
    let directories = walk(roots, &mut found.problems)?;
    let mut names = BTreeMap::<ZoneId, ZoneName>::new();
    for (id, directory) in directories {
        found.ids.push(id.to_string().into());
        let above = id.parent().and_then(|parent| names.get(&parent));
        match read_name(&directory, above) {
            Ok(name) => {
                let zone = describe(&id, name.clone(), &directory, &mut found.problems);
                found.zones.push(ZoneReader::new(zone, &directory));
                names.insert(id, name);
            }
            Err(error) => found.problems.push(error),
        }
    }
    Ok(found)
}

/// The directories that hold an energy counter, in the order of [`Discovery::zones`]; reads no file.
pub fn list_ids(roots: &Roots) -> Result<Vec<Box<str>>> {
    let directories = walk(roots, &mut Vec::new())?;
    Ok(directories.keys().map(|id| id.to_string().into()).collect())
}

/// The directories of all zones that have an `energy_uj`.
///
/// The kernel lists every zone in the class directory and nests it inside its parent too; a captured tree may have
/// either alone. A child's name starts with its parent's, so that no link can lead in a circle.
fn walk(roots: &Roots, problems: &mut Vec<Error>) -> Result<BTreeMap<ZoneId, PathBuf>> {
    let mut seen = BTreeMap::new();
    let mut waiting = VecDeque::from([(roots.sys.join("class/powercap"), String::new())]);
    while let Some((directory, prefix)) = waiting.pop_front() {
        match names_in(&directory, &prefix) {
            Ok(names) => waiting.extend(
                names
                    .into_iter()
                    .filter_map(|name| enter(&mut seen, &directory, &name)),
            ),
            Err(error) if error.is_gone() => {}
            Err(error) if prefix.is_empty() => return Err(error),
            Err(error) => problems.push(error),
        }
    }
    seen.retain(|_, path| path.join("energy_uj").exists());
    Ok(seen)
}

/// Notes a zone that was not seen before; answers where to look for subzones and how their names start.
fn enter(seen: &mut BTreeMap<ZoneId, PathBuf>, directory: &Path, name: &str) -> Option<(PathBuf, String)> {
    let path = directory.join(name);
    if seen.len() >= MAX_ZONES || !path.is_dir() {
        return None;
    }
    match ZoneId::parse(name) {
        Some(id) => match seen.entry(id) {
            Entry::Vacant(place) => drop(place.insert(path.clone())),
            Entry::Occupied(_) => return None,
        },
        None if name.contains(':') => return None,
        None => {}
    }
    Some((path, format!("{name}:")))
}

fn names_in(directory: &Path, prefix: &str) -> Result<Vec<String>> {
    let at = |source: io::Error| Error::io(directory, source);
    let mut names = Vec::new();
    for entry in fs::read_dir(directory).map_err(at)?.take(MAX_ENTRIES) {
        match entry.map_err(at)?.file_name().into_string() {
            Ok(name) if name.starts_with(prefix) => names.push(name),
            _ => {}
        }
    }
    Ok(names)
}

/// The zone's own name; what it does not say of socket and die it has from the zone above.
fn read_name(directory: &Path, above: Option<&ZoneName>) -> Result<ZoneName> {
    let path = directory.join("name");
    let mut name = ZoneName::parse(&read_once(&path)?).map_err(|error| error.at(&path))?;
    if let (None, Some(above)) = (name.socket, above) {
        (name.socket, name.die) = (above.socket, above.die);
    }
    Ok(name)
}

fn describe(id: &ZoneId, name: ZoneName, directory: &Path, problems: &mut Vec<Error>) -> Zone {
    let max_energy_range_uj = read_range(&directory.join("max_energy_range_uj")).unwrap_or_else(|error| {
        problems.push(error);
        0
    });
    Zone {
        id: id.to_string().into(),
        control: id.control().into(),
        kind: name.kind,
        name: name.text,
        socket: name.socket,
        die: name.die,
        max_energy_range_uj,
        max_power_uw: largest(directory, "max_power_uw").or_else(|| largest(directory, "power_limit_uw")),
        enabled: read_number(&directory.join("enabled"))
            .ok()
            .map(|value| value != 0),
    }
}

fn read_range(path: &Path) -> Result<u64> {
    match read_number(path)? {
        0 => Err(ParseError::new("a range above 0", b"0").at(path)),
        range => Ok(range),
    }
}

/// The largest plausible value among the zone's constraints, which are all optional.
fn largest(directory: &Path, what: &str) -> Option<u64> {
    (0..CONSTRAINTS)
        .filter_map(|number| read_number(&directory.join(format!("constraint_{number}_{what}"))).ok())
        .filter(|&power| power > 0 && power <= ABSURD_UW)
        .max()
}

fn read_number(path: &Path) -> Result<u64> {
    text::number(&read_once(path)?).map_err(|error| error.at(path))
}
