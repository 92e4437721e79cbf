#!/usr/bin/env bash
# scripts/debian.sh FOLDER NAME PROGRAM [PACKAGE...] [VARIABLE=PATH...]: makes FOLDER/NAME, which is this machine's program
# of that name or else Debian's, unpacked there without root. PROGRAM is where the packages have it (without any, the one
# of that name), and variables tell it where it is: their paths are the packages', too.
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
libraries=$(find "$root" -name '*.so.*' -printf '%h\n' | sort -u | paste -sd:)
environment+=(${libraries:+"LD_LIBRARY_PATH=$libraries"})
printf '#!/bin/sh\nexec env %s %s/%s "$@"\n' "${environment[*]}" "$root" "$program" >"$folder/$name.new"
chmod +x "$folder/$name.new"
mv "$folder/$name.new" "$folder/$name"
