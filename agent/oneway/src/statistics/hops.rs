/// How packets' time to live looked on arrival; every sender begins at 255.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hops {
    last: Option<u8>,
    least_ttl: u8,
    greatest_ttl: u8,
    changes: u64,
}

impl Hops {
    /// The hops of the latest packet.
    pub fn last(&self) -> Option<u8> {
        self.last.map(hops)
    }

    /// The fewest and the most hops.
    pub fn range(&self) -> Option<(u8, u8)> {
        self.last.map(|_| (hops(self.greatest_ttl), hops(self.least_ttl)))
    }

    /// How often a packet had come another number of hops than the one before it.
    pub const fn changes(&self) -> u64 {
        self.changes
    }

    pub(super) fn record(&mut self, ttl: u8) {
        match self.last.replace(ttl) {
            None => (self.least_ttl, self.greatest_ttl) = (ttl, ttl),
            Some(before) => self.changes += u64::from(before != ttl),
        }
        self.least_ttl = self.least_ttl.min(ttl);
        self.greatest_ttl = self.greatest_ttl.max(ttl);
    }
}

const fn hops(ttl: u8) -> u8 {
    u8::MAX - ttl
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lower_time_to_live_is_a_longer_way() {
        let mut seen = Hops::default();
        assert_eq!((seen.last(), seen.range()), (None, None));
        for ttl in [250, 250, 248, 255] {
            seen.record(ttl);
        }
        assert_eq!(
            (seen.last(), seen.range(), seen.changes()),
            (Some(0), Some((0, 7)), 2)
        );
    }
}
