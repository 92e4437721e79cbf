//! Where a command's files are, and what its parts are called.

use domain::Source;
use protocol::Command;

/// The folder of a server, wherever there is one.
pub(crate) fn server_folder(source: Source) -> &'static str {
    match source {
        Source::OpenIm => "openim",
        Source::Tencent => "tencent",
    }
}

/// The server's name in sentences.
pub(crate) fn server(source: Source) -> &'static str {
    match source {
        Source::OpenIm => "OpenIM",
        Source::Tencent => "Tencent Chat",
    }
}

/// The module of its wire type and its handler: `after_add_friend`, `friend_add`.
pub(crate) fn module(command: &Command) -> String {
    match command.source {
        Source::OpenIm => command.function().replace('-', "_"),
        // "Sns.CallbackFriendAdd"; the words before "Callback" are Tencent Chat's group of commands.
        Source::Tencent => {
            let (_, name) = command
                .name
                .split_once(".Callback")
                .unwrap_or(("", command.name));
            snake_case(name)
        }
    }
}

/// The file of its handler.
pub(crate) fn handler(command: &Command) -> String {
    format!("{}/{}.rs", handlers(command), module(command))
}

/// The folder of its handler.
pub(crate) fn handlers(command: &Command) -> String {
    let family = command.family.as_str();
    match command.source {
        Source::OpenIm => format!("functions/{family}/src"),
        Source::Tencent => format!("functions/tencent/src/{family}"),
    }
}

/// The folder of its wire type.
pub(crate) fn wire_types(command: &Command) -> String {
    let (server, family) = (server_folder(command.source), command.family.as_str());
    format!("shared/protocol/src/{server}/{family}")
}

/// The file of its one-line binary, when it has one of its own.
pub(crate) fn binary(command: &Command) -> Option<String> {
    match command.source {
        Source::OpenIm => Some(format!(
            "functions/{}/src/bin/{}.rs",
            command.family.as_str(),
            command.function()
        )),
        Source::Tencent => None,
    }
}

/// A body of `tests/payloads`.
pub(crate) fn payload(command: &Command, case: &str) -> String {
    let server = server_folder(command.source);
    format!("tests/payloads/{server}/{}.{case}.json", command.name)
}

/// The path at which a gateway has it.
pub(crate) fn route(command: &Command) -> String {
    match command.source {
        Source::OpenIm => format!("/{}", command.name),
        Source::Tencent => "/tencent".to_owned(),
    }
}

/// Every function that a route leads to alone, with its first command. Tencent Chat has one function.
pub(crate) fn functions<'a>(commands: &[&'a Command]) -> Vec<(String, &'a Command)> {
    let mut functions: Vec<(String, &Command)> = Vec::new();
    for command in commands {
        let function = command.function();
        if functions.iter().all(|(known, _)| *known != function) {
            functions.push((function, command));
        }
    }
    functions
}

/// `AfterAddFriend` for `after-add-friend`.
pub(crate) fn pascal_case(kebab: &str) -> String {
    kebab
        .split('-')
        .flat_map(|word| {
            let mut letters = word.chars();
            letters
                .next()
                .map(|first| first.to_ascii_uppercase())
                .into_iter()
                .chain(letters)
        })
        .collect()
}

fn snake_case(pascal: &str) -> String {
    let mut snake = String::new();
    for letter in pascal.chars() {
        if letter.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::{pascal_case, snake_case};

    #[test]
    fn names_are_written_in_the_case_of_their_place() {
        assert_eq!(pascal_case("after-add-friend"), "AfterAddFriend");
        assert_eq!(snake_case("AfterFollowAdd"), "after_follow_add");
    }
}
