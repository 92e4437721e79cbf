//! What happened, in one plain sentence for each event.

use domain::{
    Conversation, Events, GroupId, TopicId, UserId,
    call::{self, CallChange, CallResult, Media, What},
    channel, conversation,
    decision::{self, By, Verdict},
    group::{self, Edited, Joined, Left, Role},
    message::{self, Content, ExtensionChange, Kind, MessageRef},
    moderation::{self, Scene, Suggestion, Withdrawal},
    operations,
    presence::{self, Ended},
    push::{self, Stage},
    relation, user,
};

/// A sentence for each event.
pub(crate) fn sentences(events: &Events) -> Vec<String> {
    match events {
        Events::Relation(events) => events.iter().map(about_relation).collect(),
        Events::User(events) => events.iter().map(about_user).collect(),
        Events::Group(events) => events.iter().map(about_group).collect(),
        Events::Channel(events) => events.iter().map(about_channel).collect(),
        Events::Message(events) => events.iter().map(about_message).collect(),
        Events::Conversation(events) => events.iter().map(about_conversation).collect(),
        Events::Presence(events) => events.iter().map(about_presence).collect(),
        Events::Push(events) => events.iter().map(about_push).collect(),
        Events::Call(events) => events.iter().map(about_call).collect(),
        Events::Moderation(events) => events.iter().map(about_moderation).collect(),
        Events::Operations(events) => events.iter().map(about_operations).collect(),
        Events::Decision(events) => events.iter().map(about_decision).collect(),
        Events::Unknown => {
            vec!["kept as it came: the command is unknown, or the body did not fit".to_owned()]
        }
    }
}

/// For an event that a later version of the domain has.
fn as_json(event: &impl serde::Serialize) -> String {
    serde_json::to_string(event).unwrap_or_default()
}

fn about_relation(event: &relation::Event) -> String {
    use relation::Event;

    match event {
        Event::FriendRequested { from, to, message } => {
            format!("{from} asked {to} for friendship: \"{message}\"")
        }
        Event::FriendRequestAccepted { from, to, message } => {
            format!("{to} accepted the request of {from}: \"{message}\"")
        }
        Event::FriendAdded { owner, friend } => format!("{owner} got the friend {friend}"),
        Event::FriendsImported { owner, friends } => {
            format!("{owner} and {} are friends by import", names(friends))
        }
        Event::FriendDeleted { owner, friend } => format!("{owner} deleted {friend}"),
        Event::RemarkSet {
            owner,
            friend,
            remark,
        } => format!("{owner} named {friend} \"{remark}\""),
        Event::Blocked { owner, blocked } => format!("{owner} blocked {blocked}"),
        Event::BlockIntended { owner, blocked } => format!("{owner} was about to block {blocked}"),
        Event::Unblocked { owner, blocked } => format!("{owner} unblocked {blocked}"),
        Event::Followed { follower, followed } => format!("{follower} follows {}", names(followed)),
        Event::Unfollowed { follower, followed } => {
            format!("{follower} no longer follows {}", names(followed))
        }
    }
}

fn about_user(event: &user::Event) -> String {
    match event {
        user::Event::ProfileChanged { user, fields } if fields.is_empty() => {
            format!("{user} changed something in the profile")
        }
        user::Event::ProfileChanged { user, fields } => {
            format!("{user} changed {}", fields.join(", "))
        }
        user::Event::UsersRegistered { users } => {
            format!(
                "registered: {}",
                listed(users.iter().map(|user| &user.user))
            )
        }
    }
}

fn about_group(event: &group::Event) -> String {
    use group::Event;

    match event {
        Event::GroupCreated {
            group,
            name,
            owner,
            creator,
            members,
        } => {
            let creator = creator.as_ref().or(owner.as_ref());
            let members = listed(members.iter().map(|member| &member.user));
            let created = match creator {
                Some(creator) => format!("{creator} created group {group} \"{name}\""),
                None => format!("group {group} \"{name}\" was created"),
            };
            with(created, " with ", &members)
        }
        Event::GroupChanged { group, fields, by } => {
            changed(&format!("group {group}"), fields, by.as_ref())
        }
        Event::MembersJoined {
            group,
            members,
            how,
            by,
        } => joined(members, &format!("group {group}"), *how, by.as_ref()),
        Event::MembersJoinIntended { group, members } => {
            let (users, were) = (names(members), if_one(members, "was", "were"));
            format!("{users} {were} about to join group {group}")
        }
        Event::JoinIntended {
            group,
            user,
            message,
        } => format!("{user} was about to ask to join group {group}: \"{message}\""),
        Event::MembersLeft {
            group,
            members,
            how,
            by,
            reason,
        } => {
            let left = left(members, &format!("group {group}"), *how, by.as_ref());
            match reason.is_empty() {
                true => left,
                false => format!("{left}: \"{reason}\""),
            }
        }
        Event::MemberChanged {
            group,
            member,
            fields,
            role,
            by,
        } => {
            let fields = fields.join(", ");
            let role = role.map(role_name);
            let changed = format!("{member} in group {group} changed: {fields}");
            let changed = with(changed, ", now ", role.as_deref().unwrap_or_default());
            with(changed, " by ", text(by.as_ref()))
        }
        Event::OwnerChanged {
            group,
            from,
            to,
            by,
        } => {
            let changed = format!("group {group} now belongs to {to}");
            let changed = with(changed, ", no longer to ", text(from.as_ref()));
            with(changed, ", changed by ", text(by.as_ref()))
        }
        Event::GroupFull { group } => format!("group {group} is full"),
        Event::AttributesChanged {
            group,
            how,
            keys,
            by,
        } => {
            let how = match how {
                Edited::Set => "replaced",
                Edited::Modified => "changed",
                Edited::Deleted => "deleted",
                Edited::Cleared => "cleared",
                _ => "changed",
            };
            let changed = match by {
                Some(by) => format!("{by} {how} attributes of group {group}"),
                None => format!("attributes of group {group} were {how}"),
            };
            with(changed, ": ", &keys.join(", "))
        }
        Event::TopicCreated {
            group,
            topic,
            name,
            by,
            ..
        } => match by {
            Some(by) => format!("{by} created topic {topic} \"{name}\" in group {group}"),
            None => format!("topic {topic} \"{name}\" was created in group {group}"),
        },
        Event::TopicsDissolved { group, topics } => {
            let topics: Vec<&str> = topics.iter().map(TopicId::as_str).collect();
            format!(
                "topics of group {group} were dissolved: {}",
                topics.join(", ")
            )
        }
        Event::TopicChanged {
            group,
            topic,
            fields,
            by,
        } => {
            let topic = match topic {
                Some(topic) => in_topic(topic, group),
                None => format!("a topic in group {group}"),
            };
            changed(&topic, fields, by.as_ref())
        }
        Event::TopicMembersJoined {
            group,
            topic,
            members,
            how,
            by,
        } => joined(members, &in_topic(topic, group), *how, by.as_ref()),
        Event::TopicMembersLeft {
            group,
            topic,
            members,
            how,
            by,
        } => left(members, &in_topic(topic, group), *how, by.as_ref()),
        Event::TopicJoinIntended {
            group,
            topic,
            user,
            message,
        } => {
            let topic = in_topic(topic, group);
            format!("{user} was about to ask to join {topic}: \"{message}\"")
        }
        Event::GroupDissolved {
            group,
            owner,
            members,
        } => {
            let dissolved = format!("group {group} was dissolved");
            let dissolved = with(dissolved, "; its owner was ", text(owner.as_ref()));
            with(dissolved, "; its members were ", &names(members))
        }
        other => as_json(other),
    }
}

