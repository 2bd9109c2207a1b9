#!/usr/bin/env python3
"""Plots of what suite.py measured: plot.py CSV DIRECTORY. One SVG a family: the gap of the best answer to the best proven
bound, over time. Drawn by gnuplot."""
import collections
import os
import subprocess
import sys

FAMILIES = {"C": "Generalized assignment, type C", "D": "Generalized assignment, type D", "E": "Generalized assignment, type E",
            "fleet115": "Fleets, capacity 1.15 x demand", "fleet105": "Fleets, capacity 1.05 x demand", "elastic": "Placement with nodes to buy"}


def read(path):
    """Family -> instance -> points (seconds, cost, bound) of its longest run."""
    runs = collections.defaultdict(list)
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            name, seconds, cost, bound = line.split(",")
            stem, ending = name.rsplit(".", 1)
            family = stem.split("-")[0] + (" with several resources" if ending == "mrgap" else "")
            points = runs[family, stem]
            if points and float(seconds) < points[-1][0]:
                points.clear()  # another, longer run begins
            points.append((float(seconds), float(cost), float(bound)))
    families = collections.defaultdict(dict)
    for (family, stem), points in runs.items():
        families[family][stem] = points
    return families


def label(stem):
    parts = stem.split("-")[1:-1]
    if stem.startswith("elastic"):
        return f"{parts[0]} pods, {parts[1]} clusters"
    return " x ".join(parts[:2]) + (f", {parts[2]} resources" if len(parts) > 2 and parts[2] != "1" else "") if len(parts) > 1 \
        else parts[0] + " pods"


def draw(title, instances, path):
    script = [f'set terminal svg size 760,420 font "sans-serif,11"; set output "{path}"', f'set title "{title}"',
              'set logscale xy; set xlabel "seconds, reading included"; set ylabel "gap to the best proven bound, %"',
              "set key outside right; set grid", "set format y '%g'; set xrange [0.01:12]; set yrange [0.005:20]"]
    plots, data = [], []
    for stem, points in instances.items():
        proven = max(p[2] for p in points)
        plots.append(f"'-' using 1:2 with steps lw 1.5 title '{label(stem)}'")
        rows = [f"{t} {max(100 * (cost - proven) / cost, 5e-3)}" for t, cost, _ in points if t > 0 and cost > 0]
        data.append("\n".join(rows) + "\ne")
    script.append("plot " + ", ".join(plots))
    subprocess.run(["gnuplot"], input="\n".join(script + data) + "\n", text=True, check=True)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    for family, instances in sorted(read(sys.argv[1]).items()):
        draw(FAMILIES.get(family, family if " " in family else f"Buying nodes: {family}"), instances,
             os.path.join(sys.argv[2], family.replace(" ", "-") + ".svg"))


if __name__ == "__main__":
    main()
