//! The one-line binary of a command.

use protocol::Command;

use crate::names;

/// The whole text of `src/bin/<function>.rs`.
pub(crate) fn binary(command: &Command) -> String {
    let (name, family, module) = (
        command.name,
        command.family.as_str(),
        names::module(command),
    );
    format!(
        "//! The Lambda function of `{name}`. Written by `make generate`.

use {family}::{module}::handle;

fn main() -> Result<(), receiver::Error> {{
    receiver::serve([receiver::handler(handle)])
}}
"
    )
}
