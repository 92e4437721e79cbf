//! The Lambda function of `callbackBeforeInviteJoinGroupCommand`. Written by `make generate`.

use group::before_invite_user_to_group::handle;

fn main() -> Result<(), receiver::Error> {
    receiver::serve([receiver::handler(handle)])
}
