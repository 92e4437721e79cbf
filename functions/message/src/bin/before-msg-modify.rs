//! The Lambda function of `callbackBeforeMsgModifyCommand`. Written by `make generate`.

use message::before_msg_modify::handle;

fn main() -> Result<(), receiver::Error> {
    receiver::serve([receiver::handler(handle)])
}