/// Says which fields of something changed.
fn changed(what: &str, fields: &[String], by: Option<&UserId>) -> String {
    let fields = match fields.is_empty() {
        true => "something".to_owned(),
        false => fields.join(", "),
    };
    match by {
        Some(by) => format!("{by} changed {fields} of {what}"),
        None => format!("{what} changed: {fields}"),
    }
}

fn in_topic(topic: &TopicId, group: &GroupId) -> String {
    format!("topic {topic} in group {group}")
}

fn joined(members: &[UserId], place: &str, how: Joined, by: Option<&UserId>) -> String {
    let how = match how {
        Joined::Invited => ", invited",
        Joined::Applied => ", accepted",
        Joined::AtCreation => ", as it was created",
        _ => "",
    };
    with(
        format!("{} joined {place}{how}", names(members)),
        " by ",
        text(by),
    )
}

fn left(members: &[UserId], place: &str, how: Left, by: Option<&UserId>) -> String {
    let were = if_one(members, "was", "were");
    let members = names(members);
    match (how, by) {
        (Left::Removed, Some(by)) => format!("{by} removed {members} from {place}"),
        (Left::Removed, None) => format!("{members} {were} removed from {place}"),
        _ => format!("{members} left {place}"),
    }
}

fn role_name(role: Role) -> String {
    match role {
        Role::Owner => "owner".to_owned(),
        Role::Admin => "administrator".to_owned(),
        Role::Member => "ordinary member".to_owned(),
        Role::Other(number) => format!("role {number}"),
        _ => String::new(),
    }
}

fn about_channel(event: &channel::Event) -> String {
    use channel::Event;

    let account = |channel: &UserId| format!("official account {channel}");
    match event {
        Event::ChannelCreated {
            channel,
            name,
            owner,
            creator,
        } => {
            let channel = account(channel);
            match creator.as_ref().or(owner.as_ref()) {
                Some(creator) => format!("{creator} created {channel} \"{name}\""),
                None => format!("{channel} \"{name}\" was created"),
            }
        }
        Event::ChannelChanged {
            channel,
            fields,
            by,
        } => changed(&account(channel), fields, by.as_ref()),
        Event::ChannelDissolved { channel, owner } => {
            let dissolved = format!("{} was deleted", account(channel));
            with(dissolved, "; its owner was ", text(owner.as_ref()))
        }
        Event::ChannelFull { channel } => format!("{} is full", account(channel)),
        Event::SubscribersAdded {
            channel,
            subscribers,
            by,
        } => {
            let added = format!("{} subscribed to {}", names(subscribers), account(channel));
            with(added, ", added by ", text(by.as_ref()))
        }
        Event::SubscribersRemoved {
            channel,
            subscribers,
            by,
        } => {
            let (users, channel) = (names(subscribers), account(channel));
            let subscribe = if_one(subscribers, "subscribes", "subscribe");
            let removed = format!("{users} no longer {subscribe} to {channel}");
            with(removed, ", removed by ", text(by.as_ref()))
        }
        other => as_json(other),
    }
}

