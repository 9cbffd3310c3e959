#!/usr/bin/env python3
"""Draws how many times as long as native code engines take for the kernels, as an SVG.

    plot.py <what bench --json wrote> <SVG>

A row for each kernel, those first for which the first engine takes longest, and above them the geometric means; a mark
for each engine. It needs nothing but Python, and can be read on light and on dark ground.
"""

import json
import math
import sys

TITLE = "Time, in multiples of that of native code (clang -O3): left is faster"
MEAN = "geometric mean"
GROUPS = {"kernel": "One number at a time", "vector": "Native code uses vectors"}
# One colour for each project; its compilers are told apart by their shapes.
MARKS = {
    "wasmo": ("#e8590c", "dot"),
    "wasmtime": ("#228be6", "dot"),
    "winch": ("#228be6", "ring"),
    "wasmer-llvm": ("#37b24d", "dot"),
    "wasmer-cranelift": ("#37b24d", "ring"),
    "singlepass": ("#37b24d", "cross"),
    "v8": ("#ae3ec9", "dot"),
    "scalar": ("#868e96", "bar"),
}
LEFT, RIGHT, ROW, TOP = 130, 20, 17, 76
WIDTH = 900

STYLE = """
text { font: 12px system-ui, sans-serif; fill: #57606a }
.strong { font-weight: 600; fill: #24292f }
.grid { stroke: #8b949e; stroke-opacity: .25 }
.native { stroke: #8b949e; stroke-opacity: .9 }
@media (prefers-color-scheme: dark) { text { fill: #9198a1 } .strong { fill: #e6edf3 } }
"""


def read(path):
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
    colour, shape = MARKS.get(engine, ("#f08c00", "ring"))
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


def draw(engines, ratios):
    parts = [f'<text class="strong" x="10" y="20">{TITLE}</text>']
    x = LEFT
    for engine in engines:
        parts.append(mark(x, 42, engine, 4))
        parts.append(f'<text x="{x + 10}" y="46">{engine}</text>')
        x += 30 + 7 * len(engine)
    y = TOP
    for group, kernels in ratios.items():
        drawn, y = draw_group(GROUPS[group], y, kernels, engines)
        parts += drawn
    height = y - ROW
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}">'
    return "\n".join([head, f"<style>{STYLE}</style>", *parts, "</svg>", ""])


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    picture = draw(*read(sys.argv[1]))
    with open(sys.argv[2], "w") as file:
        file.write(picture)
