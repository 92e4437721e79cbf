//! Callbacks about friends, friend requests, block lists and followers.

receiver::handlers! {
    after_follow_add,
    after_follow_delete,
    black_list_add,
    black_list_delete,
    friend_add,
    friend_delete,
    prev_friend_add,
    prev_friend_response,
}
