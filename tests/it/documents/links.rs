//! Every link leads to a file of the project, and to a heading in it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use models::root;
use pulldown_cmark::{BrokenLink, CowStr, Event, LinkType, Parser, Tag, TagEnd};

use super::{Document, documents, html, in_whole, is_ignored, options, parts};

/// The list of the book's pages.
const SUMMARY: &str = "docs/SUMMARY.md";

/// Links of documents that lead nowhere, or out of the book.
fn dead(root: &Path, documents: &[Document]) -> Vec<String> {
    let anchors: BTreeMap<&str, BTreeSet<String>> = documents
        .iter()
        .map(|document| (document.path.as_str(), anchors(&document.text)))
        .collect();
    let mut wrong = Vec::new();
    for document in documents {
        for (offset, link) in links(&document.text) {
            let led = match link {
                Ok(link) => leads(root, document, &anchors, &link)
                    .map_err(|problem| format!("{link} {problem}")),
                Err(reference) => Err(format!("[{reference}] is not defined")),
            };
            if let Err(problem) = led {
                wrong.push(format!("{}: {problem}", document.at(offset)));
            }
        }
    }
    wrong
}

/// All links and images of a text, with their places. An error is a reference that the text does not define.
fn links(text: &str) -> Vec<(usize, Result<String, String>)> {
    let mut found = Vec::new();
    let mut undefined = Vec::new();
    let broken = |link: BrokenLink<'_>| -> Option<(CowStr<'_>, CowStr<'_>)> {
        // [x] alone can be a text in brackets.
        if matches!(link.link_type, LinkType::Reference | LinkType::Collapsed) {
            undefined.push((link.span.start, Err(link.reference.to_string())));
        }
        None
    };
    let parser = Parser::new_with_broken_link_callback(text, options(), Some(broken));
    for (event, place) in in_whole(parser.into_offset_iter()) {
        match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                found.push((place.start, Ok(dest_url.to_string())));
            }
            Event::Html(html) | Event::InlineHtml(html) => {
                for tag in html::tags(&html) {
                    let links = tag.links().map(|link| (place.start, Ok(link.to_owned())));
                    found.extend(links);
                }
            }
            _ => {}
        }
    }
    found.extend(undefined);
    found.sort_by_key(|link| link.0);
    found
}

/// Checks where a link of the document leads.
fn leads(
    root: &Path,
    document: &Document,
    anchors: &BTreeMap<&str, BTreeSet<String>>,
    link: &str,
) -> Result<(), &'static str> {
    if link.starts_with("https://") || link.starts_with("mailto:") {
        return Ok(());
    }
    let scheme = link.split(['/', '#']).next().unwrap_or_default();
    if scheme.contains(':') || link.starts_with('/') {
        return Err("is neither relative nor https");
    }
    let (path, anchor) = match link.split_once('#') {
        Some((path, anchor)) => (path, Some(anchor)),
        None => (link, None),
    };
    let target = match path {
        "" => document.path.clone(),
        path => joined(&document.path, path).ok_or("leaves the project")?,
    };
    if document.is_in_the_book() && !target.starts_with("docs/") {
        return Err("leaves the book: name the file as code, without a link");
    }
    let file = root.join(&target);
    if is_ignored(&target) || !file.exists() {
        return Err("does not exist");
    }
    if document.is_in_the_book() && file.is_dir() {
        return Err("is a folder, which the book does not show");
    }
    match anchor {
        None => Ok(()),
        Some(anchor) => match anchors.get(target.as_str()) {
            None => Err("has an anchor, and is no document"),
            Some(anchors) if anchors.contains(anchor) => Ok(()),
            Some(_) => Err("has no such heading"),
        },
    }
}

/// The path from the project's root of a path in a document.
fn joined(document: &str, path: &str) -> Option<String> {
    let mut folders: Vec<&str> = document.split('/').collect();
    folders.pop();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                folders.pop()?;
            }
            name => folders.push(name),
        }
    }
    Some(folders.join("/"))
}

/// The anchors of a document: headings, with the ids that GitHub gives them, and ids in HTML.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut heading: Option<String> = None;
    for (event, _) in parts(text) {
        match (event, &mut heading) {
            (Event::Start(Tag::Heading { .. }), _) => heading = Some(String::new()),
            (Event::End(TagEnd::Heading(_)), Some(title)) => {
                let id = github_id(title);
                let numbered = (1..).map(|number| format!("{id}-{number}"));
                let free = std::iter::once(id.clone()).chain(numbered);
                let free = free.into_iter().find(|id| !found.contains(id));
                found.extend(free);
                heading = None;
            }
            (Event::Text(text) | Event::Code(text), Some(title)) => title.push_str(&text),
            (Event::SoftBreak, Some(title)) => title.push(' '),
            (Event::Html(html) | Event::InlineHtml(html), _) => {
                let tags = html::tags(&html);
                found.extend(tags.iter().flat_map(html::Tag::anchors).map(str::to_owned));
            }
            _ => {}
        }
    }
    found
}

