//! Turns, rounds and targets.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Rota;
use super::Whole;
use super::read_file_sd;

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn everybody_has_one_turn_in_every_interval_and_not_all_at_once() {
    let names: Vec<String> = (0..1000).map(|number| format!("host-{number}")).collect();
    let mut rota = Rota::new(10 * SECOND, 5000);
    rota.set_targets(names.iter().map(String::as_str), Duration::ZERO);
    assert_eq!(rota.start(Duration::ZERO).len(), 1000);
    for name in &names {
        rota.finished(name, Duration::ZERO);
    }
    let (mut asked, mut most) = (BTreeMap::<String, u32>::new(), 0);
    for tenth in 1..=300 {
        let now = SECOND * tenth / 10;
        let started = rota.start(now);
        most = most.max(started.len());
        for name in started {
            rota.finished(&name, now);
            *asked.entry(name).or_default() += 1;
        }
    }
    assert!(asked.len() == 1000 && asked.values().all(|count| *count == 3));
    assert!(most < 30, "{most} at once");
}

#[test]
fn a_slow_one_is_not_asked_twice_and_takes_one_place() {
    let mut rota = Rota::new(SECOND, 2);
    rota.set_targets(["a", "b", "c"].into_iter(), Duration::ZERO);
    assert_eq!(rota.start(Duration::ZERO), ["a", "b"]);
    assert_eq!(rota.next(), None);
    assert!(rota.start(9 * SECOND).is_empty());
    rota.finished("a", 9 * SECOND);
    assert_eq!(rota.start(9 * SECOND), ["c"]);
    rota.finished("c", 9 * SECOND);
    let next = rota.next().unwrap();
    assert!(next > 9 * SECOND && next <= 10 * SECOND);
    rota.set_targets(["a"].into_iter(), 9 * SECOND);
    assert_eq!(rota.start(20 * SECOND), ["a"]);
}

#[test]
fn those_who_do_not_answer_leave_three_places_in_four_to_the_others() {
    let mut rota = Rota::new(SECOND, 8);
    let names: Vec<String> = (0..40).map(|number| format!("{number:02}")).collect();
    rota.set_targets(names.iter().map(String::as_str), Duration::ZERO);
    // The first twenty-four do not answer.
    for _ in 0..3 {
        for name in rota.start(Duration::ZERO) {
            rota.failed(&name, Duration::ZERO);
        }
    }
    // The others do.
    for _ in 0..2 {
        for name in rota.start(10 * SECOND) {
            rota.finished(&name, 10 * SECOND);
        }
    }
    let started = rota.start(20 * SECOND);
    let (suspects, others): (Vec<_>, Vec<_>) =
        started.into_iter().partition(|name| rota.suspects.contains(name));
    assert_eq!((suspects.len(), others.len()), (2, 6));
    for name in others {
        rota.finished(&name, 20 * SECOND);
    }
    let again = rota.start(30 * SECOND);
    assert!(again.len() == 6 && again.iter().all(|name| !rota.suspects.contains(name)));
}

#[test]
fn a_file_of_targets_is_read_or_refused_whole() {
    let yaml = "- targets: ['10.0.0.1:8080', '[::1]:8080']\n  labels: {site: ber1}\n\
                - targets: ['x:1']\n  labels: {host: node7, __metrics_path__: /m, __scheme__: https}\n";
    let read_file_sd = |text: &str| {
        let path = "/metrics".to_owned();
        read_file_sd(text, &Whole { tls: false, path })
    };
    let targets = read_file_sd(yaml).unwrap();
    let names: Vec<&str> = targets.iter().map(|target| target.name.as_str()).collect();
    assert_eq!(names, ["10.0.0.1", "::1", "node7"]);
    assert_eq!(
        (targets[2].path.as_str(), targets[0].labels["site"].as_str()),
        ("/m", "ber1")
    );
    assert!(targets[2].tls && !targets[0].tls);
    assert_eq!(read_file_sd("[{\"targets\": [\"a:1\"]}]").unwrap().len(), 1);
    for bad in [
        "- targets: [a]",
        "- targets: ['a:99999']",
        "- targets: [':1']",
        "- targets: ['a b:1']",
        "- {targets: ['a:1'], labels: {__scheme__: ftp}}",
        "x: 1",
    ] {
        assert!(read_file_sd(bad).is_err(), "{bad}");
    }
    let twice = read_file_sd("- targets: ['a:1', 'a:2']").unwrap_err();
    assert!(twice.to_string().contains("two hosts are called a"));
}
