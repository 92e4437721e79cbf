#!/usr/bin/env bash
# scripts/stand-in.sh FILE: a file system for `docker import` that takes the place of Lambda's image where there is no
# registry: Debian's packages with what our binaries, and SAM when it adds the runtime API, need of a Linux.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
scripts/unpack.sh "$folder" busybox-static libc6
for command in sh mv chmod; do ln -s busybox "$folder/bin/$command"; done
mkdir -p "$folder"/var/{rapid,task}
mkdir -p "$(dirname "$1")"
tar --create --file "$1.new" --directory "$folder" --owner=0 --group=0 .
mv "$1.new" "$1"
