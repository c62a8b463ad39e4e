//! What a scrape shows, read back from its text.

use std::collections::BTreeMap;

/// Labels by name.
pub(crate) type Labels = BTreeMap<String, String>;

/// One exposition in Prometheus text 0.0.4.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scrape {
    samples: BTreeMap<String, Sample>,
}

/// A series and its value as it is written.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    pub(crate) name: String,
    pub(crate) labels: Labels,
    pub(crate) value: String,
    pub(crate) counter: bool,
}

impl Sample {
    /// The value in millionths, exactly. Counters of this agent have no more decimals.
    pub(crate) fn micro(&self) -> i128 {
        micro(&self.value).unwrap_or_else(|| panic!("{} is {}", self.name, self.value))
    }

    /// The value of a label; empty where there is none.
    pub(crate) fn label(&self, name: &str) -> &str {
        self.labels.get(name).map_or("", String::as_str)
    }
}

impl Scrape {
    /// Reads an exposition.
    pub(crate) fn parse(text: &str) -> Self {
        let mut kind = "";
        let mut samples = BTreeMap::new();
        for line in text.lines() {
            if let Some(typed) = line.strip_prefix("# TYPE ") {
                kind = typed.rsplit(' ').next().unwrap();
            } else if !line.starts_with('#') {
                let (series, value) = line.rsplit_once(' ').unwrap();
                let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
                let sample = Sample {
                    name: name.to_owned(),
                    labels: parse_labels(labels),
                    value: value.to_owned(),
                    counter: kind == "counter",
                };
                let twice = samples.insert(series.to_owned(), sample);
                assert!(twice.is_none(), "{series} stands twice");
            }
        }
        Self { samples }
    }

    /// All samples with their series.
    pub(crate) fn samples(&self) -> impl Iterator<Item = (&str, &Sample)> {
        self.samples
            .iter()
            .map(|(series, sample)| (series.as_str(), sample))
    }

    /// The samples of one name.
    pub(crate) fn family<'s>(&'s self, name: &str) -> impl Iterator<Item = &'s Sample> {
        self.samples.values().filter(move |sample| sample.name == name)
    }

    /// The value of one series in millionths; nothing where it is not shown.
    pub(crate) fn find(&self, name: &str, labels: &[(&str, &str)]) -> Option<i128> {
        self.matching(name, labels).next().map(Sample::micro)
    }

    /// The sum in millionths over all samples of a name that carry these labels.
    pub(crate) fn sum(&self, name: &str, labels: &[(&str, &str)]) -> i128 {
        self.matching(name, labels).map(Sample::micro).sum()
    }

    pub(crate) fn matching<'s>(
        &'s self,
        name: &str,
        labels: &[(&str, &str)],
    ) -> impl Iterator<Item = &'s Sample> {
        self.family(name)
            .filter(move |sample| labels.iter().all(|&(label, value)| sample.label(label) == value))
    }

    /// What the host used of a component, in microjoules.
    pub(crate) fn host_uj(&self, component: &str) -> i128 {
        self.sum("wattle_host_energy_joules_total", &[("component", component)])
    }

    /// What the host used of processors and of memory, in microjoules.
    pub(crate) fn measured_uj(&self) -> [i128; 2] {
        ["cpu", "dram"].map(|component| self.host_uj(component))
    }

    /// A workload's CPU time by its id, in microseconds.
    pub(crate) fn workload_usec(&self, id: &str) -> i128 {
        self.sum("wattle_workload_cpu_seconds_total", &[("id", id)])
    }

    /// What a workload was billed, by its id, in microjoules.
    pub(crate) fn workload_uj(&self, id: &str, component: &str) -> i128 {
        self.sum(
            "wattle_workload_energy_joules_total",
            &[("id", id), ("component", component)],
        )
    }

    /// How often something happened to a counter of the hardware: `wrap`, `reset` or `implausible`.
    pub(crate) fn events(&self, event: &str) -> i128 {
        self.sum("wattle_zone_events_total", &[("event", event)]) / 1_000_000
    }

    /// Whether a sensor is up, and why not.
    pub(crate) fn sensor(&self, name: &str) -> (bool, String) {
        let up = self.find("wattle_sensor_up", &[("sensor", name)]);
        let up = up.unwrap_or_else(|| panic!("no sensor {name}"));
        let info = self
            .matching("wattle_sensor_info", &[("sensor", name)])
            .next()
            .unwrap();
        (up == 1_000_000, info.label("reason").to_owned())
    }

    /// How far a component can be trusted: `measured`, `derived` or `estimated`.
    pub(crate) fn quality(&self, component: &str) -> &str {
        let sensor = format!("component/{component}");
        let mut infos = self.family("wattle_sensor_info");
        let own = infos.find(|info| info.label("sensor") == sensor);
        own.map_or("", |info| info.label("quality"))
    }

    /// All workloads and the retired are the host, for each component, to the microjoule.
    pub(crate) fn assert_balanced(&self) {
        for component in ["cpu", "dram", "other"] {
            let labels = [("component", component)];
            let billed = self.sum("wattle_workload_energy_joules_total", &labels);
            let retired = self.sum("wattle_retired_energy_joules_total", &labels);
            assert_eq!(billed + retired, self.host_uj(component), "{component}");
        }
        assert_eq!(self.find("wattle_conservation_error_joules", &[]), Some(0));
    }

    /// No counter that both scrapes show is lower in the later one.
    pub(crate) fn assert_not_below(&self, earlier: &Self) {
        for (series, before) in earlier.samples().filter(|(_, sample)| sample.counter) {
            if let Some(now) = self.samples.get(series) {
                assert!(now.micro() >= before.micro(), "{series} fell: {before:?} {now:?}");
            }
        }
    }

    /// No counter is lower than before, and none has gone.
    pub(crate) fn assert_goes_on_from(&self, earlier: &Self) {
        self.assert_not_below(earlier);
        for (series, _) in earlier.samples().filter(|(_, sample)| sample.counter) {
            assert!(self.samples.contains_key(series), "{series} has gone");
        }
    }
}

