//! The Lambda function of `callbackAfterGroupMsgReadCommand`. Written by `make generate`.

use message::after_group_msg_read::handle;

fn main() -> Result<(), receiver::Error> {
    receiver::serve([receiver::handler(handle)])
}
