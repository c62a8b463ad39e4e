//! The octets of a control connection: those that came in, split anywhere, and the messages to go out.

use std::collections::VecDeque;

use super::channel::Channel;

const BLOCK: usize = 16;

/// Both directions of one connection. What comes in is decrypted block by block, and waits until a message is complete.
#[derive(Default)]
pub(crate) struct Stream {
    inbound: Channel,
    outbound: Channel,
    received: Vec<u8>,
    /// How many of the received octets are in the clear.
    clear: usize,
    /// Whether what comes in is in blocks.
    in_blocks: bool,
    out: VecDeque<Vec<u8>>,
}

impl Stream {
    pub(crate) fn receive(&mut self, octets: &[u8]) {
        self.received.extend_from_slice(octets);
        self.decrypt();
    }

    /// From here on, octets that come in are decrypted with this. Those that were not taken yet, too.
    pub(crate) fn protect_inbound(&mut self, channel: Channel) {
        self.inbound = channel;
        self.clear = 0;
        self.in_blocks = true;
        self.decrypt();
    }

    pub(crate) fn protect_outbound(&mut self, channel: Channel) {
        self.outbound = channel;
    }

    fn decrypt(&mut self) {
        let whole = if self.in_blocks {
            self.received.len() / BLOCK * BLOCK
        } else {
            self.received.len()
        };
        if let Some(sealed) = self.received.get_mut(self.clear..whole) {
            self.inbound.open(sealed);
            self.clear = whole;
        }
    }

    /// What is in the clear and not taken yet.
    pub(crate) fn clear(&self) -> &[u8] {
        self.received.get(..self.clear).unwrap_or_default()
    }

    /// Octets that wait, in the clear or not.
    pub(crate) fn waiting(&self) -> usize {
        self.received.len()
    }

    /// The next so many octets, once they are all there.
    pub(crate) fn take(&mut self, size: usize) -> Option<Vec<u8>> {
        self.clear = self.clear.checked_sub(size)?;
        Some(self.received.drain(..size).collect())
    }

    /// Whether the HMACs of a message that was taken are right. Messages must be verified in order.
    pub(crate) fn verify(&mut self, message: &[u8], sections: &[usize]) -> bool {
        self.inbound.verify(message, sections)
    }

    /// Takes note of octets that were taken and have no HMAC of their own.
    pub(crate) fn note(&mut self, octets: &[u8]) {
        self.inbound.note(octets);
    }

    /// Sends a message whose sections have these lengths; its HMACs are filled in.
    pub(crate) fn send(&mut self, mut message: Vec<u8>, sections: &[usize]) {
        self.outbound.seal(&mut message, sections);
        self.out.push_back(message);
    }

    /// Sends a message whose octets from `clear` on are encrypted and have no HMAC.
    pub(crate) fn send_unsigned(&mut self, mut message: Vec<u8>, clear: usize) {
        if let Some(blocks) = message.get_mut(clear..) {
            self.outbound.seal_unsigned(blocks);
        }
        self.out.push_back(message);
    }

    pub(crate) fn transmit(&mut self) -> Option<Vec<u8>> {
        self.out.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::keys::SessionKeys;

    #[test]
    fn octets_that_came_before_the_keys_are_decrypted_with_them() {
        let keys = SessionKeys {
            aes: [1; 16],
            hmac: [2; 32],
        };
        let mut near = Stream::default();
        near.send(vec![5; 10], &[]);
        near.protect_outbound(Channel::protected(&keys, [3; 16]));
        near.send(vec![7; 32], &[16]);
        let octets: Vec<u8> = core::iter::from_fn(|| near.transmit()).flatten().collect();
        for cut in 0..octets.len() {
            let (first, second) = octets.split_at(cut);
            let mut far = Stream::default();
            far.receive(first);
            let mut greeting = far.take(10);
            if greeting.is_none() {
                far.receive(second);
                greeting = far.take(10);
                far.protect_inbound(Channel::protected(&keys, [3; 16]));
            } else {
                far.protect_inbound(Channel::protected(&keys, [3; 16]));
                far.receive(second);
            }
            assert_eq!(greeting.unwrap(), [5; 10]);
            let message = far.take(32).unwrap();
            assert_eq!(message[..16], [7; 16]);
            assert!(far.verify(&message, &[16]));
            assert_eq!(far.waiting(), 0);
        }
    }
}
