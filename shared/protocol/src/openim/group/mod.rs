//! Groups and their members.

commands! {}