fn about_message(event: &message::Event) -> String {
    use message::Event;

    match event {
        Event::MessageSent {
            conversation,
            from,
            kind,
            content,
            ..
        } => {
            let to = sent_to(conversation, from);
            match content.as_ref().and_then(words) {
                Some(words) => format!("{from} wrote {to}: \"{words}\""),
                None => format!("{from} sent {} {to}", kind_name(*kind)),
            }
        }
        Event::MessageFailed {
            conversation,
            from,
            kind,
            code,
            ..
        } => {
            let failed = format!(
                "{from} could not send {} {}",
                kind_name(*kind),
                sent_to(conversation, from)
            );
            match code {
                Some(code) => format!("{failed}, code {code}"),
                None => failed,
            }
        }
        Event::MessageNumbered {
            conversation,
            message,
        } => format!("{} {}", a_message(message), place(conversation)),
        Event::MessagesRecalled {
            conversation,
            messages,
            by,
            ..
        } => {
            let messages = number_of(messages);
            let place = place(conversation);
            match by {
                Some(by) => format!("{by} recalled {messages} {place}"),
                None => format!("{messages} {place}, recalled"),
            }
        }
        Event::MessagesRead {
            conversation,
            reader,
            messages,
            up_to,
            until,
            everywhere,
        } => {
            let read = match (up_to, messages.is_empty()) {
                _ if *everywhere => format!("{reader} read everything"),
                (Some(number), _) => format!("{reader} read up to message {number}"),
                (None, true) => format!("{reader} read messages"),
                (None, false) => format!("{reader} read {}", number_of(messages)),
            };
            let read = with(
                read,
                " ",
                &conversation.as_ref().map(place).unwrap_or_default(),
            );
            match until {
                Some(until) => format!("{read} until {until}"),
                None => read,
            }
        }
        Event::MessageEdited {
            conversation,
            message,
            by,
            content,
            ..
        } => {
            let message = number_of(std::slice::from_ref(message));
            let place = place(conversation);
            let edited = match by {
                Some(by) => format!("{by} edited {message} {place}"),
                None => format!("{message} {place}, edited"),
            };
            match content.as_ref().and_then(words) {
                Some(words) => format!("{edited}: \"{words}\""),
                None => edited,
            }
        }
        Event::MessageExtended {
            conversation,
            message,
            how,
            keys,
        } => {
            let how = match how {
                ExtensionChange::Set => "set",
                ExtensionChange::Deleted => "deleted",
                ExtensionChange::Cleared => "cleared",
                _ => "changed",
            };
            let message = number_of(std::slice::from_ref(message));
            let extended = format!("{message} {}, keys {how}", place(conversation));
            with(extended, ": ", &keys.join(", "))
        }
        other => as_json(other),
    }
}

/// What users read of a message's content, if it is a text.
fn words(content: &Content) -> Option<&str> {
    match content {
        Content::Text { text }
        | Content::Markdown { text }
        | Content::Mention { text, .. }
        | Content::Quote { text, .. } => Some(text),
        Content::Several { parts } => parts.iter().find_map(words),
        _ => None,
    }
}

fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "a text",
        Kind::Picture => "a picture",
        Kind::Sound => "a voice message",
        Kind::Video => "a video",
        Kind::File => "a file",
        Kind::Mention => "a text with mentions",
        Kind::Location => "a place",
        Kind::Card => "a user's card",
        Kind::Quote => "a text with a quote",
        Kind::Merged => "several messages in one",
        Kind::Custom => "content of the app's own",
        Kind::Face => "a sticker",
        Kind::Markdown => "a text in Markdown",
        Kind::Several => "several contents in one message",
        Kind::Typing => "the sign of typing",
        Kind::Notification => "a notice",
        _ => "a message",
    }
}

fn a_message(message: &MessageRef) -> String {
    let id = message.id.as_ref().or(message.client_id.as_ref());
    match (id, message.seq) {
        (Some(id), Some(number)) => format!("message {id} got number {number}"),
        (Some(id), None) => format!("message {id}"),
        (None, Some(number)) => format!("a message got number {number}"),
        (None, None) => "a message".to_owned(),
    }
}

fn number_of(messages: &[MessageRef]) -> String {
    match messages {
        [message] => match (&message.id, &message.client_id, message.seq) {
            (_, _, Some(number)) => format!("message {number}"),
            (Some(id), _, None) | (None, Some(id), None) => format!("message {id}"),
            (None, None, None) => "a message".to_owned(),
        },
        messages => format!("{} messages", messages.len()),
    }
}

fn about_conversation(event: &conversation::Event) -> String {
    match event {
        conversation::Event::ConversationCreated {
            owner,
            conversation,
        } => {
            let what = name_of(conversation);
            match owner {
                Some(owner) => format!("{what} is on the list of {owner} now"),
                None => format!("{what} is on the lists of members now"),
            }
        }
        other => as_json(other),
    }
}

fn about_presence(event: &presence::Event) -> String {
    match event {
        presence::Event::SeenOnline {
            user,
            platform,
            background,
            ..
        } => {
            let background = match background {
                Some(true) => ", in the background",
                _ => "",
            };
            with(format!("{user} is online"), " on ", platform) + background
        }
        presence::Event::WentOffline {
            user,
            platform,
            why,
            ..
        } => {
            let why = match why {
                Some(Ended::SignedOut) => "signed out",
                Some(Ended::Closed) => "the connection was closed",
                Some(Ended::TimedOut) => "nothing was heard any more",
                Some(Ended::OtherLogin) => "another device took the place",
                _ => "",
            };
            let offline = with(format!("{user} went offline"), " on ", platform);
            with(offline, ": ", why)
        }
        presence::Event::StatusChanged { user, .. } => format!("{user} set a status"),
        presence::Event::PresenceChanged {
            users, what, group, ..
        } => {
            let place = group.as_ref().map(in_group).unwrap_or_default();
            let changed = with(names(users), " ", &place);
            with(changed, " changed: ", what)
        }
        presence::Event::MembersCameBack { group, members } => {
            format!("{} are online again in group {group}", names(members))
        }
        presence::Event::MembersDroppedOut { group, members } => {
            format!("{} went offline in group {group}", names(members))
        }
        other => as_json(other),
    }
}

