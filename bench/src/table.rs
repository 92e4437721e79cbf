//! Tables in Markdown.

use std::fmt::{self, Write as _};

/// A table whose first column is text and whose other columns are figures.
pub(crate) struct Table(String);

impl Table {
    pub(crate) fn new(columns: &[&str]) -> Self {
        let figures = "--:|".repeat(columns.len().saturating_sub(1));
        Self(format!("| {} |\n|---|{figures}\n", columns.join(" | ")))
    }

    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let cells: Vec<String> = cells.into_iter().collect();
        // Writing to a string never fails.
        let _ = writeln!(self.0, "| {} |", cells.join(" | "));
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Writes a figure with three significant digits.
pub(crate) fn figure(value: f64) -> String {
    match value {
        100.0.. => format!("{value:.0}"),
        10.0.. => format!("{value:.1}"),
        1.0.. => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

pub(crate) fn megabytes(bytes: u64) -> String {
    figure(bytes as f64 / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_three_digits() {
        for (value, expected) in [
            (0.0534, "0.053"),
            (1.0, "1.00"),
            (10.84, "10.8"),
            (752.4, "752"),
        ] {
            assert_eq!(figure(value), expected);
        }
    }
}
