#!/usr/bin/env python3
"""Draws what engines take, as an SVG.

    plot.py ratios <what bench --json wrote> <SVG>
    plot.py timeline <what bench --timeline --json wrote> <SVG>

`ratios`: how many times as long as native code they take for the kernels. A row for each kernel, those first for which
the first engine takes longest, and above them the geometric means; a mark for each engine.

`timeline`: how fast they run from the start on, as a share of what the first engine comes to. A line for each engine,
the medians of the rounds.

It needs nothing but Python, and can be read on light and on dark ground.
"""

import json
import math
import statistics
import sys

RATIOS_TITLE = "Time, in multiples of that of native code (clang -O3): left is faster"
MEAN = "geometric mean"
GROUPS = {"kernel": "One number at a time", "vector": "Native code uses vectors"}
TIMELINE_TITLE = "Speed since the bytes of the module are there; 1 is what {} comes to"
TIMELINES = {"kernel/": "{} of the kernels, a module of 29 KB", "sqlite": "A query of SQLite, a module of 0.9 MB"}
# One colour for each project; its compilers are told apart by their shapes.
MARKS = {
    "wasmo": ("#e8590c", "dot"),
    "lift-off": ("#e8590c", "ring"),
    "none": ("#e8590c", "cross"),
    "wasmtime": ("#228be6", "dot"),
    "winch": ("#228be6", "ring"),
    "wasmer-llvm": ("#37b24d", "dot"),
    "wasmer-cranelift": ("#37b24d", "ring"),
    "singlepass": ("#37b24d", "cross"),
    "v8": ("#ae3ec9", "dot"),
    "v8-liftoff": ("#ae3ec9", "ring"),
    "scalar": ("#868e96", "bar"),
}
# What the shapes become where there are lines.
DASHES = {"dot": "", "ring": "7 3", "cross": "2 3", "bar": "1 1"}
OTHER = ("#f08c00", "ring")
LEFT, RIGHT, ROW, TOP = 130, 20, 17, 76
WIDTH = 900
# Of a timeline.
PANEL = 220

STYLE = """
text { font: 12px system-ui, sans-serif; fill: #57606a }
.strong { font-weight: 600; fill: #24292f }
.grid { stroke: #8b949e; stroke-opacity: .25 }
.native { stroke: #8b949e; stroke-opacity: .9 }
@media (prefers-color-scheme: dark) { text { fill: #9198a1 } .strong { fill: #e6edf3 } }
"""


# --- Ratios ---


def read_ratios(path):
    """The engines in their order, and by group and kernel the ratio of each of them."""
    times = {}
    for line in open(path):
        sample = json.loads(line)
        group, _, kernel = sample["measurement"].partition("/")
        if group in GROUPS:
            times.setdefault(group, {}).setdefault(kernel, {})[sample["engine"]] = sample["min"]
    engines = []
    ratios = {}
    for group, kernels in times.items():
        for kernel, of in kernels.items():
            if "native" not in of:
                print(f"{group}/{kernel} is left out: there is no native code to compare with", file=sys.stderr)
                continue
            engines += [engine for engine in of if engine not in engines and engine != "native"]
            ratios.setdefault(group, {})[kernel] = {e: t / of["native"] for e, t in of.items() if e != "native"}
    return engines, ratios


def means(kernels, engines):
    """The geometric mean of each engine that has all kernels."""
    result = {}
    for engine in engines:
        found = [of[engine] for of in kernels.values() if engine in of]
        if len(found) == len(kernels):
            result[engine] = math.exp(sum(map(math.log, found)) / len(found))
    return result


def mark(x, y, engine, size):
    colour, shape = MARKS.get(engine, OTHER)
    if shape == "cross":
        path = f"M{x - size:.1f} {y - size:.1f}l{2 * size} {2 * size}m0 {-2 * size}l{-2 * size} {2 * size}"
        return f'<path d="{path}" stroke="{colour}" stroke-width="2" fill="none"/>'
    if shape == "bar":
        return f'<path d="M{x:.1f} {y - size - 1:.1f}v{2 * size + 2}" stroke="{colour}" stroke-width="2.5"/>'
    fill = "none" if shape == "ring" else colour
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size}" stroke="{colour}" stroke-width="2" fill="{fill}"/>'


def draw_group(title, top, kernels, engines):
    """The parts of the picture of a group, and where it ends."""
    everything = [ratio for of in kernels.values() for ratio in of.values()]
    # From one half of a power of two to another.
    low, high = math.floor(2 * math.log2(min(everything))) / 2, math.ceil(2 * math.log2(max(everything))) / 2

    def at(ratio):
        return LEFT + (math.log2(ratio) - low) / (high - low) * (WIDTH - LEFT - RIGHT)

    rows = [(MEAN, means(kernels, engines)), *sorted(kernels.items(), key=lambda row: -row[1].get(engines[0], 0))]
    bottom = top + ROW * (len(rows) + 1)
    parts = [f'<text class="strong" x="{LEFT}" y="{top}">{title}</text>']
    for power in range(math.ceil(low), math.floor(high) + 1):
        x = at(2.0**power)
        label = "native" if power == 0 else f"{2 ** power}×" if power > 0 else f"1/{2 ** -power}"
        parts.append(f'<path class="{"native" if power == 0 else "grid"}" d="M{x:.1f} {top + ROW / 2}V{bottom}"/>')
        parts.append(f'<text x="{x:.1f}" y="{bottom + 14}" text-anchor="middle">{label}</text>')
    y = top
    for name, of in rows:
        y += ROW
        css = ' class="strong"' if name == MEAN else ""
        parts.append(f'<text{css} x="{LEFT - 10}" y="{y + 4}" text-anchor="end">{name}</text>')
        parts.append(f'<path class="grid" d="M{LEFT} {y}H{WIDTH - RIGHT}"/>')
        # The first engine lies above the others.
        parts += [mark(at(of[e]), y, e, 5 if name == MEAN else 3.5) for e in reversed(engines) if e in of]
    return parts, bottom + 3 * ROW


