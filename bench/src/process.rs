//! A program that ends when its value is dropped.

use std::process::Child;

/// A running program. Dropping this value ends it.
pub(crate) struct Process(pub(crate) Child);

impl Process {
    pub(crate) fn end(&mut self) {
        // An error here means that the program has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}
