use std::borrow::Cow;

use regex_lite::Regex;

use crate::Refusal;

/// How many places in one text all patterns together may replace.
const MAX_REPLACED: usize = 20;

/// The rules for one text. The length comes first, then the patterns. Each pattern reads the text as the earlier ones left
/// it.
#[derive(Debug, Default)]
pub(crate) struct TextRules {
    pub(crate) max_chars: Option<MaxChars>,
    pub(crate) forbidden: Vec<Forbidden>,
}

#[derive(Debug)]
pub(crate) struct MaxChars {
    pub(crate) limit: usize,
    /// Whether a longer text is cut instead of refused.
    pub(crate) cut: bool,
    pub(crate) refusal: Refusal,
}

#[derive(Debug)]
pub(crate) struct Forbidden {
    pub(crate) pattern: Regex,
    /// The size of the compiled pattern. For each character, a search visits at most all of it.
    pub(crate) bytes: usize,
    /// The replacement of a match; `None` if a match refuses the text.
    pub(crate) replace_with: Option<String>,
    pub(crate) refusal: Refusal,
}

impl TextRules {
    /// The text that these rules allow: the given text (borrowed), or a changed text that satisfies all of them.
    ///
    /// # Errors
    ///
    /// The refusal of the first rule that the text breaks and that cannot change it. A pattern with a replacement refuses
    /// in three cases, too: it still matches after all replacements, it matches in more places than may be replaced, or
    /// its replacement leaves an empty text. The servers read an empty text in an answer as "no change", and would keep
    /// the forbidden one.
    pub(crate) fn judge<'t>(&self, text: &'t str) -> Result<Cow<'t, str>, &Refusal> {
        let mut text = self.shorten(Cow::Borrowed(text))?;
        let mut replacing = None;
        let mut left = MAX_REPLACED;
        for forbidden in &self.forbidden {
            let Some(replacement) = &forbidden.replace_with else {
                if forbidden.pattern.is_match(&text) {
                    return Err(&forbidden.refusal);
                }
                continue;
            };
            let mut replaced = String::new();
            let mut end = 0;
            let left_before = left;
            for found in forbidden.pattern.find_iter(&text) {
                // Not `replace_all`, because each search can read the whole text.
                left = left.checked_sub(1).ok_or(&forbidden.refusal)?;
                replaced.push_str(&text[end..found.start()]);
                replaced.push_str(replacement);
                end = found.end();
            }
            if left == left_before {
                continue;
            }
            replaced.push_str(&text[end..]);
            // Cut now, so that no pattern reads a text longer than the limit.
            text = self.shorten(Cow::Owned(replaced))?;
            if text.is_empty() {
                return Err(&forbidden.refusal);
            }
            replacing = Some(forbidden);
        }
        // With the text around it, a replacement can make a new match of any pattern.
        let still_there = replacing.and_then(|_| {
            let mut patterns = self.forbidden.iter();
            patterns.find(|forbidden| forbidden.pattern.is_match(&text))
        });
        match still_there {
            Some(forbidden) => Err(&forbidden.refusal),
            None => Ok(text),
        }
    }

    /// The most work that one text can cause in [`judge`](Self::judge): the sum, over all characters that a pattern reads,
    /// of the pattern's bytes.
    pub(crate) fn cost(&self) -> usize {
        // Plus one, because a search also checks the end of the text.
        let chars = self.max_chars.as_ref().map_or(0, |max| max.limit) + 1;
        let once: usize = self.forbidden.iter().map(|rule| rule.bytes).sum();
        let mut replacing = self
            .forbidden
            .iter()
            .filter(|rule| rule.replace_with.is_some());
        let Some(first) = replacing.next() else {
            return chars * once;
        };
        let largest = replacing.fold(first.bytes, |most, rule| most.max(rule.bytes));
        // All patterns run once before and once after the replacements. To find one place, a pattern may read to the end
        // of the text (`[^x]*x0|a` does), and twice if the match is empty. To find that no further place exists, too.
        chars * (2 * once + 3 * (MAX_REPLACED + 1) * largest)
    }

    /// Whether there is no rule for the text.
    pub(crate) fn is_empty(&self) -> bool {
        self.max_chars.is_none() && self.forbidden.is_empty()
    }

    pub(crate) fn refusals(&self) -> impl Iterator<Item = &Refusal> {
        let length = self.max_chars.iter().map(|rule| &rule.refusal);
        length.chain(self.forbidden.iter().map(|rule| &rule.refusal))
    }

    fn shorten<'t>(&self, text: Cow<'t, str>) -> Result<Cow<'t, str>, &Refusal> {
        let Some(max) = &self.max_chars else {
            return Ok(text);
        };
        let Some((end, _)) = text.char_indices().nth(max.limit) else {
            return Ok(text);
        };
        if !max.cut {
            return Err(&max.refusal);
        }
        Ok(match text {
            Cow::Borrowed(text) => Cow::Borrowed(&text[..end]),
            Cow::Owned(mut text) => {
                text.truncate(end);
                Cow::Owned(text)
            }
        })
    }
}
