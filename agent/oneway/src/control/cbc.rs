//! AES-128 in cipher block chaining, in place. What is not a whole block at the end stays as it is: callers have none.

use aes::Aes128;
use aes::cipher::BlockDecrypt;
use aes::cipher::BlockEncrypt;

pub(crate) const BLOCK: usize = 16;

/// Encrypts whole blocks and leaves in `iv` what the next call goes on with.
pub(crate) fn encrypt(cipher: &Aes128, iv: &mut [u8; BLOCK], octets: &mut [u8]) {
    let (blocks, _) = octets.as_chunks_mut::<BLOCK>();
    for block in blocks {
        xor(block, iv);
        cipher.encrypt_block(block.into());
        *iv = *block;
    }
}

/// Decrypts whole blocks and leaves in `iv` what the next call goes on with.
pub(crate) fn decrypt(cipher: &Aes128, iv: &mut [u8; BLOCK], octets: &mut [u8]) {
    let (blocks, _) = octets.as_chunks_mut::<BLOCK>();
    for block in blocks {
        let sealed = *block;
        cipher.decrypt_block(block.into());
        xor(block, iv);
        *iv = sealed;
    }
}

fn xor(block: &mut [u8; BLOCK], other: &[u8; BLOCK]) {
    for (octet, mask) in block.iter_mut().zip(other) {
        *octet ^= mask;
    }
}

#[cfg(test)]
mod tests {
    use aes::cipher::KeyInit;

    use super::*;

    /// RFC 3602 section 4, case 2.
    #[test]
    fn the_known_answer_comes_out_in_one_piece_and_in_two() {
        let cipher = Aes128::new(
            &0xc286_696d_887c_9aa0_611b_bb3e_2025_a45a_u128
                .to_be_bytes()
                .into(),
        );
        let iv = 0x562e_1799_6d09_3d28_ddb3_ba69_5a2e_6f58_u128.to_be_bytes();
        let clear: Vec<u8> = (0..32).collect();
        let sealed = [
            0xd296_cd94_c2cc_cf8a_3a86_3028_b5e1_dc0a_u128.to_be_bytes(),
            0x7586_602d_253c_fff9_1b82_66be_a6d6_1ab1_u128.to_be_bytes(),
        ]
        .concat();
        for cut in [0, 16, 32] {
            let mut octets = clear.clone();
            let (first, second) = octets.split_at_mut(cut);
            let mut going_on = iv;
            encrypt(&cipher, &mut going_on, first);
            encrypt(&cipher, &mut going_on, second);
            assert_eq!(octets, sealed);
            let mut going_on = iv;
            let (first, second) = octets.split_at_mut(cut);
            decrypt(&cipher, &mut going_on, first);
            decrypt(&cipher, &mut going_on, second);
            assert_eq!(octets, clear);
        }
    }
}
