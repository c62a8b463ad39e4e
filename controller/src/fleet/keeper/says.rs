//! What a host has and can do, by its agent and its operator, in the words of the ledger.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::config;
use crate::facts::Fact;
use crate::facts::HostFacts;
use crate::facts::Quality;
use crate::inventory::CUSTOM;
use crate::inventory::Inventory;
use crate::inventory::MAX_UNITS;
use crate::inventory::Shape;
use crate::schedule::KnownHost;

/// The longest trait, as Placement has it.
const MAX_TRAIT: usize = 255;
const MIB: f64 = 1024.0 * 1024.0;
const GIB: f64 = MIB * 1024.0;

/// What a host says of itself. A class of which nothing is known now is left out.
pub(super) fn says(name: &str, known: &KnownHost, settings: &config::Fleet) -> Shape {
    let written = settings.hosts.get(name);
    let mut totals = measured(&known.facts, disk_path(written, settings));
    if let Some(host) = written {
        totals.extend(host.capacity.iter().map(|(class, total)| (class.clone(), *total)));
    }
    totals.retain(|_, total| *total > 0);
    let inventories = totals.into_iter().map(|(class, total)| {
        let inventory = inventory(&class, total, written, &settings.providers);
        (class, inventory)
    });
    Shape {
        inventories: inventories.collect(),
        traits: traits(known, written, &settings.providers),
    }
}

fn disk_path<'s>(written: Option<&'s config::Host>, settings: &'s config::Fleet) -> &'s str {
    let own = written.and_then(|host| host.disk_path.as_deref());
    own.unwrap_or(&settings.providers.disk_path)
}

fn measured(facts: &HostFacts, disk_path: &str) -> BTreeMap<String, u32> {
    let disk = file_system_of(facts, disk_path);
    let amounts = [
        ("VCPU", facts.cpus.value(), 1.0),
        ("MEMORY_MB", facts.memory_total_bytes.value(), MIB),
        ("DISK_GB", disk.and_then(Fact::value), GIB),
    ];
    let amounts = amounts
        .into_iter()
        .filter_map(|(class, value, unit)| Some((class.to_owned(), whole(value? / unit))));
    amounts.collect()
}

/// The file system on which a path lies: the one with the longest mount point above it.
fn file_system_of<'f>(facts: &'f HostFacts, path: &str) -> Option<&'f Fact<f64>> {
    let above = |mount_point: &str| {
        let rest = path.strip_prefix(mount_point.trim_end_matches('/'));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let all = facts.filesystem_bytes.iter();
    let above = all.filter(|(mount_point, _)| above(mount_point));
    above
        .max_by_key(|(mount_point, _)| mount_point.len())
        .map(|(_, size)| size)
}

fn whole(value: f64) -> u32 {
    // Known facts are finite and not negative; a cast cuts what is beyond.
    #[expect(clippy::cast_sign_loss, reason = "it is not negative")]
    let whole = value.floor().clamp(0.0, f64::from(MAX_UNITS)) as u32;
    whole
}

fn inventory(
    class: &str,
    total: u32,
    written: Option<&config::Host>,
    providers: &config::Providers,
) -> Inventory {
    let total = total.min(MAX_UNITS);
    let reserved = written.and_then(|host| host.reserved.get(class));
    let reserved = reserved.or_else(|| providers.reserved.get(class));
    let ratio = written.and_then(|host| host.allocation_ratios.get(class));
    let ratio = ratio.or_else(|| providers.allocation_ratios.get(class));
    Inventory {
        reserved: reserved.copied().unwrap_or_default().min(total),
        // However often capacity is promised, nobody gets more than there is.
        max_unit: total,
        allocation_ratio: ratio.copied().unwrap_or(1.0),
        ..Inventory::of(total)
    }
}

