//! The screen at several sizes, and that the reader understands what the API writes.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::canvas::Size;
use super::flat;
use super::keys;
use super::model::Model;
use super::reading::Reading;
use super::shell::parse;
use super::view::draw;
use crate::component::Component;
use crate::exposition;
use crate::ledger::ComponentReport;
use crate::ledger::CpuReport;
use crate::ledger::HostReport;
use crate::ledger::WorkloadReport;
use crate::machine::Machine;
use crate::sensor::Quality;
use crate::snapshot::Snapshot;
use crate::workload::Details;
use crate::workload::Identity;
use crate::workload::Kind;

const SIZES: [(usize, usize); 5] = [(80, 24), (200, 50), (40, 10), (20, 5), (1, 1)];

fn workload(kind: Kind, name: &str, microjoules: u64) -> WorkloadReport {
    WorkloadReport {
        identity: Identity::new(kind, &format!("/{name}"), name, Details::default()),
        energy_uj: [microjoules * 50, 0, 0],
        latest_uj: [microjoules, 0, 0],
        carbon: Default::default(),
        cpu_usec: 9_000_000,
        latest_cpu_usec: microjoules / 10,
        memory: wattle_hostfs::memory_stat::Memory {
            anonymous_bytes: Some(microjoules),
            working_set_bytes: None,
        },
        bytes: [Some([microjoules, 7]), None],
        created: Duration::ZERO,
        alive: true,
    }
}

/// What an agent would show after so many seconds.
fn snapshot(second: u64) -> Snapshot {
    let mut workloads = vec![
        workload(Kind::Vm, "one-524", 12_000_000 + second),
        workload(Kind::Container, "web", 3_500_000),
        workload(
            Kind::Container,
            "\u{1b}[2J漢字漢字漢字漢字漢字漢字漢字",
            9_000_000,
        ),
        workload(Kind::Idle, "idle", 40_000_000),
    ];
    workloads.extend(
        (0..60).map(|number| workload(Kind::Service, &format!("unit-{number}.service"), 1000 * number)),
    );
    let mut host = HostReport {
        wall: Duration::from_secs(1_790_000_000 + second),
        elapsed: Some(Duration::from_secs(1)),
        workloads,
        cpu: Some(CpuReport {
            online: 16,
            busy_ppm: Some(123_456),
            ..CpuReport::default()
        }),
        ..HostReport::default()
    };
    host.components[Component::Cpu.index()] = Some(ComponentReport {
        energy_uj: 4_000_000_000,
        latest_uj: Some(64_500_000),
        quality: Quality::Estimated,
    });
    Snapshot {
        host,
        machine: Arc::new(Machine {
            name: "node7".to_owned(),
            processor: "Intel(R) Xeon(R) Gold 6230 CPU @ 2.10GHz".to_owned(),
            ..Machine::default()
        }),
        ..Snapshot::default()
    }
}

fn reading(second: u64) -> Reading {
    let snapshot = snapshot(second);
    let report = serde_json::to_value(exposition::Report::new(&snapshot)).unwrap();
    let way = |delay: f64| json!({"delay_min_seconds": delay, "jitter_seconds": 1e-6, "sent": 200, "received": 198, "lost": 2});
    let mesh = json!({
        "host": "node7",
        "clock": {"source": "chrony", "synchronised": true, "bound_seconds": 0.00005},
        "peers": [{
            "name": "node8", "zone": "hall-2", "address": "192.0.2.8:862", "answers": true,
            "clock_state": "synchronised", "clock_bound_seconds": 0.0001, "to": way(0.000_21), "from": way(0.000_34),
        }],
    });
    parse(json!({"source": "x", "report": report, "mesh": mesh})).unwrap()
}

fn model() -> Model {
    let mut model = Model::new("http://localhost:8080".to_owned());
    (0..5).for_each(|second| model.take(reading(second)));
    model
}

fn typed(model: &mut Model, input: &str) {
    for action in keys::actions(input.as_bytes(), model.typing) {
        model.act(action);
    }
}

