//! The paths of a command's files, and the names of its parts.

use domain::{Family, Source};
use protocol::Command;

/// The name of a server's folder, the same everywhere.
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

/// The module of the command's wire type and handler: `after_add_friend`, `friend_add`.
pub(crate) fn module(command: &Command) -> String {
    match command.source {
        Source::OpenIm => command.function().replace('-', "_"),
        // "Sns.CallbackFriendAdd", "State.StateChange" or "Bot.OnC2CMessage"; the part before the dot is Tencent Chat's
        // group of commands.
        Source::Tencent => {
            let (service, name) = command.name.split_once('.').unwrap_or(("", command.name));
            let name = snake_case(name.strip_prefix("Callback").unwrap_or(name));
            match command.family {
                // Between users and in groups, commands have the same names.
                Family::Message => format!("{}_{name}", snake_case(service)),
                _ => name,
            }
        }
    }
}

/// The file of the command's handler.
pub(crate) fn handler(command: &Command) -> String {
    format!("{}/{}.rs", handlers(command), module(command))
}

/// The folder of the command's handler.
pub(crate) fn handlers(command: &Command) -> String {
    let family = command.family.as_str();
    match command.source {
        Source::OpenIm => format!("functions/{family}/src"),
        Source::Tencent => format!("functions/tencent/src/{family}"),
    }
}

/// The file of the command's wire type.
pub(crate) fn wire_type(command: &Command) -> String {
    format!("{}/{}.rs", wire_types(command), module(command))
}

/// The folder of the command's wire type.
pub(crate) fn wire_types(command: &Command) -> String {
    let (server, family) = (server_folder(command.source), command.family.as_str());
    format!("shared/protocol/src/{server}/{family}")
}

/// The file of the command's one-line binary, if it has its own.
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

/// The file of one of the command's payloads.
pub(crate) fn payload(command: &Command, case: &str) -> String {
    let server = server_folder(command.source);
    format!("tests/payloads/{server}/{}.{case}.json", command.name)
}

/// The path of the command's route at the gateway.
pub(crate) fn route(command: &Command) -> String {
    match command.source {
        Source::OpenIm => format!("/{}", command.name),
        Source::Tencent => "/tencent".to_owned(),
    }
}

/// Every function that has its own route, with its first command. All commands of Tencent Chat have one function.
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

/// Makes `AfterAddFriend` of `after-add-friend`.
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

/// Makes `after_follow_add` of `AfterFollowAdd`. `C2C` is one word.
pub(crate) fn snake_case(pascal: &str) -> String {
    let mut snake = String::new();
    for letter in pascal.replace("C2C", "C2c").chars() {
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
    fn names_change_to_pascal_case_and_snake_case() {
        assert_eq!(pascal_case("after-add-friend"), "AfterAddFriend");
        assert_eq!(snake_case("AfterFollowAdd"), "after_follow_add");
        assert_eq!(snake_case("OnC2CMessage"), "on_c2c_message");
    }
}
