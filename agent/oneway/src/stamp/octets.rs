//! Fixed-size fields of packets: reading and writing them without an index that a short packet could break.

/// The field at this place, if the packet is long enough.
pub(crate) fn field<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}

/// The field at this place; zeros if the packet ends before it.
pub(crate) fn field_or_zero<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    field(bytes, at).unwrap_or([0; N])
}

/// Writes what fits: a reply to a short request is cut, never lengthened.
pub(crate) fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
    let room = bytes.get_mut(at..).unwrap_or_default();
    for (to, from) in room.iter_mut().zip(value) {
        *to = *from;
    }
}

/// Four octets as a number.
pub(crate) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(field_or_zero(bytes, at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_outside_is_not_there() {
        assert_eq!(field::<2>(&[1, 2, 3], 1), Some([2, 3]));
        assert_eq!(field::<2>(&[1, 2, 3], 2), None);
        assert_eq!(field::<2>(&[1, 2, 3], usize::MAX), None);
        assert_eq!(u32_at(&[1, 2, 3], 0), 0);
    }

    #[test]
    fn what_does_not_fit_is_cut() {
        let mut bytes = [0; 3];
        put(&mut bytes, 2, &[7, 8]);
        put(&mut bytes, 9, &[9]);
        assert_eq!(bytes, [0, 0, 7]);
    }
}
