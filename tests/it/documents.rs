//! Checks every document: its size, links, sentences, the commands and code that it shows, and the book that mdbook
//! makes of `docs/`.
//!
//! Each check is a function that returns what is wrong. It runs on the project, and on small documents with mistakes,
//! which prove that it finds them.

mod blocks;
mod book;
mod html;
mod links;
mod rule;
mod sentences;
mod terminal;

use std::{
    fs,
    ops::Range,
    path::{Path, PathBuf},
};

use models::root;
use pulldown_cmark::{Event, Options, Parser};

/// The most bytes of documents that are not ordinary pages.
const LIMITS: [(&str, usize); 7] = [
    ("README.md", 9_000),
    ("ARCHITECTURE.md", 6_000),
    // It grows with each test module, 130 bytes.
    ("CONTRIBUTING.md", 16_000),
    ("SECURITY.md", PAGE),
    // It grows with each version.
    ("CHANGELOG.md", usize::MAX),
    // It grows with each command, 220 bytes: room for a hundred.
    ("docs/callbacks.md", 30_000),
    // It grows with each event, 600 bytes: room for a hundred.
    ("docs/events.md", 60_000),
];

/// The most bytes of any other page.
const PAGE: usize = 14_000;

/// A Markdown file.
struct Document {
    /// From the project's root, with slashes.
    path: String,
    text: String,
}

impl Document {
    /// A place in it, for messages.
    fn at(&self, offset: usize) -> String {
        format!("{}:{}", self.path, line_at(&self.text, offset))
    }

    /// It is a page of the book.
    fn is_in_the_book(&self) -> bool {
        self.path.starts_with("docs/")
    }
}

/// The number of the line at this offset, from 1.
fn line_at(text: &str, offset: usize) -> usize {
    1 + text[..offset].matches('\n').count()
}

/// All documents in the root and below `docs`, and every README.md.
fn documents(root: &Path) -> Vec<Document> {
    let documents = files(root).into_iter().filter(|path| {
        let is_shown = !path.contains('/')
            || path.starts_with("docs/")
            || path.rsplit('/').next() == Some("README.md");
        path.ends_with(".md") && is_shown
    });
    documents
        .map(|path| Document {
            text: fs::read_to_string(root.join(&path)).unwrap(),
            path,
        })
        .collect()
}

/// The path of every file that Git knows or could know, from the root, in order.
fn files(root: &Path) -> Vec<String> {
    let (mut found, mut folders) = (Vec::new(), vec![String::new()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root.join(&folder)).unwrap() {
            let entry = entry.unwrap();
            let path = format!("{folder}{}", entry.file_name().to_str().unwrap());
            if is_ignored(&path) {
                continue;
            }
            match entry.file_type().unwrap().is_dir() {
                true => folders.push(format!("{path}/")),
                false => found.push(path),
            }
        }
    }
    found.sort();
    found
}

/// Whether Git ignores it, as the project's .gitignore says. A line that begins with a slash is a path from the root, and
/// any other line is the name of a file or folder.
fn is_ignored(path: &str) -> bool {
    let lines = include_str!("../../.gitignore").lines();
    [".git"]
        .into_iter()
        .chain(lines)
        .any(|line| match line.strip_prefix('/') {
            Some(ignored) => Path::new(path).starts_with(ignored),
            None => path.split('/').any(|name| name == line),
        })
}

/// The parts of a document, each with its place: Markdown as GitHub reads it.
fn parts(text: &str) -> Vec<(Event<'_>, Range<usize>)> {
    in_whole(Parser::new_ext(text, options()).into_offset_iter())
}

/// Joins the lines of HTML, because a tag or a comment can be longer than a line.
fn in_whole<'a>(
    parts: impl Iterator<Item = (Event<'a>, Range<usize>)>,
) -> Vec<(Event<'a>, Range<usize>)> {
    let mut found: Vec<(Event<'a>, Range<usize>)> = Vec::new();
    for (event, place) in parts {
        match (event, found.last_mut()) {
            (Event::Html(line), Some((Event::Html(html), begun))) => {
                *html = format!("{html}{line}").into();
                begun.end = place.end;
            }
            (event, _) => found.push((event, place)),
        }
    }
    found
}

fn options() -> Options {
    Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_GFM
}

/// Names documents that are too large, and documents that have a limit and do not exist.
fn too_large(documents: &[Document], limits: &[(&str, usize)]) -> Vec<String> {
    let limit_of = |path: &str| limits.iter().find(|limit| limit.0 == path);
    let large = documents.iter().filter_map(|document| {
        let (path, size) = (&document.path, document.text.len());
        let limit = limit_of(path).map_or(PAGE, |limit| limit.1);
        (size > limit).then(|| format!("{path}: {size} bytes, {limit} are allowed"))
    });
    let exists = |path: &str| documents.iter().any(|document| document.path == path);
    let missing = limits.iter().filter(|limit| !exists(limit.0));
    large
        .chain(missing.map(|limit| format!("{}: does not exist", limit.0)))
        .collect()
}

fn assert_nothing_is_wrong(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Asserts that exactly these lines were found, each given by a part of it.
fn assert_wrong(wrong: &[String], expected: &[&str]) {
    let as_expected = wrong.len() == expected.len()
        && wrong
            .iter()
            .zip(expected)
            .all(|(line, part)| line.contains(part));
    assert!(as_expected, "expected {expected:#?}\n{}", wrong.join("\n"));
}

/// Makes a folder with these files.
fn project(test: &str, files: &[(&str, &str)]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("documents-{test}"));
    let _ = fs::remove_dir_all(&folder);
    for (path, text) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

#[test]
fn documents_keep_to_their_limits_of_size() {
    assert_nothing_is_wrong(&too_large(&documents(&root()), &LIMITS));
}

#[test]
fn a_document_that_is_too_large_or_missing_is_reported() {
    let large = "x".repeat(101);
    let page = "x".repeat(PAGE + 1);
    let root = project(
        "sizes",
        &[
            ("README.md", &large),
            ("SECURITY.md", &large[1..]),
            ("docs/page.md", &page),
            ("docs/other.md", &page[1..]),
            // Not for readers of the documentation.
            ("tests/notes.md", &page),
            ("target/README.md", &page),
            ("bench/README.md", &page),
        ],
    );
    let limits = [
        ("README.md", 100),
        ("SECURITY.md", 100),
        ("MISSING.md", 100),
    ];
    assert_wrong(
        &too_large(&documents(&root), &limits),
        &[
            "README.md: 101 bytes, 100 are allowed",
            "bench/README.md: 14001 bytes",
            "docs/page.md: 14001 bytes",
            "MISSING.md: does not exist",
        ],
    );
}
