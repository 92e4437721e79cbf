//! The records that users keep of their conversations.

commands! {}
