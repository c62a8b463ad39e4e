//! The screen, drawn from the model. Pure.

use super::canvas::Canvas;
use super::canvas::Colour;
use super::canvas::Size;
use super::canvas::Style;
use super::canvas::columns;
use super::canvas::sparkline;
use super::keys::MEANINGS;
use super::model::KINDS;
use super::model::Model;
use super::model::Row;
use super::model::Sort;
use super::model::Tab;
use super::model::total_watts;
use super::reading::Direction;
use super::reading::Mesh;
use super::reading::Peer;
use super::reading::Reading;
use super::reading::Sensor;
use super::units::UNKNOWN;
use super::units::bytes;
use super::units::delay;
use super::units::energy;
use super::units::or_unknown;
use super::units::watts;

/// Rows above the table, and the one below it.
const HEAD: usize = 4;
const FOOT: usize = 1;
/// Between two columns.
const GAP: usize = 1;
/// A sparkline is no use if it is shorter, and no better if it is longer.
const SPARK: std::ops::RangeInclusive<usize> = 8..=60;
/// A name needs so much.
const NAME: usize = 12;

/// Draws everything.
pub(super) fn draw(model: &Model, size: Size, ascii: bool) -> Canvas {
    let mut canvas = Canvas::new(size, ascii);
    head(model, &mut canvas);
    if model.help {
        help(&mut canvas);
    } else {
        match (model.tab, &model.reading) {
            (_, None) => {}
            (Tab::Workloads, Some(_)) => workloads(model, &mut canvas),
            (Tab::Latency, Some(reading)) => latency(model, reading.mesh.as_ref(), &mut canvas),
            (Tab::Sensors, Some(reading)) => sensors(model, &reading.report.sensors, &mut canvas),
        }
    }
    foot(model, &mut canvas);
    canvas
}

fn colour(kind: &str) -> Style {
    Style::of(match kind {
        "vm" => Colour::Blue,
        "container" => Colour::Cyan,
        "service" => Colour::Green,
        "system" => Colour::Magenta,
        "kernel" => Colour::Red,
        "unattributed" => Colour::Yellow,
        _ => Colour::Grey,
    })
}

/// The host in three rows, and the tabs.
fn head(model: &Model, canvas: &mut Canvas) {
    let width = canvas.size.width;
    let name = model.reading.as_ref().map(|reading| &reading.report.machine);
    let title = name.map_or("wattle", |machine| &machine.name);
    let title = if title.is_empty() { "wattle" } else { title };
    let end = canvas.put((0, 0), width, title, Style::BOLD);
    let processor = name.map_or("", |machine| &machine.processor);
    let end = canvas.put((end + 1, 0), width, processor, Style::of(Colour::Grey));
    let room = width.saturating_sub(end + 2);
    if columns(&model.source) <= room {
        canvas.put_right((end + 2, 0), room, &model.source, Style::of(Colour::Grey));
    }
    if let Some(reading) = &model.reading {
        let end = canvas.put((0, 1), width, &power(reading), Style::BOLD);
        let room = width.saturating_sub(end + 2);
        if room >= *SPARK.start() {
            let line = sparkline(model.host_history(), room.min(*SPARK.end()), canvas.is_ascii());
            canvas.put_right((end + 2, 1), room, &line, Style::of(Colour::Yellow));
        }
        canvas.put((0, 2), width, &rest(reading), Style::PLAIN);
    }
    tabs(model, canvas);
}

/// The sum and the components, estimates marked.
fn power(reading: &Reading) -> String {
    let host = &reading.report.host;
    let mark = |quality: &str| if quality == "estimated" { "~" } else { "" };
    let estimated = host.values().any(|component| component.quality == "estimated");
    let sum = mark(if estimated { "estimated" } else { "" });
    let mut text = format!("{sum}{} W", or_unknown(total_watts(reading), watts));
    for (name, component) in host {
        let shown = or_unknown(component.power_watts, watts);
        text.push_str(&format!("  {name} {}{shown}", mark(&component.quality)));
    }
    let joules = host.values().map(|component| component.energy_joules).sum();
    text.push_str(&format!("  {}", energy(joules)));
    text
}

