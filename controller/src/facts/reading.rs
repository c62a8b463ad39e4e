//! What one page says of a host.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use super::histogram::Buckets;
use super::host::Machine;
use super::host::Quality;
use super::text::PageError;
use super::text::Sample;
use super::text::read_page;

/// The most peers of one host.
const MAX_PEERS: usize = 4096;
/// The most sockets and components of a power model.
const MAX_SOCKETS: usize = 256;
/// The most file systems of one host.
const MAX_FILESYSTEMS: usize = 256;

/// A value that may be said once.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Once<T> {
    /// Nobody said.
    #[default]
    Nothing,
    /// This.
    Is(T),
    /// Two different things.
    Both(T, T),
}

impl<T: PartialEq> Once<T> {
    fn say(&mut self, value: T) {
        *self = match std::mem::take(self) {
            Self::Nothing => Self::Is(value),
            Self::Is(old) if old == value => Self::Is(old),
            Self::Is(old) | Self::Both(old, _) => Self::Both(old, value),
        };
    }
}

/// Which way packets went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Way {
    To,
    From,
    Round,
}

/// What one page says. Only [`HostMemory`](super::HostMemory) looks into it.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    pub(super) power: Option<f64>,
    /// Static and full load, by component and socket.
    pub(super) model: BTreeMap<(String, String), [Option<f64>; 2]>,
    pub(super) cpus: Once<f64>,
    pub(super) busy_seconds: f64,
    pub(super) idle_seconds: Option<f64>,
    pub(super) memory_total: Once<f64>,
    pub(super) memory_available: Once<f64>,
    /// Bytes by mount point.
    pub(super) filesystems: BTreeMap<String, Once<f64>>,
    pub(super) grams: Once<f64>,
    pub(super) grams_age: Once<f64>,
    pub(super) building: Once<f64>,
    pub(super) country: Once<String>,
    pub(super) site: Once<String>,
    pub(super) machine: Once<Machine>,
    pub(super) latitude: Once<f64>,
    pub(super) longitude: Once<f64>,
    pub(super) quality: Option<Quality>,
    pub(super) packets: BTreeMap<(String, Way), Buckets>,
    pub(super) clock_bounds: BTreeMap<String, f64>,
    pub(super) synchronised: BTreeSet<String>,
}

type Take = fn(&mut Reading, &Sample<'_>) -> Result<(), PageError>;

/// The families that are read, and who reads them.
const FAMILIES: [(&str, Take); 18] = [
    ("wattle_host_power_watts", power),
    ("wattle_power_model_watts", model),
    ("wattle_host_cpus", cpus),
    ("wattle_host_cpu_seconds_total", cpu_seconds),
    ("wattle_host_memory_bytes", memory),
    ("wattle_host_filesystem_size_bytes", filesystem),
    ("wattle_host_info", machine),
    ("wattle_grid_carbon_intensity_grams_per_kilowatt_hour", grams),
    ("wattle_grid_carbon_intensity_age_seconds", grams_age),
    ("wattle_grid_carbon_info", building),
    ("wattle_host_location_info", place),
    ("wattle_host_latitude_degrees", latitude),
    ("wattle_host_longitude_degrees", longitude),
    ("wattle_sensor_info", quality),
    ("wattle_oneway_delay_seconds_bucket", oneway),
    ("wattle_rtt_seconds_bucket", round_trip),
    ("wattle_oneway_clock_bound_seconds", clock_bound),
    ("wattle_oneway_clock_state", clock_state),
];

/// The names of the families that are read, for who asks for them one by one.
pub fn family_names() -> impl Iterator<Item = &'static str> {
    FAMILIES.iter().map(|(name, _)| *name)
}

fn reader(name: &str) -> Option<Take> {
    let found = FAMILIES.iter().find(|(known, _)| *known == name);
    found.map(|(_, take)| *take)
}

/// Whether a family is one of those that are read.
pub(super) fn is_read(name: &str) -> bool {
    reader(name).is_some()
}

impl Reading {
    /// Reads a page.
    pub fn of(page: &str) -> Result<Self, PageError> {
        let mut reading = Self::default();
        let mut found = false;
        read_page(page, is_read, |sample| {
            found = true;
            reader(sample.name).map_or(Ok(()), |take| take(&mut reading, &sample))
        })?;
        found.then_some(reading).ok_or(PageError::Nothing)
    }
}

fn power(reading: &mut Reading, sample: &Sample<'_>) -> Result<(), PageError> {
    // Components do not overlap: the host is their sum.
    reading.power = Some(reading.power.unwrap_or_default() + sample.value);
    Ok(())
}

fn model(reading: &mut Reading, sample: &Sample<'_>) -> Result<(), PageError> {
    let part = |name| sample.label(name).unwrap_or_default().to_owned();
    let term = match sample.label("term") {
        Some("static") => 0,
        Some("full_load") => 1,
        _ => return Ok(()),
    };
    let terms = reading
        .model
        .entry((part("component"), part("socket")))
        .or_default();
    terms[term] = Some(sample.value);
    bounded(reading.model.len(), MAX_SOCKETS, "sockets")
}

fn cpus(reading: &mut Reading, sample: &Sample<'_>) -> Result<(), PageError> {
    reading.cpus.say(sample.value);
    Ok(())
}

