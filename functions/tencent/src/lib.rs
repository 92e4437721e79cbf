//! Tencent Chat's callbacks. An app has one URL for all of them, so one function has all; each command has a module
//! that is named after it.

use receiver::Handler;

pub mod after_follow_add;
pub mod after_follow_delete;
pub mod black_list_add;
pub mod black_list_delete;
pub mod friend_add;
pub mod friend_delete;
pub mod portrait_set;
pub mod prev_friend_add;
pub mod prev_friend_response;

/// Every handler.
pub fn handlers() -> [Handler; 9] {
    [
        receiver::tencent(after_follow_add::handle),
        receiver::tencent(after_follow_delete::handle),
        receiver::tencent(black_list_add::handle),
        receiver::tencent(black_list_delete::handle),
        receiver::tencent(friend_add::handle),
        receiver::tencent(friend_delete::handle),
        receiver::tencent(portrait_set::handle),
        receiver::tencent_before(prev_friend_add::handle),
        receiver::tencent_before(prev_friend_response::handle),
    ]
}
