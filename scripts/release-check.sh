#!/usr/bin/env bash
# scripts/release-check.sh TAG REPOSITORY: whether a release can be made of this tag, at this address.
set -euo pipefail
cd "$(dirname "$0")/.."
facts() { cargo metadata --locked --no-deps --format-version 1 | python3 -c "
import json, sys
for package in json.load(sys.stdin)['packages']:
    if package['name'] == 'cli': print(package['$1'] or '')"; }
version=$(facts version) repository=$(facts repository)
if [ "$1" != "v$version" ]; then
  echo "error: the tag is $1, and Cargo.toml has the version $version" >&2 && exit 1
fi
# `cargo binstall` reads from the manifest where the archives are.
if [ "$repository" != "$2" ]; then
  echo "error: cli/Cargo.toml needs the line: repository = \"$2\" (it has \"$repository\")" >&2 && exit 1
fi
scripts/release-notes.sh "$version" >/dev/null
