//! Serves all commands of both servers, and the commands that this version does not know.
//!
//! A gateway routes by the path. So a callback that names its command in another place comes here, for example
//! `POST /?command=<command>`, `POST //<command>`, or a command only in the body. It never handles a command differently
//! from the command's own function.

use domain::Family;
use receiver::Handler;

/// All handlers of both servers.
#[must_use]
pub fn handlers() -> Vec<Handler> {
    let openim = Family::ALL.iter().copied().flat_map(of_openim);
    openim.chain(tencent::handlers()).collect()
}

/// The handlers of a family of OpenIM.
fn of_openim(family: Family) -> Vec<Handler> {
    // Without a wildcard, so the compiler asks for a new family here.
    match family {
        Family::Relation => relation::handlers(),
        Family::User => user::handlers(),
        Family::Group => group::handlers(),
        Family::Message => message::handlers(),
        Family::Conversation => conversation::handlers(),
        Family::Presence => presence::handlers(),
        Family::Push => push::handlers(),
        // OpenIM sends no callbacks about these.
        Family::Channel
        | Family::Call
        | Family::Moderation
        | Family::Operations
        | Family::Decision
        | Family::Unknown => Vec::new(),
    }
}
