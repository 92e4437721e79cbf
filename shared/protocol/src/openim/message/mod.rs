//! Messages: sent, changed, recalled and read.

commands! {}