def draw_ratios(engines, ratios):
    parts = legend(RATIOS_TITLE, engines, lambda x, y, engine: mark(x, y, engine, 4))
    y = TOP
    for group, kernels in ratios.items():
        drawn, y = draw_group(GROUPS[group], y, kernels, engines)
        parts += drawn
    return svg(parts, y - ROW)


# --- Timelines ---


def read_timelines(path):
    """The engines in their order, and by timeline and engine the points of the median curve and what a call takes."""
    rounds = {}
    calls = {}
    for line in open(path):
        sample = json.loads(line)
        engine = sample["engine"]
        if "timeline" in sample:
            rounds.setdefault(sample["timeline"], {}).setdefault(engine, []).append(dict(sample["curve"]))
        elif sample["measurement"].endswith("/call"):
            calls.setdefault(sample["measurement"].removesuffix("/call"), {})[engine] = sample["median"] * 1e-9
    timelines = {}
    for name, of in calls.items():
        for engine, call in of.items():
            curves = rounds[name][engine]
            # Where a round ended earlier, the others count.
            times = sorted(set().union(*curves))
            points = [(time, statistics.median(curve[time] for curve in curves if time in curve)) for time in times]
            timelines.setdefault(name, {})[engine] = points, call
    return list(dict.fromkeys(engine for of in calls.values() for engine in of)), timelines


def stroke(engine):
    colour, shape = MARKS.get(engine, OTHER)
    return f'stroke="{colour}" stroke-width="2" stroke-linejoin="round" stroke-dasharray="{DASHES[shape]}" fill="none"'


def draw_panel(title, top, timeline, engines):
    """The parts of the picture of a timeline, in which speed is measured by the first engine."""
    unit = 1 / timeline[engines[0]][1]
    # From where an engine begins to run.
    points = {}
    for engine, (curve, _) in timeline.items():
        zeros = next((i for i, (_, rate) in enumerate(curve) if rate > 0), 1)
        points[engine] = [(time, rate / unit) for time, rate in curve[max(0, zeros - 1) :]]
    low = math.log10(min(curve[0][0] for curve in points.values()))
    high = math.log10(max(curve[-1][0] for curve in points.values()))
    most = max(1, *(curve[-1][1] for curve in points.values())) * 1.08
    bottom = top + PANEL

    def at(time):
        return LEFT + (math.log10(time) - low) / (high - low) * (WIDTH - LEFT - RIGHT)

    def height(speed):
        return bottom - min(speed, most) / most * (PANEL - ROW)

    parts = [f'<text class="strong" x="{LEFT}" y="{top}">{title}</text>']
    for power in range(math.ceil(low), math.floor(high) + 1):
        x = at(10.0**power)
        label = f"{10 ** power} s" if power >= 0 else f"{10 ** (power + 3):g} ms"
        parts.append(f'<path class="grid" d="M{x:.1f} {top + ROW}V{bottom}"/>')
        parts.append(f'<text x="{x:.1f}" y="{bottom + 14}" text-anchor="middle">{label}</text>')
    for quarters in range(math.floor(most * 4) + 1):
        y = height(quarters / 4)
        parts.append(f'<path class="{"native" if quarters == 4 else "grid"}" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>')
        parts.append(f'<text x="{LEFT - 10}" y="{y + 4:.1f}" text-anchor="end">{quarters / 4:g}</text>')
    # The first engine lies above the others. Who has ended goes on as it was.
    for engine in reversed([engine for engine in engines if engine in points]):
        path = "L".join(f"{at(t):.1f} {height(speed):.1f}" for t, speed in points[engine])
        parts.append(f'<path {stroke(engine)} d="M{path}H{WIDTH - RIGHT}"/>')
    return parts, bottom + 3 * ROW


def draw_timelines(engines, timelines):
    def sample(x, y, engine):
        return f'<path {stroke(engine)} d="M{x - 12} {y}h18"/>'

    parts = legend(TIMELINE_TITLE.format(engines[0]), engines, sample)
    y = TOP
    for name, timeline in timelines.items():
        if engines[0] not in timeline:
            print(f"{name} is left out: {engines[0]} does not run it", file=sys.stderr)
            continue
        title = next((text for start, text in TIMELINES.items() if name.startswith(start)), name)
        drawn, y = draw_panel(title.format(name.rpartition("/")[2]), y, timeline, engines)
        parts += drawn
    return svg(parts, y - ROW)


# --- Both ---


def legend(title, engines, sample):
    """The head of a picture; `sample` draws that of an engine."""
    parts = [f'<text class="strong" x="10" y="20">{title}</text>']
    x = 24
    for engine in engines:
        parts.append(sample(x, 42, engine))
        parts.append(f'<text x="{x + 10}" y="46">{engine}</text>')
        x += 34 + 7 * len(engine)
    return parts


def svg(parts, height):
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}">'
    return "\n".join([head, f"<style>{STYLE}</style>", *parts, "</svg>", ""])


PICTURES = {"ratios": (read_ratios, draw_ratios), "timeline": (read_timelines, draw_timelines)}

if __name__ == "__main__":
    if len(sys.argv) != 4 or sys.argv[1] not in PICTURES:
        sys.exit(__doc__)
    read, draw = PICTURES[sys.argv[1]]
    picture = draw(*read(sys.argv[2]))
    with open(sys.argv[3], "w") as file:
        file.write(picture)
