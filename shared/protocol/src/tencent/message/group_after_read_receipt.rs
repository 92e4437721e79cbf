use std::collections::HashMap;

use super::parts::*;
use crate::Members;

/// `Group.CallbackAfterReadReceipt`: members of a group sent receipts for messages. Communities do not send it.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/60395>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct GroupAfterReadReceipt {
    /// The group.
    #[serde(rename = "GroupId")]
    pub group_id: GroupId,
    /// The kind of group.
    #[serde(rename = "Type", skip_serializing_if = "Option::is_none")]
    pub group_type: Option<FreeText>,
    /// The messages, each with its new readers.
    #[serde(rename = "GroupMsgReceiptList")]
    pub receipts: Members<GroupReceipt>,
    /// The time of the event, in Unix milliseconds. A text in some documents.
    #[serde(rename = "EventTime", default, skip_serializing_if = "Number::is_none")]
    pub event_time: Number,
}

/// One message, with its new readers.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/60395>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct GroupReceipt {
    /// The number of the message.
    #[serde(rename = "MsgSeq")]
    pub seq: i64,
    /// How many members have read it.
    #[serde(rename = "ReadNum", default, skip_serializing_if = "Number::is_none")]
    pub read: Number,
    /// How many members have not read it.
    #[serde(rename = "UnreadNum", default, skip_serializing_if = "Number::is_none")]
    pub unread: Number,
    /// The members who have just read it.
    #[serde(rename = "ReadReceiptMembers")]
    pub readers: Members<GroupReader>,
}

/// A member who has read a message.
///
/// Source: Tencent Chat, <https://www.tencentcloud.com/document/product/1047/60395>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct GroupReader {
    /// The user.
    #[serde(rename = "Member_Account")]
    pub user: UserId,
}

impl GroupAfterReadReceipt {
    /// Each member, with the messages that this member has just read, in the order of the body.
    #[must_use]
    pub fn by_reader(&self) -> Vec<(UserId, Vec<MessageRef>)> {
        let mut readers: Vec<(UserId, Vec<MessageRef>)> = Vec::new();
        // A receipt of a large group has many members, so no list is searched for each of them.
        let mut places: HashMap<&UserId, usize> = HashMap::new();
        for receipt in &self.receipts {
            for reader in &receipt.readers {
                let place = *places.entry(&reader.user).or_insert_with(|| {
                    readers.push((reader.user.clone(), Vec::new()));
                    readers.len() - 1
                });
                readers[place].1.push(super::numbered(receipt.seq, None));
            }
        }
        readers
    }
}

impl Callback for GroupAfterReadReceipt {
    const COMMAND: Command = Command {
        source: Source::Tencent,
        name: "Group.CallbackAfterReadReceipt",
        earlier: &[],
        switch: None,
        family: Family::Message,
        when: When::After,
        since: None,
        sentence: "Members of a group sent receipts for messages.",
    };
    const NEEDS: Option<Needs> = Some(Needs {
        probably: Some("only in the editions Pro, Pro Plus and Enterprise, and not in communities"),
        ..Needs::feature("receipts in groups")
    });
    type Event = message::Event;
    type Answer = Noted;
}
