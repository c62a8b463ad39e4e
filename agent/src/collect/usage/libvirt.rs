//! A guest's network devices as libvirt has noted them in `/run/libvirt/qemu/NAME.xml`, for agents that may not look at
//! QEMU's open handles.
//!
//! <https://libvirt.org/formatdomain.html#network-interfaces>. Only two elements are of interest, and libvirt writes the file
//! itself, so the text is searched rather than parsed as XML.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use wattle_hostfs::Roots;
use wattle_hostfs::tun_handles::Served;

/// No such file is longer.
const LIMIT: u64 = 1 << 20;
const MOST_DEVICES: usize = 64;

/// The devices of the guest that libvirt calls `name`; none where there is no such file.
pub(super) fn devices(roots: &Roots, name: &str) -> Vec<Served> {
    // A name that leads elsewhere is nobody's.
    if name.is_empty() || name.starts_with('.') || name.contains('/') {
        return Vec::new();
    }
    let path = roots.root.join("run/libvirt/qemu").join(format!("{name}.xml"));
    read(&path).map(|text| parse(&text)).unwrap_or_default()
}

fn read(path: &Path) -> std::io::Result<String> {
    let mut text = Vec::new();
    File::open(path)?.take(LIMIT).read_to_end(&mut text)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

fn parse(text: &str) -> Vec<Served> {
    let interfaces = text.split("<interface ").skip(1);
    interfaces
        .take(MOST_DEVICES)
        .filter_map(|rest| {
            let interface = rest.split("</interface>").next()?;
            let target = interface.split("<target ").nth(1)?.split('>').next()?;
            Some(Served {
                name: attribute(target, "dev")?.into(),
                is_tap: attribute(interface.split('>').next()?, "type") != Some("direct"),
            })
        })
        .collect()
}

fn attribute<'t>(tag: &'t str, name: &str) -> Option<&'t str> {
    let (_, rest) = tag.split_once(&format!("{name}="))?;
    let quote = rest.chars().next().filter(|quote| matches!(quote, '\'' | '"'))?;
    rest[1..].split(quote).next().filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const XML: &str = "<domstatus state='running'><domain type='kvm' id='2'><devices>
    <disk type='file'><target dev='vda' bus='virtio'/></disk>
    <interface type='bridge'><mac address='02:00:00:00:00:01'/><source bridge='br0'/>
      <target dev='one-524-0'/><model type='virtio'/></interface>
    <interface type='direct'><source dev='eth1' mode='vepa'/><target dev=\"macvtap3\"/></interface>
    <interface type='user'><model type='e1000'/></interface>
    </devices></domain></domstatus>";

    #[test]
    fn the_targets_of_interfaces_are_found_and_nothing_else() {
        let found = parse(XML);
        let found: Vec<_> = found
            .iter()
            .map(|device| (&*device.name, device.is_tap))
            .collect();
        assert_eq!(found, [("one-524-0", true), ("macvtap3", false)]);
    }

    #[test]
    fn a_name_does_not_lead_out_of_the_directory() {
        let dir = tempfile::tempdir().unwrap();
        let roots = Roots::below(dir.path());
        std::fs::create_dir_all(dir.path().join("run/libvirt/qemu")).unwrap();
        std::fs::write(dir.path().join("run/libvirt/qemu/web.xml"), XML).unwrap();
        std::fs::write(dir.path().join("run/libvirt/web.xml"), XML).unwrap();
        assert_eq!(devices(&roots, "web").len(), 2);
        for name in ["../web", "", "..", "gone"] {
            assert_eq!(devices(&roots, name), [], "{name}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_searched_without_a_panic(text in "(<interface |type=|'|\"|<target |dev=|>|é|</interface>|x){0,30}") {
            let _ = parse(&text);
        }
    }
}
