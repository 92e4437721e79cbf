//! The form in which texts and words are compared.

use std::ops::Range;

use icu_normalizer::{
    ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed,
    properties::{CanonicalCombiningClassMapBorrowed, CanonicalCompositionBorrowed},
};

/// A text in the form in which it is compared, and where each part of it came from.
///
/// 1. Characters that nobody sees are left out: those with the Unicode property `Default_Ignorable_Code_Point`, such as
///    zero-width spaces and joiners, soft hyphens and variation selectors.
/// 2. Unicode's normalisation form NFKC: `Ｂ`, `𝐁` and `Ⓑ` become `B`, `ﬁ` becomes `fi`, and `e` with a combining accent
///    becomes `é`.
/// 3. Each character becomes lower case: `B` becomes `b`. Besides, `ß` becomes `ss`, and `ς` becomes `σ`.
#[derive(Debug)]
pub(crate) struct Folded {
    pub(crate) text: String,
    /// The pieces that were folded together. Empty if every byte stands for the byte at its place.
    pieces: Vec<Piece>,
}

/// Characters that were folded together.
#[derive(Debug)]
struct Piece {
    /// Where the piece ends in the folded text.
    end: usize,
    /// Where its characters are in the original text.
    original: Range<usize>,
}

const NFKC: ComposingNormalizerBorrowed<'_> = ComposingNormalizerBorrowed::new_nfkc();
const NFKD: DecomposingNormalizerBorrowed<'_> = DecomposingNormalizerBorrowed::new_nfkd();
const CLASSES: CanonicalCombiningClassMapBorrowed<'_> = CanonicalCombiningClassMapBorrowed::new();
const COMPOSITION: CanonicalCompositionBorrowed<'_> = CanonicalCompositionBorrowed::new();

impl Folded {
    pub(crate) fn of(text: &str) -> Self {
        if text.is_ascii() {
            return Self {
                text: text.to_ascii_lowercase(),
                pieces: Vec::new(),
            };
        }
        let mut folded = Self {
            text: String::with_capacity(text.len()),
            pieces: Vec::with_capacity(text.len()),
        };
        let seen = text.char_indices().filter(|(_, c)| !is_invisible(*c));
        let mut seen = seen.peekable();
        let mut piece = String::new();
        while let Some((start, first)) = seen.next() {
            let mut end = start + first.len_utf8();
            let mut last = first;
            piece.clear();
            while let Some((at, next)) = seen.next_if(|(_, next)| joins(last, *next)) {
                if piece.is_empty() {
                    piece.push(first);
                }
                piece.push(next);
                end = at + next.len_utf8();
                last = next;
            }
            if piece.is_empty() {
                piece.push(first);
            }
            folded.push(&piece);
            folded.pieces.push(Piece {
                end: folded.text.len(),
                original: start..end,
            });
        }
        folded
    }

    fn push(&mut self, piece: &str) {
        if piece.is_ascii() {
            self.text
                .extend(piece.chars().map(|c| c.to_ascii_lowercase()));
            return;
        }
        if piece.chars().all(is_ideograph) {
            self.text.push_str(piece);
            return;
        }
        for c in NFKC.normalize_iter(piece.chars()) {
            match c {
                'ß' | 'ẞ' => self.text.push_str("ss"),
                'ς' => self.text.push('σ'),
                _ => self.text.extend(c.to_lowercase()),
            }
        }
    }

    /// The part of the original text that a part of the folded text came from. It has whole characters, and is the larger
    /// one if only a part of a character was meant.
    pub(crate) fn original(&self, part: Range<usize>) -> Range<usize> {
        if self.pieces.is_empty() {
            return part;
        }
        let first = self.pieces.partition_point(|piece| piece.end <= part.start);
        let last = self.pieces.partition_point(|piece| piece.end < part.end);
        self.pieces[first].original.start..self.pieces[last].original.end
    }
}

/// The folded form alone.
pub(crate) fn fold(text: &str) -> String {
    Folded::of(text).text
}

