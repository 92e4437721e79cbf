//! Every handler there is.
//!
//! A gateway routes by path, so `POST /?command=<command>`, `POST //<command>` and whatever else names
//! its command in the query or only in the body arrive here, and meet the same handlers. It also tells
//! those who name an unknown command that it is unknown, in words that they understand.

use receiver::Handler;

/// Of both servers.
pub fn handlers() -> impl Iterator<Item = Handler> {
    let openim = [
        receiver::openim(after_add_friend::handle),
        receiver::openim(after_add_friend_agree::handle),
        receiver::openim(after_delete_friend::handle),
        receiver::openim(after_import_friends::handle),
        receiver::openim(after_remove_black::handle),
        receiver::openim(after_set_friend_remark::handle),
        receiver::openim_before_recording(before_add_black::handle, before_add_black::intended),
        receiver::openim_before(before_add_friend::handle),
        receiver::openim_before(before_add_friend_agree::handle),
        receiver::openim_before(before_import_friends::handle),
        receiver::openim_before(before_set_friend_remark::handle),
    ];
    openim.into_iter().chain(tencent::handlers())
}
