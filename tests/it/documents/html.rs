//! Reads start tags of HTML, in what mdbook writes and in Markdown.

/// `<img src="a.png">`.
pub(super) struct Tag {
    pub(super) name: String,
    attributes: Vec<(String, String)>,
}

impl Tag {
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        let mut attributes = self.attributes.iter();
        let found = attributes.find(|attribute| attribute.0 == name);
        found.map(|attribute| attribute.1.as_str())
    }

    /// Where it leads, or what it shows.
    pub(super) fn links(&self) -> impl Iterator<Item = &str> {
        ["href", "src"]
            .into_iter()
            .filter_map(|name| self.attribute(name))
    }

    /// What a link can lead to.
    pub(super) fn anchors(&self) -> impl Iterator<Item = &str> {
        let name = (self.name == "a").then_some("name");
        ["id"]
            .into_iter()
            .chain(name)
            .filter_map(|name| self.attribute(name))
    }
}

/// All start tags, in their order. Comments, scripts and styles contain none.
pub(super) fn tags(html: &str) -> Vec<Tag> {
    let mut tags = Vec::new();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        rest = &rest[start..];
        if let Some(comment) = rest.strip_prefix("<!--") {
            rest = after(comment, "-->");
            continue;
        }
        if !rest[1..].starts_with(|c: char| c.is_ascii_alphabetic() || "/!?".contains(c)) {
            rest = &rest[1..];
            continue;
        }
        let Some(end) = end_of_tag(rest) else {
            break;
        };
        let inside = rest[1..end].trim_end_matches('/');
        rest = &rest[end + 1..];
        let (name, attributes) = match inside.split_once(char::is_whitespace) {
            Some((name, attributes)) => (name.to_lowercase(), read(attributes)),
            None => (inside.to_lowercase(), Vec::new()),
        };
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            continue;
        }
        if name == "script" || name == "style" {
            rest = after(rest, &format!("</{name}"));
        }
        tags.push(Tag { name, attributes });
    }
    tags
}

fn after<'a>(text: &'a str, mark: &str) -> &'a str {
    text.split_once(mark).map_or("", |(_, rest)| rest)
}

/// The place of its `>`, outside of quotes.
fn end_of_tag(tag: &str) -> Option<usize> {
    let mut quote = None;
    for (place, c) in tag.char_indices() {
        match (quote, c) {
            (None, '>') => return Some(place),
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), _) if open == c => quote = None,
            _ => {}
        }
    }
    None
}

fn read(mut text: &str) -> Vec<(String, String)> {
    let mut attributes = Vec::new();
    loop {
        text = text.trim_start();
        if text.is_empty() {
            return attributes;
        }
        let end = text.find(|c: char| c == '=' || c.is_whitespace());
        let (name, rest) = text.split_at(end.unwrap_or(text.len()));
        let (value, rest) = match rest.trim_start().strip_prefix('=') {
            None => ("", rest),
            Some(value) => {
                let value = value.trim_start();
                match value.chars().next() {
                    Some(quote @ ('"' | '\'')) => {
                        value[1..].split_once(quote).unwrap_or((&value[1..], ""))
                    }
                    _ => value.split_once(char::is_whitespace).unwrap_or((value, "")),
                }
            }
        };
        attributes.push((name.to_lowercase(), value.replace("&amp;", "&")));
        text = rest;
    }
}

#[test]
fn tags_are_found_with_their_attributes_and_nothing_else_is() {
    let html = r#"<!DOCTYPE html><p class=a id='b c'>2 < 3 &lt;a href="no"&gt; <IMG
        alt="a > b" hidden src="x.png?a=1&amp;b=2"/></p><!-- <a href="no"> -->
        <script src=s.js>"<a href='no'>"</script><a name="here" href>x</a><style>a<b{}</style>"#;
    let found = tags(html);
    let names: Vec<&str> = found.iter().map(|tag| tag.name.as_str()).collect();
    assert_eq!(names, ["p", "img", "script", "a", "style"]);
    let links: Vec<&str> = found.iter().flat_map(Tag::links).collect();
    assert_eq!(links, ["x.png?a=1&b=2", "s.js", ""]);
    let anchors: Vec<&str> = found.iter().flat_map(Tag::anchors).collect();
    assert_eq!(anchors, ["b c", "here"]);
}
