//! Handles OpenIM's callbacks about the records that users keep of their conversations. Each command has a module, named after its function.
//!
//! The handlers never see HTTP or JSON, and never write to a table.

receiver::handlers! {
    after_create_group_chat_conversations,
    after_create_single_chat_conversations,
    before_create_group_chat_conversations,
    before_create_single_chat_conversations,
}
