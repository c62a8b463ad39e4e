//! The smallest guest: a boot sector that keeps its processor busy for part of each tick of its timer.

/// Clears the segments, sets up a stack, and lets the BIOS handle its timer (18.2 times a second).
const PROLOGUE: [u8; 11] = [0xfa, 0x31, 0xc0, 0x8e, 0xd8, 0x8e, 0xd0, 0xbc, 0x00, 0x7c, 0xfb];
/// `hlt`, and `mov ecx, …` of the number that follows.
const WAIT: [u8; 3] = [0xf4, 0x66, 0xb9];
/// Counts down to zero, and goes back to `hlt`.
const COUNT: [u8; 6] = [0x66, 0x49, 0x75, 0xfc, 0xeb, 0xf3];
const SECTOR: usize = 512;

/// A disk image that counts so far at each tick of the timer.
pub(super) fn image(count: u32) -> Vec<u8> {
    let code = [&PROLOGUE[..], &WAIT, &count.to_le_bytes(), &COUNT].concat();
    let mut disk = vec![0; 128 * SECTOR];
    disk[..code.len()].copy_from_slice(&code);
    disk[SECTOR - 2..SECTOR].copy_from_slice(&[0x55, 0xaa]);
    disk
}
