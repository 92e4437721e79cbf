//! The Lambda function of Tencent's `Sns.CallbackFriendDelete`.

fn main() -> Result<(), receiver::Error> {
    receiver::serve([receiver::tencent(tencent_friend_delete::handle)])
}
