//! Many agents, some of which are not what they should be.

use wattle_controller::config;
use wattle_controller::fleet::Picture;
use wattle_controller::placement::Standing;

use super::super::patience::now;
use super::super::patience::wait_until;
use super::known::Known;
use super::known::settings;
use super::stub::HOSTILE;
use super::stub::Manner;
use super::stub::Stub;

/// What an agent of an ordinary host shows.
const PAGE: &str = include_str!("../../../golden/intel-two-sockets-dram.prom");
const CONCURRENCY: usize = 32;

fn names(count: usize, manner: Manner) -> Vec<(String, Manner)> {
    let name = |number| format!("{manner:?}-{number}").to_ascii_lowercase();
    (0..count).map(|number| (name(number), manner)).collect()
}

/// A runtime for the agents that are none, apart from that of the fleet.
fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap()
}

fn answered(picture: &Picture) -> usize {
    let answered = picture.reports.values().filter(|report| report.age.is_some());
    answered.count()
}

fn start(dir: &tempfile::TempDir, stub: &Stub, targets: &[(String, Manner)], interval: u64) -> Known {
    let file = dir.path().join("targets.yaml");
    stub.write_targets(&file, targets);
    let mut settings = config::Fleet {
        file_sd: vec![file],
        interval: config::Span::seconds(interval),
        ..settings()
    };
    settings.agents.concurrency = CONCURRENCY;
    Known::start(&settings)
}

#[test]
fn a_thousand_agents_are_asked_within_bounds_and_all_their_facts_are_there() {
    let (dir, agents) = (tempfile::tempdir().unwrap(), runtime());
    let stub = agents.block_on(Stub::start(PAGE));
    let targets = names(1000, Manner::Well);
    let begun = now();
    let known = start(&dir, &stub, &targets, 3600);
    wait_until("all questions", || {
        stub.asked.lock().unwrap().times.len() == targets.len()
    });
    println!(
        "1000 agents, {} bytes each: asked in {:?}",
        PAGE.len(),
        begun.elapsed()
    );
    known.wait_for("all facts", |picture| answered(picture) == targets.len());
    let picture = known.picture();
    for (name, _) in &targets {
        let facts = &picture.hosts[name].facts;
        assert_eq!(facts.cpus.value(), Some(&8.0), "{name}");
        assert_eq!(
            facts.memory_total_bytes.value(),
            Some(&68_719_476_736.0),
            "{name}"
        );
        // The first question comes at once, the next one at the host's own moment within the hour.
        assert!(
            (1..=2).contains(&stub.times(name)),
            "{name} was asked again before its turn"
        );
    }
    let most = stub.asked.lock().unwrap().most;
    // A connection that ended here may not have ended there yet.
    assert!(most <= 2 * CONCURRENCY, "{most} at the same time");
}

#[test]
fn who_hangs_drips_never_ends_or_talks_nonsense_disturbs_nobody_else() {
    let (dir, agents) = (tempfile::tempdir().unwrap(), runtime());
    let stub = agents.block_on(Stub::start(PAGE));
    let good = names(60, Manner::Well);
    let bad: Vec<_> = HOSTILE.into_iter().flat_map(|manner| names(6, manner)).collect();
    let known = start(&dir, &stub, &[good.clone(), bad.clone()].concat(), 1);
    known.wait_for("three answers or failures of everybody", |picture| {
        let failed = bad.iter().all(|(name, _)| {
            picture
                .reports
                .get(name)
                .is_some_and(|report| report.failures >= 3)
        });
        failed && good.iter().all(|(name, _)| stub.times(name) >= 3)
    });
    let picture = known.picture();
    for (name, _) in &good {
        let report = &picture.reports[name];
        assert_eq!((&report.error, report.failures), (&None, 0), "{name}");
        assert_eq!(picture.hosts[name].standing, Standing::Ready, "{name}");
        assert_eq!(picture.hosts[name].facts.cpus.value(), Some(&8.0), "{name}");
    }
    for (name, manner) in &bad {
        let report = &picture.reports[name];
        let error = report.error.as_deref().unwrap();
        let expected: &[&str] = match manner {
            Manner::Hangs | Manner::Drips => &["no answer within 2s"],
            Manner::Garbage | Manner::Breaks => &["the connection broke"],
            Manner::Nonsense => &["nothing of a wattle agent"],
            // On a busy machine the time is up first.
            _ => &["bytes that are read", "the page has", "no answer within 2s"],
        };
        assert!(
            expected.iter().any(|expected| error.contains(expected)),
            "{name}: {error}"
        );
        assert_eq!(report.age, None, "{name}");
        assert_eq!(picture.hosts[name].facts.cpus.state(), "missing", "{name}");
    }
    let (least, most) = good.iter().fold((u64::MAX, 0), |(least, most), (name, _)| {
        (least.min(stub.times(name)), most.max(stub.times(name)))
    });
    assert!(
        most <= 2 * least + 1,
        "some were asked {least} times, others {most} times"
    );
}
