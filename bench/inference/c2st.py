#!/usr/bin/env python3
"""Classifier two-sample test: can a network tell these posterior draws from those of a reference?

usage: c2st.py REFERENCE DRAWS [--out FILE.json]

REFERENCE and DRAWS are `.csv` (or `.csv.bz2`, `.csv.gz`) with a header, one draw a row; `.npz` or `.npy` with one array of draws
x parameters, or one array a parameter in the order of the file; or a `.nc` of Hillock, whose group `posterior` has one variable a
parameter, all chains. Prints the accuracy: 0.5 is perfect, 1.0 is fully distinguishable.

As published for the benchmark of Lueckmann, Boelts, Greenberg, Goncalves & Macke 2021 (AISTATS; sbibm's metrics/c2st.py), so that
numbers compare: float32; both sets standardised by the reference's mean and standard deviation (n - 1 in the denominator); reference
first, then draws; KFold(5, shuffled, random_state 1); MLPClassifier of two layers of 10 x dimension ReLU units, adam, at most 10 000
iterations, random_state 1; the mean accuracy. Published figures are of 10 000 against 10 000. Sets of unequal size would move the
accuracy of guessing: the larger one is thinned evenly to the size of the smaller one, and the result says so.
"""

import argparse
import bz2
import gzip
import json
import os
import pathlib
import sys

# Matrices of a few hundred rows: more threads wait for each other, and sum in another order on another machine.
for library in ("OPENBLAS", "OMP", "MKL"):
    os.environ[f"{library}_NUM_THREADS"] = "1"

import numpy as np


class Unusable(Exception):
    """A file that holds no draws, in words for the person who named it."""


def read_csv(path):
    opener = {".bz2": bz2.open, ".gz": gzip.open}.get(path.suffix, open)
    try:
        with opener(path, "rt") as file:
            first = file.readline()
            try:
                [float(cell) for cell in first.split(",")]
                rows = [first]
            except ValueError:  # names
                rows = []
            return np.loadtxt(rows + file.readlines(), delimiter=",", ndmin=2, dtype=np.float64)
    except (ValueError, EOFError, UnicodeDecodeError, OSError) as error:
        raise Unusable(f"{path}: {error}") from None


def columns(path, named):
    """One array of draws x parameters, or one a parameter; scalars are no parameters."""
    wide = [a for _, a in named if a.ndim == 2 and a.dtype.kind in "fiu"]
    if len(named) == 1 and wide:
        return wide[0]
    narrow = [a for _, a in named if a.ndim == 1 and a.dtype.kind in "fiu"]
    if not narrow or wide or len({len(a) for a in narrow}) != 1:
        shapes = ", ".join(f"{name} {a.shape}" for name, a in named)
        raise Unusable(f"{path}: expected one array of draws x parameters, or arrays of one length, one a parameter; found {shapes}")
    return np.stack(narrow, axis=1)


def read_numpy(path):
    try:
        found = np.load(path, allow_pickle=False)
        named = [(name, found[name]) for name in found.files] if hasattr(found, "files") else [(path.name, found)]
    except (ValueError, OSError, EOFError) as error:
        raise Unusable(f"{path}: {error}") from None
    return columns(path, named)


def read_netcdf(path):
    import netCDF4  # only where it is needed

    try:
        file = netCDF4.Dataset(path)
    except OSError as error:
        raise Unusable(f"{path}: {error}") from None
    with file:
        if "posterior" not in file.groups:
            raise Unusable(f"{path}: expected a group `posterior`, found {', '.join(file.groups) or 'none'}")
        group = file.groups["posterior"]
        parts = []
        for name, variable in group.variables.items():
            if variable.dimensions[:2] != ("chain", "draw"):
                continue  # coordinates
            values = np.ma.filled(variable[:].astype(np.float64), np.nan)
            parts.append(values.reshape(values.shape[0] * values.shape[1], -1))
        if not parts:
            raise Unusable(f"{path}: no variable of `posterior` has the dimensions (chain, draw)")
        return np.concatenate(parts, axis=1)


def read_draws(path):
    path = pathlib.Path(path)
    if not path.is_file():
        raise Unusable(f"{path}: there is no such file")
    if path.suffix == ".nc":
        draws = read_netcdf(path)
    elif path.suffix in (".npz", ".npy"):
        draws = read_numpy(path)
    else:
        draws = read_csv(path)
    if draws.shape[0] < 10 or draws.shape[1] < 1:
        raise Unusable(f"{path}: expected at least 10 draws, found {draws.shape[0]} x {draws.shape[1]}")
    if not np.isfinite(draws).all():
        raise Unusable(f"{path}: {np.count_nonzero(~np.isfinite(draws).all(axis=1))} draws are not finite")
    return draws.astype(np.float32)


def thinned(draws, count):
    return draws[np.linspace(0, len(draws) - 1, count).round().astype(int)] if len(draws) > count else draws


def c2st(reference, draws, seed=1, folds=5):
    """Accuracy of each fold. Both float32, rows x dimensions."""
    from sklearn.model_selection import KFold, cross_val_score
    from sklearn.neural_network import MLPClassifier

    mean, sd = reference.mean(axis=0, dtype=np.float32), reference.std(axis=0, ddof=1, dtype=np.float32)
    both = np.concatenate([(reference - mean) / sd, (draws - mean) / sd]).astype(np.float32)
    label = np.concatenate([np.zeros(len(reference)), np.ones(len(draws))])
    width = 10 * reference.shape[1]
    network = MLPClassifier(activation="relu", hidden_layer_sizes=(width, width), max_iter=10000, solver="adam", random_state=seed)
    split = KFold(n_splits=folds, shuffle=True, random_state=seed)
    return cross_val_score(network, both, label, cv=split, scoring="accuracy", error_score="raise")


def judge(reference_path, draws_path):
    reference, draws = read_draws(reference_path), read_draws(draws_path)
    if reference.shape[1] != draws.shape[1]:
        raise Unusable(f"{reference_path} has {reference.shape[1]} parameters, {draws_path} has {draws.shape[1]}")
    flat = np.flatnonzero(reference.std(axis=0, ddof=1) == 0)
    if flat.size:
        raise Unusable(f"{reference_path}: parameter {flat[0] + 1} is the same in all draws")
    count = min(len(reference), len(draws))
    scores = c2st(thinned(reference, count), thinned(draws, count))
    import sklearn

    return {
        "c2st": float(np.float32(scores.mean())),
        "folds": [float(s) for s in scores],
        "draws_each": count,
        "reference_draws": len(reference),
        "posterior_draws": len(draws),
        "parameters": reference.shape[1],
        "scikit_learn": sklearn.__version__,
        "numpy": np.__version__,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("reference")
    parser.add_argument("draws")
    parser.add_argument("--out", help="a JSON file for everything that is known of it")
    arguments = parser.parse_args()
    try:
        result = judge(arguments.reference, arguments.draws)
    except Unusable as error:
        print(f"c2st.py: {error}", file=sys.stderr)
        return 1
    if arguments.out:
        pathlib.Path(arguments.out).write_text(json.dumps(result, indent=1) + "\n")
    if result["reference_draws"] != result["posterior_draws"]:
        print(f"c2st.py: {result['reference_draws']} against {result['posterior_draws']} draws: {result['draws_each']} of each are compared",
              file=sys.stderr)
    print(f"{result['c2st']:.4f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
