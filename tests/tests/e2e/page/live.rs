//! The page while its agent lives, and when that stops.

use nix::sys::signal::Signal;
use serde_json::Value;

use super::DESKTOP;
use super::LIVE;
use super::browser::Browser;
use super::browser::MISSING;
use super::world::HOSTILE;
use super::world::MACHINES;
use super::world::World;

/// The names of those that are shown, in their order.
const NAMES: &str = "[...document.querySelectorAll('#table tbody summary')].map(one => one.textContent)";
/// Which tick is shown, the host's power, and each row's name, power and energy.
const SHOWN: &str = "({
    ticks: Number(document.body.dataset.ticks),
    host: document.getElementById('watts').textContent,
    rows: [...document.querySelectorAll('#table tbody tr')].map(row => [
        row.querySelector('summary').textContent, row.querySelector('.c-power').textContent, row.querySelector('.c-energy').textContent,
    ]),
})";

/// Three digits of watts with their unit, by the rules that the page goes by.
fn watts(value: f64) -> String {
    let (value, unit) = match value {
        999.5.. => (value / 1e3, "kW"),
        0.9995.. => (value, "W"),
        5e-7.. => (value * 1e3, "mW"),
        _ => return "0\u{a0}W".to_owned(),
    };
    let places = match value {
        99.95.. => 0,
        9.995.. => 1,
        _ => 2,
    };
    format!("{value:.places$}\u{a0}{unit}")
}

/// Whether a text is that of a value, which JavaScript rounds its own way where it is half between two.
fn shows(text: &str, value: f64) -> bool {
    [value, value * (1.0 + 1e-12), value * (1.0 - 1e-12)]
        .iter()
        .any(|value| watts(*value) == text)
}

/// The bodies of the reports that the page was sent.
fn reports(browser: &mut Browser) -> Vec<Value> {
    let is_report = |event: &&Value| event["response"]["url"].as_str().unwrap().ends_with("/report");
    let received = browser.events("Network.responseReceived").filter(is_report);
    let ids: Vec<_> = received.map(|event| event["requestId"].clone()).collect();
    let mut body = |id: Value| {
        let body = browser.call("Network.getResponseBody", &serde_json::json!({"requestId": id}));
        serde_json::from_str(body["body"].as_str().unwrap()).unwrap_or_default()
    };
    ids.into_iter().map(&mut body).collect()
}

/// Presses Tab until the element with the focus is this one.
fn tab_to(browser: &mut Browser, which: &str) {
    let is_there = format!("(one => {which})(document.activeElement)");
    let found = (0..60).any(|_| {
        browser.press("Tab");
        browser.value(&is_there) == true
    });
    assert!(found, "no key leads to {which}");
}

fn open(world: &World) -> Option<Browser> {
    let mut browser = Browser::start()?;
    browser.look(DESKTOP);
    browser.open(&world.address());
    browser.wait(LIVE);
    Some(browser)
}

#[test]
fn the_page_shows_the_apis_figures_goes_by_keyboard_and_asks_nobody_else() {
    let world = World::whole();
    world.agent.wait_until_ready();
    let Some(mut browser) = open(&world) else {
        skip!("{MISSING}");
    };
    equals_the_api(&mut browser);
    updates_by_itself(&mut browser);
    filters_and_shows_names_as_text(&mut browser);
    sorts(&mut browser);
    tells_of_the_hour(&mut browser);
    shows_the_surroundings(&mut browser);
    assert_eq!(browser.complaints(), [""; 0]);
    let own = world.address();
    let asked = browser.asked();
    assert!(asked.len() > 5);
    let others: Vec<_> = asked
        .iter()
        .filter(|url| !url.starts_with(&own) && !url.starts_with("data:"))
        .collect();
    assert!(others.is_empty(), "{others:?}");
}

