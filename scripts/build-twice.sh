#!/usr/bin/env bash
# scripts/build-twice.sh [ARGUMENTS OF make build]: builds the last commit twice, in two folders, and compares the functions.
set -euo pipefail
root=$PWD
# Both builds would use it.
unset CARGO_TARGET_DIR
for copy in first second; do
  folder=$root/target/twice/$copy
  rm -rf "$folder"
  mkdir -p "$folder"
  git archive HEAD | tar --extract --directory "$folder"
  ln -s "$root/.local" "$folder/.local"
  make --no-print-directory --directory "$folder" --old-file .local/tools/scripts/run.installed build "$@"
  (cd "$folder/target/lambda" && sha256sum -- */bootstrap) >"$root/target/twice/$copy.sha256"
done
diff "$root/target/twice/first.sha256" "$root/target/twice/second.sha256" || {
  echo "error: these functions differ between two builds of one commit" >&2
  exit 1
}
echo "both builds have the same bytes: $(wc -l <"$root/target/twice/first.sha256") functions"
