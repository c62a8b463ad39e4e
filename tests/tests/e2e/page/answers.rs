//! What the page is made of, and what it asks for, without a browser.

use std::io::Read;
use std::io::Write;
use std::net::SocketAddr;

use flate2::read::GzDecoder;
use serde_json::Value;
use wattle_tests::fakehost::Hardware;
use wattle_tests::fakehost::Spec;

use super::super::client::ask;
use super::super::client::connect;
use super::super::patience::wait_for;
use super::super::patience::wait_until;
use super::world::World;

#[test]
fn the_page_is_small_packed_and_kept_by_the_browser_until_it_is_another() {
    let world = World::start(Spec::default(), &["--interval", "1m"]);
    let address = world.agent.address;
    let plain = ask(address, "GET", "/", &[]);
    assert!(
        plain.status == 200 && plain.body.len() < 60_000,
        "{}",
        plain.body.len()
    );
    let packed = ask(address, "GET", "/", &[("Accept-Encoding", "gzip")]);
    assert_eq!(packed.header("content-encoding"), Some("gzip"));
    assert_eq!(packed.header("vary"), Some("Accept-Encoding"));
    let mut unpacked = Vec::new();
    GzDecoder::new(&*packed.body).read_to_end(&mut unpacked).unwrap();
    assert!(unpacked == plain.body);
    let tag = plain.header("etag").unwrap();
    let known = ask(address, "GET", "/", &[("If-None-Match", tag)]);
    assert_eq!((known.status, known.body.len()), (304, 0));
    assert_eq!(known.header("cache-control"), Some("no-cache"));
}

#[test]
fn the_page_says_how_little_a_browser_may_do_with_it() {
    let world = World::start(Spec::default(), &["--interval", "1m"]);
    let page = world.agent.get("/");
    let policy = page.header("content-security-policy").unwrap();
    let rules: Vec<_> = policy.split("; ").collect();
    for rule in [
        "default-src 'none'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    ] {
        assert!(rules.contains(&rule), "{rule} is not in {policy}");
    }
    for kind in ["script-src 'sha256-", "style-src 'sha256-"] {
        assert!(rules.iter().any(|rule| rule.starts_with(kind)), "{policy}");
    }
    assert!(
        !policy.contains("unsafe") && !policy.contains('*') && !policy.contains("http"),
        "{policy}"
    );
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
}

fn numbers(list: &Value) -> Vec<Option<f64>> {
    list.as_array().unwrap().iter().map(Value::as_f64).collect()
}

#[test]
fn the_hour_is_shared_out_over_kinds_to_the_last_milliwatt_and_its_end_is_the_minute() {
    let world = World::start(Spec::default().with_mixture(20, 30), &["--interval", "200ms"]);
    let hour = wait_for("two steps", || {
        let hour = world.json("/api/v1/history");
        (hour["estimated"].as_array()?.len() >= 2).then_some(hour)
    });
    assert_eq!(
        (&hour["step_seconds"], &hour["first_step"]),
        (&5.0.into(), &0.into())
    );
    let sums = |group: &str| {
        let lists: Vec<Vec<Option<f64>>> = hour[group].as_object().unwrap().values().map(numbers).collect();
        let sum = |step: usize| lists.iter().filter_map(|list| list[step]).sum::<f64>();
        [sum(0), sum(1)]
    };
    for (host, kinds) in sums("host_watts").into_iter().zip(sums("kind_watts")) {
        assert!(host > 50.0 && (host - kinds).abs() < 0.01, "{host} and {kinds}");
    }
    assert_eq!(hour["estimated"][0], false);
    let minute = world.json("/api/v1/history?last=minute");
    assert_eq!(minute["host_watts"]["cpu"][0], hour["host_watts"]["cpu"][0]);
    let ends = ["start_epoch_seconds", "end_epoch_seconds"].map(|end| minute[end].as_f64().unwrap());
    let steps = u32::try_from(minute["estimated"].as_array().unwrap().len()).unwrap();
    assert!((ends[1] - ends[0] - 5.0 * f64::from(steps)).abs() < 1e-3);
}

