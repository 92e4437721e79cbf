//! The Lambda function of `callbackBeforeAddBlackCommand`.

fn main() -> Result<(), receiver::Error> {
    receiver::serve([receiver::openim_before_recording(
        before_add_black::handle,
        before_add_black::intended,
    )])
}
