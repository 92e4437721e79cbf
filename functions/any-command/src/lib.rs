//! Every handler there is.
//!
//! A gateway routes by path, so `POST /?command=<command>`, `POST //<command>` and whatever else names
//! its command in the query or only in the body arrive here, and meet the same handlers. So do the commands that this
//! version does not know.

use domain::Family;
use receiver::Handler;

/// Of both servers.
#[must_use]
pub fn handlers() -> Vec<Handler> {
    let openim = Family::ALL.into_iter().flat_map(of_openim);
    openim.chain(tencent::handlers()).collect()
}

/// Those of a family of OpenIM.
fn of_openim(family: Family) -> Vec<Handler> {
    // No wildcard: a new family has to be added here.
    match family {
        Family::Relation => relation::handlers(),
        Family::User => user::handlers(),
        Family::Unknown => Vec::new(),
    }
}
