#!/usr/bin/env bash
# scripts/stand-in.sh FILE: makes a file system for `docker import` that replaces Lambda's image where no registry is
# available. It contains Debian's packages that our binaries need, and those that SAM needs to add the runtime API.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
scripts/unpack.sh "$folder" busybox-static libc6
for command in sh mv chmod; do ln -s busybox "$folder/bin/$command"; done
mkdir -p "$folder"/var/{rapid,task}
mkdir -p "$(dirname "$1")"
tar --create --file "$1.new" --directory "$folder" --owner=0 --group=0 .
mv "$1.new" "$1"