fn about_push(event: &push::Event) -> String {
    match event {
        push::Event::PushReported {
            to,
            stage,
            code,
            channel,
            online,
            conversation,
            message,
            task,
            ..
        } => {
            let what = match (message, task) {
                (Some(message), _) => number_of(std::slice::from_ref(message)),
                (None, Some(task)) => format!("task {task}"),
                (None, None) => String::new(),
            };
            let place = conversation.as_ref().map(place).unwrap_or_default();
            let what = with(what, " ", &place);
            let stage = match stage {
                Some(Stage::Sent) => format!("was sent to {to}"),
                Some(Stage::Arrived) => format!("arrived at {to}"),
                Some(Stage::Clicked) => format!("was clicked by {to}"),
                _ => format!("to {to}"),
            };
            let push = with("a push".to_owned(), " of ", &what);
            let channel = match online {
                true => "the connection",
                false => channel.as_deref().unwrap_or_default(),
            };
            let reported = with(format!("{push} {stage}"), " through ", channel);
            let code = code.map(|code| code.to_string()).unwrap_or_default();
            with(reported, ", but failed with code ", &code)
        }
        other => as_json(other),
    }
}

fn about_call(event: &call::Event) -> String {
    use call::Event;

    match event {
        Event::CallStarted {
            call,
            members,
            media,
            group,
            ..
        } => {
            let started = format!("{} began", a_call(call.as_ref(), *media));
            let started = with(started, ": ", &listed(members.iter().map(|it| &it.user)));
            match group {
                Some(group) => format!("{started} in group {group}"),
                None => started,
            }
        }
        Event::CallMembersChanged { call, changes, .. } => {
            let changes: Vec<String> = changes.iter().map(call_change).collect();
            let call = a_call(call.as_ref(), None);
            with(call, ": ", &changes.join(", "))
        }
        Event::CallEnded {
            call,
            caller,
            members,
            result,
            media,
            ..
        } => {
            let call = a_call(call.as_ref(), *media);
            let call = with(call, " of ", text(caller.as_ref()));
            let others = members.iter().filter(|user| Some(*user) != caller.as_ref());
            let call = with(call, " with ", &listed(others));
            let result = match result {
                Some(CallResult::Cancelled) => "cancelled",
                Some(CallResult::Declined) => "declined",
                Some(CallResult::NotAnswered) => "not answered",
                Some(CallResult::Busy) => "busy",
                Some(CallResult::Interrupted) => "interrupted",
                Some(CallResult::Unreachable) => "not reachable",
                Some(CallResult::Other(word)) => word,
                _ => "",
            };
            with(format!("{call} ended"), ": ", result)
        }
        other => as_json(other),
    }
}

fn a_call(call: Option<&String>, media: Option<Media>) -> String {
    let kind = match media {
        Some(Media::Picture) => "video call",
        _ => "call",
    };
    match call {
        Some(call) => format!("{kind} {call}"),
        None => format!("a {kind}"),
    }
}

fn call_change(change: &CallChange) -> String {
    let user = &change.user;
    match &change.what {
        What::Accepted => format!("{user} accepted"),
        What::Declined => format!("{user} declined"),
        What::NotAnswered => format!("{user} did not answer"),
        What::HungUp => format!("{user} hung up"),
        What::Joined => format!("{user} joined"),
        What::DroppedOut => format!("{user} dropped out"),
        What::Invited => format!("{user} was invited"),
        What::Uninvited => format!("{user} is no longer invited"),
        What::Other(word) => format!("{user}: {word}"),
        _ => user.to_string(),
    }
}

fn about_moderation(event: &moderation::Event) -> String {
    match event {
        moderation::Event::ContentJudged {
            from,
            scene,
            conversation,
            kind,
            blocked,
            suggestion,
            label,
            ..
        } => {
            let what = kind_name(*kind);
            let place = match (scene, conversation) {
                (_, Some(conversation)) => sent_to(conversation, from),
                (Scene::GroupProfile, None) => "about a group".to_owned(),
                (Scene::MemberProfile, None) => "about a member of a group".to_owned(),
                (Scene::UserProfile, None) => "in the profile".to_owned(),
                (Scene::Friends, None) => "about a friend".to_owned(),
                _ => String::new(),
            };
            let what = with(format!("{what} of {from}"), " ", &place);
            let judged = match (blocked, suggestion) {
                (Some(true), _) => format!("{what} was blocked"),
                (Some(false), Some(Suggestion::Review)) => format!("{what} should be looked at"),
                (Some(false), _) => format!("{what} was let through"),
                (None, _) => format!("{what} was judged"),
            };
            with(judged, ": ", label.as_deref().unwrap_or_default())
        }
        moderation::Event::MessageRefused {
            conversation,
            from,
            kind,
            code,
            withdrawal,
            error,
            ..
        } => {
            let what = kind_name(*kind);
            let place = sent_to(conversation, from);
            let became = match withdrawal {
                Withdrawal::Withdrawn => "and withdrawn",
                Withdrawal::Gone => "but was gone before",
                _ => "but could not be withdrawn",
            };
            let error = error.map_or_else(String::new, |error| format!(", error {error}"));
            format!("{what} of {from} {place} was refused with {code} {became}{error}")
        }
        other => as_json(other),
    }
}

