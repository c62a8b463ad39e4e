//! The words of the ledger, resource classes and traits: each has a number.

use std::collections::HashMap;
use std::sync::Arc;

use crate::store::Revision;

/// How a custom word begins.
pub const CUSTOM: &str = "CUSTOM_";
const CLASSES: &str = include_str!("standard/resource_classes.txt");
const TRAITS: &str = include_str!("standard/traits.txt");

/// The number of a word. A word that goes and comes again keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Word(u32);

impl Word {
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// Whether a word may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It always was there and cannot go.
    Standard,
    /// Somebody made it; the store's record of it was written then.
    Custom(Revision),
    /// It is not there, or no longer.
    Absent,
}

/// All words of one sort.
#[derive(Clone, Debug, Default)]
pub(crate) struct Vocabulary {
    words: Vec<(Arc<str>, Standing)>,
    numbers: HashMap<Arc<str>, Word>,
}

impl Vocabulary {
    pub(crate) fn classes() -> Self {
        Self::standard(CLASSES)
    }

    pub(crate) fn traits() -> Self {
        Self::standard(TRAITS)
    }

    fn standard(list: &str) -> Self {
        let mut vocabulary = Self::default();
        for name in list.lines().filter(|line| !line.starts_with('#')) {
            let word = vocabulary.number(name);
            vocabulary.set(word, Standing::Standard);
        }
        vocabulary
    }

    /// The number of a name, which is given one if it has none yet.
    pub(crate) fn number(&mut self, name: &str) -> Word {
        if let Some(word) = self.numbers.get(name) {
            return *word;
        }
        let word = Word(u32::try_from(self.words.len()).unwrap_or(u32::MAX));
        let name: Arc<str> = name.into();
        self.words.push((Arc::clone(&name), Standing::Absent));
        self.numbers.insert(name, word);
        word
    }

    pub(crate) fn set(&mut self, word: Word, standing: Standing) {
        if let Some(entry) = self.words.get_mut(word.index()) {
            entry.1 = standing;
        }
    }

    /// The number of a name that may be used.
    pub(crate) fn find(&self, name: &str) -> Option<Word> {
        let word = *self.numbers.get(name)?;
        (self.standing(word) != Standing::Absent).then_some(word)
    }

    pub(crate) fn standing(&self, word: Word) -> Standing {
        self.words
            .get(word.index())
            .map_or(Standing::Absent, |entry| entry.1)
    }

    pub(crate) fn name(&self, word: Word) -> &str {
        self.words.get(word.index()).map_or("", |entry| &entry.0)
    }

    /// The words that may be used.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Word, &str)> {
        let present = |standing| standing != Standing::Absent;
        self.words
            .iter()
            .zip(0..)
            .filter(move |((_, standing), _)| present(*standing))
            .map(|((name, _), number)| (Word(number), &**name))
    }
}

#[cfg(test)]
mod tests {
    use super::Standing;
    use super::Vocabulary;
    use crate::store::Revision;

    #[test]
    fn the_standard_words_are_there() {
        let classes = Vocabulary::classes();
        assert_eq!(classes.iter().count(), 21);
        assert_eq!(classes.iter().next().unwrap().1, "VCPU");
        let traits = Vocabulary::traits();
        assert_eq!(traits.iter().count(), 377);
        assert!(traits.find("HW_CPU_X86_VMX").is_some());
        assert!(
            traits
                .iter()
                .all(|(word, _)| traits.standing(word) == Standing::Standard)
        );
    }

    #[test]
    fn a_word_that_comes_again_keeps_its_number() {
        let mut classes = Vocabulary::classes();
        let word = classes.number("CUSTOM_A");
        assert_eq!(classes.find("CUSTOM_A"), None);
        classes.set(word, Standing::Custom(Revision(7)));
        assert_eq!(classes.find("CUSTOM_A"), Some(word));
        classes.set(word, Standing::Absent);
        assert_eq!(classes.number("CUSTOM_A"), word);
        assert_eq!(classes.name(word), "CUSTOM_A");
    }
}
