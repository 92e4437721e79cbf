//! What goes to devices: whom it reaches, and with which text.

/// Declares the body of a callback about a message on its way to devices: its own fields, and those that all of them
/// have.
macro_rules! push {
    ($(#[$attribute:meta])* pub struct $Callback:ident { $($own:tt)* }) => {
        $(#[$attribute])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase")]
        #[non_exhaustive]
        pub struct $Callback {
            $($own)*
            /// The sender. An administrator for most notices of the server.
            #[serde(rename = "sendID", default)]
            pub send_id: Lenient<UserId>,
            /// The group. Empty if the message is for one user, and sometimes in a group.
            #[serde(rename = "groupID", default)]
            pub group_id: FreeText,
            /// The message: the id that the sender's client gave it.
            #[serde(rename = "clientMsgID", default)]
            pub client_msg_id: FreeText,
            /// The kind of content: 101 text, 102 picture, 103 voice, 104 video, 105 file, 106 text with mentions, …; from
            /// 1000 to 5000 a notice of the server.
            #[serde(default)]
            pub content_type: Number,
            /// 1 between two users, 3 in a group, 4 from a notification account.
            #[serde(default)]
            pub session_type: Number,
            /// The mentioned users. Null if there are none.
            #[serde(rename = "atUserIDList", default)]
            pub at_user_ids: Lenient<Members<UserId>>,
            /// The content: usually JSON. For a notice, the JSON of its details.
            #[serde(default)]
            pub content: FreeText,
            /// The number of the sender's platform. 0 for notices of the server, which are most of these callbacks.
            #[serde(rename = "platformID", default)]
            pub platform_id: Number,
            /// The name of the sender's platform. Empty for notices of the server.
            #[serde(default)]
            pub platform: FreeText,
            /// The same as in the header.
            #[serde(rename = "operationID", default)]
            pub operation_id: FreeText,
        }
    };
}

commands! {
    before_group_online_push::BeforeGroupOnlinePush,
    before_offline_push::BeforeOfflinePush,
    before_online_push::BeforeOnlinePush,
}
