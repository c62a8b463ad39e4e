//! Hosts in OpenNebula's XML.

use roxmltree::Document;
use roxmltree::Node;

/// What is of use here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Host {
    pub(super) id: i32,
    pub(super) geolocation: String,
}

/// The host with this id or name, in the answer of `one.host.info` or `one.hostpool.info`.
pub(super) fn find(page: &str, wanted: &str) -> Result<Option<Host>, String> {
    let document = Document::parse(page).map_err(|error| error.to_string())?;
    let mut hosts = document.descendants().filter(|node| node.has_tag_name("HOST"));
    Ok(hosts.find_map(|host| {
        let id = text(host, "ID")?;
        let found = id == wanted || text(host, "NAME") == Some(wanted);
        let template = child(host, "TEMPLATE");
        Some(Host {
            id: id.trim().parse().ok().filter(|_| found)?,
            geolocation: template
                .and_then(|template| text(template, "GEOLOCATION"))
                .unwrap_or_default()
                .to_owned(),
        })
    }))
}

fn child<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    node.children().find(|child| child.has_tag_name(name))
}

fn text<'a>(node: Node<'a, '_>, name: &str) -> Option<&'a str> {
    child(node, name)?.text()
}

#[cfg(test)]
mod tests {
    use super::*;

    const POOL: &str = "<HOST_POOL><HOST><ID>0</ID><NAME>one</NAME><TEMPLATE><ARCH><![CDATA[x86_64]]></ARCH></TEMPLATE></HOST>\
        <HOST><ID>7</ID><NAME>two</NAME><VMS><ID>3</ID></VMS><TEMPLATE><GEOLOCATION><![CDATA[1.0000,2.0000]]></GEOLOCATION></TEMPLATE></HOST></HOST_POOL>";

    #[test]
    fn a_host_is_found_by_id_or_name() {
        for (wanted, id, geolocation) in [
            ("one", 0, ""),
            ("two", 7, "1.0000,2.0000"),
            ("7", 7, "1.0000,2.0000"),
        ] {
            let geolocation = geolocation.to_owned();
            assert_eq!(find(POOL, wanted), Ok(Some(Host { id, geolocation })), "{wanted}");
        }
        for wanted in ["3", "three", ""] {
            assert_eq!(find(POOL, wanted), Ok(None), "{wanted}");
        }
        assert!(find("<HOST>", "1").is_err());
    }
}
