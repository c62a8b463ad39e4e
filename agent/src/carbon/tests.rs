//! Services that answer well, badly, slowly and never.

use std::io::BufRead;
use std::io::BufReader;
use std::io::Write;
use std::net::TcpListener;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use super::Grid;
use super::Intensity;
use super::Keeper;
use super::Trouble;
use super::source::renewed;
use crate::carbon::providers::Inquiry;
use crate::carbon::providers::Session;
use crate::clock::Clock;
use crate::config::Carbon;
use crate::config::Settings;
use crate::fetch::Client;
use crate::moment;

/// A service that answers by a function of the request line, and keeps what it was asked.
struct Stub {
    url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Stub {
    fn new(answer: impl Fn(&str) -> Option<String> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let kept = asked.clone();
        std::thread::spawn(move || {
            let mut held = Vec::new();
            for stream in listener.incoming().map_while(Result::ok) {
                let request = request(&stream);
                kept.lock().unwrap().push(request.clone());
                match answer(&request) {
                    // Whoever asked may be gone.
                    Some(answer) => drop((&stream).write_all(answer.as_bytes())),
                    None => held.push(stream),
                }
            }
        });
        Self { url, asked }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn request(stream: &TcpStream) -> String {
    let lines = BufReader::new(stream).lines().map_while(Result::ok);
    lines
        .take_while(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join("\n")
}

fn reply(status: &str, body: &str) -> Option<String> {
    Some(format!(
        "HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    ))
}

fn wall() -> Duration {
    moment::rfc3339("2026-06-01T12:10:00Z").unwrap()
}

fn settings(yaml: &str) -> Carbon {
    let settings: Settings = serde_yaml::from_str(&format!("carbon: {yaml}")).unwrap();
    settings.check().unwrap();
    settings.carbon
}

fn token() -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(b"ann:secret\n").unwrap();
    file
}

/// Asks once, with little patience.
fn ask(settings: &Carbon, session: &mut Session) -> Result<Grid, (Trouble, Option<Duration>)> {
    let client = Client::new(None)
        .unwrap()
        .with_timeout(Duration::from_millis(400));
    let inquiry = Inquiry {
        client: &client,
        settings,
        wall: wall(),
    };
    let answer = crate::fetch::runtime().unwrap().block_on(inquiry.ask(session));
    let answer = answer.map_err(|failure| (failure.trouble, failure.retry_after))?;
    let before = Grid::unknown(settings, Trouble::Waiting);
    Ok(renewed(&before, answer, wall(), settings.max_age.0))
}

fn json_settings(url: &str) -> Carbon {
    settings(&format!(
        "{{source: http, http: {{provider: json, url: '{url}/x', pointer: /a/0/grams, factor: 1000, time-pointer: /at}}}}"
    ))
}

#[test]
fn each_way_of_failing_has_its_own_words() {
    for (answer, wanted, wait) in [
        (reply("401 Unauthorized", ""), Trouble::Refused, None),
        (reply("403 Forbidden", ""), Trouble::Refused, None),
        (reply("404 Not Found", ""), Trouble::NotFound, None),
        (
            reply("302 Found\r\nlocation: http://127.0.0.1:1/", ""),
            Trouble::NotFound,
            None,
        ),
        (
            reply("429 Too Many\r\nretry-after: 600", ""),
            Trouble::TooMany,
            Some(600),
        ),
        (
            reply("503 No\r\nretry-after: Mon, 01 Jun 2026 12:11:00 GMT", ""),
            Trouble::Broken,
            Some(60),
        ),
        (
            reply("500 No", "{\"a\": [{\"grams\": 1}]}"),
            Trouble::Broken,
            None,
        ),
        (reply("200 OK", "<html>"), Trouble::Strange, None),
        (reply("200 OK", "{}"), Trouble::NoValue, None),
        (
            reply("200 OK", "{\"a\": [{\"grams\": -1}]}"),
            Trouble::NoValue,
            None,
        ),
        (
            reply("200 OK", "{\"a\": [{\"grams\": 1e300}]}"),
            Trouble::NoValue,
            None,
        ),
        (Some("garbage\r\n\r\n".to_owned()), Trouble::Strange, None),
        (
            Some("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{".to_owned()),
            Trouble::Strange,
            None,
        ),
        (None, Trouble::Slow, None),
    ] {
        let stub = Stub::new({
            let answer = answer.clone();
            move |_| answer.clone()
        });
        let (trouble, retry_after) = ask(&json_settings(&stub.url), &mut Session::default()).unwrap_err();
        assert_eq!(
            (trouble, retry_after.map(|wait| wait.as_secs())),
            (wanted, wait),
            "{answer:?}"
        );
        assert!(!trouble.reason().is_empty());
    }
    let nobody = json_settings("http://127.0.0.1:1");
    assert_eq!(
        ask(&nobody, &mut Session::default()).unwrap_err().0,
        Trouble::Unreachable
    );
}

#[test]
fn any_json_is_read_at_its_pointers() {
    let stub = Stub::new(|_| {
        reply(
            "200 OK",
            "{\"a\": [{\"grams\": \"0.0415\"}], \"at\": \"2026-06-01T12:00Z\"}",
        )
    });
    let grid = ask(&json_settings(&stub.url), &mut Session::default()).unwrap();
    assert_eq!(grid.at(wall()).map(Intensity::grams), Some(41.5));
    assert_eq!(grid.age(wall()), Some(Duration::from_secs(600)));
    assert!(grid.at(wall() + Duration::from_secs(6599)).is_some());
    assert_eq!(grid.at(wall() + Duration::from_secs(6600)), None);
}

#[test]
fn a_value_that_is_too_old_is_none() {
    let stub = Stub::new(|_| {
        reply(
            "200 OK",
            "{\"a\": [{\"grams\": 1}], \"at\": \"2026-06-01T09:00Z\"}",
        )
    });
    let grid = ask(&json_settings(&stub.url), &mut Session::default()).unwrap();
    assert_eq!((grid.at(wall()), grid.trouble), (None, Some(Trouble::Stale)));
}

#[test]
fn electricity_maps_is_asked_with_its_token_and_a_missing_forecast_is_no_trouble() {
    let token = token();
    for forecast in [true, false] {
        let stub = Stub::new(move |request| {
            let latest = "{\"zone\":\"SE-SE3\",\"carbonIntensity\":28,\"datetime\":\"2026-06-01T12:00:00.000Z\",\"isEstimated\":true}";
            let ahead = "{\"zone\":\"SE-SE3\",\"forecast\":[{\"carbonIntensity\":28,\"datetime\":\"2026-06-01T12:00:00Z\"},\
                {\"carbonIntensity\":35,\"datetime\":\"2026-06-01T13:00:00Z\"},{\"carbonIntensity\":31,\"datetime\":\"2026-06-01T14:00:00Z\"}]}";
            match request {
                _ if !request.contains("auth-token: ann:secret") => reply("401 No", ""),
                _ if request.starts_with("GET /v3/carbon-intensity/latest?zone=SE-SE3 ") => {
                    reply("200 OK", latest)
                }
                _ if forecast => reply("200 OK", ahead),
                _ => reply("403 No", ""),
            }
        });
        let settings = settings(&format!(
            "{{source: http, zone: SE-SE3, token-file: '{}', http: {{url: '{}/v3'}}}}",
            token.path().display(),
            stub.url
        ));
        let grid = ask(&settings, &mut Session::default()).unwrap();
        assert_eq!(grid.at(wall()).map(Intensity::grams), Some(28.0));
        let expected: Vec<_> = grid
            .expected(wall())
            .map(|(ahead, grams)| (ahead, grams.grams()))
            .collect();
        assert_eq!(expected, if forecast { vec![("1h", 35.0)] } else { vec![] });
        assert_eq!(
            grid.horizon(wall()),
            forecast.then_some(Duration::from_secs(6600))
        );
        assert_eq!(stub.asked().len(), 2);
    }
}

#[test]
fn watttime_is_logged_in_to_once_and_again_when_it_refuses() {
    let token = token();
    let stub = Stub::new(|request| {
        if request.starts_with("GET /login ") {
            // ann:secret
            let known = request.contains("authorization: Basic YW5uOnNlY3JldA==");
            return if known {
                reply("200 OK", "{\"token\": \"abc\"}")
            } else {
                reply("401 No", "")
            };
        }
        if !request.contains("authorization: Bearer abc") || request.contains("co2_aoer") {
            return reply("403 No", "");
        }
        reply(
            "200 OK",
            "{\"data\":[{\"point_time\":\"2026-06-01T12:10:00+00:00\",\"value\":1000}],\"meta\":{\"units\":\"lbs_co2_per_mwh\"}}",
        )
    });
    let yaml = |accounting| {
        format!(
            "{{source: http, zone: CAISO_NORTH, accounting: {accounting}, token-file: '{}', http: {{provider: watttime, url: '{}'}}}}",
            token.path().display(),
            stub.url
        )
    };
    let mut session = Session::default();
    for _ in 0..2 {
        let grid = ask(&settings(&yaml("marginal")), &mut session).unwrap();
        assert_eq!(grid.at(wall()).map(Intensity::grams), Some(453.592_37));
    }
    let lines = stub.asked();
    assert_eq!(
        lines
            .iter()
            .filter(|line| line.starts_with("GET /login "))
            .count(),
        1
    );
    assert!(
        lines[1].starts_with("GET /v3/forecast?region=CAISO_NORTH&signal_type=co2_moer&horizon_hours=24 ")
    );
    assert_eq!(
        ask(&settings(&yaml("average")), &mut session).unwrap_err().0,
        Trouble::Refused
    );
    ask(&settings(&yaml("marginal")), &mut session).unwrap();
    assert_eq!(
        stub.asked()
            .iter()
            .filter(|line| line.starts_with("GET /login "))
            .count(),
        2
    );
}

#[test]
fn great_britain_and_prometheus_are_asked_for_what_is_configured() {
    let stub = Stub::new(|request| {
        if request.starts_with("GET /api/v1/query?query=avg%28grid%7Bzone%3D%22SE%22%7D%29 ") {
            return reply(
                "200 OK",
                "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[{\"metric\":{},\"value\":[1780315800,\"7.5\"]}]}}",
            );
        }
        reply(
            "200 OK",
            "{\"data\":[{\"from\":\"2026-06-01T12:00Z\",\"to\":\"2026-06-01T12:30Z\",\"intensity\":{\"forecast\":150,\"actual\":null}}]}",
        )
    });
    for (zone, path) in [
        ("GB", "/intensity/2026-06-01T12:10Z/fw48h "),
        ("13", "/regional/intensity/2026-06-01T12:10Z/fw48h/regionid/13 "),
        (
            "RG10",
            "/regional/intensity/2026-06-01T12:10Z/fw48h/postcode/RG10 ",
        ),
    ] {
        let yaml = format!(
            "{{source: http, zone: '{zone}', http: {{provider: uk, url: '{}'}}}}",
            stub.url
        );
        let grid = ask(&settings(&yaml), &mut Session::default()).unwrap();
        assert_eq!(grid.at(wall()).map(Intensity::grams), Some(150.0));
        assert!(stub.asked().last().unwrap().starts_with(&format!("GET {path}")));
    }
    let yaml = format!(
        "{{source: prometheus, prometheus: {{url: '{}', query: 'avg(grid{{zone=\"SE\"}})'}}}}",
        stub.url
    );
    let grid = ask(&settings(&yaml), &mut Session::default()).unwrap();
    assert_eq!(grid.at(wall()).map(Intensity::grams), Some(7.5));
}

#[test]
fn a_token_that_is_not_there_is_said_and_never_sent_in_the_open() {
    let missing = settings("{source: http, zone: SE, token-file: /nonexistent}");
    assert_eq!(
        ask(&missing, &mut Session::default()).unwrap_err().0,
        Trouble::NoToken
    );
    let token = token();
    let open = settings(&format!(
        "{{source: http, zone: SE, token-file: '{}', http: {{url: 'http://192.0.2.1/v3'}}}}",
        token.path().display()
    ));
    assert_eq!(
        ask(&open, &mut Session::default()).unwrap_err().0,
        Trouble::NoToken
    );
}

/// Time stands still.
struct Still;

impl Clock for Still {
    fn steady(&self) -> Duration {
        Duration::from_secs(1)
    }

    fn wall(&self) -> Duration {
        wall()
    }
}

fn wait_for<T>(mut ready: impl FnMut() -> Option<T>) -> T {
    for _ in 0..2000 {
        if let Some(found) = ready() {
            return found;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("it never came")
}

#[test]
fn the_last_good_value_stays_while_a_service_fails_and_no_source_leaves_nothing() {
    let good = Arc::new(Mutex::new(true));
    let stub = Stub::new({
        let good = good.clone();
        move |_| match *good.lock().unwrap() {
            true => reply("200 OK", "{\"a\": [{\"grams\": 0.1}]}"),
            false => reply("500 No", ""),
        }
    });
    let mut keeper = Keeper::new(Arc::new(Still));
    assert_eq!(keeper.grid(), None);
    let yaml = format!(
        "{{source: http, poll: 1s, http: {{provider: json, url: '{}', pointer: /a/0/grams, factor: 1000}}}}",
        stub.url
    );
    keeper.configure(&settings(&yaml), None);
    let grid = wait_for(|| keeper.grid().filter(|grid| grid.trouble.is_none()));
    assert!(grid.sensor(wall()).up && grid.sensor(wall()).reason.is_empty());
    *good.lock().unwrap() = false;
    let grid = wait_for(|| keeper.grid().filter(|grid| grid.trouble == Some(Trouble::Broken)));
    assert_eq!(grid.at(wall()).map(Intensity::grams), Some(100.0));
    let sensor = grid.sensor(wall());
    assert!(sensor.up && !sensor.reason.is_empty());
    keeper.configure(&settings("{source: static, intensity: 12.5}"), None);
    assert_eq!(
        keeper.grid().unwrap().at(wall()).map(Intensity::grams),
        Some(12.5)
    );
    keeper.configure(&Carbon::default(), None);
    assert_eq!(keeper.grid(), None);
}

#[test]
fn a_file_is_followed_when_it_changes_and_kept_when_it_breaks() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("now.csv");
    let replace = |text: &str| {
        let other = dir.path().join("next");
        std::fs::write(&other, text).unwrap();
        std::fs::rename(other, &file).unwrap();
    };
    replace("timestamp,carbon_intensity_avg\n2026-06-01T12:00:00Z,40\n");
    let mut keeper = Keeper::new(Arc::new(Still));
    let yaml = format!(
        "{{source: file, poll: 1s, file: {{path: '{}', mode: realtime}}}}",
        file.display()
    );
    keeper.configure(&settings(&yaml), None);
    let grams = |grid: &Grid| grid.at(wall()).map(Intensity::grams);
    assert_eq!(keeper.grid().as_deref().and_then(grams), Some(40.0));
    replace("timestamp,carbon_intensity_avg\n2026-06-01T12:05:00Z,50\n");
    wait_for(|| keeper.grid().filter(|grid| grams(grid) == Some(50.0)));
    replace("<html>");
    let grid = wait_for(|| keeper.grid().filter(|grid| grid.trouble.is_some()));
    assert_eq!((grams(&grid), grid.trouble), (Some(50.0), Some(Trouble::NoTrace)));
}

#[test]
fn the_beginning_and_the_end_of_a_replay_are_said() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(b"0,100\n180,200\n").unwrap();
    let mut keeper = Keeper::new(Arc::new(Still));
    let yaml = format!(
        "{{source: file, file: {{path: '{}', start: 2026-06-01T12:10:00Z, speed: 2}}}}",
        file.path().display()
    );
    keeper.configure(&settings(&yaml), None);
    let grid = keeper.grid().unwrap();
    for (after, grams, reason) in [
        (-1_i64, None, "the recording begins later"),
        (0, Some(100.0), ""),
        (89, Some(100.0), ""),
        (90, Some(200.0), ""),
        (179, Some(200.0), ""),
        (180, None, "the recording has ended"),
    ] {
        let wall = Duration::from_secs(wall().as_secs().checked_add_signed(after).unwrap());
        assert_eq!(grid.at(wall).map(Intensity::grams), grams, "{after}");
        let sensor = grid.sensor(wall);
        assert_eq!((sensor.up, &*sensor.reason), (grams.is_some(), reason), "{after}");
    }
}

#[test]
fn the_table_goes_by_the_zone_or_else_by_where_the_host_stands() {
    let mut keeper = Keeper::new(Arc::new(Still));
    for (yaml, country, zone, trouble) in [
        ("{source: table, zone: FRA}", Some("SE"), "FR", None),
        ("{source: table}", Some("SE"), "SE", None),
        ("{source: table}", None, "", Some(Trouble::WhichCountry)),
        (
            "{source: table, zone: XX}",
            Some("SE"),
            "XX",
            Some(Trouble::NoCountry),
        ),
    ] {
        keeper.configure(&settings(yaml), country);
        let grid = keeper.grid().unwrap();
        assert_eq!((grid.zone.as_str(), grid.trouble), (zone, trouble), "{yaml}");
        assert_eq!(grid.about.licence.is_empty(), trouble.is_some());
    }
}
