//! Everything that needs a running function; see `it/`.
