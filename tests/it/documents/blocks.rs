//! What documents show as code is what it says: it parses, compiles, or runs.
//!
//! Each block names its language, and that says what is checked:
//!
//! - `json`, `jsonl`, `yaml`: it parses.
//! - `rust`: it is a part of a source file of the workspace, so it compiles. Code that only a document shows is in
//!   `tests/it/documents/rule.rs`. In the README.md of a crate it is a doctest.
//! - `python`, `typescript`: it is a part of a service in `examples`, or another test runs it: [`RUN_ELSEWHERE`].
//! - `sh`: the commands run and succeed, in a [terminal](super::terminal) for each page, from top to bottom.
//! - `console`: a line that begins with `$ ` is a command, and the lines up to the next command are what it prints. Times,
//!   durations and ids may differ. A line `…` is any number of lines, and `…` inside of a line is any text. `make run` as a
//!   command prints what it has printed up to then.
//! - Other languages are only shown: [`SHOWN`].
//!
//! `make run` and `make sample` run. A block that has only `make …` and targets that CI makes is not run here.
//!
//! Commands that no test can run have a comment in the line before the block, which no reader sees:
//!
//! ```text
//! <!-- not run: needs an AWS account -->
//! ```
//!
//! It is a comment, because GitHub does not document how it reads words after the language.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    process::Command,
    time::Duration,
};

use models::root;
use pulldown_cmark::{CodeBlockKind, Event, Tag, TagEnd};

use super::{Document, documents, files, parts, terminal::Terminal};

/// Languages of blocks that are shown and not checked.
const SHOWN: [&str; 5] = ["text", "nginx", "http", "diff", "toml"];

/// The page with a program that a test of `decision_service` runs, and the program's language.
const RUN_ELSEWHERE: (&str, &str) = ("docs/decisions-in-your-language.md", "python");

/// The tests of `reverse_proxy` run the blocks of this page that contain one of the texts.
const REVERSE_PROXY: (&str, &[&str]) = ("docs/reverse-proxy.md", &support::TYPED_IN);

/// A code block of a document.
struct Block {
    page: String,
    /// Its place: page and line.
    at: String,
    language: String,
    text: String,
    /// Why it is not run.
    not_run: Option<String>,
}

/// The code blocks of a document, in their order.
fn blocks(document: &Document) -> Vec<Block> {
    let (mut found, mut comment) = (Vec::<Block>::new(), None);
    let mut is_code = false;
    for (event, place) in parts(&document.text) {
        match event {
            Event::Start(Tag::CodeBlock(kind)) => {
                let language = match kind {
                    CodeBlockKind::Fenced(info) => info.to_string(),
                    CodeBlockKind::Indented => String::new(),
                };
                found.push(Block {
                    page: document.path.clone(),
                    at: document.at(place.start),
                    language,
                    text: String::new(),
                    not_run: comment.take(),
                });
                is_code = true;
            }
            Event::End(TagEnd::CodeBlock) => is_code = false,
            Event::Text(text) if is_code => {
                found.last_mut().expect("it began").text.push_str(&text);
            }
            Event::Html(html) => comment = reason(&html),
            Event::Start(Tag::HtmlBlock) | Event::End(TagEnd::HtmlBlock) => {}
            _ => comment = None,
        }
    }
    found
}

/// The reason in the last comment. It can be empty.
fn reason(html: &str) -> Option<String> {
    let comment = html.trim().rsplit_once("<!--")?.1.strip_suffix("-->")?;
    let reason = comment.trim().strip_prefix("not run:")?;
    Some(reason.trim().to_owned())
}

impl Block {
    fn is_run(&self) -> bool {
        self.language == "sh" || self.language == "console"
    }

