//! The powercap zones, laid out as the kernel does: real directories below `/sys/devices/virtual/powercap`, nested like the
//! domains, and a flat list of links in `/sys/class/powercap`
//! (<https://docs.kernel.org/power/powercap/powercap.html>).

use super::counter::Counter;
use super::random::Random;
use super::spec::Hardware;
use super::tree::Tree;

/// What a zone counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Domain {
    Package,
    Core,
    Uncore,
    Dram,
    Psys,
    /// The package once more, through the memory-mapped registers.
    Twin,
}

/// One zone.
#[derive(Clone, Debug)]
pub(crate) struct Zone {
    /// Its directory's name, `intel-rapl:0:1`.
    pub(crate) id: String,
    /// What its `name` file says.
    pub(crate) name: String,
    pub(crate) domain: Domain,
    /// The socket, or for psys the whole board.
    pub(crate) socket: Option<usize>,
    pub(crate) counter: Counter,
    limit_uw: u64,
}

/// The zones of a host, in the kernel's order.
pub(crate) fn zones(hardware: &Hardware, random: &mut Random) -> Vec<Zone> {
    let sockets = hardware.sockets.max(1) as usize;
    let dies = hardware.dies.max(1) as usize;
    let mut list = Vec::new();
    for package in 0..sockets * dies {
        let (socket, die) = (package / dies, package % dies);
        let name = package_name(hardware, socket, die);
        let id = format!("intel-rapl:{package}");
        for (number, domain) in inside(hardware).into_iter().enumerate() {
            let inner = format!("{id}:{number}");
            list.push(Zone::new(
                hardware,
                random,
                domain,
                Some(socket),
                inner,
                domain.word().to_owned(),
            ));
        }
        if hardware.mmio {
            let twin = format!("intel-rapl-mmio:{package}");
            list.push(Zone::new(
                hardware,
                random,
                Domain::Twin,
                Some(socket),
                twin,
                name.clone(),
            ));
        }
        list.push(Zone::new(
            hardware,
            random,
            Domain::Package,
            Some(socket),
            id,
            name,
        ));
    }
    if hardware.psys_rest_mw.is_some() {
        let id = format!("intel-rapl:{}", sockets * dies);
        list.push(Zone::new(
            hardware,
            random,
            Domain::Psys,
            None,
            id,
            "psys".to_owned(),
        ));
    }
    list.sort_by(|a, b| a.id.cmp(&b.id));
    list
}

fn package_name(hardware: &Hardware, socket: usize, die: usize) -> String {
    if hardware.dies > 1 {
        format!("package-{socket}-die-{die}")
    } else {
        format!("package-{socket}")
    }
}

fn inside(hardware: &Hardware) -> Vec<Domain> {
    let present = [
        (hardware.core, Domain::Core),
        (hardware.uncore, Domain::Uncore),
        (hardware.dram.is_some(), Domain::Dram),
    ];
    present
        .into_iter()
        .filter_map(|(there, domain)| there.then_some(domain))
        .collect()
}

impl Domain {
    fn word(self) -> &'static str {
        match self {
            Self::Package | Self::Twin => "package",
            Self::Core => "core",
            Self::Uncore => "uncore",
            Self::Dram => "dram",
            Self::Psys => "psys",
        }
    }
}

impl Zone {
    fn new(
        hardware: &Hardware,
        random: &mut Random,
        domain: Domain,
        socket: Option<usize>,
        id: String,
        name: String,
    ) -> Self {
        let unit = if domain == Domain::Dram {
            hardware.dram_unit_nj
        } else {
            hardware.unit_nj
        };
        let counter = Counter::new(hardware.bits, unit, random.next());
        let limit_uw = match domain {
            Domain::Core | Domain::Uncore | Domain::Dram => 0,
            _ => (hardware.package.static_mw + hardware.package.dynamic_mw) * 1000,
        };
        Self {
            id,
            name,
            domain,
            socket,
            counter,
            limit_uw,
        }
    }

    /// `intel-rapl` or `intel-rapl-mmio`.
    fn control(&self) -> &str {
        self.id.split(':').next().unwrap_or_default()
    }

    /// Its real directory.
    pub(crate) fn directory(&self) -> String {
        let parent = self
            .id
            .rmatch_indices(':')
            .nth(1)
            .map(|_| ())
            .and_then(|()| self.id.rsplit_once(':'));
        let base = format!("sys/devices/virtual/powercap/{}", self.control());
        match parent {
            Some((parent, _)) => format!("{base}/{parent}/{}", self.id),
            None => format!("{base}/{}", self.id),
        }
    }

