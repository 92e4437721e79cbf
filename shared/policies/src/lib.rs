//! What a callback that asks before something happens is answered, as `policies.json` says.
//!
//! The document names, for each such command, rules that most apps want first: who may act and with whom,
//! how often, how long a text may be and what must not stand in it, how many at once. `docs/policies.md`
//! describes it, `policies.schema.json` tells an editor. `{}` switches nothing on.
//!
//! * [`Policies`] — the document, read once when a function starts. Every mistake is named with its place.
//! * [`Rules`] — those of one command. [`Rules::judge`] is a pure function from a [`Question`](domain::Question) to an
//!   [`Outcome`].
//! * [`RequestLimit`] — the one rule that needs to know what happened before: which counter to raise, and
//!   what its value means. Whoever asks does the counting.
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
//!     panic!("nobody blocks the support");
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
