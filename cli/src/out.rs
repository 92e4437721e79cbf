//! Writes to standard output and standard error. No other module does.

use std::{
    error::Error,
    fmt,
    io::{self, ErrorKind, IsTerminal as _, Write as _},
};

use anstyle::{AnsiColor, Style};
use clap::Args;
use serde::Serialize;
use serde_json::Value;

use crate::{
    Result,
    text::{self, shown},
};

/// How a command says what it does.
#[derive(Args, Clone, Copy, Default)]
pub(crate) struct Format {
    /// Print JSON lines instead of sentences
    #[arg(long)]
    json: bool,
}

impl Format {
    pub(crate) fn is_json(self) -> bool {
        self.json
    }

    /// Prints one fact.
    pub(crate) fn say(self, sentence: &str, fact: &Value) -> Result<()> {
        progress("");
        match self.json {
            true => json(fact),
            false => line(sentence),
        }
    }

    /// Says how far long work is. On a terminal, each call replaces what the last one said. `share` is a number from 0 to 1, if
    /// it is known how much there is to do.
    pub(crate) fn progress(self, sentence: &str, share: Option<f64>, fact: &Value) -> Result<()> {
        match (self.json, io::stderr().is_terminal()) {
            (false, true) => progress(&match share {
                Some(share) => format!("{} {sentence}", bar(share)),
                None => sentence.to_owned(),
            }),
            (false, false) => line(sentence)?,
            (true, _) => json(fact)?,
        }
        Ok(())
    }
}

fn bar(share: f64) -> String {
    const WIDTH: f64 = 20.0;
    let share = share.clamp(0.0, 1.0);
    let [done, percent] = [share * WIDTH, share * 100.0].map(|it| it as usize);
    format!("[{:<20}] {percent:>3} %", "#".repeat(done))
}

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

/// Says at a glance whether something is well.
#[derive(Clone, Copy)]
pub(crate) enum Colour {
    Good,
    Doubtful,
    Bad,
    None,
}

/// Prints one line. The middle is coloured if standard output is a terminal that shows colours.
pub(crate) fn coloured(colour: Colour, [before, middle, after]: [&str; 3]) -> Result<()> {
    let style = match colour {
        Colour::Good => AnsiColor::Green.on_default(),
        Colour::Doubtful => AnsiColor::Yellow.on_default(),
        Colour::Bad => AnsiColor::Red.on_default().bold(),
        Colour::None => Style::new(),
    };
    let [before, middle, after] = [before, middle, after].map(shown);
    let text = format!("{before}{style}{middle}{style:#}{after}\n");
    written(anstream::stdout().lock(), &text)
}

/// Prints a value as one line of JSON.
pub(crate) fn json(value: &impl Serialize) -> Result<()> {
    line(&text::json(&serde_json::to_string(value)?))
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
    written(io::stdout().lock(), &text)
}

fn written(mut to: impl io::Write, text: &str) -> Result<()> {
    let written = to.write_all(text.as_bytes()).and_then(|()| to.flush());
    written.map_err(|error| match error.kind() {
        ErrorKind::BrokenPipe => NobodyReads.into(),
        _ => format!("standard output: {error}").into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_never_longer_than_the_whole() {
        assert_eq!(bar(0.0), "[                    ]   0 %");
        assert_eq!(bar(0.456), "[#########           ]  45 %");
        assert_eq!(bar(1.3), "[####################] 100 %");
    }
}
