//! Programs that end with what needs them.

use std::process::Child;

/// A running program, which ends with this value.
pub(crate) struct Process(pub(crate) Child);

impl Process {
    pub(crate) fn end(&mut self) {
        // It may have ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}
