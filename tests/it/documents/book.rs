//! The book that `make book` makes of `docs/`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use models::root;

use super::{files, html};

/// Builds a book as `make book` does, into another folder. Returns what mdbook says.
fn build(docs: &Path, book: &Path) -> Result<String, String> {
    let program = root().join(".local/cargo/bin/mdbook");
    assert!(
        program.exists(),
        "mdbook is not installed: `make book` does that"
    );
    let _ = fs::remove_dir_all(book);
    let output = Command::new(program)
        .arg("build")
        .arg(docs)
        .arg("--dest-dir")
        .arg(book)
        .output()
        .unwrap();
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    match output.status.success() {
        true => Ok(said),
        false => Err(said),
    }
}

/// Names links of a book's pages that lead nowhere, and what the pages would load from the network.
fn wrong(book: &Path) -> Vec<String> {
    let pages: BTreeMap<String, Vec<html::Tag>> = files(book)
        .into_iter()
        .filter(|file| file.ends_with(".html"))
        .map(|file| {
            let text = fs::read_to_string(book.join(&file)).unwrap();
            (file, html::tags(&text))
        })
        .collect();
    let anchors: BTreeMap<&str, BTreeSet<&str>> = pages
        .iter()
        .map(|(page, tags)| {
            (
                page.as_str(),
                tags.iter().flat_map(html::Tag::anchors).collect(),
            )
        })
        .collect();
    let mut wrong = Vec::new();
    for (page, tags) in &pages {
        for tag in tags {
            for link in tag.links() {
                if let Err(problem) = leads(book, page, &tag.name, &anchors, link) {
                    wrong.push(format!("{page}: {link} {problem}"));
                }
            }
        }
    }
    // mdbook writes an image twice: small in the text, and in full size.
    wrong.dedup();
    wrong
}

fn leads(
    book: &Path,
    page: &str,
    tag: &str,
    anchors: &BTreeMap<&str, BTreeSet<&str>>,
    link: &str,
) -> Result<(), &'static str> {
    let scheme = link.split(['/', '#', '?']).next().unwrap_or_default();
    if scheme.contains(':') || link.starts_with("//") {
        return match tag {
            "a" => Ok(()),
            _ => Err("is loaded from the network"),
        };
    }
    let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
    let target = match path {
        "" => page.to_owned(),
        path => {
            let folder = Path::new(page).parent().unwrap();
            let target = normal(&folder.join(path)).ok_or("leaves the book")?;
            target.to_str().unwrap().to_owned()
        }
    };
    if !book.join(&target).is_file() {
        return Err("does not exist");
    }
    match anchors.get(target.as_str()) {
        _ if anchor.is_empty() => Ok(()),
        Some(anchors) if anchors.contains(anchor) => Ok(()),
        _ => Err("has no such anchor"),
    }
}

/// Removes `.` and `..` from a path.
fn normal(path: &Path) -> Option<PathBuf> {
    let mut normal = PathBuf::new();
    for part in path {
        match part.to_str()? {
            "." => {}
            ".." if normal.pop() => {}
            ".." | "/" => return None,
            name => normal.push(name),
        }
    }
    Some(normal)
}

fn scratch(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

#[test]
fn the_book_builds_without_a_warning_and_without_dead_links() {
    let makefile = fs::read_to_string(root().join("Makefile")).unwrap();
    assert!(makefile.contains("\n\t.local/cargo/bin/mdbook build docs\n"));
    let book = scratch("book");
    let said = build(&root().join("docs"), &book).unwrap_or_else(|error| panic!("{error}"));
    for level in ["WARN", "ERROR"] {
        assert!(!said.contains(level), "{said}");
    }
    super::assert_nothing_is_wrong(&wrong(&book));
    assert!(book.join("index.html").is_file());
    let pages = files(&root().join("docs"));
    for page in pages.iter().filter(|page| page.ends_with(".md")) {
        let built = match page.as_str() {
            "SUMMARY.md" => continue,
            page => page.replace(".md", ".html"),
        };
        assert!(book.join(&built).is_file(), "{built}");
    }
}

#[test]
fn dead_links_of_a_book_are_reported() {
    let settings = fs::read_to_string(root().join("docs/book.toml")).unwrap();
    let summary = "# Summary\n\n[Home](README.md)\n\n- [A](a.md)\n";
    let home = "\
# Home

[a](a.md) [b](a.md#title) [c](README.md#home) [d](b.txt) [e](https://example.com) [f](../outside.md)
[g](nothing.md) [h](a.md#no) [i](#no) ![j](no.png) ![k](https://example.com/x.png)
";
    let folder = super::project(
        "book",
        &[
            ("docs/book.toml", &settings),
            ("docs/SUMMARY.md", summary),
            ("docs/README.md", home),
            ("docs/a.md", "# Title\n\n[Home](README.md#home)\n"),
            ("docs/b.txt", ""),
            ("outside.md", ""),
        ],
    );
    let book = scratch("book-with-dead-links");
    build(&folder.join("docs"), &book).unwrap();
    let wrong = wrong(&book);
    let on_home: Vec<String> = wrong
        .into_iter()
        .filter(|line| line.starts_with("README.html: "))
        .collect();
    super::assert_wrong(
        &on_home,
        &[
            "../outside.html leaves the book",
            "nothing.html does not exist",
            "a.html#no has no such anchor",
            "#no has no such anchor",
            "no.png does not exist",
            "https://example.com/x.png is loaded from the network",
        ],
    );
    // A page that the list names has to exist; mdbook would write an empty one.
    fs::remove_file(folder.join("docs/a.md")).unwrap();
    assert!(build(&folder.join("docs"), &book).is_err());
}
