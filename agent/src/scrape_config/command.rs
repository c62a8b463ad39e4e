//! What can be typed.

use clap::Arg;
use clap::ArgAction;
use clap::ArgMatches;
use clap::Command;
use clap::value_parser;

use super::ScrapeConfigError;
use super::job::Access;
use super::job::Dns;
use super::job::Job;
use super::target::Target;
use super::target::labels;

const EXAMPLES: &str = "\
Examples:
  wattle-agent generate scrape-config hv1 hv2 >>prometheus.yml
      a job for two hosts, to stand below `scrape_configs:`
  wattle-agent generate scrape-config hv1,one_host_id=0 hv2,one_host_id=1
      with OpenNebula's number of each host, as its own exporters have it: joins with opennebula_host_* are on (one_host_id)
  wattle-agent generate scrape-config --file-sd '/etc/prometheus/wattle/*.json'
      hosts from files, which Prometheus reads again when they change; then, whenever there is another host:
  wattle-agent generate scrape-config --form file-sd hv1,one_host_id=0 hv2,one_host_id=1 >/etc/prometheus/wattle/all.json
  wattle-agent generate scrape-config --dns hypervisors.example.org
      a host for each address of a name; a name that begins with _ is asked for SRV records
  wattle-agent generate scrape-config --tls --tls.ca-file /etc/prometheus/ca.pem \\
      --basic-auth.username prometheus --basic-auth.password-file /etc/prometheus/wattle.password hv1
      for agents with a web.config.file; the password itself stands in Prometheus' file only
  wattle-agent generate scrape-config --form config hv1 >prometheus.yml
      a whole configuration, with the rules; promtool check config prometheus.yml

Alerts, and what they are called: exporter-rules/ and docs/runbook.md. They know agents by the job wattle, or by wattle_build_info.";

/// The subcommand of `generate`.
pub fn command() -> Command {
    Command::new("scrape-config")
        .about("A scrape job for Prometheus: static targets, file_sd or DNS")
        .after_help(EXAMPLES)
        .arg(
            Arg::new("TARGET")
                .num_args(0..)
                .help("HOST[:PORT][,LABEL=VALUE...]; [ADDRESS]:PORT for IPv6"),
        )
        .args(whom())
        .args(how())
}

fn valued(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(value).help(help)
}

fn whom() -> Vec<Arg> {
    vec![
        valued(
            "form",
            "FORM",
            "What to print: the job, a whole configuration with it, or the targets as a file for file_sd",
        )
        .value_parser(["job", "config", "file-sd"])
        .default_value("job"),
        valued("job", "NAME", "The job's name").default_value("wattle"),
        valued("port", "PORT", "Port of targets that name none")
            .value_parser(value_parser!(u16).range(1..))
            .default_value("8080"),
        valued("label", "NAME=VALUE", "Label on every target; can be repeated").action(ArgAction::Append),
        valued(
            "file-sd",
            "FILES",
            "Files with targets, with a * in the last part; can be repeated",
        )
        .action(ArgAction::Append),
        valued(
            "dns",
            "NAME",
            "Name of which each address is a target; can be repeated",
        )
        .action(ArgAction::Append),
        valued(
            "dns-type",
            "TYPE",
            "Records to ask for: A, AAAA or SRV; else SRV for names that begin with _ and A for others",
        )
        .value_parser(["A", "AAAA", "SRV"]),
    ]
}

