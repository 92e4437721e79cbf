//! The Lambda function of `callbackAfterCreateSingleChatConversationsCommand`. Written by `make generate`.

use conversation::after_create_single_chat_conversations::handle;

fn main() -> Result<(), receiver::Error> {
    receiver::serve([receiver::handler(handle)])
}
