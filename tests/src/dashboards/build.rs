//! From the source to what Grafana imports.

use anyhow::Context;
use anyhow::Result;
use anyhow::ensure;
use serde_json::Value;
use serde_json::json;

use super::looks;
use super::source::Dashboard;
use super::source::Panel;
use super::source::Query;
use super::source::Row;
use super::variables::variable;

/// What Grafana 10.4 and 11 write; older ones are brought up to date by later Grafanas.
const SCHEMA_VERSION: u32 = 39;
/// The width of a page.
const COLUMNS: u32 = 24;

/// The legend of series that are kinds of workloads, which have the same colours everywhere.
const BY_KIND: &str = "{{kind}}";
const KINDS: [(&str, &str); 8] = [
    ("vm", "blue"),
    ("container", "green"),
    ("service", "yellow"),
    ("system", "orange"),
    ("kernel", "red"),
    ("idle", "semi-dark-blue"),
    ("other", "purple"),
    ("unattributed", "super-light-purple"),
];

/// Whoever imports a dashboard chooses.
pub(super) fn data_source() -> Value {
    json!({"type": "prometheus", "uid": "${datasource}"})
}

/// The dashboard as JSON.
pub fn build(source: &Dashboard) -> Result<Value> {
    let names = std::iter::once("datasource").chain(source.variables.iter().map(String::as_str));
    let variables: Vec<Value> = names
        .map(|name| variable(name).with_context(|| format!("{}: no variable {name:?}", source.title)))
        .collect::<Result<_>>()?;
    Ok(json!({
        "uid": source.uid,
        "title": source.title,
        "description": source.description,
        "tags": ["wattle"],
        "schemaVersion": SCHEMA_VERSION,
        "version": 1,
        "editable": true,
        "graphTooltip": 1,
        "fiscalYearStartMonth": 0,
        "timezone": "browser",
        "weekStart": "",
        "refresh": "30s",
        "time": {"from": "now-1h", "to": "now"},
        "timepicker": {},
        "templating": {"list": variables},
        "annotations": {"list": []},
        "links": [{
            "title": "Wattle", "type": "dashboards", "tags": ["wattle"], "asDropdown": false, "icon": "external link",
            "includeVars": true, "keepTime": true, "targetBlank": false, "tooltip": "", "url": "",
        }],
        "panels": panels(source)?,
    }))
}

/// All panels with their places: rows from the top, panels from the left until the width is full.
fn panels(source: &Dashboard) -> Result<Vec<Value>> {
    let mut panels = Vec::new();
    let mut top = 0;
    for row in &source.rows {
        panels.push(heading(row, panels.len() + 1, top));
        top += 1;
        let mut left = 0;
        for panel in &row.panels {
            if left + panel.width > COLUMNS {
                (left, top) = (0, top + row.height);
            }
            let place = json!({"x": left, "y": top, "w": panel.width, "h": row.height});
            let about = || format!("{}: {}: {}", source.title, row.title, panel.title);
            panels.push(picture(panel, panels.len() + 1, &place).with_context(about)?);
            left += panel.width;
        }
        top += row.height;
    }
    Ok(panels)
}

fn heading(row: &Row, id: usize, top: u32) -> Value {
    json!({
        "id": id, "type": "row", "title": row.title, "collapsed": false, "panels": [],
        "gridPos": {"x": 0, "y": top, "w": COLUMNS, "h": 1},
    })
}

fn picture(panel: &Panel, id: usize, place: &Value) -> Result<Value> {
    ensure!((1..=COLUMNS).contains(&panel.width), "width {}", panel.width);
    ensure!(panel.queries.len() <= 26, "more queries than letters");
    let mut options = looks::options(&panel.r#type).with_context(|| format!("no type {:?}", panel.r#type))?;
    lay_over(&mut options, &panel.options);
    let targets = panel.queries.iter().zip('A'..);
    let targets: Vec<Value> = targets
        .map(|(query, letter)| target(panel, query, letter))
        .collect();
    Ok(json!({
        "id": id,
        "type": panel.r#type,
        "title": panel.title,
        "description": panel.description,
        "gridPos": place,
        "datasource": data_source(),
        "fieldConfig": {"defaults": defaults(panel), "overrides": overrides(panel)},
        "options": options,
        "targets": targets,
        "transformations": panel.transformations,
    }))
}

fn target(panel: &Panel, query: &Query, letter: char) -> Value {
    let format = match panel.r#type.as_str() {
        "table" | "geomap" => "table",
        "heatmap" => "heatmap",
        _ => "time_series",
    };
    let instant = query.instant || format == "table";
    let legend = if query.legend.is_empty() {
        "__auto"
    } else {
        &query.legend
    };
    json!({
        "refId": letter, "datasource": data_source(), "editorMode": "code", "expr": query.expr, "format": format,
        "instant": instant, "range": !instant, "legendFormat": legend,
    })
}

fn defaults(panel: &Panel) -> Value {
    let mut steps: Vec<Value> = panel
        .thresholds
        .iter()
        .map(|step| json!({"color": step.color, "value": step.from}))
        .collect();
    if steps.is_empty() {
        steps.push(json!({"color": if panel.r#type == "stat" { "text" } else { "green" }, "value": null}));
    }
    let color = if panel.r#type == "timeseries" {
        "palette-classic"
    } else {
        "thresholds"
    };
    let mut defaults = json!({
        "unit": panel.unit,
        "color": {"mode": color},
        "custom": looks::custom(&panel.r#type, panel.stack),
        "mappings": [],
        "thresholds": {"mode": "absolute", "steps": steps},
    });
    for (name, bound) in [
        ("min", panel.min),
        ("max", panel.max),
        ("decimals", panel.decimals.map(f64::from)),
    ] {
        if let Some(bound) = bound {
            defaults[name] = number(bound);
        }
    }
    lay_over(&mut defaults, &panel.defaults);
    defaults
}

/// Whole numbers without a point.
fn number(value: f64) -> Value {
    let text = format!("{value}");
    text.parse::<i64>().map_or_else(|_| value.into(), Value::from)
}

fn overrides(panel: &Panel) -> Vec<Value> {
    let by_name = |name: &str, properties: Vec<Value>| json!({"matcher": {"id": "byName", "options": name}, "properties": properties});
    let fields = panel.fields.iter().map(|field| {
        let properties = field.properties.iter();
        let properties = properties.map(|(id, value)| json!({"id": id, "value": value}));
        by_name(&field.name, properties.collect())
    });
    let of_kinds = panel.queries.iter().any(|query| query.legend == BY_KIND);
    let kinds = KINDS.iter().filter(|_| of_kinds).map(|(kind, color)| {
        let color = json!({"id": "color", "value": {"mode": "fixed", "fixedColor": color}});
        by_name(kind, vec![color])
    });
    fields.chain(kinds).collect()
}

/// Objects are laid over each other key by key; anything else replaces what was there.
fn lay_over(under: &mut Value, over: &Value) {
    match (under, over) {
        (_, Value::Null) => {}
        (Value::Object(under), Value::Object(over)) => {
            for (key, value) in over {
                lay_over(under.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (under, over) => *under = over.clone(),
    }
}
