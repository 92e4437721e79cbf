//! The exit codes. Scripts depend on them, so they never change their meaning: docs/tools.md lists them.

use std::{error::Error, fmt};

use crate::Result;

/// It ran well and found something: a finding, a refusal, a signature that is wrong.
pub(crate) const FOUND: u8 = 3;
/// What was followed is gone.
pub(crate) const GONE: u8 = 10;
/// Nobody reads the output any more. SIGPIPE ends most programs then, and shells give them this code. It is not a success,
/// because `rebuild-relationships` stops before its work is done.
pub(crate) const NOBODY_READS: u8 = 128 + 13;

/// The end of a command that has printed all that it has to say, with this exit code.
#[derive(Debug)]
pub(crate) struct With(pub(crate) u8);

impl fmt::Display for With {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "exit code {}", self.0)
    }
}

impl Error for With {}

/// The end of a command that says with its exit code whether it found something.
pub(crate) fn found(something: bool) -> Result<()> {
    match something {
        true => Err(With(FOUND).into()),
        false => Ok(()),
    }
}
