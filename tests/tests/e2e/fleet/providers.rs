//! Providers follow their hosts, whichever controller leads.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::PathBuf;

use nix::sys::signal::Signal;
use tempfile::TempDir;
use wattle_controller::fleet::standing::Order;
use wattle_controller::fleet::standing::Orders;
use wattle_controller::fleet::standing::Wanted;
use wattle_tests::fakehost::Spec;

use super::super::agent::Agent;
use super::super::etcd;
use super::super::living::Living;
use super::super::patience::wait_for;
use super::super::patience::wait_until;
use super::controller;
use super::controller::Controller;

const NAMES: [&str; 3] = ["one", "two", "three"];

/// Three hosts and the file that says where their agents are.
struct Site {
    host: Living,
    agents: BTreeMap<&'static str, (Agent, TempDir)>,
    dir: TempDir,
}

impl Site {
    fn start() -> Self {
        let mut site = Self {
            host: Living::start(Spec::default()),
            agents: BTreeMap::new(),
            dir: tempfile::tempdir().unwrap(),
        };
        for name in NAMES {
            site.start_agent(name);
        }
        site
    }

    /// Starts an agent at whatever port is free, and says so in the file.
    fn start_agent(&mut self, name: &'static str) {
        let state = tempfile::tempdir().unwrap();
        let flags = [
            "--interval",
            "300ms",
            "--location.country",
            "SE",
            "--location.latitude=59",
            "--location.longitude=18",
        ];
        let agent = Agent::start(state.path(), &self.host.flags(&flags));
        agent.wait_until_ready();
        self.agents.insert(name, (agent, state));
        self.write_targets();
    }

    fn write_targets(&self) {
        let mut text = String::new();
        for (name, (agent, _)) in &self.agents {
            let address = agent.address;
            writeln!(
                text,
                "- {{targets: ['{address}'], labels: {{host: {name}, site: hall}}}}"
            )
            .unwrap();
        }
        // In one step, as who writes such files does.
        let file = self.file();
        std::fs::write(file.with_extension("new"), text).unwrap();
        std::fs::rename(file.with_extension("new"), file).unwrap();
    }

    fn file(&self) -> PathBuf {
        self.dir.path().join("targets.yaml")
    }

    fn config(&self, etcd: &etcd::Server) -> PathBuf {
        let file = self.dir.path().join("controller.yaml");
        let (url, targets) = (etcd.url(), self.file());
        let text = format!(
            "store: {{etcd: {{endpoints: ['{url}']}}}}\nfleet:\n  file-sd: ['{}']\n  interval: 1s\n  silent-after: 4s\n  \
             hosts: {{two: {{capacity: {{DISK_GB: 70}}, traits: [CUSTOM_NVME]}}}}\n  providers: {{reserved: {{VCPU: 1}}}}\n",
            targets.display()
        );
        std::fs::write(&file, text).unwrap();
        file
    }
}

fn assert_shapes(controller: &Controller) {
    for name in NAMES {
        let inventories = controller.inventories(name);
        let vcpu = &inventories["inventories"]["VCPU"];
        assert_eq!(
            (&vcpu["total"], &vcpu["reserved"], &vcpu["max_unit"]),
            (&16.into(), &1.into(), &16.into()),
            "{name}"
        );
        let disk = &inventories["inventories"]["DISK_GB"]["total"];
        assert_eq!(disk.as_u64() == Some(70), name == "two", "{name}: {disk}");
        let traits = controller.traits(name);
        for word in [
            "CUSTOM_COUNTRY_SE",
            "CUSTOM_SITE_HALL",
            "CUSTOM_POWER_MEASURED",
            "HW_ARCH_X86_64",
        ] {
            assert!(traits.contains(word), "{name}: {traits:?}");
        }
        assert_eq!(traits.contains("CUSTOM_NVME"), name == "two");
    }
}

/// An operator doubles the processors of a host that is the fleet's own.
fn change_ratio(controller: &Controller, name: &str) {
    wait_until("the operator's change", || {
        let page = controller.inventories(name);
        let mut vcpu = page["inventories"]["VCPU"].clone();
        vcpu["allocation_ratio"] = 2.0.into();
        vcpu["resource_provider_generation"] = page["resource_provider_generation"].clone();
        let target = format!(
            "/resource_providers/{}/inventories/VCPU",
            controller.uuid(name).unwrap()
        );
        controller.send("PUT", &target, &vcpu.to_string()).status == 200
    });
}

#[test]
fn hosts_become_providers_and_are_offered_only_while_they_are_there_and_ready() {
    if !etcd::is_there() {
        skip!("{}", etcd::MISSING);
    }
    if !controller::is_there() {
        skip!("{}", controller::MISSING);
    }
    let etcd = etcd::Server::start();
    let mut site = Site::start();
    let config = site.config(&etcd);
    let mut two = [(); 2].map(|()| Controller::start(&config));
    let uuids: BTreeMap<&str, String> = NAMES
        .into_iter()
        .map(|name| (name, wait_for("a provider", || two[0].uuid(name))))
        .collect();
    let offered = |controller: &Controller, names: &[&str]| {
        let expected: BTreeSet<String> = names.iter().map(|name| uuids[name].clone()).collect();
        wait_until(&format!("{names:?} to be offered"), || {
            controller.offered() == expected
        });
    };
    for controller in &two {
        offered(controller, &NAMES);
        assert_shapes(controller);
    }
    change_ratio(&two[0], "three");
    wait_until("one leader", || {
        two.iter().filter(|controller| controller.leads()).count() == 1
    });

    // The leader dies, then an agent: who takes over notices.
    let leader = two.iter().position(Controller::leads).unwrap();
    two[leader].program.signal(Signal::SIGKILL);
    two[leader].program.wait();
    let other = &two[1 - leader];
    site.agents.remove("two");
    offered(other, &["one", "three"]);
    assert!(other.leads());
    assert!(other.traits("two").contains("COMPUTE_STATUS_DISABLED"));
    let silent = other.metric("wattle_controller_fleet_hosts{standing=\"silent\"}");
    assert_eq!(silent.as_deref(), Some("1.0"));

    // An order through the store is followed, and a host that is on no list any more is not offered.
    let orders = Orders::new(etcd.store());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let order = Order {
        standing: Wanted::Draining,
        since: 0,
        reason: None,
        by: None,
    };
    runtime.block_on(orders.set("three", &order)).unwrap();
    offered(other, &["one"]);
    site.write_targets();
    site.agents.remove("one");
    site.write_targets();
    offered(other, &[]);

    // All come back, with what they had.
    runtime.block_on(orders.clear("three")).unwrap();
    site.start_agent("one");
    site.start_agent("two");
    offered(other, &NAMES);
    assert_shapes(other);
    assert_eq!(
        other.inventories("three")["inventories"]["VCPU"]["allocation_ratio"],
        2.0
    );
    assert_eq!(
        other.inventories("one")["inventories"]["VCPU"]["allocation_ratio"],
        1.0
    );
    assert!(!other.traits("two").contains("COMPUTE_STATUS_DISABLED"));

    // A third one has to wait only until the second has ended in order.
    let third = Controller::start(&config);
    other.program.signal(Signal::SIGTERM);
    wait_until("the third to lead", || third.leads());
    assert_shapes(&third);
}
