#!/bin/bash
# Puts each known bug back, one at a time, and shows that the simulation finds it within 300 seeds.
#   test/mutants/run.sh [NAME...]     only those patches whose names contain one of the words
# The tree is copied to build/mutants; a mutant costs the compilation of what it touches, and a link.
set -u
cd "$(dirname "$0")/../.."
root=$PWD
work=$root/build/mutants
seeds=${SEEDS:-300}
jobs=${JOBS:-2}

# Copied with the time of now: what an interrupted run left changed is built anew (from ccache, where
# nothing changed: the depth of the build directory is that of the tree's own).
build=$work/tree/build/release
mkdir -p "$work/tree"
git ls-files -z --cached --others --exclude-standard | tar --null -T - --ignore-failed-read -cf - 2>/dev/null |
  tar -xmf - -C "$work/tree" || { echo "mutants: the tree cannot be copied"; exit 1; }
cd "$work/tree"
cmake --preset release >"$work/configure.log" 2>&1 || { cat "$work/configure.log"; exit 1; }
ninja -C "$build" -j "$jobs" simtest >"$work/build.log" 2>&1 ||
  { tail -40 "$work/build.log"; echo "mutants: the tree itself does not build"; exit 1; }

survivors=0
printf '%-34s %-8s %-18s %s\n' MUTANT SEED CHECKER 'WHAT IT SAW'
for patch in "$root"/test/mutants/*.patch; do
  name=$(basename "$patch" .patch)
  if [ $# -gt 0 ] && ! printf '%s\n' "$@" | while read -r w; do [[ $name == *$w* ]] && echo y; done | grep -q y; then
    continue
  fi
  if ! patch -s -p1 --dry-run <"$patch" >"$work/patch.log" 2>&1; then
    printf '%-34s the patch does not apply: %s\n' "$name" "$(head -1 "$work/patch.log")"
    survivors=$((survivors + 1))
    continue
  fi
  patch -s -p1 <"$patch"
  if ninja -C "$build" -j "$jobs" simtest >"$work/build.log" 2>&1; then
    "$build/bin/simtest" --seeds="$seeds" --jobs="$jobs" --first-failure >"$work/$name.log" 2>&1
    found=$(grep -m1 '^FAILED seed' "$work/$name.log")
    if [ -n "$found" ]; then
      rest=${found#FAILED seed }
      what=${rest#*: }
      what=${what%   repeat:*}
      printf '%-34s %-8s %-18s %.80s\n' "$name" "${rest%%:*}" "${what%%:*}" "${what#*: }"
    else
      printf '%-34s SURVIVED %s seeds\n' "$name" "$seeds"
      survivors=$((survivors + 1))
    fi
  else
    printf '%-34s does not build: %s\n' "$name" "$(grep -m1 error "$work/build.log")"
    survivors=$((survivors + 1))
  fi
  patch -s -R -p1 <"$patch"
done
[ $survivors -eq 0 ] || { echo "$survivors mutants were not found"; exit 1; }