fn cpu_seconds(reading: &mut Reading, sample: &Sample<'_>) -> Result<(), PageError> {
    match sample.label("mode") {
        Some("idle" | "iowait") => {
            reading.idle_seconds = Some(reading.idle_seconds.unwrap_or_default() + sample.value);
        }
        Some("user" | "nice" | "system" | "irq" | "softirq" | "steal") => {
            reading.busy_seconds += sample.value;
        }

        // What guests used is in user and nice already.
        _ => (),
    }
    Ok(())
}

fn memory(reading: &mut Reading, sample: &Sample<'_>) -> Result<(), PageError> {
    match sample.label("state") {
        Some("total") => reading.memory_total.say(sample.value),
        Some("available") => reading.memory_available.say(sample.value),
        _ => (),
    }
    Ok(())
}

fn filesystem(reading: &mut Reading, sample: &Sample<'_>) -> Result<(), PageError> {
    if let Some(mount_point) = sample.label("mountpoint") {
        let sizes = reading.filesystems.entry(mount_point.to_owned());
        sizes.or_default().say(sample.value);
    }
    bounded(reading.filesystems.len(), MAX_FILESYSTEMS, "file systems")
}

fn machine(reading: &mut Reading, sample: &Sample<'_>) -> Result<(), PageError> {
    let label = |name| sample.label(name).unwrap_or_default().to_owned();
    reading.machine.say(Machine {
        arch: label("machine"),
        model: label("model"),
        virtualization: label("virtualization"),
        guest: label("guest") == "yes",
    });
    Ok(())
}

fn grams(reading: &mut Reading, sample: &Sample<'_>) -> Result<(), PageError> {
    reading.grams.say(sample.value);
    Ok(())
}

fn grams_age(reading: &mut Reading, sample: &Sample<'_>) -> Result<(), PageError> {
    reading.grams_age.say(sample.value);
    Ok(())
}

fn building(reading: &mut Reading, sample: &Sample<'_>) -> Result<(), PageError> {
    if let Some(factor) = sample.label("pue").and_then(|text| text.parse().ok()) {
        reading.building.say(factor);
    }
    Ok(())
}

fn place(reading: &mut Reading, sample: &Sample<'_>) -> Result<(), PageError> {
    for (label, said) in [("country", &mut reading.country), ("site", &mut reading.site)] {
        if let Some(name) = sample.label(label) {
            said.say(name.to_owned());
        }
    }
    Ok(())
}

fn latitude(reading: &mut Reading, sample: &Sample<'_>) -> Result<(), PageError> {
    reading.latitude.say(sample.value);
    Ok(())
}

fn longitude(reading: &mut Reading, sample: &Sample<'_>) -> Result<(), PageError> {
    reading.longitude.say(sample.value);
    Ok(())
}

/// The power of a host is known as well as the worst known of its components.
fn quality(reading: &mut Reading, sample: &Sample<'_>) -> Result<(), PageError> {
    let component = sample
        .label("sensor")
        .is_some_and(|sensor| sensor.starts_with("component/"));
    let quality = match sample.label("quality") {
        Some("measured") => Quality::Measured,
        Some("derived") => Quality::Derived,
        Some("estimated") => Quality::Estimated,
        _ => return Ok(()),
    };
    if component {
        reading.quality = Some(reading.quality.map_or(quality, |known| known.min(quality)));
    }
    Ok(())
}

fn oneway(reading: &mut Reading, sample: &Sample<'_>) -> Result<(), PageError> {
    match sample.label("direction") {
        Some("to") => bucket(reading, sample, Way::To),
        Some("from") => bucket(reading, sample, Way::From),
        _ => Ok(()),
    }
}

fn round_trip(reading: &mut Reading, sample: &Sample<'_>) -> Result<(), PageError> {
    // The other method waits for a kernel on the way back as well; only one may be counted.
    match sample.label("method") {
        Some("stamp") => bucket(reading, sample, Way::Round),
        _ => Ok(()),
    }
}

fn bucket(reading: &mut Reading, sample: &Sample<'_>, way: Way) -> Result<(), PageError> {
    let bound = sample.label("le").and_then(|bound| bound.parse().ok());
    let (Some(peer), Some(bound)) = (sample.label("peer"), bound) else {
        return Ok(());
    };
    let buckets = reading.packets.entry((peer.to_owned(), way)).or_default();
    if !buckets.add(bound, sample.value) {
        return bounded(
            usize::MAX,
            super::histogram::MAX_BUCKETS,
            "buckets of a histogram",
        );
    }
    bounded(reading.packets.len(), 3 * MAX_PEERS, "peers")
}

fn clock_bound(reading: &mut Reading, sample: &Sample<'_>) -> Result<(), PageError> {
    if let Some(peer) = sample.label("peer") {
        reading.clock_bounds.insert(peer.to_owned(), sample.value);
    }
    bounded(reading.clock_bounds.len(), MAX_PEERS, "peers")
}

fn clock_state(reading: &mut Reading, sample: &Sample<'_>) -> Result<(), PageError> {
    // The label of a state is called as its family in OpenMetrics.
    let named =
        |(name, value): &(&str, std::borrow::Cow<'_, str>)| *name != "peer" && value == "synchronised";
    if let Some(peer) = sample.label("peer")
        && sample.value == 1.0
        && sample.labels.iter().any(named)
    {
        reading.synchronised.insert(peer.to_owned());
    }
    bounded(reading.synchronised.len(), MAX_PEERS, "peers")
}

fn bounded(count: usize, most: usize, what: &'static str) -> Result<(), PageError> {
    if count > most {
        Err(PageError::TooMany { what, most })
    } else {
        Ok(())
    }
}
