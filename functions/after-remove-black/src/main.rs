//! The Lambda function of `callbackAfterRemoveBlackCommand`.

fn main() -> Result<(), receiver::Error> {
    receiver::serve([receiver::openim(after_remove_black::handle)])
}
