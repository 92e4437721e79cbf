//! The Lambda function behind every path that has no function of its own.
//!
//! A gateway routes by path, so `POST /?command=<command>`, `POST //<command>` and whatever else names
//! its command in the query or only in the body arrive here, and meet the same handlers. It also tells
//! those who name an unknown command that it is unknown, in words that they understand.

fn main() -> Result<(), receiver::Error> {
    receiver::serve([
        receiver::openim(after_add_friend::handle),
        receiver::openim(after_delete_friend::handle),
        receiver::openim(after_remove_black::handle),
        receiver::openim(after_set_friend_remark::handle),
        receiver::tencent(tencent_friend_delete::handle),
    ])
}
