//! libvirt's status file of a running domain: `/run/libvirt/qemu/<name>.xml`.
//!
//! Its root is `domstatus` with a `domain` inside, as of formatdomain.html; the metadata are those of OpenNebula's driver and
//! of nova.

use roxmltree::Document;
use roxmltree::Node;

use super::Details;
use super::Label;
use super::place::is_uuid;

const OPENNEBULA: &str = "http://opennebula.org/xmlns/libvirt/";
const NOVA: &str = "http://openstack.org/xmlns/libvirt/nova/";

/// What is used of a domain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Domain {
    /// Its name.
    pub name: String,
    /// Its UUID, in small letters.
    pub uuid: String,
    /// What its platform wrote into the metadata.
    pub details: Details,
}

impl Domain {
    /// Parses a status file, or a domain alone. `None` where it is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let document = Document::parse(text).ok()?;
        let root = document.root_element();
        let domain = if root.has_tag_name("domain") {
            root
        } else {
            child(root, "domain")?
        };
        let uuid = text_of(domain, "uuid").to_ascii_lowercase();
        let details = child(domain, "metadata").map(of_metadata);
        is_uuid(&uuid).then(|| Self {
            name: text_of(domain, "name").to_owned(),
            uuid,
            details: details.unwrap_or_default(),
        })
    }
}

fn of_metadata(metadata: Node<'_, '_>) -> Details {
    let own = metadata.children().find_map(|node| {
        let namespace = node.tag_name().namespace()?;
        match node.tag_name().name() {
            "vm" if namespace.starts_with(OPENNEBULA) => Some(of_opennebula(node)),
            "instance" if namespace.starts_with(NOVA) => Some(of_nova(node)),
            _ => None,
        }
    });
    own.unwrap_or_default()
}

fn of_opennebula(vm: Node<'_, '_>) -> Details {
    let pairs = [
        (Label::Platform, "opennebula"),
        (Label::VmName, text_of(vm, "name")),
        (Label::User, text_of(vm, "uname")),
        (Label::Group, text_of(vm, "gname")),
    ];
    pairs.into_iter().collect()
}

fn of_nova(instance: Node<'_, '_>) -> Details {
    let owner = child(instance, "owner");
    let owned = |name| owner.map(|owner| text_of(owner, name)).unwrap_or_default();
    let flavor = child(instance, "flavor").and_then(|flavor| flavor.attribute("name"));
    let pairs = [
        (Label::Platform, "openstack"),
        (Label::VmName, text_of(instance, "name")),
        (Label::Project, owned("project")),
        (Label::User, owned("user")),
        (Label::Flavor, flavor.unwrap_or_default()),
    ];
    pairs.into_iter().collect()
}

/// The first element of this name in it, whatever namespace that has.
fn child<'a, 'input>(node: Node<'a, 'input>, name: &str) -> Option<Node<'a, 'input>> {
    node.children()
        .find(|child| child.is_element() && child.tag_name().name() == name)
}

fn text_of<'a>(node: Node<'a, '_>, name: &str) -> &'a str {
    child(node, name)
        .and_then(|child| child.text())
        .unwrap_or_default()
        .trim()
}
