//! What is remembered of one host between two readings of its page.

use std::collections::BTreeMap;
use std::time::Duration;

use super::fact::Fact;
use super::histogram::Windowed;
use super::host::Delay;
use super::host::DelaySource;
use super::host::HostFacts;
use super::host::Position;
use super::host::PowerModel;
use super::reading::Once;
use super::reading::Reading;
use super::reading::Way;
use super::text::PageError;

/// How old a fact may be before it is stale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AgeLimits {
    /// What changes by the second: power, load, delay.
    pub live: Duration,
    /// The carbon intensity, by its own date.
    pub carbon: Duration,
    /// What changes when somebody carries a host away, or gives it another processor.
    pub lasting: Duration,
}

impl Default for AgeLimits {
    fn default() -> Self {
        Self {
            live: Duration::from_secs(60),
            carbon: Duration::from_secs(2 * 3600),
            lasting: Duration::from_secs(24 * 3600),
        }
    }
}

/// What is remembered of one host. Time is counted from any fixed moment.
#[derive(Clone, Debug, Default)]
pub struct HostMemory {
    latest: Option<(Duration, Reading)>,
    utilisation: Option<f64>,
    packets: BTreeMap<(String, Way), Windowed>,
}

impl HostMemory {
    /// Takes in a page that was read `at`. Of a page that cannot be read nothing is taken in, and the facts grow older.
    pub fn advance(&mut self, at: Duration, page: &str) -> Result<(), PageError> {
        self.take_in(at, Reading::of(page)?);
        Ok(())
    }

    /// When the latest page was read.
    pub fn latest(&self) -> Option<Duration> {
        self.latest.as_ref().map(|(at, _)| *at)
    }

    /// The same for a page that was read elsewhere.
    pub fn take_in(&mut self, at: Duration, mut reading: Reading) {
        self.utilisation = self
            .latest
            .as_ref()
            .and_then(|(_, before)| busy_part(before, &reading));
        let packets = std::mem::take(&mut reading.packets);
        // A peer that is no longer measured is forgotten.
        self.packets.retain(|key, _| packets.contains_key(key));
        for (key, buckets) in packets {
            match self.packets.get_mut(&key) {
                Some(known) => known.advance(at, buckets),
                None => drop(self.packets.insert(key, Windowed::new(at, buckets))),
            }
        }
        self.latest = Some((at, reading));
    }

    /// The facts as they stand at `now`.
    pub fn facts(&self, now: Duration, limits: &AgeLimits) -> HostFacts {
        let Some((at, reading)) = &self.latest else {
            return HostFacts::default();
        };
        let age = now.saturating_sub(*at);
        let live = |value: Once<f64>| fact(value, age, limits.live);
        let grams_age = match reading.grams_age {
            Once::Is(seconds) => Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX),
            Once::Nothing | Once::Both(..) => Duration::ZERO,
        };
        let (total, available) = (reading.memory_total.clone(), reading.memory_available.clone());
        let over =
            matches!((&total, &available), (Once::Is(total), Once::Is(available)) if available > total);
        HostFacts {
            age: Some(age),
            power_model: power_model(reading, age, limits.lasting),
            power_watts: not_negative(live(once(reading.power)), "the power"),
            cpus: not_negative(
                fact(reading.cpus.clone(), age, limits.lasting),
                "the number of CPUs",
            ),
            utilisation: live(once(self.utilisation)),
            memory_total_bytes: not_negative(fact(total, age, limits.lasting), "the memory"),
            memory_available_bytes: if over {
                Fact::Contradictory("more memory is available than there is".to_owned())
            } else {
                not_negative(live(available), "the available memory")
            },
            filesystem_bytes: filesystems(reading, age, limits.lasting),
            grams_per_kwh: not_negative(
                fact(
                    reading.grams.clone(),
                    age.saturating_add(grams_age),
                    limits.carbon,
                ),
                "the carbon intensity",
            ),
            building_factor: fact(reading.building.clone(), age, limits.lasting),
            country: fact(reading.country.clone(), age, limits.lasting),
            site: fact(reading.site.clone(), age, limits.lasting),
            position: position(reading, age, limits.lasting),
            power_quality: reading
                .quality
                .map_or(Fact::Missing, |quality| Fact::read(quality, age, limits.live)),
            delays: self.delays(reading, age, limits.live),
        }
    }

    fn delays(&self, reading: &Reading, age: Duration, limit: Duration) -> BTreeMap<String, Fact<Delay>> {
        let mut delays = BTreeMap::new();
        for (peer, _) in self.packets.keys() {
            if !delays.contains_key(peer) {
                let delay = self.delay(reading, peer);
                let fact = delay.map_or(Fact::Missing, |delay| Fact::read(delay, age, limit));
                delays.insert(peer.clone(), fact);
            }
        }
        delays
    }

    /// One way where both directions and the clocks are known, else there and back.
    fn delay(&self, reading: &Reading, peer: &str) -> Option<Delay> {
        let p99 = |way| self.packets.get(&(peer.to_owned(), way)).and_then(Windowed::p99);
        let bound = reading
            .clock_bounds
            .get(peer)
            .filter(|bound| bound.is_finite() && **bound >= 0.0);
        let bound = bound.filter(|_| reading.synchronised.contains(peer));
        match (p99(Way::To), p99(Way::From), bound) {
            (Some(to), Some(from), Some(bound)) => Some(Delay {
                seconds: to.max(from) + bound,
                source: DelaySource::OneWay,
            }),
            _ => p99(Way::Round).map(|seconds| Delay {
                seconds,
                source: DelaySource::RoundTrip,
            }),
        }
    }
}