fn how() -> Vec<Arg> {
    vec![
        valued("scrape-interval", "TIME", "Time between scrapes").default_value("15s"),
        valued(
            "scrape-timeout",
            "TIME",
            "How long an answer may take; else the interval, 10s at most",
        ),
        Arg::new("tls")
            .long("tls")
            .action(ArgAction::SetTrue)
            .help("Speak TLS"),
        valued(
            "tls.ca-file",
            "FILE",
            "Certificates of the authorities to believe",
        )
        .requires("tls"),
        valued(
            "tls.cert-file",
            "FILE",
            "Prometheus' own certificate, for agents that want one",
        )
        .requires("tls.key-file")
        .requires("tls"),
        valued("tls.key-file", "FILE", "Its key").requires("tls.cert-file"),
        valued(
            "tls.server-name",
            "NAME",
            "Name in the agents' certificate, if it is not the target's",
        )
        .requires("tls"),
        valued(
            "basic-auth.username",
            "NAME",
            "User of the agents' web.config.file",
        ),
        valued(
            "basic-auth.password-file",
            "FILE",
            "Where Prometheus finds the password",
        )
        .default_value("/etc/prometheus/wattle.password"),
    ]
}

/// What was asked for, as text.
pub fn generate(matches: &ArgMatches) -> anyhow::Result<String> {
    let job = job(matches)?;
    let form = matches.get_one::<String>("form").map_or("job", String::as_str);
    if form == "file-sd" {
        if job.targets.is_empty() {
            return Err(ScrapeConfigError::EmptyList.into());
        }
        return Ok(job.list()?);
    }
    if job.targets.is_empty() && job.files.is_empty() && job.dns.is_none() {
        return Err(ScrapeConfigError::Nobody.into());
    }
    let head = match form {
        "config" => "rule_files: [\"rules/*.rules.yaml\"]\nscrape_configs:\n",
        _ => "",
    };
    Ok(format!("{head}{}", job.text()))
}

fn job(matches: &ArgMatches) -> Result<Job, ScrapeConfigError> {
    let all = |name: &str| -> Vec<String> {
        let values = matches.get_many::<String>(name);
        values.map(|values| values.cloned().collect()).unwrap_or_default()
    };
    let port = matches.get_one::<u16>("port").copied().unwrap_or(8080);
    let targets = all("TARGET");
    let targets: Result<_, _> = targets.iter().map(|text| Target::parse(text, port)).collect();
    let names = all("dns");
    let (interval, timeout) = times(matches)?;
    Ok(Job {
        name: text(matches, "job").unwrap_or_default(),
        interval,
        timeout,
        access: access(matches),
        targets: targets?,
        files: all("file-sd").into_iter().map(file).collect::<Result<_, _>>()?,
        dns: (!names.is_empty()).then(|| Dns {
            record: text(matches, "dns-type").unwrap_or_else(|| record(&names).to_owned()),
            names,
            port,
        }),
        labels: labels(all("label").iter().map(String::as_str))?,
    })
}

fn text(matches: &ArgMatches, name: &str) -> Option<String> {
    matches.get_one::<String>(name).cloned()
}

fn access(matches: &ArgMatches) -> Access {
    Access {
        tls: matches.get_flag("tls"),
        ca_file: text(matches, "tls.ca-file"),
        cert_file: text(matches, "tls.cert-file"),
        key_file: text(matches, "tls.key-file"),
        server_name: text(matches, "tls.server-name"),
        username: text(matches, "basic-auth.username"),
        password_file: text(matches, "basic-auth.password-file"),
    }
}

fn record(names: &[String]) -> &'static str {
    if names.iter().all(|name| name.starts_with('_')) {
        "SRV"
    } else {
        "A"
    }
}

/// Prometheus takes three endings, and a star nowhere but in the last part.
fn file(pattern: String) -> Result<String, ScrapeConfigError> {
    let (directory, last) = pattern.rsplit_once('/').unwrap_or(("", &pattern));
    let ending = last.rsplit_once('.').map_or("", |(_, ending)| ending);
    if ["json", "yml", "yaml"].contains(&ending) && !directory.contains('*') {
        return Ok(pattern);
    }
    Err(ScrapeConfigError::File(pattern))
}

