//! The list of functions that the tests start.

use std::fmt::Write as _;

use protocol::Command;

use crate::names;

pub(crate) const PATH: &str = "tests/support/src/functions.rs";

/// The whole text of the list.
pub(crate) fn functions(commands: &[&Command]) -> String {
    let mut list = String::from(
        "//! Written by `make generate`.

/// Every function, with the path that only this function serves. `any-command` serves all other paths.
#[rustfmt::skip]
pub const FUNCTIONS: &[(&str, &str)] = &[
",
    );
    for (function, command) in names::functions(commands) {
        let _ = writeln!(list, "    (\"{function}\", \"{}\"),", names::route(command));
    }
    list.push_str("    (\"any-command\", \"/{path}\"),\n];\n");
    list
}
