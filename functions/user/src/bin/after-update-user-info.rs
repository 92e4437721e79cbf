//! The Lambda function of `callbackAfterUpdateUserInfoCommand`. Written by `make generate`.

use user::after_update_user_info::handle;

fn main() -> Result<(), receiver::Error> {
    receiver::serve([receiver::handler(handle)])
}
