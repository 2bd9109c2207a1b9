#!/bin/bash
# Builds the fuzz targets with clang and runs each for a while on the kept inputs:
#   test/fuzz/run.sh [SECONDS [TARGET...]]      60 seconds; all targets
# A crash ends with its input as test/fuzz/corpus/TARGET/crash-*: fix the code, keep the file.
# New inputs that reach more code stay in build/fuzz/grown/TARGET for the next run.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-60}
shift || true
jobs=${JOBS:-$(nproc)}
build=build/fuzz

[ -f $build/build.ninja ] ||
  cmake -G Ninja -B $build -DCMAKE_BUILD_TYPE=Release -DSTOWAGE_FUZZ=ON -DCMAKE_C_COMPILER=clang-16 \
    -DCMAKE_CXX_COMPILER=clang++-16 >/dev/null
targets=("$@")
if [ ${#targets[@]} = 0 ]; then
  for file in test/fuzz/*_fuzz.cc; do
    file=${file##*/}
    targets+=("${file%_fuzz.cc}")
  done
fi
cmake --build $build -j "$jobs" --target "${targets[@]/#/fuzz_}"

export ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1 UBSAN_OPTIONS=print_stacktrace=1
run_one() { # target
  local grown=$build/grown/$1 log=$build/grown/$1.log
  mkdir -p "$grown"
  if "$build/bin/fuzz_$1" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="test/fuzz/corpus/$1/" "$grown" "test/fuzz/corpus/$1" >"$log" 2>&1; then
    echo "fuzz $1: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs, none did harm"
  else
    echo "fuzz $1: FAILED; the end of $log:"
    tail -n 40 "$log"
    return 1
  fi
}
export -f run_one
export build seconds
# Two at a time, and all of them even if one fails.
printf '%s\n' "${targets[@]}" | xargs -P "$jobs" -I{} bash -c 'run_one {}'
