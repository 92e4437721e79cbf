use serde::{Deserialize, Serialize};

use crate::{
    GroupId, Subject, TopicId, UserId,
    events::Filed,
    split::{Continues, Split, halve_list, halve_text},
};

/// One fact about a group.
///
/// The events table holds the serialized form, so a variant or a field that was ever written is never renamed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// A group was created with these members.
    GroupCreated {
        /// The group.
        group: GroupId,
        /// Its name; may be empty.
        name: String,
        /// Its owner. Absent if the server does not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        owner: Option<UserId>,
        /// The user who created it. Absent if the server does not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        creator: Option<UserId>,
        /// The first members, each once.
        members: Vec<Member>,
    },
    /// Fields of a group changed. The event does not hold the new values, so they are not stored.
    GroupChanged {
        /// The group.
        group: GroupId,
        /// The changed fields: `name`, `notice`, `introduction`, `avatar`, `verification` (who may join how),
        /// `members_visible` (who sees the members), `members_may_befriend`, `all_muted`. A field of the app's own is
        /// `custom.` and its name, or `custom`. Any other field has the server's name.
        fields: Vec<String>,
        /// The user who changed it. Absent if the server does not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<UserId>,
    },
    /// Users became members.
    MembersJoined {
        /// The group.
        group: GroupId,
        /// The new members.
        members: Vec<UserId>,
        /// How they became members.
        how: Joined,
        /// The user who invited them or accepted their request. Absent if the server does not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<UserId>,
    },
    /// Users were about to become members, and no decision here refused it. Whether they did is not known: OpenIM
    /// reports only some ways of joining afterwards.
    MembersJoinIntended {
        /// The group.
        group: GroupId,
        /// The users.
        members: Vec<UserId>,
    },
    /// A user was about to ask to join, and no decision here refused it.
    JoinIntended {
        /// The group.
        group: GroupId,
        /// The user who is to join.
        user: UserId,
        /// The text of the request; may be empty.
        message: String,
    },
    /// Users are no longer members.
    MembersLeft {
        /// The group.
        group: GroupId,
        /// The former members.
        members: Vec<UserId>,
        /// How it came about.
        how: Left,
        /// The user who removed them. Absent if the server does not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<UserId>,
        /// Why; may be empty.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
    },
    /// What a group knows about one member changed. Except for the role, the event does not hold the new values.
    MemberChanged {
        /// The group.
        group: GroupId,
        /// The member.
        member: UserId,
        /// The changed fields: `nickname` (the name in this group), `avatar`, `role`, `custom`. Any other field has the
        /// server's name.
        fields: Vec<String>,
        /// The new role, if the role changed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        role: Option<Role>,
        /// The user who changed it. Absent if the server does not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<UserId>,
    },
    /// A group has another owner. The former owner stays as an ordinary member.
    OwnerChanged {
        /// The group.
        group: GroupId,
        /// The former owner. Absent if the server does not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<UserId>,
        /// The new owner.
        to: UserId,
        /// The user who changed it. Absent if the server does not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<UserId>,
    },
    /// A group has as many members as it can have. Tencent Chat reports it again each time somebody cannot join.
    GroupFull {
        /// The group.
        group: GroupId,
    },
    /// Attributes of a group changed. The event does not hold the values, so they are not stored.
    AttributesChanged {
        /// The group.
        group: GroupId,
        /// How they changed: `set` (the named ones replace all others), `modified` (only the named ones changed),
        /// `deleted`, `cleared` (all are gone), or `unknown`.
        how: Edited,
        /// The names of the attributes that the server names.
        keys: Vec<String>,
        /// The user who changed them. Absent if the server does not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<UserId>,
    },
    /// A topic was created in a group.
    TopicCreated {
        /// The group.
        group: GroupId,
        /// The topic.
        topic: TopicId,
        /// Its name; may be empty.
        name: String,
        /// The owner of the group. Absent if the server does not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        owner: Option<UserId>,
        /// The user who created it. Absent if the server does not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<UserId>,
    },
    /// Topics of a group were dissolved. The group stays.
    TopicsDissolved {
        /// The group.
        group: GroupId,
        /// The topics.
        topics: Vec<TopicId>,
    },
    /// Fields of a topic changed. The event does not hold the new values, so they are not stored.
    TopicChanged {
        /// The group.
        group: GroupId,
        /// The topic. Absent if the server does not say which.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        topic: Option<TopicId>,
        /// The changed fields: `name`, `notice`, `introduction`, `avatar`.
        fields: Vec<String>,
        /// The user who changed it. Absent if the server does not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<UserId>,
    },
    /// Users got into a private topic of a group. It says nothing about who is a member of the group.
    TopicMembersJoined {
        /// The group.
        group: GroupId,
        /// The topic.
        topic: TopicId,
        /// The users.
        members: Vec<UserId>,
        /// How they got into it.
        how: Joined,
        /// The user who invited them or accepted their request. Absent if the server does not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<UserId>,
    },
    /// Users are no longer in a private topic of a group. It says nothing about who is a member of the group.
    TopicMembersLeft {
        /// The group.
        group: GroupId,
        /// The topic.
        topic: TopicId,
        /// The users.
        members: Vec<UserId>,
        /// How it came about.
        how: Left,
        /// The user who removed them. Absent if the server does not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<UserId>,
    },
    /// A user was about to ask to get into a private topic of a group, and no decision here refused it.
    TopicJoinIntended {
        /// The group.
        group: GroupId,
        /// The topic.
        topic: TopicId,
        /// The user.
        user: UserId,
        /// The text of the request; may be empty.
        message: String,
    },
    /// A group was dissolved. OpenIM can report it twice.
    GroupDissolved {
        /// The group.
        group: GroupId,
        /// The last owner. Absent if the server does not say it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        owner: Option<UserId>,
        /// The last members. Empty if the server does not name them; there may have been some.
        members: Vec<UserId>,
    },
}

