//! The sizes of the functions.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use clap::Args;
use serde::{Deserialize, Serialize};

use crate::{
    Result,
    contestants::{Places, shown},
    root, save,
    table::{Table, megabytes},
};

/// The functions in the folder that do not belong to the stack.
const CONTESTANTS: [&str; 3] = ["bare-http", "bare-runtime", "sdk-floor"];

#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    places: Places,
    /// Write the result into this file, too
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// One function of the stack.
#[derive(Debug, Serialize, Deserialize)]
struct Size {
    name: String,
    binary_bytes: u64,
    /// The size of the zip that is uploaded.
    zip_bytes: u64,
}

/// `bench sizes`: measures every function of the stack that was built.
pub(crate) fn run(options: &Options) -> Result<()> {
    let functions = &options.places.functions;
    let entries = fs::read_dir(functions)
        .map_err(|error| format!("{}: {error}; run make bench-functions", shown(functions)))?;
    let mut names = entries
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<Result<Vec<_>>>()?;
    names.retain(|name| !CONTESTANTS.contains(&name.as_str()));
    names.sort();
    let mut table = Table::new(&["Function", "binary MB", "zip MB"]);
    let mut sizes = Vec::new();
    for name in names {
        let folder = functions.join(&name);
        let binary = folder.join("bootstrap");
        let binary_bytes = fs::metadata(&binary)
            .map_err(|error| format!("{}: {error}", shown(&binary)))?
            .len();
        let zip_bytes = zip_bytes(&[folder], &root().join("target"))?;
        table.row([name.clone(), megabytes(binary_bytes), megabytes(zip_bytes)]);
        sizes.push(Size {
            name,
            binary_bytes,
            zip_bytes,
        });
    }
    println!("{table}");
    save(options.json.as_deref(), &sizes)
}

/// The size of the zip that `sam package` makes of these folders' contents.
///
/// SAM is written in Python. This uses the same library with the same level, because another library would make files
/// of another size.
pub(crate) fn zip_bytes(packages: &[PathBuf], scratch: &Path) -> Result<u64> {
    const ZIP: &str = "
import os, sys, zipfile
# These are tools that install packages, and files that Python has compiled.
own = ('__pycache__', '_distutils_hack', 'distutils-precedence', 'pip', 'pkg_resources', 'setuptools')
# Lambda provides these.
runtime = ('awslambdaric', 'runtime_client', 'simplejson', 'snapshot_restore_py')
not_deployed = lambda name: name.partition('-')[0].partition('.')[0] in own + runtime
with zipfile.ZipFile(sys.argv[1], 'w', zipfile.ZIP_DEFLATED) as zip:
    for package in sys.argv[2:]:
        for folder, folders, names in os.walk(package):
            folders[:] = [name for name in folders if not not_deployed(name)]
            for name in names:
                if not_deployed(name): continue
                path = os.path.join(folder, name)
                zip.write(path, os.path.relpath(path, package))
";
    let file = scratch.join(format!("package-{}.zip", std::process::id()));
    let done = Command::new("python3")
        .args(["-c", ZIP])
        .arg(&file)
        .args(packages)
        .output()
        .map_err(|error| format!("python3: {error}"))?;
    if !done.status.success() {
        let packages: Vec<_> = packages.iter().map(|it| shown(it)).collect();
        let errors = String::from_utf8_lossy(&done.stderr);
        return Err(format!("python3 could not zip {}: {errors}", packages.join(", ")).into());
    }
    let bytes = fs::metadata(&file)?.len();
    fs::remove_file(&file)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zip_contains_all_files_and_is_compressed() {
        let folder = std::env::temp_dir().join(format!("bench-size-{}", std::process::id()));
        let package = folder.join("package/inner");
        fs::create_dir_all(&package).unwrap();
        let empty = zip_bytes(&[folder.join("package")], &folder).unwrap();
        fs::write(package.join("zeros"), vec![0; 1_000_000]).unwrap();
        let zeros = zip_bytes(&[folder.join("package")], &folder).unwrap();
        assert!(empty < zeros && zeros < 5000, "{empty} {zeros}");
        fs::remove_dir_all(folder).unwrap();
    }
}
