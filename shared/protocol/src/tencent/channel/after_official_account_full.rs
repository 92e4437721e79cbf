use super::parts::*;

about_an_official_account! {
/// `OfficialAccount.CallbackAfterOfficialAccountFull`: an official account can take no more subscribers.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/60801>.
pub struct AfterOfficialAccountFull {}
}

impl Callback for AfterOfficialAccountFull {
    const COMMAND: Command = Command {
        source: Source::Tencent,
        name: "OfficialAccount.CallbackAfterOfficialAccountFull",
        earlier: &[],
        switch: None,
        family: Family::Channel,
        when: When::After,
        since: None,
        sentence: "An official account can take no more subscribers.",
    };
    type Event = Event;
    type Answer = Noted;
}
