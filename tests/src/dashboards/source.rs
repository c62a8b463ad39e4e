//! The source of a dashboard, in YAML.

use serde::Deserialize;
use serde_json::Value;

/// One page of Grafana.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Dashboard {
    /// The end of its address, which other dashboards link to.
    pub uid: String,
    /// Its name.
    pub title: String,
    /// What it answers.
    pub description: String,
    /// Names of what can be chosen above it; `variables.rs` knows them.
    pub variables: Vec<String>,
    /// From the top.
    pub rows: Vec<Row>,
}

/// Panels under one heading.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Row {
    /// The heading.
    pub title: String,
    /// Of each panel, in units of 30 pixels.
    #[serde(default = "usual_height")]
    pub height: u32,
    /// From left to right; those that do not fit go below.
    pub panels: Vec<Panel>,
}

/// One picture.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Panel {
    /// Its heading.
    pub title: String,
    /// What kind of picture: `stat`, `timeseries`, `table`, `heatmap`, `geomap`, `bargauge` or `state-timeline`.
    pub r#type: String,
    /// Of 24.
    pub width: u32,
    /// The unit of its values, as Grafana names it.
    pub unit: String,
    /// What a reader has to know.
    pub description: String,
    /// What is asked of Prometheus.
    pub queries: Vec<Query>,
    /// Colours from a value on; the first from the least. None means that no value is bad.
    #[serde(default)]
    pub thresholds: Vec<Threshold>,
    /// Whether series stand upon each other.
    #[serde(default)]
    pub stack: bool,
    /// The least value of the scale.
    #[serde(default)]
    pub min: Option<f64>,
    /// The largest.
    #[serde(default)]
    pub max: Option<f64>,
    /// Digits after the point.
    #[serde(default)]
    pub decimals: Option<u32>,
    /// More of Grafana's `options`, laid over those of the type.
    #[serde(default)]
    pub options: Value,
    /// More of `fieldConfig.defaults`, likewise.
    #[serde(default)]
    pub defaults: Value,
    /// Exceptions for some fields, by their name.
    #[serde(default)]
    pub fields: Vec<Field>,
    /// Grafana's `transformations`.
    #[serde(default)]
    pub transformations: Vec<Value>,
}

/// A colour from a value on.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Threshold {
    /// Where it begins; the first has none.
    #[serde(default)]
    pub from: Option<f64>,
    /// A name of Grafana's palette, which is another in light and in dark.
    pub color: String,
}

/// How a field differs from others.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Field {
    /// Its name, as it is shown.
    pub name: String,
    /// Properties by Grafana's ids.
    pub properties: serde_json::Map<String, Value>,
}

/// One expression.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Query {
    /// In PromQL, with Grafana's variables.
    pub expr: String,
    /// What a series is called.
    #[serde(default)]
    pub legend: String,
    /// Only the values at the end of the time that is shown.
    #[serde(default)]
    pub instant: bool,
}

fn usual_height() -> u32 {
    8
}
