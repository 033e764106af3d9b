"""Tables and result files: medians over the rounds, with the least and the greatest."""

import datetime
import json
import os
import platform
import statistics

UNITS = (("rate", "/s"), ("p50", "us p50"), ("p99", "us p99"), ("cpu", "us CPU"), ("memory", "MiB"))


def spread(values):
    return statistics.median(values), min(values), max(values)


def text(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:,.1f}"


def ratio(kind, ours, theirs):
    """How many times better ours is, round by round: two figures of one round met the same machine."""
    pairs = [(a, b) for a, b in zip(ours, theirs) if a and b and a > 0 and b > 0]
    return spread([a / b if kind == "rate" else b / a for a, b in pairs]) if pairs else None


def rows(rounds):
    """(work, unit, ours, theirs or None, ratio or None), each a (median, least, greatest)."""
    names = list(rounds)
    for work, figures in rounds["signalbox"][0].items():
        for kind, unit in UNITS:
            if kind not in figures:
                continue
            ours = [one[work][kind] for one in rounds["signalbox"]]
            others = [one.get(work, {}).get(kind) for one in rounds[names[1]]] if len(names) > 1 else []
            theirs = [value for value in others if value is not None]
            yield work, unit, spread(ours), spread(theirs) if theirs else None, ratio(kind, ours, others)


def table(rounds):
    names = list(rounds)
    print(f"{'':31} {'':7} {names[0]:>30} {names[1] if len(names) > 1 else '':>30}  times better")
    last = ""
    for work, unit, ours, theirs, better in rows(rounds):
        def column(figure):
            return "" if figure is None else f"{text(figure[0])} ({text(figure[1])} to {text(figure[2])})"

        times = "" if better is None else f"{better[0]:.1f} ({better[1]:.1f} to {better[2]:.1f})"
        print(f"{'' if work == last else work:31} {unit:7} {column(ours):>30} {column(theirs):>30}  {times}")
        last = work


def limits(rounds):
    for name in rounds[0]:
        middle, least, greatest = spread([one[name] for one in rounds])
        print(f"limit: {name}: {middle:,.0f} ({least:,.0f} to {greatest:,.0f})")


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        models = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    return {"processor": models[0] if models else "unknown", "cores": os.cpu_count(), "kernel": platform.release()}


def write(path, results):
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    results = {"time": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"), "machine": machine(), **results}
    with open(path, "w", encoding="ascii") as file:
        json.dump(results, file, indent=1)
        file.write("\n")
