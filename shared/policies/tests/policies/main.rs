//! Tests what documents mean, which mistakes are found in them, and that the schema and the documentation agree.

mod agreement;
mod mistakes;
mod rules;
mod subjects;
