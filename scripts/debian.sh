#!/usr/bin/env bash
# scripts/debian.sh FOLDER PACKAGE PROGRAM [VARIABLE=PATH...]: makes FOLDER/PACKAGE, which is this machine's program of that
# name or else Debian's, unpacked there without root. PROGRAM is where the package has it, and variables tell it where it
# is: their paths are the package's, too.
set -euo pipefail
folder=$1 package=$2 program=$3
shift 3
mkdir -p "$folder"
cd "$folder"
if installed=$(PATH=$PATH:/usr/local/sbin:/usr/sbin command -v "$package"); then
  ln -sf "$installed" "$package"
  exit
fi
command -v apt-get >/dev/null || { echo "error: there is no $package, and no apt-get to fetch one with" >&2 && exit 1; }

# Package lists of its own: a fresh machine has none, and only root may write them.
mkdir -p apt/state/lists/partial apt/cache/archives/partial packages
apt=(apt-get -qq -o "Dir::State=$PWD/apt/state" -o "Dir::Cache=$PWD/apt/cache" -o APT::Sandbox::User=root
  -o APT::Update::Post-Invoke-Success= -o APT::Update::Post-Invoke= -o DPkg::Post-Invoke=)
"${apt[@]}" update
cd packages
"${apt[@]}" download "$package"
# Its libraries, under the names that this release has for them. The C library is there, and of what wants its symbols
# (valgrind's memcheck) nothing is used.
dpkg-deb --field "$package"_*.deb Depends | tr ',' '\n' | awk '$1 ~ /^(lib|zlib)/ && $1 !~ /^libc6(-dbg)?$/ { print $1 }' |
  xargs --no-run-if-empty "${apt[@]}" download
cd ..
for each in packages/*.deb; do dpkg-deb --extract "$each" root; done
libraries=$(find "$PWD/root" -name '*.so.*' -printf '%h\n' | sort -u | paste -sd:)
environment=(${libraries:+"LD_LIBRARY_PATH=$libraries"})
for variable in "$@"; do environment+=("${variable%%=*}=$PWD/root/${variable#*=}"); done
printf '#!/bin/sh\nexec env %s %s/root/%s "$@"\n' "${environment[*]}" "$PWD" "$program" >"$package.new"
chmod +x "$package.new"
mv "$package.new" "$package"
rm -r apt packages