/// The interval, and a timeout that is not longer.
fn times(matches: &ArgMatches) -> Result<(String, String), ScrapeConfigError> {
    const LONGEST: u64 = 10_000;
    let interval = text(matches, "scrape-interval").unwrap_or_default();
    let every = millis("--scrape-interval", &interval)?;
    let Some(timeout) = text(matches, "scrape-timeout") else {
        let timeout = if every > LONGEST {
            "10s".to_owned()
        } else {
            interval.clone()
        };
        return Ok((interval, timeout));
    };
    if millis("--scrape-timeout", &timeout)? > every {
        return Err(ScrapeConfigError::Timeout(timeout, interval));
    }
    Ok((interval, timeout))
}

fn millis(flag: &'static str, text: &str) -> Result<u64, ScrapeConfigError> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let factor = match unit {
        "ms" => Some(1),
        "s" => Some(1000),
        "m" => Some(60_000),
        "h" => Some(3_600_000),
        _ => None,
    };
    let millis = number
        .parse()
        .ok()
        .zip(factor)
        .and_then(|(number, factor): (u64, u64)| number.checked_mul(factor));
    millis
        .filter(|millis| *millis > 0)
        .ok_or_else(|| ScrapeConfigError::Time(flag, text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn generated(line: &str) -> Result<String, String> {
        let words = std::iter::once("scrape-config").chain(line.split_whitespace());
        let matches = command()
            .try_get_matches_from(words)
            .map_err(|error| error.to_string())?;
        generate(&matches).map_err(|error| error.to_string())
    }

    #[test]
    fn hosts_with_the_same_labels_stand_together() {
        let text = generated("hv1,one_host_id=0 hv2,one_host_id=1 hv3 hv4 --label cluster=north").unwrap();
        let expected = r#"  - job_name: "wattle"
    scrape_interval: 15s
    scrape_timeout: 10s
    static_configs:
      - targets: ["hv1:8080"]
        labels:
          cluster: "north"
          one_host_id: "0"
      - targets: ["hv2:8080"]
        labels:
          cluster: "north"
          one_host_id: "1"
      - targets: ["hv3:8080","hv4:8080"]
        labels:
          cluster: "north"
"#;
        assert_eq!(text, expected);
    }

    #[test]
    fn a_file_for_file_sd_is_json_with_the_same_groups() {
        let text = generated("--form file-sd hv1,one_host_id=0 [::1]:81").unwrap();
        let list: serde_json::Value = serde_json::from_str(&text).unwrap();
        let expected = serde_json::json!([
            {"targets": ["hv1:8080"], "labels": {"one_host_id": "0"}},
            {"targets": ["[::1]:81"]},
        ]);
        assert_eq!(list, expected);
    }

    #[test]
    fn a_short_interval_has_a_timeout_as_short() {
        assert!(
            generated("--scrape-interval 5s hv1")
                .unwrap()
                .contains("scrape_timeout: 5s\n")
        );
        assert!(
            generated("--scrape-interval 1m hv1")
                .unwrap()
                .contains("scrape_timeout: 10s\n")
        );
    }

    #[test]
    fn a_mistake_is_told_with_what_was_typed() {
        for (line, told) in [
            ("", "no target"),
            ("--form file-sd --dns x", "name the hosts"),
            ("--file-sd /etc/*/x.json", "\"/etc/*/x.json\""),
            ("--file-sd /etc/x.txt", "\"/etc/x.txt\""),
            ("--scrape-interval 5 hv1", "--scrape-interval \"5\""),
            ("--scrape-interval 0s hv1", "--scrape-interval \"0s\""),
            ("--scrape-interval 99999999999999999999s hv1", "more than 0"),
            ("--scrape-interval 5s --scrape-timeout 6s hv1", "longer than"),
            ("--label site=x hv1", "exported_site"),
            ("hv1 --port 0", "--port"),
            ("hv1 --tls.ca-file x", "--tls"),
        ] {
            let error = generated(line).unwrap_err();
            assert!(error.contains(told), "{line}: {error}");
        }
    }
}