/// CPU, memory, carbon.
fn rest(reading: &Reading) -> String {
    let report = &reading.report;
    let mut parts = Vec::new();
    if let Some(cpu) = &report.cpu {
        let busy = or_unknown(cpu.busy_ratio, |ratio| format!("{:.1}", ratio * 100.0));
        parts.push(format!("cpu {busy} % of {}", cpu.online));
    }
    let memory = |state: &str| report.memory_bytes.get(state).copied();
    if let (Some(total), Some(available)) = (memory("total"), memory("available")) {
        let used = total.saturating_sub(available);
        parts.push(format!("memory {} of {}", whole(used), whole(total)));
    }
    if let Some(carbon) = &report.carbon {
        let grams = or_unknown(carbon.grams_per_kilowatt_hour, |grams| format!("{grams:.0}"));
        let rate = carbon.grams_per_kilowatt_hour.zip(total_watts(reading));
        let rate = rate.map(|(grams, watts)| grams * carbon.pue * watts / 1e3);
        let rate = or_unknown(rate, |rate| format!("{rate:.1}"));
        parts.push(format!("carbon {} {grams} g/kWh, {rate} g/h", carbon.zone).replace("  ", " "));
    }
    parts.join("  ")
}

#[expect(clippy::cast_precision_loss, reason = "shown with few digits")]
fn whole(count: u64) -> String {
    bytes(count as f64)
}

fn tabs(model: &Model, canvas: &mut Canvas) {
    let row = HEAD - 1;
    let mut at = 0;
    for (tab, key, name) in [
        (Tab::Workloads, '1', "workloads"),
        (Tab::Latency, '2', "latency"),
        (Tab::Sensors, '3', "sensors"),
    ] {
        let style = if tab == model.tab {
            Style::REVERSE
        } else {
            Style::PLAIN
        };
        at = canvas.put((at, row), canvas.size.width, &format!("{key} {name}"), style) + 1;
    }
    let mut state = Vec::new();
    state.extend(model.paused.then(|| "paused".to_owned()));
    let hidden: String = KINDS
        .iter()
        .filter_map(|(kind, key)| model.is_hidden(kind).then_some(*key))
        .collect();
    state.extend((!hidden.is_empty()).then(|| format!("without {hidden}")));
    if model.typing || !model.filter.is_empty() {
        let cursor = if model.typing { "_" } else { "" };
        state.push(format!("/{}{cursor}", model.filter));
    }
    let room = canvas.size.width.saturating_sub(at + 1);
    canvas.put_right((at + 1, row), room, &state.join("  "), Style::of(Colour::Yellow));
}

fn foot(model: &Model, canvas: &mut Canvas) {
    let Some(row) = canvas.size.height.checked_sub(1) else {
        return;
    };
    let width = canvas.size.width;
    match &model.trouble {
        Some(trouble) => {
            canvas.put((0, row), width, trouble, Style::of(Colour::Red));
        }
        None if model.reading.is_none() => {
            canvas.put((0, row), width, "waiting for the first figures", Style::PLAIN);
        }
        None => {
            canvas.put(
                (0, row),
                width,
                "q quit  ? help  / filter  w e c m n a sort",
                Style::of(Colour::Grey),
            );
        }
    }
}

fn help(canvas: &mut Canvas) {
    let width = canvas.size.width;
    for ((keys, meaning), row) in MEANINGS.iter().zip(HEAD..canvas.size.height.saturating_sub(FOOT)) {
        let end = canvas.put((0, row), width, keys, Style::BOLD);
        canvas.put((end.max(23) + 1, row), width, meaning, Style::PLAIN);
    }
}

/// A column of figures.
struct Column<R> {
    title: &'static str,
    width: usize,
    figure: fn(&R) -> String,
    sort: Option<Sort>,
}

/// The columns of workloads, those that matter most first.
const COLUMNS: [Column<Row>; 5] = [
    Column {
        title: "WATTS",
        width: 8,
        figure: |row| or_unknown(row.watts, watts),
        sort: Some(Sort::Watts),
    },
    Column {
        title: "CPU%",
        width: 7,
        figure: |row| or_unknown(row.cpu, |cpu| format!("{cpu:.1}")),
        sort: Some(Sort::Cpu),
    },
    Column {
        title: "MEMORY",
        width: 9,
        figure: |row| or_unknown(row.memory, bytes),
        sort: Some(Sort::Memory),
    },
    Column {
        title: "ENERGY",
        width: 10,
        figure: |row| energy(row.joules),
        sort: Some(Sort::Energy),
    },
    Column {
        title: "NET/S",
        width: 9,
        figure: |row| or_unknown(row.network, bytes),
        sort: Some(Sort::Network),
    },
];

/// How a table is laid out.
struct Layout<'c, R> {
    kind: usize,
    name: usize,
    columns: &'c [Column<R>],
    spark: usize,
}

