#!/usr/bin/env python3
"""Quality of `stowage solve` over time, on instances of published families made from fixed seeds.

  suite.py BUILD_DIR [gap] [mrgap] [fleet] [packing] [elastic] [--seeds N] [--csv FILE]
  suite.py BUILD_DIR bests --seconds S [--only TYPE] [--sizes AxJ,...]

Every answer is verified by `stowage check`; time is wall time of one thread, reading the file included. Each run prints
one line with its hash on standard error; standard output has one row a figure. `bests` solves for S seconds each and
keeps what is better, or better proven, than before in bests.txt."""
import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
BESTS = os.path.join(HERE, "bests.txt")
SIZES = [(5, 100), (5, 200), (10, 100), (10, 200), (20, 100), (20, 200),
         (20, 400), (40, 400), (60, 900), (40, 1600), (80, 1600), (100, 6400)]
LARGE = 900  # jobs: of instances of so many and more, one seed only
PACKING = ["mixed", "distinct", "memory", "gpu", "few", "burstable", "limited"]
PROGRESS = re.compile(r"^([\d.]+) s, .*: cost ([\d.]+), bound ([\d.]+)")


def seeds_of(jobs, options):
    return range(1, (1 if jobs >= LARGE else options.seeds) + 1)


def row(name, value, unit, aim=None, verdict=None):
    says = "" if aim is None else f"<= {aim}: " + (verdict or ("met" if value <= aim else "missed"))
    print(f"| {name:<58} | {value:10.3f} {unit:<8} | {says:<16} |", flush=True)


class Bench:
    def __init__(self, build, csv):
        self.bin, self.csv = os.path.join(build, "bin"), csv
        self.work = tempfile.TemporaryDirectory()

    def make(self, ending, *args):
        path = os.path.join(self.work.name, "-".join(map(str, args)) + ending)
        if not os.path.exists(path):
            with open(path, "wb") as out:
                subprocess.run([os.path.join(self.bin, "make_instance"), *map(str, args)], stdout=out, check=True)
        return path

    def solve(self, path, seconds, seed=1, answered=True, solver="auto"):
        """The report of one run, whose answer was verified; `answered`: there must be one."""
        stowage, answer = os.path.join(self.bin, "stowage"), path + ".answer"
        with open(answer, "wb") as out:
            done = subprocess.run([stowage, "solve", path, "--time-limit", str(seconds), "--seed", str(seed), "--log",
                                   "--assignment", "--solver", solver], stdout=out, stderr=subprocess.PIPE, timeout=seconds * 2 + 60)
        with open(answer, encoding="utf-8") as text:
            report = json.load(text)
        if done.returncode == 4 and not answered:
            print(f"{os.path.basename(path)} {seconds:g} s: no answer, bound {report['bound']}", file=sys.stderr, flush=True)
            return report
        if done.returncode != 0:
            sys.exit(f"{path}: exit code {done.returncode}: {report}")
        subprocess.run([stowage, "check", path, answer], check=True, stdout=subprocess.DEVNULL)
        name = os.path.basename(path)
        print(f"{name} {report['solver']} {seconds:g} s: cost {report['cost']} bound {report['bound']} gap {report['gap'] * 100:.4f} % "
              f"hash {report['hash']}", file=sys.stderr, flush=True)
        if self.csv and solver in ("auto", "columns"):
            self.note(name, done.stderr.decode(), report)
        return report

    def note(self, name, log, report):
        with open(self.csv, "a", encoding="utf-8") as out:
            for line in log.splitlines():
                if step := PROGRESS.match(line):
                    out.write(f"{name},{step[1]},{step[2]},{step[3]}\n")
            out.write(f"{name},{report['seconds']},{report['cost']},{report['bound']}\n")


def read_bests():
    bests = {}
    with open(BESTS, encoding="utf-8") as lines:
        for line in lines:
            if not line.startswith("#"):
                kind, *numbers = line.split()
                agents, jobs, resources, seed, cost, bound, seconds = map(int, numbers)
                bests[kind, agents, jobs, resources, seed] = (cost, bound, seconds)
    return bests


