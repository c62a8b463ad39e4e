//! QEMU's command line: qemu(1), in the form in which system/vl.c reads it.

use std::borrow::Cow;

use super::Details;
use super::Label;
use super::VmProcess;
use super::place::is_number;
use super::place::is_uuid;
use super::platform;
use super::system_containers::in_project;

/// The options that take no value. All others take the next argument, whatever that looks like.
const FLAGS: [&str; 47] = [
    "S",
    "alt-grab",
    "audio-help",
    "ctrl-grab",
    "curses",
    "daemonize",
    "enable-fips",
    "enable-kvm",
    "enable-sync-profile",
    "full-screen",
    "h",
    "help",
    "jitdump",
    "localtime",
    "mem-prealloc",
    "no-acpi",
    "no-fd-bootchk",
    "no-frame",
    "no-hpet",
    "no-kvm",
    "no-kvm-irqchip",
    "no-kvm-pit",
    "no-kvm-pit-reinjection",
    "no-quit",
    "no-reboot",
    "no-shutdown",
    "no-user-config",
    "nodefaults",
    "nodefconfig",
    "nographic",
    "nouserconfig",
    "old-param",
    "one-insn-per-tb",
    "only-migratable",
    "perfmap",
    "portrait",
    "preconfig",
    "s",
    "sdl",
    "semihosting",
    "show-cursor",
    "singlestep",
    "snapshot",
    "usb",
    "version",
    "win2k-hack",
    "xen-domid-restrict",
];

/// Calls that print something, or ask for what QEMU can do, and run no machine.
const QUESTIONS: [&str; 4] = ["h", "help", "version", "audio-help"];

/// What the options say of the machine.
#[derive(Default)]
struct Said {
    name: Option<String>,
    uuid: Option<String>,
    vm_id: Option<String>,
    platform: Option<&'static str>,
    firmware_uuid: Option<String>,
    is_question: bool,
}

pub(super) fn read(args: &[Cow<'_, str>]) -> Option<VmProcess> {
    let mut said = Said::default();
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let Some(option) = arg.strip_prefix('-') else {
            continue;
        };
        let option = option.strip_prefix('-').unwrap_or(option);
        if FLAGS.contains(&option) {
            said.is_question |= QUESTIONS.contains(&option);
        } else if let Some(uuid) = option.strip_prefix("uuid=") {
            said.hear("uuid", uuid);
        } else if let Some(value) = args.next() {
            said.hear(option, value);
        }
    }
    (!said.is_question).then(|| said.into_vm())
}

impl Said {
    fn hear(&mut self, option: &str, value: &str) {
        match option {
            "name" => self.name = guest(value).or(self.name.take()),
            "uuid" => self.uuid = uuid(value).or(self.uuid.take()),
            // Proxmox's own option.
            "id" if is_number(value) => {
                self.vm_id = Some(value.to_owned());
                self.platform = Some("proxmox");
            }
            "smbios" => self.firmware(value),
            "machine" | "M" => {
                self.is_question |=
                    settings(value).any(|(key, value)| matches!(&*key, "" | "type") && value == "none");
            }
            "readconfig" | "pidfile" | "qmp" => self.paths(value),
            _ => {}
        }
    }

    fn firmware(&mut self, value: &str) {
        let table: Vec<_> = settings(value).collect();
        let get = |key: &str| table.iter().find(|(name, _)| name == key).map(|(_, value)| value);
        if get("type").is_some_and(|kind| kind == "1") {
            self.firmware_uuid = get("uuid").and_then(|value| uuid(value));
        }
        let words = ["manufacturer", "product"].into_iter().filter_map(get);
        let platform = words.filter_map(|word| platform::of_firmware(word)).next();
        self.platform = self.platform.or(platform);
    }

    /// LXD and Incus keep their files in directories of their own.
    fn paths(&mut self, path: &str) {
        let managers = [("/lxd/", "lxd"), ("/incus/", "incus")];
        let found = managers.iter().find(|(part, _)| path.contains(part));
        self.platform = self.platform.or(found.map(|(_, platform)| *platform));
    }

    fn into_vm(self) -> VmProcess {
        let mut details = Details::default().with(Label::Runtime, "qemu");
        let mut name = self.name;
        if matches!(self.platform, Some("lxd" | "incus"))
            && let Some((project, own)) = name.as_deref().and_then(in_project)
        {
            details.set(Label::Project, project);
            name = Some(own.to_owned());
        }
        let uuid = self.uuid.or(self.firmware_uuid);
        details.set(Label::Platform, self.platform.unwrap_or_default());
        details.set(Label::VmId, &self.vm_id.unwrap_or_default());
        details.set(Label::Uuid, uuid.as_deref().unwrap_or_default());
        VmProcess { name, uuid, details }
    }
}

/// The guest's name in `guest=web,debug-threads=on`, or in the short form without the first word.
fn guest(value: &str) -> Option<String> {
    settings(value)
        .enumerate()
        .find(|(at, (key, _))| key == "guest" || *at == 0 && key.is_empty())
        .map(|(_, (_, name))| name)
        .filter(|name| !name.is_empty())
}

/// The settings of an option, each with its key; without one, the first may be a value alone. A comma within a value is
/// doubled.
fn settings(text: &str) -> impl Iterator<Item = (String, String)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = rest.find([',', '=']).unwrap_or(rest.len());
        let key = match rest.as_bytes().get(end) {
            Some(b'=') => {
                let key = rest[..end].to_owned();
                rest = &rest[end + 1..];
                key
            }
            _ => String::new(),
        };
        Some((key, value(&mut rest)))
    })
}

/// Takes a value off the text, with the comma that ends it.
fn value(rest: &mut &str) -> String {
    let mut value = String::new();
    while let Some(end) = rest.find(',') {
        value.push_str(&rest[..end]);
        *rest = &rest[end + 1..];
        let Some(more) = rest.strip_prefix(',') else {
            return value;
        };
        value.push(',');
        *rest = more;
    }
    value.push_str(rest);
    *rest = "";
    value
}

fn uuid(text: &str) -> Option<String> {
    is_uuid(text).then(|| text.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guests_name_is_found_among_settings() {
        for (value, expected) in [
            ("web", Some("web")),
            ("web,debug-threads=on", Some("web")),
            ("guest=web,debug-threads=on", Some("web")),
            ("debug-threads=on,guest=web", Some("web")),
            ("guest=a,,b,process=x", Some("a,b")),
            ("a,,b", Some("a,b")),
            ("process=x", None),
            ("process=x,web", None),
            ("guest=a=b", Some("a=b")),
            ("guest=", None),
            ("", None),
            (",", None),
            ("guest=x,,", Some("x,")),
        ] {
            assert_eq!(guest(value).as_deref(), expected, "{value}");
        }
    }

    #[test]
    fn the_options_without_a_value_are_in_order() {
        assert!(FLAGS.is_sorted());
        assert!(QUESTIONS.iter().all(|question| FLAGS.contains(question)));
    }
}
