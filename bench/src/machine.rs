//! The machine on which the figures were measured.

use std::{fs, process::Command, thread};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::Result;

/// The machine, the compiler and the day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Machine {
    /// The name of the processor.
    pub(crate) cpu: String,
    /// The number of cores that the system shows.
    pub(crate) cores: usize,
    /// `x86_64` or `aarch64`.
    pub(crate) architecture: String,
    /// The release of Linux.
    pub(crate) kernel: String,
    /// The output of `rustc --version`.
    pub(crate) rustc: String,
    /// The date in UTC.
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
            // On ARM, /proc/cpuinfo does not name the processor.
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

    /// The machine as a part of a sentence.
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
