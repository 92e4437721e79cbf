#!/usr/bin/env bash
# local/nginx.sh FOLDER: makes FOLDER/nginx, which is this machine's nginx or else Debian's, unpacked there without root.
set -euo pipefail
mkdir -p "$1"
cd "$1"
if installed=$(PATH=$PATH:/usr/local/sbin:/usr/sbin command -v nginx); then
  ln -sf "$installed" nginx
  exit
fi
command -v apt-get >/dev/null || { echo "error: there is no nginx, and no apt-get to fetch one with" >&2 && exit 1; }

# Package lists of its own: a fresh machine has none, and only root may write them.
mkdir -p apt/state/lists/partial apt/cache/archives/partial packages
apt=(apt-get -qq -o "Dir::State=$PWD/apt/state" -o "Dir::Cache=$PWD/apt/cache" -o APT::Sandbox::User=root
  -o APT::Update::Post-Invoke-Success= -o APT::Update::Post-Invoke= -o DPkg::Post-Invoke=)
"${apt[@]}" update
cd packages
"${apt[@]}" download nginx
# Its libraries, under the names that this release has for them; the C library is there.
dpkg-deb --field nginx_*.deb Depends | tr ',' '\n' | awk '{ print $1 }' | grep -E '^(lib|zlib)' | grep -vx libc6 |
  xargs "${apt[@]}" download
cd ..
for package in packages/*.deb; do dpkg-deb --extract "$package" root; done
libraries=$(find "$PWD/root" -name '*.so.*' -printf '%h\n' | sort -u | paste -sd:)
printf '#!/bin/sh\nLD_LIBRARY_PATH=%s exec %s/root/usr/sbin/nginx "$@"\n' "$libraries" "$PWD" >nginx.new
chmod +x nginx.new
mv nginx.new nginx
rm -r apt packages
