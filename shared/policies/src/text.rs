use std::borrow::Cow;

use regex_lite::Regex;

use crate::Refusal;

/// How many places of one text are replaced, by all patterns together.
const MAX_REPLACED: usize = 20;

/// The rules for one text: its length, then the patterns, each on what the ones before left of it.
#[derive(Debug, Default)]
pub(crate) struct TextRules {
    pub(crate) max_chars: Option<MaxChars>,
    pub(crate) forbidden: Vec<Forbidden>,
}

#[derive(Debug)]
pub(crate) struct MaxChars {
    pub(crate) limit: usize,
    /// Cut a longer text instead of refusing it.
    pub(crate) cut: bool,
    pub(crate) refusal: Refusal,
}

#[derive(Debug)]
pub(crate) struct Forbidden {
    pub(crate) pattern: Regex,
    /// The size of the compiled pattern. At most all of it is visited for each character.
    pub(crate) bytes: usize,
    /// What to put in the place of a match, instead of refusing the text.
    pub(crate) replace_with: Option<String>,
    pub(crate) refusal: Refusal,
}

impl TextRules {
    /// The text that these rules let through: the one given (borrowed), or one that satisfies all of them.
    ///
    /// # Errors
    ///
    /// The refusal of the rule that neither lets the text through nor can amend it. That is also a pattern
    /// that still matches after all replacements, that finds one place more than may be replaced, or whose
    /// replacement left nothing: the servers read an empty text in an answer as "no change", and would keep
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
            // At once, so that no pattern ever reads more than the longest text.
            text = self.shorten(Cow::Owned(replaced))?;
            if text.is_empty() {
                return Err(&forbidden.refusal);
            }
            replacing = Some(forbidden);
        }
        // A replacement can join what stood around it to a match, of its own pattern or an earlier one.
        let still_there = replacing.and_then(|_| {
            let mut patterns = self.forbidden.iter();
            patterns.find(|forbidden| forbidden.pattern.is_match(&text))
        });
        match still_there {
            Some(forbidden) => Err(&forbidden.refusal),
            None => Ok(text),
        }
    }

    /// The most that [`judge`](Self::judge) can have to do for one text: for every character that is read, the
    /// bytes of the pattern.
    pub(crate) fn cost(&self) -> usize {
        // A search looks at the end, too.
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
        // All patterns before the replacements and after them. To find one place can mean to read to the end
        // (`[^x]*x0|a` does), twice when the place is empty, and so does to find that there is no further one.
        chars * (2 * once + 3 * (MAX_REPLACED + 1) * largest)
    }

    /// Whether no rule looks at the text.
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