    /// Checks everything except whether it runs.
    fn check(&self, sources: &Sources, is_doctest: bool) -> Result<(), String> {
        match self.not_run.as_deref() {
            Some("") => return Err("no reason is given".to_owned()),
            Some(_) if !self.is_run() => {
                return Err(format!(
                    "{} is never run: no reason is needed",
                    self.language
                ));
            }
            _ => {}
        }
        match self.language.as_str() {
            "" => Err("a block without a language".to_owned()),
            "json" => parses_as_json(&self.text),
            "jsonl" => self.text.lines().try_for_each(parses_as_json),
            "yaml" => serde_yaml_ng::from_str::<serde_yaml_ng::Value>(&self.text)
                .map(drop)
                .map_err(|error| error.to_string()),
            "rust" if !is_doctest && !contains_lines(&sources.rust, &self.text) => {
                Err("is in no source file, so nobody compiles it".to_owned())
            }
            "rust" | "sh" => Ok(()),
            language if (self.page.as_str(), language) == RUN_ELSEWHERE => Ok(()),
            "python" | "typescript" if !contains_lines(&sources.examples, &self.text) => {
                Err("is in no service of examples, so nobody runs it".to_owned())
            }
            "python" | "typescript" => Ok(()),
            "console" => dialogue(&self.text).map(drop),
            language if SHOWN.contains(&language) => Ok(()),
            language => Err(format!("{language:?} is no language that is checked here")),
        }
    }

    /// The commands to run, each with what it prints if the document shows that. Nothing if another test runs them.
    fn to_be_run(
        &self,
        page: &str,
        made_by_ci: &BTreeSet<String>,
    ) -> Vec<(String, Option<String>)> {
        let (typed_in_of, parts) = REVERSE_PROXY;
        let is_typed_in = page == typed_in_of && parts.iter().any(|it| self.text.contains(it));
        if !self.is_run() || self.not_run.is_some() || is_typed_in {
            return Vec::new();
        }
        if self.language == "console" {
            let dialogue = dialogue(&self.text).expect("it was checked");
            return dialogue
                .into_iter()
                .map(|(command, printed)| (command, Some(printed)))
                .collect();
        }
        match made(&self.text) {
            Some(targets) if targets.iter().all(|it| made_by_ci.contains(it)) => Vec::new(),
            _ => vec![(self.text.clone(), None)],
        }
    }
}

fn parses_as_json(text: &str) -> Result<(), String> {
    serde_json::from_str::<serde_json::Value>(text)
        .map(drop)
        .map_err(|error| error.to_string())
}

/// Whether the sources contain these lines, with any indentation.
fn contains_lines(sources: &str, block: &str) -> bool {
    sources.contains(&format!("\n{}\n", trimmed(block)))
}

fn trimmed(code: &str) -> String {
    code.trim()
        .lines()
        .map(str::trim)
        .collect::<Vec<_>>()
        .join("\n")
}

/// The code that documents can show parts of.
struct Sources {
    /// Cargo compiles it.
    rust: String,
    /// The tests of `app_services` run it.
    examples: String,
}

fn sources(root: &Path) -> Sources {
    let files = files(root);
    let all = |folders: &[&str], endings: &[&str]| {
        let shown = files.iter().filter(|file| {
            let is_there = folders.iter().any(|folder| file.starts_with(folder));
            is_there && endings.iter().any(|ending| file.ends_with(ending))
        });
        let texts = shown.map(|file| trimmed(&fs::read_to_string(root.join(file)).unwrap()));
        format!("\n{}\n", texts.collect::<Vec<_>>().join("\n\n"))
    };
    let rust = ["functions/", "shared/", "tests/it/documents/rule.rs"];
    Sources {
        rust: all(&rust, &[".rs"]),
        examples: all(&["examples/"], &[".py", ".ts"]),
    }
}

/// Splits a `console` block into commands, each with what it prints.
fn dialogue(text: &str) -> Result<Vec<(String, String)>, String> {
    let mut found: Vec<(String, String)> = Vec::new();
    let mut goes_on = false;
    for line in text.lines() {
        match (line.strip_prefix("$ "), found.last_mut()) {
            (_, Some((command, _))) if goes_on => {
                command.push('\n');
                command.push_str(line);
                goes_on = line.ends_with('\\');
            }
            (Some(command), _) => {
                goes_on = command.ends_with('\\');
                found.push((command.to_owned(), String::new()));
            }
            (None, Some((_, printed))) => {
                printed.push_str(line);
                printed.push('\n');
            }
            (None, None) => return Err("does not begin with a command: `$ …`".to_owned()),
        }
    }
    match found.is_empty() {
        true => Err("has no command: `$ …`".to_owned()),
        false => Ok(found),
    }
}

