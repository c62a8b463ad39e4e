//! This machine as it is.

use super::agent::Agent;

#[test]
fn this_machine_shows_its_processors_memory_network_energy_and_the_agent_itself() {
    let state = tempfile::tempdir().unwrap();
    let agent = Agent::start(state.path(), &["--interval", "200ms"]);
    agent.wait_until_ready();
    let scrape = agent.after_ticks(2);
    let cpus = std::thread::available_parallelism().unwrap().get() as u64;
    assert!(scrape.whole("wattle_host_cpus") >= cpus);
    assert!(scrape.micro("wattle_host_cpu_seconds_total{mode=\"user\"}") > 0);
    let memory = |state: &str| scrape.whole(&format!("wattle_host_memory_bytes{{state=\"{state}\"}}"));
    assert!(memory("available") > 0 && memory("available") <= memory("total"));
    assert!(
        scrape
            .get("wattle_host_network_receive_bytes_total{device=\"lo\"}")
            .is_some()
    );
    assert!(scrape.micro("wattle_host_energy_joules_total{component=\"cpu\"}") > 0);
    assert_eq!(scrape.micro("wattle_conservation_error_joules"), 0);
    for sensor in ["cpu", "memory", "network", "process"] {
        assert_eq!(
            scrape.whole(&format!("wattle_sensor_up{{sensor=\"{sensor}\"}}")),
            1,
            "{sensor}"
        );
    }
    let resident = scrape.whole("process_resident_memory_bytes");
    assert!(resident > 1 << 20 && resident < memory("total"), "{resident}");
    assert_eq!(agent.program.log().lines().count(), 1, "{}", agent.program.log());
}
