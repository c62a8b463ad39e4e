//! How much of a resource a provider has, and gives.

use serde::Deserialize;
use serde::Serialize;

/// The greatest number that any field of an inventory may have.
pub const MAX_UNITS: u32 = 0x7fff_ffff;

/// What a provider has of one resource class.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inventory {
    /// All there is.
    pub total: u32,
    /// What of it is kept for the host itself.
    pub reserved: u32,
    /// The least that one consumer may take.
    pub min_unit: u32,
    /// The most that one consumer may take.
    pub max_unit: u32,
    /// What one consumer takes is a multiple of this.
    pub step_size: u32,
    /// How many times over the rest may be promised.
    pub allocation_ratio: f64,
}

impl Inventory {
    /// All of `total`, once, in any amounts.
    pub fn of(total: u32) -> Self {
        Self {
            total,
            reserved: 0,
            min_unit: 1,
            max_unit: MAX_UNITS,
            step_size: 1,
            allocation_ratio: 1.0,
        }
    }

    fn room(&self) -> f64 {
        (f64::from(self.total) - f64::from(self.reserved)) * self.allocation_ratio
    }

    /// How much may be promised in all, in whole units.
    pub fn capacity(&self) -> i64 {
        // A cast cuts towards zero, as Placement does.
        self.room() as i64
    }

    /// Whether one consumer may take this amount, if there is room.
    pub fn allows(&self, amount: u64) -> bool {
        let step = u64::from(self.step_size.max(1));
        amount >= u64::from(self.min_unit)
            && amount <= u64::from(self.max_unit)
            && amount.is_multiple_of(step)
    }

    /// Whether this much in all can be promised.
    pub fn holds(&self, promised: u64) -> bool {
        promised as f64 <= self.room()
    }
}

/// An inventory with what is used of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stock {
    /// What there is.
    pub inventory: Inventory,
    /// The sum of all allocations.
    pub used: u64,
}

impl Stock {
    /// Whether one more consumer could take this amount.
    pub fn offers(&self, amount: u64) -> bool {
        self.inventory.allows(amount) && self.inventory.holds(self.used.saturating_add(amount))
    }
}

#[cfg(test)]
mod tests {
    use super::Inventory;
    use super::Stock;

    #[test]
    fn an_amount_has_to_fit_the_room_and_the_rules() {
        let rules = Inventory {
            reserved: 10,
            min_unit: 4,
            max_unit: 64,
            step_size: 4,
            allocation_ratio: 1.5,
            ..Inventory::of(100)
        };
        assert_eq!(rules.capacity(), 135);
        let offers = |used, amount| {
            Stock {
                inventory: rules,
                used,
            }
            .offers(amount)
        };
        for (used, amount, expected) in [
            (0, 4, true),
            (0, 2, false),
            (0, 6, false),
            (0, 64, true),
            (0, 68, false),
            (131, 4, true),
            (132, 4, false),
            (0, u64::MAX, false),
        ] {
            assert_eq!(offers(used, amount), expected, "{amount} above {used}");
        }
    }

    #[test]
    fn capacity_is_cut_towards_zero() {
        let capacity = |total, reserved, allocation_ratio| {
            Inventory {
                reserved,
                allocation_ratio,
                ..Inventory::of(total)
            }
            .capacity()
        };
        assert_eq!(capacity(3, 0, 0.5), 1);
        assert_eq!(capacity(1, 2, 0.5), 0);
        assert_eq!(capacity(1, 3, 0.5), -1);
        assert_eq!(capacity(10, 0, 0.0), 0);
    }
}