/// As many columns as fit beside a name.
fn layout(width: usize) -> Layout<'static, Row> {
    let kind = if width >= 60 { 12 } else { 9 };
    let fixed = kind + GAP + NAME;
    let mut count = 0;
    let mut used = fixed;
    for column in &COLUMNS {
        used += GAP + column.width;
        if used > width {
            used -= GAP + column.width;
            break;
        }
        count += 1;
    }
    let left = width.saturating_sub(used);
    let spark = if left >= SPARK.start() + GAP {
        (left * 2 / 3).clamp(*SPARK.start(), *SPARK.end())
    } else {
        0
    };
    let taken = if spark > 0 { spark + GAP } else { 0 };
    let name = (NAME + left).saturating_sub(taken);
    Layout {
        kind,
        name: name.min(width.saturating_sub(kind + GAP)),
        columns: &COLUMNS[..count],
        spark,
    }
}

/// The rows of a table that fit, from the one on to which it is scrolled.
fn visible(canvas: &Canvas, scroll: usize, count: usize) -> std::ops::Range<usize> {
    let room = canvas.size.height.saturating_sub(HEAD + 1 + FOOT);
    let first = scroll.min(count.saturating_sub(room));
    first..(first + room).min(count)
}

fn workloads(model: &Model, canvas: &mut Canvas) {
    let layout = layout(canvas.size.width);
    let rows = model.rows();
    if canvas.size.height > HEAD + FOOT {
        titles(model, &layout, canvas);
    }
    let shown = visible(canvas, model.scroll, rows.len());
    for (row, at) in rows[shown].iter().zip(HEAD + 1..) {
        workload(model, (&layout, row), at, canvas);
    }
}

fn titles(model: &Model, layout: &Layout<'_, Row>, canvas: &mut Canvas) {
    let name = if model.sort == Sort::Name { "NAME*" } else { "NAME" };
    canvas.put((0, HEAD), layout.kind, "KIND", Style::PLAIN);
    let mut at = layout.kind + GAP;
    canvas.put((at, HEAD), layout.name, name, Style::PLAIN);
    at += layout.name;
    for column in layout.columns {
        let sorted = column.sort == Some(model.sort);
        let title = format!("{}{}", column.title, if sorted { "*" } else { "" });
        canvas.put_right((at + GAP, HEAD), column.width, &title, Style::PLAIN);
        at += GAP + column.width;
    }
    if layout.spark > 0 {
        canvas.put((at + GAP, HEAD), layout.spark, "HISTORY", Style::PLAIN);
    }
    canvas.tint(HEAD, Style::REVERSE);
}

