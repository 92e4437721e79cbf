#!/usr/bin/env bash
# fuzz/run.sh PROFILE RUNS: runs every target RUNS times, starting from its corpus and the bodies of tests/payloads. New
# inputs are kept in target/fuzz-inputs/TARGET, an input that fails in fuzz/artifacts/TARGET.
set -euo pipefail
cd "$(dirname "$0")/.."
profile=$1 runs=$2
case $profile in dev) programs=target/debug ;; *) programs=target/$profile ;; esac
targets=() bins=()
for file in fuzz/fuzz_targets/*.rs; do
  target=$(basename "$file" .rs)
  targets+=("$target") bins+=(--bin "$target")
done

# Builds as always, except for the wrapper. Cargo keeps the wrapped crates apart, and shares the dependencies.
RUSTC_WORKSPACE_WRAPPER=$PWD/fuzz/instrumented-rustc.sh \
  cargo build --locked --profile "$profile" --workspace --features fuzz/libfuzzer "${bins[@]}"

inputs=target/fuzz-inputs
rm -rf $inputs
fuzz/seeds.py $inputs/seeds/gateway_event
for target in "${targets[@]}"; do
  mkdir -p "$inputs/$target" "$inputs/seeds/$target" "fuzz/artifacts/$target"
  log=$inputs/$target.log
  # A fixed seed, so two runs of one build do the same.
  if ! "$programs/$target" -seed=1 -runs="$runs" -max_len=2048 -dict=fuzz/dictionary.txt \
    -artifact_prefix="fuzz/artifacts/$target/" -print_final_stats=1 \
    "$inputs/$target" "fuzz/corpus/$target" "$inputs/seeds/$target" >"$log" 2>&1; then
    tail -n 60 "$log"
    exit 1
  fi
  echo "$target: $(awk '/DONE/ { printf "%d inputs, %d edges, %d a second", substr($1, 2), $4, $(NF - 2) }' "$log")"
done
