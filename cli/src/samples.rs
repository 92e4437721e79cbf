//! One body of each command. Written by `make generate`.

/// A callback, byte for byte as its server sends it, or as the server's documents show it.
pub(crate) struct Sample {
    pub(crate) command: &'static str,
    pub(crate) body: &'static str,
    /// Whether the callback has events, which are stored.
    pub(crate) stored: bool,
}

#[rustfmt::skip]
pub(crate) const OPENIM: &[Sample] = &[
    Sample { command: "callbackAfterAddFriendCommand", body: include_str!("../../tests/payloads/openim/callbackAfterAddFriendCommand.server.json"), stored: true },
    Sample { command: "callbackAfterAddFriendAgreeCommand", body: include_str!("../../tests/payloads/openim/callbackAfterAddFriendAgreeCommand.server.json"), stored: true },
    Sample { command: "callbackAfterDeleteFriendCommand", body: include_str!("../../tests/payloads/openim/callbackAfterDeleteFriendCommand.server.json"), stored: true },
    Sample { command: "callbackAfterImportFriendsCommand", body: include_str!("../../tests/payloads/openim/callbackAfterImportFriendsCommand.server.json"), stored: true },
    Sample { command: "callbackAfterRemoveBlackCommand", body: include_str!("../../tests/payloads/openim/callbackAfterRemoveBlackCommand.server.json"), stored: true },
    Sample { command: "callbackAfterSetFriendRemarkCommand", body: include_str!("../../tests/payloads/openim/callbackAfterSetFriendRemarkCommand.server.json"), stored: true },
    Sample { command: "callbackBeforeAddBlackCommand", body: include_str!("../../tests/payloads/openim/callbackBeforeAddBlackCommand.server.json"), stored: true },
    Sample { command: "callbackBeforeAddFriendCommand", body: include_str!("../../tests/payloads/openim/callbackBeforeAddFriendCommand.server.json"), stored: false },
    Sample { command: "callbackBeforeAddFriendAgreeCommand", body: include_str!("../../tests/payloads/openim/callbackBeforeAddFriendAgreeCommand.server.json"), stored: false },
    Sample { command: "callbackBeforeImportFriendsCommand", body: include_str!("../../tests/payloads/openim/callbackBeforeImportFriendsCommand.server.json"), stored: false },
    Sample { command: "callbackBeforeSetFriendRemarkCommand", body: include_str!("../../tests/payloads/openim/callbackBeforeSetFriendRemarkCommand.server.json"), stored: false },
    Sample { command: "callbackAfterUpdateUserInfoCommand", body: include_str!("../../tests/payloads/openim/callbackAfterUpdateUserInfoCommand.server.json"), stored: true },
    Sample { command: "callbackAfterUpdateUserInfoExCommand", body: include_str!("../../tests/payloads/openim/callbackAfterUpdateUserInfoExCommand.server.json"), stored: true },
    Sample { command: "callbackAfterUserRegisterCommand", body: include_str!("../../tests/payloads/openim/callbackAfterUserRegisterCommand.server.json"), stored: true },
    Sample { command: "callbackBeforeUpdateUserInfoCommand", body: include_str!("../../tests/payloads/openim/callbackBeforeUpdateUserInfoCommand.server.json"), stored: false },
    Sample { command: "callbackBeforeUpdateUserInfoExCommand", body: include_str!("../../tests/payloads/openim/callbackBeforeUpdateUserInfoExCommand.server.json"), stored: false },
    Sample { command: "callbackBeforeUserRegisterCommand", body: include_str!("../../tests/payloads/openim/callbackBeforeUserRegisterCommand.server.json"), stored: false },
    Sample { command: "callbackAfterCreateGroupCommand", body: include_str!("../../tests/payloads/openim/callbackAfterCreateGroupCommand.server.json"), stored: true },
    Sample { command: "callbackAfterDisMissGroupCommand", body: include_str!("../../tests/payloads/openim/callbackAfterDisMissGroupCommand.server.json"), stored: true },
    Sample { command: "callbackAfterJoinGroupCommand", body: include_str!("../../tests/payloads/openim/callbackAfterJoinGroupCommand.server.json"), stored: true },
    Sample { command: "callbackAfterKickGroupCommand", body: include_str!("../../tests/payloads/openim/callbackAfterKickGroupCommand.server.json"), stored: true },
    Sample { command: "callbackAfterQuitGroupCommand", body: include_str!("../../tests/payloads/openim/callbackAfterQuitGroupCommand.server.json"), stored: true },
    Sample { command: "callbackAfterSetGroupInfoCommand", body: include_str!("../../tests/payloads/openim/callbackAfterSetGroupInfoCommand.server.json"), stored: true },
    Sample { command: "callbackAfterSetGroupInfoExCommand", body: include_str!("../../tests/payloads/openim/callbackAfterSetGroupInfoExCommand.server.json"), stored: true },
    Sample { command: "callbackAfterSetGroupMemberInfoCommand", body: include_str!("../../tests/payloads/openim/callbackAfterSetGroupMemberInfoCommand.server.json"), stored: true },
    Sample { command: "callbackAfterTransferGroupOwnerCommand", body: include_str!("../../tests/payloads/openim/callbackAfterTransferGroupOwnerCommand.server.json"), stored: true },
    Sample { command: "callbackBeforeJoinGroupCommand", body: include_str!("../../tests/payloads/openim/callbackBeforeJoinGroupCommand.server.json"), stored: true },
    Sample { command: "callbackBeforeCreateGroupCommand", body: include_str!("../../tests/payloads/openim/callbackBeforeCreateGroupCommand.server.json"), stored: false },
    Sample { command: "callbackBeforeInviteJoinGroupCommand", body: include_str!("../../tests/payloads/openim/callbackBeforeInviteJoinGroupCommand.server.json"), stored: false },
    Sample { command: "callbackBeforeMembersJoinGroupCommand", body: include_str!("../../tests/payloads/openim/callbackBeforeMembersJoinGroupCommand.server.json"), stored: true },
    Sample { command: "callbackBeforeSetGroupInfoCommand", body: include_str!("../../tests/payloads/openim/callbackBeforeSetGroupInfoCommand.server.json"), stored: false },
    Sample { command: "callbackBeforeSetGroupInfoExCommand", body: include_str!("../../tests/payloads/openim/callbackBeforeSetGroupInfoExCommand.server.json"), stored: false },
    Sample { command: "callbackBeforeSetGroupMemberInfoCommand", body: include_str!("../../tests/payloads/openim/callbackBeforeSetGroupMemberInfoCommand.server.json"), stored: false },
    Sample { command: "callbackAfterGroupMsgReadCommand", body: include_str!("../../tests/payloads/openim/callbackAfterGroupMsgReadCommand.server.json"), stored: true },
    Sample { command: "callbackAfterMsgSaveDBCommand", body: include_str!("../../tests/payloads/openim/callbackAfterMsgSaveDBCommand.server.json"), stored: true },
    Sample { command: "callbackBeforeAfterMsgCommand", body: include_str!("../../tests/payloads/openim/callbackBeforeAfterMsgCommand.server.json"), stored: true },
    Sample { command: "callbackAfterSendGroupMsgCommand", body: include_str!("../../tests/payloads/openim/callbackAfterSendGroupMsgCommand.server.json"), stored: true },
    Sample { command: "callbackAfterSendSingleMsgCommand", body: include_str!("../../tests/payloads/openim/callbackAfterSendSingleMsgCommand.server.json"), stored: true },
    Sample { command: "callbackAfterSingleMsgReadCommand", body: include_str!("../../tests/payloads/openim/callbackAfterSingleMsgReadCommand.server.json"), stored: true },
    Sample { command: "callbackBeforeMsgModifyCommand", body: include_str!("../../tests/payloads/openim/callbackBeforeMsgModifyCommand.server.json"), stored: false },
    Sample { command: "callbackBeforeSendGroupMsgCommand", body: include_str!("../../tests/payloads/openim/callbackBeforeSendGroupMsgCommand.server.json"), stored: false },
    Sample { command: "callbackBeforeSendSingleMsgCommand", body: include_str!("../../tests/payloads/openim/callbackBeforeSendSingleMsgCommand.server.json"), stored: false },
];

