//! Files with the progress of a long command, so that an interrupted run can be continued.

use std::{
    fs, io,
    path::Path,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde::{Serialize, de::DeserializeOwned};

use crate::{Result, out};

/// An older interrupted run is not continued, because callbacks have come since then.
const RESUMED_WITHIN: Duration = Duration::from_secs(24 * 60 * 60);

/// Unix seconds, for the begin of a run.
pub(crate) fn now() -> Result<u64> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())
}

/// The progress in a file; `None` if there is no file.
pub(crate) fn read<P: DeserializeOwned>(file: &Path) -> Result<Option<P>> {
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let file = file.display();
    let progress = serde_json::from_str(&text).map_err(|error| {
        format!("{file} is not a checkpoint ({error}): remove it to start again")
    })?;
    Ok(Some(progress))
}

/// Whether a run that began then can be continued. It says so if not. `same_table` says whether the events table is still
/// the one of that run.
pub(crate) fn is_resumed(file: &Path, same_table: bool, begun: u64) -> Result<bool> {
    let age = Duration::from_secs(now()?.saturating_sub(begun));
    if same_table && age <= RESUMED_WITHIN {
        return Ok(true);
    }
    let file = file.display();
    // On standard error, so that a program reads only what the command does.
    out::complain(&format!(
        "starting again: {file} is about another table with the same name, or more than a day old"
    ));
    Ok(false)
}

/// Saves the progress. Replaces the file at once, so an interruption leaves the old file or the new one.
pub(crate) fn save(file: &Path, progress: &impl Serialize) -> Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let new = file.with_extension("new");
    fs::write(&new, serde_json::to_string(progress)?)?;
    Ok(fs::rename(new, file)?)
}

/// Removes the file at the end of a run. There is none if the run was short.
pub(crate) fn remove(file: &Path) -> Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}
