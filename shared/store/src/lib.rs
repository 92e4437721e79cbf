//! Where accepted callbacks are kept: the events table in DynamoDB, which is the log of everything that
//! was accepted; the queue for what it does not take; and the relationships table, a view made from it.
//!
//! [`EventsTable::record`] is the one write of a callback: one conditional `PutItem`, or several for a large one, whose
//! [parts](parts()) are an item each. What an item looks like is said in [`item`]. When that write does not succeed in time, [`Queue::send`] keeps the event
//! until it can be recorded.
//!
//! [`RelationshipsTable::apply`] keeps who is friends with whom now. What an item looks like is said in
//! [`relationships_table`].
//!
//! [`Nonces`] remembers what may be used once only, [`Limits`] counts, and [`secret`] fetches what callers prove themselves
//! with.
//!
//! # Permissions needed
//!
//! `dynamodb:PutItem` on the table, for [`record`](EventsTable::record) and
//! [`open_connection`](EventsTable::open_connection). `dynamodb:Query`, for
//! [`history`](EventsTable::history), which no callback function uses;
//! `dynamodb:Scan` and `dynamodb:DescribeTable`, for [`page`](EventsTable::page) and
//! [`description`](EventsTable::description), with which the view is built again.
//! `sqs:SendMessage` on the queue. `dynamodb:PutItem` on the nonces table, for
//! [`first_use`](Nonces::first_use). `dynamodb:UpdateItem` on the limits table, for
//! [`raise`](Limits::raise). `secretsmanager:GetSecretValue` on the secret, for [`secret`].
//!
//! On the relationships table `dynamodb:PutItem`, for [`apply`](RelationshipsTable::apply);
//! `dynamodb:Query`, also on its index, and `dynamodb:GetItem`, for reading it.

mod client;
mod error;
mod events_table;
pub mod item;
mod limits;
mod nonces;
mod parts;
mod queue;
pub mod relationships_table;
mod secret;

pub use aws_sdk_dynamodb::Client;
pub use client::{InvalidSettings, Settings, counting, dynamodb, patient, secrets_manager, sqs};
pub use error::{ErrorKind, StoreError};
pub use events_table::{Description, EventsTable, History, Page, Position, Recorded};
pub use limits::Limits;
pub use nonces::Nonces;
pub use parts::parts;
pub use queue::{InvalidMessage, Queue, from_message, to_message};
pub use relationships_table::RelationshipsTable;
pub use secret::secret;