fn traits(
    known: &KnownHost,
    written: Option<&config::Host>,
    providers: &config::Providers,
) -> BTreeSet<String> {
    let facts = &known.facts;
    let quality = facts.power_quality.value().map(|quality| match quality {
        Quality::Measured => "MEASURED",
        Quality::Derived => "DERIVED",
        Quality::Estimated => "ESTIMATED",
    });
    let custom = [
        ("COUNTRY", facts.country.value().map(String::as_str)),
        ("SITE", known.site.as_deref()),
        ("POWER", quality),
    ];
    let custom = custom.into_iter().filter_map(|(what, value)| word(what, value?));
    let own = written.map(|host| host.traits.as_slice()).unwrap_or_default();
    let own = own.iter().chain(&providers.traits).cloned();
    custom.chain(own).chain(machine(facts)).collect()
}

/// Architectures that have a standard trait.
const ARCHITECTURES: [&str; 5] = ["x86_64", "aarch64", "ppc64le", "s390x", "i686"];

/// What the machine is: standard traits where there are such.
fn machine(facts: &HostFacts) -> Vec<String> {
    let Some(machine) = facts.machine.value() else {
        return Vec::new();
    };
    let mut words = match machine.virtualization.as_str() {
        "vmx" => vec!["HW_CPU_X86_VMX".to_owned(), "HW_CPU_X86_INTEL_VMX".to_owned()],
        "svm" => vec!["HW_CPU_X86_SVM".to_owned(), "HW_CPU_X86_AMD_SVM".to_owned()],
        _ => Vec::new(),
    };
    words.extend(if ARCHITECTURES.contains(&machine.arch.as_str()) {
        Some(format!("HW_ARCH_{}", machine.arch.to_ascii_uppercase()))
    } else {
        word("HW_ARCH", &machine.arch)
    });
    words.extend(word("CPU", &machine.model));
    words.extend(machine.guest.then(|| format!("{CUSTOM}VIRTUAL_MACHINE")));
    words
}