/// A value in millionths; nothing where it is not the double nearest to a whole number of them.
///
/// The encoder writes digits that read back as the same double, and in rare cases not the fewest, so the text itself may show
/// 0.30000000000000004's like where six decimals would do.
pub(crate) fn micro(text: &str) -> Option<i128> {
    if let Ok(whole) = text.parse::<i128>() {
        return whole.checked_mul(1_000_000);
    }
    let value: f64 = text.parse().ok()?;
    let millionths = (value * 1e6).round();
    #[expect(clippy::cast_possible_truncation, reason = "i128 holds what is compared next")]
    let whole = millionths as i128;
    (millionths / 1e6 == value && millionths.abs() < 9e15).then_some(whole)
}

/// `a="b",c="d"}`, where a value escapes backslashes, quotes and line ends.
fn parse_labels(text: &str) -> Labels {
    let mut labels = Labels::new();
    let mut rest = text;
    while let Some((name, after)) = rest.split_once("=\"") {
        let mut value = String::new();
        let mut characters = after.char_indices();
        let end = loop {
            match characters.next().unwrap() {
                (_, '\\') => value.push(match characters.next().unwrap().1 {
                    'n' => '\n',
                    other => other,
                }),
                (at, '"') => break at,
                (_, other) => value.push(other),
            }
        };
        labels.insert(name.trim_start_matches(',').to_owned(), value);
        rest = &after[end + 1..];
    }
    labels
}

#[test]
fn values_are_read_to_the_last_digit() {
    for (text, expected) in [
        ("0", Some(0)),
        ("25900232473000", Some(25_900_232_473_000_000_000)),
        ("12.5", Some(12_500_000)),
        ("0.000061", Some(61)),
        ("-3.0", Some(-3_000_000)),
        ("130.55333099999999", Some(130_553_331)),
        ("0.1234567", None),
        ("1e99", None),
        ("NaN", None),
    ] {
        assert_eq!(micro(text), expected, "{text}");
    }
}

#[test]
fn label_values_are_read_as_they_were_before_they_were_escaped() {
    let scrape = Scrape::parse("# TYPE a counter\na{x=\"1\\\\x2d\\\"q\",y=\"\"} 2.0\n");
    let sample = scrape.family("a").next().unwrap();
    assert_eq!((sample.label("x"), sample.label("y")), ("1\\x2d\"q", ""));
    assert!(sample.counter && sample.micro() == 2_000_000);
}
