//! The Lambda function of `callbackAfterTransferGroupOwnerCommand`. Written by `make generate`.

use group::after_transfer_group_owner::handle;

fn main() -> Result<(), receiver::Error> {
    receiver::serve([receiver::handler(handle)])
}
