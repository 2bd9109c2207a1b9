#!/bin/bash
# Runs suites under the sanitizers: tools/sanitize.sh [short]
#   full   every unit and contract suite under TSan, and under ASan+UBSan
#   short  those with threads under TSan; those that read what others sent under ASan+UBSan
# Reports of libraries that are not instrumented are in test/support/tsan.supp, each with its reason.
set -euo pipefail
cd "$(dirname "$0")/.."
mode=${1:-full}
jobs=${JOBS:-$(nproc)}
[ "$mode" = full ] || [ "$mode" = short ] || { echo "usage: tools/sanitize.sh [short]" >&2; exit 2; }

export ASAN_OPTIONS=detect_leaks=1:strict_string_checks=1
export UBSAN_OPTIONS=print_stacktrace=1
export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1:suppressions=$PWD/test/support/tsan.supp

# The suites that ctest knows; a_b_test is the program of suite a/b.
suites_of() { # build directory
  ctest --test-dir "$1" -N -L 'unit|contract' | sed -n 's/^ *Test *#[0-9]*: //p'
}

run() { # preset, suites...
  local preset=$1 build=build/$1 start=$SECONDS
  shift
  cmake --preset "$preset" >/dev/null
  local suites=("$@")
  [ $# -gt 0 ] || mapfile -t suites < <(suites_of "$build")
  local programs=("${suites[@]//\//_}")
  cmake --build "$build" -j "$jobs" --target "${programs[@]/%/_test}"
  echo "sanitize: built ${#suites[@]} suites for $preset in $((SECONDS - start)) s"
  start=$SECONDS
  local pattern
  pattern=$(IFS='|'; echo "${suites[*]}")
  ctest --test-dir "$build" --output-on-failure -j "$jobs" -R "^($pattern)\$"
  echo "sanitize: ran them in $((SECONDS - start)) s"
}

if [ "$mode" = short ]; then
  run tsan base kube/http
  run asan kube/api kube/http sim/apiserver providers/conformance
else
  run tsan
  run asan
fi
