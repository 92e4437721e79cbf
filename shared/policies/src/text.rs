use std::borrow::Cow;

use regex_lite::{NoExpand, Regex};

use crate::Refusal;

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
    /// that still matches after all replacements, or whose replacement left nothing: the servers read an
    /// empty text in an answer as "no change", and would keep the forbidden one.
    pub(crate) fn judge<'t>(&self, text: &'t str) -> Result<Cow<'t, str>, &Refusal> {
        let mut text = self.shorten(Cow::Borrowed(text))?;
        let mut replacing = None;
        for forbidden in &self.forbidden {
            if !forbidden.pattern.is_match(&text) {
                continue;
            }
            let Some(replacement) = &forbidden.replace_with else {
                return Err(&forbidden.refusal);
            };
            let replaced = forbidden.pattern.replace_all(&text, NoExpand(replacement));
            // At once, so that no pattern ever reads more than the longest text.
            text = self.shorten(Cow::Owned(replaced.into_owned()))?;
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
