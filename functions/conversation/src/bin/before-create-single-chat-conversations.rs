//! The Lambda function of `callbackBeforeCreateSingleChatConversationsCommand`. Written by `make generate`.

use conversation::before_create_single_chat_conversations::handle;

fn main() -> Result<(), receiver::Error> {
    receiver::serve([receiver::handler(handle)])
}
