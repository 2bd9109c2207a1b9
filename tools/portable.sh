#!/bin/bash
# Builds the solvers with two compilers, without and with optimisation, for an old and a newer instruction set, and
# compares what they answer: tools/portable.sh
set -euo pipefail
cd "$(dirname "$0")/.."
jobs=${JOBS:-$(nproc)}
expected=""
while read -r name compiler flags; do
  build=build/portable-$name
  start=$SECONDS
  cmake -G Ninja -S . -B "$build" -DCMAKE_BUILD_TYPE=Plain -DCMAKE_C_COMPILER=cc -DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_CXX_FLAGS="$flags -w" >/dev/null
  cmake --build "$build" -j "$jobs" --target solver_hashes >/dev/null || { cmake --build "$build" --target solver_hashes; exit 1; }
  built=$((SECONDS - start)) start=$SECONDS
  "$build/bin/solver_hashes" >"$build/hashes"
  echo "portable: $compiler $flags: built in $built s, solved in $((SECONDS - start)) s"
  [ -n "$expected" ] || { expected=$build/hashes; cat "$expected"; }
  diff "$expected" "$build/hashes" || { echo "portable: $compiler $flags answers differently" >&2; exit 1; }
done <<'VARIANTS'
gcc-fast g++ -O3 -march=x86-64-v3
gcc-plain g++ -O0 -march=x86-64
clang-fast clang++-16 -O3 -march=x86-64-v3
clang-plain clang++-16 -O0 -march=x86-64
VARIANTS
echo "portable: $(wc -l <"$expected") answers are the same in all builds"
