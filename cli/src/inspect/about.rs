//! The pages of a person, a group and a conversation, which read the tables.

use std::{collections::BTreeSet, num::NonZeroUsize};

use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::{IntoResponse as _, Redirect, Response},
};
use domain::{Conversation, Events, Family, GroupId, Reception, UserId, decision};
use maud::{Markup, html};
use store::{History, HistoryOf, Reading, StoreError};

use super::{
    Inspector, live, mask, pages,
    web::{Page, error, html as respond},
};
use crate::{sentences::sentences, text, view};

/// The most rows of a table, and the callbacks of a page.
const ROWS: usize = 200;
const CALLBACKS: NonZeroUsize = NonZeroUsize::new(100).unwrap();
/// Whose decisions are read for the page of a conversation, and how many of each.
const WRITERS: usize = 10;

/// The fields of a query.
#[derive(Default)]
struct Asked {
    id: String,
    kind: String,
    subject: String,
    after: Option<String>,
    contents: bool,
}

impl Asked {
    fn read(query: Option<String>) -> Self {
        let mut asked = Self::default();
        for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            let value = value.into_owned();
            match &*name {
                "id" => asked.id = value,
                "kind" => asked.kind = value,
                "subject" => asked.subject = value,
                "after" => asked.after = Some(value),
                "contents" => asked.contents = value == "show",
                _ => {}
            }
        }
        asked
    }

    /// The same page with other fields.
    fn query(&self, after: Option<&str>, contents: bool) -> String {
        let mut query = form_urlencoded::Serializer::for_suffix("?".to_owned(), 1);
        for (name, value) in [("id", &self.id), ("subject", &self.subject)] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        if let Some(after) = after {
            query.append_pair("after", after);
        }
        if contents {
            query.append_pair("contents", "show");
        }
        query.finish()
    }

    fn toggle(&self) -> Markup {
        let target = self.query(self.after.as_deref(), !self.contents);
        html! {
            p.actions {
                a.button href=(target) { @if self.contents { "Hide contents" } @else { "Show contents" } }
            }
        }
    }
}

fn wrong(why: impl std::fmt::Display) -> Response {
    error(StatusCode::BAD_REQUEST, &why.to_string())
}

/// Leads to the page that somebody typed.
pub(super) async fn go(RawQuery(query): RawQuery) -> Response {
    let asked = Asked::read(query);
    let id = asked.id.trim();
    let mut target = form_urlencoded::Serializer::new(String::new());
    let path = match asked.kind.as_str() {
        "conversation" => {
            let subject = match id.split_whitespace().collect::<Vec<_>>()[..] {
                [one, other] => format!("users/{}/{one}/{other}", one.len()),
                _ if id.contains('/') => id.to_owned(),
                _ => format!("conversation/{id}"),
            };
            target.append_pair("subject", &subject);
            "/conversation"
        }
        kind => {
            target.append_pair("id", id);
            match kind {
                "group" => "/group",
                _ => "/person",
            }
        }
    };
    Redirect::to(&format!("{path}?{}", target.finish())).into_response()
}

/// A part of a page. If its table cannot be read, only this part says so.
fn part<T>(title: &str, read: Result<T, StoreError>, shown: impl FnOnce(T) -> Markup) -> Markup {
    html! {
        section aria-label=(title) {
            h2 { (title) }
            @match read {
                Ok(read) => (shown(read)),
                Err(error) => p.error { "It cannot be read: " (error) },
            }
        }
    }
}

/// A table of at most [`ROWS`] rows.
fn table(headings: &[&str], rows: Vec<Vec<Markup>>) -> Markup {
    let all = rows.len();
    html! {
        @if rows.is_empty() {
            p { "None that a callback told." }
        } @else {
            div.wide tabindex="0" role="region" aria-label=(headings[0]) {
                table {
                    thead { tr { @for heading in headings { th scope="col" { (heading) } } } }
                    tbody {
                        @for row in rows.into_iter().take(ROWS) {
                            tr { @for cell in row { td { (cell) } } }
                        }
                    }
                }
            }
            @if all > ROWS { p { "The first " (ROWS) " of " (all) "." } }
        }
    }
}

fn plain(text: &str) -> Markup {
    html! { (text::cut(text, 100)) }
}

fn written(text: &str, contents: bool) -> Markup {
    match contents || text.is_empty() {
        true => plain(text),
        false => plain(mask::HIDDEN),
    }
}

