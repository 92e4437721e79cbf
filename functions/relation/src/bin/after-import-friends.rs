//! The Lambda function of `callbackAfterImportFriendsCommand`. Written by `make generate`.

use relation::after_import_friends::handle;

fn main() -> Result<(), receiver::Error> {
    receiver::serve([receiver::handler(handle)])
}
