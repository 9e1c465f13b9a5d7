"""Draws the figures of docs/models/: one case of every model, as its expected file says under [figure].

usage: figures.py HILLOCK [WORD...]      only models whose path contains one of the words

[figure] case, columns: a panel each over time; or x, y: one column over another. `window` keeps a part of the run.
"""

import math
import sys

import numpy

sys.dont_write_bytecode = True
import shelf  # noqa: E402

FIGURES = shelf.ROOT.parent / "docs" / "models" / "figures"
WIDTH, LEFT, RIGHT, TOP, BOTTOM = 640, 62, 24, 10, 34
PANEL, GAP = 120, 12
BINS = 420  # pairs of lowest and highest value a curve is drawn from
INK, CURVE, SPIKE = "#333", "#1f5fa8", "#c0392b"


def ticks(low, high, most=5):
    """Round numbers inside [low, high]."""
    raw = (high - low) / most
    step = 10.0 ** math.floor(math.log10(raw))
    step *= next(f for f in (1, 2, 5, 10) if f * step >= raw)
    first = math.ceil(low / step - 1e-9)
    return [k * step for k in range(first, math.floor(high / step + 1e-9) + 1)]


def thinned(x, y):
    """The curve's outline: of every bin the lowest and the highest value, in their order."""
    if len(x) <= 2 * BINS:
        return x, y
    keep = [0]
    for part in numpy.array_split(numpy.arange(len(x)), BINS):
        keep += sorted({part[numpy.argmin(y[part])], part[numpy.argmax(y[part])]})
    keep.append(len(x) - 1)
    return x[keep], y[keep]


class Scale:
    def __init__(self, values, start, end):
        low, high = float(numpy.min(values)), float(numpy.max(values))
        if high - low <= 1e-9 * max(abs(high), abs(low), 1e-300):
            low, high = low - 0.5 * max(abs(low), 1.0), high + 0.5 * max(abs(high), 1.0)
        self.low, self.high, self.start, self.end = low, high, start, end

    def __call__(self, v):
        return self.start + (v - self.low) / (self.high - self.low) * (self.end - self.start)


def text(x, y, words, anchor="middle", turn=False):
    turned = f' transform="rotate(-90 {x:g} {y:g})"' if turn else ""
    words = words.replace("&", "&amp;").replace("<", "&lt;")
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}"{turned}>{words}</text>'


def curve(x, y, sx, sy):
    points = " ".join(f"{sx(a):.1f},{sy(b):.1f}" for a, b in zip(x, y))
    return f'<polyline points="{points}" fill="none" stroke="{CURVE}" stroke-width="1.2" stroke-linejoin="round"/>'


def axes(sx, sy, top, height, label, numbered):
    out = [f'<path d="M{LEFT} {top}V{top + height}H{WIDTH - RIGHT}" fill="none" stroke="{INK}" stroke-width="0.8"/>']
    for v in ticks(sy.low, sy.high, 4):
        out.append(f'<path d="M{LEFT - 4} {sy(v):.1f}H{LEFT}" stroke="{INK}" stroke-width="0.8"/>')
        out.append(text(LEFT - 7, round(sy(v) + 4, 1), f"{v:.6g}", "end"))
    for v in ticks(sx.low, sx.high, 8):
        out.append(f'<path d="M{sx(v):.1f} {top + height}v4" stroke="{INK}" stroke-width="0.8"/>')
        if numbered:
            out.append(text(round(sx(v), 1), top + height + 16, f"{v:.6g}"))
    out.append(text(14, top + height / 2, label, turn=True))
    return out


def named(trace, name):
    unit = trace.units[name]
    return name if unit == "1" else f"{name} [{unit}]"


def document(height, body):
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
            f'font-family="sans-serif" font-size="11" fill="{INK}">\n<rect width="100%" height="100%" fill="#fff"/>\n'
            + "\n".join(body) + "\n</svg>\n")


def over_time(trace, figure):
    keep = trace.window(figure.get("window"))
    time, names, body = trace.time[keep], figure["columns"], []
    sx = Scale(time, LEFT, WIDTH - RIGHT)
    for k, name in enumerate(names):
        top = TOP + k * (PANEL + GAP)
        values = trace.columns[name][keep]
        sy = Scale(values, top + PANEL, top)
        body += axes(sx, sy, top, PANEL, named(trace, name), k == len(names) - 1)
        body.append(curve(*thinned(time, values), sx, sy))
        if k == 0:
            fired = trace.spikes[(trace.spikes >= time[0]) & (trace.spikes <= time[-1])]
            body += [f'<path d="M{sx(s):.1f} {top - 8}v6" stroke="{SPIKE}" stroke-width="0.8"/>' for s in fired[:600]]
    height = TOP + len(names) * (PANEL + GAP) - GAP + BOTTOM
    body.append(text((LEFT + WIDTH - RIGHT) / 2, height - 4, "time [ms]"))
    return document(height, body)


def over_each_other(trace, figure):
    keep = numpy.flatnonzero(trace.window(figure.get("window")))
    keep = keep[:: max(1, len(keep) // 2400)]
    x, y = trace.columns[figure["x"]][keep], trace.columns[figure["y"]][keep]
    height = 2 * PANEL + 60
    sx, sy = Scale(x, LEFT, WIDTH - RIGHT), Scale(y, TOP + height, TOP)
    body = axes(sx, sy, TOP, height, named(trace, figure["y"]), True) + [curve(x, y, sx, sy)]
    body.append(text((LEFT + WIDTH - RIGHT) / 2, TOP + height + BOTTOM - 4, named(trace, figure["x"])))
    return document(TOP + height + BOTTOM, body)


def main():
    FIGURES.mkdir(parents=True, exist_ok=True)
    for model in shelf.all_models(sys.argv[2:]):
        figure = model.expected["figure"]
        trace = shelf.simulate(sys.argv[1], model.file, model.case(figure["case"]))
        drawn = over_time(trace, figure) if "columns" in figure else over_each_other(trace, figure)
        (FIGURES / f"{model.family}_{model.name}.svg").write_text(drawn)


main()
