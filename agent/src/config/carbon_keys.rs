//! The settings of `carbon.*`.

use std::fmt::Display;
use std::path::PathBuf;

use super::Key;
use super::keys::parse;
use super::keys::parse_some;

/// All of them take effect at a reload.
macro_rules! keys {
    ($($name:literal $value:literal $help:literal $set:expr, $show:expr;)+) => {
        &[$(Key {
            name: $name,
            value: $value,
            help: $help,
            repeatable: false,
            reloads: true,
            set: $set,
            show: $show,
        }),+]
    };
}

/// The table.
pub(super) const CARBON: &[Key] = keys! {
    "carbon.source" "SOURCE"
        "Who says how many grams of carbon dioxide a kilowatt-hour stands for: off, static (carbon.intensity), table (a built-in yearly average by country), file (a recording), http (a service), prometheus (a query). Only http and prometheus send anything anywhere."
        |s, text| parse(&mut s.carbon.source, text), |s| Some(s.carbon.source.to_string());
    "carbon.zone" "ZONE"
        "The part of the grid: a country of ISO 3166-1 for the table (else location's country is taken), a zone of Electricity Maps, a region of WattTime, a region number or outward postcode of Great Britain; a label for the others."
        |s, text| { s.carbon.zone = Some(zone(text)?); Ok(()) }, |s| s.carbon.zone.as_ref().map(|zone| format!("{zone:?}"));
    "carbon.intensity" "GRAMS"
        "Grams per kilowatt-hour, for the source static."
        |s, text| parse_some(&mut s.carbon.intensity, text), |s| show(s.carbon.intensity.as_ref());
    "carbon.pue" "FACTOR"
        "Power usage effectiveness, 1 to 10: carbon is counted for the energy of the host times this factor."
        |s, text| parse(&mut s.carbon.pue, text), |s| Some(s.carbon.pue.to_string());
    "carbon.accounting" "WHICH"
        "average: of all power in the grid; marginal: of the power that would be generated in addition. WattTime is asked for what is chosen; for sources that know one kind only it says which that is."
        |s, text| parse(&mut s.carbon.accounting, text), |s| Some(s.carbon.accounting.to_string());
    "carbon.max-age" "TIME"
        "How old the newest value of a service or of a realtime file may be. After that the intensity is unknown, and no carbon is counted until it is known again."
        |s, text| parse(&mut s.carbon.max_age, text), |s| Some(s.carbon.max_age.to_string());
    "carbon.poll" "TIME"
        "How often a service is asked, and how often a file is looked at."
        |s, text| parse(&mut s.carbon.poll, text), |s| Some(s.carbon.poll.to_string());
    "carbon.token-file" "FILE"
        "File with the token for the service, or user:password for WattTime. It is read again before each request."
        |s, text| { s.carbon.token_file = Some(PathBuf::from(text)); Ok(()) }, |s| file(s.carbon.token_file.as_ref());
    "carbon.ca-file" "FILE"
        "Certificates in PEM of the authorities to believe, instead of those of the system."
        |s, text| { s.carbon.ca_file = Some(PathBuf::from(text)); Ok(()) }, |s| file(s.carbon.ca_file.as_ref());
    "carbon.file.path" "FILE"
        "Recording in CSV: rows of seconds,grams without a header, or with one that names timestamp and carbon_intensity_avg. At most 300000 rows."
        |s, text| { s.carbon.file.path = Some(PathBuf::from(text)); Ok(()) }, |s| file(s.carbon.file.path.as_ref());
    "carbon.file.mode" "MODE"
        "replay: played from its beginning; realtime: its timestamps are meant, and it is read again when it changes."
        |s, text| parse(&mut s.carbon.file.mode, text), |s| Some(s.carbon.file.mode.to_string());
    "carbon.file.offset" "TIME"
        "How far behind its first row a replay begins."
        |s, text| parse(&mut s.carbon.file.offset, text), |s| Some(s.carbon.file.offset.to_string());
    "carbon.file.speed" "FACTOR"
        "How many times as fast it is replayed."
        |s, text| parse(&mut s.carbon.file.speed, text), |s| Some(s.carbon.file.speed.to_string());
    "carbon.file.start" "MOMENT"
        "When a replay begins, such as 2026-06-01T00:00:00Z or seconds since 1970. Without it, when the agent starts; with it, a restart goes on in the recording."
        |s, text| parse_some(&mut s.carbon.file.start, text), |s| show(s.carbon.file.start.as_ref());
    "carbon.http.provider" "PROVIDER"
        "electricity-maps (version 3), watttime (version 3), uk (api.carbonintensity.org.uk), json (any service)."
        |s, text| parse(&mut s.carbon.http.provider, text), |s| Some(s.carbon.http.provider.to_string());
    "carbon.http.url" "URL"
        "The service, if it is not where the provider usually is; for json the whole address. Certificates are verified."
        |s, text| parse_some(&mut s.carbon.http.url, text), |s| show(s.carbon.http.url.as_ref());
    "carbon.http.pointer" "POINTER"
        "Where in the answer of json the value stands, as a JSON pointer (RFC 6901), such as /data/0/value."
        |s, text| pointer(&mut s.carbon.http.pointer, text), |s| quoted(s.carbon.http.pointer.as_ref());
    "carbon.http.time-pointer" "POINTER"
        "Where its date stands (RFC 3339, or seconds since 1970), if it has one."
        |s, text| pointer(&mut s.carbon.http.time_pointer, text), |s| quoted(s.carbon.http.time_pointer.as_ref());
    "carbon.http.factor" "FACTOR"
        "What the value of json is multiplied with to be grams per kilowatt-hour: 1000 for kg/kWh, 0.453592 for lb/MWh."
        |s, text| parse(&mut s.carbon.http.factor, text), |s| Some(s.carbon.http.factor.to_string());
    "carbon.http.token-header" "HEADER"
        "The header in which json wants the token. The default is Authorization with Bearer before it."
        |s, text| { s.carbon.http.token_header = Some(header(text)?); Ok(()) }, |s| quoted(s.carbon.http.token_header.as_ref());
    "carbon.prometheus.url" "URL"
        "A Prometheus server."
        |s, text| parse_some(&mut s.carbon.prometheus.url, text), |s| show(s.carbon.prometheus.url.as_ref());
    "carbon.prometheus.query" "PROMQL"
        "A query that gives one series, in grams per kilowatt-hour."
        |s, text| { s.carbon.prometheus.query = Some(text.to_owned()); Ok(()) }, |s| quoted(s.carbon.prometheus.query.as_ref());
};

fn show<T: Display>(value: Option<&T>) -> Option<String> {
    value.map(ToString::to_string)
}

fn file(path: Option<&PathBuf>) -> Option<String> {
    path.map(|path| path.display().to_string())
}

fn quoted(text: Option<&String>) -> Option<String> {
    text.map(|text| format!("{text:?}"))
}

/// It becomes a label and a part of URLs.
fn zone(text: &str) -> Result<String, String> {
    let fine = !text.is_empty() && text.len() <= 64 && !text.chars().any(char::is_control);
    fine.then(|| text.to_owned())
        .ok_or_else(|| format!("{text:?} is no zone: 1 to 64 letters are wanted"))
}

fn pointer(value: &mut Option<String>, text: &str) -> Result<(), String> {
    if !text.is_empty() && !text.starts_with('/') {
        return Err(format!("{text:?} is no JSON pointer such as /data/0/value"));
    }
    *value = Some(text.to_owned());
    Ok(())
}

fn header(text: &str) -> Result<String, String> {
    let fine = !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    fine.then(|| text.to_ascii_lowercase())
        .ok_or_else(|| format!("{text:?} is no name of a header such as auth-token"))
}
