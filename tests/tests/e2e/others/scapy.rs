//! Packets that scapy made, and replies as scapy reads them.

use std::process::Command;

use serde_json::Value;
use serde_json::json;

use super::Answering;
use super::provided;

const COUNT: usize = 5;

#[test]
fn scapy_reads_in_our_replies_what_it_asked_for() {
    let Some(python) = provided("WATTLE_SCAPY") else {
        skip!("scapy is not there: see tests/peers/provide");
    };
    let answering = Answering::start(&[]);
    let [address, port] = [
        answering.reflector.ip().to_string(),
        answering.reflector.port().to_string(),
    ];
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/peers/stamp.py");
    let output = Command::new(python)
        .args([script, &address, &port, &COUNT.to_string()])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let replies: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(replies.len(), COUNT);
    for (number, reply) in replies.iter().enumerate() {
        assert_eq!(reply["octets"][0], reply["octets"][1]);
        assert_eq!(reply["numbers"], json!([number, number]));
        assert_eq!(reply["timestamp_is_mine"], true);
        assert_eq!(
            (&reply["ssid"], &reply["ttl"], &reply["mbz"]),
            (&json!(77), &json!(64), &json!([0, 0]))
        );
        let times: Vec<f64> = serde_json::from_value(reply["times"].clone()).unwrap();
        // scapy's numbers for times have microseconds.
        assert!(
            times.windows(2).all(|pair| pair[1] - pair[0] > -2e-6),
            "{times:?}"
        );
        // scapy's names of flags begin at the other end: its R is the bit U.
        let counted = format!("{:024x}", (number + 1) << 32 | (number + 1));
        let tlvs = json!([
            ["", 1, "0000000000000000"],
            ["", 5, counted],
            ["R", 200, "77686174206973206974"]
        ]);
        assert_eq!(reply["tlvs"], tlvs);
    }
}
