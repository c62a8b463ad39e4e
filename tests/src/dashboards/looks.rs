//! How each type of panel looks unless its source says otherwise.

use serde_json::Value;
use serde_json::json;

/// `options` of a type, or `None` of one that is not known.
pub(super) fn options(kind: &str) -> Option<Value> {
    let tooltip = json!({"mode": "multi", "sort": "desc"});
    let reduce = json!({"calcs": ["lastNotNull"], "fields": "", "values": false});
    Some(match kind {
        "stat" => json!({
            "reduceOptions": reduce, "colorMode": "value", "graphMode": "area", "justifyMode": "auto",
            "orientation": "auto", "textMode": "auto",
        }),
        "timeseries" => json!({
            "legend": {"calcs": ["mean", "max"], "displayMode": "table", "placement": "bottom", "showLegend": true},
            "tooltip": tooltip,
        }),
        "table" => {
            json!({"showHeader": true, "cellHeight": "sm", "footer": {"show": false, "reducer": ["sum"], "fields": []}})
        }
        "bargauge" => json!({
            "reduceOptions": reduce, "displayMode": "gradient", "orientation": "horizontal", "showUnfilled": true,
            "valueMode": "color", "minVizHeight": 10, "minVizWidth": 0,
        }),
        "heatmap" => json!({
            "calculate": false,
            "cellGap": 1,
            "color": {"mode": "scheme", "scheme": "Oranges", "exponent": 0.5, "steps": 64, "reverse": false, "fill": "dark-orange", "scale": "exponential"},
            "exemplars": {"color": "rgba(255,0,255,0.7)"},
            "filterValues": {"le": 1e-9},
            "legend": {"show": true},
            "rowsFrame": {"layout": "auto"},
            "tooltip": {"mode": "single", "showColorScale": false, "yHistogram": true},
            "yAxis": {"axisPlacement": "left", "reverse": false, "unit": "s"},
        }),
        "geomap" => json!({
            "basemap": {"name": "Layer 0", "type": "default", "config": {}},
            "controls": {"mouseWheelZoom": true, "showAttribution": true, "showZoom": true, "showDebug": false, "showMeasure": false, "showScale": false},
            "tooltip": {"mode": "details"},
            "view": {"allLayers": true, "id": "fit", "lat": 0, "lon": 0, "zoom": 4},
        }),
        "state-timeline" => json!({
            "alignValue": "left", "mergeValues": true, "rowHeight": 0.9, "showValue": "never",
            "legend": {"displayMode": "list", "placement": "bottom", "showLegend": true},
            "tooltip": {"mode": "single", "sort": "none"},
        }),
        _ => return None,
    })
}

/// `fieldConfig.defaults.custom` of a type.
pub(super) fn custom(kind: &str, stack: bool) -> Value {
    match kind {
        "timeseries" => json!({
            "drawStyle": "line", "lineInterpolation": "linear", "lineWidth": 1, "fillOpacity": if stack { 60 } else { 10 },
            "gradientMode": "none", "showPoints": "never", "pointSize": 5, "spanNulls": false, "axisPlacement": "auto",
            "stacking": {"group": "A", "mode": if stack { "normal" } else { "none" }},
        }),
        "table" => {
            json!({"align": "auto", "cellOptions": {"type": "auto"}, "inspect": false, "filterable": true})
        }
        "state-timeline" => json!({"fillOpacity": 70, "lineWidth": 0}),
        _ => json!({}),
    }
}
