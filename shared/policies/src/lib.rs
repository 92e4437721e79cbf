//! Decides about before callbacks by the rules in `policies.json`.
//!
//! It only reads a document and judges questions. It never reads a file or a clock, never counts, and never calls AWS.
//! `docs/policies.md` describes the document, and `policies.schema.json` describes it for editors. `{}` has no rules.
//!
//! For each before command, the document can say: who may act and with whom, how often, how long a text may be, what a
//! text must not contain, and how many users an import may have.
//!
//! * [`Policies`] is the document, read once when a function starts. Every mistake is named with its place.
//! * [`Rules`] are the rules of one command. [`Rules::judge`] is a pure function from a [`Question`](domain::Question) to
//!   an [`Outcome`].
//! * [`RequestLimit`] is the only rule that depends on earlier requests. It says which counter to raise, and what the
//!   count means. The caller does the counting.
//!
//! ```
//! use domain::{Question, UserId};
//! use policies::{Outcome, Policies};
//!
//! let policies = Policies::from_json(
//!     r#"{"callbackBeforeAddBlackCommand": {"otherUser": {"deny": ["support"]}}}"#,
//! )?;
//! let rules = policies.rules("callbackBeforeAddBlackCommand");
//! let ana = UserId::new("ana")?;
//! let support = [UserId::new("support")?];
//! let Outcome::Refuse(refusal) = rules.judge(&Question::new(&ana, &support)) else {
//!     panic!("nobody may block the support");
//! };
//! assert_eq!((refusal.rule.as_str(), refusal.code), ("otherUser", 28002));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod codes;
mod document;
mod json;
mod limit;
mod mistakes;
mod rules;
mod text;

pub use document::{Policies, commands};
pub use limit::{RequestLimit, Window};
pub use mistakes::{Mistake, Mistakes};
pub use rules::{Outcome, Refusal, Rules};