def write_bests(bests):
    with open(BESTS + ".new", "w", encoding="utf-8") as out:
        out.write("# The best known answers, each verified by `stowage check`, and the best proven bounds. Written by suite.py.\n"
                  "# type agents jobs resources seed cost bound seconds-of-search\n")
        for key in sorted(bests):
            out.write(" ".join(map(str, (*key, *bests[key]))) + "\n")
    os.replace(BESTS + ".new", BESTS)


def improve(bench, options):
    """Longer runs, each with a seed of its own."""
    bests = read_bests()
    for agents, jobs in SIZES:
        if options.sizes and f"{agents}x{jobs}" not in options.sizes.split(","):
            continue
        for kind in options.only or "CDE":
            for seed in seeds_of(jobs, options):
                key = (kind, agents, jobs, 1, seed)
                cost, bound, seconds = bests.get(key, (None, 0, 0))
                if cost is not None and cost == bound:
                    continue
                found = bench.solve(bench.make(".gap", kind, agents, jobs, 1, seed), options.seconds, seed=seconds + 2)
                cost = found["cost"] if cost is None else min(cost, found["cost"])
                bests[key] = (cost, max(bound, found["bound"]), seconds + round(found["seconds"]))
                write_bests(bests)


def gap(bench, options):
    """Above the best known, and above the best proven bound, which no best can be below. Bests that an hour of search has
    not tried to beat are no judges: then an aim is met only where the gap to the bound meets it."""
    bests = read_bests()
    for seconds, mean_aim, worst_aim, aims in ((1, 0.15, None, {}), (10, 0.08, 0.30, {"C": 0.02, "D": 0.17, "E": 0.03})):
        above, certain, unproven, young = {}, {}, [], False
        for kind in "CDE":
            for agents, jobs in SIZES:
                for seed in seeds_of(jobs, options):
                    found = bench.solve(bench.make(".gap", kind, agents, jobs, 1, seed), seconds)
                    best, bound, searched = bests.get((kind, agents, jobs, 1, seed), (found["cost"], 0, 0))
                    best, bound = min(best, found["cost"]), max(bound, found["bound"])
                    young = young or (searched < 3600 and best > bound)
                    if bound > best:
                        sys.exit(f"{kind} {agents}x{jobs} seed {seed}: the bound {bound} is above {best}")
                    above.setdefault(kind, []).append(100 * (found["cost"] - best) / best)
                    certain.setdefault(kind, []).append(100 * (found["cost"] - bound) / bound)
                    unproven.append(100 * (best - found["bound"]) / best)
        every, proven = sum(above.values(), []), sum(certain.values(), [])
        for name, of, gaps, limits, aim in (
                *((f"gap {k}, {seconds} s: mean", statistics.mean, above[k], certain[k], aims.get(k)) for k in "CDE"),
                (f"gap C, D and E, {seconds} s: mean", statistics.mean, every, proven, mean_aim),
                (f"gap C, D and E, {seconds} s: worst", max, every, proven, worst_aim)):
            sure = aim is not None and of(limits) <= aim
            open_ = "open, young bests" if young and aim is not None and of(gaps) <= aim else None
            row(name + " above the best known", of(gaps), "%", aim, "met, by the bound" if sure else open_)
            row(name + " above the best bound", of(limits), "%")
        row(f"gap C, D and E, {seconds} s: own bound below the best, worst", max(unproven), "%", 0.1 if seconds == 10 else None)


