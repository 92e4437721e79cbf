use super::{Subscriber, parts::*};
use crate::{Lenient, Members};

about_subscribers! {
/// `OfficialAccount.CallbackAfterDeleteSubscriber`: users no longer subscribe to an official account, or the REST API
/// removed them.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/60802>.
pub struct AfterDeleteSubscriber;
}

impl Callback for AfterDeleteSubscriber {
    const COMMAND: Command = Command {
        source: Source::Tencent,
        name: "OfficialAccount.CallbackAfterDeleteSubscriber",
        earlier: &[],
        switch: None,
        family: Family::Channel,
        when: When::After,
        since: None,
        sentence: "Users no longer subscribe to an official account.",
    };
    type Event = Event;
    type Answer = Noted;
}