pub(super) async fn person(State(page): Page, RawQuery(query): RawQuery) -> Response {
    let asked = Asked::read(query);
    let user = match UserId::new(asked.id.clone()) {
        Ok(user) => user,
        Err(why) => return wrong(why),
    };
    let views = &page.relationships;
    let of = HistoryOf::User(user.clone());
    let (friends, listed_by, blocks, groups, history) = tokio::join!(
        views.friends_of(&user),
        views.listed_by(&user),
        views.blocked_by(&user),
        views.groups_of(&user),
        history(&page, &of, &asked, None),
    );
    let contents = asked.contents;
    let body = html! {
        (asked.toggle())
        div.columns {
            (part("Friends", friends, |friends| table(
                &["Friend", "Remark", "As of"],
                friends.iter().map(|it| vec![
                    pages::person(it.friend.as_str()),
                    written(&it.remark, contents),
                    plain(&it.received_at.to_string()),
                ]).collect(),
            )))
            (part("On the lists of", listed_by, |entries| table(
                &["Person", "As of"],
                entries.iter().map(|it| vec![
                    pages::person(it.owner.as_str()),
                    plain(&it.received_at.to_string()),
                ]).collect(),
            )))
            (part("Blocks", blocks, |blocks| table(
                &["Blocked", "How sure", "As of"],
                blocks.iter().map(|it| vec![
                    pages::person(it.other.as_str()),
                    plain(if it.intended { "intended" } else { "yes" }),
                    plain(&it.received_at.to_string()),
                ]).collect(),
            )))
            (part("Groups", groups, |groups| table(
                &["Group", "Member", "Role", "Since", "As of"],
                groups.iter().map(|it| {
                    let about = view::about_member(it);
                    let group = [pages::group(it.group.as_str())];
                    group.into_iter().chain(about.iter().map(|it| plain(it))).collect()
                }).collect(),
            )))
        }
        (part("History", history, |history| callbacks(&asked, history, false)))
    };
    let title = format!("Person {}", text::cut(&asked.id, 80));
    respond(pages::whole(&page, &title, "/person", &body))
}

pub(super) async fn group(State(page): Page, RawQuery(query): RawQuery) -> Response {
    let asked = Asked::read(query);
    let group = match GroupId::new(asked.id.clone()) {
        Ok(group) => group,
        Err(why) => return wrong(why),
    };
    let of = HistoryOf::Group(group.clone());
    let (members, history) = tokio::join!(
        page.relationships.members_of(&group, None, ROWS),
        history(&page, &of, &asked, None),
    );
    let conversation = format!("group/{}", asked.id);
    let body = html! {
        (asked.toggle())
        p { (pages::link("/conversation", ("subject", &conversation), "Its messages")) }
        (part("Members", members, |members| html! {
            (table(
                &["Person", "Member", "Role", "Since", "As of"],
                members.members.iter().map(|it| {
                    let about = view::about_member(it);
                    let person = [pages::person(it.user.as_str())];
                    person.into_iter().chain(about.iter().map(|it| plain(it))).collect()
                }).collect(),
            ))
            @if members.more { p { "There are more: " code { "imhook members-of" } " lists all." } }
        }))
        (part("History", history, |history| callbacks(&asked, history, false)))
    };
    let title = format!("Group {}", text::cut(&asked.id, 80));
    respond(pages::whole(&page, &title, "/group", &body))
}

pub(super) async fn conversation(State(page): Page, RawQuery(query): RawQuery) -> Response {
    let asked = Asked::read(query);
    let Some(conversation) = parse(&asked.subject) else {
        return wrong(
            "the subject is not users/<length>/<id>/<id>, group/<id> or conversation/<id>",
        );
    };
    let of = HistoryOf::Conversation(conversation.clone());
    let family = Some(Family::Message);
    let mut messages = history(&page, &of, &asked, family).await;
    if let Ok(history) = &mut messages {
        let refused = refused(&page, &conversation, history).await;
        history.receptions.extend(refused);
        let key = |it: &Reception| (it.received_at, it.id.clone());
        history.receptions.sort_by_key(key);
        history.receptions.reverse();
    }
    let body = html! {
        (asked.toggle())
        (part("Messages", messages, |history| callbacks(&asked, history, true)))
    };
    let title = format!("Conversation {}", text::cut(&asked.subject, 80));
    respond(pages::whole(&page, &title, "/conversation", &body))
}

/// A conversation in the form that events have as their subject.
fn parse(subject: &str) -> Option<Conversation> {
    let (kind, rest) = subject.split_once('/')?;
    match kind {
        "group" => Some(Conversation::Group(GroupId::new(rest).ok()?)),
        "conversation" if !rest.is_empty() => Some(Conversation::Id(rest.to_owned())),
        "users" => {
            let (length, ids) = rest.split_once('/')?;
            let length: usize = length.parse().ok()?;
            let (one, other) = (ids.get(..length)?, ids.get(length..)?.strip_prefix('/')?);
            let id = |id: &str| UserId::new(id).ok();
            Some(Conversation::between(id(one)?, id(other)?))
        }
        _ => None,
    }
}

