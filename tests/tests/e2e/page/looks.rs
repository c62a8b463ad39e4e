//! What the page looks like, to eyes and to a screen reader, in each scheme and width.

use serde_json::Value;
use serde_json::json;

use super::LIVE;
use super::browser::Browser;
use super::browser::Look;
use super::browser::MISSING;
use super::palette;
use super::palette::Colour;
use super::world::World;

/// Every visible text whose contrast is less than WCAG 2.2's level AA asks for (success criterion 1.4.3), with the ratio.
const PALE: &str = include_str!("pale.js");
/// What the page says in each of its states.
const STATES: [&str; 3] = [
    "state('live', 'Live', '')",
    "state('stale', 'Stale', 'The agent answers, but it has counted nothing for long.')",
    "state('silent', 'No answer', 'The agent has not answered for long.')",
];
const KINDS: [&str; 8] = [
    "idle",
    "kernel",
    "unattributed",
    "other",
    "system",
    "service",
    "container",
    "vm",
];
const PARTS: [&str; 3] = ["cpu", "dram", "rest"];

/// Widths and heights of what people have.
const DESKTOP: (&str, u32, u32) = ("desktop", 1280, 900);
const TABLET: (&str, u32, u32) = ("tablet", 768, 1024);
const PHONE: (&str, u32, u32) = ("phone", 360, 780);

#[test]
fn the_page_fits_and_can_be_read_where_it_is_light() {
    let Some(mut browser) = Browser::start() else {
        skip!("{MISSING}");
    };
    fits(&mut browser, "light", &[DESKTOP, PHONE]);
}

#[test]
fn the_page_fits_and_can_be_read_where_it_is_dark_and_by_a_screen_reader() {
    let Some(mut browser) = Browser::start() else {
        skip!("{MISSING}");
    };
    fits(&mut browser, "dark", &[DESKTOP, TABLET, PHONE]);
    everything_has_a_name(&mut browser);
}

/// The page is left as it was at the end.
fn fits(browser: &mut Browser, scheme: &'static str, screens: &[(&str, u32, u32)]) {
    let world = World::whole();
    world.agent.wait_until_ready();
    for &(name, width, height) in screens {
        browser.look(Look {
            width,
            height,
            scheme,
        });
        browser.open(&world.address());
        browser.wait(LIVE);
        browser.wait(
            "known.hour && !document.querySelector('.nothing') && !document.getElementById('peers').hidden",
        );
        browser.picture(&format!("{name}-{scheme}"));
        let widths = browser.value("[document.documentElement.scrollWidth, innerWidth]");
        assert!(widths[0].as_f64() <= widths[1].as_f64(), "{name}: {widths}");
        // From here on it stays as it is.
        browser.value("clearTimeout(timer); turn = () => {}; show()");
        for state in STATES {
            browser.value(&format!("{state}; plots[1].move(719)"));
            assert_eq!(browser.value(PALE), json!([]), "{name} {scheme} {state}");
        }
        if (name, width, height) == DESKTOP {
            colours_can_be_told_apart(browser, scheme);
        }
    }
}

fn colours_can_be_told_apart(browser: &mut Browser, scheme: &str) {
    let mut colour = |name: &str| {
        let text = browser.text(&format!(
            "getComputedStyle(document.body).getPropertyValue('--{name}')"
        ));
        Colour::parse(text.trim())
    };
    let card = colour("card");
    for group in [&KINDS[..], &PARTS] {
        let colours: Vec<_> = group.iter().map(|name| (name, colour(name))).collect();
        for (name, colour) in &colours {
            let ratio = colour.contrast(&card);
            assert!(
                ratio >= 3.0,
                "{scheme}: {name} is too close to the card: {ratio:.2}"
            );
        }
        for (number, one) in colours.iter().enumerate() {
            for two in &colours[..number] {
                let (eyes, distance) = palette::least_distance(&one.1, &two.1);
                assert!(
                    distance > 15.0,
                    "{scheme}: {eyes} {} is like {}: {distance:.1}",
                    one.0,
                    two.0
                );
            }
        }
    }
}

/// As the browser tells a screen reader.
fn everything_has_a_name(browser: &mut Browser) {
    let tree = browser.call("Accessibility.getFullAXTree", &json!({}));
    let nodes = tree["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|node| node["ignored"] == false);
    let named: Vec<_> = nodes
        .map(|node| {
            [&node["role"]["value"], &node["name"]["value"]].map(|value| value.as_str().unwrap_or_default())
        })
        .collect();
    let of = |role: &str| {
        named
            .iter()
            .filter(|[found, _]| *found == role)
            .map(|[_, name]| *name)
            .collect::<Vec<_>>()
    };
    for (role, least) in [
        ("button", 3),
        ("searchbox", 1),
        ("slider", 2),
        ("link", 7),
        ("table", 3),
        ("navigation", 1),
    ] {
        let names = of(role);
        assert!(
            names.len() >= least && names.iter().all(|name| !name.is_empty()),
            "{role}: {names:?}"
        );
    }
    let headings = of("heading");
    assert_eq!(
        headings[1..],
        [
            "Power",
            "Who uses it",
            "Other hosts",
            "Carbon",
            "Location",
            "Sensors"
        ]
    );
    let levels =
        browser.value("[...document.querySelectorAll('h1,h2,h3,h4')].map(one => one.tagName).join()");
    assert_eq!(levels, Value::from("H1,H2,H2,H2,H2,H2,H2"));
    assert_eq!(browser.text("document.documentElement.lang"), "en");
    // One place speaks by itself, and only when the state changes.
    assert_eq!(
        browser.value("document.querySelectorAll('[aria-live], [role=status], [role=alert], output').length"),
        1
    );
}
