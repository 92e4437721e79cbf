//! Writes to standard output and standard error. No other module does.

use std::{
    error::Error,
    fmt,
    io::{self, ErrorKind, IsTerminal as _, Write as _},
};

use crate::{Result, text::shown};

/// Nobody reads standard output any more, for example because it went to `head`. The program then ends without a message.
#[derive(Debug)]
pub(crate) struct NobodyReads;

impl fmt::Display for NobodyReads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nobody reads the output any more")
    }
}

impl Error for NobodyReads {}

/// Prints one line. Characters that a terminal obeys are escaped, also ends of lines.
pub(crate) fn line(line: &str) -> Result<()> {
    print(format!("{}\n", shown(line)))
}

/// Prints several lines. In each, characters that a terminal obeys are escaped.
pub(crate) fn lines(lines: &str) -> Result<()> {
    print(each_shown(lines))
}

/// Prints a text of this program itself, which has nothing of others in it.
pub(crate) fn as_it_is(text: String) -> Result<()> {
    print(text)
}

/// Writes lines to standard error. Ignores errors, because there is no other place to report them.
pub(crate) fn complain(lines: &str) {
    let _ = io::stderr().write_all(each_shown(lines).as_bytes());
}

/// Replaces the last line of a terminal on standard error. Does nothing if it is no terminal.
pub(crate) fn progress(line: &str) {
    let mut stderr = io::stderr();
    if stderr.is_terminal() {
        let _ = write!(stderr, "\r\x1b[K{}", shown(line));
    }
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