/// A member of a new group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema),
    schemars(rename = "GroupMember")
)]
pub struct Member {
    /// The user.
    pub user: UserId,
    /// The role. Absent if the server does not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
}

/// What a member may do: `owner`, `admin` or `member`. A number is a role that the server does not document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Role {
    /// The one owner.
    Owner,
    /// An administrator of the group.
    Admin,
    /// Everybody else.
    Member,
    /// A role that the server does not document.
    #[serde(untagged)]
    Other(i32),
}

/// How users became members: `free` (without anybody's consent), `invited`, `applied`, `at_creation`, or `unknown`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Joined {
    /// Anybody may join, and they did.
    Free,
    /// Another user invited them.
    Invited,
    /// Their request was accepted.
    Applied,
    /// The group was created with them.
    AtCreation,
    /// The server does not say it.
    Unknown,
}

/// How users left: `left` (by themselves), `removed`, or `unknown`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Left {
    /// By themselves.
    Left,
    /// Somebody removed them.
    Removed,
    /// The server does not say it.
    Unknown,
}

/// How attributes changed: `set` (the named ones replace all others), `modified` (only the named ones changed),
/// `deleted`, `cleared` (all are gone), or `unknown`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Edited {
    /// The named attributes replace all others.
    Set,
    /// The named attributes have new values.
    Modified,
    /// The named attributes are gone.
    Deleted,
    /// All attributes are gone.
    Cleared,
    /// The server does not say it.
    Unknown,
}

impl Event {
    /// The group.
    #[must_use]
    pub fn group(&self) -> &GroupId {
        match self {
            Self::GroupCreated { group, .. }
            | Self::GroupChanged { group, .. }
            | Self::MembersJoined { group, .. }
            | Self::MembersJoinIntended { group, .. }
            | Self::JoinIntended { group, .. }
            | Self::MembersLeft { group, .. }
            | Self::MemberChanged { group, .. }
            | Self::OwnerChanged { group, .. }
            | Self::GroupFull { group }
            | Self::AttributesChanged { group, .. }
            | Self::TopicCreated { group, .. }
            | Self::TopicsDissolved { group, .. }
            | Self::TopicChanged { group, .. }
            | Self::TopicMembersJoined { group, .. }
            | Self::TopicMembersLeft { group, .. }
            | Self::TopicJoinIntended { group, .. }
            | Self::GroupDissolved { group, .. } => group,
        }
    }
}

