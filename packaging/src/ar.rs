//! The archive around a Debian package: ar(5), deb(5).

/// Writes members one after another.
pub(crate) struct Ar {
    bytes: Vec<u8>,
    date: u32,
}

impl Ar {
    pub(crate) fn new(date: u32) -> Self {
        Self {
            bytes: b"!<arch>\n".to_vec(),
            date,
        }
    }

    /// Names have at most 15 characters here.
    pub(crate) fn add(&mut self, name: &str, content: &[u8]) {
        let head = format!(
            "{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n",
            self.date,
            0,
            0,
            "100644",
            content.len()
        );
        self.bytes.extend(head.as_bytes());
        self.bytes.extend(content);
        if content.len() % 2 == 1 {
            self.bytes.push(b'\n');
        }
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_begin_at_even_places_after_heads_of_sixty_bytes() {
        let mut ar = Ar::new(7);
        ar.add("debian-binary", b"2.0\n");
        ar.add("odd", b"x");
        let bytes = ar.finish();
        assert_eq!(bytes.len(), 8 + 60 + 4 + 60 + 2);
        assert_eq!(&bytes[8..36], b"debian-binary   7           ");
        assert_eq!(&bytes[8 + 58..8 + 64], b"`\n2.0\n");
    }
}