    /// Its link among all zones.
    pub(crate) fn link(&self) -> String {
        format!("sys/class/powercap/{}", self.id)
    }

    /// Whether the zone is `id` or inside it.
    pub(crate) fn is_within(&self, id: &str) -> bool {
        self.id
            .strip_prefix(id)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
    }

    fn render(&self, tree: &mut Tree) -> anyhow::Result<()> {
        let directory = self.directory();
        let put = |tree: &mut Tree, name: &str, text: String| {
            tree.put(&format!("{directory}/{name}"), text.as_bytes())
        };
        put(tree, "name", format!("{}\n", self.name))?;
        put(tree, "energy_uj", format!("{}\n", self.counter.shown_uj()))?;
        put(
            tree,
            "max_energy_range_uj",
            format!("{}\n", self.counter.range_uj()),
        )?;
        put(tree, "enabled", format!("{}\n", u8::from(self.limit_uw > 0)))?;
        put(tree, "constraint_0_name", "long_term\n".to_owned())?;
        put(tree, "constraint_0_max_power_uw", format!("{}\n", self.limit_uw))?;
        put(
            tree,
            "constraint_0_power_limit_uw",
            format!("{}\n", self.limit_uw),
        )?;
        put(tree, "constraint_0_time_window_us", "999424\n".to_owned())
    }

    fn render_links(&self, tree: &mut Tree) -> anyhow::Result<()> {
        let directory = self.directory();
        let inward = directory.trim_start_matches("sys/");
        tree.link(&self.link(), &format!("../../{inward}"))?;
        let up = "../".repeat(directory.matches('/').count());
        tree.link(&format!("{directory}/subsystem"), &format!("{up}class/powercap"))
    }
}

/// Writes what changed of the zones.
pub(crate) fn render(zones: &[Zone], first: bool, tree: &mut Tree) -> anyhow::Result<()> {
    for zone in zones {
        if first {
            render_control(zone.control(), tree)?;
            zone.render(tree)?;
            zone.render_links(tree)?;
        } else {
            let text = format!("{}\n", zone.counter.shown_uj());
            tree.put(&format!("{}/energy_uj", zone.directory()), text.as_bytes())?;
        }
    }
    Ok(())
}

fn render_control(control: &str, tree: &mut Tree) -> anyhow::Result<()> {
    tree.put(&format!("sys/devices/virtual/powercap/{control}/enabled"), b"1\n")?;
    tree.link(
        &format!("sys/class/powercap/{control}"),
        &format!("../../devices/virtual/powercap/{control}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(hardware: &Hardware) -> Vec<(String, String)> {
        zones(hardware, &mut Random::new(1))
            .into_iter()
            .map(|zone| (zone.id, zone.name))
            .collect()
    }

    fn listed(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(id, name)| ((*id).to_owned(), (*name).to_owned()))
            .collect()
    }

    #[test]
    fn zones_are_numbered_as_the_kernel_numbers_them() {
        let server = listed(&[
            ("intel-rapl:0", "package-0"),
            ("intel-rapl:0:0", "dram"),
            ("intel-rapl:1", "package-1"),
            ("intel-rapl:1:0", "dram"),
        ]);
        assert_eq!(ids(&Hardware::default()), server);
        let client = listed(&[
            ("intel-rapl-mmio:0", "package-0"),
            ("intel-rapl:0", "package-0"),
            ("intel-rapl:0:0", "core"),
            ("intel-rapl:0:1", "uncore"),
            ("intel-rapl:1", "psys"),
        ]);
        assert_eq!(ids(&Hardware::client()), client);
        let dies = ids(&Hardware {
            dies: 2,
            dram: None,
            ..Hardware::default()
        });
        assert_eq!(dies[3], ("intel-rapl:3".to_owned(), "package-1-die-1".to_owned()));
    }

    #[test]
    fn a_zone_within_a_zone_is_a_directory_within_a_directory() {
        let zones = zones(&Hardware::client(), &mut Random::new(1));
        let directories: Vec<String> = zones.iter().map(Zone::directory).collect();
        assert_eq!(
            directories[0],
            "sys/devices/virtual/powercap/intel-rapl-mmio/intel-rapl-mmio:0"
        );
        assert_eq!(
            directories[2],
            "sys/devices/virtual/powercap/intel-rapl/intel-rapl:0/intel-rapl:0:0"
        );
        assert!(zones[2].is_within("intel-rapl:0") && !zones[4].is_within("intel-rapl:0"));
    }
}
