//! Where accepted callbacks are kept: the events table in DynamoDB, and the queue for what it does not
//! take.
//!
//! [`EventsTable::record`] is the one write of a callback: one conditional `PutItem`. What an item looks
//! like is said in [`item`]. When that write does not succeed in time, [`Queue::send`] keeps the event
//! until it can be recorded.
//!
//! # Permissions needed
//!
//! `dynamodb:PutItem` on the table, for [`record`](EventsTable::record) and
//! [`open_connection`](EventsTable::open_connection). `dynamodb:Query`, for
//! [`history`](EventsTable::history), which no callback function uses. `sqs:SendMessage` on the queue.

mod client;
mod error;
mod events_table;
pub mod item;
mod queue;

pub use client::{InvalidSettings, Settings, dynamodb, sqs};
pub use error::{ErrorKind, StoreError};
pub use events_table::{EventsTable, Recorded};
pub use queue::{InvalidMessage, Queue, from_message, to_message};
