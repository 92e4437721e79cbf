//! Decides about before callbacks by the rules in `policies.json`.
//!
//! It only reads a document and judges questions. It never reads a file or a clock, never counts, and never calls AWS.
//! `docs/policies.md` describes the document, and `policies.schema.json` describes it for editors. `{}` has no rules.
//!
//! For each before command, the document can say: who may act and with whom, how often, how long a text may be, what a
//! text must not contain, and how many users an import may have. Rules by subject (messages, groups, users, push) are
//! written once, and apply to every command that the catalogue names for them.
//!
//! * [`Policies`] is the document, read once when a function starts. Every mistake is named with its place.
//! * [`Rules`] are the rules of one command. [`Rules::judge`] is a pure function from a [`Question`](domain::Question) to
//!   an [`Outcome`].
//! * [`Limit`] depends on earlier callbacks. It says which counter to raise, and what the count means. The caller does
//!   the counting.
//! * [`Contacts`] depends on who is friends with whom. It says what the rows mean. The caller reads them.
//!
//! ```
//! use domain::{Question, Timestamp, UserId};
//! use policies::{Outcome, Policies};
//!
//! let policies = Policies::from_json(
//!     r#"{"callbackBeforeAddBlackCommand": {"otherUser": {"deny": ["support"]}}}"#,
//! )?;
//! let rules = policies.rules("callbackBeforeAddBlackCommand");
//! let now = Timestamp::from_unix_millis(1_795_691_157_529)?;
//! let ana = UserId::new("ana")?;
//! let support = [UserId::new("support")?];
//! let Outcome::Refuse(refusal) = rules.judge(&Question::new(&ana, &support), now) else {
//!     panic!("nobody may block the support");
//! };
//! assert_eq!((refusal.rule.as_str(), refusal.code(protocol::Codes::OpenIm)), ("otherUser", 28002));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod contacts;
mod document;
mod domains;
mod fold;
mod hours;
mod json;
mod limit;
mod mistakes;
mod reader;
mod rules;
mod subjects;
mod text;
mod words;

pub use contacts::{Contacts, Known};
pub use document::{BySubject, Policies, commands};
pub use limit::{Limit, Window};
pub use mistakes::{Mistake, Mistakes};
pub use rules::{Outcome, Refusal, Rules};