def mrgap(bench, options):
    for resources, aim in ((2, 0.4), (4, 1.2)):
        gaps, linear = [], []
        for kind in "CDE":
            for seed in range(1, options.seeds + 1):
                found = bench.solve(bench.make(".mrgap", kind, 80, 1600, resources, seed), 10)
                gaps.append(found["gap"] * 100)
                linear.append((found["cost"] - found["bounds"]["linear"]) / found["cost"] * 100)
            row(f"mrgap {kind} 80x1600, {resources} resources, 10 s: to own bound", statistics.mean(gaps[-options.seeds:]), "%")
        row(f"mrgap 80x1600, {resources} resources, 10 s: mean to own bound", statistics.mean(gaps), "%", aim)
        row(f"mrgap 80x1600, {resources} resources, 10 s: mean to the linear bound", statistics.mean(linear), "%")


def fleet(bench, _):
    """Each seed counts: one fleet is not like the other."""
    for pods, limits in ((100_000, ((1, 0.10), (5, 0.05))), (10_000, ((1, 0.15),)), (1_000, ((1, 1.5),))):
        for family in ("fleet115", "fleet105"):
            for seconds, aim in limits:
                for seed in (1, 2, 3):
                    path = bench.make(".fleet", family, pods, seed)
                    name = f"{family}, {pods} pods, seed {seed}, {seconds} s: certified gap"
                    found = bench.solve(path, seconds, answered=False)
                    if found["gap"] is None:
                        print(f"| {name:<58} | {'no answer':>19} | <= {aim}: missed |", flush=True)
                    else:
                        row(name, found["gap"] * 100, "%", aim)


def packing(bench, options):
    aims = {(1, 100): 1.2, (1, 400): 0.5, (1, 1600): 0.2, (10, 100): 0.7, (10, 400): 0.15, (10, 1600): 0.05}
    for seconds in (1, 10):
        for pods in (100, 400, 1600):
            every = []
            for family in PACKING:
                gaps = [bench.solve(bench.make(".mvp", family, pods, seed), seconds)["gap"] * 100
                        for seed in range(1, options.seeds + 1)]
                every += gaps
                row(f"nodes for {family}, {pods} pods, {seconds} s: to own bound", statistics.mean(gaps), "%", aims[seconds, pods])
            row(f"nodes, all families, {pods} pods, {seconds} s: mean", statistics.mean(every), "%", aims[seconds, pods])
    gaps = [bench.solve(bench.make(".mvp", "burst", 400, seed), 10)["gap"] * 100 for seed in range(1, options.seeds + 1)]
    row("nodes for burst, 400 pods, 10 s: to own bound", statistics.mean(gaps), "%", 4)


def elastic(bench, options):
    """Placement where nodes are bought; beside it solvers that think of nodes in fractions, or one by one."""
    for pods, clusters in ((100, 3), (400, 6), (1600, 9)):
        for seconds, solver in ((1, "columns"), (10, "columns"), (10, "lagrangian"), (10, "greedy")):
            found = [bench.solve(bench.make(".yaml", "elastic", pods, clusters, seed), seconds, solver=solver)
                     for seed in range(1, options.seeds + 1)]
            name = f"{pods} pods, {clusters} clusters, {solver}, {seconds} s"
            row(f"{name}: cost an hour, mean", statistics.mean(float(f["cost"]) for f in found), "$")
            row(f"{name}: to own bound", statistics.mean(f["gap"] * 100 for f in found), "%")


def main():
    parts = {"gap": gap, "mrgap": mrgap, "fleet": fleet, "packing": packing, "elastic": elastic, "bests": improve}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(parts))
    parser.add_argument("--seeds", type=int, default=1, help=f"instances of each kind; one of those with {LARGE} jobs or more")
    parser.add_argument("--csv", help="every better answer with its time is added to this file")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--only", help="bests: of these types, for example CE")
    parser.add_argument("--sizes", help="bests: of these sizes, for example 5x100,20x200")
    options = parser.parse_args()
    unknown = [p for p in options.parts if p not in parts]
    if unknown:
        parser.error(f"unknown part {unknown[0]}; known are {', '.join(parts)}")
    bench = Bench(options.build, options.csv)
    for part in options.parts or ["gap", "mrgap", "fleet", "packing", "elastic"]:
        parts[part](bench, options)


if __name__ == "__main__":
    main()
