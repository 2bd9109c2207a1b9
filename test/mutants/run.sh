#!/bin/bash
# Puts each known bug back, one at a time, and shows that the simulation finds it within 300 seeds.
#   test/mutants/run.sh [NAME...]     only those patches whose names contain one of the words
# JOBS workers have a copy of the tree each, in build/mutants; a mutant costs the compilation of what
# it touches, a link, and the seeds until the first that fails.
set -u
cd "$(dirname "$0")/../.."
root=$PWD
work=$root/build/mutants
seeds=${SEEDS:-300}
jobs=${JOBS:-$(nproc)}

# What differs is copied with the time of now and so built anew (also what an interrupted run left);
# what is not in the tree any more goes. All else stays as it was built.
copy_tree() {
  local to=$1 file
  mkdir -p "$to"
  git ls-files -z --cached --others --exclude-standard >"$to.files"
  while IFS= read -r -d '' file; do
    [ -f "$file" ] || continue
    cmp -s "$file" "$to/$file" && continue
    mkdir -p "$to/$(dirname "$file")" && cp "$file" "$to/$file" || return 1
  done <"$to.files"
  (cd "$to" && find . -path ./build -prune -o -type f -printf '%P\0') | sort -z |
    comm -z -23 - <(sort -z "$to.files") | (cd "$to" && xargs -0 -r rm -f)
}

# The tree's own build directory has the same depth, so that ccache knows the objects of both.
build_tree() {
  local to=$1 threads=$2
  (cd "$to" && cmake --preset release) >"$to.log" 2>&1 &&
    ninja -C "$to/build/release" -j "$threads" simtest >>"$to.log" 2>&1
}

# One line about a mutant; false: it was not found.
try_mutant() {
  local tree=$1 patch=$2 name log found rest what
  name=$(basename "$patch" .patch)
  log=$work/$name.log
  cd "$tree" || return 1
  if ! patch -s -p1 --dry-run <"$patch" >"$log" 2>&1; then
    printf '%-34s the patch does not apply: %s\n' "$name" "$(head -1 "$log")"
    return 1
  fi
  patch -s -p1 <"$patch"
  if ! ninja -C build/release -j 1 simtest >"$log" 2>&1; then
    printf '%-34s does not build: %s\n' "$name" "$(grep -m1 error "$log")"
    patch -s -R -p1 <"$patch"
    return 1
  fi
  build/release/bin/simtest --seeds="$seeds" --jobs=1 --first-failure >"$log" 2>&1
  patch -s -R -p1 <"$patch"
  found=$(grep -m1 '^FAILED seed' "$log")
  if [ -z "$found" ]; then
    printf '%-34s SURVIVED %s seeds\n' "$name" "$seeds"
    return 1
  fi
  rest=${found#FAILED seed }
  what=${rest#*: }
  what=${what%   repeat:*}
  printf '%-34s %-8s %-14s %.80s\n' "$name" "${rest%%:*}" "${what%%:*}" "${what#*: }"
}

# Takes patches from the list until there is none; what is not found is noted.
work_off() {
  local tree=$1 patch
  while exec 9>"$work/lock" && flock 9 && patch=$(head -1 "$work/todo") && [ -n "$patch" ]; do
    sed -i 1d "$work/todo"
    exec 9>&-
    (try_mutant "$tree" "$patch") || echo "$patch" >>"$work/survivors"
  done
  exec 9>&-
}

mkdir -p "$work"
: >"$work/survivors"
for patch in "$root"/test/mutants/*.patch; do
  [ $# -eq 0 ] && echo "$patch"
  for word in "$@"; do
    [[ $(basename "$patch") == *"$word"* ]] && echo "$patch" && break
  done
done >"$work/todo"
[ -s "$work/todo" ] || { echo "mutants: there is none of that name"; exit 1; }

for ((i = 1; i <= jobs; ++i)); do
  copy_tree "$work/$i" || { echo "mutants: the tree cannot be copied"; exit 1; }
  build_tree "$work/$i" "$jobs" ||
    { tail -40 "$work/$i.log"; echo "mutants: the tree itself does not build"; exit 1; }
done

printf '%-34s %-8s %-14s %s\n' MUTANT SEED CHECKER 'WHAT IT SAW'
for ((i = 1; i <= jobs; ++i)); do
  work_off "$work/$i" &
done
wait
survivors=$(wc -l <"$work/survivors")
[ "$survivors" -eq 0 ] || { echo "$survivors mutants were not found"; exit 1; }
