#!/usr/bin/env bash
# scripts/debian.sh FOLDER NAME PROGRAM [PACKAGE...] [VARIABLE=PATH...]
# Makes FOLDER/NAME, which starts this machine's program of that name. If this machine has none, it starts Debian's,
# which is unpacked into FOLDER without root. PROGRAM is its path in the packages; without a PACKAGE, the package is
# called NAME. Each VARIABLE is set to its PATH in the packages when the program starts.
set -euo pipefail
folder=$1 name=$2 program=$3
shift 3
mkdir -p "$folder"
if installed=$(PATH=$PATH:/usr/local/sbin:/usr/sbin command -v "$name"); then
  ln -sf "$installed" "$folder/$name"
  exit
fi
root=$(realpath "$folder")/root
packages=() environment=()
for each in "$@"; do
  case $each in *=*) environment+=("${each%%=*}=$root/${each#*=}") ;; *) packages+=("$each") ;; esac
done
scripts/unpack.sh "$root" "${packages[@]:-$name}"
libraries=$(find "$root" -name '*.so*' -printf '%h\n' | sort -u | paste -sd:)
environment+=(${libraries:+"LD_LIBRARY_PATH=$libraries"})
printf '#!/bin/sh\nexec env %s %s/%s "$@"\n' "${environment[*]}" "$root" "$program" >"$folder/$name.new"
chmod +x "$folder/$name.new"
mv "$folder/$name.new" "$folder/$name"
