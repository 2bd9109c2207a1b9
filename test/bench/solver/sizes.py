#!/usr/bin/env python3
"""Time over size: sizes.py BUILD_DIR OUT.svg. Whole fleets of 1,000 to 1,000,000 pods through the placement engine
(bench_engine, CPU time, the best of three runs, answers verified once), one row a run on standard output. Drawn by gnuplot."""
import re
import subprocess
import sys

#        pods, classes, clusters, nodes
SIZES = [(1_000, 50, 10, 15), (3_000, 150, 30, 45), (10_000, 500, 100, 150), (30_000, 1_000, 100, 450), (100_000, 2_500, 100, 1_500),
         (300_000, 3_500, 100, 4_500), (1_000_000, 5_000, 100, 15_000)]
SOLVERS = ["lagrangian", "greedy"]
FULL = re.compile(r"full: ([\d.]+)s placed (\d+) of (\d+) .* gap ([\d.]+)% .* (checked|unchecked) hash (\w+)")


def run(build, size, solver, verify):
    out = subprocess.run([f"{build}/bin/bench_engine", *map(str, size), "1", solver, "0", str(verify)], check=True,
                         stdout=subprocess.PIPE, text=True).stdout
    found = FULL.search(out)
    if not found or (verify and found[5] != "checked"):
        sys.exit(f"{size} {solver}: {out}")
    return float(found[1]), int(found[3]) - int(found[2]), float(found[4]), found[6]


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    curves = {}
    for solver in SOLVERS:
        for size in SIZES:
            seconds, unplaced, gap, digest = run(sys.argv[1], size, solver, 1)
            seconds = min([seconds] + [run(sys.argv[1], size, solver, 0)[0] for _ in range(2)])
            curves.setdefault(solver, []).append((size[0], seconds, gap))
            print(f"| {solver} | {size[0]:,} pods, {size[1]:,} classes, {size[2]} clusters, {size[3]:,} nodes | {seconds:.3f} s | "
                  f"{gap:.2f} % | {unplaced} without a place | {digest} |", flush=True)
    script = ['set terminal svg size 760,420 font "sans-serif,11" background "white"', f'set output "{sys.argv[2]}"',
              'set title "A whole fleet: time, and the proven gap, over size"', "set logscale xy", "set format x '10^{%L}'", "set format y '%g'",
              'set xlabel "pods"', 'set ylabel "CPU seconds"', "set grid",
              "set key top left", "set xrange [500:2500000]", "set yrange [0.0005:10]"]
    plots, data = [], []
    for (solver, points), above in zip(curves.items(), ("-1.5,0.9", "1.5,-0.9")):
        plots += [f"'-' using 1:2 with linespoints lw 2 pt 7 title '{solver}'", f"'-' using 1:2:3 with labels offset {above} notitle"]
        data.append("\n".join(f"{pods} {seconds}" for pods, seconds, _ in points) + "\ne")
        data.append("\n".join(f'{pods} {seconds} "{gap:.1f} %"' for pods, seconds, gap in points) + "\ne")
    subprocess.run(["gnuplot"], input="\n".join([*script, "plot " + ", ".join(plots), *data]) + "\n", text=True, check=True)


if __name__ == "__main__":
    main()
