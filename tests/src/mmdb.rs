//! A writer of small databases in MaxMind's format (the MaxMind DB File Format Specification, version 2.0).

use std::net::IpAddr;

use serde_json::Value;
use serde_json::json;

/// How many bits a record of the tree has: 24, 28 or 32.
pub type RecordSize = u16;

/// Between the tree and the data.
const SEPARATOR: usize = 16;
const MARKER: &[u8] = b"\xab\xcd\xefMaxMind.com";

/// Where a branch of the tree leads.
#[derive(Clone, Copy)]
enum Branch {
    Nowhere,
    Node(usize),
    Data(usize),
}

/// A database with these networks, given as an address, the length of its prefix and what is known of it. IPv4 stands in it as the
/// specification wants it, at the start of IPv6. Later networks may lie inside earlier ones.
#[expect(clippy::expect_used, reason = "helpers of tests fail like tests")]
pub fn write(kind: &str, record_size: RecordSize, networks: &[(&str, u8, Value)]) -> Vec<u8> {
    let mut tree = vec![[Branch::Nowhere; 2]];
    let mut data = Vec::new();
    for (address, length, value) in networks {
        let (bits, length) = placed(address.parse().expect("an address"), *length);
        insert(&mut tree, bits, length, Branch::Data(data.len()));
        encode(value, &mut data);
    }
    let mut file = Vec::new();
    for node in &tree {
        let numbers = node.map(|branch| match branch {
            Branch::Nowhere => tree.len(),
            Branch::Node(node) => node,
            Branch::Data(offset) => tree.len() + SEPARATOR + offset,
        });
        put_node(numbers, record_size, &mut file);
    }
    file.extend([0; SEPARATOR]);
    file.extend(&data);
    file.extend(MARKER);
    encode(
        &json!({
            "binary_format_major_version": 2, "binary_format_minor_version": 0, "build_epoch": 1_780_000_000_u64,
            "database_type": kind, "description": {"en": "made for tests"}, "ip_version": 6, "languages": ["en"],
            "node_count": tree.len(), "record_size": record_size
        }),
        &mut file,
    );
    file
}

fn placed(address: IpAddr, length: u8) -> (u128, u8) {
    match address {
        IpAddr::V4(address) => (u128::from(address.to_bits()), length + 96),
        IpAddr::V6(address) => (address.to_bits(), length),
    }
}

fn insert(tree: &mut Vec<[Branch; 2]>, bits: u128, length: u8, leaf: Branch) {
    let mut node = 0;
    for depth in 0..length {
        let side = usize::from(bits >> (127 - depth) & 1 == 1);
        if depth + 1 == length {
            tree[node][side] = leaf;
            return;
        }
        node = match tree[node][side] {
            Branch::Node(next) => next,
            wider => {
                tree.push([wider; 2]);
                let next = tree.len() - 1;
                tree[node][side] = Branch::Node(next);
                next
            }
        };
    }
}

fn put_node([left, right]: [usize; 2], record_size: RecordSize, file: &mut Vec<u8>) {
    let byte = |number: usize, index: usize| u8::try_from(number >> (8 * index) & 255).unwrap_or_default();
    let three = |number| [byte(number, 2), byte(number, 1), byte(number, 0)];
    match record_size {
        24 => file.extend([three(left), three(right)].concat()),
        28 => {
            file.extend(three(left));
            file.push(byte(left, 3) << 4 | byte(right, 3) & 15);
            file.extend(three(right));
        }
        _ => {
            file.push(byte(left, 3));
            file.extend(three(left));
            file.push(byte(right, 3));
            file.extend(three(right));
        }
    }
}

/// The types of the specification that are used here.
const TEXT: u8 = 2;
const DOUBLE: u8 = 3;
const UINT16: u8 = 5;
const UINT32: u8 = 6;
const MAP: u8 = 7;
const UINT64: u8 = 9;
const ARRAY: u8 = 11;
const BOOLEAN: u8 = 14;

fn encode(value: &Value, to: &mut Vec<u8>) {
    match value {
        Value::Object(fields) => {
            control(MAP, fields.len(), to);
            for (name, value) in fields {
                encode(&Value::String(name.clone()), to);
                match (name.as_str(), value.as_u64()) {
                    ("build_epoch", Some(number)) => whole(UINT64, number, to),
                    ("node_count", Some(number)) => whole(UINT32, number, to),
                    _ => encode(value, to),
                }
            }
        }
        Value::Array(values) => {
            control(ARRAY, values.len(), to);
            values.iter().for_each(|value| encode(value, to));
        }
        Value::String(text) => {
            control(TEXT, text.len(), to);
            to.extend(text.as_bytes());
        }
        Value::Number(number) => match number.as_u64() {
            Some(number) if number <= u64::from(u16::MAX) => whole(UINT16, number, to),
            Some(number) => whole(UINT64, number, to),
            None => {
                control(DOUBLE, 8, to);
                to.extend(number.as_f64().unwrap_or_default().to_be_bytes());
            }
        },
        Value::Bool(yes) => control(BOOLEAN, usize::from(*yes), to),
        Value::Null => control(MAP, 0, to),
    }
}

fn whole(kind: u8, number: u64, to: &mut Vec<u8>) {
    let bytes = number.to_be_bytes();
    let start = bytes.iter().take_while(|byte| **byte == 0).count();
    control(kind, bytes.len() - start, to);
    to.extend(&bytes[start..]);
}

fn control(kind: u8, size: usize, to: &mut Vec<u8>) {
    let low = |number: usize| u8::try_from(number).unwrap_or(u8::MAX);
    let (size, more) = match size {
        0..29 => (low(size), vec![]),
        29..285 => (29, vec![low(size - 29)]),
        _ => (30, vec![low((size - 285) >> 8), low((size - 285) & 255)]),
    };
    if kind < 8 {
        to.push(kind << 5 | size);
    } else {
        to.extend([size, kind - 7]);
    }
    to.extend(more);
}

/// What a City database of MaxMind says of a place.
pub fn city(country: &str, city: &str, latitude: f64, longitude: f64) -> Value {
    json!({
        "city": {"names": {"en": city}},
        "country": {"iso_code": country},
        "location": {"accuracy_radius": 20, "latitude": latitude, "longitude": longitude, "time_zone": "Europe/Stockholm"}
    })
}
