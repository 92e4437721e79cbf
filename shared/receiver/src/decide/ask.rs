//! Asks the app's own service, after the policies and the handler let a callback pass.

use std::collections::BTreeSet;

use domain::{Change, Changeable, Question, Role, Source, Words};
use outgoing::{Circuit, Client, Signer};
use protocol::{Answer, Callback, Codes, Command, Reason};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::time::{Instant, timeout_at};
use tracing::{info, warn};

use super::Asking;
use crate::{
    JudgedLater, Problem, ProblemKind,
    messages::{SERVICE_ASKED_AGAIN, SERVICE_NOT_ASKED, SERVICE_UNDECIDED},
};

const MEDIA_TYPE: &str = "application/json";

/// The app's own service.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) client: Client,
    pub(crate) signer: Signer,
    pub(crate) circuit: Circuit,
    /// The commands that it is asked about. Empty means all.
    pub(crate) commands: BTreeSet<&'static str>,
    /// What it is only asked about after the message was sent.
    pub(crate) later: JudgedLater,
}

/// What is asked before a message is sent. All else that names a kind is about a message that was sent before.
const SENDING: [&str; 3] = [
    "message.send",
    "message.send_to_group",
    "message.send_to_subscribers",
];

impl Service {
    pub(crate) fn is_asked_about(&self, command: &Command) -> bool {
        let is_listed = self.commands.is_empty() || self.commands.contains(command.name);
        is_listed && command.asks().is_some()
    }

    /// Whether it is only asked after the message was sent.
    pub(super) fn is_asked_later(&self, command: &Command, questions: &[Question<'_>]) -> bool {
        command.asks().is_some_and(|asks| SENDING.contains(&asks))
            && questions.iter().all(|it| self.later.postpones(it))
    }

    /// Asks about the questions that are not refused yet. Gives the answer with what the service decided.
    pub(super) async fn ask<C: Callback>(
        &self,
        asking: &Asking<'_>,
        callback: &C,
        answer: &C::Answer,
    ) -> Result<C::Answer, Problem> {
        let answer = answer.clone();
        let mut draft = Pair { callback, answer };
        self.ask_about(asking, &mut draft).await?;
        Ok(draft.answer)
    }

    async fn ask_about(
        &self,
        asking: &Asking<'_>,
        draft: &mut dyn Draft<'_>,
    ) -> Result<(), Problem> {
        let failed = |why: &str| Problem::new(ProblemKind::Undecided, why);
        if Instant::now() >= asking.end() {
            warn!(error = "no time was left", "{SERVICE_UNDECIDED}");
            return Err(failed("no time was left"));
        }
        if !self.circuit.lets_through(Instant::now()) {
            return Err(failed("it is not asked for a while"));
        }
        let asked = self.asked(asking, draft).await;
        match &asked {
            // An answer that does not fit the command is a mistake about one command. The service itself works.
            Ok(_) | Err(NotSaid::Unfit(_)) => {
                if self.circuit.succeeded() {
                    info!("{SERVICE_ASKED_AGAIN}");
                }
            }
            Err(NotSaid::Nothing(_)) => {
                if self.circuit.failed(Instant::now()) {
                    warn!("{SERVICE_NOT_ASKED}");
                }
            }
        }
        asked.map_err(|(NotSaid::Nothing(why) | NotSaid::Unfit(why))| {
            warn!(error = why, "{SERVICE_UNDECIDED}");
            failed("the previous log line says why")
        })
    }

    async fn asked(&self, asking: &Asking<'_>, draft: &mut dyn Draft<'_>) -> Result<(), NotSaid> {
        let questions = draft.questions();
        let open = draft.open();
        let questions: Vec<_> = open.iter().filter_map(|n| questions.get(*n)).collect();
        if questions.len() != open.len() {
            return Err(unfit("the callback does not say what it asks"));
        }
        let end = asking.until(asking.shares.question);
        let id = asking.call.request.id.replace('.', "-");
        let body = to_service(&id, draft, &questions, end);
        let rulings = match self.said(&id, body, end).await? {
            Said::Whole(ruling) => vec![ruling; questions.len()],
            Said::Each(Each { each }) if draft.has_each() && each.len() == questions.len() => each,
            Said::Each(_) => return Err(unfit("its list does not fit the question")),
        };
        for ((n, question), ruling) in open.iter().zip(questions).zip(rulings) {
            apply(asking.codes, draft, question, *n, ruling)?;
        }
        Ok(())
    }

    async fn said(&self, id: &str, body: String, end: Instant) -> Result<Said, NotSaid> {
        let no_time = |_| NotSaid::Nothing("it did not answer in time".to_owned());
        let said = timeout_at(end, self.client.post(&self.signer, id, MEDIA_TYPE, body)).await;
        let said = said
            .map_err(no_time)?
            .map_err(|failure| NotSaid::Nothing(failure.to_string()))?;
        if !(200..300).contains(&said.status) {
            return Err(NotSaid::Nothing(format!("its status is {}", said.status)));
        }
        // Without the parser's message, which could quote what a user wrote.
        serde_json::from_slice(&said.body)
            .map_err(|_| NotSaid::Nothing("its answer is not a decision".to_owned()))
    }
}

/// A callback with the answer to it so far. It hides their types, so that what asks is compiled once and not for each
/// command.
trait Draft<'a>: Send {
    fn command(&self) -> Command;
    fn questions(&self) -> Vec<Question<'a>>;
    /// Whether the server reads an answer for each question.
    fn has_each(&self) -> bool;
    /// The questions that are not refused.
    fn open(&self) -> Vec<usize>;
    /// Gives whether the question is refused now.
    fn refuse(&mut self, question: usize, reason: &Reason) -> bool;
    fn can_change(&self, change: &Change) -> bool;
    /// Gives whether the change was possible.
    fn change(&mut self, change: &Change) -> bool;
}

