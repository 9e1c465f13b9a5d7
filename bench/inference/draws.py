#!/usr/bin/env python3
"""What the benchmark asks of a posterior.nc: JSON on stdout.

usage: draws.py near FILE.nc STATISTIC DISTANCE   share of posterior predictions within DISTANCE of the data
       draws.py bounds FILE.nc BOUNDS.json        draws outside {"parameter": [low, high], ...}, in the file's units
       draws.py ranks FILE.nc                     of each parameter: p of uniform ranks (chi-square, 20 bins; Holm-adjusted over
                                                  the parameters) and how often 90 % intervals held the truth
STATISTIC is a number, 0 the first.
"""

import json
import pathlib
import sys

import netCDF4
import numpy as np

bins = 20


def values(group, name):
    return np.ma.filled(group.variables[name][:].astype(np.float64), np.nan).ravel()


def near(file, statistic, distance):
    name = f"statistic_{int(statistic)}"
    observed = float(values(file.groups["observed_data"], name)[0])
    predicted = values(file.groups["posterior_predictive"], name)
    # A prediction without a value is not near.
    return {"observed": observed, "draws": len(predicted), "share": float(np.mean(np.abs(predicted - observed) <= float(distance)))}


def bounds(file, path):
    wanted = json.loads(pathlib.Path(path).read_text())
    group = file.groups["posterior"]
    outside = None
    for name, (low, high) in wanted.items():
        draws = values(group, name)
        here = ~((draws >= low) & (draws <= high))
        outside = here if outside is None else outside | here
    return {"draws": len(outside), "outside": int(outside.sum()), "parameters": len(wanted)}


def holm(p):
    order = np.argsort(p)
    out, top = np.empty(len(p)), 0.0
    for i, k in enumerate(order):
        top = max(top, min(1.0, (len(p) - i) * p[k]))
        out[k] = top
    return out


def ranks(file):
    from scipy.stats import chi2

    group = file.groups["calibration"]
    names = list(group.variables)
    p, coverage = [], []
    for name in names:
        r = values(group, name)
        counts = np.bincount(np.minimum((r * bins).astype(int), bins - 1), minlength=bins)
        expected = len(r) / bins
        p.append(float(chi2.sf(((counts - expected) ** 2 / expected).sum(), bins - 1)))
        coverage.append(float(np.mean(np.abs(r - 0.5) <= 0.45)))
    adjusted = holm(np.array(p))
    return {
        "draws": len(r),
        "parameters": [
            {"name": n, "p": a, "p_holm": float(b), "coverage_90": c} for n, a, b, c in zip(names, p, adjusted, coverage)
        ],
    }


def main():
    words = sys.argv[1:]
    ask = {"near": (near, 4), "bounds": (bounds, 3), "ranks": (ranks, 2)}
    if not words or words[0] not in ask or len(words) != ask[words[0]][1]:
        print(__doc__, file=sys.stderr)
        return 2
    with netCDF4.Dataset(words[1]) as file:
        print(json.dumps(ask[words[0]][0](file, *words[2:])))
    return 0


if __name__ == "__main__":
    sys.exit(main())