/// The targets of a block that contains only `make …`.
fn made(text: &str) -> Option<Vec<String>> {
    let commands = text
        .lines()
        .map(|line| line.split(" #").next().unwrap_or_default().trim());
    let mut targets = Vec::new();
    for command in commands.filter(|command| !command.is_empty() && !command.starts_with('#')) {
        let mut words = command.split_whitespace();
        if words.next() != Some("make") {
            return None;
        }
        let named = words.filter(|word| !word.contains('='));
        targets.extend(named.map(str::to_owned));
    }
    Some(targets)
}

/// The targets that `.ci/run` makes, and all that they need.
fn made_by_ci(root: &Path) -> BTreeSet<String> {
    let script = fs::read_to_string(root.join(".ci/run")).unwrap();
    let script = script.replace("exec ", "");
    let made_first = script
        .lines()
        .filter(|line| line.starts_with("make "))
        .flat_map(made);
    let mut left: Vec<String> = made_first.flatten().collect();
    assert!(!left.is_empty(), ".ci/run makes nothing");
    let database = Command::new("make")
        .args(["--print-data-base", "--dry-run", "--question"])
        .current_dir(root)
        .env_remove("MAKEFLAGS")
        .output()
        .unwrap();
    let database = String::from_utf8(database.stdout).unwrap();
    let mut needs: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut target = "";
    for line in database.lines() {
        if let Some(recipe) = line.strip_prefix('\t') {
            // A recipe that makes other targets.
            let made = recipe.split("$(MAKE) ").skip(1);
            let made = made.filter_map(|targets| targets.split([' ', ';']).next());
            needs.entry(target).or_default().extend(made);
            continue;
        }
        let rule = line.split_once(':');
        let rule = rule.filter(|_| line.starts_with(|c: char| c.is_ascii_alphabetic()));
        let Some((name, needed)) = rule.filter(|(_, needed)| !needed.contains('=')) else {
            continue;
        };
        target = name;
        let needed = needed.split_whitespace();
        needs.entry(target).or_default().extend(needed);
    }
    let mut found = BTreeSet::new();
    while let Some(target) = left.pop() {
        if !found.insert(target.clone()) {
            continue;
        }
        let needed = needs.get(target.as_str());
        left.extend(needed.into_iter().flatten().map(|it| (*it).to_owned()));
    }
    found
}

/// What is wrong in the blocks of these documents, except whether they run.
fn wrong(root: &Path, documents: &[Document]) -> Vec<String> {
    let sources = sources(root);
    let mut wrong = Vec::new();
    for document in documents {
        let is_doctest = is_documentation_of_a_crate(root, &document.path);
        for block in blocks(document) {
            if let Err(problem) = block.check(&sources, is_doctest) {
                wrong.push(format!("{}: {problem}", block.at));
            }
        }
    }
    wrong
}

/// Whether the Rust in this README.md is tested as the documentation of its crate.
fn is_documentation_of_a_crate(root: &Path, document: &str) -> bool {
    let Some(folder) = document.strip_suffix("/README.md") else {
        return false;
    };
    let library = fs::read_to_string(root.join(folder).join("src/lib.rs"));
    library.is_ok_and(|library| library.contains("#[doc = include_str!(\"../README.md\")]"))
}

/// What happened to the commands of a document.
#[derive(Default)]
struct Outcome {
    run: usize,
    wrong: Vec<String>,
}

/// Runs the commands of a document, in its order, up to the first that fails.
async fn run(document: &Document, made_by_ci: &BTreeSet<String>) -> Outcome {
    let mut outcome = Outcome::default();
    let mut terminal = None;
    for block in blocks(document) {
        for (command, expected) in block.to_be_run(&document.path, made_by_ci) {
            if terminal.is_none() {
                terminal = Some(Terminal::open(&document.path).await);
            }
            let terminal = terminal.as_mut().expect("it was opened");
            outcome.run += 1;
            let done = does(terminal, &command, expected.as_deref()).await;
            let Err(problem) = done else {
                continue;
            };
            let problem = format!("{}: {command}\n{problem}", block.at);
            outcome.wrong.push(problem);
            // The rest of the page may need what failed.
            return outcome;
        }
    }
    outcome
}