/// Lower case, without punctuation, and hyphens instead of spaces.
fn github_id(title: &str) -> String {
    let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
    let title = title.trim().to_lowercase();
    title
        .chars()
        .filter(kept)
        .collect::<String>()
        .replace(' ', "-")
}

/// Files that documents name as code, with a path from the root, and that do not exist.
fn missing(root: &Path, documents: &[Document]) -> Vec<String> {
    let mut wrong = Vec::new();
    for document in documents {
        for (event, place) in parts(&document.text) {
            let Event::Code(code) = event else {
                continue;
            };
            let is_path = code.contains('/')
                && code
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
            let folder = code.split('/').next().unwrap_or_default();
            // Not a folder of the project: a route, a package, or a file of another program.
            if !is_path || folder.is_empty() || !root.join(folder).is_dir() || is_ignored(&code) {
                continue;
            }
            if !root.join(&*code).exists() {
                wrong.push(format!(
                    "{}: {code} does not exist",
                    document.at(place.start)
                ));
            }
        }
    }
    wrong
}

/// Pages of the book that its list does not name, or names twice.
fn not_listed(documents: &[Document]) -> Vec<String> {
    let Some(summary) = documents.iter().find(|document| document.path == SUMMARY) else {
        return vec![format!("{SUMMARY}: does not exist")];
    };
    let listed: Vec<String> = links(&summary.text)
        .into_iter()
        .filter_map(|(_, link)| joined(SUMMARY, &link.ok()?))
        .collect();
    documents
        .iter()
        .filter(|document| document.is_in_the_book() && document.path != SUMMARY)
        .filter_map(|Document { path, .. }| {
            match listed.iter().filter(|listed| *listed == path).count() {
                0 => Some(format!("{path}: is not in {SUMMARY}")),
                1 => None,
                times => Some(format!("{path}: is {times} times in {SUMMARY}")),
            }
        })
        .collect()
}

#[test]
fn no_link_is_dead() {
    let documents = documents(&root());
    super::assert_nothing_is_wrong(&dead(&root(), &documents));
    let links: usize = documents.iter().map(|it| links(&it.text).len()).sum();
    println!("{links} links in {} documents", documents.len());
}

#[test]
fn every_file_that_is_named_as_code_exists() {
    let mut documents = documents(&root());
    // It names files of earlier versions.
    documents.retain(|document| document.path != "CHANGELOG.md");
    super::assert_nothing_is_wrong(&missing(&root(), &documents));
}

#[test]
fn a_missing_file_that_is_named_as_code_is_reported() {
    let text = "\
`src/a.rs` `src/sub/` `src/<name>.rs` `src/*.rs` `/etc/hosts` `other/b.rs` `b.rs` `target/b.rs` `./src/b.rs`

`src/b.rs` or `src/sub/b.rs`

```text
src/b.rs `src/b.rs`
```
";
    let files = [
        ("docs/page.md", text),
        ("src/a.rs", ""),
        ("src/sub/c.rs", ""),
        ("target/c.rs", ""),
    ];
    let root = super::project("named", &files);
    super::assert_wrong(
        &missing(&root, &documents(&root)),
        &[
            "docs/page.md:1: ./src/b.rs does not exist",
            "docs/page.md:3: src/b.rs does not exist",
            "docs/page.md:3: src/sub/b.rs does not exist",
        ],
    );
}

#[test]
fn every_page_is_in_the_summary() {
    super::assert_nothing_is_wrong(&not_listed(&documents(&root())));
}

const README: &str = "\
# The project

