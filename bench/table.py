"""Markdown tables of what `run.py` wrote: `python table.py results.jsonl`. Numbers are medians over the rounds."""

import json
import sys
from collections import defaultdict
from statistics import median

from jobs import DECODE, LINKS, REMOTE

OURS = "parqlet"
LOCAL = "parqlet, local files"
UNHEDGED = "parqlet, no hedging"


class Results:
    """The lines, by link and job and peer."""

    def __init__(self, lines) -> None:
        self.about, self.jobs, self.runs = {}, {}, defaultdict(lambda: defaultdict(list))
        for line in map(json.loads, lines):
            match line.pop("kind"):
                case "about":
                    self.about = line
                case "job":
                    self.jobs[line["link"], line["job"]] = line
                case "run":
                    self.runs[line["link"], line["job"]][line["peer"]].append(line)

    def peers(self, link: str, job: str) -> dict[str, list]:
        return self.runs[link, job]

    def good(self, link: str, job: str) -> dict[str, list]:
        return {name: runs for name, runs in self.peers(link, job).items() if not failure(runs)}

    def best(self, link: str, job: str) -> tuple[str, float] | None:
        """The fastest peer that isn't ours."""
        others = {name: of(runs, "seconds") for name, runs in self.good(link, job).items() if not runs[0]["ours"]}
        return min(others.items(), key=lambda pair: pair[1]) if others else None

    def floor(self, link: str, job: str) -> tuple[float, float]:
        """Of the network and of decoding, in seconds."""
        decode = self.good(link, job).get(LOCAL)
        return self.jobs[link, job]["floor"], of(decode, "seconds") if decode else 0.0


def failure(runs: list) -> str | None:
    return next((run["failed"] for run in runs if "failed" in run), None)


def of(runs: list, what: str) -> float:
    return median(run[what] for run in runs)


