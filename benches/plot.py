#!/usr/bin/env python3
"""Draws how many times as long as native code engines take for the kernels, as an SVG.

    plot.py <what bench --json wrote> <SVG>

A row for each kernel, those first for which the first engine takes longest, and above them the geometric means; a mark
for each engine. It needs nothing but Python, and can be read on light and on dark ground.
"""

import json
import math
import sys

GROUPS = {"kernel": "One number at a time", "vector": "Native code uses vectors"}
# For each engine in its turn; two of one colour are told apart by their shape.
COLOURS = ["#e8590c", "#228be6", "#228be6", "#37b24d", "#37b24d", "#37b24d", "#ae3ec9", "#868e96"]
SHAPES = ["dot", "dot", "ring", "dot", "ring", "cross", "dot", "bar"]
LEFT, RIGHT, ROW, TOP = 130, 20, 17, 70
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


def mark(x, y, index, size):
    colour, shape = COLOURS[index % len(COLOURS)], SHAPES[index % len(SHAPES)]
    if shape == "cross":
        path = f"M{x - size:.1f} {y - size:.1f}l{2 * size} {2 * size}m0 {-2 * size}l{-2 * size} {2 * size}"
        return f'<path d="{path}" stroke="{colour}" stroke-width="2" fill="none"/>'
    if shape == "bar":
        return f'<path d="M{x:.1f} {y - size - 1:.1f}v{2 * size + 2}" stroke="{colour}" stroke-width="2.5"/>'
    fill = "none" if shape == "ring" else colour
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size}" stroke="{colour}" stroke-width="2" fill="{fill}"/>'


def draw(engines, ratios):
    everything = [ratio for kernels in ratios.values() for of in kernels.values() for ratio in of.values()]
    # From one power of two to another.
    low, high = math.floor(math.log2(min(everything))), math.ceil(math.log2(max(everything)))

    def at(ratio):
        return LEFT + (math.log2(ratio) - low) / (high - low) * (WIDTH - LEFT - RIGHT)

    parts = []
    y = TOP
    for group, kernels in ratios.items():
        first = engines[0]
        rows = sorted(kernels.items(), key=lambda row: -row[1].get(first, 0))
        parts.append(f'<text class="strong" x="{LEFT}" y="{y}">{GROUPS[group]}</text>')
        for name, of in [("geometric mean", means(kernels, engines)), *rows]:
            y += ROW
            strong = name == "geometric mean"
            css = ' class="strong"' if strong else ""
            parts.append(f'<text{css} x="{LEFT - 10}" y="{y + 4}" text-anchor="end">{name}</text>')
            parts.append(f'<path class="grid" d="M{LEFT} {y}H{WIDTH - RIGHT}"/>')
            # The first engine lies above the others.
            for index in reversed(range(len(engines))):
                if engines[index] in of:
                    parts.append(mark(at(of[engines[index]]), y, index, 5 if strong else 3.5))
        y += 2 * ROW

    bottom = y - ROW
    grid = []
    for power in range(low, high + 1):
        x = at(2.0**power)
        css = "native" if power == 0 else "grid"
        grid.append(f'<path class="{css}" d="M{x:.1f} {TOP - 12}V{bottom}"/>')
        label = "native" if power == 0 else f"{2 ** power}×" if power > 0 else f"1/{2 ** -power}"
        grid.append(f'<text x="{x:.1f}" y="{bottom + 14}" text-anchor="middle">{label}</text>')

    legend = ['<text class="strong" x="10" y="20">Time, in multiples of that of native code (clang -O3): '
              "left is faster</text>"]
    x = LEFT
    for index, engine in enumerate(engines):
        legend.append(mark(x, 42, index, 4))
        legend.append(f'<text x="{x + 10}" y="46">{engine}</text>')
        x += 30 + 7 * len(engine)

    height = bottom + 24
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}">',
        f"<style>{STYLE}</style>", *legend, *grid, *parts, "</svg>", ""])


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with open(sys.argv[2], "w") as file:
        file.write(draw(*read(sys.argv[1])))