/// Runs a command that ought to print this.
async fn does(
    terminal: &mut Terminal,
    command: &str,
    expected: Option<&str>,
) -> Result<(), String> {
    let (mut tries, pause) = match command.split_whitespace().next() {
        // It prints a callback's line a moment after its answer.
        Some("make") if command.starts_with("make run") => (20, Duration::from_millis(250)),
        // On a busy machine, the answer can be that it was too late to decide or to store.
        Some("curl") => (3, Duration::from_secs(2)),
        _ => (1, Duration::ZERO),
    };
    loop {
        let printed = terminal.type_in(command).await?;
        let Some(expected) = expected.filter(|expected| !matches(expected, &printed)) else {
            return Ok(());
        };
        tries -= 1;
        if tries == 0 {
            return Err(format!("it prints\n{printed}instead of\n{expected}"));
        }
        tokio::time::sleep(pause).await;
    }
}

/// Whether a command printed what the document shows, except for times, durations and ids.
fn matches(expected: &str, printed: &str) -> bool {
    let expected: Vec<String> = expected.trim_end().lines().map(normalised).collect();
    let printed: Vec<String> = printed.trim_end().lines().map(normalised).collect();
    are_the_same(&expected, &printed)
}

fn are_the_same(expected: &[String], printed: &[String]) -> bool {
    match expected.split_first() {
        None => printed.is_empty(),
        Some((line, rest)) if line == "…" => {
            (0..=printed.len()).any(|skipped| are_the_same(rest, &printed[skipped..]))
        }
        Some((line, rest)) => printed
            .split_first()
            .is_some_and(|(first, after)| is_the_same(line, first) && are_the_same(rest, after)),
    }
}

fn is_the_same(expected: &str, printed: &str) -> bool {
    match expected.split_once('…') {
        None => expected == printed,
        Some((begin, rest)) => printed.strip_prefix(begin).is_some_and(|printed| {
            let mut ends = printed.char_indices().map(|(place, _)| place);
            is_the_same(rest, "") || ends.any(|place| is_the_same(rest, &printed[place..]))
        }),
    }
}

/// A line without times, durations and ids.
fn normalised(line: &str) -> String {
    const DIFFERS: [(&str, &str); 6] = [
        (
            r"\b[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT\b",
            "<time>",
        ),
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "<time>"),
        (r"\b\d\d:\d\d:\d\d(\.\d+)?\b", "<time of day>"),
        (
            r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b",
            "<id>",
        ),
        // Those of `make run`.
        (r"\b[0-9a-f]{11}-\d+\b", "<id>"),
        (r"\b\d+(\.\d+)? ?(ms|s)\b", "<duration>"),
    ];
    let line = line.trim_end().to_owned();
    DIFFERS.iter().fold(line, |line, (pattern, name)| {
        let pattern = regex_lite::Regex::new(pattern).unwrap();
        pattern.replace_all(&line, *name).into_owned()
    })
}

#[test]
fn every_block_has_a_language_and_is_valid() {
    let documents = documents(&root());
    super::assert_nothing_is_wrong(&wrong(&root(), &documents));
    let blocks: Vec<Block> = documents.iter().flat_map(blocks).collect();
    assert!(blocks.iter().any(|block| block.language == "rust"));
    println!("{} blocks in {} documents", blocks.len(), documents.len());
}

#[tokio::test]
async fn commands_in_documents_run_and_print_what_is_shown() {
    let made_by_ci = made_by_ci(&root());
    let (mut count, mut wrong) = (0, Vec::new());
    for document in documents(&root()) {
        let outcome = run(&document, &made_by_ci).await;
        count += outcome.run;
        wrong.extend(outcome.wrong);
    }
    super::assert_nothing_is_wrong(&wrong);
    assert!(count > 0, "the documents show no command that can be run");
    println!("{count} commands of the documents");
}

fn document(text: &str) -> Document {
    Document {
        path: "docs/page.md".to_owned(),
        text: text.to_owned(),
    }
}

