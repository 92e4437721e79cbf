//! The list of bodies that `imhook sample` posts.

use std::fmt::Write as _;

use domain::Source;
use protocol::Command;

use crate::{Stored, names};

pub(crate) const PATH: &str = "cli/src/samples.rs";

/// The whole text of the list.
pub(crate) fn samples(commands: &[&Command], stored: &Stored) -> String {
    let mut list = String::from(
        "//! One body of each command. Written by `make generate`.

/// A callback, byte for byte as its server sends it, or as the server's documents show it.
pub(crate) struct Sample {
    pub(crate) command: &'static str,
    pub(crate) body: &'static str,
    /// Whether the callback has events, which are stored.
    pub(crate) stored: bool,
}

#[rustfmt::skip]
",
    );
    for (name, source, case) in [
        ("OPENIM", Source::OpenIm, "server"),
        ("TENCENT", Source::Tencent, "document"),
    ] {
        let _ = writeln!(list, "pub(crate) const {name}: &[Sample] = &[");
        for command in commands.iter().filter(|command| command.source == source) {
            let _ = writeln!(
                list,
                "    Sample {{ command: \"{}\", body: include_str!(\"../../{}\"), stored: {} }},",
                command.name,
                names::payload(command, case),
                !stored.of(command).is_empty(),
            );
        }
        list.push_str("];\n");
        if source == Source::OpenIm {
            list.push_str("\n#[rustfmt::skip]\n");
        }
    }
    list
}