/// A trait: capital letters, digits and underscores, whatever else stands in the value.
fn word(what: &str, value: &str) -> Option<String> {
    let letters = value.chars().map(|letter| {
        if letter.is_ascii_alphanumeric() {
            letter.to_ascii_uppercase()
        } else {
            '_'
        }
    });
    let value: String = letters.collect();
    let value = value.trim_matches('_');
    let mut word = format!("{CUSTOM}{what}_{value}");
    word.truncate(MAX_TRAIT);
    (!value.is_empty()).then_some(word)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::facts::Machine;
    use crate::inventory::Ledger;

    #[test]
    fn the_standard_traits_are_in_the_vocabulary() {
        let ledger = Ledger::new();
        let architectures = ARCHITECTURES.map(|arch| format!("HW_ARCH_{}", arch.to_ascii_uppercase()));
        let others = [
            "HW_CPU_X86_VMX",
            "HW_CPU_X86_INTEL_VMX",
            "HW_CPU_X86_SVM",
            "HW_CPU_X86_AMD_SVM",
        ];
        for name in others.into_iter().chain(architectures.iter().map(String::as_str)) {
            assert!(ledger.trait_named(name).is_ok(), "{name}");
        }
        assert!(ledger.trait_named(super::super::merge::DISABLED).is_ok());
    }

    fn known() -> KnownHost {
        let facts = HostFacts {
            cpus: Fact::now(8.0),
            memory_total_bytes: Fact::now(68_719_476_736.0 + 1.0),
            filesystem_bytes: BTreeMap::from([
                ("/".to_owned(), Fact::now(50.0 * GIB)),
                ("/var".to_owned(), Fact::now(99.9 * GIB)),
                ("/var/lib/x".to_owned(), Fact::now(7.0 * GIB)),
                ("/varnish".to_owned(), Fact::now(3.0 * GIB)),
            ]),
            country: Fact::now("de".to_owned()),
            power_quality: Fact::now(Quality::Estimated),
            ..HostFacts::default()
        };
        KnownHost {
            facts: Arc::new(facts),
            site: Some("hall 1/b".to_owned()),
            ..KnownHost::default()
        }
    }

    fn totals(shape: &Shape) -> Vec<(&str, u32)> {
        let all = shape.inventories.iter();
        all.map(|(class, inventory)| (class.as_str(), inventory.total))
            .collect()
    }

    #[test]
    fn facts_become_whole_amounts_and_traits() {
        let said = says("h", &known(), &config::Fleet::default());
        assert_eq!(
            totals(&said),
            [("DISK_GB", 99), ("MEMORY_MB", 65_536), ("VCPU", 8)]
        );
        assert_eq!(said.inventories["VCPU"].max_unit, 8);
        let traits: Vec<&str> = said.traits.iter().map(String::as_str).collect();
        assert_eq!(
            traits,
            [
                "CUSTOM_COUNTRY_DE",
                "CUSTOM_POWER_ESTIMATED",
                "CUSTOM_SITE_HALL_1_B"
            ]
        );
        assert_eq!(
            says("h", &KnownHost::default(), &config::Fleet::default()),
            Shape::default()
        );
    }

    #[test]
    fn the_operator_decides_before_the_agent_and_for_one_host_before_all() {
        let mut settings = config::Fleet::default();
        settings.providers.reserved = BTreeMap::from([("MEMORY_MB".to_owned(), 512), ("VCPU".to_owned(), 1)]);
        settings.providers.allocation_ratios = BTreeMap::from([("VCPU".to_owned(), 4.0)]);
        settings.providers.traits = vec!["CUSTOM_ALL".to_owned()];
        settings.providers.disk_path = "/srv".to_owned();
        let host = config::Host {
            capacity: BTreeMap::from([("VCPU".to_owned(), 6), ("CUSTOM_GPU".to_owned(), 2)]),
            reserved: BTreeMap::from([("VCPU".to_owned(), 9)]),
            allocation_ratios: BTreeMap::from([("VCPU".to_owned(), 2.0)]),
            traits: vec!["CUSTOM_ONE".to_owned()],
            ..config::Host::default()
        };
        settings.hosts.insert("h".to_owned(), host);
        let said = says("h", &known(), &settings);
        assert_eq!(
            totals(&said),
            [
                ("CUSTOM_GPU", 2),
                ("DISK_GB", 50),
                ("MEMORY_MB", 65_536),
                ("VCPU", 6)
            ]
        );
        let vcpu = &said.inventories["VCPU"];
        assert_eq!((vcpu.reserved, vcpu.allocation_ratio), (6, 2.0));
        assert_eq!(said.inventories["MEMORY_MB"].reserved, 512);
        assert!(said.traits.contains("CUSTOM_ALL") && said.traits.contains("CUSTOM_ONE"));
        let other = says("other", &known(), &settings);
        assert_eq!(other.inventories["VCPU"].allocation_ratio, 4.0);
        assert!(!other.traits.contains("CUSTOM_ONE"));
    }

    #[test]
    fn a_machine_has_the_standard_traits_and_its_model() {
        let words = |arch: &str, model: &str, virtualization: &str, guest| {
            let facts = HostFacts {
                machine: Fact::now(Machine {
                    arch: arch.to_owned(),
                    model: model.to_owned(),
                    virtualization: virtualization.to_owned(),
                    guest,
                }),
                ..HostFacts::default()
            };
            machine(&facts).join(" ")
        };
        assert_eq!(
            words("x86_64", "AMD EPYC 7302 16-Core Processor", "svm", false),
            "HW_CPU_X86_SVM HW_CPU_X86_AMD_SVM HW_ARCH_X86_64 CUSTOM_CPU_AMD_EPYC_7302_16_CORE_PROCESSOR"
        );
        assert_eq!(
            words("riscv64", "", "", true),
            "CUSTOM_HW_ARCH_RISCV64 CUSTOM_VIRTUAL_MACHINE"
        );
        assert_eq!(words("", "", "", false), "");
    }

    #[test]
    fn a_trait_has_no_letters_that_no_trait_has() {
        assert_eq!(word("SITE", "Zürich-1").unwrap(), "CUSTOM_SITE_Z_RICH_1");
        assert_eq!(word("SITE", "--"), None);
        assert_eq!(word("SITE", &"x".repeat(1000)).unwrap().len(), 255);
    }
}