#[rustfmt::skip]
pub(crate) const TENCENT: &[Sample] = &[
    Sample { command: "Follow.CallbackAfterFollowAdd", body: include_str!("../../tests/payloads/tencent/Follow.CallbackAfterFollowAdd.document.json"), stored: true },
    Sample { command: "Follow.CallbackAfterFollowDelete", body: include_str!("../../tests/payloads/tencent/Follow.CallbackAfterFollowDelete.document.json"), stored: true },
    Sample { command: "Sns.CallbackBlackListAdd", body: include_str!("../../tests/payloads/tencent/Sns.CallbackBlackListAdd.document.json"), stored: true },
    Sample { command: "Sns.CallbackBlackListDelete", body: include_str!("../../tests/payloads/tencent/Sns.CallbackBlackListDelete.document.json"), stored: true },
    Sample { command: "Sns.CallbackFriendAdd", body: include_str!("../../tests/payloads/tencent/Sns.CallbackFriendAdd.document.json"), stored: true },
    Sample { command: "Sns.CallbackFriendDelete", body: include_str!("../../tests/payloads/tencent/Sns.CallbackFriendDelete.document.json"), stored: true },
    Sample { command: "Sns.CallbackPrevFriendAdd", body: include_str!("../../tests/payloads/tencent/Sns.CallbackPrevFriendAdd.document.json"), stored: false },
    Sample { command: "Sns.CallbackPrevFriendResponse", body: include_str!("../../tests/payloads/tencent/Sns.CallbackPrevFriendResponse.document.json"), stored: false },
    Sample { command: "Profile.CallbackPortraitSet", body: include_str!("../../tests/payloads/tencent/Profile.CallbackPortraitSet.document.json"), stored: true },
];
