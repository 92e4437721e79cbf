//! The Lambda function of `callbackBeforeUpdateUserInfoCommand`. Written by `make generate`.

use user::before_update_user_info::handle;

fn main() -> Result<(), receiver::Error> {
    receiver::serve([receiver::handler(handle)])
}