struct Pair<'a, C: Callback> {
    callback: &'a C,
    answer: C::Answer,
}

impl<'a, C: Callback> Draft<'a> for Pair<'a, C> {
    fn command(&self) -> Command {
        C::COMMAND
    }

    fn questions(&self) -> Vec<Question<'a>> {
        self.callback.questions()
    }

    fn has_each(&self) -> bool {
        C::Answer::EACH
    }

    fn open(&self) -> Vec<usize> {
        let is_open = |n: &usize| self.answer.refused(*n).is_none();
        (0..self.answer.questions()).filter(is_open).collect()
    }

    fn refuse(&mut self, question: usize, reason: &Reason) -> bool {
        self.answer.refuse(question, reason);
        self.answer.refused(question).is_some()
    }

    fn can_change(&self, change: &Change) -> bool {
        self.callback.amended(change).is_some()
    }

    fn change(&mut self, change: &Change) -> bool {
        let Some(amended) = self.callback.amended(change) else {
            return false;
        };
        self.answer = amended.over(self.answer.clone());
        true
    }
}

/// Why the service did not decide. The texts quote nothing that the service sent.
enum NotSaid {
    /// It gave no decision.
    Nothing(String),
    /// Its decision is not possible for this command.
    Unfit(String),
}

fn unfit(why: impl Into<String>) -> NotSaid {
    NotSaid::Unfit(why.into())
}

/// What the service gets.
#[derive(Serialize)]
struct ToService<'a> {
    id: &'a str,
    r#type: &'a str,
    server: Source,
    command: &'a str,
    subject: String,
    data: DataOf<'a>,
    deadline_ms: u64,
}

#[derive(Serialize)]
#[serde(untagged)]
enum DataOf<'a> {
    Whole(Box<Data<'a>>),
    Each { each: Vec<Data<'a>> },
}

/// A question in words of neither server. Absent fields are not in the question.
#[derive(Default, Serialize)]
struct Data<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    actor: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    others: Vec<&'a str>,
    /// Whether it is also about users whose ids cannot be read.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    unreadable_others: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parts: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    texts: Vec<Option<&'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<Option<&'a str>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    names: Vec<Option<&'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notice: Option<Option<&'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    introduction: Option<Option<&'a str>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pictures: Vec<Option<&'a str>>,
    /// The fields that an amendment can have.
    amendable: Vec<&'static str>,
}

impl<'a> Data<'a> {
    fn of(draft: &dyn Draft<'_>, question: &Question<'a>) -> Self {
        let mut data = Self {
            actor: question.actor.map(|it| it.as_str()),
            others: question.others.iter().map(|it| it.as_str()).collect(),
            unreadable_others: question.means_unreadable_others,
            group: question.group.map(|it| it.as_str()),
            kind: question.kind.map(|it| it.word()),
            parts: question.parts.iter().map(|it| it.word()).collect(),
            pictures: question.pictures.iter().copied().map(text).collect(),
            amendable: amendable(draft, question),
            ..Self::default()
        };
        for written in &question.texts {
            let text = text(written.words);
            match written.role {
                Role::Name => data.name = Some(text),
                Role::NewName => data.names.push(text),
                Role::Notice => data.notice = Some(text),
                Role::Introduction => data.introduction = Some(text),
                _ => data.texts.push(text),
            }
        }
        data
    }
}

fn text(words: Words<'_>) -> Option<&str> {
    match words {
        Words::Text(text) => Some(text),
        Words::Unreadable => None,
    }
}

