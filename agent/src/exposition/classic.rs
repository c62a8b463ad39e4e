//! Prometheus text 0.0.4 from OpenMetrics text.
//!
//! prometheus-client writes OpenMetrics; the older form differs only in its comments: a counter's have the whole name,
//! an info is a gauge, and there is neither a unit nor an end.

/// Appends an OpenMetrics exposition, or a part of one, as Prometheus text.
pub(super) fn append(classic: &mut String, text: &str) {
    let mut help: Option<&str> = None;
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            help = rest.split_once(' ').map(|(_, help)| help);
        } else if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' '))
        {
            head(classic, name, kind, help.take());
        } else if !line.starts_with('#') {
            classic.push_str(line);
            classic.push('\n');
        }
    }
}

fn head(classic: &mut String, name: &str, kind: &str, help: Option<&str>) {
    let (suffix, kind) = match kind {
        "counter" => ("_total", "counter"),
        "info" => ("_info", "gauge"),
        other => ("", other),
    };
    if let Some(help) = help {
        classic.extend(["# HELP ", name, suffix, " ", help, "\n"]);
    }
    classic.extend(["# TYPE ", name, suffix, " ", kind, "\n"]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_change_and_samples_do_not() {
        let openmetrics = "# HELP a_joules Energy.\n# TYPE a_joules counter\n# UNIT a_joules joules\na_joules_total{n=\"# HELP\"} 1.0\n\
             # HELP b About.\n# TYPE b info\nb_info{v=\"1\"} 1\n# TYPE c gauge\nc 2\n# EOF\n";
        let classic = "# HELP a_joules_total Energy.\n# TYPE a_joules_total counter\na_joules_total{n=\"# HELP\"} 1.0\n\
             # HELP b_info About.\n# TYPE b_info gauge\nb_info{v=\"1\"} 1\n# TYPE c gauge\nc 2\n";
        let mut text = String::new();
        append(&mut text, openmetrics);
        assert_eq!(text, classic);
    }
}