fn lines(model: &Model, (width, height): (usize, usize)) -> Vec<String> {
    draw(model, Size { width, height }, false).lines()
}

fn names(model: &Model) -> Vec<String> {
    model.rows().into_iter().map(|row| row.name).collect()
}

#[test]
fn the_reader_understands_all_that_an_agent_reports() {
    let snapshot = snapshot(3);
    let written = serde_json::to_value(exposition::Report::new(&snapshot)).unwrap();
    let read = reading(3).report;
    assert_eq!(read.machine.name, "node7");
    assert_eq!(read.workloads.len(), snapshot.host.workloads.len());
    let (ours, theirs) = (&read.workloads[0], &written["workloads"][0]);
    assert_eq!(json!(ours.kind), theirs["kind"]);
    assert_eq!(json!(ours.power_watts), theirs["power_watts"]);
    assert_eq!(json!(ours.cpus_used), theirs["cpus_used"]);
    assert_eq!(json!(ours.energy_joules), theirs["energy_joules"]);
    assert_eq!(json!(ours.memory_bytes), theirs["memory_bytes"]);
    assert_eq!(
        json!(ours.network_bytes.unwrap().receive),
        theirs["network_bytes"]["receive"]
    );
    assert_eq!(json!(read.cpu.unwrap().busy_ratio), written["cpu"]["busy_ratio"]);
    assert_eq!(
        json!(read.host["cpu"].power_watts),
        written["host"]["cpu"]["power_watts"]
    );
}

#[test]
fn at_80_by_24_everything_has_its_place() {
    let shown = lines(&model(), (80, 24));
    assert_eq!(shown.len(), 24);
    assert!(shown[0].starts_with("node7 Intel(R)"), "{}", shown[0]);
    assert!(
        shown[1].starts_with("~64.50 W  cpu ~64.50  4000.0 J"),
        "{}",
        shown[1]
    );
    assert!(shown[2].starts_with("cpu 12.3 % of 16"), "{}", shown[2]);
    assert!(
        shown[3].starts_with("1 workloads 2 latency 3 sensors"),
        "{}",
        shown[3]
    );
    let titles: Vec<_> = shown[4].split_whitespace().collect();
    assert_eq!(
        titles,
        ["KIND", "NAME", "WATTS*", "CPU%", "MEMORY", "ENERGY", "NET/S"]
    );
    assert!(shown[5].starts_with("idle         idle"), "{}", shown[5]);
    assert!(
        shown[5].contains("40.00") && shown[5].contains("2000.0 J"),
        "{}",
        shown[5]
    );
    assert!(shown[6].starts_with("vm           one-524"), "{}", shown[6]);
    // Each figure ends in the column that its title ends in.
    let end = |line: &str, word: &str| line.find(word).map(|at| at + word.len());
    assert_eq!(end(&shown[5], "40.00"), end(&shown[4], "WATTS*"));
    assert_eq!(end(&shown[5], "2000.0 J"), end(&shown[4], "ENERGY"));
    assert!(shown[23].starts_with("q quit"), "{}", shown[23]);
}

#[test]
fn no_screen_is_too_small_and_nothing_is_drawn_over_another() {
    for size in SIZES {
        let mut model = model();
        for keys in ["", "2", "3", "?", "\u{1b}1/web", "\u{1b}x\u{1b}[6~"] {
            typed(&mut model, keys);
            let canvas = draw(
                &model,
                Size {
                    width: size.0,
                    height: size.1,
                },
                true,
            );
            for line in canvas.lines() {
                assert!(
                    line.len() <= size.0 && line.chars().all(|c| (' '..='~').contains(&c)),
                    "{size:?} {line:?}"
                );
            }
            assert_eq!(canvas.lines().len(), size.1);
        }
    }
    let narrow = lines(&model(), (40, 10));
    let titles: Vec<_> = narrow[4].split_whitespace().collect();
    assert_eq!(titles, ["KIND", "NAME", "WATTS*", "CPU%"]);
    let wide = lines(&model(), (200, 50));
    assert!(
        wide[4].ends_with("HISTORY") && wide[6].contains('▁') || wide[6].contains('█'),
        "{}",
        wide[6]
    );
    assert!(wide[0].ends_with("http://localhost:8080"), "{}", wide[0]);
}

