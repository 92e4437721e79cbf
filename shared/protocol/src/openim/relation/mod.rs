//! Friends, friend requests, remarks and block lists.

commands! {
    after_add_friend::AfterAddFriend,
    after_add_friend_agree::AfterAddFriendAgree,
    after_delete_friend::AfterDeleteFriend,
    after_import_friends::AfterImportFriends,
    after_remove_black::AfterRemoveBlack,
    after_set_friend_remark::AfterSetFriendRemark,
    before_add_black::BeforeAddBlack,
    before_add_friend::BeforeAddFriend,
    before_add_friend_agree::BeforeAddFriendAgree,
    before_import_friends::BeforeImportFriends,
    before_set_friend_remark::BeforeSetFriendRemark,
}