#[test]
fn a_guess_is_marked_in_the_hour_too() {
    let spec = Spec {
        hardware: Hardware::guest(),
        ..Spec::default()
    };
    let world = World::start(spec, &["--interval", "200ms"]);
    let hour = wait_for("a step", || {
        let hour = world.json("/api/v1/history");
        (!hour["estimated"].as_array().unwrap().is_empty()).then_some(hour)
    });
    assert_eq!(hour["estimated"][0], true);
    assert_eq!(hour["host_watts"].as_object().unwrap().len(), 1);
}

/// A page that somebody has open: one connection, and what was answered last on each path.
struct OpenPage {
    address: SocketAddr,
    stream: std::net::TcpStream,
    tags: [String; 2],
}

impl OpenPage {
    const PATHS: [&str; 2] = ["/api/v1/report", "/api/v1/history?last=minute"];

    fn open(address: SocketAddr) -> Self {
        let stream = connect(address);
        let tags = Default::default();
        Self {
            address,
            stream,
            tags,
        }
    }

    /// Asks as the page does; returns the statuses and what came.
    fn turn(&mut self) -> [(u16, usize); 2] {
        std::array::from_fn(|place| {
            let known = match &*self.tags[place] {
                "" => String::new(),
                tag => format!("If-None-Match: {tag}\r\n"),
            };
            let path = Self::PATHS[place];
            let host = self.address;
            let request =
                format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept-Encoding: gzip\r\n{known}\r\n");
            self.stream.write_all(request.as_bytes()).unwrap();
            let (head, length) = self.hear();
            let tag = head.lines().find_map(|line| line.strip_prefix("etag: "));
            self.tags[place] = tag.unwrap().trim().to_owned();
            (head[9..12].parse().unwrap(), length)
        })
    }

    fn hear(&mut self) -> (String, usize) {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            self.stream.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).unwrap();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.map_or(0, |length| length.trim().parse().unwrap())];
        self.stream.read_exact(&mut body).unwrap();
        (head, body.len())
    }
}

#[test]
fn fifty_open_pages_are_sent_each_tick_once_and_cost_no_tick() {
    let world = World::start(Spec::default().with_mixture(50, 60), &["--interval", "1m"]);
    let mut pages: Vec<_> = (0..50).map(|_| OpenPage::open(world.agent.address)).collect();
    let first: Vec<_> = pages.iter_mut().map(OpenPage::turn).collect();
    // All are sent the same, packed.
    assert!(first.iter().all(|answers| *answers == first[0]), "{first:?}");
    assert!(
        first[0]
            .iter()
            .all(|(status, length)| *status == 200 && *length > 50)
    );
    for _ in 0..3 {
        for page in &mut pages {
            assert_eq!(page.turn(), [(304, 0); 2]);
        }
    }
    assert_eq!(world.agent.scrape().whole("wattle_ticks_missed_total"), 0);
}

/// All names of fields in a document, but for those of workloads' ids and the like, which are values.
fn fields(value: &Value, found: &mut std::collections::BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (name, inner) in map {
                found.insert(name.clone());
                fields(inner, found);
            }
        }
        Value::Array(list) => list.iter().for_each(|inner| fields(inner, found)),
        _ => {}
    }
}

#[test]
fn every_field_is_in_the_documentation() {
    let page = include_str!("../../../../docs/agent-api.md");
    let world = World::whole();
    world.agent.wait_until_ready();
    wait_until("a step", || {
        world.json("/api/v1/history")["estimated"][0].is_boolean()
    });
    for path in [
        "/api/v1/report",
        "/api/v1/history",
        "/api/v1/mesh",
        "/api/v1/location",
    ] {
        let mut found = Default::default();
        fields(&world.json(path), &mut found);
        assert!(found.len() > 5, "{path}: {found:?}");
        let unknown: Vec<_> = found
            .iter()
            .filter(|name| !page.contains(&format!("`{name}`")))
            .collect();
        assert!(unknown.is_empty(), "{path}: {unknown:?}");
    }
}
