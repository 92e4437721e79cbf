//! Where the figures are from.

use std::{fs, process::Command, thread};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::Result;

/// The machine, the compiler and the day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Machine {
    /// The processor's name.
    pub(crate) cpu: String,
    /// How many the system shows.
    pub(crate) cores: usize,
    /// `x86_64` or `aarch64`.
    pub(crate) architecture: String,
    /// Linux' release.
    pub(crate) kernel: String,
    /// What `rustc --version` says.
    pub(crate) rustc: String,
    /// Year, month and day, UTC.
    pub(crate) date: String,
}

impl Machine {
    pub(crate) fn here() -> Result<Self> {
        let cpus = fs::read_to_string("/proc/cpuinfo")?;
        let name = cpus
            .lines()
            .find_map(|line| line.strip_prefix("model name"));
        let name = name.and_then(|rest| rest.split_once(": "));
        let rustc = Command::new("rustc").arg("--version").output()?;
        Ok(Self {
            // ARM's kernels do not name it.
            cpu: name.map_or("not named", |(_, name)| name).to_owned(),
            cores: thread::available_parallelism()?.get(),
            architecture: std::env::consts::ARCH.to_owned(),
            kernel: fs::read_to_string("/proc/sys/kernel/osrelease")?
                .trim()
                .to_owned(),
            rustc: String::from_utf8(rustc.stdout)?.trim().to_owned(),
            date: OffsetDateTime::now_utc().date().to_string(),
        })
    }

    /// In one sentence's part.
    pub(crate) fn described(&self) -> String {
        let Self {
            cpu,
            cores,
            architecture,
            kernel,
            rustc,
            date,
        } = self;
        format!("{date}, {cpu}, {cores} cores, {architecture}, Linux {kernel}, {rustc}")
    }
}
