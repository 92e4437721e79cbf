//! Tables in Markdown.

use std::fmt::{self, Write as _};

/// Lines of cells; the first column is text, the others are figures.
pub(crate) struct Table(String);

impl Table {
    pub(crate) fn new(columns: &[&str]) -> Self {
        let figures = "--:|".repeat(columns.len().saturating_sub(1));
        Self(format!("| {} |\n|---|{figures}\n", columns.join(" | ")))
    }

    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let cells: Vec<String> = cells.into_iter().collect();
        // Writing to a string does not fail.
        let _ = writeln!(self.0, "| {} |", cells.join(" | "));
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
