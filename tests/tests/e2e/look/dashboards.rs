//! The dashboards as they are imported: made from their sources, and whole.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;
use wattle_tests::dashboards::build;

use super::files;
use super::files::text;
use super::known::Known;

const ACCEPT: &str = "WATTLE_ACCEPT_GOLDEN";

/// Every committed dashboard with the name of its file.
pub(super) fn committed() -> Vec<(String, Value)> {
    files::listed("grafana/dashboards", ".json")
        .iter()
        .map(|file| {
            let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
            (
                name,
                serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap(),
            )
        })
        .collect()
}

/// The panels that show something, so no headings of rows.
pub(super) fn pictures(dashboard: &Value) -> impl Iterator<Item = &Value> {
    let panels = dashboard["panels"].as_array().unwrap();
    panels.iter().filter(|panel| panel["type"] != "row")
}

#[test]
fn the_committed_dashboards_are_those_that_their_sources_make() {
    let mut made = BTreeSet::new();
    for (name, source) in files::sources() {
        let built = build(&source);
        assert!(built.is_ok(), "{name}: {built:?}");
        let dashboard = serde_json::to_string_pretty(&built.unwrap()).unwrap() + "\n";
        let file = files::path("grafana/dashboards").join(format!("{name}.json"));
        if std::env::var_os(ACCEPT).is_some() {
            fs::write(&file, &dashboard).unwrap();
        }
        let committed = fs::read_to_string(&file).unwrap_or_default();
        assert!(
            committed == dashboard,
            "{name}: the source makes another dashboard; if that is meant, accept it with {ACCEPT}=1"
        );
        made.insert(name);
    }
    let there: BTreeSet<String> = committed().into_iter().map(|(name, _)| name).collect();
    assert_eq!(there, made);
}

#[test]
fn every_panel_has_an_id_a_place_a_unit_and_says_what_it_means() {
    for (name, dashboard) in committed() {
        let mut ids = BTreeSet::new();
        let mut places: Vec<[u64; 4]> = Vec::new();
        for panel in dashboard["panels"].as_array().unwrap() {
            let title = format!("{name}: {}", text(&panel["title"]));
            assert!(ids.insert(panel["id"].as_u64().unwrap()), "{title}: id twice");
            let place = ["x", "y", "w", "h"].map(|side| panel["gridPos"][side].as_u64().unwrap());
            assert!(
                place[2] > 0 && place[3] > 0 && place[0] + place[2] <= 24,
                "{title}: {place:?}"
            );
            let over = places.iter().find(|other| overlap(place, **other));
            assert!(over.is_none(), "{title}: {place:?} is over {over:?}");
            places.push(place);
            if panel["type"] != "row" {
                assert!(
                    panel["description"]
                        .as_str()
                        .is_some_and(|text| text.ends_with('.')),
                    "{title}"
                );
                assert!(
                    panel["fieldConfig"]["defaults"]["unit"]
                        .as_str()
                        .is_some_and(|unit| !unit.is_empty()),
                    "{title}"
                );
                assert!(!panel["targets"].as_array().unwrap().is_empty(), "{title}");
            }
        }
    }
}

fn overlap([x, y, w, h]: [u64; 4], [left, top, wide, high]: [u64; 4]) -> bool {
    x < left + wide && left < x + w && y < top + high && top < y + h
}

#[test]
fn no_dashboard_knows_a_data_source_by_name_and_each_lets_one_be_chosen() {
    let mut uids = BTreeSet::new();
    for (name, dashboard) in committed() {
        let mut found = Vec::new();
        collect(&dashboard, "datasource", &mut found);
        assert!(found.len() > 5, "{name}");
        for source in found {
            assert_eq!(source["uid"], "${datasource}", "{name}");
        }
        let variables = dashboard["templating"]["list"].as_array().unwrap();
        assert_eq!(
            (&variables[0]["type"], &variables[0]["name"]),
            (&"datasource".into(), &"datasource".into())
        );
        assert_eq!(dashboard.get("id"), None, "{name}: an id belongs to one Grafana");
        assert!(uids.insert(text(&dashboard["uid"])), "{name}: uid twice");
    }
}

#[test]
fn links_lead_to_dashboards_and_to_variables_that_are_there() {
    let all = committed();
    let of = |uid: &str| {
        all.iter()
            .find(|(_, dashboard)| dashboard["uid"] == uid)
            .map(|(_, dashboard)| dashboard)
    };
    let mut count = 0;
    for (name, dashboard) in &all {
        let mut links = Vec::new();
        collect(dashboard, "url", &mut links);
        for link in links
            .iter()
            .filter_map(|link| link.as_str())
            .filter(|link| !link.is_empty())
        {
            let (uid, query) = link.strip_prefix("/d/").unwrap().split_once('?').unwrap();
            let target = of(uid);
            assert!(target.is_some(), "{name}: {link}");
            let variables = target.unwrap()["templating"]["list"].as_array().unwrap();
            for part in query.split("&var-").map(|part| part.trim_start_matches("var-")) {
                let variable = part.split('=').next().unwrap();
                assert!(
                    variables.iter().any(|known| known["name"] == variable),
                    "{name}: {link}: {variable}"
                );
            }
            count += 1;
        }
    }
    assert!(count >= 8, "{count} links");
}

/// Every value of a key, at any depth.
fn collect<'v>(value: &'v Value, key: &str, found: &mut Vec<&'v Value>) {
    match value {
        Value::Object(map) => {
            for (name, inner) in map {
                if name == key {
                    found.push(inner);
                }
                collect(inner, key, found);
            }
        }
        Value::Array(list) => list.iter().for_each(|inner| collect(inner, key, found)),
        _ => {}
    }
}

#[test]
fn panels_name_no_series_no_label_and_no_variable_that_is_not_there() {
    let known = Known::new();
    for (name, dashboard) in committed() {
        let variables = dashboard["templating"]["list"].as_array().unwrap();
        let has = |variable: &str| {
            variable.starts_with("__") || variables.iter().any(|known| known["name"] == variable)
        };
        for panel in pictures(&dashboard) {
            for target in panel["targets"].as_array().unwrap() {
                let expr = text(&target["expr"]);
                let title = format!("{name}: {}: {expr}", text(&panel["title"]));
                let mistakes = known.mistakes(&expr, &[]);
                assert!(mistakes.is_empty(), "{title}: {mistakes:?}");
                for rest in expr.split('$').skip(1) {
                    let end = rest
                        .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                        .unwrap_or(rest.len());
                    assert!(has(&rest[..end]), "{title}: ${}", &rest[..end]);
                }
                let window = expr.contains('[')
                    && !expr.contains("[$__rate_interval]")
                    && !expr.contains("[$__range]");
                assert!(
                    !window || expr.contains("last_over_time"),
                    "{title}: a fixed window"
                );
            }
        }
    }
}
