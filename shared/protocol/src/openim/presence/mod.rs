//! Who is connected.

commands! {}
