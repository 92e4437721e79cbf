//! The commands that ask, in the words of [`policies`].

use std::slice;

use policies::{Outcome, Question};
use protocol::{openim, tencent};

/// A callback of OpenIM as something that policies can judge.
pub trait OpenImQuestion: openim::Before + Send + Sync + 'static {
    /// What it asks.
    fn question(&self) -> Question<'_>;

    /// The change that policies want, as far as an answer can make it.
    fn amendment(&self, _outcome: &Outcome<'_>) -> Option<Self::Amendment> {
        None
    }
}

/// A callback of Tencent Chat as something that policies can judge, person by person.
pub trait TencentQuestion: tencent::Before + Send + Sync + 'static {
    /// What it asks about one person.
    fn question<'a>(&'a self, person: &'a Self::Item) -> Question<'a>;
}

impl OpenImQuestion for openim::BeforeAddFriend {
    fn question(&self) -> Question<'_> {
        let others = slice::from_ref(&self.to_user_id);
        Question::new(&self.from_user_id, others).message(&self.req_msg)
    }
}

impl OpenImQuestion for openim::BeforeAddFriendAgree {
    /// Who accepts is the one who acts.
    fn question(&self) -> Question<'_> {
        let others = slice::from_ref(&self.from_user_id);
        Question::new(&self.to_user_id, others).message(&self.handle_msg)
    }
}

impl OpenImQuestion for openim::BeforeImportFriends {
    fn question(&self) -> Question<'_> {
        Question::new(&self.owner_user_id, &self.friend_user_ids)
    }

    fn amendment(&self, outcome: &Outcome<'_>) -> Option<Self::Amendment> {
        match outcome {
            Outcome::KeepFirst(count) => {
                let kept = self.friend_user_ids.iter().take(*count);
                openim::AmendedFriends::new(kept.cloned())
            }
            _ => None,
        }
    }
}

impl OpenImQuestion for openim::BeforeSetFriendRemark {
    fn question(&self) -> Question<'_> {
        let others = slice::from_ref(&self.friend_user_id);
        Question::new(&self.owner_user_id, others).remark(&self.remark)
    }

    fn amendment(&self, outcome: &Outcome<'_>) -> Option<Self::Amendment> {
        match outcome {
            Outcome::AmendRemark(remark) => openim::AmendedRemark::new(remark),
            _ => None,
        }
    }
}

impl OpenImQuestion for openim::BeforeAddBlack {
    fn question(&self) -> Question<'_> {
        let others = slice::from_ref(&self.black_user_id);
        Question::new(&self.owner_user_id, others)
    }
}

impl TencentQuestion for tencent::PrevFriendAdd {
    fn question<'a>(&'a self, person: &'a tencent::AskedFriend) -> Question<'a> {
        Question::new(&self.from, slice::from_ref(&person.to))
            .message(person.message.as_deref().unwrap_or_default())
            .remark(person.remark.as_deref().unwrap_or_default())
    }
}

impl TencentQuestion for tencent::PrevFriendResponse {
    fn question<'a>(&'a self, person: &'a tencent::FriendResponse) -> Question<'a> {
        Question::new(&self.from, slice::from_ref(&person.to))
            .remark(person.remark.as_deref().unwrap_or_default())
    }
}
