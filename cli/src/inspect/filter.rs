//! Which exchanges the list shows. The filter is in the URL's query, so that a URL can be kept and sent.

use super::seen::Exchange;

/// Empty fields let everything pass.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Filter {
    pub(super) family: String,
    pub(super) outcome: String,
    /// `*` at the end means all that begin so.
    pub(super) subject: String,
    pub(super) text: String,
}

impl Filter {
    pub(super) fn read(query: &str) -> Self {
        let mut filter = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let field = match &*name {
                "family" => &mut filter.family,
                "outcome" => &mut filter.outcome,
                "subject" => &mut filter.subject,
                "text" => &mut filter.text,
                _ => continue,
            };
            value.trim().clone_into(field);
        }
        filter
    }

    fn fields(&self) -> [(&'static str, &str); 4] {
        [
            ("family", &self.family),
            ("outcome", &self.outcome),
            ("subject", &self.subject),
            ("text", &self.text),
        ]
    }

    pub(super) fn is_empty(&self) -> bool {
        self.fields().iter().all(|(_, value)| value.is_empty())
    }

    /// A query with this filter and further fields.
    pub(super) fn query(&self, more: &[(&str, &str)]) -> String {
        let mut query = form_urlencoded::Serializer::for_suffix("?".to_owned(), 1);
        let own = self.fields();
        let own = own.iter().filter(|(_, value)| !value.is_empty());
        query.extend_pairs(own);
        query.extend_pairs(more);
        query.finish()
    }

    pub(super) fn lets_pass(&self, exchange: &Exchange) -> bool {
        let row = &exchange.row;
        let is = |wanted: &str, is: &str| wanted.is_empty() || wanted == is;
        let subject = match self.subject.strip_suffix('*') {
            Some(begin) => row.subject.starts_with(begin),
            None => is(&self.subject, &row.subject),
        };
        is(&self.family, row.family)
            && is(&self.outcome, row.outcome.as_str())
            && subject
            && self.has_text(exchange)
    }

    /// Whether the command, the subject, who decided, the id or a sentence has the text, in any case of letters.
    fn has_text(&self, exchange: &Exchange) -> bool {
        if self.text.is_empty() {
            return true;
        }
        let wanted = self.text.to_lowercase();
        let row = &exchange.row;
        let own = [&row.command, &row.subject, &row.by, &exchange.id];
        let mut all = own.into_iter().chain(&row.sentences);
        all.any(|it| it.to_lowercase().contains(&wanted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_the_same_after_it_was_in_a_url() {
        let filter = Filter {
            family: "relation".to_owned(),
            outcome: String::new(),
            subject: "user/a&b *".to_owned(),
            text: "zoë=1".to_owned(),
        };
        let query = filter.query(&[("selected", "7")]);
        assert!(
            query.starts_with('?') && query.ends_with("&selected=7"),
            "{query}"
        );
        assert_eq!(Filter::read(&query[1..]), filter);
        assert_eq!(Filter::default().query(&[]), "?");
    }
}
