/// What is known of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Sent, and neither arrived nor given up.
    Outstanding,
    /// Arrived, in time or late.
    Arrived,
    /// Given up.
    Lost,
    /// Never sent.
    Unsent,
}

/// States by number, two bits each, in words of 32.
const STATES: [State; 4] = [State::Outstanding, State::Arrived, State::Lost, State::Unsent];
const PER_WORD: u64 = 32;

/// The states of the latest packets, in a ring: each number shares its place with those a whole window away.
#[derive(Clone, Debug)]
pub(super) struct Window {
    words: Box<[u64]>,
}

impl Window {
    /// For at least so many packets.
    pub(super) fn new(packets: u32) -> Self {
        let words = u64::from(packets).div_ceil(PER_WORD).max(2);
        Self {
            words: (0..words).map(|_| 0).collect(),
        }
    }

    /// How many packets it holds.
    pub(super) const fn len(&self) -> u64 {
        self.words.len() as u64 * PER_WORD
    }

    pub(super) fn get(&self, number: u64) -> State {
        let (word, shift) = self.place(number);
        let bits = self.words.get(word).map_or(0, |word| word >> shift);
        STATES[(bits & 3) as usize]
    }

    pub(super) fn set(&mut self, number: u64, state: State) {
        let (word, shift) = self.place(number);
        if let Some(word) = self.words.get_mut(word) {
            *word = (*word & !(3 << shift)) | ((state as u64) << shift);
        }
    }

    pub(super) const fn heap_bytes(&self) -> usize {
        self.words.len() * size_of::<u64>()
    }

    const fn place(&self, number: u64) -> (usize, u64) {
        let place = number % self.len();
        ((place / PER_WORD) as usize, place % PER_WORD * 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_packet_of_a_window_has_its_own_state() {
        let mut window = Window::new(65);
        assert_eq!(window.len(), 96);
        for number in 1000..1096 {
            window.set(number, STATES[(number % 4) as usize]);
        }
        for number in 1000..1096 {
            assert_eq!(window.get(number), STATES[(number % 4) as usize]);
        }
    }
}
