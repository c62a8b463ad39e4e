//! What a binary asks of the machine that runs it: elf(5), 64 bits, little-endian.

use anyhow::Context;

/// The processor's name in each world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Machine {
    pub(crate) debian: &'static str,
    pub(crate) rpm: &'static str,
}

/// `e_machine`.
const MACHINES: [(u16, Machine); 2] = [
    (
        62,
        Machine {
            debian: "amd64",
            rpm: "x86_64",
        },
    ),
    (
        183,
        Machine {
            debian: "arm64",
            rpm: "aarch64",
        },
    ),
];

const LIBRARIES: [&str; 3] = ["libc.so.6", "libm.so.6", "libgcc_s.so.1"];
/// `PT_INTERP`
const INTERPRETER: u32 = 3;

/// A binary, as far as a package has to know it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Elf {
    pub(crate) machine: Machine,
    /// The least version of glibc, `2.minor`; nothing in a static binary.
    pub(crate) glibc: Option<u32>,
    /// Of those that a daemon may need.
    pub(crate) libraries: Vec<&'static str>,
}

impl Elf {
    pub(crate) fn parse(bytes: &[u8]) -> anyhow::Result<Self> {
        if bytes.get(..6) != Some(b"\x7fELF\x02\x01") {
            anyhow::bail!("not a 64-bit little-endian ELF binary");
        }
        let number = half(bytes, 18)?;
        let machine = MACHINES.iter().find(|(known, _)| *known == number);
        let (_, machine) =
            machine.with_context(|| format!("machine {number} is neither x86-64 nor arm64"))?;
        let is_dynamic = is_dynamic(bytes)?;
        let named = |library: &&&str| find(bytes, library.as_bytes()).next().is_some();
        Ok(Self {
            machine: *machine,
            glibc: is_dynamic.then(|| newest_glibc(bytes)),
            libraries: LIBRARIES
                .iter()
                .filter(|_| is_dynamic)
                .filter(named)
                .copied()
                .collect(),
        })
    }
}

/// Whether it is loaded by another program.
fn is_dynamic(bytes: &[u8]) -> anyhow::Result<bool> {
    let offset = usize::try_from(u64::from_le_bytes(field(bytes, 32)?))?;
    let (size, count) = (usize::from(half(bytes, 54)?), usize::from(half(bytes, 56)?));
    for number in 0..count {
        let kind = u32::from_le_bytes(field(bytes, offset.saturating_add(number * size))?);
        if kind == INTERPRETER {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The newest of the versions of symbols that are named.
fn newest_glibc(bytes: &[u8]) -> u32 {
    const NAME: &[u8] = b"GLIBC_2.";
    let minor = |at: usize| {
        let digits = bytes[at + NAME.len()..]
            .iter()
            .take_while(|byte| byte.is_ascii_digit());
        digits
            .take(3)
            .fold(0, |minor, digit| minor * 10 + u32::from(digit - b'0'))
    };
    find(bytes, NAME).map(minor).max().unwrap_or_default()
}

fn find<'b>(bytes: &'b [u8], what: &'b [u8]) -> impl Iterator<Item = usize> + 'b {
    let windows = bytes.windows(what.len()).enumerate();
    windows
        .filter(move |(_, window)| *window == what)
        .map(|(at, _)| at)
}

fn half(bytes: &[u8], at: usize) -> anyhow::Result<u16> {
    Ok(u16::from_le_bytes(field(bytes, at)?))
}

fn field<const N: usize>(bytes: &[u8], at: usize) -> anyhow::Result<[u8; N]> {
    let bytes = bytes.get(at..).and_then(|rest| rest.first_chunk());
    bytes.copied().context("the binary is cut short")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A head, one program header of this kind, and what is named.
    fn binary(machine: u16, kind: u32, names: &str) -> Vec<u8> {
        let mut bytes = b"\x7fELF\x02\x01".to_vec();
        bytes.resize(64, 0);
        bytes[18..20].copy_from_slice(&machine.to_le_bytes());
        bytes[32] = 64;
        bytes[54] = 56;
        bytes[56] = 1;
        bytes.extend(kind.to_le_bytes());
        bytes.resize(64 + 56, 0);
        bytes.extend(names.bytes());
        bytes
    }

    #[test]
    fn a_binary_tells_its_processor_and_its_libraries() {
        let names = "libc.so.6\0GLIBC_2.2.5\0GLIBC_2.34\0GLIBC_2.4\0libgcc_s.so.1\0";
        let elf = Elf::parse(&binary(62, INTERPRETER, names)).unwrap();
        assert_eq!((elf.machine.debian, elf.glibc), ("amd64", Some(34)));
        assert_eq!(elf.libraries, ["libc.so.6", "libgcc_s.so.1"]);
        let elf = Elf::parse(&binary(183, 1, names)).unwrap();
        assert_eq!((elf.machine.rpm, elf.glibc), ("aarch64", None));
        assert!(elf.libraries.is_empty());
    }

    #[test]
    fn what_is_no_such_binary_is_refused() {
        let whole = binary(62, INTERPRETER, "");
        for length in 0..whole.len() - 56 + 4 {
            assert!(Elf::parse(&whole[..length]).is_err(), "{length}");
        }
        assert!(Elf::parse(&binary(40, INTERPRETER, "")).is_err());
    }
}