#[test]
fn wrong_blocks_are_reported() {
    let good = r#"
```json
{"a": 1}
```

```jsonl
{"a": 1}
{"a": 2}
```

```yaml
a: !Ref b
```

```rust
pub fn handle(callback: BeforeAddFriend) -> Decision<NoAmendment> {
let to_staff = callback.to_user_id.as_str().starts_with("staff_");
```

- In a list:

  <!-- not run: needs a bucket -->
  ```sh
  false
  ```

```console
$ echo \
    a
a
```

```python
return 200, {"decision": "allow"}
```

```text
Words.
```
"#;
    super::assert_wrong(&wrong(&root(), &[document(good)]), &[]);

    let bad = r#"
```
{"a": 1}
```

    {"a": 1}

```json
{"a": 1,}
```

```jsonl
{"a": 1}
{"a":
```

```yaml
a: [
```

```rust
pub fn handle(callback: BeforeAddFriend) -> Decision<Amendment> {
```

```python
return 200, {"decision": "perhaps"}
```

<!-- not run: -->
```sh
true
```

<!-- not run: it is only shown -->
```text
Words.
```

```console
a
```

```bash
true
```

```sh,norun
true
```
"#;
    super::assert_wrong(
        &wrong(&root(), &[document(bad)]),
        &[
            "docs/page.md:2: a block without a language",
            "docs/page.md:6: a block without a language",
            "docs/page.md:8: trailing comma",
            "docs/page.md:12: EOF while parsing",
            "docs/page.md:17: ",
            "docs/page.md:21: is in no source file",
            "docs/page.md:25: is in no service of examples",
            "docs/page.md:30: no reason is given",
            "docs/page.md:35: text is never run",
            "docs/page.md:39: does not begin with a command",
            "docs/page.md:43: \"bash\" is no language",
            "docs/page.md:47: \"sh,norun\" is no language",
        ],
    );
}

#[test]
fn rust_in_the_readme_of_a_crate_is_its_doctest_if_the_crate_includes_it() {
    let rust = "```rust\nassert!(true);\n```\n";
    let include = "#[doc = include_str!(\"../README.md\")]\nstruct Readme;\n";
    let files = [
        ("shared/a/README.md", rust),
        ("shared/a/src/lib.rs", include),
        ("shared/b/README.md", rust),
        ("shared/b/src/lib.rs", ""),
        ("shared/c/README.md", rust),
        ("docs/page.md", rust),
    ];
    let root = super::project("crates", &files);
    super::assert_wrong(
        &wrong(&root, &documents(&root)),
        &[
            "docs/page.md:1: ",
            "shared/b/README.md:1: ",
            "shared/c/README.md:1: ",
        ],
    );
}

#[test]
fn only_commands_without_a_reason_are_run_and_a_reason_is_for_one_block() {
    let text = "\
<!-- Another comment. -->
<!-- not run: one -->
```sh
one
```

```sh
two
```

<!-- not run: three -->
Some words.

```sh
three
```

```sh
make run   # one line
# another
make test
```

```sh
make test
```

```sh
make test
ls
```

```console
$ four
4
$ five
```
";
    let made_by_ci = BTreeSet::from(["test".to_owned()]);
    let blocks = blocks(&document(text));
    let run = |page: &str| -> Vec<String> {
        let commands = blocks.iter().flat_map(|it| it.to_be_run(page, &made_by_ci));
        commands.map(|(command, _)| command).collect()
    };
    let expected = [
        "two\n",
        "three\n",
        "make run   # one line\n# another\nmake test\n",
        "make test\nls\n",
        "four",
        "five",
    ];
    assert_eq!(run("docs/page.md"), expected);

    let typed_in = format!("```sh\n{}\n```\n\n```sh\nls\n```\n", support::TYPED_IN[0]);
    let commands = |page: &str| -> usize {
        let blocks = super::blocks::blocks(&document(&typed_in));
        blocks
            .iter()
            .map(|it| it.to_be_run(page, &made_by_ci).len())
            .sum()
    };
    assert_eq!(
        (commands("docs/page.md"), commands(REVERSE_PROXY.0)),
        (2, 1)
    );
}

#[test]
fn the_targets_that_ci_makes_are_found_in_the_makefile() {
    let made = made_by_ci(&root());
    for target in ["test", "check", "clippy", "book"] {
        assert!(made.contains(target), "{target}: {made:?}");
    }
    for target in ["run", "sample", "fuzz", "quick", "nothing"] {
        assert!(!made.contains(target), "{target}: {made:?}");
    }
}

