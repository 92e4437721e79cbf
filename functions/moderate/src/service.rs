//! The question to the app's own service.

use std::time::Duration;

use domain::{
    Conversation, Source, TopicId,
    message::{AppText, Content, Event, Kind, MessageRef},
};
use outgoing::{Client, Signer};
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, timeout};

use crate::Sent;

/// How long the service may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// The app's own service.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) client: Client,
    pub(crate) signer: Signer,
}

/// What the service says about a message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Judgement {
    Allow,
    Refuse { code: i32 },
}

/// The question, in the form of those about before callbacks.
#[derive(Serialize)]
struct Question<'a> {
    id: &'a str,
    r#type: &'static str,
    server: Source,
    command: &'a str,
    subject: String,
    data: Data<'a>,
    deadline_ms: u64,
}

#[derive(Serialize)]
struct Data<'a> {
    actor: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    others: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    topic: Option<&'a TopicId>,
    kind: Kind,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parts: Vec<Kind>,
    message: &'a MessageRef,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<&'a Content>,
    #[serde(skip_serializing_if = "AppText::is_empty")]
    app_text: &'a AppText,
    /// A message that was sent cannot be changed.
    amendable: [&'static str; 0],
}

#[derive(Deserialize)]
#[serde(tag = "decision", rename_all = "snake_case", deny_unknown_fields)]
enum Answer {
    Allow {},
    Refuse {
        code: i32,
        #[serde(rename = "message")]
        _message: String,
        #[serde(default, rename = "detail")]
        _detail: String,
    },
}

impl Service {
    /// Asks about a message, and waits for the answer until then at most.
    ///
    /// # Errors
    ///
    /// Says why there is no answer, without anything that the service sent.
    pub(crate) async fn judge(&self, sent: &Sent, until: Instant) -> Result<Judgement, String> {
        let time = until
            .saturating_duration_since(Instant::now())
            .min(PATIENCE);
        let body = question(sent, time).ok_or("the event says nothing of a message")?;
        let asked = self
            .client
            .post(&self.signer, &sent.id, "application/json", body);
        let answer = match timeout(time, asked).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(failure)) => return Err(failure.to_string()),
            Err(_) => return Err("it did not answer in time".to_owned()),
        };
        if !(200..300).contains(&answer.status) {
            return Err(format!("its status is {}", answer.status));
        }
        // Without the parser's message, which could quote what a user wrote.
        match serde_json::from_slice(&answer.body) {
            Ok(Answer::Allow {}) => Ok(Judgement::Allow),
            Ok(Answer::Refuse { code, .. }) => Ok(Judgement::Refuse { code }),
            Err(_) => Err("its answer is neither allow nor refuse".to_owned()),
        }
    }
}

fn question(sent: &Sent, time: Duration) -> Option<String> {
    let Event::MessageSent {
        conversation,
        topic,
        from,
        message,
        kind,
        content,
        app_text,
        ..
    } = &sent.event
    else {
        return None;
    };
    let parts = match content {
        Some(Content::Several { parts }) => parts.iter().map(Content::kind).collect(),
        _ => Vec::new(),
    };
    let question = Question {
        id: &sent.id,
        r#type: "message.sent",
        server: sent.source,
        command: &sent.command,
        subject: format!("user/{from}"),
        data: Data {
            actor: from.as_str(),
            others: match conversation {
                Conversation::Users(users) => vec![crate::withdraw::other(users, from).as_str()],
                _ => Vec::new(),
            },
            group: conversation.group().map(|group| group.as_str()),
            topic: topic.as_ref(),
            kind: *kind,
            parts,
            message,
            content: content.as_ref(),
            app_text,
            amendable: [],
        },
        deadline_ms: u64::try_from(time.as_millis()).unwrap_or(u64::MAX),
    };
    serde_json::to_string(&question).ok()
}

#[cfg(test)]
mod tests {
    use domain::{GroupId, Timestamp, UserId};
    use outgoing::{Addresses, Target};
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn a_service_that_does_not_answer_is_not_waited_for_after_the_end() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let target = Target::new(&url, Addresses::AlsoPrivate).unwrap();
        let service = Service {
            client: Client::new(target).unwrap(),
            signer: Signer::new(["bmV3IHNlY3JldCBuZXcgc2VjcmV0IG5ldyBzZWNyZXQ="]).unwrap(),
        };
        let sent = Sent {
            id: "r-0".to_owned(),
            source: Source::Tencent,
            command: "c".to_owned(),
            time: Timestamp::now(),
            event: Event::MessageSent {
                conversation: Conversation::Group(GroupId::new("g").unwrap()),
                topic: None,
                from: UserId::new("ana").unwrap(),
                message: MessageRef::default(),
                kind: Kind::Picture,
                sent_at: None,
                mentions: Vec::new(),
                mentions_everybody: false,
                bot: false,
                content: None,
                app_text: AppText::default(),
            },
        };
        for time in [Duration::ZERO, Duration::from_millis(20)] {
            let judged = service.judge(&sent, Instant::now() + time).await;
            assert_eq!(judged, Err("it did not answer in time".to_owned()));
        }
        let question = question(&sent, PATIENCE).unwrap();
        assert!(question.ends_with(r#""deadline_ms":120000}"#), "{question}");
    }
}
