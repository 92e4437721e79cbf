#!/usr/bin/env bash
# fuzz/minimise.sh PROFILE: run it after fuzz/run.sh PROFILE. It keeps in fuzz/corpus the fewest inputs that together
# take every branch of the run. Inputs that a person gave a name stay.
set -euo pipefail
cd "$(dirname "$0")/.."
inputs=target/fuzz-inputs
for file in fuzz/fuzz_targets/*.rs; do
  target=$(basename "$file" .rs)
  kept=$inputs/minimised/$target
  rm -rf "$kept"
  mkdir -p "$kept"
  "target/$1/$target" -set_cover_merge=1 -use_counters=0 -use_cmp=0 -max_len=2048 "$kept" \
    "$inputs/$target" "fuzz/corpus/$target" "$inputs/seeds/$target" >"$inputs/$target.merge.log" 2>&1
  for input in "fuzz/corpus/$target"/*; do
    if [[ $(basename "$input") =~ ^[0-9a-f]{40}$ ]]; then rm "$input"; fi
  done
  cp "$kept"/* "fuzz/corpus/$target/"
done
