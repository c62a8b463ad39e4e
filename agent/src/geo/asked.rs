//! The public address, by asking somebody outside. Off unless configured.

use std::net::IpAddr;

use serde_json::Value;

use super::is_public;
use crate::fetch;
use crate::fetch::Client;
use crate::fetch::Request;
use crate::fetch::Url;

/// Where the address stands in answers that are JSON.
const PLACES: [&str; 4] = ["/ip", "/address", "/ip_addr", "/query"];

/// Asks once. Why not is said in words for the log.
pub(super) fn public_address(url: &Url) -> Result<IpAddr, String> {
    let client = Client::new(None).map_err(|error| error.to_string())?;
    let runtime = fetch::runtime().map_err(|error| error.to_string())?;
    let reply = runtime.block_on(client.fetch(Request::get(url.clone())));
    runtime.shutdown_background();
    let reply = reply.map_err(|error| error.to_string())?;
    if reply.status != 200 {
        return Err(format!("it answers with status {}", reply.status));
    }
    read(&reply.body).ok_or_else(|| "the answer is no public address".to_owned())
}

fn read(body: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(body).ok()?.trim();
    let address = text.parse().ok().or_else(|| {
        let page: Value = serde_json::from_str(text).ok()?;
        let mut texts = PLACES.iter().filter_map(|place| page.pointer(place)?.as_str());
        texts.find_map(|text| text.parse().ok())
    });
    address.filter(|address| is_public(*address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_json_are_understood_and_private_addresses_are_not_believed() {
        for (body, wanted) in [
            ("8.8.8.8\n", Some("8.8.8.8")),
            ("2001:4860:4860::8888", Some("2001:4860:4860::8888")),
            ("{\"ip\": \"8.8.8.8\", \"city\": \"x\"}", Some("8.8.8.8")),
            ("10.0.0.1", None),
            ("{\"ip\": 7}", None),
            ("<html>", None),
            ("", None),
        ] {
            let wanted: Option<IpAddr> = wanted.map(|text| text.parse().unwrap());
            assert_eq!(read(body.as_bytes()), wanted, "{body}");
        }
    }
}
