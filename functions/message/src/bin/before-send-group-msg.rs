//! The Lambda function of `callbackBeforeSendGroupMsgCommand`. Written by `make generate`.

use message::before_send_group_msg::handle;

fn main() -> Result<(), receiver::Error> {
    receiver::serve([receiver::handler(handle)])
}