#[test]
fn rows_are_sorted_filtered_and_hidden_as_asked() {
    let mut model = model();
    assert_eq!(names(&model)[..2], ["idle", "one-524"]);
    typed(&mut model, "a");
    assert_eq!(names(&model)[0], "idle");
    typed(&mut model, "ar");
    assert_eq!(
        names(&model).first().map(String::as_str),
        Some("\u{fffd}[2J漢字漢字漢字漢字漢字漢字漢字")
    );
    typed(&mut model, "w/WEB\r");
    assert_eq!((names(&model), model.typing), (vec!["web".to_owned()], false));
    assert!(lines(&model, (80, 24))[3].ends_with("/WEB"));
    typed(&mut model, "xVI");
    assert!(
        !names(&model)
            .iter()
            .any(|name| name == "idle" || name == "one-524")
    );
    assert!(lines(&model, (80, 24))[3].ends_with("without VI"));
    typed(&mut model, "VIn");
    assert_eq!(names(&model)[0], "one-524");
    assert!(
        !keys::actions(b"q", false)
            .into_iter()
            .all(|action| model.act(action))
    );
}

#[test]
fn a_list_is_scrolled_to_its_end_and_not_beyond() {
    let mut model = model();
    typed(&mut model, "a\u{1b}[F");
    let shown = lines(&model, (80, 24));
    let last = names(&model).pop().unwrap();
    assert!(shown[22].contains(&last[..4]), "{} {last}", shown[22]);
    typed(&mut model, "\u{1b}[H\u{1b}[B");
    assert!(lines(&model, (80, 24))[5].contains(&names(&model)[1]));
}

#[test]
fn a_pause_holds_the_figures_and_trouble_is_told_until_it_is_over() {
    let mut model = model();
    typed(&mut model, "p");
    model.take(reading(99));
    let time = |model: &Model| model.reading.as_ref().unwrap().report.time_epoch_seconds;
    assert!(time(&model) < 1_790_000_010.0 && lines(&model, (80, 24))[3].ends_with("paused"));
    typed(&mut model, "p");
    model.fail("localhost:8080: connection refused; trying again".to_owned());
    assert!(lines(&model, (80, 24))[23].starts_with("localhost:8080: connection refused"));
    model.take(reading(100));
    assert!(lines(&model, (80, 24))[23].starts_with("q quit"));
    assert!(time(&model) > 1_790_000_099.0);
}

#[test]
fn peers_have_both_directions_and_the_state_of_the_clocks() {
    let mut model = model();
    typed(&mut model, "2");
    let shown = lines(&model, (100, 24));
    assert!(
        shown[4].contains("clock synchronised by chrony, wrong by at most 50.0 us"),
        "{}",
        shown[4]
    );
    let peer: Vec<_> = shown[6].split_whitespace().collect();
    assert_eq!(peer[..4], ["node8", "(hall-2)", "210.0", "us"]);
    assert!(
        shown[6].contains("340.0 us") && shown[6].contains("synchronised 100.0 us"),
        "{}",
        shown[6]
    );
    assert!(shown[6].contains("1.00"), "{}", shown[6]);
}

#[test]
fn lines_for_scripts_are_aligned_and_hold_no_control_character() {
    let text = flat::text(&model());
    let all: Vec<_> = text.lines().collect();
    assert_eq!(
        all[0],
        "# node7 64.500 W, cpu 64.500 W estimated, http://localhost:8080"
    );
    assert!(all[1].starts_with("KIND "), "{}", all[1]);
    assert!(all.iter().all(|line| !line.chars().any(char::is_control)));
    let watts = all[1].find("WATTS").unwrap() + 5;
    assert_eq!(&all[2][watts - 6..watts], "40.000");
}
