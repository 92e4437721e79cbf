//! The Lambda function of `callbackAfterImportFriendsCommand`.

fn main() -> Result<(), receiver::Error> {
    receiver::serve([receiver::openim(after_import_friends::handle)])
}
