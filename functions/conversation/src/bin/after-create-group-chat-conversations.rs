//! The Lambda function of `callbackAfterCreateGroupChatConversationsCommand`. Written by `make generate`.

use conversation::after_create_group_chat_conversations::handle;

fn main() -> Result<(), receiver::Error> {
    receiver::serve([receiver::handler(handle)])
}
