//! Sentences are short.

use models::root;
use pulldown_cmark::{Event, Tag, TagEnd};

use super::{Document, documents, line_at, parts};

/// More words than this are too many.
const LONGEST: usize = 35;
/// All documents together have fewer sentences that are longer.
const TOO_MANY: usize = 20;

/// Words whose dot ends no sentence.
const ABBREVIATIONS: [&str; 8] = [
    "e.g.", "i.e.", "etc.", "vs.", "cf.", "approx.", "incl.", "resp.",
];

/// Characters that code may contain and others that replace them: code is one word and ends no sentence.
const IN_CODE: [(char, char); 5] = [
    (' ', '\u{E000}'),
    ('.', '\u{E001}'),
    ('!', '\u{E002}'),
    ('?', '\u{E003}'),
    ('\n', '\u{E004}'),
];

struct Sentence {
    /// Of the paragraph, list item or table cell.
    line: usize,
    words: usize,
    text: String,
}

/// The sentences of paragraphs, list items and table cells; not headings, code blocks and comments.
fn sentences(text: &str) -> Vec<Sentence> {
    let (mut found, mut prose, mut begins) = (Vec::new(), String::new(), 0);
    let mut is_prose = true;
    for (event, place) in parts(text) {
        match event {
            Event::Start(
                Tag::Emphasis
                | Tag::Strong
                | Tag::Strikethrough
                | Tag::Link { .. }
                | Tag::Image { .. },
            )
            | Event::End(
                TagEnd::Emphasis
                | TagEnd::Strong
                | TagEnd::Strikethrough
                | TagEnd::Link
                | TagEnd::Image,
            ) => {}
            Event::Start(tag) => {
                split(&mut found, &mut prose, line_at(text, begins));
                begins = place.start;
                is_prose = !matches!(
                    tag,
                    Tag::Heading { .. } | Tag::CodeBlock(_) | Tag::HtmlBlock
                );
            }
            Event::End(_) | Event::Rule => {
                split(&mut found, &mut prose, line_at(text, begins));
                begins = place.end;
                is_prose = true;
            }
            Event::Text(text) if is_prose => prose.push_str(&text),
            Event::Code(code) if is_prose => {
                let code = IN_CODE.iter().fold(code.to_string(), |code, it| {
                    code.replace(it.0, &it.1.to_string())
                });
                prose.push_str(&format!("`{code}`"));
            }
            Event::SoftBreak | Event::HardBreak => prose.push(' '),
            Event::InlineHtml(tag) if tag.starts_with("<br") => {
                split(&mut found, &mut prose, line_at(text, begins));
            }
            _ => {}
        }
    }
    found
}

/// Moves the sentences out of the prose.
fn split(found: &mut Vec<Sentence>, prose: &mut String, line: usize) {
    let mut words: Vec<&str> = Vec::new();
    let mut of_one = Vec::new();
    for word in prose.split_whitespace() {
        words.push(word);
        if ends_a_sentence(word) {
            of_one.push(std::mem::take(&mut words));
        }
    }
    of_one.push(words);
    for words in of_one.into_iter().filter(|words| !words.is_empty()) {
        let counts = |word: &&&str| word.contains(|c: char| c.is_alphanumeric() || c == '`');
        found.push(Sentence {
            line,
            words: words.iter().filter(counts).count(),
            text: IN_CODE.iter().fold(words.join(" "), |text, it| {
                text.replace(it.1, &it.0.to_string())
            }),
        });
    }
    prose.clear();
}

fn ends_a_sentence(word: &str) -> bool {
    let bare = word.trim_end_matches(['"', '\'', '”', '’', ')', ']']);
    let opened = bare.trim_start_matches(['"', '\'', '“', '‘', '(', '[']);
    bare.ends_with(['.', '!', '?']) && !ABBREVIATIONS.contains(&opened.to_lowercase().as_str())
}

/// The sentences that are too long, a line each.
fn too_long(document: &Document) -> Vec<String> {
    sentences(&document.text)
        .into_iter()
        .filter(|sentence| sentence.words > LONGEST)
        .map(|Sentence { line, words, text }| {
            format!("{}:{line}: {words} words: {text}", document.path)
        })
        .collect()
}

/// Nobody reads a change log from beginning to end.
fn is_read_through(document: &Document) -> bool {
    document.path != "CHANGELOG.md"
}

#[test]
fn sentences_are_short() {
    let documents = documents(&root());
    let long: Vec<String> = documents
        .iter()
        .filter(|document| is_read_through(document))
        .flat_map(too_long)
        .collect();
    println!(
        "{} sentences have more than {LONGEST} words:\n{}",
        long.len(),
        long.join("\n")
    );
    assert!(long.len() < TOO_MANY, "{}", long.len());
}

#[test]
fn dots_in_code_and_abbreviations_end_no_sentence() {
    let document = "\
# A heading. It is none.

One, e.g. this, is one (i.e. not two.) The second has `code. With dots!` in it.
It goes on! *Is it?* **Yes.** See [a link. Of two](https://example.com/a.b).
<!-- A comment. It is none. -->

```text
Code. It is none.
```

- An item
- Another item. It has two:
  - below

| A cell | `x` → y |
|---|---|
| 1.5 s, v3.8.1 etc. and so on | one<br>two |

<!-- Another
comment. It is none. -->
";
    let found: Vec<(usize, usize, String)> = sentences(document)
        .into_iter()
        .map(|it| (it.line, it.words, it.text))
        .collect();
    let expected = [
        (3, 8, "One, e.g. this, is one (i.e. not two.)"),
        (3, 6, "The second has `code. With dots!` in it."),
        (3, 3, "It goes on!"),
        (3, 2, "Is it?"),
        (3, 1, "Yes."),
        (3, 3, "See a link."),
        (3, 2, "Of two."),
        (11, 2, "An item"),
        (12, 2, "Another item."),
        (12, 3, "It has two:"),
        (13, 1, "below"),
        (15, 2, "A cell"),
        (15, 2, "`x` → y"),
        (17, 7, "1.5 s, v3.8.1 etc. and so on"),
        (17, 1, "one"),
        (17, 1, "two"),
    ]
    .map(|(line, words, text)| (line, words, text.to_owned()));
    assert_eq!(found, expected);
}

#[test]
fn a_sentence_of_36_words_is_reported_and_one_of_35_is_not() {
    let of = |words: usize| format!("{}end.", "word ".repeat(words - 1));
    let document = Document {
        path: "docs/page.md".to_owned(),
        text: format!("{}\n\n- {}\n{} {}\n", of(35), of(36), of(35), of(37)),
    };
    let long = too_long(&document);
    super::assert_wrong(
        &long,
        &["docs/page.md:3: 36 words", "docs/page.md:3: 37 words"],
    );
}
