//! The page of hosts that have little to show, or very much.

use wattle_tests::fakehost::Hardware;
use wattle_tests::fakehost::Spec;

use super::DESKTOP;
use super::LIVE;
use super::browser::Browser;
use super::browser::Look;
use super::browser::MISSING;
use super::world::World;

const QUALITY: &str = "document.getElementById('quality').textContent";
/// As many workloads as the report has, many times over, each under a name of its own.
const MANY: &str = "known.report.workloads = Array.from({length: 2000}, (_, number) => {
    const one = known.report.workloads[number % known.report.workloads.length];
    return {...one, id: `${one.id}/${number}`, name: `${one.name}-${number}`};
  }); turn = () => {}; clearTimeout(timer); show()";
const ROWS: &str = "document.querySelectorAll('#table tbody tr').length";

#[test]
fn a_guess_is_called_one_and_what_a_host_does_not_have_is_not_there() {
    let Some(mut browser) = Browser::start() else {
        skip!("{MISSING}");
    };
    let spec = Spec {
        hardware: Hardware::guest(),
        ..Spec::default()
    };
    let world = World::start(spec, &["--interval", "500ms"]);
    world.agent.wait_until_ready();
    browser.look(Look {
        width: 360,
        ..DESKTOP
    });
    browser.open(&world.address());
    browser.wait(LIVE);
    assert_eq!(browser.text(QUALITY), "estimated");
    assert!(
        browser
            .text("document.getElementById('parts').textContent")
            .contains("estimated")
    );
    assert!(
        browser
            .text("document.getElementById('sensor-count').textContent")
            .contains("estimate")
    );
    for section in ["peers", "carbon", "place"] {
        assert_eq!(
            browser.value(&format!("document.getElementById('{section}').checkVisibility()")),
            false,
            "{section}"
        );
    }
    browser.picture("estimated");
    let asked = browser.asked();
    let needless: Vec<_> = asked
        .iter()
        .filter(|url| url.ends_with("mesh") || url.ends_with("location"))
        .collect();
    assert!(needless.is_empty(), "{needless:?}");
    assert_eq!(browser.complaints(), [""; 0]);
    two_thousand_are_shown_when_asked_for(&mut browser);
}

fn two_thousand_are_shown_when_asked_for(browser: &mut Browser) {
    browser.value(MANY);
    assert_eq!(browser.value(ROWS), 25);
    assert_eq!(
        browser.text("document.getElementById('all').textContent"),
        "Show all 2000"
    );
    browser.value("document.getElementById('all').click()");
    assert_eq!(browser.value(ROWS), 2000);
    browser.value("document.getElementById('all').click()");
    assert_eq!(browser.value(ROWS), 25);
    browser.value("known.report.workloads = []; show()");
    assert_eq!(
        browser.text("document.querySelector('#table tbody').textContent"),
        "No workloads"
    );
}

#[test]
fn before_the_second_tick_there_is_a_page_and_no_power() {
    let Some(mut browser) = Browser::start() else {
        skip!("{MISSING}");
    };
    let world = World::start(Spec::default(), &["--interval", "1m"]);
    browser.look(DESKTOP);
    browser.open(&world.address());
    browser.wait("document.body.dataset.state === 'early' && document.querySelector('#table tbody summary')");
    assert_eq!(browser.text("document.getElementById('watts').textContent"), "–");
    assert_eq!(browser.text(QUALITY), "");
    assert!(
        browser
            .text("document.getElementById('notice').textContent")
            .contains("second tick")
    );
    assert!(
        browser
            .text("document.getElementById('plot-host').innerText")
            .contains("Nothing yet")
    );
    browser.picture("early");
    assert_eq!(browser.complaints(), [""; 0]);
}
