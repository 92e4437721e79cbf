//! What documents mean, what is wrong with them, and whether everything that describes them agrees.

mod agreement;
mod mistakes;
mod rules;
