//! `make generate`: writes every list of the commands from [`protocol::catalogue`]. It never writes what a person has
//! to write: wire types, handlers and payloads. [`check`] names those that are missing, and every file that differs.
//!
//! Each module makes one output, in a pure function. Its input is the commands, and the current text where only a part
//! of the file is generated.

use std::{fmt, fs, io, path::Path};

use protocol::Command;

mod binaries;
mod both;
mod callbacks;
mod decisions;
mod deploy;
mod event_schema;
mod events;
mod functions;
mod makefile;
mod marks;
mod names;
mod policies;
mod routes;
mod samples;
mod schema;
mod sources;
mod stored;
mod template;
mod webhooks;

pub use both::{Both, Pair, both, fields, pairs, remove};
pub use stored::Stored;
pub use template::template;

/// One generated file.
struct Output {
    /// From the project's root.
    path: String,
    /// The text that the file should have.
    text: Result<String, MarksMissing>,
}

/// A file without the marks around its generated part.
#[derive(Debug)]
pub struct MarksMissing;

impl fmt::Display for MarksMissing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the marks around the generated part are missing")
    }
}

/// The texts that the files should have. A file that does not exist counts as empty.
fn outputs(root: &Path, commands: &[&Command]) -> Vec<Output> {
    let stored = Stored::read(root, commands);
    let current = |path: &str| fs::read_to_string(root.join(path)).unwrap_or_default();
    let part = |path: &str, text: fn(&[&Command], &str) -> Result<String, MarksMissing>| Output {
        text: text(commands, &current(path)),
        path: path.to_owned(),
    };
    let whole = |path: &str, text: String| Output {
        text: Ok(text),
        path: path.to_owned(),
    };
    let mut outputs = vec![
        part("template.yaml", template::template),
        part("Cargo.toml", routes::routes),
        part("Makefile", makefile::makefile),
        part("policies.schema.json", schema::schema),
        part("docs/policies.md", policies::policies),
        part(decisions::PATH, decisions::decisions),
        part("docs/policies-subjects.md", policies::by_subject),
        whole("docs/callbacks.md", callbacks::callbacks(commands, &stored)),
        whole("docs/events.md", events::events(root, commands, &stored)),
        whole(event_schema::PATH, event_schema::schema()),
        whole("docs/webhooks.yml", webhooks::webhooks(commands, &stored)),
        whole(samples::PATH, samples::samples(commands, &stored)),
        whole(functions::PATH, functions::functions(commands)),
    ];
    let template = current("template.yaml");
    for (package, reads_policies) in deploy::packages(commands) {
        let path = format!("functions/{package}/Cargo.toml");
        outputs.push(Output {
            text: deploy::settings(&template, reads_policies, &current(&path)),
            path,
        });
    }
    let binaries = commands.iter().filter_map(|command| {
        let path = names::binary(command)?;
        Some(whole(&path, binaries::binary(command)))
    });
    outputs.extend(binaries);
    outputs
}

/// The paths of all files that are generated, entirely or in part.
pub fn files(root: &Path, commands: &[&Command]) -> Vec<String> {
    let outputs = outputs(root, commands).into_iter();
    outputs.map(|output| output.path).collect()
}

/// Writes the files that differ, and returns their paths.
///
/// # Errors
///
/// Fails if a file cannot be written, or has no marks.
pub fn write(root: &Path, commands: &[&Command]) -> io::Result<Vec<String>> {
    let mut written = Vec::new();
    for Output { path, text } in outputs(root, commands) {
        let file = root.join(&path);
        let text = text.map_err(|error| io::Error::other(format!("{path}: {error}")))?;
        if fs::read_to_string(&file).ok().as_ref() == Some(&text) {
            continue;
        }
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(file, text)?;
        written.push(path);
    }
    Ok(written)
}

/// Every difference from the catalogue, one line each.
pub fn check(root: &Path, commands: &[&Command]) -> Vec<String> {
    let mut wrong = Vec::new();
    for Output { path, text } in outputs(root, commands) {
        match (fs::read_to_string(root.join(&path)), text) {
            (Err(error), _) => wrong.push(format!("{path}: {error}; run make generate")),
            (_, Err(error)) => wrong.push(format!("{path}: {error}")),
            (Ok(current), Ok(wanted)) if current != wanted => {
                wrong.push(first_difference(&path, &current, &wanted));
            }
            _ => {}
        }
    }
    wrong.extend(sources::missing(root, commands));
    wrong.extend(sources::not_in_the_catalogue(root, commands));
    wrong
}

fn first_difference(path: &str, current: &str, wanted: &str) -> String {
    let (mut is, mut ought) = (current.lines(), wanted.lines());
    for number in 1.. {
        match (is.next(), ought.next()) {
            (None, None) => break,
            (one, other) if one != other => {
                let shown =
                    |line: Option<&str>| line.map_or("nothing".to_owned(), |it| format!("{it:?}"));
                return format!(
                    "{path}:{number}: has {}, the catalogue gives {}; run make generate",
                    shown(one),
                    shown(other)
                );
            }
            _ => {}
        }
    }
    format!("{path}: line endings differ; run make generate")
}
