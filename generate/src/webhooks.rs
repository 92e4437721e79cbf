//! `docs/webhooks.yml`, which an operator of OpenIM copies.

use std::fmt::Write as _;

use domain::Source;
use protocol::{Command, NEVER_SENT};

use crate::Stored;

/// Longer than a function may take (`Timeout` in template.yaml), so the answer of the stack itself still arrives.
/// Shorter than OpenIM's clients wait.
const TIMEOUT_SECONDS: u32 = 5;

/// The whole text of the file.
pub(crate) fn webhooks(commands: &[&Command], stored: &Stored) -> String {
    let mut file = format!(
        "# OpenIM's config/webhooks.yml with every command that has a function here. Written by make generate.
#
# Put your url into it. Copy it over your file, or copy only the keys that yours has. Then restart OpenIM, which reads the
# file when it starts. A command that is not in this file is off.

# The url of nginx next to OpenIM, which adds the password: docs/reverse-proxy.md. For a first try, use the url that
# `make run` prints, or the stack's output Url with the password in it. OpenIM shows that url to app users when a before
# callback fails.
url: http://127.0.0.1:9080

# timeout is in seconds. The functions answer much sooner; {TIMEOUT_SECONDS} leaves time for the stack's own answer if one does not.
# failedContinue has had no effect since OpenIM v3.7: a before callback without an answer stops the user.
"
    );
    let openim = || commands.iter().filter(|it| it.source == Source::OpenIm);
    let before = || openim().filter(|it| it.is_before());
    section(
        &mut file,
        "After something has happened: on. OpenIM does not wait for the answer.",
        openim().filter(|it| !it.is_before()),
        true,
    );
    section(
        &mut file,
        "Before something happens for which OpenIM sends no after callback: on. The answer is \"allowed\" unless you decide otherwise.",
        before().filter(|it| is_on(it, stored)),
        true,
    );
    section(
        &mut file,
        "Before something happens: off. The user waits for each of these calls. Switch on those that you decide, in\n# policies.json or in the function.",
        before().filter(|it| !is_on(it, stored) && it.caution().is_none()),
        false,
    );
    section(
        &mut file,
        "Before something happens: better left off. The functions answer these right. But a wrong password, a gateway or a\n# network that fails gives OpenIM a refusal or no answer, and this does more harm than to stop one user.",
        before().filter(|it| it.caution().is_some()),
        false,
    );
    file.push_str("\n# Never sent by any version of OpenIM, whatever these switches say.\n");
    for command in NEVER_SENT {
        entry(&mut file, command, command.sentence, false);
    }
    file
}

/// Whether a before command is on: it stores something that nothing else tells, and no answer to it does harm.
fn is_on(command: &Command, stored: &Stored) -> bool {
    command.caution().is_none() && !stored.of(command).is_empty()
}

fn section<'a>(
    file: &mut String,
    heading: &str,
    commands: impl Iterator<Item = &'a &'a Command>,
    enable: bool,
) {
    let _ = write!(file, "\n# {heading}\n");
    for command in commands {
        let comment = format!("{}: {}", command.function(), command.sentence);
        entry(file, command, &comment, enable);
    }
}

/// Adds the switch of a command.
fn entry(file: &mut String, command: &Command, comment: &str, enable: bool) {
    let Some(switch) = command.switch else {
        return;
    };
    let _ = writeln!(file, "{switch}: # {comment}");
    if let Some(caution) = command.caution() {
        let _ = writeln!(file, "  # {caution}");
    }
    let _ = write!(file, "  enable: {enable}\n  timeout: {TIMEOUT_SECONDS}\n");
    if command.is_before() {
        file.push_str("  failedContinue: false\n");
    }
}
