//! `docs/webhooks.yml`: what an operator of OpenIM pastes.

use std::fmt::Write as _;

use domain::Source;
use protocol::{Command, When};

use crate::Stored;

/// Longer than a function may take (`Timeout` in template.yaml), so that the stack's own answer still arrives, and
/// shorter than OpenIM's clients wait.
const TIMEOUT_SECONDS: u32 = 5;

/// All of it.
pub(crate) fn webhooks(commands: &[&Command], stored: &Stored) -> String {
    let mut file = format!(
        "# OpenIM's config/webhooks.yml with every command that has a function here. Written by make generate.
#
# Put your own url in, in the place of the whole file or of the keys that yours has, and restart OpenIM, which reads it at
# its start. What is not named here is off.

# nginx beside OpenIM, which adds the password: docs/reverse-proxy.md. For a first try, the url that `make run` prints or the
# stack's output Url, with the password in it. OpenIM shows that one to app users when a before callback fails.
url: http://127.0.0.1:9080

# timeout is in seconds. The functions answer much sooner; {TIMEOUT_SECONDS} leaves time for the stack's own answer when one cannot.
# failedContinue has had no effect since OpenIM v3.7: a before callback without an answer stops the user.
"
    );
    let openim = || commands.iter().filter(|it| it.source == Source::OpenIm);
    section(
        &mut file,
        "After something has happened: on. OpenIM does not wait for the answer.",
        openim().filter(|it| !it.is_before()),
        true,
    );
    section(
        &mut file,
        "Before something happens, and nothing tells of it afterwards: on. The answer is \"allowed\" unless you decide otherwise.",
        openim().filter(|it| it.is_before() && !stored.of(it).is_empty()),
        true,
    );
    section(
        &mut file,
        "Before something happens: off. Each is one more call that a user waits for. Switch on what you decide about, in\n# policies.json or in the function.",
        openim().filter(|it| it.is_before() && stored.of(it).is_empty()),
        false,
    );
    file
}

fn section<'a>(
    file: &mut String,
    heading: &str,
    commands: impl Iterator<Item = &'a &'a Command>,
    enable: bool,
) {
    let _ = write!(file, "\n# {heading}\n");
    for command in commands {
        let Some(switch) = command.switch else {
            continue;
        };
        let _ = write!(
            file,
            "{switch}: # {}: {}\n  enable: {enable}\n  timeout: {TIMEOUT_SECONDS}\n",
            command.function(),
            command.sentence,
        );
        if let When::Before(_) = command.when {
            file.push_str("  failedContinue: false\n");
        }
    }
}
