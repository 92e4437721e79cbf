//! The records that users keep of their conversations.

/// Declares the body of a callback about a new record: its own fields, and those that all of them have.
// OpenIM writes `Id` in these callbacks, and `ID` in all others.
macro_rules! record {
    ($(#[$attribute:meta])* pub struct $Callback:ident { $($own:tt)* }) => {
        $(#[$attribute])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase")]
        #[non_exhaustive]
        pub struct $Callback {
            $($own)*
            /// The server's id of the conversation.
            #[serde(default)]
            pub conversation_id: FreeText,
            /// 1 is between two users, 3 in a group, 4 with a notification account.
            #[serde(default)]
            pub conversation_type: Number,
            /// How messages reach the user: 0 normally, 1 not at all, 2 without a notification. A new record has 0,
            /// unless an answer to the "before" callback changed it. The same is true of the fields below.
            #[serde(rename = "recvMsgOpt", default)]
            pub receive_option: Number,
            /// The conversation is at the top of the user's list.
            #[serde(default)]
            pub is_pinned: Lenient<bool>,
            /// Messages disappear after they were read.
            #[serde(default)]
            pub is_private_chat: Lenient<bool>,
            /// The seconds after which a read message disappears.
            #[serde(default)]
            pub burn_duration: Number,
            /// Whether a new message mentions the user: 0 no, 1 the user, 2 everybody, 3 both.
            #[serde(rename = "groupAtType", default)]
            pub mention: Number,
            /// Free text.
            #[serde(default)]
            pub attached_info: FreeText,
            /// Free text of the app.
            #[serde(default)]
            pub ex: FreeText,
        }
    };
}

mod amended_record;

pub use amended_record::{AmendedRecord, ReceiveOption};

commands! {
    after_create_group_chat_conversations::AfterCreateGroupChatConversations,
    after_create_single_chat_conversations::AfterCreateSingleChatConversations,
    before_create_group_chat_conversations::BeforeCreateGroupChatConversations,
    before_create_single_chat_conversations::BeforeCreateSingleChatConversations,
}
