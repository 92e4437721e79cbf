//! Written by `make generate`.

/// Every function, with the path that only this function serves. `any-command` serves all other paths.
#[rustfmt::skip]
pub const FUNCTIONS: &[(&str, &str)] = &[
    ("after-add-friend", "/callbackAfterAddFriendCommand"),
    ("after-add-friend-agree", "/callbackAfterAddFriendAgreeCommand"),
    ("after-delete-friend", "/callbackAfterDeleteFriendCommand"),
    ("after-import-friends", "/callbackAfterImportFriendsCommand"),
    ("after-remove-black", "/callbackAfterRemoveBlackCommand"),
    ("after-set-friend-remark", "/callbackAfterSetFriendRemarkCommand"),
    ("before-add-black", "/callbackBeforeAddBlackCommand"),
    ("before-add-friend", "/callbackBeforeAddFriendCommand"),
    ("before-add-friend-agree", "/callbackBeforeAddFriendAgreeCommand"),
    ("before-import-friends", "/callbackBeforeImportFriendsCommand"),
    ("before-set-friend-remark", "/callbackBeforeSetFriendRemarkCommand"),
    ("after-update-user-info", "/callbackAfterUpdateUserInfoCommand"),
    ("after-update-user-info-ex", "/callbackAfterUpdateUserInfoExCommand"),
    ("after-user-register", "/callbackAfterUserRegisterCommand"),
    ("before-update-user-info", "/callbackBeforeUpdateUserInfoCommand"),
    ("before-update-user-info-ex", "/callbackBeforeUpdateUserInfoExCommand"),
    ("before-user-register", "/callbackBeforeUserRegisterCommand"),
    ("tencent", "/tencent"),
    ("any-command", "/{path}"),
];
