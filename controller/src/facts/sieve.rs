//! A page as it comes in, of which only the lines that are read are kept.

use super::reading::is_read;
use super::text::MAX_LINE;
use super::text::MAX_PAGE;
use super::text::PageError;

/// The most that is kept of one page: the histograms of some thousands of peers.
const MAX_KEPT: usize = 4 << 20;
/// A longer name is nobody's.
const MAX_NAME: usize = 128;

/// Takes a page in pieces and keeps what is read of it, so that a page costs no more memory than what it says of its host.
#[derive(Debug, Default)]
pub struct Sieve {
    kept: Vec<u8>,
    /// The beginning of a line whose end has not come yet.
    begun: Vec<u8>,
    /// That line is nobody's, and its end is waited for.
    passing: bool,
    seen: usize,
}

impl Sieve {
    /// Takes the next piece.
    pub fn push(&mut self, mut piece: &[u8]) -> Result<(), PageError> {
        self.seen = self.seen.saturating_add(piece.len());
        if self.seen > MAX_PAGE {
            return Err(PageError::TooLong(self.seen));
        }
        while let Some(end) = piece.iter().position(|byte| *byte == b'\n') {
            let (line, rest) = piece.split_at(end + 1);
            self.end_line(line)?;
            piece = rest;
        }
        self.begin_line(piece);
        Ok(())
    }

    /// What was kept, when all pieces are there. `None`: it is not UTF-8.
    pub fn finish(mut self) -> Result<Option<String>, PageError> {
        self.end_line(b"")?;
        Ok(String::from_utf8(self.kept).ok())
    }

    fn end_line(&mut self, line: &[u8]) -> Result<(), PageError> {
        if std::mem::take(&mut self.passing) {
            self.begun.clear();
            return Ok(());
        }
        if is_kept(&self.begun, line) {
            self.kept.extend_from_slice(&self.begun);
            self.kept.extend_from_slice(line);
        }
        self.begun.clear();
        if self.kept.len() > MAX_KEPT {
            let (what, most) = ("bytes that are read", MAX_KEPT);
            return Err(PageError::TooMany { what, most });
        }
        Ok(())
    }

    fn begin_line(&mut self, piece: &[u8]) {
        if self.passing {
            return;
        }
        // One byte more than is read, so that whoever reads it says that it is too long.
        let room = (MAX_LINE + 1).saturating_sub(self.begun.len());
        self.begun.extend_from_slice(&piece[..piece.len().min(room)]);
        if self.begun.len() > MAX_NAME && !is_kept(&self.begun, b"") {
            self.passing = true;
            self.begun.clear();
        }
    }
}

/// Whether a line, in two parts, is one of those that are read.
fn is_kept(begun: &[u8], rest: &[u8]) -> bool {
    let mut name = [0; MAX_NAME];
    let mut length = 0;
    let ends = |byte: &u8| matches!(byte, b'{' | b' ' | b'\t' | b'\n');
    for byte in begun.iter().chain(rest).take_while(|byte| !ends(byte)) {
        let Some(place) = name.get_mut(length) else {
            return false;
        };
        *place = *byte;
        length += 1;
    }
    std::str::from_utf8(&name[..length]).is_ok_and(is_read)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::any;
    use proptest::prop_assert_eq;
    use proptest::proptest;

    use super::MAX_KEPT;
    use super::Sieve;
    use crate::facts::MAX_PAGE;
    use crate::facts::PageError;
    use crate::facts::Reading;

    const PAGE: &str = include_str!("../../../tests/golden/intel-two-sockets-dram.prom");

    fn sieved(page: &[u8], piece: usize) -> Result<Option<String>, PageError> {
        let mut sieve = Sieve::default();
        page.chunks(piece).try_for_each(|piece| sieve.push(piece))?;
        sieve.finish()
    }

    #[test]
    fn what_is_kept_reads_as_the_whole_page_does() {
        let whole = format!("{:?}", Reading::of(PAGE).unwrap());
        for piece in [1, 7, 100, 4096, PAGE.len()] {
            let kept = sieved(PAGE.as_bytes(), piece).unwrap().unwrap();
            assert!(kept.len() < PAGE.len() / 3, "{}", kept.len());
            assert_eq!(
                format!("{:?}", Reading::of(&kept).unwrap()),
                whole,
                "pieces of {piece}"
            );
        }
    }

    #[test]
    fn what_nobody_reads_costs_nothing_and_what_is_too_long_is_refused() {
        let mut sieve = Sieve::default();
        for _ in 0..20 {
            sieve.push(&[b'x'; 100_000]).unwrap();
        }
        sieve.push(b"\nwattle_host_cpus 8\nother 1\n").unwrap();
        assert!(sieve.begun.capacity() < 300_000);
        assert_eq!(sieve.finish().unwrap().unwrap(), "wattle_host_cpus 8\n");

        let long = format!("wattle_host_cpus{{a=\"{}\"}} 8\n", "x".repeat(1 << 20));
        let kept = sieved(long.as_bytes(), 1000).unwrap().unwrap();
        assert!(kept.len() < 20_000);
        assert!(Reading::of(&kept).is_err());
        let mut full = Sieve {
            kept: vec![b'\n'; MAX_KEPT],
            ..Sieve::default()
        };
        let refused = full.push(b"wattle_host_cpus 8\n");
        assert!(matches!(refused, Err(PageError::TooMany { .. })), "{refused:?}");
        let mut endless = Sieve {
            seen: MAX_PAGE,
            ..Sieve::default()
        };
        let refused = endless.push(b"\n");
        assert!(matches!(refused, Err(PageError::TooLong(_))), "{refused:?}");
    }

    proptest! {
        #[test]
        fn it_does_not_matter_how_a_page_is_cut(page in "[a-z_{} \n\"=0-9]{0,200}", piece in 1..50_usize, cpus in any::<u8>()) {
            let page = format!("{page}\nwattle_host_cpus {cpus}\n{page}");
            prop_assert_eq!(sieved(page.as_bytes(), piece), sieved(page.as_bytes(), page.len()));
        }
    }
}