async fn history(
    page: &Inspector,
    of: &HistoryOf,
    asked: &Asked,
    family: Option<Family>,
) -> Result<History, StoreError> {
    let reading = Reading {
        newest_first: true,
        after: asked.after.clone(),
        limit: Some(CALLBACKS),
        family,
    };
    page.events.history(of, &reading).await
}

/// The refusals of messages in the time of a page. They are filed under those who wrote: the two users, or those whose
/// messages are on the page.
async fn refused(page: &Inspector, conversation: &Conversation, shown: &History) -> Vec<Reception> {
    let mut writers = BTreeSet::new();
    if let Conversation::Users(users) = conversation {
        writers.extend(users.iter().cloned());
    }
    for reception in &shown.receptions {
        if let Events::Message(events) = &reception.events {
            for event in events {
                if let domain::message::Event::MessageSent { from, .. } = event {
                    writers.insert(from.clone());
                }
            }
        }
    }
    // The page ends with its oldest message, unless it is the last page.
    let oldest = shown.next.as_ref().and(shown.receptions.last());
    let oldest = oldest.map(|it| it.received_at);
    let mut refused = Vec::new();
    for writer in writers.into_iter().take(WRITERS) {
        let reading = Reading {
            newest_first: true,
            after: None,
            limit: Some(CALLBACKS),
            family: Some(Family::Decision),
        };
        let of = HistoryOf::User(writer);
        let Ok(decisions) = page.events.history(&of, &reading).await else {
            continue;
        };
        refused.extend(decisions.receptions.into_iter().filter(|reception| {
            let in_time = oldest.is_none_or(|oldest| reception.received_at >= oldest);
            in_time && is_refusal_in(&reception.events, conversation)
        }));
    }
    refused
}

fn is_refusal_in(events: &Events, wanted: &Conversation) -> bool {
    let Events::Decision(events) = events else {
        return false;
    };
    events.iter().any(|event| {
        let decision::Event::Decided {
            decision,
            conversation,
            group,
            actor,
            others,
            ..
        } = event
        else {
            return false;
        };
        let between = || match (actor, &others[..]) {
            (Some(actor), [other]) => {
                Conversation::between(actor.clone(), other.clone()) == *wanted
            }
            _ => false,
        };
        let is_here = match (conversation, group) {
            (Some(conversation), _) => conversation == wanted,
            (None, Some(group)) => wanted.group() == Some(group),
            (None, None) => between(),
        };
        *decision == decision::Verdict::Refused && is_here
    })
}

/// The callbacks of a page. `in_order` shows the oldest of them first, as they were written.
fn callbacks(asked: &Asked, history: History, in_order: bool) -> Markup {
    let mut receptions = history.receptions;
    if in_order {
        receptions.reverse();
    }
    let rows = receptions.iter().map(|reception| {
        let refused = matches!(&reception.events, Events::Decision(it) if it.iter().any(|it| {
            matches!(it, decision::Event::Decided { decision: decision::Verdict::Refused, .. })
        }));
        let sentences = sentences(&reception.events);
        html! {
            tr class=[refused.then_some("refused")] {
                td.time { (reception.received_at.to_string()) }
                td.command { (live::command(&reception.command)) }
                td {
                    @if refused { span.badge { "refused" } " " }
                    @for sentence in sentences.iter().take(20) {
                        div { (text::cut(&mask::sentence(sentence, asked.contents), 300)) }
                    }
                    @if sentences.len() > 20 { div { "and " (sentences.len() - 20) " more" } }
                }
            }
        }
    });
    html! {
        @if receptions.is_empty() {
            p { "Nothing is stored." }
        } @else {
            div.wide tabindex="0" role="region" aria-label="Callbacks" {
                table.history {
                    thead { tr { th scope="col" { "Received" } th scope="col" { "Command" } th scope="col" { "What happened" } } }
                    tbody { @for row in rows { (row) } }
                }
            }
        }
        @if !history.unreadable.is_empty() {
            p.error { (history.unreadable.len()) " items cannot be read." }
        }
        p.paging {
            @if asked.after.is_some() { a href=(asked.query(None, asked.contents)) { "Newest" } " " }
            @if let Some(next) = &history.next {
                a rel="next" href=(asked.query(Some(next), asked.contents)) { "Older" }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversation_is_read_as_events_write_it() {
        let user = |id: &str| UserId::new(id).unwrap();
        let of = Conversation::between(user("leo/x"), user("ana"));
        let subject = cloudevents::subject(domain::Subject::Conversation(&of)).unwrap();
        assert_eq!(subject, "users/3/ana/leo/x");
        assert_eq!(parse(&subject), Some(of));
        for wrong in [
            "",
            "users",
            "users/x/a/b",
            "users/9/a/b",
            "users/1/ab/c",
            "user/ana",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
