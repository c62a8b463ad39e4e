use core::fmt;

use aes::Aes128Enc;
use aes::cipher::BlockEncrypt;
use aes::cipher::KeyInit;

const LN2: u64 = Q[0] as u64;

/// Q\[k\] of algorithm S, for k = 1, 2, …: the sum of the first k terms of ln2 + ln2²/2! + ln2³/3! + …, in steps of 2⁻³².
const Q: [u32; 11] = [
    0xb172_17f8,
    0xeef1_93f7,
    0xfd27_1862,
    0xff9d_6dd0,
    0xfff4_cfd0,
    0xfffe_e819,
    0xffff_e7ff,
    0xffff_fe2b,
    0xffff_ffe0,
    0xffff_fffe,
    0xffff_ffff,
];

/// Exponential deviates that whoever knows the key can repeat (RFC 4656 section 5), in steps of 2⁻³².
///
/// Uniform numbers come from AES-128 over a counter, and become exponential ones by Knuth's algorithm S in fixed point,
/// so every implementation draws the same to the last bit. Not for secrets.
#[derive(Clone)]
pub struct Exponential {
    cipher: Aes128Enc,
    drawn: u128,
    block: [u8; 16],
}

impl Exponential {
    /// Begins at the first deviate of this key, in a session its identifier.
    pub fn new(key: [u8; 16]) -> Self {
        Self {
            cipher: Aes128Enc::new(&key.into()),
            drawn: 0,
            block: [0; 16],
        }
    }

    /// The next deviate, of mean 1.
    pub fn draw(&mut self) -> u64 {
        let uniform = self.uniform();
        let ones = uniform.leading_ones();
        let rest = uniform.checked_shl(ones + 1).unwrap_or(0);
        let whole = u64::from(ones);
        if u64::from(rest) < LN2 {
            return whole * LN2 + u64::from(rest);
        }
        let least = (0..draws(rest)).map(|_| self.uniform()).min().unwrap_or_default();
        multiply((whole << 32) | u64::from(least), LN2)
    }

    /// The next deviate, of this mean.
    pub fn draw_with_mean(&mut self, mean: u64) -> u64 {
        multiply(self.draw(), mean)
    }

    /// One block of the cipher gives four numbers, and the counter goes up with each of them.
    fn uniform(&mut self) -> u32 {
        let place = (self.drawn % 4) as usize;
        if place == 0 {
            self.block = self.drawn.to_be_bytes();
            self.cipher.encrypt_block((&mut self.block).into());
        }
        self.drawn = self.drawn.wrapping_add(1);
        let (numbers, _) = self.block.as_chunks::<4>();
        numbers.get(place).map_or(0, |bytes| u32::from_be_bytes(*bytes))
    }
}

impl fmt::Debug for Exponential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exponential")
            .field("drawn", &self.drawn)
            .finish_non_exhaustive()
    }
}

/// The least k ≥ 2 with `rest` < Q\[k\].
fn draws(rest: u32) -> usize {
    Q.iter()
        .skip(1)
        .position(|&limit| rest < limit)
        .map_or(Q.len(), |beyond| beyond + 2)
}

/// The product of two numbers with 32 fractional bits, cut off.
fn multiply(a: u64, b: u64) -> u64 {
    u64::try_from((u128::from(a) * u128::from(b)) >> 32).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4656 appendix B: sums of the first 1, 10, 100, 1000, 100,000 and 1,000,000 deviates.
    const SUMS: [(u128, [u64; 6]); 4] = [
        (
            0x2872_9793_03ab_47ee_ac02_8dab_3829_dab2,
            [
                0x6d27_e540,
                0xd_65c2_252a,
                0x65_9ec0_a4ad,
                0x3eb_7d73_5c01,
                0x1_8876_00d2_532b,
                0xf_4479_bd31_7381,
            ],
        ),
        (
            0x0102_0304_0506_0708_090a_0b0c_0d0e_0f00,
            [
                0xc212_7448,
                0x8_bf14_3c54,
                0x6c_465f_797e,
                0x3f0_a9b4_8272,
                0x1_85fc_2839_6cb3,
                0xf_4336_8646_6a62,
            ],
        ),
        (
            0xdead_beef_dead_beef_dead_beef_dead_beef,
            [
                0x1_7ef3_3648,
                0xc_23b0_a12f,
                0x5d_a0a8_6d3d,
                0x3d2_cd1c_4ab4,
                0x1_8692_9b6e_4bc5,
                0xf_416c_8884_d2d3,
            ],
        ),
        (
            0xfeed_0fee_d1fe_ed2f_eed3_feed_4fee_d5ab,
            [
                0x300d_1c98,
                0xd_058e_e0c0,
                0x7d_f580_82de,
                0x406_7fac_41ca,
                0x1_8725_acac_8cf6,
                0xf_3f0b_4b41_6ec8,
            ],
        ),
    ];

    #[test]
    fn the_sums_of_appendix_b_come_out() {
        for (key, sums) in SUMS {
            let mut deviates = Exponential::new(key.to_be_bytes());
            let (mut sum, mut drawn) = (0, 0);
            for (count, expected) in [1, 10, 100, 1000, 100_000, 1_000_000].into_iter().zip(sums) {
                sum += (drawn..count).map(|_| deviates.draw()).sum::<u64>();
                drawn = count;
                assert_eq!(sum, expected, "{count} draws with key {key:032x}");
            }
        }
    }

    #[test]
    fn a_captured_session_drew_these() {
        let mut deviates = Exponential::new(0x7f00_0001_eeab_6e67_916f_eb4a_0f29_3c3b_u128.to_be_bytes());
        let drawn = [(); 6].map(|()| deviates.draw());
        assert_eq!(
            drawn,
            [
                0x2c0b_4592,
                0x1_e743_08c0,
                0x2e3f_9320,
                0xad9d_5cf4,
                0x74a7_2ece,
                0x1_8d8c_3e10
            ]
        );
    }

    #[test]
    fn the_table_is_the_series() {
        let (mut term, mut sum) = (1.0_f64, 0.0);
        for (k, limit) in (1_u32..).zip(Q) {
            term *= core::f64::consts::LN_2 / f64::from(k);
            sum += term;
            assert!((sum * 4_294_967_296.0 - f64::from(limit)).abs() <= 1.0, "Q[{k}]");
        }
    }

    #[test]
    fn the_rest_says_how_many_numbers_are_drawn() {
        for (rest, expected) in [(Q[0], 2), (Q[1] - 1, 2), (Q[1], 3), (Q[9], 11), (u32::MAX, 11)] {
            assert_eq!(draws(rest), expected);
        }
    }
}
