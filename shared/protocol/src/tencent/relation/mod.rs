//! Friends, friend requests, block lists and followers.

mod pair;

pub use pair::Pair;

commands! {
    after_follow_add::AfterFollowAdd,
    after_follow_delete::AfterFollowDelete,
    black_list_add::BlackListAdd,
    black_list_delete::BlackListDelete,
    friend_add::FriendAdd,
    friend_delete::FriendDelete,
    prev_friend_add::PrevFriendAdd,
    prev_friend_response::PrevFriendResponse,
}
