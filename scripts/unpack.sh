#!/usr/bin/env bash
# scripts/unpack.sh FOLDER PACKAGE...: unpacks Debian's packages, and the libraries that they need, into FOLDER without
# root.
set -euo pipefail
folder=$1
shift
command -v apt-get >/dev/null || { echo "error: apt-get is not installed, and $* cannot be fetched without it" >&2 && exit 1; }
mkdir -p "$folder"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Uses its own package lists: a fresh machine has none, and only root may write the machine's.
mkdir -p "$work"/apt/state/lists/partial "$work"/apt/cache/archives/partial "$work/packages"
apt=(apt-get -qq -o "Dir::State=$work/apt/state" -o "Dir::Cache=$work/apt/cache" -o APT::Sandbox::User=root
  -o APT::Update::Post-Invoke-Success= -o APT::Update::Post-Invoke= -o DPkg::Post-Invoke=)
"${apt[@]}" update
cd "$work/packages"
"${apt[@]}" download "$@"
# The packages know the names of the libraries in this release, and those know further ones. The C library is installed, and
# valgrind's memcheck, which needs its debug symbols, is not used.
while
  for each in *.deb; do dpkg-deb --field "$each" Depends; done | tr ',' '\n' |
    awk '$1 ~ /^(lib|zlib)/ && $1 !~ /^libc6(-dbg)?$/ { sub(":any", "", $1); print $1 }' | sort -u >needed
  for each in *.deb; do dpkg-deb --field "$each" Package; done | sort -u >there
  comm -23 needed there >missing
  [ -s missing ]
do xargs "${apt[@]}" download <missing; done
cd - >/dev/null
for each in "$work"/packages/*.deb; do dpkg-deb --extract "$each" "$folder"; done