def table(head: list[str], rows: list[list[str]]) -> None:
    print("| " + " | ".join(head) + " |")
    print("|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print()


def summary(results: Results, link: str) -> None:
    rows = []
    for job in REMOTE:
        if (link, job.name) not in results.jobs:
            continue
        network, decode = results.floor(link, job.name)
        floor = max(network, decode)
        ours, best = results.good(link, job.name).get(OURS), results.best(link, job.name)
        seconds = of(ours, "seconds") if ours else None
        rows.append([
            job.title, f"{network:.2f}", f"{decode:.2f}" if decode else "–",
            f"**{seconds:.3f}**" if seconds else "failed",
            f"{best[1]:.3f} ({best[0]})" if best else "–",
            f"{seconds / best[1]:.2f}" if seconds and best else "–",
            f"{seconds / floor:.2f}" if seconds else "–",
        ])
    table(["job", "network floor, s", "decode floor, s", "parqlet, s", "best peer, s", "ours / best peer",
           "ours / larger floor"], rows)


def details(results: Results, link: str, job) -> None:
    facts, floor = results.jobs[link, job.name], max(results.floor(link, job.name))
    best = results.best(link, job.name)
    size = f"{facts['rows']:,} rows, {facts['files']} file{'s' * (facts['files'] > 1)} of {facts['file_bytes'] / 1e6:,.0f} MB"
    if not job.footer:
        size += f", {facts['bytes'] / 1e6:,.1f} MB of them asked for"
    print(f"**{job.title}** ({size})\n")
    rows, peers = [], results.peers(link, job.name)
    speed = lambda name: float("inf") if failure(peers[name]) else of(peers[name], "seconds")
    for name in sorted(peers, key=speed):
        runs = peers[name]
        if why := failure(runs):
            rows.append([name, f"failed: {why.replace('|', '/')}"] + [""] * 9)
            continue
        seconds = of(runs, "seconds")
        spread = f"{min(run['seconds'] for run in runs):.3f}–{max(run['seconds'] for run in runs):.3f}"
        remote = ["–"] * 3 if runs[0]["local"] else [
            f"{of(runs, 'requests'):.0f}", f"{of(runs, 'received') / 1e6:.1f}", f"{of(runs, 'round_trips'):.0f}"]
        rows.append([
            f"**{name}**" if runs[0]["ours"] else name, f"{seconds:.3f}", spread,
            f"{seconds / best[1]:.2f}" if best else "–", f"{seconds / floor:.2f}",
            *remote,
            f"{of(runs, 'cpu'):.2f}", "–" if runs[0]["local"] else f"{of(runs, 'server_cpu'):.2f}",
            f"{of(runs, 'peak') / 1e6:,.0f}",
        ])
    table(["reader", "s", "least–most", "/ best peer", "/ floor", "requests", "MB", "round trips", "CPU s", "server's CPU s",
           "peak MB"], rows)


def late(results: Results) -> None:
    """What the late answers cost each reader, and what it asked for more."""
    rows = []
    for job in REMOTE:
        for name, runs in results.good("late", job.name).items():
            # Where nothing is late, nothing is hedged.
            even = results.good("even", job.name).get(OURS if name == UNHEDGED else name)
            if not even or runs[0]["local"] or name not in (OURS, UNHEDGED, "polars", "pyarrow dataset", "daft"):
                continue
            rows.append([job.title, name, f"{of(even, 'seconds'):.3f}", f"{of(runs, 'seconds'):.3f}",
                         f"{max(run['seconds'] for run in runs):.3f}", f"{of(runs, 'late'):.0f}",
                         f"{of(even, 'requests'):.0f}", f"{of(runs, 'requests'):.0f}",
                         f"{(of(runs, 'received') / max(1, of(even, 'received')) - 1) * 100:+.1f} %"])
    if rows:
        print("## What late answers cost\n")
        table(["job", "reader", "even, s", "late, s", "late, worst s", "late answers", "requests, even", "requests, late",
               "more bytes"], rows)


def memory(results: Results, link: str) -> None:
    rows = []
    for name, runs in results.good(link, "files").items():
        size, peak = of(runs, "bytes"), of(runs, "peak")
        own = median(run["peak"] - run.get("own_peak", run["peak"]) for run in runs)
        rows.append([name, f"{size / 1e6:,.0f}" if size else "dropped", f"{peak / 1e6:,.0f}",
                     f"{own / 1e6:,.0f}" if own else "",
                     f"{peak / size:.2f}" if size else "", f"{of(runs, 'seconds'):.2f}"])
    if rows:
        print("## Memory: 64 files to one table\n")
        table(["reader", "result MB", "peak MB", "of that the command", "peak / result", "s"], rows)


def decode(results: Results) -> None:
    rows = []
    for job in DECODE:
        good = results.good("memory", job.name)
        if OURS not in good:
            continue
        ours = of(good[OURS], "seconds")
        asked = results.peers("memory", job.name)
        cell = lambda name: (f"{of(good[name], 'seconds') * 1e3:.0f}" if name in good
                             else f"failed: {failure(asked[name])}" if name in asked else "–")
        ratio = lambda name: f"{ours / of(good[name], 'seconds'):.2f}" if name in good else "–"
        rows.append([job.title, f"{results.jobs['memory', job.name]['rows'] / 1e6:.1f}", f"{ours * 1e3:.0f}", cell("polars"),
                     cell("pyarrow read_table"), ratio("polars"), ratio("pyarrow read_table"),
                     *(f"{of(good[name], 'cpu'):.2f}" if name in good else "–"
                       for name in (OURS, "polars", "pyarrow read_table"))])
    if rows:
        print("## Decoding alone, from memory, 2 threads\n")
        table(["column", "million rows", "parqlet, ms", "polars, ms", "pyarrow, ms", "/ polars", "/ pyarrow", "CPU s, parqlet",
               "polars", "pyarrow"], rows)


def main() -> None:
    with open(sys.argv[1], encoding="utf-8") as file:
        results = Results(file)
    about = results.about
    print(f"{about['date']}, {about['cores']} cores shared by reader and server, scale {about['scale']:g}, medians of "
          f"{about['rounds']} rounds, each read in a fresh process, every value compared.\n")
    for name, link in LINKS.items():
        if any(key[0] == name for key in results.jobs):
            print(f"## {link.title}\n")
            summary(results, name)
    late(results)
    memory(results, "even")
    decode(results)
    for name, link in LINKS.items():
        jobs = [job for job in REMOTE if (name, job.name) in results.jobs]
        if jobs:
            print(f"## Each reader: {link.title}\n")
            for job in jobs:
                details(results, name, job)


if __name__ == "__main__":
    main()