fn equals_the_api(browser: &mut Browser) {
    let shown = browser.value(SHOWN);
    let reports = reports(browser);
    let report = reports
        .iter()
        .find(|report| report["ticks"] == shown["ticks"])
        .unwrap();
    let host: f64 = report["host"]
        .as_object()
        .unwrap()
        .values()
        .map(|part| part["power_watts"].as_f64().unwrap())
        .sum();
    assert!(shows(shown["host"].as_str().unwrap(), host), "{host} {shown}");
    let mut workloads: Vec<_> = report["workloads"].as_array().unwrap().iter().collect();
    let power = |one: &Value| one["power_watts"].as_f64().unwrap();
    workloads.sort_by(|one, two| power(two).total_cmp(&power(one)));
    let rows = shown["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 25);
    for (row, workload) in rows.iter().zip(workloads) {
        let text = row[1].as_str().unwrap();
        assert!(shows(text, power(workload)), "{text} is not {}", power(workload));
        let named = report["workloads"].as_array().unwrap().iter();
        // Of equals either may stand first.
        let mut named = named.filter(|one| row[0] == one["name"]);
        assert!(named.any(|one| shows(text, power(one))), "{row}");
    }
}

fn updates_by_itself(browser: &mut Browser) {
    let ticks =
        browser.value("document.body.dataset.sign = 'the same page'; Number(document.body.dataset.ticks)");
    browser.wait(&format!("Number(document.body.dataset.ticks) > {ticks} + 1"));
    assert_eq!(browser.text("document.body.dataset.sign"), "the same page");
}

fn filters_and_shows_names_as_text(browser: &mut Browser) {
    browser.value("document.body.focus()");
    tab_to(browser, "one.id === 'filter'");
    for letter in ["v", "m"] {
        browser.press(letter);
    }
    let kinds = "[...document.querySelectorAll('#table tbody td.c-kind')].map(one => one.textContent)";
    browser.wait(&format!("{kinds}.every(kind => kind === 'VM')"));
    let count = browser.text("document.getElementById('count').textContent");
    assert!(count.starts_with(&format!("{MACHINES} of ")), "{count}");
    for letter in " <SCRIPT>".chars() {
        browser.press(&letter.to_string());
    }
    browser.wait(&format!("{NAMES}.length === 1"));
    assert_eq!(browser.value(NAMES)[0], HOSTILE);
    assert_eq!(browser.value("document.scripts.length"), 1);
    assert_eq!(browser.events("Page.javascriptDialogOpening").count(), 0);
    browser.press("x");
    browser.wait("document.querySelector('#table tbody').textContent === 'No workload matches'");
    browser.press("Escape");
    browser.wait(&format!("{NAMES}.length === 25"));
}

fn sorts(browser: &mut Browser) {
    tab_to(browser, "one.textContent === 'Name'");
    browser.press("Enter");
    let state = "document.querySelector('#table th.c-name').getAttribute('aria-sort')";
    assert_eq!(browser.text(state), "ascending");
    let in_order = |browser: &mut Browser| {
        let names = browser.value(NAMES);
        let names = names
            .as_array()
            .unwrap()
            .iter()
            .map(|name| name.as_str().unwrap().to_lowercase());
        names.is_sorted()
    };
    assert!(in_order(browser), "{}", browser.value(NAMES));
    assert_eq!(
        browser.value("document.querySelectorAll('[aria-sort]').length"),
        1
    );
    browser.press("Enter");
    assert_eq!(browser.text(state), "descending");
    assert!(!in_order(browser));
    tab_to(browser, "one.textContent === 'Energy'");
    browser.press(" ");
    assert_eq!(browser.value(NAMES)[0], "idle");
    tab_to(browser, "one.matches('tbody summary')");
    browser.press("Enter");
    browser.wait("document.querySelector('#table tbody details[open] dd').textContent === 'idle'");
    browser.press("Enter");
}

fn tells_of_the_hour(browser: &mut Browser) {
    browser.wait("document.querySelectorAll('.plot path').length > 6 && !document.querySelector('.nothing')");
    browser.value("document.querySelector('.skip').focus()");
    tab_to(browser, "one.matches('#plot-kinds .plot')");
    let said = browser.text("document.activeElement.getAttribute('aria-valuetext')");
    assert!(said.contains(" W") || said.contains("\u{a0}W"), "{said}");
    let tip = "document.querySelector('#plot-kinds .tip').textContent";
    assert!(browser.text(tip).contains("idle floor"));
    browser.press("Home");
    browser.press("ArrowLeft");
    assert!(browser.text(tip).contains("unknown"), "{}", browser.text(tip));
    tab_to(browser, "one.matches('#plot-kinds summary')");
    browser.press("Enter");
    browser.wait("document.querySelectorAll('#plot-kinds tbody tr').length === 1");
    browser.press("Enter");
}

fn shows_the_surroundings(browser: &mut Browser) {
    let section =
        |id: &str| format!("(one => one.hidden ? '' : one.innerText)(document.getElementById('{id}'))");
    assert!(browser.text(&section("carbon")).contains("40.7 g/kWh, SE"));
    assert!(browser.text(&section("place")).contains("Stockholm"));
    assert!(
        browser
            .text(&section("sensors"))
            .contains("powercap/intel-rapl:0")
    );
    browser.wait(&format!("{}.includes('node3')", section("peers")));
    let peers = browser.text(&section("peers"));
    assert!(
        peers.contains("node2") && peers.contains("hall") && peers.contains("km"),
        "{peers}"
    );
    assert!(
        browser
            .text("document.title")
            .ends_with("hypervisor7.example.org · wattle")
    );
}

#[test]
fn the_page_says_that_the_agent_has_stopped_and_goes_on_when_it_answers_again() {
    let world = World::start(Default::default(), &["--interval", "500ms"]);
    world.agent.wait_until_ready();
    let Some(mut browser) = open(&world) else {
        skip!("{MISSING}");
    };
    let notice = "document.getElementById('notice').textContent";
    assert_eq!(browser.text(notice), "");
    world.agent.program.signal(Signal::SIGSTOP);
    browser.wait("document.body.dataset.state === 'silent'");
    assert!(
        browser
            .text(notice)
            .starts_with("The agent has not answered since ")
    );
    assert!(browser.text("document.title").starts_with("No answer"));
    assert_eq!(browser.value("document.getElementById('main').hidden"), false);
    browser.picture("stopped");
    world.agent.program.signal(Signal::SIGCONT);
    browser.wait(LIVE);
    assert_eq!(browser.text(notice), "");
}
