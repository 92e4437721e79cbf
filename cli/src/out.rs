//! Standard output and standard error: the one place that writes to them.

use std::{
    error::Error,
    fmt,
    io::{self, ErrorKind, Write as _},
};

use crate::{Result, text::shown};

/// Nobody reads standard output any more: it went to `head`, say. That ends the program, and quietly.
#[derive(Debug)]
pub(crate) struct NobodyReads;

impl fmt::Display for NobodyReads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nobody reads what is printed")
    }
}

impl Error for NobodyReads {}

/// Prints one line, whatever is in it.
pub(crate) fn line(line: &str) -> Result<()> {
    print(format!("{}\n", shown(line)))
}

/// Prints lines, of which each is to be one already.
pub(crate) fn lines(lines: &str) -> Result<()> {
    print(each_shown(lines))
}

/// Writes lines to standard error. Where nobody reads that, there is nobody to tell.
pub(crate) fn complain(lines: &str) {
    let _ = io::stderr().write_all(each_shown(lines).as_bytes());
}

fn each_shown(lines: &str) -> String {
    let lines = lines.lines();
    lines.map(|line| format!("{}\n", shown(line))).collect()
}

fn print(text: String) -> Result<()> {
    let mut stdout = io::stdout().lock();
    let written = stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush());
    written.map_err(|error| match error.kind() {
        ErrorKind::BrokenPipe => NobodyReads.into(),
        _ => format!("standard output: {error}").into(),
    })
}
