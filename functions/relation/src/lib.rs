//! Handles OpenIM's callbacks about friends, friend requests, remarks and block lists. Each command has a module, named
//! after its function.
//!
//! The handlers never see HTTP or JSON, and never write to a table.

receiver::handlers! {
    after_add_friend,
    after_add_friend_agree,
    after_delete_friend,
    after_import_friends,
    after_remove_black,
    after_set_friend_remark,
    before_add_black,
    before_add_friend,
    before_add_friend_agree,
    before_import_friends,
    before_set_friend_remark,
}
