//! What can be chosen above a dashboard.

use serde_json::Value;
use serde_json::json;

/// Hosts of the chosen sites. One that does not say where it stands is there while no site is left out.
const HOSTS: &str = "query_result(max by (instance) (wattle_build_info unless on (job, instance) \
    (wattle_host_location_info{site!~\"$site\"} or (wattle_build_info unless on (job, instance) wattle_host_location_info) \
    and on () wattle_host_location_info{site!~\"$site\"})))";

/// A variable by its name, or `None` if there is none such.
pub(super) fn variable(name: &str) -> Option<Value> {
    Some(match name {
        "datasource" => json!({
            "name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus", "regex": "",
            "refresh": 1, "hide": 0, "includeAll": false, "multi": false, "options": [], "current": {}, "skipUrlSync": false,
        }),
        "site" => all(
            asked("site", "Site", "label_values(wattle_host_location_info, site)"),
            Some(".*"),
        ),
        "host" => all(by_instance(asked("host", "Host", HOSTS)), None),
        "any-host" => all(
            asked("host", "Host", "label_values(wattle_build_info, instance)"),
            Some(".+"),
        ),
        "one-host" => asked("host", "Host", "label_values(wattle_build_info, instance)"),
        "kind" => all(
            asked(
                "kind",
                "Kind",
                "label_values(wattle_workload_info{instance=~\"$host\"}, kind)",
            ),
            Some(".+"),
        ),
        "name" => asked(
            "name",
            "Name",
            "label_values(wattle_workload_info{instance=~\"$host\", kind=~\"$kind\"}, name)",
        ),
        "peer" => all(
            asked(
                "peer",
                "Peer",
                "label_values(wattle_rtt_seconds_count{instance=~\"$host\"}, peer)",
            ),
            Some(".+"),
        ),
        "controller" => all(
            asked(
                "controller",
                "Controller",
                "label_values(wattle_controller_build_info, instance)",
            ),
            Some(".+"),
        ),
        "price" => json!({
            "name": "price", "label": "Price of a kWh", "type": "textbox", "query": "0.30", "hide": 0, "skipUrlSync": false,
            "current": {"selected": true, "text": "0.30", "value": "0.30"},
            "options": [{"selected": true, "text": "0.30", "value": "0.30"}],
        }),
        _ => return None,
    })
}

fn asked(name: &str, label: &str, query: &str) -> Value {
    json!({
        "name": name, "label": label, "type": "query", "datasource": super::build::data_source(),
        "definition": query, "query": {"query": query, "refId": "StandardVariableQuery"},
        "refresh": 2, "sort": 1, "regex": "", "hide": 0, "includeAll": false, "multi": false, "options": [], "current": {},
        "skipUrlSync": false,
    })
}

/// Any number of them. Without a pattern for all, all are listed by name, which a variable that depends on another needs.
fn all(mut variable: Value, pattern: Option<&str>) -> Value {
    variable["includeAll"] = true.into();
    variable["multi"] = true.into();
    variable["allValue"] = pattern.into();
    variable["current"] = json!({"selected": true, "text": ["All"], "value": ["$__all"]});
    variable
}

fn by_instance(mut variable: Value) -> Value {
    variable["regex"] = "/instance=\"([^\"]+)\"/".into();
    variable
}