#[test]
fn only_times_durations_and_ids_are_not_compared() {
    let expected = "\
FRIEND      AS OF
7720934416  2026-11-21T14:08:38.855Z
…
12:00:00 INFO  c6af9ac6-7b61-11e6-9a41-93e8deadbeef took 12 ms
{\"id\":\"1a219df360c-0\",…,\"command\":\"x\"…}
date: Sat, 21 Nov 2026 12:00:00 GMT
";
    let printed = "\
FRIEND      AS OF
7720934416  2027-01-01T00:00:00.001Z
more
and more
23:59:59 INFO  00000000-0000-0000-0000-000000000000 took 3.5ms
{\"id\":\"1a219df4567-30\",\"date\":\"\",\"command\":\"x\"}
date: Sun, 22 Nov 2026 00:00:00 GMT

";
    assert!(matches(expected, printed));
    assert!(matches(expected, &printed.replace("more\nand more\n", "")));
    for (from, to) in [
        ("7720934416", "7720934417"),
        ("2027-01-01T", "2027-01-01 "),
        ("INFO", "WARN"),
        ("FRIEND ", "FRIENDS"),
        ("{\"id\":", "more\n{\"id\":"),
        ("\"id\":", "\"di\":"),
        (",\"command\"", "\"command\""),
        ("\"x\"}", "\"y\"}"),
        ("\"x\"}", "\"x\"} y"),
        ("date: ", "when: "),
    ] {
        assert!(!matches(expected, &printed.replace(from, to)), "{to}");
    }
    assert!(!matches("", "more"));
    assert!(!matches("more", ""));
}

#[tokio::test]
async fn commands_that_fail_or_print_something_else_are_reported() {
    let page = |path: &str, blocks: &str| Document {
        path: path.to_owned(),
        text: blocks.to_owned(),
    };
    let good = page(
        "good.md",
        r#"
```sh
make run PORT=9000  # in one terminal
make sample >/dev/null
test -f policies.json
folder=$PWD
```

```console
$ make run
…
url: http://127.0.0.1:9000
dynamodb: http://127.0.0.1:8000
…
$ curl http://127.0.0.1:9000/callbackAfterSetFriendRemarkCommand \
    -d '{"ownerUserID": "a", "friendUserID": "b", "remark": "Lenny"}'
{"actionCode":0,"errCode":0,"errMsg":"","errDlt":"","nextCode":0}
$ $folder/target/debug/imhook friends-of a
FRIEND  REMARK  AS OF
b       Lenny   2026-11-21T14:08:38.855Z
$ make run
…
12:00:00 INFO  after-set-friend-remark: callback stored  …requestId=…
…
$ echo oh >&2; echo http://127.0.0.1:9000 and http://127.0.0.1:8000; cat
oh
http://127.0.0.1:9000 and http://127.0.0.1:8000
```
"#,
    );
    let outcome = run(&good, &BTreeSet::new()).await;
    super::assert_wrong(&outcome.wrong, &[]);
    assert_eq!(outcome.run, 6);

    let bad = [
        ("fails", "```sh\nfalse\ntrue\n```", "it fails"),
        ("fails-in-a-pipe", "```sh\nfalse | true\n```", "it fails"),
        (
            "unset",
            "```sh\necho $unset\n```",
            "unset: unbound variable",
        ),
        ("no-shell", "```sh\necho (\n```", "syntax error"),
        (
            "unknown",
            "```sh\nno-such-program x\n```",
            "no-such-program: command not found",
        ),
        (
            "other",
            "```console\n$ echo a\nb\n```",
            "it prints\na\ninstead of\nb",
        ),
        (
            "more",
            "```console\n$ echo a; echo b\na\n```",
            "it prints\na\nb\ninstead of\na",
        ),
        (
            "not-printed",
            "```console\n$ make run\n…\nINFO\n…\n```",
            "ready: `make sample`",
        ),
        (
            "no-target",
            "```sh\nmake nothing\n```",
            "make nothing is not run",
        ),
        ("not-made", "```sh\nmake fuzz\n```", "make fuzz is not run"),
        (
            "option",
            "```sh\nmake run SDK_APP_ID='x --nothing'\n```",
            "unexpected argument '--nothing'",
        ),
        ("compiles", "```sh\ncargo build\n```", "cargo is not run"),
        ("asks-aws", "```sh\naws logs tail\n```", "aws is not run"),
    ]
    .map(|(name, block, problem)| {
        let page = page(&format!("{name}.md"), block);
        tokio::spawn(async move {
            let outcome = run(&page, &BTreeSet::new()).await;
            super::assert_wrong(&outcome.wrong, &[problem]);
            assert!(outcome.wrong[0].starts_with(&format!("{name}.md:1: ")));
        })
    });
    for page in bad {
        page.await.unwrap();
    }
}