fn once(value: Option<f64>) -> Once<f64> {
    value.map_or(Once::Nothing, Once::Is)
}

fn fact<T: std::fmt::Debug>(value: Once<T>, age: Duration, limit: Duration) -> Fact<T> {
    match value {
        Once::Nothing => Fact::Missing,
        Once::Is(value) => Fact::read(value, age, limit),
        Once::Both(one, other) => Fact::Contradictory(format!("it is both {one:?} and {other:?}")),
    }
}

fn not_negative(fact: Fact<f64>, what: &str) -> Fact<f64> {
    match fact {
        Fact::Known { value, .. } | Fact::Stale { value, .. } if !(value.is_finite() && value >= 0.0) => {
            Fact::Contradictory(format!("{what} is {value}"))
        }
        other => other,
    }
}

fn filesystems(reading: &Reading, age: Duration, limit: Duration) -> BTreeMap<String, Fact<f64>> {
    let sizes = reading.filesystems.iter();
    let sizes = sizes.map(|(mount_point, size)| {
        let size = not_negative(fact(size.clone(), age, limit), "the size");
        (mount_point.clone(), size)
    });
    sizes.collect()
}

/// Which part of the CPU time since the last page was busy.
fn busy_part(before: &Reading, now: &Reading) -> Option<f64> {
    let busy = now.busy_seconds - before.busy_seconds;
    let idle = now.idle_seconds? - before.idle_seconds?;
    // Idle time may run back a little on some kernels; after a reboot everything does.
    let all = busy + idle.max(0.0);
    (busy >= 0.0 && all > 0.0 && all.is_finite()).then(|| busy / all)
}

fn power_model(reading: &Reading, age: Duration, limit: Duration) -> Fact<PowerModel> {
    if reading.model.is_empty() {
        return Fact::Missing;
    }
    let (mut static_watts, mut full_load_watts) = (0.0, 0.0);
    for ((component, socket), terms) in &reading.model {
        let [Some(idle), Some(full)] = *terms else {
            return Fact::Missing;
        };
        if !(idle >= 0.0 && full >= idle && full.is_finite()) {
            return Fact::Contradictory(format!(
                "{component} of socket {socket} draws {idle} W idle and {full} W at full load"
            ));
        }
        static_watts += idle;
        full_load_watts += full;
    }
    let model = PowerModel {
        static_watts,
        full_load_watts,
    };
    Fact::read(model, age, limit)
}

fn position(reading: &Reading, age: Duration, limit: Duration) -> Fact<Position> {
    match (&reading.latitude, &reading.longitude) {
        (Once::Is(latitude), Once::Is(longitude)) => {
            let (latitude, longitude) = (*latitude, *longitude);
            if latitude.abs() <= 90.0 && longitude.abs() <= 180.0 {
                Fact::read(Position { latitude, longitude }, age, limit)
            } else {
                Fact::Contradictory(format!("{latitude}, {longitude} is not on Earth"))
            }
        }
        (Once::Both(..), _) | (_, Once::Both(..)) => Fact::Contradictory("it is in two places".to_owned()),
        (Once::Nothing, _) | (_, Once::Nothing) => Fact::Missing,
    }
}
