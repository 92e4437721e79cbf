//! A quota of the CPU, in version 1 or 2 of Linux' control groups.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::Result;

/// A group of processes of its own. Only root may make one.
pub(crate) struct Cgroup {
    folder: PathBuf,
    is_v2: bool,
    /// Microseconds after which the quota is new.
    period: u64,
}

impl Cgroup {
    pub(crate) fn new(period_ms: u64) -> Result<Self> {
        let root = Path::new("/sys/fs/cgroup");
        let is_v2 = root.join("cgroup.controllers").exists();
        if is_v2 {
            // It may be there already; if it cannot be had, the group has no quota to write.
            let _ = fs::write(root.join("cgroup.subtree_control"), "+cpu");
        }
        let parent = if is_v2 {
            root.to_owned()
        } else {
            root.join("cpu")
        };
        let folder = parent.join(format!("bench-{}", std::process::id()));
        fs::create_dir(&folder)
            .map_err(|error| format!("a quota of the CPU needs Linux and root: {error}"))?;
        Ok(Self {
            folder,
            is_v2,
            period: period_ms * 1000,
        })
    }

    /// Puts a process into it.
    pub(crate) fn enter(&self, process: u32) -> Result<()> {
        Ok(fs::write(
            self.folder.join("cgroup.procs"),
            process.to_string(),
        )?)
    }

    /// This share of one CPU from now on.
    pub(crate) fn limit(&self, share: f64) -> Result<()> {
        let Self { folder, period, .. } = self;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let quota = (*period as f64 * share) as u64;
        // The kernel's least.
        let quota = quota.max(1000);
        if self.is_v2 {
            fs::write(folder.join("cpu.max"), format!("{quota} {period}"))?;
        } else {
            fs::write(folder.join("cpu.cfs_period_us"), period.to_string())?;
            fs::write(folder.join("cpu.cfs_quota_us"), quota.to_string())?;
        }
        Ok(())
    }

    /// In how many periods the quota was used up.
    pub(crate) fn throttled(&self) -> Result<u64> {
        let statistics = fs::read_to_string(self.folder.join("cpu.stat"))?;
        let mut lines = statistics.lines();
        let number = lines.find_map(|line| line.strip_prefix("nr_throttled "));
        Ok(number
            .ok_or("the kernel does not count throttling")?
            .parse()?)
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        // An empty group costs nothing, should it stay.
        let _ = fs::remove_dir(&self.folder);
    }
}
