//! The Lambda function of `callbackBeforeAddBlackCommand`. Written by `make generate`.

use relation::before_add_black::handle;

fn main() -> Result<(), receiver::Error> {
    receiver::serve([receiver::handler(handle)])
}
