//! What the rules of a document answer.

mod rules;
