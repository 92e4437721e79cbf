#!/usr/bin/env bash
# scripts/reproducible.sh: builds two functions of this commit in two fresh clones, in folders with different names, and
# compares their bytes.
set -euo pipefail
project=$(cd "$(dirname "$0")/.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for clone in one another; do
  git clone --quiet "$project" "$folder/$clone"
  make --directory "$folder/$clone" build FUNCTION="after-delete-friend tencent"
done
cd "$folder"
sha256sum {one,another}/target/lambda/{after-delete-friend,tencent}/bootstrap
for file in one/target/lambda/*/bootstrap one/target/lambda/sbom.cdx.json; do
  cmp "$file" "another/${file#one/}"
done
echo "the same bytes"
