//! The Lambda function of `callbackBeforeMembersJoinGroupCommand`. Written by `make generate`.

use group::before_member_join_group::handle;

fn main() -> Result<(), receiver::Error> {
    receiver::serve([receiver::handler(handle)])
}
