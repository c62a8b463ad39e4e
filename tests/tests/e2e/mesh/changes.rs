//! Peers and keys that change at a reload.

use std::fs;
use std::path::Path;

use nix::sys::signal::Signal;

use super::host::Host;
use super::host::Net;
use super::host::name;
use crate::e2e::patience::wait_until;

const OLD: &str = "0123456789abcdef-the-old-key";
const NEW: &str = "0123456789abcdef-the-new-key";

fn refused(host: &Host, reason: &str) -> u64 {
    let series = format!("wattle_oneway_refused_packets_total{{reason=\"{reason}\"}}");
    host.scrape().whole(&series)
}

/// An agent that signs with the keys of a file, and reads it again when told to.
struct Signing<'d> {
    host: Host,
    file: &'d Path,
}

impl<'d> Signing<'d> {
    fn start(net: &Net, host: usize, file: &'d Path) -> Self {
        fs::write(file, OLD).unwrap();
        let flags = ["--latency.key-file", file.to_str().unwrap()];
        let host = net.agent(host, &flags);
        Self { host, file }
    }

    fn change(&self, keys: &[&str]) {
        fs::write(self.file, keys.join("\n")).unwrap();
        self.host.program.signal(Signal::SIGHUP);
    }
}

#[test]
fn keys_are_changed_one_host_after_the_other_and_no_answer_is_refused() {
    let net = match Net::new("wk", 2) {
        Ok(net) => net,
        Err(reason) => skip!("{reason}"),
    };
    let dir = tempfile::tempdir().unwrap();
    let files = [0, 1].map(|host| dir.path().join(format!("key{host}")));
    let [near, far] = [0, 1].map(|host| Signing::start(&net, host, &files[host]));
    let answered = || {
        near.host.after_more_answers(&[&name(1)], 5);
        far.host.after_more_answers(&[&name(0)], 5);
    };
    answered();
    for keys in [&[OLD, NEW][..], &[NEW, OLD], &[NEW]] {
        near.change(keys);
        answered();
        far.change(keys);
        answered();
    }
    assert_eq!([&near, &far].map(|one| refused(&one.host, "wrong_hmac")), [0, 0]);
    near.change(&[OLD]);
    wait_until("the old key to be refused", || {
        refused(&far.host, "wrong_hmac") > 3
    });
    near.change(&["too short"]);
    near.host.program.wait_for_log("reload refused");
    assert!(!near.host.program.log().contains(OLD), "a key in the log");
    near.change(&[NEW]);
    answered();
}

#[test]
fn peers_and_limits_change_at_a_reload_and_what_is_known_of_the_others_stays() {
    let net = match Net::new("wr", 3) {
        Ok(net) => net,
        Err(reason) => skip!("{reason}"),
    };
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("agent.yaml");
    let write = |latency: &str| fs::write(&file, format!("latency: {{{latency}}}\n")).unwrap();
    let [own, one, two] = [0, 1, 2].map(|host| net.peer(host));
    write(&format!("peers: ['{own}', '{one}']"));
    let near = net.agent_alone(0, &["--config", file.to_str().unwrap()]);
    let _others = [1, 2].map(|host| net.agent_alone(host, &["--latency.reflect", "true"]));
    let reload = |latency: &str| {
        write(latency);
        near.program.signal(Signal::SIGHUP);
    };
    near.after_more_answers(&[&name(1)], 10);
    reload(&format!("peers: ['{one}', '{two}'], dscp: 10"));
    near.after_more_answers(&[&name(2)], 5);
    near.after_more_answers(&[&name(1)], 5);
    let class = format!("wattle_oneway_dscp{{peer=\"{}\",direction=\"from\"}}", name(1));
    wait_until("the other class, also on the way back", || {
        near.scrape().value(&class) == Some(10.0)
    });
    let counted = near.answers(&name(1));
    assert!(counted >= 15, "{counted}");
    reload(&format!("peers: ['{one}', '{two}'], max-peers: 1"));
    wait_until("the smaller limit", || {
        let scrape = near.scrape();
        scrape.value("wattle_oneway_peers_limit") == Some(1.0)
            && scrape.value("wattle_oneway_peers{state=\"measured\"}") == Some(1.0)
            && scrape.value("wattle_oneway_peers{state=\"capped\"}") == Some(1.0)
    });
    reload("");
    wait_until("the end of measuring", || near.get("/api/v1/mesh").status == 404);
    reload(&format!("peers: ['{two}']"));
    near.after_more_answers(&[&name(2)], 5);
}
