//! `docs/callbacks.md`: every command, by server and family.

use std::fmt::Write as _;

use domain::Source;
use protocol::{Command, NEVER_SENT, Rules, When};

use crate::{
    Stored, names,
    policies::{cell, keys},
};

/// The whole text of the page.
pub(crate) fn callbacks(commands: &[&Command], stored: &Stored) -> String {
    let mut page = String::from(
        "<!-- Written by make generate, from the catalogue in shared/protocol. -->

# Callbacks

A *before* callback asks whether something may happen, and its server waits for the answer. An *after* callback reports
what has happened. *Handler* is the source file that you edit. *Stored* is the type of the [events](events.md) that go into the table.
*Rules* are the keys that a command can have in [`policies.json`](policies.md); policies can change the values of those in
**bold**.
",
    );
    let mut heading = (None, None);
    for command in commands {
        let (source, family) = (command.source, command.family);
        if heading == (Some(source), Some(family)) {
            continue;
        }
        if heading.0 != Some(source) {
            let _ = write!(
                page,
                "\n## {}\n\n{}\n",
                names::server(source),
                address(source)
            );
        }
        let _ = write!(
            page,
            "\n### {}: {}\n",
            names::server(source),
            family.as_str()
        );
        heading = (Some(source), Some(family));
        let of_family = commands
            .iter()
            .filter(|it| it.source == source && it.family == family);
        let (before, after): (Vec<&Command>, Vec<&Command>) =
            of_family.partition(|it| matches!(it.when, When::Before(_)));
        table(&mut page, source, &after, stored);
        table(&mut page, source, &before, stored);
        let is_last = |it: &&Command| it.source == source;
        if commands.iter().rfind(|it| is_last(it)).map(|it| it.family) == Some(family) {
            never_sent(&mut page, source);
            needs(&mut page, source, commands);
        }
    }
    page
}

/// Adds the commands that the server only seems to have.
fn never_sent(page: &mut String, source: Source) {
    let commands: Vec<_> = NEVER_SENT.iter().filter(|it| it.source == source).collect();
    if commands.is_empty() {
        return;
    }
    let server = names::server(source);
    let _ = write!(
        page,
        "\n### {server}: never sent\n
{server} has a switch and a page in its documents for these commands, but no version sends them. They have no function. If
such a callback should come, it is stored as it came, like every [command that is not served](openim.md#commands-that-are-not-served).

| Never sent | Switch | What it would say |\n|---|---|---|\n"
    );
    for command in commands {
        let switch = command.switch.unwrap_or_default();
        let _ = writeln!(
            page,
            "| `{}` | `{switch}` | {} |",
            command.name,
            cell(command.sentence)
        );
    }
}

/// Adds what commands need besides their own switch. Commands that need the same are in one row.
fn needs(page: &mut String, source: Source, commands: &[&Command]) {
    let mut rows: Vec<(String, Vec<String>)> = Vec::new();
    for command in commands.iter().filter(|it| it.source == source) {
        let needs = command.needs();
        if !needs.is_more() {
            continue;
        }
        let (name, needs) = (format!("`{}`", command.name), needs.to_string());
        match rows.iter_mut().find(|(known, _)| *known == needs) {
            Some((_, names)) => names.push(name),
            None => rows.push((needs, vec![name])),
        }
    }
    if rows.is_empty() {
        return;
    }
    let server = names::server(source);
    let _ = write!(
        page,
        "\n### {server}: what commands need
\nA command that is not in this table has its own switch in the console. What is inferred says *probably*: {server}'s documents say it of the
feature, and not of the callback. [`imhook tencent-check`](tencent.md#check-it) lists all switches.

| Command | Each |\n|---|---|\n"
    );
    for (needs, names) in rows {
        let _ = writeln!(page, "| {} | {} |", names.join(", "), cell(&needs));
    }
}

fn address(source: Source) -> &'static str {
    match source {
        Source::OpenIm => {
            "OpenIM sends each command to `<url>/<command>`, and each command has its own function. *Switch* is the command's key
in OpenIM's `config/webhooks.yml`; [webhooks.yml](webhooks.yml) is a complete file. *Since* is the first version of OpenIM
that sends the command; `main` is in no release yet."
        }
        Source::Tencent => {
            "Tencent Chat sends every command to one URL, `<url>/tencent`, with the command in the query. One function, `tencent`,
serves all of them."
        }
    }
}

/// Adds a table of commands, which are all before or all after.
fn table(page: &mut String, source: Source, commands: &[&Command], stored: &Stored) {
    let Some(first) = commands.first() else {
        return;
    };
    let rules = match first.when {
        When::After => None,
        When::Before(_) => Some("Rules".to_owned()),
    };
    let openim = |column: String| (source == Source::OpenIm).then_some(column);
    let when = if rules.is_some() { "Before" } else { "After" };
    let head = [
        Some(when.to_owned()),
        openim("Switch".to_owned()),
        openim("Since".to_owned()),
        Some("Handler".to_owned()),
        Some("Stored".to_owned()),
        rules,
        Some("What".to_owned()),
    ];
    let head: Vec<String> = head.into_iter().flatten().collect();
    let _ = write!(
        page,
        "\n| {} |\n|{}\n",
        head.join(" | "),
        "---|".repeat(head.len())
    );
    for command in commands {
        let code = |text: &str| format!("`{text}`");
        let events: Vec<String> = stored.of(command).iter().map(|it| code(it)).collect();
        let names = std::iter::once(&command.name).chain(command.earlier);
        let names: Vec<String> = names.map(|name| code(name)).collect();
        let cells = [
            Some(names.join(", earlier ")),
            openim(command.switch.map(code).unwrap_or_default()),
            openim(command.since.unwrap_or_default().to_owned()),
            Some(code(&names::handler(command))),
            Some(events.join(", ")),
            match command.when {
                When::After => None,
                When::Before(rules) => Some(rules_of(&rules)),
            },
            Some(cell(command.sentence)),
        ];
        let cells: Vec<String> = cells.into_iter().flatten().collect();
        let _ = writeln!(page, "| {} |", cells.join(" | "));
    }
}

fn rules_of(rules: &Rules) -> String {
    let changeable = rules
        .texts
        .iter()
        .filter(|it| it.can_amend)
        .map(|it| it.key);
    let changeable: Vec<&str> = changeable.chain(rules.list).collect();
    let keys = keys(rules)
        .into_iter()
        .map(|key| match changeable.contains(&key) {
            true => format!("**`{key}`**"),
            false => format!("`{key}`"),
        });
    keys.collect::<Vec<_>>().join(", ")
}
