use super::parts::*;

between_users! {
/// `C2C.CallbackAfterModifyMsg`: a message between two users was edited. Sent since 2026.
///
/// A client or the REST API did it. The body has the message as it is now.
///
/// Source: Tencent Chat, <https://cloud.tencent.com/document/product/269/128224>.
pub struct C2cAfterModifyMsg {
    /// The user who edited it.
    #[serde(
        rename = "Operator_Account",
        default,
        skip_serializing_if = "Lenient::is_none"
    )]
    pub operator: Lenient<Account>,
}
}

impl Callback for C2cAfterModifyMsg {
    const COMMAND: Command = Command {
        source: Source::Tencent,
        name: "C2C.CallbackAfterModifyMsg",
        earlier: &[],
        switch: None,
        family: Family::Message,
        when: When::After,
        since: Some("2026-02"),
        sentence: "A message between two users was edited.",
    };
    type Event = message::Event;
    type Answer = Noted;
}