[a](docs/page.md) [b](docs/page.md#the-title) [c](#the-project) ![d](docs/a.png) [e](docs) [f][known]
[g](https://example.com/x#y) <https://example.com> <img src=\"docs/a.png\"> `[x](nowhere.md)` [ ] [text]
<!-- [x](nowhere.md)
<a href=\"nowhere.md\"> -->

```text
[x](nowhere.md)
```

[known]: LICENSE
";

const BAD_README: &str = "\
[a](docs/nothing.md)
[b](docs/page.md#the--title)
[c](#no)
![d](docs/b.png)
[e](LICENSE#x)
[f][unknown]
[g](http://example.com)
<img alt=\"b\"
src=\"docs/b.png\">
[h](../outside.md)
[i](/docs/page.md)
[j](target/built.md)
[k](Docs/page.md)
";

const PAGE: &str = "\
# The *title*

[a](../README.md)
[b](folder/other.md#x_y)
[c](folder)
[d](a.png)
";

#[test]
fn dead_links_are_reported_and_others_are_not() {
    let files = [
        ("README.md", README),
        ("docs/README.md", BAD_README),
        ("LICENSE", "x"),
        ("target/built.md", "x"),
        ("docs/a.png", ""),
        ("docs/page.md", PAGE),
        (
            "docs/folder/other.md",
            "<a id=\"x_y\"></a>[a](../page.md) [b](../../LICENSE)",
        ),
    ];
    let root = super::project("links", &files);
    super::assert_wrong(
        &dead(&root, &documents(&root)),
        &[
            "docs/README.md:1: docs/nothing.md does not exist",
            "docs/README.md:2: docs/page.md#the--title does not exist",
            "docs/README.md:3: #no has no such heading",
            "docs/README.md:4: docs/b.png does not exist",
            "docs/README.md:5: LICENSE#x does not exist",
            "docs/README.md:6: [unknown] is not defined",
            "docs/README.md:7: http://example.com is neither relative nor https",
            "docs/README.md:8: docs/b.png does not exist",
            "docs/README.md:10: ../outside.md leaves the book",
            "docs/README.md:11: /docs/page.md is neither relative nor https",
            "docs/README.md:12: target/built.md does not exist",
            "docs/README.md:13: Docs/page.md does not exist",
            "docs/folder/other.md:1: ../../LICENSE leaves the book",
            "docs/page.md:3: ../README.md leaves the book",
            "docs/page.md:5: folder is a folder",
        ],
    );
    // The same in the root.
    fs::copy(root.join("docs/README.md"), root.join("README.md")).unwrap();
    fs::remove_dir_all(root.join("docs/folder")).unwrap();
    fs::remove_file(root.join("docs/README.md")).unwrap();
    fs::write(root.join("docs/page.md"), "# The title\n\n# The title\n").unwrap();
    super::assert_wrong(
        &dead(&root, &documents(&root)),
        &[
            "README.md:1: docs/nothing.md does not exist",
            "README.md:2: docs/page.md#the--title has no such heading",
            "README.md:3: #no has no such heading",
            "README.md:4: docs/b.png does not exist",
            "README.md:5: LICENSE#x has an anchor, and is no document",
            "README.md:6: [unknown] is not defined",
            "README.md:7: http://example.com is neither",
            "README.md:8: docs/b.png does not exist",
            "README.md:10: ../outside.md leaves the project",
            "README.md:11: /docs/page.md is neither",
            "README.md:12: target/built.md does not exist",
            "README.md:13: Docs/page.md does not exist",
        ],
    );
}

#[test]
fn headings_have_the_anchors_that_github_gives_them() {
    let document = "\
# What `imhook run` *does*: 1.5 s, \"and\" more!
## Same
## Same
## Same-1
## In C++ – or_not / [linked](x.md)
Зачем?
======
## 29020 (API Gateway)
<a name=\"by-hand\"></a>

```sh
# not a heading
```
";
    let expected = [
        "what-imhook-run-does-15-s-and-more",
        "same",
        "same-1",
        "same-1-1",
        "in-c--or_not--linked",
        "зачем",
        "29020-api-gateway",
        "by-hand",
    ];
    assert_eq!(anchors(document), expected.map(str::to_owned).into());
}

#[test]
fn a_page_that_the_summary_lacks_or_repeats_is_reported() {
    let summary =
        "# Summary\n\n[Home](README.md)\n\n- [A](a.md)\n- [B](sub/b.md)\n- [B](sub/b.md)\n";
    let files = [
        (SUMMARY, summary),
        ("README.md", ""),
        ("docs/README.md", ""),
        ("docs/a.md", ""),
        ("docs/sub/b.md", ""),
        ("docs/sub/c.md", ""),
    ];
    let root = super::project("summary", &files);
    super::assert_wrong(
        &not_listed(&documents(&root)),
        &["docs/sub/b.md: is 2 times", "docs/sub/c.md: is not in"],
    );
    fs::remove_file(root.join(SUMMARY)).unwrap();
    super::assert_wrong(
        &not_listed(&documents(&root)),
        &["SUMMARY.md: does not exist"],
    );
}
