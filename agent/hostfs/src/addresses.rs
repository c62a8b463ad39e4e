//! The addresses of the host's interfaces, `/proc/net/fib_trie` and `/proc/net/if_inet6`.
//!
//! The files show one network namespace: that of the host is the one its process 1 lives in. Of IPv4 the routing table is read, in which
//! every address of every interface is a local host route (kernel page: `Documentation/networking/fib_trie.rst`); of IPv6 the list of
//! addresses.

use std::io::Read;
use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;
use std::path::Path;

use crate::Error;
use crate::Result;
use crate::Roots;
use crate::text;

/// A host with a full routing table has a million routes; what is beyond is not read.
const MOST_BYTES: u64 = 16 << 20;
/// Addresses after these are not looked at.
const MAX_ADDRESSES: usize = 4096;

/// Every address of every interface once, IPv4 before IPv6, in the order of the files. A host without one of the two has no such file.
pub fn read(roots: &Roots) -> Result<Vec<IpAddr>> {
    let mut addresses = Vec::new();
    if let Some(trie) = contents(roots, "fib_trie")? {
        parse_fib_trie(&trie, &mut addresses);
    }
    if let Some(list) = contents(roots, "if_inet6")? {
        parse_if_inet6(&list, &mut addresses);
    }
    Ok(addresses)
}

/// Adds the local addresses of a `fib_trie` that are not there yet: the leaves with a route `/32 host LOCAL`.
pub fn parse_fib_trie(file: &[u8], addresses: &mut Vec<IpAddr>) {
    let mut leaf = None;
    for line in text::lines(file) {
        let line = line.trim_ascii();
        if let Some(address) = line.strip_prefix(b"|-- ") {
            leaf = parsed::<Ipv4Addr>(address).map(IpAddr::V4);
        } else if line.starts_with(b"/32 host LOCAL") {
            add(leaf, addresses);
        }
    }
}

/// Adds the addresses of an `if_inet6` that are not there yet: 32 digits at the start of each line.
pub fn parse_if_inet6(file: &[u8], addresses: &mut Vec<IpAddr>) {
    for line in text::lines(file) {
        let digits = text::words(line).next().filter(|word| word.len() == 32);
        let bits = digits
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u128::from_str_radix(digits, 16).ok());
        add(bits.map(|bits| IpAddr::V6(Ipv6Addr::from_bits(bits))), addresses);
    }
}

fn add(address: Option<IpAddr>, addresses: &mut Vec<IpAddr>) {
    if let Some(address) = address.filter(|address| !addresses.contains(address))
        && addresses.len() < MAX_ADDRESSES
    {
        addresses.push(address);
    }
}

fn parsed<T: std::str::FromStr>(text: &[u8]) -> Option<T> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// The file in the namespace of process 1, or in the reader's own where that is not shown.
fn contents(roots: &Roots, name: &str) -> Result<Option<Vec<u8>>> {
    let places = ["1/net", "net"].map(|dir| roots.proc.join(dir).join(name));
    let mut last = None;
    for path in places {
        match bounded(&path) {
            Ok(bytes) => return Ok(Some(bytes)),
            Err(error) if error.is_gone() => {}
            Err(error) => last = Some(error),
        }
    }
    last.map_or(Ok(None), Err)
}

fn bounded(path: &Path) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(MOST_BYTES).read_to_end(&mut bytes))
        .map_err(|source| Error::io(path, source))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_tree::TestTree;

    const TRIE: &str = "Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
     +-- 127.0.0.0/8 2 0 2
           |-- 127.0.0.0
              /8 host LOCAL
           |-- 127.0.0.1
              /32 host LOCAL
     |-- 192.0.2.0
        /24 link UNICAST
     |-- 192.0.2.2
        /32 host LOCAL
     |-- 192.0.2.255
        /32 link BROADCAST
     |-- 198.51.100.7
        /32 link UNICAST
        /32 host LOCAL
Local:
     |-- 192.0.2.2
        /32 host LOCAL
";
    const LIST: &str = "fd000000000000000000000000000002 04 40 00 82     eth0
00000000000000000000000000000001 01 80 10 80       lo
xx 04
20010db800000000000000000000000 04 40 00 82     eth0
";

    fn texts(addresses: &[IpAddr]) -> Vec<String> {
        addresses.iter().map(IpAddr::to_string).collect()
    }

    #[test]
    fn every_address_of_the_host_is_found_once_and_no_other() {
        let tree = TestTree::new();
        assert_eq!(read(&tree.roots()).unwrap(), Vec::<IpAddr>::new());
        tree.write("proc/net/fib_trie", "Local:\n |-- 203.0.113.1\n /32 host LOCAL\n");
        assert_eq!(texts(&read(&tree.roots()).unwrap()), ["203.0.113.1"]);
        tree.write("proc/1/net/fib_trie", TRIE);
        tree.write("proc/1/net/if_inet6", LIST);
        assert_eq!(
            texts(&read(&tree.roots()).unwrap()),
            ["127.0.0.1", "192.0.2.2", "198.51.100.7", "fd00::2", "::1"]
        );
    }

    #[test]
    fn the_addresses_are_bounded() {
        let many: String = (0..MAX_ADDRESSES + 10).fold(String::new(), |text, number| {
            text + &format!("|-- 10.{}.{}.1\n/32 host LOCAL\n", number >> 8, number & 255)
        });
        let mut addresses = Vec::new();
        parse_fib_trie(many.as_bytes(), &mut addresses);
        assert_eq!(addresses.len(), MAX_ADDRESSES);
    }

    #[test]
    fn no_bytes_break_the_readers() {
        for bytes in [
            &b"|-- \xff\n/32 host LOCAL"[..],
            b"/32 host LOCAL",
            b"|-- 1.2.3\n/32 host LOCAL\n",
            b"\n\n",
        ] {
            let mut addresses = Vec::new();
            parse_fib_trie(bytes, &mut addresses);
            parse_if_inet6(bytes, &mut addresses);
            assert!(addresses.is_empty());
        }
    }
}
