//! Lists of words that a text must not contain.

use std::{fmt, ops::Range, sync::OnceLock};

use daachorse::CharwiseDoubleArrayAhoCorasick;

use crate::{Refusal, fold::Folded};

/// How many words of one list may be replaced in one text.
const MAX_REPLACED: usize = 1000;

/// One list of words.
pub(crate) struct WordList {
    /// In folded form, sorted, and each only once.
    words: Vec<String>,
    /// Whether a word counts only where no other word touches it.
    pub(crate) whole_words: bool,
    /// The replacement of a word; `None` if a word refuses the text.
    pub(crate) replace_with: Option<String>,
    pub(crate) refusal: Refusal,
    finder: OnceLock<CharwiseDoubleArrayAhoCorasick<u32>>,
}

impl fmt::Debug for WordList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WordList({} words)", self.words.len())
    }
}

impl WordList {
    /// A list of words in folded form. None may be empty.
    pub(crate) fn new(
        mut words: Vec<String>,
        whole_words: bool,
        replace_with: Option<String>,
        refusal: Refusal,
    ) -> Self {
        words.sort_unstable();
        words.dedup();
        Self {
            words,
            whole_words,
            replace_with,
            refusal,
            finder: OnceLock::new(),
        }
    }

    /// What finds all words in one pass. Making it takes milliseconds, so it is made at the start, and only by functions
    /// that use the list.
    pub(crate) fn finder(&self) -> &CharwiseDoubleArrayAhoCorasick<u32> {
        self.finder.get_or_init(|| {
            CharwiseDoubleArrayAhoCorasick::new(&self.words)
                .expect("there are words, none is empty, and all differ")
        })
    }

    /// Whether the text has one of the words.
    pub(crate) fn is_in(&self, text: &str) -> bool {
        let folded = Folded::of(text);
        self.places(&folded.text).next().is_some()
    }

    /// The text with all words replaced; `None` if it has none.
    ///
    /// # Errors
    ///
    /// The refusal, if words refuse the text or too many would have to be replaced.
    pub(crate) fn judge(&self, text: &str) -> Result<Option<String>, &Refusal> {
        let folded = Folded::of(text);
        let mut places: Vec<Range<usize>> = Vec::new();
        for place in self.places(&folded.text) {
            if self.replace_with.is_none() {
                return Err(&self.refusal);
            }
            places.push(folded.original(place));
        }
        let Some(replacement) = self.replace_with.as_ref().filter(|_| !places.is_empty()) else {
            return Ok(None);
        };
        // The longest of the words that begin at one place.
        places.sort_unstable_by_key(|place| (place.start, usize::MAX - place.end));
        let mut replaced = String::new();
        let (mut end, mut count) = (0, 0);
        for place in places {
            if place.start < end {
                continue;
            }
            count += 1;
            if count > MAX_REPLACED {
                return Err(&self.refusal);
            }
            replaced.push_str(&text[end..place.start]);
            replaced.push_str(replacement);
            end = place.end;
        }
        replaced.push_str(&text[end..]);
        Ok(Some(replaced))
    }

    /// Where words are in a folded text, in the order of their ends. They can overlap.
    fn places<'t>(&'t self, folded: &'t str) -> impl Iterator<Item = Range<usize>> + 't {
        let found = self.finder().find_overlapping_iter(folded);
        let places = found.map(|found| found.start()..found.end());
        places.filter(move |place| !self.whole_words || is_whole(folded, place))
    }
}

/// Whether no letter or digit touches a word.
fn is_whole(text: &str, word: &Range<usize>) -> bool {
    let (before, after) = (&text[..word.start], &text[word.end..]);
    let word = &text[word.clone()];
    let touch = |one: Option<char>, other: Option<char>| {
        one.is_some_and(is_spaced) && other.is_some_and(is_spaced)
    };
    let begins = touch(before.chars().next_back(), word.chars().next());
    let ends = touch(word.chars().next_back(), after.chars().next());
    !begins && !ends
}

/// Whether a character is a letter or digit of a script that puts spaces between words.
fn is_spaced(c: char) -> bool {
    let unspaced = matches!(
        c,
        // Thai and Lao.
        '\u{E00}'..='\u{EFF}'
            // Burmese.
            | '\u{1000}'..='\u{109F}'
            // Khmer.
            | '\u{1780}'..='\u{17FF}'
            // Korean, whose particles touch a word.
            | '\u{1100}'..='\u{11FF}'
            | '\u{AC00}'..='\u{D7AF}'
            // Japanese and Chinese.
            | '\u{3040}'..='\u{30FF}'
            | '\u{3400}'..='\u{9FFF}'
            | '\u{F900}'..='\u{FAFF}'
            | '\u{20000}'..='\u{3FFFF}'
    );
    c.is_alphanumeric() && !unspaced
}
