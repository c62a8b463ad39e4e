//! The fields of a Debian package: deb-control(5).

use std::fmt::Write;

use md5::Digest;
use md5::Md5;

use crate::elf::Elf;
use crate::input::Input;
use crate::product::Product;
use crate::tree::Tree;

pub(crate) const MAINTAINER: &str = "The wattle founders <wattle@localhost.localdomain>";

pub(crate) fn control(input: &Input, product: &Product, elf: &Elf, tree: &Tree) -> String {
    let size: usize = tree
        .0
        .values()
        .map(|entry| entry.content.len().div_ceil(1024))
        .sum();
    let description = product.description.replace('\n', "\n ");
    format!(
        "Package: {}\nVersion: {}\nArchitecture: {}\nMaintainer: {MAINTAINER}\nInstalled-Size: {size}\n\
         Depends: {}\nSection: net\nPriority: optional\nDescription: {}\n {description}\n",
        product.name,
        input.version,
        elf.machine.debian,
        depends(elf),
        lower(product.summary),
    )
}

/// Debian's synopses are no sentences.
fn lower(summary: &str) -> String {
    let (first, rest) = summary.split_at(1);
    first.to_lowercase() + rest
}

/// Users are made by systemd-sysusers, with which the unit comes to life.
fn depends(elf: &Elf) -> String {
    let mut wanted = Vec::new();
    if let Some(minor) = elf.glibc {
        wanted.push(format!("libc6 (>= 2.{minor})"));
    }
    if elf.libraries.contains(&"libgcc_s.so.1") {
        wanted.push("libgcc-s1".to_owned());
    }
    wanted.push("systemd (>= 247)".to_owned());
    wanted.join(", ")
}

/// The checksums that `dpkg --verify` looks at.
pub(crate) fn md5sums(tree: &Tree) -> String {
    tree.0.iter().filter(|(path, _)| !path.starts_with("etc/")).fold(
        String::new(),
        |mut text, (path, entry)| {
            let sum = Md5::digest(&entry.content);
            // Writing to a String does not fail.
            let _ = writeln!(text, "{sum:x}  {path}");
            text
        },
    )
}

pub(crate) fn conffiles(tree: &Tree) -> String {
    tree.configuration()
        .fold(String::new(), |text, path| text + "/" + path + "\n")
}

/// In the format that machines read.
pub(crate) fn copyright(product: &Product) -> String {
    format!(
        "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\
         Upstream-Name: {}\n\nFiles: *\nCopyright: 2026 The wattle founders\nLicense: Apache-2.0\n\n\
         License: Apache-2.0\n On Debian systems, the full text of this licence is in\n \
         /usr/share/common-licenses/Apache-2.0.\n",
        product.name
    )
}

/// The changelog that Debian wants; what changed is in the other one.
pub(crate) fn changelog(input: &Input, product: &Product) -> String {
    format!(
        "{} ({}) unstable; urgency=medium\n\n  * See CHANGELOG.md.\n\n -- {MAINTAINER}  {}\n",
        product.name,
        input.version,
        rfc2822(input.date),
    )
}

/// A date as mail has it (RFC 5322 section 3.3), by the rule for the civil calendar.
fn rfc2822(seconds: u32) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    // Years begin in March, so that a leap day is the last of its year; eras have 400 years.
    let shifted = days + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (month, year) = if month < 10 {
        (month + 2, 0)
    } else {
        (month - 10, 1)
    };
    let year = year + era * 400 + year_of_era;
    format!(
        "{}, {day:02} {} {year} {:02}:{:02}:{:02} +0000",
        DAYS[(days % 7) as usize],
        MONTHS[month as usize],
        rest / 3600,
        rest % 3600 / 60,
        rest % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (seconds, expected) in [
            (0, "Thu, 01 Jan 1970 00:00:00 +0000"),
            (951_827_696, "Tue, 29 Feb 2000 12:34:56 +0000"),
            (1_735_689_599, "Tue, 31 Dec 2024 23:59:59 +0000"),
            (1_795_910_400, "Sun, 29 Nov 2026 00:00:00 +0000"),
        ] {
            assert_eq!(rfc2822(seconds), expected);
        }
    }
}
