use super::{Subscriber, parts::*};
use crate::{Lenient, Members};

about_subscribers! {
/// `OfficialAccount.CallbackAfterAddSubscriber`: users subscribed to an official account, or the REST API subscribed them.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/60800> and
/// <https://cloud.tencent.com/document/product/269/102320>.
pub struct AfterAddSubscriber;
}

impl Callback for AfterAddSubscriber {
    const COMMAND: Command = Command {
        source: Source::Tencent,
        name: "OfficialAccount.CallbackAfterAddSubscriber",
        earlier: &[],
        switch: None,
        family: Family::Channel,
        when: When::After,
        since: None,
        sentence: "Users subscribed to an official account.",
    };
    type Event = Event;
    type Answer = Noted;
}
