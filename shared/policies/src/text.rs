use std::borrow::Cow;

use regex_lite::Regex;

use crate::{Refusal, words::WordList};

/// How many places in one text all patterns together may replace.
const MAX_REPLACED: usize = 20;

/// The rules for one text. The length comes first, then the words, then the patterns. Each reads the text as the earlier
/// ones left it.
#[derive(Debug, Default)]
pub(crate) struct TextRules {
    pub(crate) max_chars: Option<MaxChars>,
    pub(crate) words: Vec<WordList>,
    pub(crate) forbidden: Vec<Forbidden>,
}

/// A text that the rules allow.
#[derive(Debug)]
pub(crate) struct Allowed<'r, 't> {
    /// The given text (borrowed), or a changed text that satisfies all rules.
    pub(crate) text: Cow<'t, str>,
    /// The refusal of the first rule that changed it.
    pub(crate) changed_by: Option<&'r Refusal>,
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
    /// The text that these rules allow.
    ///
    /// # Errors
    ///
    /// The refusal of the first rule that the text breaks and that cannot change it. A rule with a replacement refuses in
    /// three cases, too: it still matches after all replacements, it matches in more places than may be replaced, or its
    /// replacement leaves an empty text. The servers read an empty text in an answer as "no change", and would keep the
    /// forbidden one.
    pub(crate) fn judge<'t>(&self, text: &'t str) -> Result<Allowed<'_, 't>, &Refusal> {
        let mut allowed = Allowed {
            text: Cow::Borrowed(text),
            changed_by: None,
        };
        self.shorten(&mut allowed)?;
        let mut replacing = false;
        for list in &self.words {
            if let Some(replaced) = list.judge(&allowed.text)? {
                self.replace(&mut allowed, replaced, &list.refusal)?;
                replacing = true;
            }
        }
        let mut left = MAX_REPLACED;
        for forbidden in &self.forbidden {
            let Some(replacement) = &forbidden.replace_with else {
                if forbidden.pattern.is_match(&allowed.text) {
                    return Err(&forbidden.refusal);
                }
                continue;
            };
            let mut replaced = String::new();
            let mut end = 0;
            let left_before = left;
            for found in forbidden.pattern.find_iter(&allowed.text) {
                // Not `replace_all`, because each search can read the whole text.
                left = left.checked_sub(1).ok_or(&forbidden.refusal)?;
                replaced.push_str(&allowed.text[end..found.start()]);
                replaced.push_str(replacement);
                end = found.end();
            }
            if left == left_before {
                continue;
            }
            replaced.push_str(&allowed.text[end..]);
            self.replace(&mut allowed, replaced, &forbidden.refusal)?;
            replacing = true;
        }
        // With the text around it, a replacement can make a new match of any rule.
        if replacing {
            let text = &allowed.text;
            if let Some(list) = self.words.iter().find(|list| list.is_in(text)) {
                return Err(&list.refusal);
            }
            let mut patterns = self.forbidden.iter();
            if let Some(forbidden) = patterns.find(|it| it.pattern.is_match(text)) {
                return Err(&forbidden.refusal);
            }
        }
        Ok(allowed)
    }

    fn replace<'r>(
        &'r self,
        allowed: &mut Allowed<'r, '_>,
        text: String,
        by: &'r Refusal,
    ) -> Result<(), &'r Refusal> {
        allowed.text = Cow::Owned(text);
        allowed.changed_by.get_or_insert(by);
        // Cut now, so that no pattern reads a text longer than the limit.
        self.shorten(allowed)?;
        if allowed.text.is_empty() {
            return Err(by);
        }
        Ok(())
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

    pub(crate) fn refusals(&self) -> impl Iterator<Item = &Refusal> {
        let length = self.max_chars.iter().map(|rule| &rule.refusal);
        length
            .chain(self.words.iter().map(|rule| &rule.refusal))
            .chain(self.forbidden.iter().map(|rule| &rule.refusal))
    }

    /// Whether there is no rule for the text.
    pub(crate) fn is_empty(&self) -> bool {
        self.refusals().next().is_none()
    }

    /// Whether a rule changes texts.
    pub(crate) fn changes(&self) -> bool {
        self.max_chars.as_ref().is_some_and(|rule| rule.cut)
            || self.words.iter().any(|rule| rule.replace_with.is_some())
            || self
                .forbidden
                .iter()
                .any(|rule| rule.replace_with.is_some())
    }

    fn shorten<'r>(&'r self, allowed: &mut Allowed<'r, '_>) -> Result<(), &'r Refusal> {
        let Some(max) = &self.max_chars else {
            return Ok(());
        };
        let Some((end, _)) = allowed.text.char_indices().nth(max.limit) else {
            return Ok(());
        };
        if !max.cut {
            return Err(&max.refusal);
        }
        allowed.changed_by.get_or_insert(&max.refusal);
        match &mut allowed.text {
            Cow::Borrowed(text) => *text = &text[..end],
            Cow::Owned(text) => text.truncate(end),
        }
        Ok(())
    }
}