/// Whether normalisation can change a character together with the one before it.
fn joins(last: char, next: char) -> bool {
    if next.is_ascii() || is_ideograph(next) {
        return false;
    }
    let Some(first) = NFKD.normalize_iter([next].into_iter()).next() else {
        return false;
    };
    // The second and third part of a Korean syllable.
    let is_jamo = matches!(first, '\u{1161}'..='\u{1175}' | '\u{11A8}'..='\u{11C2}');
    is_jamo || CLASSES.get_u8(first) != 0 || COMPOSITION.compose(last, first).is_some()
}

/// Whether a character is one of the most common Chinese signs, which folding never changes.
fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{4E00}'..='\u{9FFF}')
}

/// Whether a character has the property `Default_Ignorable_Code_Point`.
///
/// Source: Unicode 17, `DerivedCoreProperties.txt`.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{AD}'
            | '\u{34F}'
            | '\u{61C}'
            | '\u{115F}'..='\u{1160}'
            | '\u{17B4}'..='\u{17B5}'
            | '\u{180B}'..='\u{180F}'
            | '\u{200B}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{3164}'
            | '\u{FE00}'..='\u{FE0F}'
            | '\u{FEFF}'
            | '\u{FFA0}'
            | '\u{FFF0}'..='\u{FFF8}'
            | '\u{1BCA0}'..='\u{1BCA3}'
            | '\u{1D173}'..='\u{1D17A}'
            | '\u{E0000}'..='\u{E0FFF}'
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_looks_alike_is_the_same() {
        for (text, folded) in [
            ("", ""),
            ("Spam 7!", "spam 7!"),
            ("ＳＰＡＭ", "spam"),
            ("𝐒𝐩𝒂𝓶", "spam"),
            ("Ⓢⓟⓐⓜ", "spam"),
            ("s\u{200B}p\u{AD}a\u{2060}m\u{FE0F}", "spam"),
            ("Straße ſ", "strasse s"),
            ("ΟΔΟΣ οδος οδοσ", "οδοσ οδοσ οδοσ"),
            ("cafe\u{301} CAFÉ", "café café"),
            ("a\u{301}\u{323} a\u{323}\u{301}", "ạ\u{301} ạ\u{301}"),
            ("ﬁ ㎏ ½", "fi kg 1⁄2"),
            (
                "\u{1112}\u{1161}\u{11AB} 한 \u{FFBE}\u{FFC2}\u{FFA4}",
                "한 한 하\u{1102}",
            ),
            ("ｶﾞ ガ", "ガ ガ"),
            ("\u{9C7}\u{9BE} \u{9CB}", "\u{9CB} \u{9CB}"),
            ("你好，世界", "你好,世界"),
        ] {
            assert_eq!(fold(text), folded, "{text}");
        }
    }

    #[test]
    fn a_part_came_from_whole_characters() {
        let text = "aﬁb e\u{301}\u{200B}x";
        let folded = Folded::of(text);
        assert_eq!(folded.text, "afib éx");
        let original = |part: &str| {
            let start = folded.text.find(part).unwrap();
            &text[folded.original(start..start + part.len())]
        };
        assert_eq!(original("f"), "ﬁ");
        assert_eq!(original("i"), "ﬁ");
        assert_eq!(original("ib"), "ﬁb");
        assert_eq!(original("é"), "e\u{301}");
        assert_eq!(original("éx"), "e\u{301}\u{200B}x");
        assert_eq!(original("afib éx"), text);
    }

    proptest! {
        #[test]
        fn a_piece_alone_folds_to_what_it_is_in_the_text(text in "[a-cA-Cé한ᄒ\u{1161}\u{11AB}\u{301}\u{323}ｶﾞﬁ你\u{200B}\u{9C7}\u{9BE}]{0,12}") {
            let folded = Folded::of(&text);
            let visible: String = text.chars().filter(|c| !is_invisible(*c)).collect();
            let whole: String = NFKC.normalize(&visible).chars().flat_map(char::to_lowercase).collect();
            prop_assert_eq!(&folded.text, &whole);
            let mut start = 0;
            for piece in &folded.pieces {
                let again = fold(&text[piece.original.clone()]);
                prop_assert_eq!(&again, &folded.text[start..piece.end]);
                prop_assert_eq!(folded.original(start..piece.end), piece.original.clone());
                start = piece.end;
            }
        }
    }
}
