//! The events table in DynamoDB: the log of everything that was accepted.
//!
//! [`EventsTable::record`] is the one write of a callback: one conditional `PutItem`. What an item looks
//! like is said in [`item`].
//!
//! # Permissions needed
//!
//! `dynamodb:PutItem` on the table, for [`record`](EventsTable::record) and
//! [`open_connection`](EventsTable::open_connection). `dynamodb:Query`, for
//! [`history`](EventsTable::history), which no callback function uses.

mod client;
mod events_table;
pub mod item;

pub use client::{InvalidSettings, Settings, client};
pub use events_table::{ErrorKind, EventsTable, Recorded, StoreError};