fn workload(model: &Model, (layout, row): (&Layout<'_, Row>, &Row), at: usize, canvas: &mut Canvas) {
    let style = colour(&row.kind);
    let plain = if row.alive {
        Style::PLAIN
    } else {
        Style::of(Colour::Grey)
    };
    canvas.put((0, at), layout.kind, &row.kind, style);
    let mut column_at = layout.kind + GAP;
    canvas.put((column_at, at), layout.name, &row.name, plain);
    column_at += layout.name;
    for column in layout.columns {
        canvas.put_right((column_at + GAP, at), column.width, &(column.figure)(row), plain);
        column_at += GAP + column.width;
    }
    if layout.spark > 0 {
        let line = sparkline(model.history(&row.identity), layout.spark, canvas.is_ascii());
        canvas.put((column_at + GAP, at), layout.spark, &line, style);
    }
}

/// Columns of one direction: least delay, jitter, loss.
const WAY: [(&str, usize); 3] = [("DELAY", 9), ("JITTER", 9), ("LOSS%", 6)];

fn latency(model: &Model, mesh: Option<&Mesh>, canvas: &mut Canvas) {
    let width = canvas.size.width;
    let Some(mesh) = mesh else {
        canvas.put(
            (0, HEAD),
            width,
            "no peers are measured: see latency.peers in the configuration",
            Style::PLAIN,
        );
        return;
    };
    let ways = WAY.iter().map(|(_, width)| width + GAP).sum::<usize>();
    let name = width.saturating_sub(2 * ways + 24).max(10);
    let title = |at: usize, way: &str, canvas: &mut Canvas| {
        WAY.iter().fold(at, |at, (title, width)| {
            canvas.put_right(
                (at + GAP, HEAD + 1),
                *width,
                &format!("{way}{title}"),
                Style::PLAIN,
            );
            at + GAP + width
        })
    };
    canvas.put((0, HEAD), width, &clock(mesh), Style::PLAIN);
    if canvas.size.height > HEAD + 1 + FOOT {
        canvas.put((0, HEAD + 1), name, "PEER", Style::PLAIN);
        let at = title(name, ">", canvas);
        let at = title(at, "<", canvas);
        canvas.put((at + GAP, HEAD + 1), width, "CLOCK", Style::PLAIN);
        canvas.tint(HEAD + 1, Style::REVERSE);
    }
    let room = visible(canvas, model.scroll, mesh.peers.len() + 1);
    for (peer, at) in mesh
        .peers
        .iter()
        .skip(room.start)
        .zip(HEAD + 2..HEAD + 1 + room.len())
    {
        self::peer(peer, (name, at), canvas);
    }
}

fn clock(mesh: &Mesh) -> String {
    let bound = mesh.clock.bound_seconds.map_or_else(String::new, |bound| {
        format!(", wrong by at most {}", delay(bound))
    });
    let state = if mesh.clock.synchronised {
        "synchronised"
    } else {
        "unsynchronised"
    };
    format!(
        "{}: clock {state} by {}{bound}; > to the peer, < from it",
        mesh.host, mesh.clock.source
    )
}

fn peer(peer: &Peer, (name, row): (usize, usize), canvas: &mut Canvas) {
    let style = if peer.answers {
        Style::PLAIN
    } else {
        Style::of(Colour::Red)
    };
    let zone = if peer.zone.is_empty() {
        String::new()
    } else {
        format!(" ({})", peer.zone)
    };
    canvas.put((0, row), name, &format!("{}{zone}", peer.name), style);
    let mut at = name;
    for way in [&peer.to, &peer.from] {
        for (figure, (_, width)) in direction(way).iter().zip(WAY) {
            canvas.put_right((at + GAP, row), width, figure, style);
            at += GAP + width;
        }
    }
    let bound = peer
        .clock_bound_seconds
        .map_or_else(String::new, |bound| format!(" {}", delay(bound)));
    let state = format!("{}{bound}", peer.clock_state);
    canvas.put((at + GAP, row), canvas.size.width, &state, style);
}

fn direction(way: &Direction) -> [String; 3] {
    let loss = f64_of(way.lost) / f64_of(way.sent) * 100.0;
    [
        or_unknown(way.delay_min_seconds, delay),
        or_unknown(way.jitter_seconds, delay),
        or_unknown(Some(loss).filter(|loss| loss.is_finite()), |loss| {
            format!("{loss:.2}")
        }),
    ]
}

#[expect(clippy::cast_precision_loss, reason = "shown with few digits")]
fn f64_of(count: u64) -> f64 {
    count as f64
}

fn sensors(model: &Model, sensors: &[Sensor], canvas: &mut Canvas) {
    let width = canvas.size.width;
    let name = sensors
        .iter()
        .map(|sensor| columns(&sensor.sensor))
        .max()
        .unwrap_or(0);
    let name = name.clamp(6, (width / 2).max(6));
    canvas.put((0, HEAD), width, "STATE", Style::PLAIN);
    canvas.put((6, HEAD), name, "SENSOR", Style::PLAIN);
    canvas.put((7 + name, HEAD), 9, "QUALITY", Style::PLAIN);
    canvas.put(
        (18 + name, HEAD),
        width,
        "WHAT IS WRONG, AND WHAT TO DO",
        Style::PLAIN,
    );
    canvas.tint(HEAD, Style::REVERSE);
    let shown = visible(canvas, model.scroll, sensors.len());
    for (sensor, row) in sensors[shown].iter().zip(HEAD + 1..) {
        let (state, style) = if sensor.up {
            ("up", Style::of(Colour::Green))
        } else {
            ("down", Style::of(Colour::Red))
        };
        canvas.put((0, row), 5, state, style);
        canvas.put((6, row), name, &sensor.sensor, Style::PLAIN);
        let quality = if sensor.up { &sensor.quality } else { UNKNOWN };
        canvas.put((7 + name, row), 10, quality, Style::PLAIN);
        canvas.put((18 + name, row), width, &trouble(sensor), Style::PLAIN);
    }
}

fn trouble(sensor: &Sensor) -> String {
    let parts = [&sensor.reason, &sensor.advice];
    let known: Vec<&str> = parts
        .iter()
        .map(|part| part.as_str())
        .filter(|part| !part.is_empty())
        .collect();
    if known.is_empty() {
        return sensor.source.clone();
    }
    known.join(": ")
}
