//! The Lambda function of `callbackAfterRemoveBlackCommand`. Written by `make generate`.

use relation::after_remove_black::handle;

fn main() -> Result<(), receiver::Error> {
    receiver::serve([receiver::handler(handle)])
}