fn about_operations(event: &operations::Event) -> String {
    let number = |number: &Option<i64>| number.map_or("?".to_owned(), |it| it.to_string());
    match event {
        operations::Event::RateNearLimit {
            service,
            command,
            per_second,
            limit,
        } => format!(
            "{service} {command} is called {} times a second, and {} are allowed",
            number(per_second),
            number(limit)
        ),
        operations::Event::GroupQuotaAlarm { used, quota, .. } => format!(
            "{} of the {} groups of today are created",
            number(used),
            number(quota)
        ),
        other => as_json(other),
    }
}

fn about_decision(event: &decision::Event) -> String {
    match event {
        decision::Event::Decided {
            decision,
            by,
            code,
            rule,
            actor,
            others,
            group,
            conversation,
        } => {
            let verdict = match decision {
                Verdict::Allowed => "allowed",
                Verdict::Refused => "refused",
                Verdict::Amended => "amended",
            };
            let by = match (by, rule) {
                (By::Failure, _) => "because nobody could decide".to_owned(),
                (_, Some(rule)) => format!("by rule {rule}"),
                (By::Policies, None) => "by policies".to_owned(),
                (By::Handler, None) => "by the handler".to_owned(),
                (By::Service, None) => "by the app's service".to_owned(),
            };
            let code = code
                .map(|code| format!(", code {code}"))
                .unwrap_or_default();
            let who = match (actor, others.is_empty()) {
                (Some(actor), true) => actor.to_string(),
                (Some(actor), false) => format!("{actor} → {}", names(others)),
                (None, _) => names(others),
            };
            let place = match (group, conversation) {
                (Some(group), _) => in_group(group),
                (None, Some(conversation)) => place(conversation),
                (None, None) => String::new(),
            };
            let about = with(who, " ", &place);
            with(format!("{verdict} {by}{code}"), ": ", about.trim_start())
        }
        other => as_json(other),
    }
}

/// Where a message was sent, for a sentence about its sender.
fn sent_to(conversation: &Conversation, from: &UserId) -> String {
    match conversation {
        Conversation::Users([one, other]) => {
            format!("to {}", if one == from { other } else { one })
        }
        Conversation::Channel(_) => "to all subscribers".to_owned(),
        other => place(other),
    }
}

fn place(conversation: &Conversation) -> String {
    match conversation {
        Conversation::Users([one, other]) => format!("between {one} and {other}"),
        Conversation::Group(group) => in_group(group),
        Conversation::Channel(channel) => format!("of official account {channel}"),
        Conversation::Id(id) => format!("in conversation {id}"),
    }
}

fn name_of(conversation: &Conversation) -> String {
    match conversation {
        Conversation::Users([one, other]) => format!("the conversation of {one} and {other}"),
        Conversation::Group(group) => format!("the conversation of group {group}"),
        Conversation::Channel(channel) => format!("the messages of official account {channel}"),
        Conversation::Id(id) => format!("conversation {id}"),
    }
}

fn in_group(group: &GroupId) -> String {
    format!("in group {group}")
}

/// The sentence with more at its end, unless that is empty.
fn with(sentence: String, before: &str, more: &str) -> String {
    match more {
        "" => sentence,
        more => format!("{sentence}{before}{more}"),
    }
}

fn text(user: Option<&UserId>) -> &str {
    user.map_or("", UserId::as_str)
}

fn names(users: &[UserId]) -> String {
    listed(users.iter())
}

/// The verb for one user, or for several.
fn if_one(users: &[UserId], one: &'static str, many: &'static str) -> &'static str {
    match users.len() {
        1 => one,
        _ => many,
    }
}

fn listed<'a>(users: impl Iterator<Item = &'a UserId>) -> String {
    let users: Vec<&str> = users.map(UserId::as_str).collect();
    users.join(", ")
}

#[cfg(test)]
mod tests {
    use domain::group::Member;

    use super::*;

    fn id(id: &str) -> UserId {
        UserId::new(id).unwrap()
    }

    fn group() -> GroupId {
        GroupId::new("g").unwrap()
    }

