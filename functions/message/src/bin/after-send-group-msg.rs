//! The Lambda function of `callbackAfterSendGroupMsgCommand`. Written by `make generate`.

use message::after_send_group_msg::handle;

fn main() -> Result<(), receiver::Error> {
    receiver::serve([receiver::handler(handle)])
}
