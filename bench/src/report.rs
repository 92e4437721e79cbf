//! `bench report`: writes the tables of the documentation from the last results.

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::Args;
use serde::de::DeserializeOwned;

use crate::{Result, functions::Functions, instructions::Recorded, root};

#[derive(Args)]
pub(crate) struct Options {
    /// The folder of the repository
    #[arg(long, value_name = "FOLDER", default_value_os_t = root())]
    root: PathBuf,
}

const CHART: &str = "docs/images/performance.svg";

/// A file of the documentation with the text that it should have.
#[derive(Debug, PartialEq, Eq)]
struct Document {
    path: PathBuf,
    text: String,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    for Document { path, text } in documents(&options.root)? {
        if fs::read_to_string(&path).ok().as_ref() != Some(&text) {
            fs::write(&path, text)?;
            println!("written: {}", path.display());
        }
    }
    Ok(())
}

fn documents(root: &Path) -> Result<[Document; 3]> {
    let functions: Functions = read(&root.join("docs/performance/functions.json"))?;
    let counts: Recorded = read(&root.join("bench/recorded.json"))?;
    let filled = |name: &str, tables: &[(&str, String)]| {
        let path = root.join(name);
        let mut text = fs::read_to_string(&path).map_err(|error| format!("{name}: {error}"))?;
        for (mark, table) in tables {
            text = fill(&text, mark, table).map_err(|error| format!("{name}: {error}"))?;
        }
        Ok::<_, crate::Error>(Document { path, text })
    };
    Ok([
        filled(
            "docs/performance.md",
            &[
                ("functions", functions.page()),
                ("counts", counts.summary()),
            ],
        )?,
        filled("README.md", &[("functions", functions.summary())])?,
        Document {
            path: root.join(CHART),
            text: functions.chart(),
        },
    ])
}

fn read<T: DeserializeOwned>(file: &Path) -> Result<T> {
    let text = fs::read_to_string(file)
        .map_err(|error| format!("{}: {error}; run make bench", file.display()))?;
    serde_json::from_str(&text).map_err(|error| format!("{}: {error}", file.display()).into())
}

/// Replaces the text between two marks.
fn fill(text: &str, mark: &str, part: &str) -> Result<String> {
    const END: &str = "<!-- /bench -->";
    let start = format!("<!-- bench:{mark} -->");
    let missing = || format!("expected {start} and after it {END}");
    let (before, rest) = text.split_once(&start).ok_or_else(missing)?;
    let (_, after) = rest.split_once(END).ok_or_else(missing)?;
    Ok(format!(
        "{before}{start}\n\n{}\n\n{END}{after}",
        part.trim_end()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documentation_shows_the_last_results() {
        for Document { path, text } in documents(&root()).unwrap() {
            let shown = fs::read_to_string(&path).unwrap();
            assert!(shown == text, "{}: run make bench-report", path.display());
        }
    }

    #[test]
    fn only_the_text_between_the_marks_changes() {
        let text =
            "a\n<!-- bench:x -->\nold\n<!-- /bench -->\nb\n<!-- bench:y -->\n<!-- /bench -->\n";
        let once = fill(text, "x", "| new |\n").unwrap();
        assert_eq!(
            once,
            "a\n<!-- bench:x -->\n\n| new |\n\n<!-- /bench -->\nb\n<!-- bench:y -->\n<!-- /bench -->\n"
        );
        assert_eq!(fill(&once, "x", "| new |\n").unwrap(), once);
        assert!(fill(text, "z", "").is_err());
        assert!(fill("<!-- /bench --><!-- bench:x -->", "x", "").is_err());
    }
}
