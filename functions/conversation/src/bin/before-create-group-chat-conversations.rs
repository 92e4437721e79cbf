//! The Lambda function of `callbackBeforeCreateGroupChatConversationsCommand`. Written by `make generate`.

use conversation::before_create_group_chat_conversations::handle;

fn main() -> Result<(), receiver::Error> {
    receiver::serve([receiver::handler(handle)])
}