fn to_service(
    id: &str,
    draft: &dyn Draft<'_>,
    questions: &[&Question<'_>],
    end: Instant,
) -> String {
    let subject = questions.first().and_then(|question| {
        let user = |id: &domain::UserId| format!("user/{id}");
        let actor = question.actor.map(user);
        let group = || question.group.map(|id| format!("group/{id}"));
        actor
            .or_else(group)
            .or_else(|| question.others.first().map(|id| user(id)))
    });
    let mut data = questions.iter().map(|question| Data::of(draft, question));
    let data = match draft.has_each() {
        true => DataOf::Each {
            each: data.collect(),
        },
        false => DataOf::Whole(Box::new(data.next().unwrap_or_default())),
    };
    let left = end.saturating_duration_since(Instant::now());
    let command = draft.command();
    let question = ToService {
        id,
        r#type: command.asks().unwrap_or_default(),
        server: command.source,
        command: command.name,
        subject: subject.unwrap_or_else(|| "command".to_owned()),
        data,
        deadline_ms: u64::try_from(left.as_millis()).unwrap_or(u64::MAX),
    };
    serde_json::to_string(&question).unwrap_or_default()
}

/// What the service says.
#[derive(Deserialize)]
#[serde(untagged)]
enum Said {
    Whole(Ruling),
    Each(Each),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Each {
    each: Vec<Ruling>,
}

#[derive(Clone, Deserialize)]
#[serde(tag = "decision", rename_all = "snake_case", deny_unknown_fields)]
enum Ruling {
    Allow {},
    Refuse {
        code: i32,
        message: String,
        #[serde(default)]
        detail: String,
    },
    Amend {
        data: Map<String, Value>,
    },
}

/// Puts one ruling into the answer.
fn apply(
    codes: Codes,
    draft: &mut dyn Draft<'_>,
    question: &Question<'_>,
    n: usize,
    ruling: Ruling,
) -> Result<(), NotSaid> {
    match ruling {
        Ruling::Allow {} => {}
        Ruling::Refuse {
            code,
            message,
            detail,
        } => {
            let own = codes.own();
            if !own.contains(&code) {
                let (first, last) = (own.start(), own.end());
                return Err(unfit(format!("its code is not between {first} and {last}")));
            }
            if message.trim().is_empty() {
                return Err(unfit("its refusal has no message"));
            }
            if !detail.is_empty() && !codes.have_detail() {
                return Err(unfit(
                    "it gave a detail, for which this server has no field",
                ));
            }
            let reason = Reason {
                code,
                message,
                detail,
            };
            if !draft.refuse(n, &reason) {
                return Err(unfit("this command cannot be refused"));
            }
        }
        Ruling::Amend { data } => {
            if data.is_empty() {
                return Err(unfit("its amendment has no field"));
            }
            let amendable = amendable(draft, question);
            let may_change = |field: &String| amendable.contains(&field.as_str());
            if !data.keys().all(may_change) {
                return Err(unfit(format!(
                    "its amendment has a field that cannot change here; these can: {}",
                    amendable.join(", ")
                )));
            }
            for (field, value) in data {
                let change = change(&field, value, question);
                if !change.is_some_and(|change| draft.change(&change)) {
                    return Err(unfit(format!("its amendment has an odd value of {field}")));
                }
            }
        }
    }
    Ok(())
}

/// The fields that an answer to this question can change.
fn amendable(draft: &dyn Draft<'_>, question: &Question<'_>) -> Vec<&'static str> {
    let now = |role| {
        let mut texts = question.texts.iter();
        texts.any(|it| it.role == role && it.change == Changeable::Now)
    };
    let some = || "x".to_owned();
    let possible = draft.command().amends().iter().copied().filter(|field| {
        let change = match *field {
            "text" if now(Role::Message) => Change::Message(some()),
            "name" if now(Role::Name) => Change::Name(some()),
            "names" if now(Role::NewName) => Change::NewNames(vec![(0, some())]),
            "notice" if now(Role::Notice) => Change::Notice(some()),
            "introduction" if now(Role::Introduction) => Change::Introduction(some()),
            "push" => Change::Push {
                title: some(),
                text: some(),
            },
            "keep_first" if !question.others.is_empty() => Change::KeepFirst(1),
            _ => return false,
        };
        draft.can_change(&change)
    });
    possible.collect()
}

/// The change that a field of an amendment asks for. `None` if the value does not fit.
fn change(field: &str, value: Value, question: &Question<'_>) -> Option<Change> {
    let others = question.others.len();
    match field {
        "text" => words(value).map(Change::Message),
        "name" => words(value).map(Change::Name),
        "notice" => words(value).map(Change::Notice),
        "introduction" => words(value).map(Change::Introduction),
        "names" => {
            let Value::Array(names) = value else {
                return None;
            };
            if names.len() != others {
                return None;
            }
            // Null leaves a name as it is.
            let changed = names.into_iter().enumerate();
            let changed = changed.filter(|(_, name)| !name.is_null());
            let changed: Option<Vec<_>> =
                changed.map(|(n, name)| Some((n, words(name)?))).collect();
            changed
                .filter(|names| !names.is_empty())
                .map(Change::NewNames)
        }
        "push" => {
            let Value::Object(mut push) = value else {
                return None;
            };
            let (title, text) = (push.remove("title")?, push.remove("text")?);
            push.is_empty().then_some(())?;
            Some(Change::Push {
                title: words(title)?,
                text: words(text)?,
            })
        }
        "keep_first" => {
            let count = usize::try_from(value.as_u64()?).ok()?;
            (1..=others)
                .contains(&count)
                .then_some(Change::KeepFirst(count))
        }
        _ => None,
    }
}

/// A text that is not empty.
fn words(value: Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text),
        _ => None,
    }
}