impl Filed for Event {
    fn subject(&self) -> Option<Subject<'_>> {
        Some(Subject::Group(self.group()))
    }
}

/// A part of an event that can be long.
enum Long<'a> {
    Users(&'a mut Vec<UserId>),
    Members(&'a mut Vec<Member>),
    Topics(&'a mut Vec<TopicId>),
    Fields(&'a mut Vec<String>),
    Text(&'a mut String),
}

impl Event {
    /// The list, or the text, that can be long.
    fn long(&mut self, kind: Continues) -> Option<Long<'_>> {
        match (kind, self) {
            (Continues::List, Self::GroupCreated { members, .. }) => Some(Long::Members(members)),
            (
                Continues::List,
                Self::MembersJoined { members, .. }
                | Self::MembersJoinIntended { members, .. }
                | Self::MembersLeft { members, .. }
                | Self::TopicMembersJoined { members, .. }
                | Self::TopicMembersLeft { members, .. }
                | Self::GroupDissolved { members, .. },
            ) => Some(Long::Users(members)),
            (Continues::List, Self::TopicsDissolved { topics, .. }) => Some(Long::Topics(topics)),
            (
                _,
                Self::GroupChanged { fields, .. }
                | Self::MemberChanged { fields, .. }
                | Self::TopicChanged { fields, .. }
                | Self::AttributesChanged { keys: fields, .. },
            ) => Some(Long::Fields(fields)),
            (
                Continues::Text,
                Self::GroupCreated { name: text, .. }
                | Self::JoinIntended { message: text, .. }
                | Self::TopicCreated { name: text, .. }
                | Self::TopicJoinIntended { message: text, .. }
                | Self::MembersLeft { reason: text, .. },
            ) => Some(Long::Text(text)),
            _ => None,
        }
    }
}

impl Split for Event {
    fn split_off_half(&mut self) -> Option<(Continues, Self)> {
        for continues in [Continues::List, Continues::Text] {
            let mut half = self.clone();
            let is_halved = match (self.long(continues), half.long(continues)) {
                (Some(Long::Users(first)), Some(Long::Users(second))) => {
                    halve_list(first).map(|it| *second = it).is_some()
                }
                (Some(Long::Members(first)), Some(Long::Members(second))) => {
                    halve_list(first).map(|it| *second = it).is_some()
                }
                (Some(Long::Topics(first)), Some(Long::Topics(second))) => {
                    halve_list(first).map(|it| *second = it).is_some()
                }
                (Some(Long::Fields(first)), Some(Long::Fields(second))) => {
                    let half = match continues {
                        Continues::List => halve_list(first),
                        Continues::Text => {
                            let text = first.last_mut().and_then(halve_text);
                            text.map(|text| vec![text])
                        }
                    };
                    half.map(|it| *second = it).is_some()
                }
                (Some(Long::Text(first)), Some(Long::Text(second))) => {
                    halve_text(first).map(|it| *second = it).is_some()
                }
                _ => false,
            };
            if is_halved {
                // The first half of a list keeps the text. In both, it would be joined to itself.
                if let (Continues::List, Some(Long::Text(text))) =
                    (continues, half.long(Continues::Text))
                {
                    text.clear();
                }
                return Some((continues, half));
            }
        }
        None
    }

    fn join(&mut self, continues: Continues, mut half: Self) -> Option<Self> {
        match (self.long(continues), half.long(continues)) {
            (Some(Long::Users(list)), Some(Long::Users(more))) => list.append(more),
            (Some(Long::Members(list)), Some(Long::Members(more))) => list.append(more),
            (Some(Long::Topics(list)), Some(Long::Topics(more))) => list.append(more),
            (Some(Long::Fields(list)), Some(Long::Fields(more))) => {
                if continues == Continues::Text
                    && let (Some(last), false) = (list.last_mut(), more.is_empty())
                {
                    last.push_str(&more.remove(0));
                }
                list.append(more);
            }
            (Some(Long::Text(text)), Some(Long::Text(more))) => text.push_str(more),
            _ => return Some(half),
        }
        None
    }
}