    fn check(cases: impl IntoIterator<Item = (Events, &'static str)>) {
        for (events, sentence) in cases {
            assert_eq!(sentences(&events), [sentence]);
        }
    }

    #[test]
    fn a_text_of_a_relation_is_shown_as_it_was_written() {
        check([(
            vec![relation::Event::FriendRequested {
                from: id("ana"),
                to: id("leo"),
                message: "it's \"me\" \u{1F469}\u{200D}\u{1F467}".to_owned(),
            }]
            .into(),
            "ana asked leo for friendship: \"it's \"me\" \u{1F469}\u{200D}\u{1F467}\"",
        )]);
    }

    #[test]
    fn every_event_about_a_group_has_a_sentence() {
        use group::Event;

        let by = Some(id("ana"));
        let case = |event: Event, sentence| (vec![event].into(), sentence);
        check([
            case(
                Event::GroupCreated {
                    group: group(),
                    name: "n".to_owned(),
                    owner: by.clone(),
                    creator: None,
                    members: vec![Member {
                        user: id("leo"),
                        role: None,
                    }],
                },
                "ana created group g \"n\" with leo",
            ),
            case(
                Event::GroupChanged {
                    group: group(),
                    fields: vec!["name".to_owned(), "notice".to_owned()],
                    by: by.clone(),
                },
                "ana changed name, notice of group g",
            ),
            case(
                Event::GroupChanged {
                    group: group(),
                    fields: Vec::new(),
                    by: None,
                },
                "group g changed: something",
            ),
            case(
                Event::MembersJoined {
                    group: group(),
                    members: vec![id("leo"), id("bob")],
                    how: Joined::Invited,
                    by: by.clone(),
                },
                "leo, bob joined group g, invited by ana",
            ),
            case(
                Event::MembersJoined {
                    group: group(),
                    members: vec![id("leo")],
                    how: Joined::Free,
                    by: None,
                },
                "leo joined group g",
            ),
            case(
                Event::MembersJoinIntended {
                    group: group(),
                    members: vec![id("leo"), id("bob")],
                },
                "leo, bob were about to join group g",
            ),
            case(
                Event::MembersJoinIntended {
                    group: group(),
                    members: vec![id("leo")],
                },
                "leo was about to join group g",
            ),
            case(
                Event::JoinIntended {
                    group: group(),
                    user: id("leo"),
                    message: "hi".to_owned(),
                },
                "leo was about to ask to join group g: \"hi\"",
            ),
            case(
                Event::MembersLeft {
                    group: group(),
                    members: vec![id("leo")],
                    how: Left::Removed,
                    by: by.clone(),
                    reason: "spam".to_owned(),
                },
                "ana removed leo from group g: \"spam\"",
            ),
            case(
                Event::MembersLeft {
                    group: group(),
                    members: vec![id("leo")],
                    how: Left::Left,
                    by: None,
                    reason: String::new(),
                },
                "leo left group g",
            ),
            case(
                Event::MemberChanged {
                    group: group(),
                    member: id("leo"),
                    fields: vec!["role".to_owned()],
                    role: Some(Role::Admin),
                    by: by.clone(),
                },
                "leo in group g changed: role, now administrator by ana",
            ),
            case(
                Event::OwnerChanged {
                    group: group(),
                    from: by.clone(),
                    to: id("leo"),
                    by: None,
                },
                "group g now belongs to leo, no longer to ana",
            ),
            case(
                Event::GroupDissolved {
                    group: group(),
                    owner: by.clone(),
                    members: vec![id("leo")],
                },
                "group g was dissolved; its owner was ana; its members were leo",
            ),
            case(Event::GroupFull { group: group() }, "group g is full"),
            case(
                Event::AttributesChanged {
                    group: group(),
                    how: Edited::Set,
                    keys: vec!["colour".to_owned(), "size".to_owned()],
                    by,
                },
                "ana replaced attributes of group g: colour, size",
            ),
            case(
                Event::AttributesChanged {
                    group: group(),
                    how: Edited::Cleared,
                    keys: Vec::new(),
                    by: None,
                },
                "attributes of group g were cleared",
            ),
        ]);
    }

    #[test]
    fn every_event_about_a_topic_has_a_sentence() {
        use group::Event;

        let by = Some(id("ana"));
        let topic = || TopicId::new("t").unwrap();
        let case = |event: Event, sentence| (vec![event].into(), sentence);
        check([
            case(
                Event::TopicCreated {
                    group: group(),
                    topic: topic(),
                    name: "n".to_owned(),
                    owner: None,
                    by: by.clone(),
                },
                "ana created topic t \"n\" in group g",
            ),
            case(
                Event::TopicsDissolved {
                    group: group(),
                    topics: vec![topic(), topic()],
                },
                "topics of group g were dissolved: t, t",
            ),
            case(
                Event::TopicChanged {
                    group: group(),
                    topic: None,
                    fields: vec!["name".to_owned()],
                    by: by.clone(),
                },
                "ana changed name of a topic in group g",
            ),
            case(
                Event::TopicChanged {
                    group: group(),
                    topic: Some(topic()),
                    fields: Vec::new(),
                    by: None,
                },
                "topic t in group g changed: something",
            ),
            case(
                Event::TopicMembersJoined {
                    group: group(),
                    topic: topic(),
                    members: vec![id("leo")],
                    how: Joined::Invited,
                    by: by.clone(),
                },
                "leo joined topic t in group g, invited by ana",
            ),
            case(
                Event::TopicMembersLeft {
                    group: group(),
                    topic: topic(),
                    members: vec![id("leo")],
                    how: Left::Removed,
                    by,
                },
                "ana removed leo from topic t in group g",
            ),
            case(
                Event::TopicJoinIntended {
                    group: group(),
                    topic: topic(),
                    user: id("leo"),
                    message: "hi".to_owned(),
                },
                "leo was about to ask to join topic t in group g: \"hi\"",
            ),
        ]);
    }

    #[test]
    fn every_event_about_messages_has_a_sentence() {
        use message::Event;

        let between = || Conversation::between(id("leo"), id("ana"));
        let message = |number| MessageRef {
            id: Some("m".to_owned()),
            client_id: None,
            seq: number,
        };
        let sent = |conversation, kind, text: Option<&str>| Event::MessageSent {
            conversation,
            topic: None,
            from: id("ana"),
            message: message(None),
            kind,
            sent_at: None,
            mentions: Vec::new(),
            mentions_everybody: false,
            content: text.map(|text| Content::Text {
                text: text.to_owned(),
            }),
            app_text: message::AppText::default(),
            bot: false,
        };
        let edited = |by, content| Event::MessageEdited {
            conversation: Conversation::Group(group()),
            topic: None,
            message: message(Some(7)),
            by,
            kind: Kind::Text,
            content,
            app_text: message::AppText::default(),
        };
        let extended = |how, keys: &[&str]| Event::MessageExtended {
            conversation: Conversation::Group(group()),
            message: message(Some(7)),
            how,
            keys: keys.iter().map(|&key| key.to_owned()).collect(),
        };
        let case = |event: Event, sentence| (vec![event].into(), sentence);
        check([
            case(
                sent(between(), Kind::Text, Some("hi")),
                "ana wrote to leo: \"hi\"",
            ),
            case(sent(between(), Kind::Text, None), "ana sent a text to leo"),
            case(
                sent(Conversation::Group(group()), Kind::Picture, None),
                "ana sent a picture in group g",
            ),
            case(
                sent(Conversation::Id("x".to_owned()), Kind::Other, None),
                "ana sent a message in conversation x",
            ),
            case(
                Event::MessageNumbered {
                    conversation: between(),
                    message: message(Some(7)),
                },
                "message m got number 7 between ana and leo",
            ),
            case(
                Event::MessagesRecalled {
                    conversation: Conversation::Group(group()),
                    topic: None,
                    messages: vec![message(Some(7))],
                    by: Some(id("ana")),
                },
                "ana recalled message 7 in group g",
            ),
            case(
                Event::MessagesRead {
                    conversation: Some(between()),
                    reader: id("ana"),
                    messages: vec![message(None), message(None)],
                    up_to: None,
                    until: None,
                    everywhere: false,
                },
                "ana read 2 messages between ana and leo",
            ),
            case(
                Event::MessagesRead {
                    conversation: None,
                    reader: id("ana"),
                    messages: Vec::new(),
                    up_to: Some(9),
                    until: None,
                    everywhere: false,
                },
                "ana read up to message 9",
            ),
            case(
                Event::MessagesRead {
                    conversation: None,
                    reader: id("ana"),
                    messages: Vec::new(),
                    up_to: None,
                    until: domain::Timestamp::from_unix_millis(1_700_000_000_123).ok(),
                    everywhere: true,
                },
                "ana read everything until 2023-11-14T22:13:20.123Z",
            ),
            case(
                Event::MessageFailed {
                    conversation: Conversation::Group(group()),
                    topic: None,
                    from: id("ana"),
                    message: message(None),
                    kind: Kind::Several,
                    code: Some(10023),
                },
                "ana could not send several contents in one message in group g, code 10023",
            ),
            case(
                edited(
                    Some(id("ana")),
                    Some(Content::Several {
                        parts: vec![
                            Content::Other { raw: String::new() },
                            Content::Text {
                                text: "hi".to_owned(),
                            },
                        ],
                    }),
                ),
                "ana edited message 7 in group g: \"hi\"",
            ),
            case(edited(None, None), "message 7 in group g, edited"),
            case(
                extended(ExtensionChange::Set, &["mood", "vote"]),
                "message 7 in group g, keys set: mood, vote",
            ),
            case(
                extended(ExtensionChange::Cleared, &[]),
                "message 7 in group g, keys cleared",
            ),
        ]);
    }

    #[test]
    fn conversations_presence_and_decisions_have_sentences() {
        let decided =
            |verdict, by, code, rule: Option<&str>, actor: Option<&str>, others: &[&str]| {
                decision::Event::Decided {
                    decision: verdict,
                    by,
                    code,
                    rule: rule.map(ToOwned::to_owned),
                    actor: actor.map(id),
                    others: others.iter().map(|other| id(other)).collect(),
                    group: None,
                    conversation: None,
                }
            };
        let (refused, allowed) = (Verdict::Refused, Verdict::Allowed);
        let rule = Some("reqMsg.maxChars");
        let mut in_group = decided(refused, By::Handler, Some(20001), None, Some("ana"), &[]);
        let decision::Event::Decided { group: place, .. } = &mut in_group else {
            unreachable!()
        };
        *place = Some(group());
        check([
            (
                vec![conversation::Event::ConversationCreated {
                    owner: Some(id("ana")),
                    conversation: Conversation::between(id("ana"), id("leo")),
                }]
                .into(),
                "the conversation of ana and leo is on the list of ana now",
            ),
            (
                vec![presence::Event::SeenOnline {
                    user: id("ana"),
                    platform: "IOS".to_owned(),
                    background: Some(true),
                    seen_at: None,
                    connection: None,
                }]
                .into(),
                "ana is online on IOS, in the background",
            ),
            (
                vec![presence::Event::WentOffline {
                    user: id("ana"),
                    platform: "Web".to_owned(),
                    seen_at: None,
                    connection: None,
                    why: None,
                }]
                .into(),
                "ana went offline on Web",
            ),
            (
                vec![presence::Event::WentOffline {
                    user: id("ana"),
                    platform: String::new(),
                    seen_at: None,
                    connection: None,
                    why: Some(Ended::TimedOut),
                }]
                .into(),
                "ana went offline: nothing was heard any more",
            ),
            (
                vec![presence::Event::MembersDroppedOut {
                    group: group(),
                    members: vec![id("ana"), id("leo")],
                }]
                .into(),
                "ana, leo went offline in group g",
            ),
            (
                vec![presence::Event::PresenceChanged {
                    users: vec![id("ana"), id("leo")],
                    what: "Later".to_owned(),
                    group: Some(group()),
                    seen_at: None,
                }]
                .into(),
                "ana, leo in group g changed: Later",
            ),
            (
                vec![presence::Event::StatusChanged {
                    user: id("ana"),
                    seen_at: None,
                }]
                .into(),
                "ana set a status",
            ),
            (
                vec![decided(
                    refused,
                    By::Policies,
                    Some(28004),
                    rule,
                    Some("ana"),
                    &["leo"],
                )]
                .into(),
                "refused by rule reqMsg.maxChars, code 28004: ana → leo",
            ),
            (
                vec![decided(refused, By::Failure, Some(29011), None, None, &[])].into(),
                "refused because nobody could decide, code 29011",
            ),
            (
                vec![decided(
                    allowed,
                    By::Handler,
                    None,
                    None,
                    None,
                    &["leo", "bob"],
                )]
                .into(),
                "allowed by the handler: leo, bob",
            ),
            (
                vec![in_group].into(),
                "refused by the handler, code 20001: ana in group g",
            ),
        ]);
    }

    /// The events are read from their stored form, which is shorter than the types.
    fn check_stored(family: &str, cases: &[(serde_json::Value, &'static str)]) {
        for (event, sentence) in cases {
            let stored = serde_json::json!({"family": family, "events": [event]});
            check([(serde_json::from_value(stored).unwrap(), *sentence)]);
        }
    }

    #[test]
    fn official_accounts_and_what_they_write_have_sentences() {
        use serde_json::json;

        check_stored(
            "channel",
            &[
                (
                    json!({"type": "channel_created", "channel": "hut", "name": "Hut", "owner": "ana", "creator": "eva"}),
                    "eva created official account hut \"Hut\"",
                ),
                (
                    json!({"type": "channel_created", "channel": "hut", "name": ""}),
                    "official account hut \"\" was created",
                ),
                (
                    json!({"type": "channel_changed", "channel": "hut", "fields": ["name", "avatar"], "by": "ana"}),
                    "ana changed name, avatar of official account hut",
                ),
                (
                    json!({"type": "channel_dissolved", "channel": "hut", "owner": "ana"}),
                    "official account hut was deleted; its owner was ana",
                ),
                (
                    json!({"type": "channel_full", "channel": "hut"}),
                    "official account hut is full",
                ),
                (
                    json!({"type": "subscribers_added", "channel": "hut", "subscribers": ["leo", "bob"]}),
                    "leo, bob subscribed to official account hut",
                ),
                (
                    json!({"type": "subscribers_removed", "channel": "hut", "subscribers": ["leo", "bob"], "by": "ana"}),
                    "leo, bob no longer subscribe to official account hut, removed by ana",
                ),
            ],
        );
        check_stored(
            "message",
            &[
                (
                    json!({"type": "message_sent", "conversation": {"channel": "hut"}, "from": "hut", "message": {},
                        "kind": "text", "content": {"kind": "text", "text": "hi"}}),
                    "hut wrote to all subscribers: \"hi\"",
                ),
                (
                    json!({"type": "messages_recalled", "conversation": {"channel": "hut"}, "messages": [{"id": "1_2_3"}]}),
                    "message 1_2_3 of official account hut, recalled",
                ),
            ],
        );
    }

    #[test]
    fn pushes_calls_judgements_and_limits_have_sentences() {
        use serde_json::json;

        check_stored(
            "push",
            &[
                (
                    json!({"type": "push_reported", "to": "ana", "stage": "arrived", "channel": "apns", "from": "leo",
                        "conversation": {"users": ["ana", "leo"]}, "message": {"seq": 7}}),
                    "a push of message 7 between ana and leo arrived at ana through apns",
                ),
                (
                    json!({"type": "push_reported", "to": "ana", "stage": "sent", "online": true, "task": "t", "code": 30}),
                    "a push of task t was sent to ana through the connection, but failed with code 30",
                ),
                (
                    json!({"type": "push_reported", "to": "ana"}),
                    "a push to ana",
                ),
            ],
        );
        check_stored(
            "call",
            &[
                (
                    json!({"type": "call_started", "call": "c", "media": "picture", "group": "g",
                        "members": [{"user": "ana", "takes_part": true}, {"user": "leo"}]}),
                    "video call c began: ana, leo in group g",
                ),
                (
                    json!({"type": "call_members_changed", "changes": [
                        {"user": "ana", "what": "hung_up"}, {"user": "leo", "what": "Teleport"}]}),
                    "a call: ana hung up, leo: Teleport",
                ),
                (
                    json!({"type": "call_ended", "call": "c", "caller": "ana", "members": ["ana", "leo"],
                        "result": "not_answered"}),
                    "call c of ana with leo ended: not answered",
                ),
                (
                    json!({"type": "call_ended", "members": [], "result": "finished"}),
                    "a call ended",
                ),
            ],
        );
        check_stored(
            "moderation",
            &[
                (
                    json!({"type": "content_judged", "from": "leo", "scene": "message", "kind": "text", "blocked": true,
                        "conversation": {"users": ["ana", "leo"]}, "label": "Ad"}),
                    "a text of leo to ana was blocked: Ad",
                ),
                (
                    json!({"type": "content_judged", "from": "leo", "scene": "user_profile", "kind": "picture",
                        "blocked": false, "suggestion": "review"}),
                    "a picture of leo in the profile should be looked at",
                ),
                (
                    json!({"type": "message_refused", "from": "leo", "conversation": {"users": ["ana", "leo"]}, "message": {},
                        "kind": "picture", "code": 20005, "withdrawal": "withdrawn",
                        "refused_at": "2023-11-14T22:13:20.123Z"}),
                    "a picture of leo to ana was refused with 20005 and withdrawn",
                ),
                (
                    json!({"type": "message_refused", "from": "leo", "conversation": {"group": "g"}, "message": {"seq": 7},
                        "kind": "video", "code": 20005, "withdrawal": "failed", "error": 10031,
                        "refused_at": "2023-11-14T22:13:20.123Z"}),
                    "a video of leo in group g was refused with 20005 but could not be withdrawn, error 10031",
                ),
            ],
        );
        check_stored(
            "operations",
            &[
                (
                    json!({"type": "rate_near_limit", "service": "openim", "command": "sendmsg", "per_second": 171,
                        "limit": 200}),
                    "openim sendmsg is called 171 times a second, and 200 are allowed",
                ),
                (
                    json!({"type": "group_quota_alarm", "used": 72, "quota": 100}),
                    "72 of the 100 groups of today are created",
                ),
            ],
        );
    }
}
